package clientsim

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// tell is given what does not fit.
type tell func(format string, args ...any)

// eventLog is what one player was shown of a match's events: all of them, from 1 to the last one seen.
type eventLog struct {
	relay  bool
	events []*pb.Event
	// ahead are events that an answer told of before those in between were read.
	ahead map[uint64]*pb.Event
	// turns are the TurnTaken events among events.
	turns []*pb.Event
	// over: the match is, and nothing is hidden any more. early are the turns as they were told before that.
	over    bool
	early   []*pb.Event
	mustAct []int32
	started bool
	// end is the event that ended the match; nil while it goes on.
	end *pb.Event
}

// version is the number of the last event up to which nothing is missing.
func (l *eventLog) version() uint64 { return uint64(len(l.events)) }

// read adds events that were asked for by since_version: the first must be the one after since.
func (l *eventLog) read(since uint64, list []*pb.Event, tell tell) {
	for i, e := range list {
		if want := since + uint64(i) + 1; e.GetVersion() != want {
			tell("after event %d comes event %d", want-1, e.GetVersion())
			return
		}
		l.see(e, tell)
	}
}

// see compares an event with what was shown before, or adds it.
func (l *eventLog) see(e *pb.Event, tell tell) {
	v := e.GetVersion()
	switch {
	case v == 0:
		tell("an event without a number: %v", e)
	case v <= l.version():
		l.compare(l.events[v-1], e, tell)
		l.keep(e)
	case v > l.version()+1:
		if first, ok := l.ahead[v]; ok {
			l.compare(first, e, tell)
		}
		if l.ahead == nil {
			l.ahead = map[uint64]*pb.Event{}
		}
		l.ahead[v] = e
	default:
		if first, ok := l.ahead[v]; ok {
			l.compare(first, e, tell)
			delete(l.ahead, v)
		}
		l.follow(e, tell)
		l.events = append(l.events, e)
	}
}

// compare says that an event must be what it was. What was hidden may come to light.
func (l *eventLog) compare(first, again *pb.Event, tell tell) {
	if !proto.Equal(first, again) && !revealed(first, again) {
		tell("event %d was %v, and is now %v", first.GetVersion(), first, again)
	}
}

// keep puts an event that was seen again in the place of the first sight of it, of which parts may have been hidden.
func (l *eventLog) keep(e *pb.Event) {
	l.events[e.GetVersion()-1] = e
	i, found := slices.BinarySearchFunc(l.turns, e.GetVersion(), func(t *pb.Event, v uint64) int { return cmp.Compare(t.GetVersion(), v) })
	if found {
		l.turns[i] = e
	}
}

func revealed(first, again *pb.Event) bool {
	if first.GetHidden() != nil {
		return true
	}
	a, b := first.GetTurnTaken().GetMoves(), again.GetTurnTaken().GetMoves()
	if len(a) != len(b) {
		return false
	}
	shown := proto.Clone(first).(*pb.Event)
	for i := range a {
		if a[i].GetHidden() {
			shown.GetTurnTaken().Moves[i] = b[i]
		}
	}
	return proto.Equal(shown, again)
}

// follow says what an event may follow.
func (l *eventLog) follow(e *pb.Event, tell tell) {
	v := e.GetVersion()
	if l.end != nil {
		tell("event %d comes after the match had ended by event %d: %v", v, l.end.GetVersion(), e)
	}
	if created := e.GetMatchCreated() != nil; created != (v == 1) {
		tell("event %d is %v: a match is created once, and first", v, e)
	}
	if n := len(l.events); n > 0 {
		last := l.events[n-1]
		if e.GetEventTime().AsTime().Before(last.GetEventTime().AsTime()) {
			tell("event %d happened at %v, before event %d at %v", v, stamp(e), last.GetVersion(), stamp(last))
		}
		if e.GetTurn() < last.GetTurn() {
			tell("event %d belongs to turn %d, event %d to turn %d", v, e.GetTurn(), last.GetVersion(), last.GetTurn())
		}
	}
	switch k := e.GetKind().(type) {
	case *pb.Event_MatchStarted:
		if l.started {
			tell("event %d: the match started twice", v)
		}
		l.started, l.mustAct = true, k.MatchStarted.GetMustAct()
	case *pb.Event_TurnTaken:
		l.acted(e, tell)
		// Only relay tells by its events alone who may act.
		if l.relay && !slices.Contains(l.mustAct, e.GetSeat()) {
			tell("event %d: seat %d acted while %v had to", v, e.GetSeat(), l.mustAct)
		}
		l.turns = append(l.turns, e)
		if !l.over {
			l.early = append(l.early, e)
		}
		l.mustAct = k.TurnTaken.GetMustAct()
	case *pb.Event_PlayerResigned:
		l.acted(e, tell)
		l.mustAct = k.PlayerResigned.GetMustAct()
	case *pb.Event_MatchFinished:
		if !l.started {
			tell("event %d: the match finished and had not started", v)
		}
		for i, o := range k.MatchFinished.GetOutcomes() {
			if o.GetResult() == pb.Result_RESULT_UNSPECIFIED || o.GetSeat() < 1 || i > 0 && k.MatchFinished.GetOutcomes()[i-1].GetSeat() >= o.GetSeat() {
				tell("event %d: outcomes that are no result for each seat in order: %v", v, k.MatchFinished.GetOutcomes())
				break
			}
		}
		l.end, l.mustAct = e, nil
	case *pb.Event_MatchCancelled:
		l.end, l.mustAct = e, nil
	}
}

func (l *eventLog) acted(e *pb.Event, tell tell) {
	if !l.started {
		tell("event %d: a seat acted before the start: %v", e.GetVersion(), e)
	}
	if e.GetSeat() < 1 || e.GetPlayerId() == "" {
		tell("event %d does not say who acted: %v", e.GetVersion(), e)
	}
}

func stamp(e *pb.Event) string { return e.GetEventTime().AsTime().Format(time.RFC3339Nano) }

// public returns the events as everybody may know them: without the request ids, which are the authors' own.
func (l *eventLog) public() []*pb.Event {
	list := make([]*pb.Event, len(l.events))
	for i, e := range l.events {
		if e.GetTurnTaken().GetRequestId() != "" {
			e = proto.Clone(e).(*pb.Event)
			e.GetTurnTaken().RequestId = ""
		}
		list[i] = e
	}
	return list
}
