package clientsim_test

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corentings/chess/v2"

	"yourmove/clientsim"
)

func TestReadPGN(t *testing.T) {
	const text = "\uFEFF% for another program: [Event \"no\"\r\n" +
		"[Event \"A \\\"quoted\\\" \\\\ name\"]\r\n[ Result \"1-0\" ]\r\n\r\n" +
		"1. e4 {the best\n(by test) 1-0} e5 2.Nf3!? $1 (2. f4 exf4 (2... d5 {Falkbeer)} 3. exd5) 3. Bc4) 2... Nc6!! ; 3. Ba4 1-0\n" +
		"3.Bb5 a6?? 4. O-O dxe1=Q+ 5.e8=N# Nbxd2 6. R1a3 0-0-0 1-0\n" +
		"1... d5 *\n" + // no tags at all
		"[Result \"1/2-1/2\"]\n1/2-1/2" // no moves, no newline
	got, err := clientsim.ReadPGN(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []clientsim.Record{
		{
			Game: 1, Line: 2, Tags: map[string]string{"Event": `A "quoted" \ name`, "Result": "1-0"}, Result: "1-0",
			Moves: strings.Fields("e4 e5 Nf3 Nc6 Bb5 a6 O-O dxe1=Q+ e8=N# Nbxd2 R1a3 0-0-0"),
			Lines: []int{5, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7},
		},
		{Game: 2, Line: 8, Tags: map[string]string{}, Moves: []string{"d5"}, Lines: []int{8}, Result: "*"},
		{Game: 3, Line: 9, Tags: map[string]string{"Result": "1/2-1/2"}, Result: "1/2-1/2"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestReadPGNHabits: what is no modern notation, and a move all the same.
func TestReadPGNHabits(t *testing.T) {
	const text = "1.e2-e4 e7:e5 2.Ng1f3 o-o 3.exd6 e.p. fxg3e.p. 4.-- ed5ep 5.c8Q c1/N+ 6.Qh5ch Kd2mate 7.Nf3 !? N:e5++ " +
		"8.Qd6: cd5:+ 9.Qh5 ch Qf7ch. 10.Ke2 ch. Qe4 mate! *"
	games, err := clientsim.ReadPGN(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("e2-e4 e7:e5 Ng1f3 o-o exd6 fxg3e.p. -- ed5ep c8Q c1/N+ Qh5ch Kd2mate Nf3 N:e5++ Qd6: cd5:+ Qh5 Qf7ch. Ke2 Qe4")
	if len(games) != 1 || !slices.Equal(games[0].Moves, want) {
		t.Errorf("got %+v\nwant the moves %q", games, want)
	}
}

func TestReadPGNBadGames(t *testing.T) {
	const good = "[Event \"good\"]\n\n1. e4 1-0\n\n"
	for _, tt := range []struct{ name, bad, want string }{
		{"comment", "[Event \"x\"]\n\n1. e4 e5\n2. {no end 1-0\n\n", "game 2, line 8: a comment does not end"},
		{"variation", "[Event \"x\"]\n1. e4 (1. d4 1-0\n\n", "game 2, line 6: a variation does not end"},
		{"closing", "[Event \"x\"]\n1. e4) 1-0\n", "game 2, line 6: a variation ends that did not begin"},
		{"no result", "[Event \"x\"]\n1. e4 e5\n\n", "game 2, line 8: the game ends without a result"},
		{"no castling", "[Event \"x\"]\n1. e4 O-O-O-O 1-0\n", `game 2, line 6: "O-O-O-O" is not a move`},
		{"no move", "[Event \"x\"]\n1. e4 hello 1-0\n", `game 2, line 6: "hello" is not a move`},
		{"results", "[Event \"x\"]\n[Result \"0-1\"]\n1. e4 1-0\n", `game 2, line 7: the tag says "0-1", the moves end with 1-0`},
		{"tag", "[Event \"x]\n1. e4 1-0\n", "game 2, line 5: the value of tag Event does not end"},
		{"tag name", "[\"x\"]\n1. e4 1-0\n", `game 2, line 5: not a tag pair: [Name "value"]`},
		{"tag end", "[Event \"x\" 1-0\n", "game 2, line 5: tag Event does not end with ]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			games, err := clientsim.ReadPGN(strings.NewReader(good + tt.bad + good))
			var bad *clientsim.PGNError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v", err)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
			if len(games) != 2 || games[0].Game != 1 || games[1].Game != 3 || games[1].Line != 5+strings.Count(tt.bad, "\n") {
				t.Errorf("the good games around the bad one: %+v", games)
			}
		})
	}
}

// TestFamousGames plays each famous game by the rules: a slip of memory in testdata would not survive it.
func TestFamousGames(t *testing.T) {
	f, err := os.Open("testdata/famous.pgn")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := clientsim.ReadPGN(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < 12 {
		t.Errorf("%d games, want a dozen", len(records))
	}
	var ends []string
	for _, rec := range records {
		g := chess.NewGame()
		for i, mv := range rec.Moves {
			// The library's reader of notation is lenient; its writer is not.
			var legal []string
			for _, m := range g.ValidMoves() {
				legal = append(legal, chess.AlgebraicNotation{}.Encode(g.Position(), &m))
			}
			if !slices.Contains(legal, mv) {
				t.Fatalf("%s – %s: move %d, %s, is none of %v", rec.Tags["White"], rec.Tags["Black"], i/2+1, mv, legal)
			}
			if err := g.PushNotationMove(mv, chess.AlgebraicNotation{}, nil); err != nil {
				t.Fatalf("%s – %s: move %d, %s: %v", rec.Tags["White"], rec.Tags["Black"], i/2+1, mv, err)
			}
		}
		mate := g.Method() == chess.Checkmate
		if mate != strings.HasSuffix(rec.Moves[len(rec.Moves)-1], "#") {
			t.Errorf("%s – %s: the mark for mate and the position disagree", rec.Tags["White"], rec.Tags["Black"])
		}
		if mate && string(g.Outcome()) != rec.Result {
			t.Errorf("%s – %s: mate makes it %s, the record says %s", rec.Tags["White"], rec.Tags["Black"], g.Outcome(), rec.Result)
		}
		ends = append(ends, rec.Result)
	}
	for _, want := range []string{"1-0", "0-1", "1/2-1/2"} {
		if !slices.Contains(ends, want) {
			t.Errorf("no game ends with %s", want)
		}
	}
}

func FuzzReadPGN(f *testing.F) {
	famous, err := os.ReadFile("testdata/famous.pgn")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(famous[:1500]))
	for _, s := range []string{"", "[", "[a \"\\", "{", "(", ")", "$", "1.", "%", ";", "[A \"\"]1-0", "\n[Event \"", "1. e4 [", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		games, err := clientsim.ReadPGN(strings.NewReader(text))
		lines := 1 + strings.Count(text, "\n")
		for i, g := range games {
			if g.Line < 1 || g.Line > lines || g.Result == "" || len(g.Lines) != len(g.Moves) || i > 0 && g.Game <= games[i-1].Game {
				t.Errorf("game %+v of %d lines", g, lines)
			}
		}
		if err == nil {
			return
		}
		for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
			var bad *clientsim.PGNError
			if !errors.As(err, &bad) || bad.Game < 1 || bad.Line < 1 || bad.Line > lines {
				t.Errorf("error %v in %d lines", err, lines)
			}
		}
	})
}
