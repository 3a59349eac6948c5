package game_test

import (
	"fmt"
	"slices"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

// auction is a small game in which all act at the same time: everybody bids from 1 to 9 in secret ("bid 7"), the
// highest bid takes the round (of equal ones the lowest seat's), and after three rounds most rounds win. Who has bid may
// taunt, for which nobody waits.
type auction struct {
	game.JSON[bids]
	game.NoOptions
}

type bids struct {
	Seats []int
	Bid   map[int]int
	Won   map[int]int
	Round int
}

func (auction) Info() game.Info {
	return game.Info{Name: "auction", Title: "Auction", Version: 1, MinSeats: 2, MaxSeats: 4, Notation: `"bid 7" or "taunt"`}
}

func (auction) Setup(_ game.Options, seats []int, _ *game.Chance) (game.Position, error) {
	return bids{Seats: slices.Clone(seats), Bid: map[int]int{}, Won: map[int]int{}}, nil
}

func (b bids) clone() bids {
	c := bids{Seats: slices.Clone(b.Seats), Bid: map[int]int{}, Won: map[int]int{}, Round: b.Round}
	for s, n := range b.Bid {
		c.Bid[s] = n
	}
	for s, n := range b.Won {
		c.Won[s] = n
	}
	return c
}

func (auction) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	b := p.(bids).clone()
	if move == "taunt" {
		if b.Bid[seat] == 0 {
			return game.Played{}, game.Illegal("bid first")
		}
		return game.Played{Position: b, SameTurn: true}, nil
	}
	var n int
	if _, err := fmt.Sscanf(move, "bid %d", &n); err != nil || n < 1 || n > 9 || move != fmt.Sprintf("bid %d", n) {
		return game.Played{}, game.Malformed("bid 1 to bid 9, or taunt")
	}
	if b.Bid[seat] > 0 {
		return game.Played{}, game.Illegal("you have bid")
	}
	b.Bid[seat] = n
	over := b.settle()
	return game.Played{Position: b, SameTurn: !over}, nil
}

// settle ends the round once everybody has bid.
func (b *bids) settle() bool {
	best := 0
	for _, s := range b.Seats {
		if b.Bid[s] == 0 {
			return false
		}
		if best == 0 || b.Bid[s] > b.Bid[best] {
			best = s
		}
	}
	b.Won[best]++
	b.Round++
	clear(b.Bid)
	return true
}

func (auction) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	b := p.(bids).clone()
	b.Seats = slices.DeleteFunc(b.Seats, func(s int) bool { return s == seat })
	delete(b.Bid, seat)
	delete(b.Won, seat)
	over := b.settle() // it was the only one still to bid
	return game.Played{Position: b, SameTurn: !over}, nil
}

func (auction) Duty(p game.Position, seat int) game.Duty {
	if p.(bids).Bid[seat] > 0 {
		return game.MayAct
	}
	return game.MustAct
}

func (auction) Outcomes(p game.Position) []game.Outcome {
	b := p.(bids)
	if b.Round < 3 {
		return nil
	}
	var list []game.Outcome
	for _, s := range b.Seats {
		o := game.Outcome{Seat: s, Result: game.Won, Place: 1, Ending: game.EndPlayed}
		for _, other := range b.Seats {
			if b.Won[other] > b.Won[s] {
				o.Place++
				o.Result = game.Lost
			}
		}
		list = append(list, o)
	}
	return list
}

func (auction) View(p game.Position, viewer int) any {
	b := p.(bids)
	return map[string]any{"round": b.Round, "won": b.Won, "bid": b.Bid[viewer]}
}

func (auction) Redact(mv game.PlayedMove, seat, viewer int) game.PlayedMove {
	if mv.Text == "taunt" {
		return mv
	}
	return game.PlayedMove{Hidden: true}
}

func (auction) Secrets(game.Position, int) []string { return nil } // two may have bid the same

func (auction) LegalMoves(p game.Position, seat int) []string {
	if p.(bids).Bid[seat] > 0 {
		return []string{"taunt"}
	}
	return []string{"bid 1", "bid 2", "bid 3", "bid 4", "bid 5", "bid 6", "bid 7", "bid 8", "bid 9"}
}

// TestAuction: a test ruleset that breaks the contract would show nothing about the match.
func TestAuction(t *testing.T) { gametest.Run(t, auction{}) }
