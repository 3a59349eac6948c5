package uci_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/clientsim/uci"
	"yourmove/clientsim/uci/ucitest"
	"yourmove/game"
	"yourmove/game/chess"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// table is a match between two guests.
type table struct {
	server       *servertest.Server
	match        string
	white, black *clientsim.Client
}

// sit makes a match of chess from a position; empty: the usual one.
func sit(t *testing.T, fen string) table {
	t.Helper()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{chess.Rules{}, tictactoe.Rules{}}})
	tb := table{server: s, white: guest(t, s, 1), black: guest(t, s, 2)}
	req := &pb.CreateMatchRequest{
		Game: "chess", Seat: 1, Access: pb.Access_ACCESS_BY_CODE, StartRule: pb.StartRule_START_RULE_WHEN_FULL,
	}
	if fen != "" {
		req.Options = &structpb.Struct{Fields: map[string]*structpb.Value{"fen": structpb.NewStringValue(fen)}}
	}
	made, err := tb.white.CreateMatch(t.Context(), req)
	if err == nil {
		_, err = tb.black.JoinMatch(t.Context(), &pb.JoinMatchRequest{JoinCode: made.GetMatch().GetJoinCode()})
	}
	if err != nil {
		t.Fatal(err)
	}
	tb.match = made.GetMatch().GetSummary().GetMatchId()
	return tb
}

func guest(t *testing.T, s *servertest.Server, number int) *clientsim.Client {
	t.Helper()
	c := clientsim.NewClient(s.Transport(), clientsim.ClientOptions{Seed: 3, Number: number, Luck: clientsim.BadLuck})
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// play takes turns for both sides, from White's on.
func (tb table) play(t *testing.T, moves string) {
	t.Helper()
	players := []*clientsim.Client{tb.white, tb.black}
	for i, move := range strings.Fields(moves) {
		c := players[i%2]
		m, err := c.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: tb.match})
		if err == nil {
			_, err = c.SubmitTurn(t.Context(), &pb.SubmitTurnRequest{
				MatchId: tb.match, ExpectedVersion: m.GetMatch().GetSummary().GetVersion(), Moves: []*pb.Move{{Text: move}},
			})
		}
		if err != nil {
			t.Fatalf("%s: %v", move, err)
		}
	}
}

// TestPlayBothSides lets engines play a whole match against each other.
func TestPlayBothSides(t *testing.T) {
	tb := sit(t, "")
	ended := make(chan error, 1)
	black := start(t, ucitest.Plays, uci.Options{})
	white := start(t, ucitest.Boasts, uci.Options{}) // never claims
	go func() {
		_, err := uci.Play(t.Context(), tb.black, tb.match, black, uci.Limit{})
		ended <- err
	}()
	m, err := uci.Play(t.Context(), tb.white, tb.match, white, uci.Limit{})
	if err := <-ended; err != nil {
		t.Error("Black:", err)
	}
	if err != nil {
		t.Fatal("White:", err)
	}
	if ended := m.GetView().GetFields()["ended"].GetStringValue(); ended == "" || m.GetSummary().GetTurn() < 20 {
		t.Errorf("after %d turns it ended by %q", m.GetSummary().GetTurn(), ended)
	}
}

// TestPlayClaims: an engine that does not believe to stand better claims the draw that there is.
func TestPlayClaims(t *testing.T) {
	for _, tt := range []struct {
		how  ucitest.Behaviour
		want string
	}{
		{ucitest.Plays, "draw claimed: 50 moves"},
		{ucitest.Boasts, "checkmate"},
	} {
		tb := sit(t, "7K/8/6k1/8/8/8/7N/r7 w - - 99 80")
		e := start(t, tt.how, uci.Options{})
		tb.play(t, "h2f1")
		m, err := uci.Play(t.Context(), tb.black, tb.match, e, uci.Limit{})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.GetView().GetFields()["ended"].GetStringValue(); got != tt.want {
			t.Errorf("%s: it ended by %q, want %q", tt.how, got, tt.want)
		}
	}
}

