package clientsim

import (
	"context"
	"errors"
	"fmt"
	"strings"

	pb "yourmove/proto/gen/yourmove/v1"
)

// ReplayRelay plays recorded games in relay mode: two players each, the moves as the record has them, the end declared
// with the last move. Then it compares what the server tells both players of it with the record. The error is that of
// reading the collection, of signing in, or of ctx; what is wrong with single games stands in the report.
func ReplayRelay(ctx context.Context, o ReplayOptions) (Report, error) {
	return replay(ctx, o, func(rec Record) (task, error) {
		if len(rec.Moves) == 0 {
			return task{}, errors.New("the record has no moves")
		}
		return task{rec, func(ctx context.Context, w *replayer) (string, error) { return "", w.playRelay(ctx, rec) }}, nil
	})
}

// playRelay plays a game from its creation on and compares it. Each answer brings the version that the next call needs,
// so that a move costs one call.
func (w *replayer) playRelay(ctx context.Context, rec Record) error {
	// Who moves first creates the match: the creator has the first turn.
	first := rec.first()
	match, version, err := w.begin(ctx, first, func() *pb.CreateMatchRequest {
		return &pb.CreateMatchRequest{Game: relayGame, Title: rec.name(), State: stateAfter(0)}
	})
	if err != nil {
		return err
	}
	for i, san := range rec.Moves {
		mover := (first + i) % 2
		turn := &pb.RelayTurn{State: stateAfter(i + 1)}
		if i == len(rec.Moves)-1 {
			turn.Outcomes = outcomesOf(rec.Result, pb.Ending_ENDING_UNSPECIFIED)
		} else {
			turn.NextSeats = []*pb.NextSeat{{Seat: int32(2 - mover)}}
		}
		res, err := w.players[mover].SubmitTurn(ctx, &pb.SubmitTurnRequest{
			MatchId: match, ExpectedVersion: version, Moves: []*pb.Move{{Text: san}}, Relay: turn,
		})
		if err != nil {
			return &lineError{rec.Lines[i], fmt.Errorf("%s: %w", san, err)}
		}
		version = res.GetVersion()
		w.report.Moves++
	}
	return w.compare(ctx, match, func(replay *pb.GetReplayResponse, seat int) error {
		if err := w.sameMoves(replay, seat, first, rec.Moves); err != nil {
			return err
		}
		if got, want := replay.GetMatch().GetState().GetText(), stateAfter(len(rec.Moves)).GetText(); got != want {
			return fmt.Errorf("the state is %.100q, not %s", got, want)
		}
		return endsAsRecorded(replay, rec.Result, outcomesOf(rec.Result, pb.Ending_ENDING_DECLARED))
	})
}

// stateAfter is what the players pass around: how many moves there are.
func stateAfter(moves int) *pb.RelayState {
	return &pb.RelayState{Content: &pb.RelayState_Text{Text: fmt.Sprintf(`{"moves":%d}`, moves)}}
}

// first is who moves first, 0 for White: not so only in a game from another position than the usual one.
func (r Record) first() int {
	if fields := strings.Fields(r.Tags["FEN"]); len(fields) > 1 && fields[1] == "b" {
		return 1
	}
	return 0
}
