package chess_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"yourmove/game"
)

// imagine makes a position of what seat 2 is shown of p.
func imagine(p game.Position) (game.Position, error) {
	data, err := json.Marshal(rules.View(p, 2))
	if err != nil {
		return nil, err
	}
	return rules.Imagine(data, 2, nil)
}

func TestView(t *testing.T) {
	for _, c := range []struct{ fen, moves, want string }{
		{initial, "", `{"fen":"` + initial + `","turn":"white"}`},
		{
			initial, "e2e4 e7e5 d1h5 b8c6 h5f7",
			`{"fen":"r1bqkbnr/pppp1Qpp/2n5/4p3/4P3/8/PPPP1PPP/RNB1KBNR b KQkq - 0 3","turn":"black","check":true}`,
		},
		{
			initial, dance,
			`{"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 4 3","turn":"white",` +
				`"reversible":"g1f3 g8f6 f3g1 f6g8","repetitions":2}`,
		},
		{
			initial, dance + "g1f3 g8f6 f3g1 f6g8",
			`{"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 8 5","turn":"white",` +
				`"reversible":"g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8","repetitions":3,"claim":"threefold repetition"}`,
		},
		{
			"4k2r/8/8/8/8/8/8/4K3 b k - 99 80", "h8h1",
			`{"fen":"4k3/8/8/8/8/8/8/4K2r w - - 100 81","turn":"white","check":true,"claim":"50 moves"}`,
		},
		{
			initial, "f2f3 e7e5 g2g4 d8h4",
			`{"fen":"rnb1kbnr/pppp1ppp/8/4p3/6Pq/5P2/PPPPP2P/RNBQKBNR w KQkq - 1 3","check":true,"reversible":"d8h4","ended":"checkmate"}`,
		},
	} {
		p := play(t, c.fen, c.moves)
		for viewer := range 3 {
			got, err := json.Marshal(rules.View(p, viewer))
			if err != nil || string(got) != c.want {
				t.Errorf("after %s viewer %d is shown\n%s (%v), want\n%s", c.moves, viewer, got, err, c.want)
			}
		}
	}
}

// TestClose: when somebody gave up, the board stays, and nobody is to move or may claim a draw.
func TestClose(t *testing.T) {
	for _, c := range []struct{ fen, moves, view, summary string }{
		{initial, "", `{"fen":"` + initial + `"}`, "move 1, not played out"},
		{
			initial, "e2e4 e7e5 d1h5 b8c6 h5f7",
			`{"fen":"r1bqkbnr/pppp1Qpp/2n5/4p3/4P3/8/PPPP1PPP/RNB1KBNR b KQkq - 0 3","check":true}`,
			"move 3, not played out, Black in check",
		},
		{
			initial, dance + "g1f3 g8f6 f3g1 f6g8",
			`{"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 8 5",` +
				`"reversible":"g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8","repetitions":3}`,
			"move 5, not played out",
		},
	} {
		open := play(t, c.fen, c.moves)
		before := rules.View(open, 0)
		closed := rules.Close(open)
		got, err := json.Marshal(rules.View(closed, 1))
		if err != nil || string(got) != c.view {
			t.Errorf("after %s shown as\n%s (%v), want\n%s", c.moves, got, err, c.view)
		}
		if summary := rules.Summary(closed); summary != c.summary {
			t.Errorf("after %s: %q, want %q", c.moves, summary, c.summary)
		}
		if text := rules.Draw(closed, 1); strings.Contains(text, "to move") {
			t.Errorf("after %s drawn as\n%s", c.moves, text)
		}
		if p, err := imagine(closed); err != nil || rules.View(p, 0) != rules.View(closed, 0) {
			t.Errorf("after %s imagined as %+v (%v)", c.moves, p, err)
		}
		if rules.View(open, 0) != before {
			t.Errorf("after %s: Close changed the position", c.moves)
		}
	}
}

// TestImagineGoesOn: what comes after an imagined position is what comes after the real one, claims and all.
func TestImagineGoesOn(t *testing.T) {
	real := play(t, initial, dance+"g1f3 g8f6")
	imagined, err := imagine(real)
	if err != nil {
		t.Fatal(err)
	}
	if imagined, err = do(imagined, "f3g1"); err != nil {
		t.Fatal(err)
	}
	if imagined, err = do(imagined, "claim f6g8"); err != nil || rules.Outcomes(imagined) == nil {
		t.Errorf("the claim is not what it is in the real game: %v", err)
	}
	again, err := imagine(imagined)
	if err != nil || rules.View(again, 0) != rules.View(imagined, 0) {
		t.Errorf("a drawn game is imagined as %+v (%v)", again, err)
	}
}

