package clientsim

import (
	"encoding/json"
	"reflect"
	"slices"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// rulebook checks what a player is shown of a position against the rules, as far as his view lets him: he imagines a
// position from it, which must look the same to him and leave him the same to do. Judge checks the rest at the end.
type rulebook struct {
	games *game.Registry // nil: nothing is checked
	seed  game.Seed
	seat  int
	// rules and imagined are those of the match that was shown last; nil: there is nothing to compare with.
	rules    game.Rules
	imagined game.Position
}

// saw checks the view, the player's duty and the end of the match.
func (b *rulebook) saw(m *pb.Match, tell tell) {
	b.imagined = nil
	s := m.GetSummary()
	me := mySeat(s)
	active, finished := s.GetState() == pb.MatchState_MATCH_STATE_ACTIVE, s.GetState() == pb.MatchState_MATCH_STATE_FINISHED
	if b.games == nil || m.GetView() == nil || me.GetState() != pb.SeatState_SEAT_STATE_SEATED || !active && !finished {
		return
	}
	rules, ok := b.games.Find(s.GetGame(), int(s.GetRulesetVersion()))
	if !ok {
		return
	}
	b.rules, b.seat = rules, int(me.GetSeat())
	imaginer, ok := rules.(game.Imaginer)
	if !ok {
		return
	}
	tell = of(s, tell)
	defer caught(tell)
	view, err := m.GetView().MarshalJSON()
	if err != nil {
		tell("the view is no JSON: %v", err)
		return
	}
	p, err := imaginer.Imagine(view, b.seat, game.NewChance(b.seed, s.GetVersion()))
	if err != nil {
		tell("by the rules seat %d is shown no view like %s: %v", b.seat, view, err)
		return
	}
	if again, err := json.Marshal(rules.View(p, b.seat)); err != nil || !sameJSON(view, again) {
		tell("seat %d was shown %s; by the rules the view of such a position is %s (%v)", b.seat, view, again, err)
	}
	if finished && !playedOut(s) {
		checkClosed(rules, p, b.seat, view, tell)
		return
	}
	outcomes := rules.Outcomes(p)
	switch {
	case active && outcomes != nil:
		tell("the match goes on; by the rules it is over with %+v: %s", outcomes, view)
	case active:
		if duty := rules.Duty(p, b.seat); duty != game.Duty(me.GetDuty()) {
			tell("seat %d has duty %v; by the rules it has %d: %s", b.seat, me.GetDuty(), duty, view)
		}
		b.imagined = p
	default:
		checkEnd(s, outcomes, tell)
	}
}

// checkClosed checks that a match which somebody gave up is shown as the rules close its position. p was imagined from
// the view of seat: if that is closed, closing p again changes nothing.
func checkClosed(rules game.Rules, p game.Position, seat int, view []byte, tell tell) {
	closer, ok := rules.(game.Closer)
	if !ok {
		return
	}
	if closed, err := json.Marshal(rules.View(closer.Close(p), seat)); err != nil || !sameJSON(view, closed) {
		tell("seat %d was shown %s when the match was given up; by the rules the view is %s then (%v)", seat, view, closed, err)
	}
}

// listed checks the legal moves of a match that saw was shown; they were asked for.
func (b *rulebook) listed(m *pb.Match, tell tell) {
	s := m.GetSummary()
	lister, ok := b.rules.(game.MoveLister)
	if b.imagined == nil || !ok || mySeat(s).GetDuty() == pb.Duty_DUTY_UNSPECIFIED {
		return
	}
	tell = of(s, tell)
	defer caught(tell)
	legal, shown := slices.Sorted(slices.Values(lister.LegalMoves(b.imagined, b.seat))), slices.Sorted(slices.Values(m.GetLegalMoves()))
	for _, move := range shown {
		if _, found := slices.BinarySearch(legal, move); !found {
			tell("seat %d may play %q, it says; by the rules it may not: %v", b.seat, move, m.GetView())
		}
	}
	if len(shown) != min(len(legal), maxMoves) {
		tell("seat %d may play %v, it says; by the rules it may play %v", b.seat, shown, legal)
	}
}

// keptSecret checks of a match that is over, when all is told, that the turns of others had been told before as the rules
// redact them: nothing more, and nothing less.
func (b *rulebook) keptSecret(l *eventLog, tell tell) {
	if b.rules == nil {
		return
	}
	for _, early := range l.early {
		b.shows(early.GetVersion(), int(early.GetSeat()), b.seat, early.GetTurnTaken().GetMoves(),
			l.events[early.GetVersion()-1].GetTurnTaken().GetMoves(), tell)
	}
}

// shows checks that the moves of seat were told to viewer as the rules redact them; all are they without redaction.
func (b *rulebook) shows(version uint64, seat, viewer int, told, all []*pb.PlayedMove, tell tell) {
	defer caught(tell)
	for i, mv := range told {
		if i >= len(all) {
			break // that this cannot be has been told
		}
		want := playedMove(all[i]).Show(b.rules, seat, viewer)
		if got := playedMove(mv); !reflect.DeepEqual(got, want) {
			tell("event %d: seat %d was told %+v; by the rules it may know %+v", version, viewer, got, want)
		}
	}
}

// of makes a tell that says which version it is about.
func of(s *pb.MatchSummary, tell tell) tell {
	return func(format string, args ...any) {
		tell("version %d: "+format, append([]any{s.GetVersion()}, args...)...)
	}
}

// caught tells of rules that fell over what they were shown.
func caught(tell tell) {
	if r := recover(); r != nil {
		tell("the rules fell over what was shown: %v", r)
	}
}

// playedOut reports whether a match that is finished was decided by its moves: nobody had to give up for it, and no
// operator decided it.
func playedOut(s *pb.MatchSummary) bool {
	n := 0
	for _, seat := range s.GetSeats() {
		if seat.GetState() == pb.SeatState_SEAT_STATE_SEATED {
			if n++; seat.GetOutcome().GetEnding() != pb.Ending_ENDING_PLAYED {
				return false
			}
		}
	}
	return n > 1
}

// checkEnd checks the outcomes of those who played to the end.
func checkEnd(s *pb.MatchSummary, outcomes []game.Outcome, tell tell) {
	if outcomes == nil {
		tell("the match is over; by the rules it goes on")
	}
	for _, o := range outcomes {
		if o.Seat < 1 || o.Seat > len(s.GetSeats()) {
			continue
		}
		shown := s.GetSeats()[o.Seat-1]
		if shown.GetState() != pb.SeatState_SEAT_STATE_SEATED {
			continue
		}
		if got := shown.GetOutcome(); game.Result(got.GetResult()) != o.Result || int(got.GetPlace()) != o.Place {
			tell("the match ended with %v; by the rules with %+v", got, o)
		}
	}
}

// inPlay lists the seats that the rules know of: those that are taken, and in a match that started at once also those
// that are still to be.
func inPlay(m *pb.Match) []int {
	var list []int
	for _, seat := range m.GetSummary().GetSeats() {
		if seat.GetState() == pb.SeatState_SEAT_STATE_SEATED ||
			m.GetStartRule() == pb.StartRule_START_RULE_AT_ONCE && seat.GetState() != pb.SeatState_SEAT_STATE_DROPPED {
			list = append(list, int(seat.GetSeat()))
		}
	}
	return list
}

// sameJSON compares two JSON texts by what they say.
func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
