package clientsim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	pb "yourmove/proto/gen/yourmove/v1"
)

// chessGame is what the API calls chess.
const chessGame = "chess"

// ReplayRules plays recorded games of chess under the server's own rules: two players each, the moves of the record, and
// who lost although the position says nothing resigns. Then it compares what the server tells both players with the
// record, and with what the rules of chess make of it: the moves, the position, the result, the notation. The error is
// that of reading the collection, of signing in, or of ctx; what is wrong with single games stands in the report.
//
// A draw by agreement and a game whose end nobody knows are compared without a result: the matches stay as they are after
// the last move.
func ReplayRules(ctx context.Context, o ReplayOptions) (Report, error) {
	return replay(ctx, o, func(rec Record) (task, error) {
		c, err := rec.follow()
		if err != nil {
			return task{}, err
		}
		return task{rec, func(ctx context.Context, w *replayer) (string, error) {
			return c.end, w.playRules(ctx, rec, c)
		}}, nil
	})
}

// playRules plays a game from its creation on and compares it.
func (w *replayer) playRules(ctx context.Context, rec Record, c course) error {
	match, version, err := w.begin(ctx, 0, func() *pb.CreateMatchRequest {
		req := &pb.CreateMatchRequest{Game: chessGame, Title: rec.name()}
		if c.start != "" {
			req.Options = &structpb.Struct{Fields: map[string]*structpb.Value{"fen": structpb.NewStringValue(c.start)}}
		}
		return req
	})
	if err != nil {
		return err
	}
	for i, move := range c.uci {
		res, err := w.players[(c.first+i)%2].SubmitTurn(ctx, &pb.SubmitTurnRequest{
			MatchId: match, ExpectedVersion: version, Moves: []*pb.Move{{Text: move}},
		})
		if err != nil {
			return &lineError{rec.Lines[i], fmt.Errorf("%s (%s): %w", rec.Moves[i], move, err)}
		}
		version = res.GetVersion()
		w.report.Moves++
	}
	if c.end == endResigned {
		if _, err := w.players[c.loser()].Resign(ctx, &pb.ResignRequest{MatchId: match}); err != nil {
			return fmt.Errorf("the loser resigns: %w", err)
		}
	}
	return w.compare(ctx, match, func(replay *pb.GetReplayResponse, seat int) error {
		if err := w.sameMoves(replay, seat, c.first, c.uci); err != nil {
			return err
		}
		if err := c.samePosition(replay.GetMatch().GetView()); err != nil {
			return err
		}
		if err := c.sameResult(replay); err != nil {
			return err
		}
		return c.sameNotation(replay)
	})
}

// loser is who lost, 0 for White.
func (c course) loser() int {
	if c.result == blackWon {
		return 0
	}
	return 1
}

// samePosition checks what a player is shown of the board.
func (c course) samePosition(view *structpb.Struct) error {
	if err := c.final.matches(view.GetFields()["fen"].GetStringValue()); err != nil {
		return err
	}
	want := ""
	if c.over {
		want = c.end
	}
	if got := view.GetFields()["ended"].GetStringValue(); got != want {
		return fmt.Errorf("by the position the game is over by %q, not %q", got, want)
	}
	return nil
}

// sameResult checks how the match ended, if it did.
func (c course) sameResult(replay *pb.GetReplayResponse) error {
	var got, want []int32
	for _, e := range replay.GetEvents() {
		if e.GetPlayerResigned() != nil {
			got = append(got, e.GetSeat())
		}
	}
	outcomes := outcomesOf(c.result, pb.Ending_ENDING_PLAYED)
	if c.end == endResigned {
		want = append(want, int32(c.loser()+1))
		outcomes[c.loser()].Ending = pb.Ending_ENDING_RESIGNED
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the seats %v resigned, in the record %v", got, want)
	}
	if c.result != noResult {
		return endsAsRecorded(replay, c.result, outcomes)
	}
	s, next := replay.GetMatch().GetSummary(), int32(c.final.mover()+1)
	if s.GetState() != pb.MatchState_MATCH_STATE_ACTIVE || !slices.Equal(s.GetMustAct(), []int32{next}) {
		return fmt.Errorf("the match is %v and waits for %v, the game by its rules for seat %d", s.GetState(), s.GetMustAct(), next)
	}
	return nil
}

// sameNotation reads the server's PGN of a match and compares it with the record.
func (c course) sameNotation(replay *pb.GetReplayResponse) error {
	if got := replay.GetNotationType(); got != "application/vnd.chess-pgn" {
		return fmt.Errorf("the notation is %q, not PGN", got)
	}
	games, err := ReadPGN(strings.NewReader(replay.GetNotation()))
	if err != nil {
		return fmt.Errorf("the notation: %w", err)
	}
	if len(games) != 1 {
		return fmt.Errorf("the notation has %d games: %.200q", len(games), replay.GetNotation())
	}
	got := games[0]
	if !slices.Equal(got.Moves, c.san) {
		return fmt.Errorf("the notation has the moves %v, the record %v", got.Moves, c.san)
	}
	if got.Result != c.result {
		return fmt.Errorf("the notation ends with %s, not %s", got.Result, c.result)
	}
	if err := c.begun.matches(cmp.Or(got.setUp(), usualStart)); err != nil {
		return fmt.Errorf("the notation's first position: %w", err)
	}
	return nil
}
