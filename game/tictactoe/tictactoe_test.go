package tictactoe_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
	"yourmove/game/tictactoe"
)

func TestRules(t *testing.T) { gametest.Run(t, tictactoe.Rules{}, gametest.Config{Playouts: 60}) }

// play plays moves by turns, X first, and fails on one that is refused.
func play(t *testing.T, moves string) game.Position {
	t.Helper()
	var r tictactoe.Rules
	p, err := r.Setup(nil, []int{1, 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, mv := range strings.Fields(moves) {
		if r.Outcomes(p) != nil {
			t.Fatalf("%s: over before move %d", moves, i+1)
		}
		played, err := r.Play(p, 1+i%2, mv, game.Moment{}, nil)
		if err != nil {
			t.Fatalf("%s: move %d: %v", moves, i+1, err)
		}
		p = played.Position
	}
	return p
}

// TestLines: each of the eight lines wins for X and for O, with its third square whichever it is.
func TestLines(t *testing.T) {
	lines := []string{"a1 b1 c1", "a2 b2 c2", "a3 b3 c3", "a1 a2 a3", "b1 b2 b3", "c1 c2 c3", "a1 b2 c3", "a3 b2 c1"}
	for _, text := range lines {
		line := strings.Fields(text)
		var others []string
		for _, sq := range strings.Fields("a1 b1 c1 a2 b2 c2 a3 b3 c3") {
			if !strings.Contains(text, sq) {
				others = append(others, sq)
			}
		}
		for last := range line {
			l := []string{line[(last+1)%3], line[(last+2)%3], line[last]}
			x := fmt.Sprintf("%s %s %s %s %s", l[0], others[0], l[1], others[1], l[2])
			if got := (tictactoe.Rules{}).Outcomes(play(t, x)); !reflect.DeepEqual(got, game.WonBy(1, 2)) {
				t.Errorf("X by %s: %+v", x, got)
			}
			// X must not have a line of his own among the others: find two orders of squares that do not make one.
			if o, ok := lineForO(l, others, lines); !ok {
				t.Errorf("no game in which O wins by %v", l)
			} else if got := (tictactoe.Rules{}).Outcomes(play(t, o)); !reflect.DeepEqual(got, game.WonBy(2, 2)) {
				t.Errorf("O by %s: %+v", o, got)
			}
		}
	}
}

// lineForO writes a game in which O takes the line and X three of the other squares that are no line.
func lineForO(line, others, lines []string) (string, bool) {
	for i := range others {
		for j := i + 1; j < len(others); j++ {
			for k := j + 1; k < len(others); k++ {
				x := []string{others[i], others[j], others[k]}
				if !contains(lines, x) {
					return fmt.Sprintf("%s %s %s %s %s %s", x[0], line[0], x[1], line[1], x[2], line[2]), true
				}
			}
		}
	}
	return "", false
}

func contains(lines []string, squares []string) bool {
	for _, l := range lines {
		if strings.Contains(l, squares[0]) && strings.Contains(l, squares[1]) && strings.Contains(l, squares[2]) {
			return true
		}
	}
	return false
}

func TestFullBoard(t *testing.T) {
	for moves, want := range map[string][]game.Outcome{
		"a1 b2 c3 b1 b3 a3 c1 c2 a2": game.DrawnBy(2),
		"a1 b1 c1 b2 b3 c2 a2 c3 a3": game.WonBy(1, 2), // the last square makes a line
		"a1 b2 c3 b1 b3 a3 c1 c2":    nil,
	} {
		if got := (tictactoe.Rules{}).Outcomes(play(t, moves)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", moves, got, want)
		}
	}
}

func TestRefusedMoves(t *testing.T) {
	for _, c := range []struct {
		before, move string
		want         game.Reason
	}{
		{"", "", game.MalformedMove},
		{"", "a", game.MalformedMove},
		{"", "a0", game.MalformedMove},
		{"", "a4", game.MalformedMove},
		{"", "d1", game.MalformedMove},
		{"", "A1", game.MalformedMove},
		{"", "1a", game.MalformedMove},
		{"", "a11", game.MalformedMove},
		{"", " a1", game.MalformedMove},
		{"", "a\xff", game.MalformedMove},
		{"a1", "a1", game.IllegalMove},
		{"a1 b2", "b2", game.IllegalMove},
		{"a1 b2", "a1", game.IllegalMove},
	} {
		p := play(t, c.before)
		seat := 1 + len(strings.Fields(c.before))%2
		_, err := tictactoe.Rules{}.Play(p, seat, c.move, game.Moment{}, nil)
		var e *game.Error
		if !errors.As(err, &e) || e.Reason != c.want {
			t.Errorf("%q after %q: %v, want %s", c.move, c.before, err, c.want)
		}
	}
}

func TestOptions(t *testing.T) {
	for options, ok := range map[string]bool{"": true, "{}": true, `{"size":4}`: false, "[]": false, "{} {}": false} {
		if _, err := (tictactoe.Rules{}).Check(game.Options(options), 2); (err == nil) != ok {
			t.Errorf("options %q: %v", options, err)
		}
	}
}

func TestShown(t *testing.T) {
	var r tictactoe.Rules
	p := play(t, "a1 b2 c3")
	want := map[string]any{"rows": []string{"..X", ".O.", "X.."}, "next": "O"}
	if got := r.View(p, 0); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("view %v, want %v", got, want)
	}
	if got, want := r.Draw(p, 0), "3 ..X\n2 .O.\n1 X..\n  abc\n"; got != want {
		t.Errorf("drawn as\n%s, want\n%s", got, want)
	}
	if got, want := fmt.Sprint(r.LegalMoves(p, 2)), "[b1 c1 a2 c2 a3 b3]"; got != want {
		t.Errorf("legal moves %s, want %s", got, want)
	}
	if v := r.View(play(t, "a1 b1 a2 b2 a3"), 0).(map[string]any); v["next"] != nil {
		t.Errorf("somebody is next after the end: %v", v)
	}
}
