// Package connectfour is the game of Howard Wexler and Ned Strongin (Milton Bradley, 1974), by the rules and with the
// names of the squares that Victor Allis gives in "A Knowledge-based Approach of Connect-Four" (1988), chapter 1: seven
// columns of six squares; a disc falls to the lowest free square of its column; four of one's own in a row, upright,
// level or slanting, win; a full board without them is a draw.
package connectfour

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"yourmove/game"
)

// Rules are those of connect four. Seat 1 has the discs X and begins, seat 2 has O. A move is a column, "a" to "g".
type Rules struct{ game.Duel[board] }

const (
	columns = 7
	rows    = 6
	colours = "XO"
)

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{
		Name: "connectfour", Title: "Connect Four", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: "a column from a to g; the disc falls to its lowest free square",
	}
}

// board has the discs of seat 1 and of seat 2, a bit for each square. A column has seven bits, from the lowest square
// up; the seventh stays 0, so that no line runs over the top of one column into the next. Whose turn it is follows from
// the number of discs.
//
//	5 12 19 26 33 40 47
//	:  :  :  :  :  :  :
//	0  7 14 21 28 35 42
//	a  b  c  d  e  f  g
type board [2]uint64

// height is how many bits a column has.
const height = rows + 1

// square is the bit of a square; column and row count from 0.
func square(column, row int) uint64 { return 1 << (column*height + row) }

func (b board) taken() uint64 { return b[0] | b[1] }

func (b board) discs() int { return bits.OnesCount64(b.taken()) }

// Start returns the empty board.
func (board) Start(game.Options) (board, error) { return board{}, nil }

// ToMove is the seat whose turn it is, or would be if the game went on.
func (b board) ToMove() int { return 1 + b.discs()%2 }

func (b board) full(column int) bool { return b.taken()&square(column, rows-1) != 0 }

// Moves lists the columns that are not full.
func (b board) Moves() []string {
	moves := make([]string, 0, columns)
	for c := range columns {
		if !b.full(c) {
			moves = append(moves, "abcdefg"[c:c+1])
		}
	}
	return moves
}

// Play drops a disc of the seat into a column.
func (b board) Play(seat int, move string) (board, error) {
	if len(move) != 1 || move[0] < 'a' || move[0] >= 'a'+columns {
		return b, game.Malformed("%.10q is not a column from a to g", move)
	}
	if next := b.ToMove(); seat != next {
		return b, game.Illegal("it is seat %d's turn", next)
	}
	column := int(move[0] - 'a')
	if b.full(column) {
		return b, game.Illegal("column %s is full", move)
	}
	// One added at the lowest bit of a column carries past its discs to the lowest free square.
	b[seat-1] |= (b.taken() + square(column, 0)) &^ b.taken()
	return b, nil
}

// steps are how far apart neighbours in a line are: upright, level, falling and rising to the right.
var steps = [4]int{1, height, height - 1, height + 1}

// fours reports whether there are four in a row among the discs of one seat.
func fours(discs uint64) bool {
	for _, d := range steps {
		pairs := discs & (discs >> d)
		if pairs&(pairs>>(2*d)) != 0 {
			return true
		}
	}
	return false
}

// Result tells of four in a row, or of a full board.
func (b board) Result() (winner int, over bool) {
	for i, discs := range b {
		if fours(discs) {
			return i + 1, true
		}
	}
	return 0, b.discs() == columns*rows
}

// winning returns all squares of the lines of four or more that there are.
func (b board) winning() uint64 {
	var all uint64
	for _, discs := range b {
		for _, d := range steps {
			first := discs & (discs >> d) & (discs >> (2 * d)) & (discs >> (3 * d))
			all |= first | first<<d | first<<(2*d) | first<<(3*d)
		}
	}
	return all
}

// at is the disc on a square, or '.'.
func (b board) at(column, row int) byte {
	for i, discs := range b {
		if discs&square(column, row) != 0 {
			return colours[i]
		}
	}
	return '.'
}

// Encode writes the columns from a to g, each from the lowest disc up: "/X/O/XXO///".
func (Rules) Encode(p game.Position) (int, []byte, error) {
	b := p.(board)
	text := make([]byte, 0, columns*height)
	for c := range columns {
		if c > 0 {
			text = append(text, '/')
		}
		for r := 0; r < rows && b.at(c, r) != '.'; r++ {
			text = append(text, b.at(c, r))
		}
	}
	return 1, text, nil
}

// Decode reads what Encode wrote.
func (Rules) Decode(version int, data []byte) (game.Position, error) {
	if version != 1 {
		return nil, fmt.Errorf("unknown encoding version %d of a position", version)
	}
	var b board
	c, r := 0, 0
	for _, ch := range data {
		seat := strings.IndexByte(colours, ch)
		switch {
		case ch == '/' && c < columns-1:
			c, r = c+1, 0
		case seat >= 0 && r < rows:
			b[seat] |= square(c, r)
			r++
		default:
			return nil, fmt.Errorf("%q are not the seven columns of a board", data)
		}
	}
	if c != columns-1 {
		return nil, fmt.Errorf("%q has %d columns, not %d", data, c+1, columns)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

// check asks whether X and O can have taken turns.
func (b board) check() error {
	if x, o := bits.OnesCount64(b[0]), bits.OnesCount64(b[1]); x != o && x != o+1 {
		return fmt.Errorf("%d discs of X and %d of O do not come of taking turns", x, o)
	}
	if fours(b[0]) && fours(b[1]) {
		return errors.New("both have four in a row")
	}
	return nil
}
