package main

import (
	"errors"
	"fmt"
	"slices"

	"yourmove/game"
)

// Nim is played with heaps of matches: who takes the last one wins (Bouton, "Nim, a game with a complete mathematical
// theory", 1901). A move is "HEAP COUNT", heaps counted from 1. The option heaps says how large they are, 3 4 5 unless
// told otherwise. Seat 1 begins.
type Nim struct {
	game.JSON[nim]
	game.Duel[nim]
}

type nim struct {
	Heaps []int `json:"heaps"`
	Seat  int   `json:"next"` // whose turn it is
}

type nimOptions struct {
	Heaps []int `json:"heaps"`
}

// Info names the game.
func (Nim) Info() game.Info {
	return game.Info{
		Name: "nim", Title: "Nim", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: "HEAP COUNT, as in 2 3: three matches from the second heap", OptionsHelp: `{"heaps":[3,4,5]}`,
	}
}

// Check wants one to eight heaps of one to 99 matches.
func (Nim) Check(o game.Options, _ int) (game.Options, error) {
	opts := nimOptions{Heaps: []int{3, 4, 5}}
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	if len(opts.Heaps) < 1 || len(opts.Heaps) > 8 {
		return nil, errors.New("heaps: one to eight")
	}
	for _, n := range opts.Heaps {
		if n < 1 || n > 99 {
			return nil, errors.New("heaps: one to 99 matches each")
		}
	}
	return game.FormatOptions(opts)
}

// Start lays the heaps.
func (nim) Start(o game.Options) (nim, error) {
	var opts nimOptions
	err := game.ParseOptions(o, &opts)
	return nim{Heaps: opts.Heaps, Seat: 1}, err
}

// ToMove lets the seats take turns.
func (b nim) ToMove() int { return b.Seat }

// Moves lists every way to take some.
func (b nim) Moves() []string {
	var moves []string
	for i, n := range b.Heaps {
		for c := 1; c <= n; c++ {
			moves = append(moves, fmt.Sprintf("%d %d", i+1, c))
		}
	}
	return moves
}

// Play takes matches from a heap.
func (b nim) Play(seat int, move string) (nim, error) {
	var heap, count int
	if n, err := fmt.Sscanf(move, "%d %d", &heap, &count); n != 2 || err != nil || move != fmt.Sprintf("%d %d", heap, count) {
		return b, game.Malformed("a move is HEAP COUNT")
	}
	if heap < 1 || heap > len(b.Heaps) || count < 1 || count > b.Heaps[heap-1] {
		return b, game.Illegal("there are not that many matches")
	}
	heaps := slices.Clone(b.Heaps) // b stays as it was
	heaps[heap-1] -= count
	return nim{Heaps: heaps, Seat: 3 - seat}, nil
}

// Result: who took the last one has won.
func (b nim) Result() (winner int, over bool) { return 3 - b.Seat, slices.Max(b.Heaps) == 0 }

// View shows everything.
func (b nim) View() any { return b }
