package chess

import (
	"fmt"

	"yourmove/game"
)

// explain says why a move is illegal that the library has refused. Nothing is decided here: whatever it finds, or does
// not find, the move stays refused.
func (p *position) explain(m move) error {
	why := p.reason(m)
	if why == "" {
		why = fmt.Sprintf("%s is not a legal move in this position", m)
	}
	return game.Illegal("%s", why)
}

// reason is what is wrong with a move, or "" if nothing is seen to be.
func (p *position) reason(m move) string {
	piece, target := p.board[m.from], p.board[m.to]
	switch {
	case piece == empty:
		return fmt.Sprintf("there is no piece on %s", m.from)
	case owner(piece) != p.turn:
		return fmt.Sprintf("the %s on %s is %s's", nameOf(piece), m.from, owner(piece))
	case m.from == m.to:
		return fmt.Sprintf("the %s stands on %s already", nameOf(piece), m.to)
	case target != empty && owner(target) == p.turn:
		return fmt.Sprintf("your own %s stands on %s", nameOf(target), m.to)
	}
	if why := p.outOfReach(m); why != "" {
		return why
	}
	promotes := kind(piece) == 'p' && m.to.rank() == p.turn.other().home()
	switch {
	case promotes && m.promo == 0:
		return fmt.Sprintf("the pawn is promoted on %s: say to what, %sq, %[2]sr, %[2]sb or %[2]sn", m.to, m)
	case !promotes && m.promo != 0:
		return "only a pawn on the last rank is promoted"
	}
	return p.exposed(m)
}

// outOfReach is why the piece cannot move like that, check left aside (3.2 to 3.8).
func (p *position) outOfReach(m move) string {
	files, ranks := abs(m.to.file()-m.from.file()), abs(m.to.rank()-m.from.rank())
	straight, diagonal := files == 0 || ranks == 0, files == ranks
	piece, can := p.board[m.from], false
	switch kind(piece) {
	case 'p':
		return p.pawnOutOfReach(m)
	case 'k':
		if files == 2 && ranks == 0 && m.from == square(4+8*p.turn.home()) {
			return p.uncastled(m)
		}
		can = max(files, ranks) == 1
	case 'n':
		can = files*ranks == 2
	case 'r':
		can = straight
	case 'b':
		can = diagonal
	case 'q':
		can = straight || diagonal
	}
	switch {
	case !can:
		return neverMoves(piece, m)
	case kind(piece) != 'n' && !p.board.clear(m.from, m.to):
		return notFree(piece, m)
	}
	return ""
}

// pawnOutOfReach is outOfReach for a pawn (3.7).
func (p *position) pawnOutOfReach(m move) string {
	one := m.from + p.turn.forward()
	two := one + p.turn.forward()
	switch {
	case m.to == one, m.to == two && m.from.rank() == p.turn.pawns():
		if p.board[m.to] != empty || p.board[one] != empty {
			return notFree('p', m)
		}
	case m.to.rank() == one.rank() && abs(m.to.file()-m.from.file()) == 1:
		if p.board[m.to] == empty && m.to != p.passed {
			return fmt.Sprintf("there is nothing on %s that the pawn may capture", m.to)
		}
	default:
		return neverMoves('p', m)
	}
	return ""
}

func neverMoves(piece byte, m move) string {
	return fmt.Sprintf("a %s does not move from %s to %s", nameOf(piece), m.from, m.to)
}

func notFree(piece byte, m move) string {
	return fmt.Sprintf("the way of the %s from %s to %s is not free", nameOf(piece), m.from, m.to)
}

// uncastled is why the king cannot castle (3.8.2).
func (p *position) uncastled(m move) string {
	right, rook, name := whiteShort, m.from+3, "king's side"
	if m.to < m.from {
		right, rook, name = whiteLong, m.from-4, "queen's side"
	}
	if p.turn == black {
		right <<= 2
	}
	switch crossed := (m.from + m.to) / 2; {
	case p.rights&right == 0:
		return fmt.Sprintf("castling on the %s is not possible any more: king or rook has moved", name)
	case !p.board.clear(m.from, rook):
		return "there is a piece between king and rook"
	case p.check():
		return "a king in check does not castle"
	case p.board.attacked(crossed, p.turn.other()):
		return fmt.Sprintf("the king does not castle across %s, where it would be in check", crossed)
	}
	return ""
}

// exposed says that the move would leave the king in check, if it would (3.9.2).
func (p *position) exposed(m move) string {
	b, piece := p.board, p.board[m.from]
	b[m.from], b[m.to] = empty, piece
	if kind(piece) == 'p' && m.to == p.passed {
		b[m.to-p.turn.forward()] = empty
	}
	king := b.king(p.turn)
	switch {
	case !b.attacked(king, p.turn.other()):
		return ""
	case kind(piece) == 'k':
		return fmt.Sprintf("your king would be in check on %s", king)
	case p.check():
		return fmt.Sprintf("your king is in check, and would still be after %s", m)
	}
	return "that would leave your king in check"
}

// clear reports whether all squares between two on a line are empty.
func (b *board) clear(from, to square) bool {
	d := step{sign(to.file() - from.file()), sign(to.rank() - from.rank())}
	for at, _ := from.to(d); at != to; at, _ = at.to(d) {
		if b[at] != empty {
			return false
		}
	}
	return true
}
