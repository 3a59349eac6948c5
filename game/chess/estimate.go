package chess

import (
	"math"

	"yourmove/game"
)

// Estimate goes by the pieces: what they are worth in pawns, and a little for pawns that have advanced and for pieces
// near the middle. Four pawns more are ten to one.
func (Rules) Estimate(at game.Position, seat int) float64 {
	p := at.(*position)
	balance := 0.0
	for i, c := range p.board {
		if c == empty {
			continue
		}
		v := worth(kind(c), square(i), owner(c))
		if owner(c).seat() != seat {
			v = -v
		}
		balance += v
	}
	return 1 / (1 + math.Pow(10, -balance/4))
}

// worth is what a piece counts, in pawns.
func worth(kind byte, at square, of side) float64 {
	// middle is 0 at the edge and up to 6 on the four squares in the middle.
	middle := float64(min(at.file(), 7-at.file()) + min(at.rank(), 7-at.rank()))
	switch kind {
	case 'p':
		return 1 + 0.02*middle + 0.05*float64(abs(at.rank()-of.pawns()))
	case 'n':
		return 3 + 0.05*middle
	case 'b':
		return 3.2 + 0.03*middle
	case 'r':
		return 5
	case 'q':
		return 9
	}
	return 0 // both have a king
}
