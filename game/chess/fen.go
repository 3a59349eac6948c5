package chess

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const startFEN = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"

// fen writes the position as Forsyth-Edwards Notation does (PGN standard, 16.1). A passed square is written only where a
// capture is possible, so that two positions are the same, as 9.2.3 has it, when their first four fields are.
func (p *position) fen() string {
	out := make([]byte, 0, 92)
	for rank := 7; rank >= 0; rank-- {
		run := byte('0')
		for _, c := range p.board[8*rank : 8*rank+8] {
			if c == empty {
				run++
				continue
			}
			if run > '0' {
				out = append(out, run)
				run = '0'
			}
			out = append(out, c)
		}
		if run > '0' {
			out = append(out, run)
		}
		if rank > 0 {
			out = append(out, '/')
		}
	}
	out = append(out, ' ', "wb"[p.turn], ' ')
	if p.rights == 0 {
		out = append(out, '-')
	}
	for i := range 4 {
		if p.rights&(1<<i) != 0 {
			out = append(out, "KQkq"[i])
		}
	}
	out = append(out, ' ')
	if p.passed == none {
		out = append(out, '-')
	} else {
		out = append(out, p.passed.String()...)
	}
	out = strconv.AppendInt(append(out, ' '), int64(p.clock), 10)
	out = strconv.AppendInt(append(out, ' '), int64(p.number), 10)
	return string(out)
}

// parseFEN reads a position that could stand on a board. The last two fields may be missing.
func parseFEN(s string) (*position, error) {
	f := strings.Fields(s)
	if len(f) == 4 {
		f = append(f, "0", "1")
	}
	if len(f) != 6 {
		return nil, errors.New("it takes six fields: board, w or b, castling, en passant square, clock, number of the move")
	}
	p := newPosition()
	if err := p.board.parse(f[0]); err != nil {
		return nil, err
	}
	switch f[1] {
	case "w":
	case "b":
		p.turn = black
	default:
		return nil, fmt.Errorf("%.10q: w or b is to move", f[1])
	}
	if p.board.attacked(p.board.king(p.turn.other()), p.turn) {
		return nil, fmt.Errorf("it is %s's turn, and %s is in check", p.turn, p.turn.other())
	}
	if err := p.parseRights(f[2]); err != nil {
		return nil, err
	}
	if err := p.parsePassed(f[3]); err != nil {
		return nil, err
	}
	clock, err := strconv.ParseUint(f[4], 10, 8)
	if err != nil || clock > 2*75 {
		return nil, fmt.Errorf("%.10q: moves since a pawn moved or a piece was captured, up to 150", f[4])
	}
	number, err := strconv.ParseUint(f[5], 10, 31)
	if err != nil || number < 1 {
		return nil, fmt.Errorf("%.10q: the number of the move, from 1", f[5])
	}
	p.clock, p.number = uint8(clock), int(number)
	return p, nil
}

// parse reads the first field. More pieces than a game can bring are refused: the library has room for 218 moves, which is
// the most that those of a game can have.
func (b *board) parse(s string) error {
	ranks := strings.Split(s, "/")
	if len(ranks) != 8 {
		return fmt.Errorf("the board has %d ranks", len(ranks))
	}
	var count [256]int
	for i, text := range ranks {
		row := make([]byte, 0, 8)
		for _, c := range []byte(text) {
			switch {
			case c >= '1' && c <= '8':
				row = append(row, strings.Repeat(string(empty), int(c-'0'))...)
			case strings.IndexByte(libraryPieces, c) >= 0:
				row = append(row, c)
				count[c]++
			default:
				return fmt.Errorf("%q is no piece", c)
			}
		}
		if len(row) != 8 {
			return fmt.Errorf("rank %d has %d squares", 8-i, len(row))
		}
		if (i == 0 || i == 7) && strings.ContainsAny(text, "Pp") {
			return fmt.Errorf("there is a pawn on rank %d", 8-i)
		}
		copy(b[8*(7-i):], row)
	}
	for _, s := range []side{white, black} {
		promoted := 0
		for kind, first := range map[byte]int{'q': 1, 'r': 2, 'b': 2, 'n': 2} {
			promoted += max(0, count[s.of(kind)]-first)
		}
		switch {
		case count[s.of('k')] != 1:
			return fmt.Errorf("%s has %d kings", s, count[s.of('k')])
		case count[s.of('p')] > 8:
			return fmt.Errorf("%s has %d pawns", s, count[s.of('p')])
		case count[s.of('p')]+promoted > 8:
			return fmt.Errorf("%s has more pieces than eight pawns can be promoted to", s)
		}
	}
	return nil
}

func (p *position) parseRights(s string) error {
	if s == "-" {
		return nil
	}
	for _, c := range []byte(s) {
		i := strings.IndexByte("KQkq", c)
		if i < 0 || p.rights&(1<<i) != 0 {
			return fmt.Errorf("%.10q: castling is some of KQkq, or -", s)
		}
		owner := side(i / 2)
		king, rook := square(4+8*owner.home()), square(7+8*owner.home())
		if i%2 == 1 {
			rook -= 7
		}
		if p.board[king] != owner.of('k') || p.board[rook] != owner.of('r') {
			return fmt.Errorf("castling %c without a king on %s and a rook on %s", c, king, rook)
		}
		p.rights |= 1 << i
	}
	return nil
}

func (p *position) parsePassed(s string) error {
	if s == "-" {
		return nil
	}
	mover := p.turn.other()
	passed, ok := parseSquare(s)
	if !ok || passed.rank() != mover.pawns()+sign(int(mover.forward())) {
		return fmt.Errorf("%.10q: the square that a pawn of %s has just passed, or -", s, mover)
	}
	from, to := passed-mover.forward(), passed+mover.forward()
	if p.board[from] != empty || p.board[passed] != empty || p.board[to] != mover.of('p') {
		return fmt.Errorf("no pawn of %s has just passed %s", mover, s)
	}
	p.passed = passed
	if !capturesEnPassant(p.library().ValidMoves()) { // not p.legal, which would keep what is still to change
		p.passed = none
	}
	return nil
}
