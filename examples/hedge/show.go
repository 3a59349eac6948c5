package main

import (
	"fmt"
	"slices"
	"strings"

	"yourmove/game"
)

// faceDown stands for a card or a bid that the viewer may not know.
const faceDown = "?"

// View is the table with all that others hide turned face down.
func (Hedge) View(p game.Position, viewer int) any {
	t := p.(table).clone()
	for i := range t.Players {
		pl := &t.Players[i]
		if pl.Seat == viewer || t.Closed {
			continue
		}
		pl.Hand = slices.Repeat([]string{faceDown}, len(pl.Hand))
		if pl.Offer.To > 0 {
			pl.Offer.Card = faceDown
		}
		if t.Next == 0 && pl.Bid != "" {
			pl.Bid = faceDown
		}
	}
	return t
}

// Close turns all cards face up.
func (Hedge) Close(p game.Position) game.Position {
	t := p.(table)
	t.Next, t.Closed = 0, true
	return t
}

// Redact leaves out what somebody bids and which card he offers. Both are told later, by the Chance of another move.
func (Hedge) Redact(m game.PlayedMove, _, _ int) game.PlayedMove {
	switch words := strings.Fields(m.Text); {
	case len(words) == 2 && words[0] == "bid":
		m.Text = "bid"
	case len(words) == 3 && words[0] == "offer":
		m.Text = "offer " + words[1]
	}
	return m
}

// Secrets are the cards of a hand.
func (Hedge) Secrets(p game.Position, seat int) []string {
	if pl := p.(table).at(seat); pl != nil {
		return pl.Hand
	}
	return nil
}

// Draw draws the view, and so cannot show more than that.
func (r Hedge) Draw(p game.Position, viewer int) string {
	t := r.View(p, viewer).(table)
	var b strings.Builder
	b.WriteString("  seat bid took cards\n")
	for _, pl := range t.Players {
		mark := " "
		if pl.Seat == t.Next {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s %4d %3s %4d %s", mark, pl.Seat, pl.Bid, pl.Tricks, strings.Join(pl.Hand, " "))
		if len(pl.Open) > 0 {
			fmt.Fprintf(&b, ", open: %s", strings.Join(pl.Open, " "))
		}
		if pl.Offer.To > 0 {
			fmt.Fprintf(&b, ", offers %s to seat %d", pl.Offer.Card, pl.Offer.To)
		}
		b.WriteString("\n")
	}
	for _, l := range t.Trick {
		fmt.Fprintf(&b, "seat %d played %s\n", l.Seat, l.Card)
	}
	return b.String()
}
