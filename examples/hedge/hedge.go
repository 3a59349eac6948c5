package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"yourmove/game"
)

// Hedge is a game of tricks for four. Of 36 cards (ash, elm, oak and yew, each from 1 to 9) everybody gets six. All bid
// at the same time how many of the six tricks they will take; who bids most leads the first one, of equals the lowest
// seat. Who can must follow suit; the highest card of the suit that was led takes the trick, and its player leads the
// next. Once in a match everybody may offer another one a swap, in turn or not: trade.go. A trick is worth a point, and
// who took exactly as many as he bid gets five more.
type Hedge struct {
	game.JSON[table]
	game.NoOptions
}

const handSize, bonus = 6, 5

// table is a position. Cards are texts: "oak-7".
type table struct {
	// Players are those in play, by seat.
	Players []player `json:"players"`
	// Next is the seat that is to play a card; 0 while the bidding is on.
	Next int `json:"next"`
	// Trick has the cards of this trick, from the one that was led. Played has all that were played so far.
	Trick  []laid   `json:"trick,omitempty"`
	Played []string `json:"played,omitempty"`
	// Closed: the match is over before all cards were played. Nobody is next, and all hands lie open.
	Closed bool `json:"closed,omitempty"`
}

type player struct {
	Seat int `json:"seat"`
	// Hand is what only the player sees. Open are cards that he swapped for, which all see. He plays from both.
	Hand []string `json:"hand"`
	Open []string `json:"open,omitempty"`
	// Bid is a digit; empty before he has bid.
	Bid    string `json:"bid"`
	Tricks int    `json:"tricks"`
	// Offer is the swap that he offers now. Offered: he has offered one.
	Offer   offer `json:"offer,omitzero"`
	Offered bool  `json:"offered,omitempty"`
}

// laid is a card on the table and who laid it there.
type laid struct {
	Seat int    `json:"seat"`
	Card string `json:"card"`
}

// Info names the game.
func (Hedge) Info() game.Info {
	return game.Info{
		Name: "hedge", Title: "Hedge", Version: 1, MinSeats: 4, MaxSeats: 4,
		Notation: `"bid 2", "play oak-7"; "offer 3 oak-7" to seat 3, "withdraw"; "accept 1 yew-2" from seat 1, "decline 1"`,
	}
}

// Setup shuffles and deals.
func (Hedge) Setup(_ game.Options, seats []int, c *game.Chance) (game.Position, error) {
	deck := newDeck()
	c.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	var t table
	for i, seat := range seats {
		hand := slices.Sorted(slices.Values(deck[i*handSize : (i+1)*handSize]))
		t.Players = append(t.Players, player{Seat: seat, Hand: hand})
	}
	return t, nil
}

func newDeck() []string {
	var deck []string
	for _, suit := range []string{"ash", "elm", "oak", "yew"} {
		for rank := 1; rank <= 9; rank++ {
			deck = append(deck, suit+"-"+strconv.Itoa(rank))
		}
	}
	return deck
}

func suit(card string) string { return strings.TrimRight(card, "-123456789") }

// LegalMoves lists bids, then cards to play, then what there is to trade.
func (Hedge) LegalMoves(p game.Position, seat int) []string {
	t := p.(table)
	pl := t.at(seat)
	switch {
	case pl == nil || t.Closed || t.Next == 0 && pl.Bid != "":
		return nil
	case t.Next == 0:
		return []string{"bid 0", "bid 1", "bid 2", "bid 3", "bid 4", "bid 5", "bid 6"}
	}
	var moves []string
	if t.Next == seat {
		for _, card := range t.playable(pl) {
			moves = append(moves, "play "+card)
		}
	}
	return append(moves, t.trades(pl)...)
}

// notation is what a move looks like; whether it is legal is another question.
var notation = regexp.MustCompile(`^(bid [0-6]|(play|(offer|accept) [1-4]) (ash|elm|oak|yew)-[1-9]|decline [1-4]|withdraw)$`)

// Play carries out a move if it is among the legal ones.
func (r Hedge) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	if !notation.MatchString(move) {
		return game.Played{}, game.Malformed("%.20q is not a move: %s", move, r.Info().Notation)
	}
	t := p.(table).clone() // p stays as it was
	if !slices.Contains(r.LegalMoves(p, seat), move) {
		return game.Played{}, game.Illegal("%s", t.why(seat, move))
	}
	switch words := strings.Fields(move); words[0] {
	case "bid":
		return t.bid(seat, words[1]), nil
	case "play":
		return t.play(seat, words[1]), nil
	default:
		return t.trade(seat, words[0], words[1:]), nil
	}
}

// why explains that a move is not legal.
func (t table) why(seat int, move string) string {
	verb, card, _ := strings.Cut(move, " ")
	switch {
	case verb == "bid" || t.Next == 0:
		return "all bid once, before anything else"
	case verb == "play" && t.Next != seat:
		return fmt.Sprintf("it is seat %d's turn", t.Next)
	case verb == "play" && slices.Contains(t.at(seat).cards(), card):
		return "you must follow " + suit(t.Trick[0].Card)
	case verb == "offer" && t.at(seat).Offered:
		return "you have offered a swap, which one may once in a match"
	}
	return "you have no such card in your hand, or there is no such offer"
}

// Duty waits for all bids, then for whose turn it is. The others may trade if they can.
func (r Hedge) Duty(p game.Position, seat int) game.Duty {
	t, can := p.(table), len(r.LegalMoves(p, seat)) > 0
	switch {
	case can && (t.Next == 0 || t.Next == seat):
		return game.MustAct
	case can:
		return game.MayAct
	}
	return game.Waits
}

// Outcomes counts the points once all cards are played.
func (Hedge) Outcomes(p game.Position) []game.Outcome {
	t := p.(table)
	var seats, points []int
	for _, pl := range t.Players {
		if len(pl.cards()) > 0 || len(t.Trick) > 0 {
			return nil
		}
		won := pl.Tricks
		if strconv.Itoa(won) == pl.Bid {
			won += bonus
		}
		seats, points = append(seats, pl.Seat), append(points, won)
	}
	return game.ByScore(seats, points)
}
