package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"yourmove/game"
)

// holdings writes what everybody has: "1: ash-1 | elm-2" is a card in hand and one that lies open.
func holdings(p table) string {
	var list []string
	for _, pl := range p.Players {
		text := fmt.Sprintf("%d: %s | %s", pl.Seat, strings.Join(pl.Hand, " "), strings.Join(pl.Open, " "))
		list = append(list, strings.TrimSpace(text))
	}
	return strings.Join(list, ", ")
}

func TestTrades(t *testing.T) {
	const (
		asDealt = "1: ash-1 elm-1 |, 2: ash-2 elm-2 |, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |"
		swapped = "1: ash-1 | elm-2, 2: ash-2 | elm-1, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |"
	)
	for _, c := range []struct {
		name, moves string // seat 1 leads
		want        string
		chance      string // of the last move
		open        int    // offers that are open in the end
	}{
		{"offered", "3 offer 4 ash-3", asDealt, "", 1},
		{"accepted", "1 offer 2 elm-1, 2 accept 1 elm-2", swapped, "elm-1", 0},
		{"accepted by the one on turn", "2 offer 1 elm-2, 1 accept 2 elm-1", swapped, "elm-2", 0},
		{"declined", "1 offer 2 elm-1, 2 decline 1", asDealt, "", 0},
		{"withdrawn", "1 offer 2 elm-1, 1 withdraw", asDealt, "", 0},
		{"two offers cross, one is accepted", "1 offer 2 elm-1, 2 offer 1 ash-2, 2 accept 1 elm-2", swapped, "elm-1", 1},
		{"two offers cross, one is accepted with the card of the other", "1 offer 2 elm-1, 2 offer 1 elm-2, 2 accept 1 elm-2", swapped, "elm-1", 0},
		{"the card is played meanwhile", "1 offer 2 elm-1, 1 play elm-1", "1: ash-1 |, 2: ash-2 elm-2 |, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |", "", 0},
		{"the card is swapped meanwhile", "1 offer 2 elm-1, 3 offer 1 elm-3, 1 accept 3 elm-1",
			"1: ash-1 | elm-3, 2: ash-2 elm-2 |, 3: ash-3 | elm-1, 4: ash-4 elm-4 |", "elm-3", 0},
		{"another card is played meanwhile", "1 offer 2 elm-1, 1 play ash-1, 2 accept 1 elm-2",
			"1:  | elm-2, 2: ash-2 | elm-1, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |", "elm-1", 0},
		{"what was swapped is played", "1 offer 2 elm-1, 2 accept 1 ash-2, 1 play ash-2, 2 play elm-1",
			"1: ash-1 |, 2: elm-2 |, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |", "", 0},
		{"who offered leaves", "1 offer 2 elm-1, 1 leaves", "2: ash-2 elm-2 |, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |", "", 0},
		{"who was offered leaves", "1 offer 2 elm-1, 2 leaves", "1: ash-1 elm-1 |, 3: ash-3 elm-3 |, 4: ash-4 elm-4 |", "", 0},
	} {
		p := bidden(t, "1000", "ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
		p, played := last(t, p, strings.Split(c.moves, ", ")...)
		if got := holdings(p); got != c.want || played.Chance != c.chance {
			t.Errorf("%s: %s, chance %q\nwant %s, %q", c.name, got, played.Chance, c.want, c.chance)
		}
		open := slices.DeleteFunc(slices.Clone(p.Players), func(pl player) bool { return pl.Offer == offer{} })
		if len(open) != c.open {
			t.Errorf("%s: open are %+v", c.name, open)
		}
	}
}

func TestRefusedTrades(t *testing.T) {
	for _, c := range []struct {
		name, before string // seat 1 leads
		seat         int
		move, why    string
	}{
		{"to oneself", "", 2, "offer 2 ash-2", "no such"},
		{"of another's card", "", 2, "offer 1 ash-3", "no such"},
		{"to a seat that has left", "4 leaves", 2, "offer 4 ash-2", "no such"},
		{"twice", "2 offer 1 ash-2", 2, "offer 3 elm-2", "once in a match"},
		{"again after it was withdrawn", "2 offer 1 ash-2, 2 withdraw", 2, "offer 1 ash-2", "once in a match"},
		{"again after it was declined", "2 offer 1 ash-2, 1 decline 2", 2, "offer 1 ash-2", "once in a match"},
		{"of a card that lies open", "2 offer 1 ash-2, 1 accept 2 ash-1", 1, "offer 3 ash-2", "no such"},
		{"to one with nothing but open cards", "2 offer 1 ash-2, 1 accept 2 ash-1, 1 play elm-1", 3, "offer 1 ash-3", "no such"},
		{"accept what is not offered", "", 2, "accept 1 ash-2", "no such offer"},
		{"accept what is offered to another", "1 offer 3 ash-1", 2, "accept 1 ash-2", "no such offer"},
		{"accept what was withdrawn", "1 offer 2 ash-1, 1 withdraw", 2, "accept 1 ash-2", "no such offer"},
		{"accept what was declined", "1 offer 2 ash-1, 2 decline 1", 2, "accept 1 ash-2", "no such offer"},
		{"accept what was accepted", "1 offer 2 ash-1, 2 accept 1 ash-2", 2, "accept 1 elm-2", "no such offer"},
		{"accept a card that is gone", "1 offer 2 ash-1, 1 play ash-1", 2, "accept 1 ash-2", "no such offer"},
		{"accept from one who has left", "1 offer 2 ash-1, 1 leaves", 2, "accept 1 ash-2", "no such offer"},
		{"give another's card", "1 offer 2 ash-1", 2, "accept 1 ash-3", "no such card"},
		{"give a card that lies open", "1 offer 2 ash-1, 2 accept 1 ash-2, 3 offer 2 ash-3", 2, "accept 3 ash-1", "no such card"},
		{"decline what is not offered", "", 2, "decline 1", "no such offer"},
		{"withdraw what is not offered", "1 offer 2 ash-1", 2, "withdraw", "no such offer"},
	} {
		p := bidden(t, "1000", "ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
		if c.before != "" {
			p = play(t, p, strings.Split(c.before, ", ")...)
		}
		_, err := Hedge{}.Play(p, c.seat, c.move, game.Moment{}, nil)
		var e *game.Error
		if !errors.As(err, &e) || e.Reason != game.IllegalMove || !strings.Contains(e.Detail, c.why) {
			t.Errorf("%s: %v, want that it is refused because %q", c.name, err, c.why)
		}
	}
}

// seats are the players of a match, by seat.
var seats = []game.PlayerID{{}, {1}, {2}, {3}, {4}}

// begin starts a match of four under the rules and lets everybody bid one trick: seat 1 is to lead.
func begin(t *testing.T, r game.Rules) game.Match {
	t.Helper()
	info := r.Info()
	c, err := game.Create(r, game.NewMatch{
		ID: game.MatchID{1}, Settings: game.Settings{Game: info.Name}, Seed: game.Seed{1}, Creator: seats[1], Seat: 1, LapseAfter: game.LapseAfter,
	}, time.Time{})
	for seat := 2; seat <= 4 && err == nil; seat++ {
		c, err = c.Match.Join(r, seats[seat], seat, time.Time{})
	}
	for seat := 1; seat <= 4 && err == nil; seat++ {
		c, err = submit(r, c.Match, seat, c.Match.Version, "bid 1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Match
}

func submit(r game.Rules, m game.Match, seat int, version uint64, moves ...string) (game.Change, error) {
	turn := game.Turn{Expected: version}
	for _, text := range moves {
		turn.Moves = append(turn.Moves, game.PlayedMove{Text: text})
	}
	return m.Submit(r, seats[seat], turn, time.Time{})
}

// card is a card in the hand of a seat.
func card(t *testing.T, m game.Match, seat int) string {
	t.Helper()
	p, err := m.Decode(Hedge{})
	if err != nil {
		t.Fatal(err)
	}
	return p.(table).at(seat).Hand[0]
}

func TestTradeLeavesTheTurnAlone(t *testing.T) {
	r := Hedge{}
	before := begin(t, r)
	m := before
	for _, c := range []struct {
		seat int
		move string
	}{
		{3, "offer 4 " + card(t, m, 3)}, {4, "offer 2 " + card(t, m, 4)}, {4, "accept 3 " + card(t, m, 4)}, {2, "offer 1 " + card(t, m, 2)},
	} {
		change, err := submit(r, m, c.seat, m.Version, c.move)
		if err != nil {
			t.Fatal(err)
		}
		m = change.Match
		told := change.Events[0].Fact.(game.TurnTaken)
		if m.Turn != before.Turn || m.TurnVersion != before.TurnVersion || !slices.Equal(m.MustAct(), []int{1}) || !told.SameTurn {
			t.Errorf("after %s: turn %d since %d, %v must act, told %+v", c.move, m.Turn, m.TurnVersion, m.MustAct(), told)
		}
	}
	// Seat 1 decided before all that. Its decision is the same one.
	if _, err := submit(r, m, 1, before.Version, "play "+card(t, m, 1)); err != nil {
		t.Errorf("a card that was chosen before the trades: %v", err)
	}
	// On turn one may trade and then play, each by itself: what a trade brings is not known before it.
	if _, err := submit(r, m, 1, m.Version, "decline 2", "play "+card(t, m, 1)); err == nil {
		t.Error("a card was taken behind a trade")
	}
	for _, move := range []string{"decline 2", "play " + card(t, m, 1)} {
		change, err := submit(r, m, 1, m.Version, move)
		if err != nil {
			t.Fatal(err)
		}
		m = change.Match
	}
	if !slices.Equal(m.MustAct(), []int{2}) {
		t.Errorf("after a trade and a card %v must act", m.MustAct())
	}
}

// TestLateAnswer: who answers an offer while the turn passes on is told to look again, and then may.
func TestLateAnswer(t *testing.T) {
	r := Hedge{}
	m := begin(t, r)
	change, err := submit(r, m, 3, m.Version, "offer 4 "+card(t, m, 3))
	if err != nil {
		t.Fatal(err)
	}
	seen := change.Match.Version
	if change, err = submit(r, change.Match, 1, seen, "play "+card(t, m, 1)); err != nil {
		t.Fatal(err)
	}
	m = change.Match
	answer := "accept 3 " + card(t, m, 4)
	var e *game.Error
	if _, err := submit(r, m, 4, seen, answer); !errors.As(err, &e) || e.Reason != game.VersionStale {
		t.Errorf("an answer to what was seen before the turn passed: %v", err)
	}
	if _, err := submit(r, m, 4, m.Version, answer); err != nil {
		t.Errorf("the same answer after another look: %v", err)
	}
}
