package battleship_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/battleship"
	"yourmove/game/gametest"
)

func TestRules(t *testing.T) {
	gametest.Run(t, battleship.Rules{}, gametest.Config{Playouts: 6})
}

// fleets is a position in which both fleets stand and nobody has shot:
//
//	   seat 1                  seat 2
//	   a b c d e f g h i j     a b c d e f g h i j
//	 1 C C C C C . . . . .   1 . . . . . . . . . D
//	 2 B B B B . . . . . .   2 . . . . . . . . . D
//	 3 R R R . . . . . . .   3 . . . . . . . . . .
//	 4 S S S . . . . . . .   4 . . . . . . . . . .
//	 5 D D . . . . . . . .   5 . . . . . . . . . .
//	 6 . . . . . . . . . .   6 C . . . . . . . . .
//	 7 . . . . . . . . . .   7 C . . . . . B B B B
//	 8 . . . . . . . . . .   8 C . . R R R . . . .
//	 9 . . . . . . . . . .   9 C . . . . . . . . .
//	10 . . . . . . . . . .  10 C . . . . . . S S S
const fleets = "a1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/"

// The moves that place them.
var (
	placing1 = []string{"carrier a1 across", "battleship a2 across", "cruiser a3 across", "submarine a4 across", "destroyer a5 across"}
	placing2 = []string{"carrier a6 down", "battleship g7 across", "cruiser d8 across", "submarine h10 across", "destroyer j1 down"}
)

// Their squares, ship by ship.
const (
	squares1 = "a1 b1 c1 d1 e1 a2 b2 c2 d2 a3 b3 c3 a4 b4 c4 a5 b5"
	squares2 = "a6 a7 a8 a9 a10 g7 h7 i7 j7 d8 e8 f8 h10 i10 j10 j1 j2"
)

func chance() *game.Chance { return game.NewChance(game.Seed{7}, 1) }

