package game_test

import (
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// titled is tic-tac-toe under another name and version.
type titled struct {
	tictactoe.Rules
	info game.Info
}

func (r titled) Info() game.Info { return r.info }

func TestRegistryRefuses(t *testing.T) {
	long := strings.Repeat("a", 40)
	for _, c := range []struct {
		name  string
		infos []game.Info
		ok    bool
	}{
		{"a game", []game.Info{{Name: "go", Version: 1, MinSeats: 2, MaxSeats: 2}}, true},
		{"all that a name may hold", []game.Info{{Name: "a-b_9", Version: 1, MinSeats: 1, MaxSeats: 16}}, true},
		{"the longest name", []game.Info{{Name: long, Version: 1, MinSeats: 2, MaxSeats: 2}}, true},
		{"two versions", []game.Info{{Name: "go", Version: 1, MinSeats: 2, MaxSeats: 2}, {Name: "go", Version: 3, MinSeats: 2, MaxSeats: 4}}, true},
		{"no name", []game.Info{{Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"relay", []game.Info{{Name: "relay", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"upper case", []game.Info{{Name: "Go", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"a space", []game.Info{{Name: "go now", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"a digit first", []game.Info{{Name: "4go", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"too long a name", []game.Info{{Name: long + "a", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
		{"version 0", []game.Info{{Name: "go", MinSeats: 2, MaxSeats: 2}}, false},
		{"no seats", []game.Info{{Name: "go", Version: 1}}, false},
		{"fewer at most than at least", []game.Info{{Name: "go", Version: 1, MinSeats: 3, MaxSeats: 2}}, false},
		{"too many seats", []game.Info{{Name: "go", Version: 1, MinSeats: 2, MaxSeats: 17}}, false},
		{"twice", []game.Info{{Name: "go", Version: 1, MinSeats: 2, MaxSeats: 2}, {Name: "go", Version: 1, MinSeats: 2, MaxSeats: 2}}, false},
	} {
		var list []game.Rules
		for _, info := range c.infos {
			list = append(list, titled{info: info})
		}
		if _, err := game.NewRegistry(list...); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestVersions: new matches get the newest rules, old ones those that they are pinned to, whatever the order.
func TestVersions(t *testing.T) {
	v := func(n int) game.Rules {
		return titled{info: game.Info{Name: "tictactoe", Version: n, MinSeats: 2, MaxSeats: 2}}
	}
	for _, order := range [][]game.Rules{{v(1), v(3), pig.Rules{}}, {pig.Rules{}, v(3), v(1)}} {
		g, err := game.NewRegistry(order...)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := g.Newest("tictactoe"); !ok || r.Info().Version != 3 {
			t.Errorf("the newest is %v", r)
		}
		for _, n := range []int{1, 3} {
			if r, ok := g.Find("tictactoe", n); !ok || r.Info().Version != n || !g.Has("tictactoe", n) {
				t.Errorf("version %d is %v", n, r)
			}
		}
		if _, ok := g.Find("tictactoe", 2); ok || g.Has("tictactoe", 2) {
			t.Error("there is a version 2")
		}
		if _, ok := g.Newest("go"); ok {
			t.Error("there is go")
		}
		if !g.Has(game.Relay, 0) {
			t.Error("relay mode cannot be played")
		}
		if got := len(g.Infos()); got != 2 {
			t.Errorf("%d games", got)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name     string
		rules    game.Rules
		min, max int
		seat     int
		wantMin  int
		wantMax  int
		want     game.Reason
	}{
		{"none: the game's least", pig.Rules{}, 0, 0, 0, 2, 2, ""},
		{"none in relay mode", nil, 0, 0, 0, 2, 2, ""},
		{"at most", pig.Rules{}, 0, 5, 0, 2, 5, ""},
		{"at least", pig.Rules{}, 3, 0, 0, 3, 3, ""},
		{"both", pig.Rules{}, 3, 8, 8, 3, 8, ""},
		{"as many as there can be", nil, 2, 16, 16, 2, 16, ""},
		{"more than the game has", pig.Rules{}, 2, 9, 0, 0, 0, game.InvalidField},
		{"more than there can be", nil, 2, 17, 0, 0, 0, game.InvalidField},
		{"fewer than the game wants", pig.Rules{}, 1, 2, 0, 0, 0, game.InvalidField},
		{"one in relay mode", nil, 1, 1, 0, 0, 0, game.InvalidField},
		{"at least more than at most", pig.Rules{}, 4, 3, 0, 0, 0, game.InvalidField},
		{"negative", pig.Rules{}, -1, 0, 0, 0, 0, game.InvalidField},
		{"a seat that is not there", pig.Rules{}, 2, 3, 4, 0, 0, game.InvalidField},
		{"a negative seat", pig.Rules{}, 2, 3, -1, 0, 0, game.InvalidField},
	} {
		s := game.Settings{Game: game.Relay, MinSeats: c.min, MaxSeats: c.max}
		if c.rules != nil {
			s.Game = c.rules.Info().Name
		}
		got, err := game.Create(c.rules, game.NewMatch{Settings: s, Seat: c.seat, Creator: named("ann")}, epoch)
		if reasonOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if m := got.Match; m.MinSeats != c.wantMin || m.MaxSeats != c.wantMax || len(m.Places) != c.wantMax {
			t.Errorf("%s: from %d to %d seats, %d places", c.name, m.MinSeats, m.MaxSeats, len(m.Places))
		}
	}
}

// TestDrawnSeat: the creator's seat is drawn evenly enough that each occurs.
func TestDrawnSeat(t *testing.T) {
	seats := map[int]int{}
	for i := range 256 {
		n := game.NewMatch{Settings: game.Settings{Game: "pig", MaxSeats: 8}, Seed: game.Seed{byte(i)}, Creator: named("ann")}
		seats[must(t)(game.Create(pig.Rules{}, n, epoch)).PlaysIn(named("ann"))]++
	}
	for seat := 1; seat <= 8; seat++ {
		if seats[seat] < 15 || seats[seat] > 52 {
			t.Errorf("seat %d was drawn %d times of 256", seat, seats[seat])
		}
	}
}

func TestParseIDs(t *testing.T) {
	const text = "0123abcd-4567-89ef-0123-456789abcdef"
	for s, want := range map[string]string{
		text: text, strings.ToUpper(text): text, "00000000-0000-0000-0000-000000000000": "00000000-0000-0000-0000-000000000000",
		"": "", strings.ReplaceAll(text, "-", ""): "", "{" + text + "}": "", text + "0": "", text[1:]: "", " " + text[1:]: "",
		"0123abcd-4567-89ef-0123-456789abcdeg": "", "0123abcd4-567-89ef-0123-456789abcdef": "", "urn:uuid:" + text: "",
		"é123abc-4567-89ef-0123-456789abcdef": "",
	} {
		m, err := game.ParseMatchID(s)
		if (err == nil) != (want != "") || err == nil && m.String() != want || err != nil && m != (game.MatchID{}) {
			t.Errorf("match id %q: %v, %v", s, m, err)
		}
		p, err := game.ParsePlayerID(s)
		if (err == nil) != (want != "") || err == nil && p.String() != want || err != nil && !p.IsZero() {
			t.Errorf("player id %q: %v, %v", s, p, err)
		}
	}
}
