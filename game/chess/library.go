package chess

import (
	"slices"
	"strings"
	"sync"

	lib "github.com/corentings/chess/v2"
)

// libraryPieces has the pieces in the library's order.
const libraryPieces = "KQRBNPkqrbnp"

// newPosition returns a position to be filled in before its legal moves are asked for.
func newPosition() *position {
	p := &position{passed: none}
	p.legal = sync.OnceValues(func() (*lib.Position, []lib.Move) {
		pos := p.library()
		return pos, pos.ValidMoves()
	})
	return p
}

// library returns the position as the library has it. It goes by the binary form, because the library's FEN reader keeps
// its ranks in a variable that all its callers share: two at once read each other's boards. The number of the move is
// left out: the form has no room for all that we take.
func (p *position) library() *lib.Position {
	var data [101]byte // a bitboard of 8 bytes for each piece, a1 in its highest bit; clock, number (2), passed square, flags
	for sq, c := range p.board {
		if c != empty {
			data[8*strings.IndexByte(libraryPieces, c)+sq>>3] |= 0x80 >> (sq & 7)
		}
	}
	data[96] = p.clock
	data[100] = byte(p.rights) | byte(p.turn)<<4
	if p.passed != none {
		data[99] = byte(p.passed)
		data[100] |= 1 << 5
	}
	var pos lib.Position
	if err := pos.UnmarshalBinary(data[:]); err != nil {
		panic("chess: the library does not read 101 bytes: " + err.Error()) // it looks at nothing but their number
	}
	return &pos
}

// fromLibrary returns what the library has of a position: all but number, past and ending. The library notes a passed
// square after each double step; here it stays only where a capture is legal.
func fromLibrary(pos *lib.Position) *position {
	p := newPosition()
	for sq := range p.board {
		p.board[sq] = empty
		if piece := pos.Board().Piece(lib.Square(sq)); piece != lib.NoPiece {
			p.board[sq] = libraryPieces[piece-lib.WhiteKing]
		}
	}
	if pos.Turn() == lib.Black {
		p.turn = black
	}
	for i, c := range "KQkq" {
		if strings.ContainsRune(string(pos.CastleRights()), c) {
			p.rights |= 1 << i
		}
	}
	p.clock = uint8(pos.HalfMoveClock())
	if pos.EnPassantSquare() != lib.NoSquare {
		p.passed = square(pos.EnPassantSquare())
		if _, legal := p.legal(); !capturesEnPassant(legal) {
			p.passed = none
		}
	}
	return p
}

// capturesEnPassant reports whether there is such a capture among moves.
func capturesEnPassant(legal []lib.Move) bool {
	return slices.ContainsFunc(legal, func(mv lib.Move) bool { return mv.HasTag(lib.EnPassant) })
}

// find returns the position as the library has it, and its move m: nil if that is not legal.
func (p *position) find(m move) (*lib.Position, *lib.Move) {
	pos, legal := p.legal()
	for i := range legal {
		if moveOf(&legal[i]) == m {
			return pos, &legal[i]
		}
	}
	return pos, nil
}

// moveOf returns the library's move as ours.
func moveOf(mv *lib.Move) move {
	m := move{from: square(mv.S1()), to: square(mv.S2())}
	if promo := mv.Promo().String(); promo != "" {
		m.promo = promo[0]
	}
	return m
}
