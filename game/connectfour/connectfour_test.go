package connectfour_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/connectfour"
	"yourmove/game/gametest"
)

func TestRules(t *testing.T) {
	gametest.Run(t, connectfour.Rules{}, gametest.Config{Playouts: 40})
}

// play drops discs into columns by turns, X first, and fails on one that is refused or comes after the end.
func play(t testing.TB, columns string) game.Position {
	t.Helper()
	var r connectfour.Rules
	p, err := r.Setup(nil, []int{1, 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range columns {
		if r.Outcomes(p) != nil {
			t.Fatalf("%s: over before disc %d", columns, i+1)
		}
		played, err := r.Play(p, 1+i%2, string(c), game.Moment{}, nil)
		if err != nil {
			t.Fatalf("%s: disc %d: %v", columns, i+1, err)
		}
		if played.SameTurn || played.Chance != "" {
			t.Fatalf("%s: disc %d: %+v", columns, i+1, played)
		}
		p = played.Position
	}
	return p
}

// shown is a view as a client reads it.
type shown struct {
	Rows    []string
	Next    string
	Winning []string
}

func look(t testing.TB, p game.Position) (v shown) {
	t.Helper()
	data, err := json.Marshal(connectfour.Rules{}.View(p, 0))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEndings has a game that ends in each way: the seat that wins, 0 for a draw, and the squares of its line.
func TestEndings(t *testing.T) {
	const full = "egfacacgbddcabefgcagaeeaeggcbdddedffffcbbb"
	for _, c := range []struct {
		name, moves string
		winner      int
		squares     string
	}{
		{"level, lower left", "afcgbfd", 1, "a1 b1 c1 d1"},
		{"level, lower left, by O", "ecgagbad", 2, "a1 b1 c1 d1"},
		{"level, lower right", "gafbdfe", 1, "d1 e1 f1 g1"},
		{"level, lower right, by O", "cddgaedf", 2, "d1 e1 f1 g1"},
		{"level, upper left", "ccadeccgddcacabbbbebaabdaefdd", 1, "a6 b6 c6 d6"},
		{"level, upper left, by O", "faacbabccbdcaabdcabdffgcdbfedd", 2, "a6 b6 c6 d6"},
		{"level, upper right", "egfaddggfegdeddfdefefbfggce", 1, "d6 e6 f6 g6"},
		{"level, upper right, by O", "dgegcegbdeeggfbefgddaffeddff", 2, "d6 e6 f6 g6"},
		{"upright, left edge, from the floor", "afacada", 1, "a1 a2 a3 a4"},
		{"upright, left edge, from the floor, by O", "gagafafa", 2, "a1 a2 a3 a4"},
		{"upright, left edge, to the top", "aaacababa", 1, "a3 a4 a5 a6"},
		{"upright, left edge, to the top, by O", "acaaeacaca", 2, "a3 a4 a5 a6"},
		{"upright, right edge, from the floor", "gegdgfg", 1, "g1 g2 g3 g4"},
		{"upright, right edge, from the floor, by O", "bgdgbgdg", 2, "g1 g2 g3 g4"},
		{"upright, right edge, to the top", "gggcgegdg", 1, "g3 g4 g5 g6"},
		{"upright, right edge, to the top, by O", "dgggcgbgdg", 2, "g3 g4 g5 g6"},
		{"rising from the lower left", "dbacbecdcdd", 1, "a1 b2 c3 d4"},
		{"rising from the lower left, by O", "dabbdcddcc", 2, "a1 b2 c3 d4"},
		{"rising from the left edge to the top", "adcaaddgcbeccbdbbddec", 1, "a3 b4 c5 d6"},
		{"rising from the left edge to the top, by O", "bdddbaccbgabcaccddbd", 2, "a3 b4 c5 d6"},
		{"rising from the floor to the right edge", "gggfdffegde", 1, "d1 e2 f3 g4"},
		{"rising from the floor to the right edge, by O", "gdefgeggff", 2, "d1 e2 f3 g4"},
		{"rising to the upper right", "dcdgfegeggdfefegfbfeg", 1, "d3 e4 f5 g6"},
		{"rising to the upper right, by O", "ggfdeggdgebgedfecfff", 2, "d3 e4 f5 g6"},
		{"falling from the upper left", "eaaabcdgdaagabbcdbbcc", 1, "a6 b5 c4 d3"},
		{"falling from the upper left, by O", "bbgdbaaabdeccbcdacgaca", 2, "a6 b5 c4 d3"},
		{"falling from the left edge to the floor", "bcdafacaabb", 1, "a4 b3 c2 d1"},
		{"falling from the left edge to the floor, by O", "aaccaabdbb", 2, "a4 b3 c2 d1"},
		{"falling from the top to the right edge", "geffdgeagddffedgeddge", 1, "d6 e5 f4 g3"},
		{"falling from the top to the right edge, by O", "fgeeeegfaafgdeddefddfd", 2, "d6 e5 f4 g3"},
		{"falling to the lower right", "eefdedgdfbd", 1, "d4 e3 f2 g1"},
		{"falling to the lower right, by O", "egdedeffdd", 2, "d4 e3 f2 g1"},
		{"seven in a row", "aafacfgfecbcd", 1, "a1 b1 c1 d1 e1 f1 g1"},
		{"two lines at once", "gefbfdfbgdgedbdge", 1, "d3 d4 e3 f2 f3 g1 g3"},
		{"a full board", full, 0, ""},
		{"the last disc of a full board", "cfbcadgcfadfebafcgffdcbdabecgbaegebgddgaee", 2, "c6 d6 e6 f6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, c.moves) // fails if it is over earlier
			want := game.DrawnBy(2)
			if c.winner > 0 {
				want = game.WonBy(c.winner, 2)
			}
			if got := (connectfour.Rules{}).Outcomes(p); !reflect.DeepEqual(got, want) {
				t.Errorf("outcomes %+v, want %+v", got, want)
			}
			v := look(t, p)
			if v.Next != "" {
				t.Errorf("%s is next after the end", v.Next)
			}
			if got := strings.Join(v.Winning, " "); got != c.squares {
				t.Errorf("won by %s, want %s", got, c.squares)
			}
		})
	}
	if got := (connectfour.Rules{}).Outcomes(play(t, full[:41])); got != nil {
		t.Errorf("one disc before a draw: %+v", got)
	}
}

// referee is the game as one would write it without a thought for speed.
type referee struct {
	squares [7][]byte
	discs   int
}

func (f *referee) drop(column int) {
	f.squares[column] = append(f.squares[column], "XO"[f.discs%2])
	f.discs++
}

func (f *referee) at(column, row int) byte {
	if column < 0 || column > 6 || row < 0 || row >= len(f.squares[column]) {
		return '.'
	}
	return f.squares[column][row]
}

// line finds where four in a row begin, and in which direction they go.
func (f *referee) line() (who byte, from string) {
	for c := range 7 {
		for r := range f.squares[c] {
			for _, d := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {1, -1}} {
				who, n := f.at(c, r), 1
				for n < 4 && f.at(c+n*d[0], r+n*d[1]) == who {
					n++
				}
				if n == 4 {
					return who, fmt.Sprint(c, r, d)
				}
			}
		}
	}
	return '.', ""
}

// TestAgainstReferee plays at random and asks a plain referee about each position. It sees every one of the 69 lines
// win for both.
func TestAgainstReferee(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(20_000) {
		rng := rand.New(rand.NewPCG(seed, 4))
		moves := make([]byte, 120)
		for i := range moves {
			moves[i] = byte(rng.IntN(7))
		}
		seen[compare(t, moves)] = true
	}
	delete(seen, "")
	if len(seen) != 2*69 {
		t.Errorf("only %d of 138 lines were seen to win: more games are needed", len(seen))
	}
}

func FuzzAgainstReferee(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 0, 1, 0})
	f.Add([]byte{3, 3, 3, 3, 3, 3, 3})
	f.Fuzz(func(t *testing.T, columns []byte) { compare(t, columns) })
}

