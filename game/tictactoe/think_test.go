package tictactoe_test

import (
	"testing"

	"yourmove/game/tictactoe"
)

func TestImagineRefuses(t *testing.T) {
	for _, view := range []string{
		`{"rows":["...","...","..."]}`, // nobody is next
		`{"rows":["...","...","..."],"next":"O"}`,
		`{"rows":["...","..."],"next":"X"}`,
		`{"rows":["...","....",".."],"next":"X"}`,
		`{"rows":["...",".Z.","..."],"next":"X"}`,
		`{"rows":["X..","X..","..."],"next":"O"}`,
		`{"rows":["O..","...","..."],"next":"X"}`,
		`{"rows":"X","next":"X"}`,
	} {
		if p, err := (tictactoe.Rules{}).Imagine([]byte(view), 1, nil); err == nil {
			t.Errorf("%s was taken for %v", view, p)
		}
	}
}

func TestEstimate(t *testing.T) {
	for _, tt := range []struct {
		moves       string
		more, hopes int
	}{
		{"b2", 1, 2},                // the middle is worth something
		{"b2 b1 a1", 1, 2},          // two in a line
		{"b1 b2 a1 c1", 2, 1},       // the middle and a defence
		{"a1 b2 c3 a3 b1 c1", 2, 0}, // both can still win; O has two lines with two
	} {
		p := play(t, tt.moves)
		got := [3]float64{0.5, tictactoe.Rules{}.Estimate(p, 1), tictactoe.Rules{}.Estimate(p, 2)}
		if got[tt.more] <= got[tt.hopes] {
			t.Errorf("after %s seat %d may hope for %v, seat %d for %v", tt.moves, tt.more, got[tt.more], tt.hopes, got[tt.hopes])
		}
		if sum := got[1] + got[2]; sum < 0.999 || sum > 1.001 {
			t.Errorf("after %s the hopes add up to %v", tt.moves, sum)
		}
	}
}
