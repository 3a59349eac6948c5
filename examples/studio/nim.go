package main

import (
	"errors"
	"fmt"

	"yourmove/game"
)

// Nim is played with heaps of matches: who takes the last one wins (Bouton, "Nim, a game with a complete mathematical
// theory", 1901). A move is "HEAP COUNT", heaps counted from 1. The option heaps says how large they are, 3 4 5 unless
// told otherwise. Seat 1 begins.
type Nim struct {
	game.JSON[nim]
	game.Open
	game.TwoSeats
}

type nim struct {
	Heaps []int `json:"heaps"`
	Next  int   `json:"next"`
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

// Setup lays the heaps.
func (Nim) Setup(o game.Options, _ []int, _ *game.Chance) (game.Position, error) {
	var opts nimOptions
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	return nim{Heaps: opts.Heaps, Next: 1}, nil
}

// Play takes matches from a heap.
func (Nim) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	var heap, count int
	if n, err := fmt.Sscanf(move, "%d %d", &heap, &count); n != 2 || err != nil || move != fmt.Sprintf("%d %d", heap, count) {
		return game.Played{}, game.Malformed("a move is HEAP COUNT")
	}
	b := p.(nim)
	if heap < 1 || heap > len(b.Heaps) || count < 1 || count > b.Heaps[heap-1] {
		return game.Played{}, game.Illegal("there are not that many matches")
	}
	heaps := append([]int(nil), b.Heaps...) // p stays as it was
	heaps[heap-1] -= count
	return game.Played{Position: nim{Heaps: heaps, Next: 3 - seat}}, nil
}

// Duty lets the seats take turns.
func (Nim) Duty(p game.Position, seat int) game.Duty {
	if p.(nim).Next == seat {
		return game.MustAct
	}
	return game.Waits
}

// Outcomes tells who took the last one.
func (Nim) Outcomes(p game.Position) []game.Outcome {
	b := p.(nim)
	for _, n := range b.Heaps {
		if n > 0 {
			return nil
		}
	}
	return game.WonBy(3-b.Next, 2)
}

// View shows everything.
func (Nim) View(p game.Position, _ int) any { return p.(nim) }

// LegalMoves lists every way to take some.
func (Nim) LegalMoves(p game.Position, _ int) []string {
	var moves []string
	for i, n := range p.(nim).Heaps {
		for c := 1; c <= n; c++ {
			moves = append(moves, fmt.Sprintf("%d %d", i+1, c))
		}
	}
	return moves
}
