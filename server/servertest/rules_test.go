package servertest_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"yourmove/game"
)

// drill is a game to test with. Seats take turns; a move is one of
//
//	pass…  the turn goes on to the next seat       win   the mover wins
//	more…  the same seat goes on with its turn     wait  is never legal
//	roll   a die is rolled, then as pass           hop   as pass, from version 2 on
type drill struct {
	game.JSON[drillPos]
	game.Open
	game.NoOptions
	version int
}

type drillPos struct {
	Seats  []int
	Next   int // an index of Seats
	Winner int
	Moves  int
}

func (d drill) Info() game.Info {
	return game.Info{Name: "drill", Title: "Drill", Version: max(1, d.version), MinSeats: 2, MaxSeats: 4, Notation: "a word"}
}

func (drill) Setup(_ game.Options, seats []int, _ *game.Chance) (game.Position, error) {
	return drillPos{Seats: seats}, nil
}

func (d drill) Play(p game.Position, seat int, move string, _ game.Moment, c *game.Chance) (game.Played, error) {
	pos := p.(drillPos)
	pos.Moves++
	played := game.Played{}
	switch {
	case strings.HasPrefix(move, "pass"), move == "roll", move == "hop" && d.version >= 2:
		pos.Next = (pos.Next + 1) % len(pos.Seats)
		if move == "roll" {
			played.Chance = strconv.Itoa(c.Die(6))
		}
	case strings.HasPrefix(move, "more"):
		played.SameTurn = true
	case move == "win":
		pos.Winner = seat
	case move == "wait":
		return played, game.Illegal("nobody waits")
	default:
		return played, game.Malformed("not a word of this game")
	}
	played.Position = pos
	return played, nil
}

func (drill) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	pos := p.(drillPos)
	i := slices.Index(pos.Seats, seat)
	same := i != pos.Next
	if i < pos.Next {
		pos.Next--
	}
	pos.Seats = slices.Delete(slices.Clone(pos.Seats), i, i+1)
	pos.Next %= len(pos.Seats)
	return game.Played{Position: pos, SameTurn: same}, nil
}

func (drill) Duty(p game.Position, seat int) game.Duty {
	if pos := p.(drillPos); pos.Winner == 0 && pos.Seats[pos.Next] == seat {
		return game.MustAct
	}
	return game.Waits
}

func (drill) Outcomes(p game.Position) []game.Outcome {
	pos := p.(drillPos)
	if pos.Winner == 0 {
		return nil
	}
	return outcomesOf(pos.Seats, func(seat int) game.Result {
		if seat == pos.Winner {
			return game.Won
		}
		return game.Lost
	})
}

func outcomesOf(seats []int, result func(seat int) game.Result) []game.Outcome {
	var list []game.Outcome
	for _, n := range seats {
		list = append(list, game.Outcome{Seat: n, Result: result(n), Ending: game.EndPlayed})
	}
	return list
}

func (drill) View(p game.Position, _ int) any { return map[string]any{"moves": p.(drillPos).Moves} }

func (drill) Summary(p game.Position) string { return fmt.Sprintf("%d moves", p.(drillPos).Moves) }

func (drill) LegalMoves(game.Position, int) []string { return []string{"pass", "more", "roll", "win"} }

// pick is a game with secrets: chance deals each seat a hand at the start; then, three times, all seats pick a word at
// the same time ("pick …"), or peek first, which is a part of the same turn. What a seat picks only its allies, the
// seats of the same parity, may know before the end.
type pick struct{ game.JSON[pickPos] }

type pickPos struct {
	Seats []int
	Hands map[int]string
	Picks map[int]string
	Dice  []int
}

const pickRounds = 3

func (pick) Info() game.Info {
	return game.Info{Name: "pick", Title: "Pick", Version: 1, MinSeats: 2, MaxSeats: 4, Notation: "pick and a word, or peek"}
}

// Check takes at most one option, the note.
func (pick) Check(o game.Options, _ int) (game.Options, error) {
	var opts struct {
		Note string `json:"note,omitempty"`
	}
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	return game.FormatOptions(opts)
}

func (pick) Setup(_ game.Options, seats []int, c *game.Chance) (game.Position, error) {
	pos := pickPos{Seats: seats, Hands: map[int]string{}, Picks: map[int]string{}}
	for _, n := range seats {
		pos.Hands[n] = fmt.Sprintf("hand-%016x", c.Uint64())
	}
	return pos, nil
}

func (pick) Play(p game.Position, seat int, move string, _ game.Moment, c *game.Chance) (game.Played, error) {
	pos := p.(pickPos)
	if move == "peek" {
		return game.Played{Position: pos, SameTurn: true, Chance: strconv.Itoa(c.Die(6))}, nil
	}
	if !strings.HasPrefix(move, "pick ") {
		return game.Played{}, game.Malformed("pick and a word, or peek")
	}
	pos.Picks = maps.Clone(pos.Picks)
	pos.Picks[seat] = strings.TrimPrefix(move, "pick ")
	if len(pos.Picks) < len(pos.Seats) {
		return game.Played{Position: pos, SameTurn: true}, nil
	}
	die := c.Die(6)
	pos.Picks, pos.Dice = map[int]string{}, append(slices.Clone(pos.Dice), die)
	return game.Played{Position: pos, Chance: strconv.Itoa(die)}, nil
}

func (pick) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	pos := p.(pickPos)
	i := slices.Index(pos.Seats, seat)
	pos.Seats = slices.Delete(slices.Clone(pos.Seats), i, i+1)
	pos.Picks = maps.Clone(pos.Picks)
	delete(pos.Picks, seat)
	return game.Played{Position: pos, SameTurn: true}, nil
}

func (pick) Duty(p game.Position, seat int) game.Duty {
	if pos := p.(pickPos); slices.Contains(pos.Seats, seat) && pos.Picks[seat] == "" {
		return game.MustAct
	}
	return game.Waits
}

func (pick) Outcomes(p game.Position) []game.Outcome {
	pos := p.(pickPos)
	if len(pos.Dice) < pickRounds {
		return nil
	}
	return outcomesOf(pos.Seats, func(int) game.Result { return game.Drawn })
}

func (pick) View(p game.Position, viewer int) any {
	pos := p.(pickPos)
	return map[string]any{"dice": pos.Dice, "hand": pos.Hands[viewer], "picked": pos.Picks[viewer]}
}

func (pick) Redact(mv game.PlayedMove, seat, viewer int) game.PlayedMove {
	if viewer > 0 && viewer%2 == seat%2 {
		return mv
	}
	return game.PlayedMove{Hidden: true}
}

func (pick) Secrets(p game.Position, seat int) []string {
	return []string{p.(pickPos).Hands[seat]}
}

func (pick) Summary(p game.Position) string {
	return fmt.Sprintf("round %d of %d", len(p.(pickPos).Dice)+1, pickRounds)
}
