package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"yourmove/game"
)

// TestImagine draws many tables from one view: what the seat sees is always there, and all that may be comes up.
func TestImagine(t *testing.T) {
	r := Hedge{}
	p := bidden(t, "2100", "ash-1 elm-1 oak-1", "ash-2 elm-2 oak-2", "ash-3 elm-3 oak-3", "ash-4 elm-4 oak-4")
	p = play(t, p, "1 offer 2 elm-1", "2 accept 1 elm-2", "3 offer 4 oak-3", "1 play ash-1")
	view, err := json.Marshal(r.View(p, 4))
	if err != nil {
		t.Fatal(err)
	}
	held, offered := map[int]map[string]bool{1: {}, 2: {}, 3: {}}, map[string]bool{}
	for n := range uint64(2000) {
		imagined, err := r.Imagine(view, 4, game.NewChance(game.Seed{}, n))
		if err != nil {
			t.Fatal(err)
		}
		q := imagined.(table)
		if again, err := json.Marshal(r.View(q, 4)); err != nil || string(again) != string(view) {
			t.Fatalf("of a table imagined from %s the view is %s (%v)", view, again, err)
		}
		for seat, cards := range held {
			for _, card := range q.at(seat).Hand {
				cards[card] = true
			}
		}
		if offer := q.at(3).Offer; !slices.Contains(q.at(3).Hand, offer.Card) {
			t.Fatalf("seat 3 offers %s of %v", offer.Card, q.at(3).Hand)
		}
		offered[q.at(3).Offer.Card] = true
	}
	// Seat 4 sees its own three, the two that were swapped and the one that was played.
	for seat, cards := range held {
		for _, card := range newDeck() {
			seen := slices.Contains([]string{"ash-4", "elm-4", "oak-4", "elm-1", "elm-2", "ash-1"}, card)
			if cards[card] == seen {
				t.Errorf("seat %d held %s in some of the tables: %v", seat, card, cards[card])
			}
		}
	}
	if len(offered) != 30 {
		t.Errorf("seat 3 offered %d of 30 cards", len(offered))
	}
}

func TestImagineBids(t *testing.T) {
	view, err := json.Marshal(Hedge{}.View(play(t, hands("ash-1", "ash-2", "ash-3", "ash-4"), "1 bid 3", "2 bid 1"), 1))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for n := range uint64(200) {
		p, err := Hedge{}.Imagine(view, 1, game.NewChance(game.Seed{}, n))
		if err != nil {
			t.Fatal(err)
		}
		q := p.(table)
		if q.at(1).Bid != "3" || q.at(3).Bid != "" || q.at(4).Bid != "" {
			t.Fatalf("bids that were not made: %+v", q)
		}
		seen[q.at(2).Bid] = true
	}
	if len(seen) != handSize+1 {
		t.Errorf("seat 2 bid %v", seen)
	}
}

func TestNoView(t *testing.T) {
	for _, view := range []string{
		"", "null", "{}", `{"players":[{"seat":2,"hand":[]}]}`, `{"players":[{"seat":1,"hand":["ash-1"]}]`, `{"players":{"seat":1}}`,
		fmt.Sprintf(`{"players":[{"seat":1,"hand":%s}]}`, manyFaceDown(37)),
	} {
		if p, err := (Hedge{}).Imagine([]byte(view), 1, game.NewChance(game.Seed{}, 1)); err == nil {
			t.Errorf("%s is taken for a view: %+v", view, p)
		}
	}
}

func manyFaceDown(n int) []byte {
	list, _ := json.Marshal(slices.Repeat([]string{faceDown}, n))
	return list
}

// TestEstimate: who is on the way to what he bid stands better than who is not.
func TestEstimate(t *testing.T) {
	for _, c := range []struct {
		name        string
		bid, tricks int
		left        int // cards, of each of four
		less        int // a bid that is worth less
	}{
		{"nothing to come", 2, 2, 0, 3},
		{"one of four to come", 1, 0, 4, 3},
		{"too many already", 1, 2, 4, 0},
	} {
		p := hands("", "", "", "")
		for i := range p.Players {
			p.Players[i].Hand = newDeck()[i*c.left : (i+1)*c.left]
		}
		me := p.at(1)
		me.Bid, me.Tricks = fmt.Sprint(c.bid), c.tricks
		better := Hedge{}.Estimate(p, 1)
		me.Bid = fmt.Sprint(c.less)
		if worse := (Hedge{}).Estimate(p, 1); worse >= better {
			t.Errorf("%s: a bid of %d is worth %v, of %d %v", c.name, c.bid, better, c.less, worse)
		}
	}
}