// TestPlayFailures: whatever is wrong with an engine is told, and the match waits.
func TestPlayFailures(t *testing.T) {
	for _, tt := range []struct {
		how  ucitest.Behaviour
		want []string
	}{
		{ucitest.Dies, []string{"the engine Fake dies ended", "out of coffee"}},
		{ucitest.Resigns, []string{"the engine Fake resigns has no move"}},
		{ucitest.Cheats, []string{`Fake cheats plays "a1a8" in rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1`, "the way of the rook"}},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			tb := sit(t, "")
			_, err := uci.Play(t.Context(), tb.white, tb.match, start(t, tt.how, uci.Options{}), uci.Limit{})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %s", err, want)
				}
			}
			m, err := tb.white.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: tb.match})
			if err != nil || m.GetMatch().GetSummary().GetStanding() != pb.Standing_STANDING_MY_TURN {
				t.Errorf("the match is %v, %v", m.GetMatch().GetSummary(), err)
			}
		})
	}
}

// TestPlayGoesOn: an engine takes over in the middle, and sees what was played before.
func TestPlayGoesOn(t *testing.T) {
	tb := sit(t, "")
	tb.play(t, "f2f3 e7e5 g2g4")
	m, err := uci.Play(t.Context(), tb.black, tb.match, start(t, ucitest.Plays, uci.Options{}), uci.Limit{})
	if err != nil {
		t.Fatal(err)
	}
	if s := m.GetSummary(); s.GetLastMove().GetText() != "d8h4" || s.GetSeats()[1].GetOutcome().GetResult() != pb.Result_RESULT_WON {
		t.Errorf("it did not mate: %v", s)
	}
}

// before is a connection on which something happens before each turn.
type before struct {
	connect.Transport
	turn func()
}

func (b before) NewClientStream(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
	if strings.HasSuffix(spec.Procedure, "/SubmitTurn") {
		b.turn()
	}
	return b.Transport.NewClientStream(ctx, spec)
}

// TestPlayIsOvertaken: the opponent gives up while the engine thinks, which had to read a history of many pages first.
func TestPlayIsOvertaken(t *testing.T) {
	tb := sit(t, "")
	for _, pawns := range []string{"%[1]s2%[1]s3 %[1]s7%[1]s6", "%[1]s3%[1]s4 %[1]s6%[1]s5"} {
		for _, file := range strings.Split("abcdefgh", "") {
			tb.play(t, fmt.Sprintf(pawns, file))
		}
	}
	for range 3 {
		tb.play(t, "g1f3 g8f6 f3g1 f6g8")
	}
	for range 3 {
		tb.play(t, "a1a2 a8a7 a2a1 a7a8")
	}
	c := clientsim.NewClient(before{tb.server.Transport(), func() {
		if _, err := tb.black.Resign(t.Context(), &pb.ResignRequest{MatchId: tb.match}); err != nil {
			t.Error(err)
		}
	}}, clientsim.ClientOptions{Seed: 3, Number: 1})
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The engine would end at a history that is not one of legal moves.
	m, err := uci.Play(t.Context(), c, tb.match, start(t, ucitest.Plays, uci.Options{}), uci.Limit{})
	if err != nil || m.GetSummary().GetSeats()[0].GetOutcome().GetResult() != pb.Result_RESULT_WON || m.GetSummary().GetTurn() != 57 {
		t.Errorf("%v, %v, want that White has won in turn 57", m.GetSummary(), err)
	}
}

// TestPlayRefusesOtherMatches: engines play chess, and only where they have a seat.
func TestPlayRefusesOtherMatches(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{chess.Rules{}, tictactoe.Rules{}}})
	ann, ben := guest(t, s, 1), guest(t, s, 2)
	e := start(t, ucitest.Plays, uci.Options{})
	for _, tt := range []struct{ game, want string }{
		{"tictactoe", "is one of tictactoe: engines play chess"},
		{"chess", "has no seat of this player"},
	} {
		made, err := ann.CreateMatch(t.Context(), &pb.CreateMatchRequest{
			Game: tt.game, Access: pb.Access_ACCESS_PUBLIC, StartRule: pb.StartRule_START_RULE_WHEN_FULL,
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = uci.Play(t.Context(), ben, made.GetMatch().GetSummary().GetMatchId(), e, uci.Limit{})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}
