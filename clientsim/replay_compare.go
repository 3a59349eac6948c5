package clientsim

import (
	"context"
	"fmt"

	pb "yourmove/proto/gen/yourmove/v1"
)

// compare lets both players read the whole match and compare it.
func (w *replayer) compare(ctx context.Context, match string, same func(replay *pb.GetReplayResponse, seat int) error) error {
	for i, c := range w.players {
		replay, err := c.GetReplay(ctx, match)
		if err == nil {
			err = same(replay, i+1)
		}
		if err != nil {
			return fmt.Errorf("replay for seat %d: %w", i+1, err)
		}
	}
	return nil
}

// sameMoves checks that a match is of these players, has events without gaps, and has exactly these moves, one a turn.
// first is who moves first, 0 for White.
func (w *replayer) sameMoves(replay *pb.GetReplayResponse, seat, first int, want []string) error {
	s := replay.GetMatch().GetSummary()
	if int(s.GetMySeat()) != seat || len(s.GetSeats()) != 2 {
		return fmt.Errorf("the match has %d seats, seat %d is its own", len(s.GetSeats()), s.GetMySeat())
	}
	for i, c := range w.players {
		if got := s.GetSeats()[i].GetPlayerId(); got != c.PlayerID() {
			return fmt.Errorf("seat %d belongs to player %q, not to %s", i+1, got, c.PlayerID())
		}
	}
	n := 0
	for i, e := range replay.GetEvents() {
		if e.GetVersion() != uint64(i+1) {
			return fmt.Errorf("event %d stands at place %d", e.GetVersion(), i+1)
		}
		if e.GetTurnTaken() == nil {
			continue
		}
		if n == len(want) {
			return fmt.Errorf("there are more than %d moves: %v", n, e)
		}
		mover := (first + n) % 2
		moves := e.GetTurnTaken().GetMoves()
		if len(moves) != 1 || moves[0].GetText() != want[n] || int(e.GetSeat()) != mover+1 || e.GetPlayerId() != w.players[mover].PlayerID() {
			return fmt.Errorf("move %d is %v, not %s by seat %d", n/2+1, e, want[n], mover+1)
		}
		n++
	}
	if n != len(want) {
		return fmt.Errorf("there are %d moves of %d", n, len(want))
	}
	if got := uint64(len(replay.GetEvents())); got != s.GetVersion() {
		return fmt.Errorf("there are %d events at version %d", got, s.GetVersion())
	}
	return nil
}

// endsAsRecorded checks that a match is over with the outcomes of the record's result.
func endsAsRecorded(replay *pb.GetReplayResponse, result string, want []*pb.Outcome) error {
	s := replay.GetMatch().GetSummary()
	if s.GetState() != pb.MatchState_MATCH_STATE_FINISHED {
		return fmt.Errorf("the match is %v", s.GetState())
	}
	var ended []*pb.Outcome
	for _, e := range replay.GetEvents() {
		if f := e.GetMatchFinished(); f != nil {
			ended = f.GetOutcomes()
		}
	}
	for i, o := range want {
		if len(ended) != len(want) || ended[i].GetSeat() != o.GetSeat() || ended[i].GetResult() != o.GetResult() ||
			ended[i].GetPlace() != o.GetPlace() || ended[i].GetEnding() != o.GetEnding() ||
			s.GetSeats()[i].GetOutcome().GetResult() != o.GetResult() {
			return fmt.Errorf("the match ended with %v, the record with %s", ended, result)
		}
	}
	return nil
}

// outcomesOf are what a result means for both seats; ending is by what it came about.
func outcomesOf(result string, ending pb.Ending) []*pb.Outcome {
	white := &pb.Outcome{Seat: 1, Result: pb.Result_RESULT_NONE, Ending: ending}
	black := &pb.Outcome{Seat: 2, Result: pb.Result_RESULT_NONE, Ending: ending}
	switch result {
	case whiteWon:
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_WON, 1, pb.Result_RESULT_LOST, 2
	case blackWon:
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_LOST, 2, pb.Result_RESULT_WON, 1
	case drawn:
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_DRAWN, 1, pb.Result_RESULT_DRAWN, 1
	}
	return []*pb.Outcome{white, black}
}