// at decodes a position.
func at(t testing.TB, text string) game.Position {
	t.Helper()
	p, err := battleship.Rules{}.Decode(1, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func encoded(t testing.TB, p game.Position) string {
	t.Helper()
	_, data, err := battleship.Rules{}.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// play plays a move that must be accepted.
func play(t testing.TB, p game.Position, seat int, move string) game.Played {
	t.Helper()
	played, err := battleship.Rules{}.Play(p, seat, move, game.Moment{}, chance())
	if err != nil {
		t.Fatalf("%s by seat %d: %v", move, seat, err)
	}
	return played
}

// shoot lets the seats shoot in turn, seat 1 first, and returns the position and what was told of each shot.
func shoot(t testing.TB, p game.Position, first, second []string) (game.Position, []string) {
	t.Helper()
	var told []string
	for i := range first {
		for seat, shots := range [][]string{first, second} {
			if i == len(shots) {
				return p, told
			}
			played := play(t, p, seat+1, shots[i])
			if played.SameTurn {
				t.Fatalf("the turn goes on after shot %s", shots[i])
			}
			p, told = played.Position, append(told, played.Chance)
		}
	}
	return p, told
}

// TestEndings: who first sinks the whole fleet wins; a hit gives no second shot, and the other gets no last one.
func TestEndings(t *testing.T) {
	ships1, ships2 := strings.Fields(squares1), strings.Fields(squares2)
	misses1, misses2 := strings.Fields("e5 f5 g5 h5 i5 j5 e6 f6 g6 h6 i6 j6 e7 f7 g7 h7 i7 j7"), strings.Fields("e5 f5 g5 h5 i5 j5 e6 f6 g6 h6 i6 j6 b1 b2 b3 b4 b5 b6")
	for _, c := range []struct {
		name          string
		first, second []string
		winner        int
	}{
		{"nothing yet", ships2[:1], nil, 0},
		{"one square is left of each fleet", ships2[:16], ships1[:16], 0},
		{"seat 1 sinks all, seat 2 misses", ships2, misses1[:16], 1},
		{"seat 1 sinks all first, seat 2 had one left", ships2, ships1[:16], 1},
		{"seat 2 sinks all, seat 1 misses", misses2[:17], ships1, 2},
		{"seat 2 sinks all, seat 1 had one left", append(ships2[:16:16], "e5"), ships1, 2},
		{"the destroyer first, the carrier last", strings.Fields("j2 j1 j10 i10 h10 f8 e8 d8 j7 i7 h7 g7 a10 a9 a8 a7 a6"), misses1[:16], 1},
		{"across the ships", strings.Fields("a6 g7 d8 h10 j1 a7 h7 e8 i10 j2 a8 i7 f8 j10 a9 j7 a10"), misses1[:16], 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := shoot(t, at(t, fleets), c.first, c.second)
			var want []game.Outcome
			if c.winner > 0 {
				want = game.WonBy(c.winner, 2)
			}
			var r battleship.Rules
			if got := r.Outcomes(p); !reflect.DeepEqual(got, want) {
				t.Errorf("outcomes %+v, want %+v", got, want)
			}
			if over := r.Duty(p, 1) == game.Waits && r.Duty(p, 2) == game.Waits; over != (want != nil) {
				t.Errorf("all wait: %v", over)
			}
		})
	}
}

// TestTold: a hit and a sunk ship are told, and by which shot; nothing of the ship's kind before.
func TestTold(t *testing.T) {
	p, told := shoot(t, at(t, fleets), strings.Fields("a6 a5 j1 j2 i10 h10 j10"), strings.Fields("j10 b5 a5 a10 a1 b3"))
	want := []string{"hit", "miss", "miss", "hit", "hit", "hit and sunk: destroyer", "hit and sunk: destroyer", "miss", "hit", "hit", "hit", "hit", "hit and sunk: submarine"}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if got, want := encoded(t, p), "a1>a2>a3>a4>a5>/j0b5a5a0a1b3/a6vg7>d8>h0>j1v/a6a5j1j2i0h0j0"; got != want {
		t.Errorf("encoded as %q, want %q", got, want)
	}
	var r battleship.Rules
	if got, want := r.Summary(p), "seat 1 has 4 ships left, seat 2 has 3 ships left"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	if got, want := r.Estimate(p, 1), 13.0/(13+11); got != want || math.Abs(r.Estimate(p, 2)+want-1) > 1e-12 {
		t.Errorf("seat 1 may hope for %v, want %v", got, want)
	}
}

func TestRefusedMoves(t *testing.T) {
	const (
		empty  = "---------------//---------------/"
		some   = "a1>c2v---------//---------------/" // a carrier on a1 to e1, a battleship on c2 to c5
		ready1 = "a1>a2>a3>a4>a5>//a6vg7>d8>h0>---/"
		shot   = "a1>a2>a3>a4>a5>/j0/a6vg7>d8>h0>j1v/c7"
	)
	for _, c := range []struct {
		before, move string
		seat         int
		want         game.Reason
	}{
		{empty, "", 1, game.MalformedMove},
		{empty, "carrier", 1, game.MalformedMove},
		{empty, "carrier a1", 1, game.MalformedMove},
		{empty, "carrier a1 ", 1, game.MalformedMove},
		{empty, "carrier  a1 across", 1, game.MalformedMove},
		{empty, "carrier a1 across ", 1, game.MalformedMove},
		{empty, "Carrier a1 across", 1, game.MalformedMove},
		{empty, "carrier a1 left", 1, game.MalformedMove},
		{empty, "carrier a0 across", 1, game.MalformedMove},
		{empty, "carrier a11 down", 1, game.MalformedMove},
		{empty, "carrier k1 down", 1, game.MalformedMove},
		{empty, "patrol a1 down", 1, game.MalformedMove},
		{empty, "Random", 1, game.MalformedMove},
		{empty, "carrier f1 across", 1, ""},
		{empty, "carrier g1 across", 1, game.IllegalMove}, // over the right edge
		{empty, "carrier j10 across", 1, game.IllegalMove},
		{empty, "carrier a6 down", 1, ""},
		{empty, "carrier a7 down", 1, game.IllegalMove}, // over the lower edge
		{empty, "destroyer i10 across", 1, ""},
		{empty, "destroyer j10 down", 1, game.IllegalMove},
		{empty, "c7", 1, game.IllegalMove}, // not before both stand
		{some, "cruiser e1 down", 1, game.IllegalMove},
		{some, "cruiser a3 across", 1, game.IllegalMove},
		{some, "cruiser d2 down", 1, ""}, // ships may touch
		{some, "cruiser a3 across", 2, ""},
		{some, "carrier a2 across", 1, game.IllegalMove}, // moved onto the battleship
		{some, "carrier b1 across", 1, ""},               // moved over squares of its own
		{some, "carrier a1 across", 1, ""},
		{ready1, "random", 1, game.IllegalMove},
		{ready1, "carrier a7 across", 1, game.IllegalMove},
		{ready1, "c7", 1, game.IllegalMove},
		{ready1, "c7", 2, game.IllegalMove},
		{fleets, "carrier a7 across", 1, game.IllegalMove},
		{fleets, "random", 1, game.IllegalMove},
		{fleets, "random", 2, game.IllegalMove},
		{fleets, "c7", 2, game.IllegalMove}, // seat 1 begins
		{fleets, "a", 1, game.MalformedMove},
		{fleets, "7", 1, game.MalformedMove},
		{fleets, "7c", 1, game.MalformedMove},
		{fleets, "C7", 1, game.MalformedMove},
		{fleets, "c0", 1, game.MalformedMove},
		{fleets, "c07", 1, game.MalformedMove},
		{fleets, "c11", 1, game.MalformedMove},
		{fleets, "c100", 1, game.MalformedMove},
		{fleets, "k1", 1, game.MalformedMove},
		{fleets, "c7 ", 1, game.MalformedMove},
		{fleets, "a\xff", 1, game.MalformedMove},
		{fleets, "j10", 1, ""},
		{shot, "c7", 1, game.IllegalMove}, // twice
		{shot, "c8", 2, game.IllegalMove},
		{shot, "j10", 1, ""}, // seat 2 shot there, not seat 1
	} {
		_, err := battleship.Rules{}.Play(at(t, c.before), c.seat, c.move, game.Moment{}, chance())
		var e *game.Error
		if errors.As(err, &e); err != nil && e == nil || e == nil && c.want != "" || e != nil && e.Reason != c.want {
			t.Errorf("%q by seat %d in %s: %v, want %q", c.move, c.seat, c.before, err, c.want)
		}
	}
}

// TestPlacing: one ship after the other, in any order, and moved before the last one stands.
func TestPlacing(t *testing.T) {
	var r battleship.Rules
	p, err := r.Setup(nil, nil, chance())
	if err != nil {
		t.Fatal(err)
	}
	for _, move := range []string{"destroyer j9 down", "carrier a1 down", "cruiser b1 down", "carrier f1 across", "submarine a1 down"} {
		played := play(t, p, 1, move)
		if !played.SameTurn || played.Chance != "" || r.Duty(played.Position, 1) != game.MustAct {
			t.Fatalf("after %s: %+v, duty %d", move, played, r.Duty(played.Position, 1))
		}
		p = played.Position
	}
	if got, want := encoded(t, p), "f1>---b1va1vj9v//---------------/"; got != want {
		t.Fatalf("placed %s, want %s", got, want)
	}
	p = play(t, p, 1, "battleship c1 down").Position
	if r.Duty(p, 1) != game.Waits || r.Duty(p, 2) != game.MustAct {
		t.Errorf("with one fleet standing the duties are %d and %d", r.Duty(p, 1), r.Duty(p, 2))
	}
	played := play(t, p, 2, "random")
	if played.SameTurn || r.Duty(played.Position, 1) != game.MustAct || r.Duty(played.Position, 2) != game.Waits {
		t.Errorf("with both fleets standing: %+v", played)
	}
}

// TestRandomPlaces: what is missing is placed, what stands stays, and the seat is told where, in moves that would have
// done the same.
func TestRandomPlaces(t *testing.T) {
	seen := map[string]bool{}
	for v := range uint64(300) {
		before := at(t, "---c2v------j9v//---------------/")
		played, err := battleship.Rules{}.Play(before, 1, "random", game.Moment{}, game.NewChance(game.Seed{}, v))
		if err != nil {
			t.Fatal(err)
		}
		p := before
		for _, move := range strings.Split(played.Chance, ", ") {
			seen[move] = true
			p = play(t, p, 1, move).Position
		}
		if got, want := encoded(t, played.Position), encoded(t, p); got != want || got[3:6] != "c2v" || got[12:15] != "j9v" {
			t.Fatalf("random gives %s, told as %q", got, played.Chance)
		}
		if !played.SameTurn {
			t.Fatal("the turn is over while seat 2 is placing")
		}
	}
	if len(seen) < 250 { // of about 300 places that there are
		t.Errorf("300 drawings saw only %d places", len(seen))
	}
}

// TestRoom: whatever four ships are placed, and wherever, the fifth finds a place. Greedy blockers try to leave it none.
func TestRoom(t *testing.T) {
	var r battleship.Rules
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 3))
		last := []string{"carrier", "battleship", "cruiser", "submarine", "destroyer"}[seed%5]
		p := at(t, "---------------//---------------/")
		for _, ship := range []string{"carrier", "battleship", "cruiser", "submarine", "destroyer"} {
			if ship == last {
				continue
			}
			least, best := 1<<30, p
			for range 20 {
				move := fmt.Sprintf("%s %c%d %s", ship, 'a'+rng.IntN(10), 1+rng.IntN(10), []string{"across", "down"}[rng.IntN(2)])
				if played, err := r.Play(p, 1, move, game.Moment{}, nil); err == nil {
					if n := len(r.LegalMoves(played.Position, 1)); n < least {
						least, best = n, played.Position
					}
				}
			}
			p = best
		}
		if got := play(t, p, 1, "random"); r.Duty(got.Position, 1) != game.Waits {
			t.Fatalf("random leaves ships out: %s", encoded(t, got.Position))
		}
	}
}

