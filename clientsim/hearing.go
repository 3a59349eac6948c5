package clientsim

import (
	"slices"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// Hearing is how a bot's inbox told its match.
type Hearing struct {
	// Events were told. Gaps are events that were not, and Repeats such as were told again, or too late.
	Events, Gaps, Repeats int
	// Resets are snapshots that stand for what was not told.
	Resets int
}

// checkBatch checks what came at once, apart from what was told before.
func checkBatch(events []*pb.InboxEvent, cursor string, views bool, tell func(match, what string)) {
	if cursor == "" {
		tell("", "an answer of the inbox has no cursor")
	}
	last := map[string]bool{}
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		id := e.GetMatchId()
		if id == "" || e.GetEvent().GetKind() == nil {
			tell(id, "the inbox tells of nothing: "+e.String())
		}
		switch m := e.GetMatch(); {
		case m == nil && views && !last[id] && e.GetStanding() != pb.Standing_STANDING_UNSPECIFIED && len(events) < 50:
			tell(id, "the last event has no view, which was asked for: "+e.String())
		case m == nil:
		case !views || last[id]:
			tell(id, "an event has a view and should not: "+e.String())
		case m.GetSummary().GetMatchId() != id || m.GetSummary().GetVersion() < e.GetEvent().GetVersion():
			tell(id, "an event has the view of another match, or of one that is older: "+e.String())
		}
		last[id] = true
	}
}

// hears checks what the inbox told of a match that is over, when all its events are known: each once, in order, from the
// one on with which the match became the player's, and each as the match's own log has it but for what was hidden then.
func (w *witness) hears(sounds []sound) Hearing {
	var h Hearing
	events := w.log.events
	story := storyOf(events, w.player)
	// lo is the first version that may come, due the first one that has to.
	lo := story.first
	due := lo
	seen := map[uint64]bool{}
	for i, s := range sounds {
		if s.event == nil {
			if i > 0 {
				h.Resets++
			}
			due = max(due, s.snapshot+1)
			continue
		}
		h.Events++
		e := s.event.GetEvent()
		v := e.GetVersion()
		switch {
		case v < 1 || v > uint64(len(events)):
			w.tell("the inbox tells of event %d in a match of %d: %v", v, len(events), s.event)
			continue
		case seen[v]:
			h.Repeats++
			w.tell("the inbox tells of event %d again", v)
			continue
		case v < lo:
			h.Repeats++
			w.tell("the inbox tells of event %d, which comes before event %d", v, lo)
		case v > due:
			h.Gaps += int(v - due)
			w.tell("the inbox tells of event %d and not of event %d, which comes before", v, due)
			fallthrough
		default:
			lo, due = v+1, v+1
		}
		seen[v] = true
		w.toldAs(s, events[v-1])
		story.fits(s, sounds[i+1:], w.tell)
	}
	if n := uint64(len(events)); due <= n {
		h.Gaps += int(n - due + 1)
		w.tell("the inbox does not tell of event %d and what comes after, of %d", due, n)
	}
	return h
}

// toldAs compares an event that the inbox told with the one of the match's log.
func (w *witness) toldAs(s sound, all *pb.Event) {
	told := s.event.GetEvent()
	v := told.GetVersion()
	if !proto.Equal(told, all) && !revealed(told, all) {
		w.tell("event %d was told by the inbox as %v, and is %v", v, told, all)
	}
	if s.event.GetGame() != w.last.GetGame() {
		w.tell("event %d was told by the inbox of a game of %q, which is one of %q", v, s.event.GetGame(), w.last.GetGame())
	}
	t := told.GetTurnTaken()
	if t == nil {
		return
	}
	if t.GetActedBy() != pb.ActedBy_ACTED_BY_PLAYER {
		w.tell("event %d does not say that a player acted: %v", v, told)
	}
	var ended []*pb.Outcome
	if int(v) < len(w.log.events) {
		ended = w.log.events[v].GetMatchFinished().GetOutcomes()
	}
	if !slices.EqualFunc(t.GetOutcomes(), ended, func(a, b *pb.Outcome) bool { return proto.Equal(a, b) }) {
		w.tell("event %d was told with the outcomes %v; the event after it has %v", v, t.GetOutcomes(), ended)
	}
	w.keptSecret(s.event, all)
}

// keptSecret checks that the moves of a turn were told as the player's seat could know them when they were made: nothing
// more, and nothing less. Where there are no rules to say what that is, the match itself must have shown the same.
func (w *witness) keptSecret(e *pb.InboxEvent, all *pb.Event) {
	told, v := e.GetEvent().GetTurnTaken().GetMoves(), all.GetVersion()
	if w.rules.rules != nil {
		w.rules.shows(v, int(all.GetSeat()), int(e.GetMySeat()), told, all.GetTurnTaken().GetMoves(), w.tell)
		return
	}
	same := func(a, b *pb.PlayedMove) bool { return proto.Equal(a, b) }
	for _, early := range w.log.early {
		if early.GetVersion() == v && e.GetMySeat() == w.last.GetMySeat() && !slices.EqualFunc(told, early.GetTurnTaken().GetMoves(), same) {
			w.tell("event %d was told by the inbox with the moves %v, by the match with %v", v, told, early.GetTurnTaken().GetMoves())
		}
	}
	if w.log.relay && !slices.EqualFunc(told, all.GetTurnTaken().GetMoves(), same) {
		w.tell("event %d was told by the inbox with the moves %v; there is nothing to hide in relay mode", v, told)
	}
}
