package terminal

import (
	"slices"

	pb "yourmove/proto/gen/yourmove/v1"
)

// quiet reports whether the news can wait. What the person cannot see does, as long as he has to do what he was last told
// and sees what he then saw; and whatever bots do while he may act too waits until all of them are done.
func (t *table) quiet(now phase) bool {
	switch {
	case now == othersTurn && t.waits == t.waiting(now):
	case now == myTurn && t.console.prompted() && t.asked != nil && t.me().GetDuty() == seatOf(t.asked).GetDuty():
		if t.botsAtIt() {
			return true
		}
		if t.asked.GetDrawing() != t.match.GetDrawing() || t.asked.GetSummary().GetSummary() != t.match.GetSummary().GetSummary() {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(t.news, func(e *pb.Event) bool { return e.GetSeat() == t.me().GetSeat() || !unseen(e) })
}

// botsAtIt reports whether bots are still to move, and nobody else has done anything meanwhile.
func (t *table) botsAtIt() bool {
	return slices.ContainsFunc(t.awaited(), func(s *pb.Seat) bool { return t.plays(s.GetPlayerId()) }) &&
		!slices.ContainsFunc(t.news, func(e *pb.Event) bool { return t.bots[e.GetPlayerId()] == nil })
}

// unseen reports whether an event is a turn of which the person may know nothing but that it was taken.
func unseen(e *pb.Event) bool {
	return e.GetTurnTaken() != nil &&
		!slices.ContainsFunc(e.GetTurnTaken().GetMoves(), func(m *pb.PlayedMove) bool { return !m.GetHidden() })
}

// tell tells the news. What bots do is told when all of them are done.
func (t *table) tell(now phase) {
	if t.botsAtIt() {
		return
	}
	w := t.words()
	for len(t.news) > 0 {
		first := t.news[0]
		if now == botsTurn && t.bots[first.GetPlayerId()] != nil {
			return
		}
		var moves []*pb.PlayedMove
		n := 0
		for n < len(t.news) && t.news[n].GetTurnTaken() != nil && t.news[n].GetSeat() == first.GetSeat() {
			moves = append(moves, t.worthTelling(t.news[n].GetTurnTaken())...)
			n++
		}
		if len(moves) > 0 {
			t.console.say("%s", w.played(first.GetSeat(), moves))
		} else if text := w.event(first); text != "" && (t.bots[first.GetPlayerId()] == nil || first.GetPlayerJoined() == nil) {
			t.console.say("%s", text)
		}
		t.news = t.news[max(n, 1):]
	}
}

// worthTelling leaves out the moves that the person typed, unless something came of them.
func (t *table) worthTelling(turn *pb.TurnTaken) []*pb.PlayedMove {
	if !t.mine[turn.GetRequestId()] {
		return turn.GetMoves()
	}
	return slices.DeleteFunc(slices.Clone(turn.GetMoves()), func(m *pb.PlayedMove) bool { return m.GetChance() == "" })
}

// seating says once who has which seat, where that is not plain: where more than two play.
func (t *table) seating() {
	s := t.match.GetSummary()
	if t.seated || s.GetState() != pb.MatchState_MATCH_STATE_ACTIVE {
		return
	}
	t.seated = true
	if len(s.GetSeats()) > 2 {
		t.console.say("%s", t.console.paint.dim(wrapped(words{s: s}.seating())))
	}
}
