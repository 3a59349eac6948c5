package chess

// move takes a piece from one square to another. Promo is the small letter of what a pawn becomes, or 0. Castling is the
// king's move.
type move struct {
	from, to square
	promo    byte
}

// parseMove reads a move as UCI writes it.
func parseMove(s string) (m move, ok bool) {
	if len(s) != 4 && len(s) != 5 {
		return m, false
	}
	if len(s) == 5 {
		switch m.promo = s[4]; m.promo {
		case 'q', 'r', 'b', 'n':
		default:
			return m, false
		}
	}
	var okFrom, okTo bool
	m.from, okFrom = parseSquare(s[:2])
	m.to, okTo = parseSquare(s[2:4])
	return m, okFrom && okTo
}

func parseSquare(s string) (square, bool) {
	if len(s) != 2 || s[0] < 'a' || s[0] > 'h' || s[1] < '1' || s[1] > '8' {
		return none, false
	}
	return square(s[1]-'1')<<3 | square(s[0]-'a'), true
}

func appendMove(b []byte, m move) []byte {
	b = append(b, 'a'+byte(m.from.file()), '1'+byte(m.from.rank()), 'a'+byte(m.to.file()), '1'+byte(m.to.rank()))
	if m.promo != 0 {
		b = append(b, m.promo)
	}
	return b
}

// String writes the move as UCI does.
func (m move) String() string {
	var buf [5]byte
	return string(appendMove(buf[:0], m))
}

// after returns the position after a move of the side to move, or why that is illegal. The library judges the move and
// makes it. How the game stands then is not settled yet.
func (p *position) after(m move) (*position, error) {
	pos, mv := p.find(m)
	if mv == nil {
		return nil, p.explain(m)
	}
	next := fromLibrary(pos.Update(mv))
	next.number = p.number + int(p.turn)
	if next.clock > 0 && next.rights == p.rights && p.passed == none {
		next.past = make([]move, len(p.past)+1) // a copy: other moves from p have a past of their own
		copy(next.past, p.past)
		next.past[len(p.past)] = m
	}
	return next, nil
}
