package clientsim_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

func TestReplayRelay(t *testing.T) {
	games, err := os.ReadFile("testdata/famous.pgn")
	if err != nil {
		t.Fatal(err)
	}
	records, err := clientsim.ReadPGN(strings.NewReader(string(games)))
	if err != nil {
		t.Fatal(err)
	}
	moves := 0
	for _, r := range records {
		moves += len(r.Moves)
	}
	// Two that cannot be played, one whose end nobody knows, and one from a position in which Black moves first.
	const more = "\n[Event \"?\"]\n\n1. e4 what 1-0\n\n[Event \"?\"]\n[White \"A\"]\n[Black \"B\"]\n\n0-1\n\n[Event \"?\"]\n\n1. d4 *\n\n" +
		"[Event \"?\"]\n[FEN \"4k3/8/8/8/8/8/8/4K3 b - - 0 1\"]\n\n1... Kd7 2. Kd2 1/2-1/2\n"
	url := servertest.New(t, servertest.Options{}).Start()
	var open []*http.Transport
	defer func() {
		for _, t := range open {
			t.CloseIdleConnections()
		}
	}()
	report, err := clientsim.ReplayRelay(t.Context(), clientsim.ReplayOptions{
		PGN: strings.NewReader(string(games) + more), Parallel: 4, Seed: 6, Luck: clientsim.BadLuck,
		Transport: func() connect.Transport {
			open = append(open, new(http.Transport))
			return connecthttp.NewTransport(&http.Client{Transport: open[len(open)-1]}, url)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := len(records)
	if report.Games != n+4 || report.OK != n+2 || report.Moves != moves+3 || report.MovesPerS <= 0 || report.Seed != 6 {
		t.Errorf("report %+v, want %d games and %d moves of which two games fail", report, n+4, moves+3)
	}
	lines := strings.Count(string(games), "\n")
	want := []clientsim.Failure{
		{Game: n + 1, Line: lines + 4, Reason: `"what" is not a move`, Unplayable: true},
		{Game: n + 2, Line: lines + 6, Name: "A – B", Reason: "the record has no moves", Unplayable: true},
	}
	if !slices.Equal(report.Failed, want) {
		t.Errorf("failed: %+v\nwant %+v", report.Failed, want)
	}
	if report.Luck.Lost == 0 || report.Luck.Dropped == 0 || report.Luck.Repeated == 0 {
		t.Errorf("luck %+v", report.Luck)
	}
}

// TestReplayTellsWhere: a move that the server refuses is named with its line, and is not the record's fault.
func TestReplayTellsWhere(t *testing.T) {
	for name, play := range map[string]func(context.Context, clientsim.ReplayOptions) (clientsim.Report, error){
		"relay": clientsim.ReplayRelay, "rules": clientsim.ReplayRules,
	} {
		t.Run(name, func(t *testing.T) {
			s := chessServer(t, server.Limits{})
			report, err := play(t.Context(), clientsim.ReplayOptions{
				PGN: strings.NewReader("[White \"A\"]\n\n1. e4 e5\n2. Qh5 1-0"), Seed: 7,
				Transport: func() connect.Transport {
					return liar{s.Transport(), func(res any) {
						// With a version that there is not yet, the third move is refused.
						if r, ok := res.(*pb.SubmitTurnResponse); ok && r.GetMatch().GetSummary().GetTurn() == 3 {
							r.Version += 7
						}
					}}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Failed) != 1 {
				t.Fatalf("report %+v, want one failure", report)
			}
			f := report.Failed[0]
			if f.Line != 4 || f.Name != "A – ?" || f.Unplayable || !strings.HasPrefix(f.Reason, "Qh5") || report.Moves != 2 {
				t.Errorf("report %+v", report)
			}
		})
	}
}

// TestReplayRelayNoticesDifferences changes what a server tells of a match, and expects the game to fail.
func TestReplayRelayNoticesDifferences(t *testing.T) {
	turns := func(r *pb.GetReplayResponse) []*pb.Event {
		var list []*pb.Event
		for _, e := range r.GetEvents() {
			if e.GetTurnTaken() != nil {
				list = append(list, e)
			}
		}
		return list
	}
	for _, tt := range []struct {
		name string
		lie  func(r *pb.GetReplayResponse)
		want string
	}{
		{"nothing", func(*pb.GetReplayResponse) {}, ""},
		{"a move", func(r *pb.GetReplayResponse) { turns(r)[1].GetTurnTaken().Moves[0].Text = "e6" }, "move 1 is"},
		{"a seat", func(r *pb.GetReplayResponse) { turns(r)[1].Seat = 1 }, "not e5 by seat 2"},
		{"the order", func(r *pb.GetReplayResponse) {
			a, b := turns(r)[0].GetTurnTaken(), turns(r)[2].GetTurnTaken()
			a.Moves, b.Moves = b.Moves, a.Moves
		}, "not e4 by seat 1"},
		{"a turn is missing", func(r *pb.GetReplayResponse) { turns(r)[2].Kind = &pb.Event_Hidden{} }, "there are 2 moves of 3"},
		{"a gap", func(r *pb.GetReplayResponse) { r.Events = r.Events[1:] }, "event 2 stands at place 1"},
		{"cut short", func(r *pb.GetReplayResponse) { r.Match.Summary.Version++ }, "events at version"},
		{"the result", func(r *pb.GetReplayResponse) {
			o := r.Events[len(r.Events)-1].GetMatchFinished().Outcomes
			o[0].Result, o[1].Result = o[1].Result, o[0].Result
		}, "the record with 1-0"},
		{"a seat's outcome", func(r *pb.GetReplayResponse) {
			r.Match.Summary.Seats[0].Outcome.Result = pb.Result_RESULT_DRAWN
		}, "the record with 1-0"},
		{"still on", func(r *pb.GetReplayResponse) { r.Match.Summary.State = pb.MatchState_MATCH_STATE_ACTIVE }, "the match is MATCH_STATE_ACTIVE"},
		{"the players", func(r *pb.GetReplayResponse) { r.Match.Summary.Seats[0].PlayerId = "x" }, "seat 1 belongs to"},
		{"the state", func(r *pb.GetReplayResponse) { r.Match.State = nil }, "the state is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := servertest.New(t, servertest.Options{})
			report, err := clientsim.ReplayRelay(t.Context(), clientsim.ReplayOptions{
				PGN: strings.NewReader("1. e4 e5 2. Qh5 1-0"), Seed: 7,
				Transport: lyingReplays(s, tt.lie),
			})
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if report.OK != 1 {
					t.Errorf("report %+v", report)
				}
				return
			}
			if report.OK != 0 || len(report.Failed) != 1 || !strings.Contains(report.Failed[0].Reason, tt.want) {
				t.Errorf("report %+v, want %q", report, tt.want)
			}
		})
	}
}

// lyingReplays makes connections to a server on which lie changes each replay that is answered.
func lyingReplays(s *servertest.Server, lie func(*pb.GetReplayResponse)) func() connect.Transport {
	return func() connect.Transport {
		return liar{s.Transport(), func(res any) {
			if r, ok := res.(*pb.GetReplayResponse); ok {
				lie(r)
			}
		}}
	}
}