// compare plays into columns, by the rules and by the referee, until the end, and returns who won by which line.
func compare(t *testing.T, columns []byte) string {
	t.Helper()
	var r connectfour.Rules
	var f referee
	p := play(t, "")
	for _, b := range columns {
		c := int(b) % 7
		seat := 1 + f.discs%2
		played, err := r.Play(p, seat, string("abcdefg"[c]), game.Moment{}, nil)
		if full := len(f.squares[c]) == 6; full != (err != nil) {
			t.Fatalf("%v: column %d, full %v: %v", f, c, full, err)
		} else if full {
			continue
		}
		f.drop(c)
		p = played.Position
		who, line := f.line()
		var want []game.Outcome
		switch {
		case who != '.':
			want = game.WonBy(seat, 2)
		case f.discs == 42:
			want = game.DrawnBy(2)
		}
		if got := r.Outcomes(p); len(got) != len(want) || want != nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: outcomes %+v, want %+v", r.Draw(p, 0), got, want)
		}
		checkRights(t, p, &f)
		if want != nil {
			checkRows(t, p, &f)
			return strings.Trim(line+string(who), ".")
		}
	}
	checkRows(t, p, &f)
	return ""
}

// checkRights asks whether legal moves and duties are those of the referee's board.
func checkRights(t *testing.T, p game.Position, f *referee) {
	t.Helper()
	var r connectfour.Rules
	var want []string
	for c := range 7 {
		if len(f.squares[c]) < 6 {
			want = append(want, "abcdefg"[c:c+1])
		}
	}
	if got := r.LegalMoves(p, 1); !slices.Equal(got, want) {
		t.Fatalf("%s: legal %v, want %v", r.Draw(p, 0), got, want)
	}
	next := 1 + f.discs%2
	if r.Duty(p, next) != game.MustAct || r.Duty(p, 3-next) != game.Waits {
		t.Fatalf("%s: seat %d is next, and the duties are %d and %d", r.Draw(p, 0), next, r.Duty(p, 1), r.Duty(p, 2))
	}
}

