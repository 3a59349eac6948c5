package battleship_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/battleship"
)

// shown is a view as a client reads it.
type shown struct {
	Phase  string
	Next   int
	Boards map[string]struct {
		Ready bool
		Rows  []string
		Shots []string
		Sunk  map[string]string
		Ships []string
	}
}

func viewOf(t testing.TB, p game.Position, viewer int) []byte {
	t.Helper()
	data, err := json.Marshal(battleship.Rules{}.View(p, viewer))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func look(t testing.TB, p game.Position, viewer int) (v shown) {
	t.Helper()
	if err := json.Unmarshal(viewOf(t, p, viewer), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// placed1 and midway are positions of which seat 1 has placed two ships, and in which a destroyer and a carrier are sunk.
const (
	placed1 = "a1>---------j9v//a1>a2>a3>a4>a5>/"
	midway  = "a1>a2>a3>a4>a5>/a5j0b5c1/a6vg7>d8>h0>j1v/a7a6a9a8a0"
)

func TestView(t *testing.T) {
	const water = `"..........","..........","..........","..........","..........","..........","..........","..........","..........",".........."`
	const nothing = `"rows":[` + water + `],"shots":[]`
	const received1 = `"rows":["..x.......","..........","..........","..........","xx........","..........","..........","..........","..........",".........o"],` +
		`"shots":["a5","j10","b5","c1"],"sunk":{"destroyer":"b5"}`
	const received2 = `"..........","..........","..........","..........","..........","x.........","x.........","x.........","x.........","x........."],` +
		`"shots":["a7","a6","a9","a8","a10"],"sunk":{"carrier":"a10"}`
	for _, c := range []struct {
		name, position string
		viewer         int
		want           string
	}{
		{"a spectator while they place", placed1, 0, `{"phase":"placing","boards":{"1":{"ready":false,` + nothing + `},"2":{"ready":true,` + nothing + `}}}`},
		{"seat 2 while seat 1 places", placed1, 2, `{"phase":"placing","boards":{"1":{"ready":false,` + nothing + `},"2":{"ready":true,` +
			`"rows":["#####.....","####......","###.......","###.......","##........","..........","..........","..........","..........",".........."],"shots":[],` +
			`"ships":["carrier a1 across","battleship a2 across","cruiser a3 across","submarine a4 across","destroyer a5 across"]}}}`},
		{"seat 1 while it places", placed1, 1, `{"phase":"placing","boards":{"1":{"ready":false,` +
			`"rows":["#####.....","..........","..........","..........","..........","..........","..........","..........",".........#",".........#"],"shots":[],` +
			`"ships":["carrier a1 across","destroyer j9 down"]},"2":{"ready":true,` + nothing + `}}}`},
		{"a spectator midway", midway, 0, `{"phase":"shooting","next":2,"boards":{"1":{"ready":true,` + received1 + `},"2":{"ready":true,"rows":[` + received2 + `}}}`},
		{"seat 1 midway", midway, 1, `{"phase":"shooting","next":2,"boards":{"1":{"ready":true,` +
			`"rows":["##x##.....","####......","###.......","###.......","xx........","..........","..........","..........","..........",".........o"],` +
			`"shots":["a5","j10","b5","c1"],"sunk":{"destroyer":"b5"},` +
			`"ships":["carrier a1 across","battleship a2 across","cruiser a3 across","submarine a4 across","destroyer a5 across"]},` +
			`"2":{"ready":true,"rows":[` + received2 + `}}}`},
	} {
		if got := string(viewOf(t, at(t, c.position), c.viewer)); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	for _, c := range []struct {
		name, position string
		viewer         int
		want           string
	}{
		{"seat 1 places", placed1, 1, `
   you                      seat 2
   a b c d e f g h i j      a b c d e f g h i j
 1 # # # # # . . . . .    1 . . . . . . . . . .
 2 . . . . . . . . . .    2 . . . . . . . . . .
 3 . . . . . . . . . .    3 . . . . . . . . . .
 4 . . . . . . . . . .    4 . . . . . . . . . .
 5 . . . . . . . . . .    5 . . . . . . . . . .
 6 . . . . . . . . . .    6 . . . . . . . . . .
 7 . . . . . . . . . .    7 . . . . . . . . . .
 8 . . . . . . . . . .    8 . . . . . . . . . .
 9 . . . . . . . . . #    9 . . . . . . . . . .
10 . . . . . . . . . #   10 . . . . . . . . . .
you: to place: battleship (4), cruiser (3), submarine (3)
seat 2: all ships afloat
`},
		{"seat 2 shoots", midway, 2, `
   you                      seat 1
   a b c d e f g h i j      a b c d e f g h i j
 1 . . . . . . . . . #    1 . . x . . . . . . .
 2 . . . . . . . . . #    2 . . . . . . . . . .
 3 . . . . . . . . . .    3 . . . . . . . . . .
 4 . . . . . . . . . .    4 . . . . . . . . . .
 5 . . . . . . . . . .    5 x x . . . . . . . .
 6 x . . . . . . . . .    6 . . . . . . . . . .
 7 x . . . . . # # # #    7 . . . . . . . . . .
 8 x . . # # # . . . .    8 . . . . . . . . . .
 9 x . . . . . . . . .    9 . . . . . . . . . .
10 x . . . . . . # # #   10 . . . . . . . . . o
you: 4 of 5 ships afloat, sunk: carrier
seat 1: 4 of 5 ships afloat, sunk: destroyer
`},
		{"a spectator", placed1, 0, `
   seat 1                   seat 2
   a b c d e f g h i j      a b c d e f g h i j
` + strings.Join([]string{" 1", " 2", " 3", " 4", " 5", " 6", " 7", " 8", " 9", "10"}, "#") + `
seat 1: placing ships
seat 2: all ships afloat
`},
	} {
		const row = " . . . . . . . . . ."
		if c.viewer == 0 {
			for _, n := range []string{" 1", " 2", " 3", " 4", " 5", " 6", " 7", " 8", " 9", "10"} {
				c.want = strings.Replace(c.want, n+"#", n+row+"   "+n+row+"\n", 1)
			}
			c.want = strings.Replace(c.want, "10\nseat", "10"+row+"   10"+row+"\nseat", 1)
		}
		if got := (battleship.Rules{}).Draw(at(t, c.position), c.viewer); got != c.want[1:] {
			t.Errorf("%s: drawn as\n%swant%s", c.name, got, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	for position, want := range map[string]string{
		placed1: "seat 1 is placing ships, seat 2 is ready",
		midway:  "seat 1 has 4 ships left, seat 2 has 4 ships left",
	} {
		if got := (battleship.Rules{}).Summary(at(t, position)); got != want {
			t.Errorf("%s: %q, want %q", position, got, want)
		}
	}
}

// TestClose: when somebody gave up, everybody is shown both fleets, as far as they were placed, and nobody is next.
func TestClose(t *testing.T) {
	var r battleship.Rules
	for _, c := range []struct {
		name, position, summary string
		ships1, ships2          int // how many are shown
		squares                 int // how many squares of ships that were not hit are drawn
		ready1                  bool
		state1, state2          string
	}{
		{
			name: "while they place", position: placed1, summary: "seat 1 has not placed its ships, seat 2 has 5 ships left",
			ships1: 2, ships2: 5, squares: 7 + 17,
			state1: "not placed: battleship (4), cruiser (3), submarine (3)", state2: "all ships afloat",
		},
		{
			name: "midway", position: midway, summary: "seat 1 has 4 ships left, seat 2 has 4 ships left",
			ships1: 5, ships2: 5, squares: 14 + 12, ready1: true,
			state1: "4 of 5 ships afloat, sunk: destroyer", state2: "4 of 5 ships afloat, sunk: carrier",
		},
	} {
		open := at(t, c.position)
		closed := r.Close(open)
		if got := encoded(t, open); got != c.position || look(t, open, 0).Phase == "over" {
			t.Errorf("%s: Close changed the position to %s", c.name, got)
		}
		if got := r.Summary(closed); got != c.summary {
			t.Errorf("%s: %q, want %q", c.name, got, c.summary)
		}
		for viewer := range 3 {
			v := look(t, closed, viewer)
			one, two := v.Boards["1"], v.Boards["2"]
			if v.Phase != "over" || v.Next != 0 || one.Ready != c.ready1 || len(one.Ships) != c.ships1 || len(two.Ships) != c.ships2 {
				t.Errorf("%s: viewer %d is shown %+v", c.name, viewer, v)
			}
			text := r.Draw(closed, viewer)
			if strings.Count(text, "#") != c.squares || !strings.Contains(text, ": "+c.state1+"\n") || !strings.Contains(text, ": "+c.state2+"\n") {
				t.Errorf("%s: viewer %d is drawn\n%s", c.name, viewer, text)
			}
			view := viewOf(t, closed, viewer)
			if p, err := r.Imagine(view, viewer, chance()); err != nil || string(viewOf(t, p, viewer)) != string(view) {
				t.Errorf("%s: viewer %d imagines %+v (%v) from %s", c.name, viewer, p, err, view)
			}
		}
	}
}

func TestSecrets(t *testing.T) {
	for _, c := range []struct {
		name, position string
		seat           int
		want           []string
	}{
		{"what is placed", placed1, 1, []string{"destroyer j9 down"}}, // both have their carrier on a1
		{"what floats", midway, 1, []string{"carrier a1 across", "battleship a2 across", "cruiser a3 across", "submarine a4 across"}},
		{"and the other's", midway, 2, []string{"battleship g7 across", "cruiser d8 across", "submarine h10 across", "destroyer j1 down"}},
	} {
		if got := (battleship.Rules{}).Secrets(at(t, c.position), c.seat); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRedact: what is no shot is hidden, with what came of it, whoever looks.
func TestRedact(t *testing.T) {
	for move, hidden := range map[string]bool{
		"c7": false, "j10": false, "carrier a1 across": true, "random": true, "": true, "c7 ": true, "anything": true,
	} {
		m := game.PlayedMove{Text: move, Chance: "hit"}
		want := m
		if hidden {
			want = game.PlayedMove{Hidden: true}
		}
		for viewer := range 3 {
			if got := (battleship.Rules{}).Redact(m, 1, viewer); !reflect.DeepEqual(got, want) {
				t.Errorf("%q is shown to %d as %+v", move, viewer, got)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                     "",
		"three parts":                 "---------------//---------------",
		"five parts":                  fleets + "/",
		"four ships":                  "a1>a2>a3>a4>//a6vg7>d8>h0>j1v/",
		"ships on each other":         "a1>a1>a3>a4>a5>//a6vg7>d8>h0>j1v/",
		"a ship over the edge":        "g1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/",
		"a ship off the board":        "k1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/",
		"a ship without a way":        "a1.a2>a3>a4>a5>//a6vg7>d8>h0>j1v/",
		"half a shot":                 "a1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/c",
		"a shot off the board":        "a1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/k1",
		"a square twice":              "a1>a2>a3>a4>a5>/e5e6/a6vg7>d8>h0>j1v/c1c1",
		"seat 2 shot first":           "a1>a2>a3>a4>a5>/c1/a6vg7>d8>h0>j1v/",
		"seat 1 shot twice":           "a1>a2>a3>a4>a5>//a6vg7>d8>h0>j1v/c1c2",
		"a shot before all are ready": "a1>a2>a3>a4>---//a6vg7>d8>h0>j1v/c1",
		"a shot at no ship": "a1>a2>a3>a4>a5>/e5f5g5h5i5j5e6f6g6h6i6j6e7f7g7h7i7j7/" +
			"a6vg7>d8>h0>j1v/a6a7a8a9a0g7h7i7j7d8e8f8h0i0j0j1j2b1",
		"a last shot of the loser": "a1>a2>a3>a4>a5>/e5f5g5h5i5j5e6f6g6h6i6j6e7f7g7h7i7/" +
			"a6vg7>d8>h0>j1v/a6a7a8a9a0g7h7i7j7d8e8f8h0i0j0j1j2",
		"a shot after the end": "a1>a2>a3>a4>a5>/a1b1c1d1e1a2b2c2d2a3b3c3a4b4c4a5b5/" +
			"a6vg7>d8>h0>j1v/b1b2b3b4b5b6b7b8b9b0c1c2c3c4c5c6c7c8",
	} {
		if p, err := (battleship.Rules{}).Decode(1, []byte(text)); err == nil {
			t.Errorf("%s: %q decodes to %v", name, text, p)
		}
	}
}