func TestLegalMoves(t *testing.T) {
	var r battleship.Rules
	for _, c := range []struct {
		name, before string
		seat, n      int
		has, hasNot  string
	}{
		{"the longest first", "---------------//---------------/", 1, 2*6*10 + 1, "carrier f10 across,carrier j6 down,random", "carrier g1 across,battleship a1 across"},
		{"then what is missing", "a1>---a3>a4>a5>//---------------/", 1, 57 + 54 + 1, "battleship f1 across,battleship a2 across,battleship c5 down,random", "battleship e1 across,battleship c3 down,carrier a2 across"},
		{"who is ready has none", "a1>a2>a3>a4>a5>//---------------/", 1, 0, "", "random"},
		{"who waits has none", fleets, 2, 0, "", "a1"},
		{"every square", fleets, 1, 100, "a1,j10,e5", "random,carrier a6 down"},
		{"but those shot at", "a1>a2>a3>a4>a5>/j0/a6vg7>d8>h0>j1v/c7", 1, 99, "j10", "c7"},
	} {
		moves := r.LegalMoves(at(t, c.before), c.seat)
		all := "," + strings.Join(moves, ",") + ","
		if len(moves) != c.n {
			t.Errorf("%s: %d moves, want %d", c.name, len(moves), c.n)
		}
		for _, mv := range strings.Split(c.has, ",") {
			if mv != "" && !strings.Contains(all, ","+mv+",") {
				t.Errorf("%s: %s is missing", c.name, mv)
			}
		}
		for _, mv := range strings.Split(c.hasNot, ",") {
			if strings.Contains(all, ","+mv+",") {
				t.Errorf("%s: %s is listed", c.name, mv)
			}
		}
	}
	for before, want := range map[string]string{
		"---------------//---------------/":         "random",
		"a1>a2>a3>a4>a5>//---------------/":         "",
		fleets:                                      "a1",
		"a1>a2>a3>a4>a5>/j0c4/a6vg7>d8>h0>j1v/a1b1": "c1",
	} {
		if got, ok := r.DefaultMove(at(t, before), 1); got != want || ok != (want != "") {
			t.Errorf("the default move in %s is %q (%v), want %q", before, got, ok, want)
		}
	}
}
