// Package pig is the dice game Pig, as John Scarne described it ("Scarne on Dice", 1945) and Reiner Knizia after him
// ("Dice Games Properly Explained", 1999): roll as often as you dare; a one ends the turn with nothing, holding keeps
// what was rolled. Who first holds the target wins.
package pig

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"yourmove/game"
)

// Rules are those of Pig for two to eight players. A move is "roll" or "hold"; the lowest seat begins. The option
// target says how many points win, 100 unless told otherwise.
type Rules struct {
	game.JSON[table]
	game.Open
}

// table is a position. Seats can have gaps, so everything stands by index into Seats, which are those still in play.
type table struct {
	Target int   `json:"target"`
	Seats  []int `json:"seats"`
	Scores []int `json:"scores"`
	// Next is the index of who is to roll, and Turn what he has rolled in this turn.
	Next int `json:"next"`
	Turn int `json:"turn"`
}

type options struct {
	Target int `json:"target"`
}

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{
		Name: "pig", Title: "Pig", Version: 1, MinSeats: 2, MaxSeats: 8,
		Notation: `"roll" or "hold"`, OptionsHelp: `{"target":100}: the points that win, from 10 to 1000`,
	}
}

// Check wants a target from 10 to 1000.
func (Rules) Check(o game.Options, _ int) (game.Options, error) {
	opts := options{Target: 100}
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	if opts.Target < 10 || opts.Target > 1000 {
		return nil, errors.New("target: from 10 to 1000")
	}
	return game.FormatOptions(opts)
}

// Setup begins at nothing.
func (Rules) Setup(o game.Options, seats []int, _ *game.Chance) (game.Position, error) {
	opts := options{Target: 100}
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	return table{Target: opts.Target, Seats: slices.Clone(seats), Scores: make([]int, len(seats))}, nil
}

// Play rolls the die or holds.
func (Rules) Play(p game.Position, seat int, move string, _ game.Moment, c *game.Chance) (game.Played, error) {
	t := p.(table)
	if move != "roll" && move != "hold" {
		return game.Played{}, game.Malformed(`a move is "roll" or "hold"`)
	}
	if t.Seats[t.Next] != seat {
		return game.Played{}, game.Illegal("it is seat %d's turn", t.Seats[t.Next])
	}
	if move == "hold" {
		t.Scores = slices.Clone(t.Scores) // p stays as it was
		t.Scores[t.Next] += t.Turn
		return game.Played{Position: t.pass()}, nil
	}
	die := c.Die(6)
	chance := strconv.Itoa(die)
	if die == 1 {
		return game.Played{Position: t.pass(), Chance: chance}, nil
	}
	t.Turn += die
	return game.Played{Position: t, SameTurn: true, Chance: chance}, nil
}

// pass gives the die to the next one.
func (t table) pass() table {
	t.Next, t.Turn = (t.Next+1)%len(t.Seats), 0
	return t
}

// Leave takes a seat out; if the die was there, it goes to the next one.
func (Rules) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	t := p.(table)
	i := slices.Index(t.Seats, seat)
	if i < 0 {
		return game.Played{}, fmt.Errorf("seat %d is not in play", seat)
	}
	held := i == t.Next
	t.Seats = slices.Delete(slices.Clone(t.Seats), i, i+1)
	t.Scores = slices.Delete(slices.Clone(t.Scores), i, i+1)
	if i < t.Next {
		t.Next--
	}
	t.Next %= len(t.Seats)
	if held {
		t.Turn = 0
	}
	return game.Played{Position: t, SameTurn: !held}, nil
}

// Duty lets the seats roll in turn.
func (Rules) Duty(p game.Position, seat int) game.Duty {
	if t := p.(table); t.Seats[t.Next] == seat {
		return game.MustAct
	}
	return game.Waits
}

// Outcomes tells of the one who holds the target; the others have places by their scores.
func (Rules) Outcomes(p game.Position) []game.Outcome {
	t := p.(table)
	if slices.Max(t.Scores) < t.Target {
		return nil
	}
	var list []game.Outcome
	for i, seat := range t.Seats {
		place := 1
		for _, s := range t.Scores {
			if s > t.Scores[i] {
				place++
			}
		}
		score := float64(t.Scores[i])
		o := game.Outcome{Seat: seat, Result: game.Lost, Place: place, Score: &score, Ending: game.EndPlayed}
		if place == 1 {
			o.Result = game.Won
		}
		list = append(list, o)
	}
	return list
}

// View shows everything.
func (Rules) View(p game.Position, _ int) any {
	t := p.(table)
	scores := map[string]int{}
	for i, seat := range t.Seats {
		scores[strconv.Itoa(seat)] = t.Scores[i]
	}
	return map[string]any{"target": t.Target, "scores": scores, "next": t.Seats[t.Next], "turn_total": t.Turn}
}

// Summary says how things stand.
func (Rules) Summary(p game.Position) string {
	t := p.(table)
	var scores []string
	for _, s := range t.Scores {
		scores = append(scores, strconv.Itoa(s))
	}
	return fmt.Sprintf("%s of %d, %d at stake", strings.Join(scores, ":"), t.Target, t.Turn)
}

// LegalMoves are always both.
func (Rules) LegalMoves(game.Position, int) []string { return []string{"roll", "hold"} }

// DefaultMove keeps what there is to keep, and rolls when there is nothing.
func (Rules) DefaultMove(p game.Position, _ int) (string, bool) {
	if p.(table).Turn > 0 {
		return "hold", true
	}
	return "roll", true
}
