package main

import (
	"strconv"

	"yourmove/game"
)

// offer is a swap that a player puts to another one: this card, face down, for any card of the other's hand. Who accepts
// does not know what he gets; who offers does not know what will be given. Both cards then lie open before their new
// owners. The offer is gone when it is declined or withdrawn, and when its card is played or swapped otherwise.
type offer struct {
	To   int    `json:"to"`
	Card string `json:"card"`
}

// trades lists what the player may offer, accept, decline and withdraw.
func (t table) trades(pl *player) []string {
	var moves []string
	for _, other := range t.Players {
		seat := strconv.Itoa(other.Seat)
		for _, card := range pl.Hand {
			if other.Offer.To == pl.Seat {
				moves = append(moves, "accept "+seat+" "+card)
			}
			if !pl.Offered && other.Seat != pl.Seat && len(other.Hand) > 0 {
				moves = append(moves, "offer "+seat+" "+card)
			}
		}
		if other.Offer.To == pl.Seat {
			moves = append(moves, "decline "+seat)
		}
	}
	if pl.Offer.To > 0 {
		moves = append(moves, "withdraw")
	}
	return moves
}

// trade does a move of trades. Whose turn it is stays as it was, and what he looked at is not out of date.
func (t table) trade(seat int, verb string, args []string) game.Played {
	me := t.at(seat)
	if verb == "withdraw" {
		me.Offer = offer{}
		return game.Played{Position: t, SameTurn: true}
	}
	number, _ := strconv.Atoi(args[0])
	switch other := t.at(number); verb {
	case "offer":
		me.Offer, me.Offered = offer{To: number, Card: args[1]}, true
	case "decline":
		other.Offer = offer{}
	case "accept":
		mine, theirs := args[1], other.Offer.Card
		me.drop(mine)
		other.drop(theirs)
		me.Open, other.Open = append(me.Open, theirs), append(other.Open, mine)
		return game.Played{Position: t, SameTurn: true, Chance: theirs} // which nobody but its owner knew
	}
	return game.Played{Position: t, SameTurn: true}
}
