package chess

import "bytes"

// board has a piece or empty on each square, from a1, b1 … to h8: pieces as FEN writes them, White's in capitals.
type board [64]byte

const empty = '.'

// square counts from 0, a1, by ranks to 63, h8.
type square int8

const none square = -1

func (s square) file() int { return int(s) & 7 }
func (s square) rank() int { return int(s) >> 3 }

// String writes the square's name.
func (s square) String() string { return string([]byte{'a' + byte(s.file()), '1' + byte(s.rank())}) }

// kind is the letter of a piece without its colour, and empty for empty.
func kind(c byte) byte { return c | 0x20 }

// owner is the side that a piece belongs to.
func owner(c byte) side {
	if c >= 'a' {
		return black
	}
	return white
}

// of is the piece of a side with this small letter.
func (s side) of(kind byte) byte {
	if s == white {
		return kind &^ 0x20
	}
	return kind
}

// nameOf is what people call a piece.
func nameOf(c byte) string {
	switch kind(c) {
	case 'k':
		return "king"
	case 'q':
		return "queen"
	case 'r':
		return "rook"
	case 'b':
		return "bishop"
	case 'n':
		return "knight"
	}
	return "pawn"
}

func (b *board) king(s side) square { return square(bytes.IndexByte(b[:], s.of('k'))) }

// step is a direction on the board, or a knight's jump.
type step struct{ files, ranks int }

// lines are the directions of rook and queen, then those of bishop and queen.
var lines = [8]step{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}

var jumps = [8]step{{1, 2}, {2, 1}, {2, -1}, {1, -2}, {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}}

// to returns the square that lies a step away; ok is false beyond the edge.
func (s square) to(d step) (to square, ok bool) {
	file, rank := s.file()+d.files, s.rank()+d.ranks
	return square(rank<<3 | file), file|rank >= 0 && file < 8 && rank < 8
}

// attacked reports whether a piece of the side could capture on a square, were it free to move (3.1.2).
func (b *board) attacked(sq square, by side) bool {
	for i, d := range lines {
		straight, near := i < 4, true
		for at, ok := sq.to(d); ok; at, ok = at.to(d) {
			if c := b[at]; c != empty {
				if owner(c) == by && attacksAlong(kind(c), straight, near, d.ranks*int(by.forward()) < 0) {
					return true
				}
				break
			}
			near = false
		}
	}
	for _, d := range jumps {
		if at, ok := sq.to(d); ok && b[at] == by.of('n') {
			return true
		}
	}
	return false
}

// attacksAlong reports whether a piece of this kind attacks the square at the end of a free line: a straight one or a
// diagonal, the next square (near) or one further off, lying before the piece as its side goes or not.
func attacksAlong(kind byte, straight, near, before bool) bool {
	switch kind {
	case 'q':
		return true
	case 'r':
		return straight
	case 'b':
		return !straight
	case 'k':
		return near
	case 'p':
		return near && !straight && before
	}
	return false
}

func sign(n int) int {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}

func abs(n int) int { return max(n, -n) }
