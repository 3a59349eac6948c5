package main

import (
	"slices"
	"strconv"
	"strings"

	"yourmove/game"
)

// bid keeps a bid. The last one ends the bidding and tells them all.
func (t table) bid(seat int, tricks string) game.Played {
	t.at(seat).Bid = tricks
	if !t.begin() {
		return game.Played{Position: t, SameTurn: true}
	}
	var bids []string
	for _, pl := range t.Players {
		bids = append(bids, strconv.Itoa(pl.Seat)+":"+pl.Bid)
	}
	return game.Played{Position: t, Chance: strings.Join(bids, " ")}
}

// begin lets the highest bid lead the first trick, once everybody has bid.
func (t *table) begin() bool {
	best := t.Players[0]
	for _, pl := range t.Players {
		if pl.Bid == "" {
			return false
		}
		if pl.Bid > best.Bid {
			best = pl
		}
	}
	t.Next = best.Seat
	return true
}

// play lays a card to the trick.
func (t table) play(seat int, card string) game.Played {
	t.at(seat).drop(card)
	t.Trick, t.Played = append(t.Trick, laid{seat, card}), append(t.Played, card)
	t.Next = t.after(seat)
	t.take()
	return game.Played{Position: t}
}

// take ends a trick to which everybody has played.
func (t *table) take() {
	if len(t.Trick) < len(t.Players) {
		return
	}
	best := t.Trick[0]
	for _, l := range t.Trick {
		if suit(l.Card) == suit(best.Card) && l.Card > best.Card {
			best = l
		}
	}
	t.at(best.Seat).Tricks++
	t.Next, t.Trick = best.Seat, nil
}

// playable are the cards with which the player may go on: those of the suit that was led, if he has any.
func (t table) playable(pl *player) []string {
	if len(t.Trick) > 0 {
		other := func(card string) bool { return suit(card) != suit(t.Trick[0].Card) }
		if follow := slices.DeleteFunc(pl.cards(), other); len(follow) > 0 {
			return follow
		}
	}
	return pl.cards()
}

// Leave takes a player out: his cards, also the one that he played to this trick, and his part in offers.
func (Hedge) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	t := p.(table).clone()
	t.Players = slices.DeleteFunc(t.Players, func(pl player) bool { return pl.Seat == seat })
	t.Trick = slices.DeleteFunc(t.Trick, func(l laid) bool { return l.Seat == seat })
	for i := range t.Players {
		if t.Players[i].Offer.To == seat {
			t.Players[i].Offer = offer{}
		}
	}
	switch t.Next {
	case 0:
		t.begin()
	case seat:
		t.Next = t.after(seat)
		t.take()
	}
	return game.Played{Position: t}, nil // not the same turn: what the others have to decide is another thing now
}

// at finds a player by his seat; nil if he is not in play.
func (t table) at(seat int) *player {
	for i := range t.Players {
		if t.Players[i].Seat == seat {
			return &t.Players[i]
		}
	}
	return nil
}

// after is the next seat in play behind one that need not be in play itself.
func (t table) after(seat int) int {
	for _, pl := range t.Players {
		if pl.Seat > seat {
			return pl.Seat
		}
	}
	return t.Players[0].Seat
}

// clone copies all that a move may change.
func (t table) clone() table {
	t.Trick, t.Played, t.Players = slices.Clone(t.Trick), slices.Clone(t.Played), slices.Clone(t.Players)
	for i := range t.Players {
		pl := &t.Players[i]
		pl.Hand, pl.Open = slices.Clone(pl.Hand), slices.Clone(pl.Open)
	}
	return t
}

// cards are all that the player has.
func (pl player) cards() []string { return slices.Concat(pl.Hand, pl.Open) }

// drop takes a card from the player, and with it the offer to swap it.
func (pl *player) drop(card string) {
	same := func(held string) bool { return held == card }
	pl.Hand, pl.Open = slices.DeleteFunc(pl.Hand, same), slices.DeleteFunc(pl.Open, same)
	if pl.Offer.Card == card {
		pl.Offer = offer{}
	}
}
