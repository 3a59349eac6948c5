package battleship

import "math/bits"

// squares is a set of squares.
type squares [2]uint64

func (s *squares) add(at square) { s[at/64] |= 1 << (at % 64) }

func (s *squares) remove(at square) { s[at/64] &^= 1 << (at % 64) }

func (s squares) has(at square) bool { return s[at/64]>>(at%64)&1 != 0 }

func (s squares) or(o squares) squares { return squares{s[0] | o[0], s[1] | o[1]} }

func (s squares) and(o squares) squares { return squares{s[0] & o[0], s[1] & o[1]} }

func (s squares) without(o squares) squares { return squares{s[0] &^ o[0], s[1] &^ o[1]} }

func (s squares) empty() bool { return s == squares{} }

func (s squares) meets(o squares) bool { return !s.and(o).empty() }

func (s squares) count() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// first is the lowest square of a set that is not empty.
func (s squares) first() square {
	if s[0] != 0 {
		return square(bits.TrailingZeros64(s[0]))
	}
	return square(64 + bits.TrailingZeros64(s[1]))
}

// berth is a place for a kind of ship, with the squares that it takes.
type berth struct {
	kind int
	ship
	squares
}

// berths has all places on an empty board for each kind of ship.
var berths = func() (all [len(fleet)][]berth) {
	for kind, f := range fleet {
		for _, down := range []bool{false, true} {
			for at := range square(size * size) {
				b := berth{kind: kind, ship: ship{placed: true, down: down, at: at}}
				if !b.fits(kind) {
					continue
				}
				for i := range f.length {
					b.add(b.square(i))
				}
				all[kind] = append(all[kind], b)
			}
		}
	}
	return all
}()
