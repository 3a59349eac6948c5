package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"yourmove/game"
)

// DefaultMove is to bid nothing, and to play the first card that may be played. Nobody waits for a trade.
func (r Hedge) DefaultMove(p game.Position, seat int) (string, bool) {
	if r.Duty(p, seat) != game.MustAct {
		return "", false
	}
	return r.LegalMoves(p, seat)[0], true
}

// Imagine puts something in the place of all that lies face down: cards that the viewer has not seen, bids, offers.
func (Hedge) Imagine(view []byte, viewer int, c *game.Chance) (game.Position, error) {
	var t table
	if err := json.Unmarshal(view, &t); err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	seen, hidden := slices.Clone(t.Played), []*string(nil)
	for _, pl := range t.Players {
		seen = slices.Concat(seen, pl.Hand, pl.Open)
		for i := range pl.Hand {
			if pl.Hand[i] == faceDown {
				hidden = append(hidden, &pl.Hand[i])
			}
		}
	}
	unseen := slices.DeleteFunc(newDeck(), func(card string) bool { return slices.Contains(seen, card) })
	if t.at(viewer) == nil || len(hidden) > len(unseen) {
		return nil, fmt.Errorf("view: %.200s is not what seat %d is shown", view, viewer)
	}
	c.Shuffle(len(unseen), func(i, j int) { unseen[i], unseen[j] = unseen[j], unseen[i] })
	for i, card := range hidden {
		*card = unseen[i]
	}
	for i := range t.Players {
		pl := &t.Players[i]
		slices.Sort(pl.Hand)
		if pl.Bid == faceDown {
			pl.Bid = strconv.Itoa(c.IntN(handSize + 1))
		}
		if pl.Offer.Card == faceDown && len(pl.Hand) > 0 {
			pl.Offer.Card = pl.Hand[c.IntN(len(pl.Hand))]
		}
	}
	return t, nil
}

// Estimate is the better the nearer what the seat still needs for its bid is to its share of the tricks to come.
func (Hedge) Estimate(p game.Position, seat int) float64 {
	t := p.(table)
	pl := t.at(seat)
	bid, _ := strconv.Atoi(pl.Bid)
	share := float64(len(pl.cards())) / float64(len(t.Players))
	return 1 / (2 + 2*math.Abs(float64(bid-pl.Tricks)-share))
}
