package bot_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

// cups is a small game with something hidden: seat 2 has put a ball under one of four cups. Seat 1 looks under one, and
// wins if the ball is there and loses if not, or asks for a draw.
type cups struct {
	game.JSON[ball]
	game.TwoSeats
	game.NoOptions
}

type ball struct {
	Cup    string
	Answer string
}

var (
	fourCups  = []string{"1", "2", "3", "4"}
	cupsMoves = append([]string{"draw"}, fourCups...)
)

func (cups) Info() game.Info {
	return game.Info{Name: "cups", Title: "Cups", Version: 1, MinSeats: 2, MaxSeats: 2, Notation: "1 to 4, or draw"}
}

func (cups) Setup(_ game.Options, _ []int, c *game.Chance) (game.Position, error) {
	return ball{Cup: fourCups[c.IntN(4)]}, nil
}

func (cups) LegalMoves(game.Position, int) []string { return cupsMoves }

func (cups) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	if seat != 1 || !slices.Contains(cupsMoves, move) {
		return game.Played{}, errors.New("seat 1 says 1 to 4, or draw")
	}
	return game.Played{Position: ball{p.(ball).Cup, move}}, nil
}

func (cups) Duty(_ game.Position, seat int) game.Duty {
	if seat == 1 {
		return game.MustAct
	}
	return game.Waits
}

func (cups) Outcomes(p game.Position) []game.Outcome {
	switch b := p.(ball); b.Answer {
	case "":
		return nil
	case "draw":
		return game.DrawnBy(2)
	case b.Cup:
		return game.WonBy(1, 2)
	}
	return game.WonBy(2, 2)
}

// View shows the ball to who put it there, and at the end to all.
func (cups) View(p game.Position, viewer int) any {
	b := p.(ball)
	if viewer != 2 && b.Answer == "" {
		b.Cup = ""
	}
	return map[string]any{"cup": b.Cup, "answer": b.Answer}
}

func (cups) Redact(m game.PlayedMove, _, _ int) game.PlayedMove { return m }
func (cups) Secrets(game.Position, int) []string                { return nil } // a digit may stand anywhere

// Imagine puts the ball under any cup.
func (cups) Imagine(view []byte, _ int, c *game.Chance) (game.Position, error) {
	var b ball
	if err := json.Unmarshal(view, &b); err != nil {
		return nil, err
	}
	switch {
	case b.Cup == "" && b.Answer == "" && string(view) == `{"answer":"","cup":""}`:
		b.Cup = fourCups[c.IntN(4)]
	case !slices.Contains(fourCups, b.Cup) || b.Answer != "" && !slices.Contains(cupsMoves, b.Answer):
		return nil, errors.New("no view of four cups")
	}
	return b, nil
}

// sealed is a small game in which all act at the same time: each chooses from 1 to 3 in secret, the highest wins.
type sealed struct {
	game.JSON[bids]
	game.NoOptions
}

type bids struct {
	Seats []int
	Bid   []int // 0: not yet
}

func (sealed) Info() game.Info {
	return game.Info{Name: "sealed", Title: "Sealed bids", Version: 1, MinSeats: 2, MaxSeats: 4, Notation: "1 to 3"}
}

func (sealed) Setup(_ game.Options, seats []int, _ *game.Chance) (game.Position, error) {
	return bids{slices.Clone(seats), make([]int, len(seats))}, nil
}

func (sealed) LegalMoves(game.Position, int) []string { return []string{"1", "2", "3"} }

func (r sealed) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	if len(move) != 1 || move[0] < '1' || move[0] > '3' || r.Duty(p, seat) != game.MustAct {
		return game.Played{}, errors.New("1 to 3, once")
	}
	b := bids{p.(bids).Seats, slices.Clone(p.(bids).Bid)}
	b.Bid[slices.Index(b.Seats, seat)] = int(move[0] - '0')
	return game.Played{Position: b, SameTurn: slices.Contains(b.Bid, 0)}, nil
}

func (sealed) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	b := p.(bids)
	i := slices.Index(b.Seats, seat)
	b.Seats, b.Bid = slices.Delete(slices.Clone(b.Seats), i, i+1), slices.Delete(slices.Clone(b.Bid), i, i+1)
	return game.Played{Position: b, SameTurn: true}, nil
}

func (sealed) Duty(p game.Position, seat int) game.Duty {
	b := p.(bids)
	if i := slices.Index(b.Seats, seat); i >= 0 && b.Bid[i] == 0 {
		return game.MustAct
	}
	return game.Waits
}

func (sealed) Outcomes(p game.Position) []game.Outcome {
	b := p.(bids)
	if slices.Contains(b.Bid, 0) {
		return nil
	}
	var list []game.Outcome
	for i, seat := range b.Seats {
		o := game.Outcome{Seat: seat, Result: game.Won, Place: 1, Ending: game.EndPlayed}
		for _, other := range b.Bid {
			if other > b.Bid[i] {
				o.Result, o.Place = game.Lost, o.Place+1
			}
		}
		list = append(list, o)
	}
	return list
}

// View shows who has bid, and at the end what.
func (r sealed) View(p game.Position, viewer int) any {
	b := p.(bids)
	over := r.Outcomes(p) != nil
	shown := make([]string, len(b.Seats))
	for i, bid := range b.Bid {
		if shown[i] = "open"; bid > 0 {
			shown[i] = "sealed"
		}
		if bid > 0 && (over || b.Seats[i] == viewer) {
			shown[i] = string(rune('0' + bid))
		}
	}
	return map[string]any{"seats": b.Seats, "bids": shown}
}

func (sealed) Redact(game.PlayedMove, int, int) game.PlayedMove { return game.PlayedMove{Hidden: true} }
func (sealed) Secrets(game.Position, int) []string              { return nil } // a digit may stand anywhere

// Imagine draws the bids that are sealed.
func (sealed) Imagine(view []byte, _ int, c *game.Chance) (game.Position, error) {
	var v struct {
		Seats []int
		Bids  []string
	}
	if err := json.Unmarshal(view, &v); err != nil || len(v.Seats) < 2 || len(v.Bids) != len(v.Seats) {
		return nil, errors.New("no view of sealed bids")
	}
	b := bids{v.Seats, make([]int, len(v.Bids))}
	for i, text := range v.Bids {
		switch text {
		case "open":
		case "sealed":
			b.Bid[i] = c.Die(3)
		case "1", "2", "3":
			b.Bid[i] = int(text[0] - '0')
		default:
			return nil, errors.New("no view of sealed bids")
		}
	}
	return b, nil
}

// TestGames: test rulesets that break the contract would show nothing about the bots.
func TestGames(t *testing.T) {
	gametest.Run(t, cups{})
	gametest.Run(t, sealed{})
}
