package pig

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"yourmove/game"
)

// Imagine reads the table back: nothing is hidden.
func (Rules) Imagine(view []byte, _ int, _ *game.Chance) (game.Position, error) {
	var v struct {
		Target int         `json:"target"`
		Scores map[int]int `json:"scores"`
		Next   int         `json:"next"`
		Turn   int         `json:"turn_total"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	t := table{Target: v.Target, Turn: v.Turn}
	for seat := range v.Scores {
		t.Seats = append(t.Seats, seat)
	}
	slices.Sort(t.Seats)
	for _, seat := range t.Seats {
		t.Scores = append(t.Scores, v.Scores[seat])
	}
	t.Next = slices.Index(t.Seats, v.Next)
	if t.Next < 0 || t.Target < 10 || t.Turn < 0 || slices.Min(t.Scores) < 0 {
		return nil, fmt.Errorf("view: %.200s is no table of %s", view, Rules{}.Info().Title)
	}
	return t, nil
}

// Estimate compares the points that everybody has, or for who has the turn: will have after it. Stopping at 20 or more
// brings about 8 points a turn, and the more he has rolled, the nearer he is to what he will keep. That the turn passes
// to others then costs him half of what a turn brings. A lead of 20 points makes a win e times as likely: a guess that
// plays well.
func (Rules) Estimate(p game.Position, seat int) float64 {
	const perTurn, lead = 8, 20
	t := p.(table)
	var own, all float64
	for i, s := range t.Seats {
		points := float64(t.Scores[i])
		if i == t.Next {
			points += max(float64(t.Turn), perTurn+0.6*float64(t.Turn)) - perTurn/2
		}
		chance := math.Exp((min(points, float64(t.Target)) - float64(t.Target)) / lead)
		all += chance
		if s == seat {
			own = chance
		}
	}
	return own / all
}
