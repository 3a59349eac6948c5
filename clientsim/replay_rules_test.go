package clientsim_test

import (
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/chess"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// chessServer is a server with chess.
func chessServer(t *testing.T, limits server.Limits) *servertest.Server {
	t.Helper()
	return servertest.New(t, servertest.Options{Rules: []game.Rules{chess.Rules{}}, Limits: limits})
}

func replayRules(t *testing.T, s *servertest.Server, pgn io.Reader, luck clientsim.Luck) clientsim.Report {
	t.Helper()
	report, err := clientsim.ReplayRules(t.Context(), clientsim.ReplayOptions{
		PGN: pgn, Parallel: 4, Seed: 6, Luck: luck, Transport: s.Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestReplayRules plays the famous games, and one of each thing that a record may hold, under the server's rules.
func TestReplayRules(t *testing.T) {
	for _, tt := range []struct {
		file         string
		games, moves int
		ends         map[string]int
	}{
		{"famous.pgn", 13, 650, map[string]int{"checkmate": 7, "resigned": 5, "agreed": 1}},
		{"annotated.pgn", 16, 110, map[string]int{
			"checkmate": 4, "resigned": 3, "agreed": 2, "unknown": 3, "stalemate": 1, "insufficient material": 1,
			"fivefold repetition": 1, "75 moves": 1,
		}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			f, err := os.Open("testdata/" + tt.file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			r := replayRules(t, chessServer(t, server.Limits{}), f, clientsim.BadLuck)
			for _, failure := range r.Failed {
				t.Errorf("game %d, %s: %s", failure.Game, failure.Name, failure.Reason)
			}
			if r.Games != tt.games || r.OK != tt.games || r.Moves != tt.moves || !maps.Equal(r.Ends, tt.ends) || r.MovesPerS <= 0 {
				t.Errorf("report %+v, want %d games with %d moves that end by %v", r, tt.games, tt.moves, tt.ends)
			}
			if r.Luck.Lost+r.Luck.Dropped+r.Luck.Repeated == 0 {
				t.Errorf("luck %+v", r.Luck)
			}
		})
	}
}

// TestReplayRulesNamesWhatCannotBePlayed: each game of the collection has the line and the reason in a tag.
func TestReplayRulesNamesWhatCannotBePlayed(t *testing.T) {
	text, err := os.ReadFile("testdata/unplayable.pgn")
	if err != nil {
		t.Fatal(err)
	}
	records, err := clientsim.ReadPGN(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	const unreadable = "\n[Event \"Not chess\"]\n[White \"A\"]\n[Black \"B\"]\n\n1. e4 what 1-0\n"
	r := replayRules(t, chessServer(t, server.Limits{}), strings.NewReader(string(text)+unreadable), clientsim.Luck{})
	if r.Games != len(records)+1 || r.OK != 0 || r.Moves != 0 || len(r.Failed) != r.Games {
		t.Fatalf("report %+v, want that all of %d games fail before the first move", r, len(records)+1)
	}
	for i, rec := range records {
		got := r.Failed[i]
		if said := fmt.Sprintf("line %d, %s", got.Line, got.Reason); got.Game != rec.Game || !strings.Contains(said, rec.Tags["Reason"]) {
			t.Errorf("game %d (%s): %q\nwant %q", got.Game, rec.Tags["Event"], said, rec.Tags["Reason"])
		}
		if want := rec.Tags["White"] != ""; (got.Name == "A – B") != want {
			t.Errorf("game %d was played by %q", got.Game, got.Name)
		}
		// Which rights there are to castle the server says; all else the record shows.
		if got.Unplayable == strings.HasPrefix(got.Reason, "create: ") {
			t.Errorf("game %d, %q, is the record's fault: %v", got.Game, got.Reason, got.Unplayable)
		}
	}
	want := clientsim.Failure{
		Game: r.Games, Line: strings.Count(string(text)+unreadable, "\n"), Name: "A – B", Reason: `"what" is not a move`, Unplayable: true,
	}
	if last := r.Failed[len(records)]; last != want {
		t.Errorf("the game that cannot be read: %+v\nwant %+v", last, want)
	}
}

// TestReplayRulesTakesOtherPlayers: the matches of draws by agreement go on, so that players come to have enough.
func TestReplayRulesTakesOtherPlayers(t *testing.T) {
	limits := server.DefaultLimits()
	limits.ActiveMatches = 2
	r := replayRules(t, chessServer(t, limits), strings.NewReader(strings.Repeat("1. e4 1/2-1/2\n", 30)), clientsim.BadLuck)
	if r.OK != 30 || r.Ends["agreed"] != 30 {
		t.Errorf("report %+v, want 30 draws", r)
	}
}

// TestReplayRulesNoticesDifferences changes what a server tells of a match, and expects the game to fail.
func TestReplayRulesNoticesDifferences(t *testing.T) {
	event := func(r *pb.GetReplayResponse, is func(*pb.Event) bool) *pb.Event {
		for _, e := range r.GetEvents() {
			if is(e) {
				return e
			}
		}
		t.Fatal("no such event")
		return nil
	}
	isTurn := func(e *pb.Event) bool { return e.GetTurnTaken() != nil }
	gaveUp := func(e *pb.Event) bool { return e.GetPlayerResigned() != nil }
	isEnd := func(e *pb.Event) bool { return e.GetMatchFinished() != nil }
	fen := func(text string) func(*pb.GetReplayResponse) {
		return func(r *pb.GetReplayResponse) { r.Match.View.Fields["fen"] = structpb.NewStringValue(text) }
	}
	notation := func(from, to string) func(*pb.GetReplayResponse) {
		return func(r *pb.GetReplayResponse) {
			changed := strings.ReplaceAll(r.Notation, from, to)
			if changed == r.Notation {
				panic("nothing to change in " + r.Notation)
			}
			r.Notation = changed
		}
	}
	const (
		resigned = "1. e4 e5 2. Qh5 1-0"
		mate     = "1. f3 e5 2. g4 Qh4# 0-1"
		agreed   = "1. e4 e5 1/2-1/2"
		setUp    = "[FEN \"4k3/8/8/8/8/8/4P3/4K3 b - - 0 1\"]\n1... Kd7 *"
	)
	for _, tt := range []struct {
		name, pgn string
		lie       func(r *pb.GetReplayResponse)
		want      string
	}{
		{"nothing, resigned", resigned, func(*pb.GetReplayResponse) {}, ""},
		{"nothing, mate", mate, func(*pb.GetReplayResponse) {}, ""},
		{"nothing, agreed", agreed, func(*pb.GetReplayResponse) {}, ""},
		{"nothing, set up", setUp, func(*pb.GetReplayResponse) {}, ""},
		{"a move", resigned, func(r *pb.GetReplayResponse) { event(r, isTurn).GetTurnTaken().Moves[0].Text = "d2d4" }, "not e2e4 by seat 1"},
		{"who moved first", setUp, func(r *pb.GetReplayResponse) { event(r, isTurn).Seat = 1 }, "not e8d7 by seat 2"},
		{"no position", resigned, func(r *pb.GetReplayResponse) { r.Match.View = nil }, `the position is ""`},
		{"how the position ended it", mate, func(r *pb.GetReplayResponse) {
			r.Match.View.Fields["ended"] = structpb.NewStringValue("stalemate")
		}, `over by "stalemate", not "checkmate"`},
		{"whose turn", agreed, fen("rnbqkbnr/pppp1ppp/8/4p3/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 2"), "the position is"},
		{"who resigned", resigned, func(r *pb.GetReplayResponse) { event(r, gaveUp).Seat = 1 }, "the seats [1] resigned, in the record [2]"},
		{"nobody resigned", resigned, func(r *pb.GetReplayResponse) {
			event(r, gaveUp).Kind = &pb.Event_Hidden{}
		}, "the seats [] resigned, in the record [2]"},
		{"somebody resigned", mate, func(r *pb.GetReplayResponse) {
			event(r, isEnd).Kind = &pb.Event_PlayerResigned{PlayerResigned: &pb.PlayerResigned{}}
		}, "resigned, in the record []"},
		{"the result", mate, func(r *pb.GetReplayResponse) {
			o := event(r, isEnd).GetMatchFinished().Outcomes
			o[0].Result, o[1].Result = o[1].Result, o[0].Result
		}, "the record with 0-1"},
		{"by what it ended", resigned, func(r *pb.GetReplayResponse) {
			event(r, isEnd).GetMatchFinished().Outcomes[1].Ending = pb.Ending_ENDING_PLAYED
		}, "the record with 1-0"},
		{"mate is not over", mate, func(r *pb.GetReplayResponse) { r.Match.Summary.State = pb.MatchState_MATCH_STATE_ACTIVE }, "the match is MATCH_STATE_ACTIVE"},
		{"it is over", agreed, func(r *pb.GetReplayResponse) { r.Match.Summary.State = pb.MatchState_MATCH_STATE_FINISHED }, "by its rules for seat 1"},
		{"who is waited for", agreed, func(r *pb.GetReplayResponse) { r.Match.Summary.MustAct = []int32{2} }, "waits for [2]"},
		{"no notation", agreed, func(r *pb.GetReplayResponse) { r.Notation = "" }, "the notation has 0 games"},
		{"another notation", agreed, func(r *pb.GetReplayResponse) { r.NotationType = "text/plain" }, "not PGN"},
		{"bad notation", agreed, notation("e5", "so"), `"so" is not a move`},
		{"a move in the notation", agreed, notation("e5", "e6"), "the notation has the moves [e4 e6]"},
		{"a sign in the notation", mate, notation("Qh4#", "Qh4+"), "the notation has the moves"},
		{"the result in the notation", mate, notation("0-1", "1-0"), "the notation ends with 1-0, not 0-1"},
		{"the notation knows more", agreed, notation("*", "1/2-1/2"), "the notation ends with 1/2-1/2, not *"},
		{"the notation's set-up", setUp, notation("4P3", "3P4"), "the notation's first position"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := chessServer(t, server.Limits{})
			report, err := clientsim.ReplayRules(t.Context(), clientsim.ReplayOptions{
				PGN: strings.NewReader(tt.pgn), Seed: 7,
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
			if report.OK != 0 || len(report.Ends) != 0 || len(report.Failed) != 1 || !strings.Contains(report.Failed[0].Reason, tt.want) ||
				report.Failed[0].Unplayable {
				t.Errorf("report %+v, want %q", report, tt.want)
			}
		})
	}
}

// TestReplayRulesWithoutChess: a server that does not have the game says so, for each game of the collection.
func TestReplayRulesWithoutChess(t *testing.T) {
	r := replayRules(t, servertest.New(t, servertest.Options{}), strings.NewReader("1. e4 1-0\n1. d4 1-0\n"), clientsim.Luck{})
	if r.OK != 0 || len(r.Failed) != 2 || !strings.Contains(fmt.Sprint(r.Failed), "create: ") {
		t.Errorf("report %+v", r)
	}
}
