package main

import (
	"strconv"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

// hedge2 is version 2 of the rules: a bid that was kept doubles the tricks instead of adding five.
type hedge2 struct{ Hedge }

// Info names version 2.
func (r hedge2) Info() game.Info {
	info := r.Hedge.Info()
	info.Version = 2
	return info
}

// Outcomes counts by the new rule.
func (r hedge2) Outcomes(p game.Position) []game.Outcome {
	if r.Hedge.Outcomes(p) == nil {
		return nil
	}
	var seats, points []int
	for _, pl := range p.(table).Players {
		won := pl.Tricks
		if strconv.Itoa(won) == pl.Bid {
			won *= 2
		}
		seats, points = append(seats, pl.Seat), append(points, won)
	}
	return game.ByScore(seats, points)
}

func TestVersions(t *testing.T) {
	gametest.Run(t, hedge2{}, gametest.Config{Playouts: 2})
	old := begin(t, Hedge{})
	games, err := game.NewRegistry(Hedge{}, hedge2{})
	if err != nil {
		t.Fatal(err)
	}
	newest, _ := games.Newest("hedge")
	young := begin(t, newest)
	for m, want := range map[*game.Match]game.Rules{&old: Hedge{}, &young: hedge2{}} {
		if r, ok := games.Find(m.Game, m.Ruleset); !ok || r != want {
			t.Errorf("a match of version %d is judged by %T, not %T", m.Ruleset, r, want)
		}
	}
	p := hands("", "", "", "")
	p.Next, p.Players[2].Tricks, p.Players[2].Bid = 3, 6, "6"
	for want, r := range map[float64]game.Rules{11: Hedge{}, 12: hedge2{}} {
		if got := *r.Outcomes(p)[2].Score; got != want {
			t.Errorf("%T counts %v for six tricks of six, not %v", r, got, want)
		}
	}
}
