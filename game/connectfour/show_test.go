package connectfour_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"yourmove/game"
	"yourmove/game/connectfour"
)

func TestShown(t *testing.T) {
	var r connectfour.Rules
	for _, c := range []struct{ moves, encoded, view, summary string }{
		{"", "//////", `{"rows":[".......",".......",".......",".......",".......","......."],"next":"X"}`, "0 of 42 discs, X is next"},
		{"ddc", "//X/XO///", `{"rows":[".......",".......",".......",".......","...O...","..XX..."],"next":"O"}`, "3 of 42 discs, O is next"},
		{"agbgcgd", "X/X/X/X///OOO",
			`{"rows":[".......",".......",".......","......O","......O","XXXX..O"],"winning":["a1","b1","c1","d1"]}`,
			"7 of 42 discs, X has four in a row"},
	} {
		p := play(t, c.moves)
		if view, err := json.Marshal(r.View(p, 0)); err != nil || string(view) != c.view {
			t.Errorf("%q: view %s (%v), want %s", c.moves, view, err, c.view)
		}
		if _, data, err := r.Encode(p); err != nil || string(data) != c.encoded {
			t.Errorf("%q: encoded as %q (%v), want %q", c.moves, data, err, c.encoded)
		}
		if got := r.Summary(p); got != c.summary {
			t.Errorf("%q: summary %q, want %q", c.moves, got, c.summary)
		}
	}
	const drawn = "| . . . . . . . |\n| . . . . . . . |\n| . . . . . . . |\n| . . . . . . . |\n| . . . O . . . |\n| . . X X . . . |\n" +
		"+---------------+\n  a b c d e f g\n"
	if got := r.Draw(play(t, "ddc"), 0); got != drawn {
		t.Errorf("drawn as\n%swant\n%s", got, drawn)
	}
}

func TestDecode(t *testing.T) {
	for _, text := range []string{
		"", "/////", "///////", "X", "O//////", "XX//////", "XOXOXOX//////", "x//////", "X /////", "X.O//////", "XOX/OXO/////\n",
		"XXXX/OOOO/////", // both cannot have won
	} {
		if p, err := (connectfour.Rules{}).Decode(1, []byte(text)); err == nil {
			t.Errorf("%q decodes to %v", text, p)
		}
	}
}

// FuzzDecode: what is read is written the same again, and can be looked at.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("X/O/XXO////"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r connectfour.Rules
		p, err := r.Decode(1, data)
		if err != nil {
			return
		}
		if _, again, err := r.Encode(p); err != nil || string(again) != string(data) {
			t.Errorf("%q is written as %q (%v)", data, again, err)
		}
		r.Draw(p, 0)
		look(t, p)
		r.Outcomes(p)
	})
}

func TestImagine(t *testing.T) {
	var r connectfour.Rules
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := play(t, "")
		for r.Outcomes(p) == nil && rng.IntN(20) > 0 {
			legal := r.LegalMoves(p, 0)
			next := 1
			if r.Duty(p, 2) == game.MustAct {
				next = 2
			}
			played, err := r.Play(p, next, legal[rng.IntN(len(legal))], game.Moment{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			p = played.Position
		}
		for viewer := range 3 {
			view, err := json.Marshal(r.View(p, viewer))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.Imagine(view, viewer, nil); err != nil || !reflect.DeepEqual(got, p) {
				t.Fatalf("%s imagined as %v (%v), is %v", view, got, err, p)
			}
		}
	}
}

func TestImagineRefuses(t *testing.T) {
	const top = `{"rows":[".......",".......",".......",".......",`
	for name, view := range map[string]string{
		"nothing":              "",
		"another game":         `{"rows":["..X",".O.","X.."],"next":"O"}`,
		"no rows":              `{}`,
		"a hanging disc":       top + `"X......","......."],"next":"O"}`,
		"a strange disc":       top + `".......","Z......"],"next":"X"}`,
		"two discs of X":       top + `".......","XX....."],"next":"X"}`,
		"the wrong one next":   top + `".......","X......"],"next":"X"}`,
		"nobody next":          top + `".......","X......"]}`,
		"a line that is none":  top + `".......","XO....."],"next":"X","winning":["a1"]}`,
		"a line that is there": top + `"OOO....","XXXX..."]}`,
	} {
		if p, err := (connectfour.Rules{}).Imagine([]byte(view), 1, nil); err == nil {
			t.Errorf("%s: imagined as %v", name, p)
		}
	}
}

func TestEstimate(t *testing.T) {
	var r connectfour.Rules
	if got := r.Estimate(play(t, ""), 1); got != 0.5 {
		t.Errorf("the empty board is worth %v to X", got)
	}
	for _, c := range []struct{ name, better, worse string }{
		{"the middle before the edge", "d", "a"},
		{"three that can grow before three that are blocked", "bbccd", "aabbc"},
		{"three before two", "bbccd", "bbccg"},
	} {
		if b, w := r.Estimate(play(t, c.better), 1), r.Estimate(play(t, c.worse), 1); b <= w {
			t.Errorf("%s: %v and %v", c.name, b, w)
		}
	}
	// What one hopes for the other fears, and a mirror changes nothing.
	for moves, mirrored := range map[string]string{"d": "d", "abcab": "gfegf", "ddcebb": "ddecff", "aabbcc": "ggffee"} {
		x, o := r.Estimate(play(t, moves), 1), r.Estimate(play(t, moves), 2)
		if math.Abs(x+o-1) > 1e-12 || x <= 0 || x >= 1 {
			t.Errorf("%s is worth %v to X and %v to O", moves, x, o)
		}
		if m := r.Estimate(play(t, mirrored), 1); m != x {
			t.Errorf("%s is worth %v, its mirror %v", moves, x, m)
		}
	}
}

// BenchmarkPlayout plays games at random; ns/ply is what one costs that looks for the end, the legal moves and whose
// turn it is.
func BenchmarkPlayout(b *testing.B) {
	var r connectfour.Rules
	rng := rand.New(rand.NewPCG(1, 2))
	plies := 0
	b.ReportAllocs()
	for b.Loop() {
		p, _ := r.Setup(nil, nil, nil)
		for seat := 1; r.Outcomes(p) == nil; seat = 3 - seat {
			if r.Duty(p, seat) != game.MustAct {
				b.Fatal("not on turn")
			}
			legal := r.LegalMoves(p, seat)
			played, err := r.Play(p, seat, legal[rng.IntN(len(legal))], game.Moment{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			p = played.Position
			plies++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(plies), "ns/ply")
}

func BenchmarkEstimate(b *testing.B) {
	var r connectfour.Rules
	p := play(b, "ddcebbccfg")
	b.ReportAllocs()
	for b.Loop() {
		r.Estimate(p, 1)
	}
}