func TestImagineRefuses(t *testing.T) {
	const fen = `"fen":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 4 3","turn":"white"`
	const past = `,"reversible":"g1f3 g8f6 f3g1 f6g8"`
	if _, err := rules.Imagine([]byte(`{`+fen+past+`,"repetitions":2}`), 1, nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		``, `{}`, `[]`, `{"fen":"nonsense"}`,
		`{` + fen + `,"check":true}`,
		`{` + fen + `,"turn":"black"}`,
		`{` + fen + `,"claim":"50 moves"}`,
		`{` + fen + `,"ended":"checkmate"}`,
		`{"fen":"4k2r/8/8/8/8/8/8/4K3 b k - 100 80","claim":"50 moves"}`,
		`{` + fen + `,"ended":"draw claimed: nothing"}`,
		`{` + fen + past + `}`,
		`{` + fen + past + `,"repetitions":3}`,
		`{` + fen + `,"reversible":"g1f3 g8f6 f3g1 x","repetitions":2}`,
		`{` + fen + `,"reversible":"g1e3 g8f6 e3g1 f6g8","repetitions":2}`,
		`{` + fen + `,"reversible":"g1f3 g8f6 f3g1"}`,
		`{` + fen + `,"reversible":"e8e8 e8e8"}`,
		`{` + fen + `,"reversible":"e1e8 a1a2"}`,
		`{` + fen + `,"reversible":"g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8","repetitions":3,"claim":"threefold repetition"}`,
		`{"fen":"4k3/8/8/3pP3/8/8/8/4K3 w - d6 4 2","turn":"white","reversible":"e1e2 e8e7 e2e1 e7e8"}`,
	} {
		if p, err := rules.Imagine([]byte(text), 1, nil); err == nil {
			t.Errorf("%s makes %+v", text, rules.View(p, 1))
		}
	}
}

func TestDraw(t *testing.T) {
	p := play(t, initial, "e2e4 e7e5 d1h5 b8c6 h5f7")
	const white = `8 r . b q k b n r
7 p p p p . Q p p
6 . . n . . . . .
5 . . . . p . . .
4 . . . . P . . .
3 . . . . . . . .
2 P P P P . P P P
1 R N B . K B N R
  a b c d e f g h
Black to move, check
`
	const black = `1 R N B K . B N R
2 P P P . P P P P
3 . . . . . . . .
4 . . . P . . . .
5 . . . p . . . .
6 . . . . . n . .
7 p p Q . p p p p
8 r n b k q b . r
  h g f e d c b a
Black to move, check
`
	for viewer, want := range []string{white, white, black} {
		if got := rules.Draw(p, viewer); got != want {
			t.Errorf("for %d\n%swant\n%s", viewer, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, c := range []struct{ fen, moves, want string }{
		{initial, "", "move 1, White to move"},
		{initial, "e2e4", "move 1, Black to move"},
		{initial, dance + dance, "move 5, White to move, threefold repetition can be claimed"},
		{initial, "e2e4 e7e5 d1h5 b8c6 h5f7", "move 3, Black to move, check"},
		{initial, "f2f3 e7e5 g2g4 d8h4", "move 3, checkmate, Black has won"},
		{"7k/8/6K1/8/8/8/8/5Q2 w - - 0 9", "f1f7", "move 9, drawn, stalemate"},
	} {
		if got := rules.Summary(play(t, c.fen, c.moves)); got != c.want {
			t.Errorf("after %s: %q, want %q", c.moves, got, c.want)
		}
	}
}

func TestEstimate(t *testing.T) {
	even := rules.Estimate(start(t, initial), 1)
	if math.Abs(even-0.5) > 1e-9 {
		t.Errorf("at the start %v, want 0.5", even)
	}
	// From the worst to the best for White.
	list := []string{
		"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNB1KBNR w KQkq - 0 1", // without a queen
		"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/1NBQKBNR w Kkq - 0 1",  // a rook
		"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/R1BQKBNR w KQkq - 0 1", // a knight
		"rnbqkbnr/pppppppp/8/8/8/8/1PPPPPPP/RNBQKBNR w KQkq - 0 1", // a pawn
		initial,
		"rnbqkbnr/pppppppp/8/8/8/5N2/PPPPPPPP/RNBQKB1R b KQkq - 1 1", // a knight nearer to the middle
		"rnbqkbnr/1ppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
		"rnb1kbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
	}
	last := 0.0
	for _, fen := range list {
		p := start(t, fen)
		mine, yours := rules.Estimate(p, 1), rules.Estimate(p, 2)
		if mine <= last || mine >= 1 || math.Abs(mine+yours-1) > 1e-9 {
			t.Errorf("%s: %v for White and %v for Black, after %v", fen, mine, yours, last)
		}
		last = mine
	}
}