// checkRows asks whether the view shows the referee's discs.
func checkRows(t *testing.T, p game.Position, f *referee) {
	t.Helper()
	rows := look(t, p).Rows
	for row := range 6 {
		for c := range 7 {
			if got := rows[5-row][c]; got != f.at(c, row) {
				t.Fatalf("%q: %c in column %d, row %d, want %c", rows, got, c, row, f.at(c, row))
			}
		}
	}
}

func TestRefusedMoves(t *testing.T) {
	for _, c := range []struct {
		before, move string
		seat         int
		want         game.Reason
	}{
		{"", "", 1, game.MalformedMove},
		{"", "A", 1, game.MalformedMove},
		{"", "h", 1, game.MalformedMove},
		{"", "`", 1, game.MalformedMove},
		{"", "1", 1, game.MalformedMove},
		{"", "a1", 1, game.MalformedMove},
		{"", " a", 1, game.MalformedMove},
		{"", "\xff", 1, game.MalformedMove},
		{"", "a", 2, game.IllegalMove}, // X begins
		{"a", "a", 1, game.IllegalMove},
		{"aaaaaa", "a", 1, game.IllegalMove}, // full
		{"gggggga", "g", 2, game.IllegalMove},
	} {
		_, err := connectfour.Rules{}.Play(play(t, c.before), c.seat, c.move, game.Moment{}, nil)
		var e *game.Error
		if !errors.As(err, &e) || e.Reason != c.want {
			t.Errorf("%q of seat %d after %q: %v, want %s", c.move, c.seat, c.before, err, c.want)
		}
	}
	if got := (connectfour.Rules{}).LegalMoves(play(t, "aaaaaa"), 1); strings.Join(got, "") != "bcdefg" {
		t.Errorf("with column a full, %v are legal", got)
	}
}
