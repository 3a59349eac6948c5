package game

import "strconv"

// Duel gives Rules of the most usual kind of game all but Info and the encoding: two seats move in turn, nothing is hidden
// or left to chance. The position P says the rest. Embed it beside JSON or Text. Rules that take options have a Check of
// their own, which then goes before that of Duel.
type Duel[P DuelPosition[P]] struct {
	Open
	TwoSeats
	NoOptions
}

// DuelPosition is what Duel wants to hear from a position.
type DuelPosition[P any] interface {
	// Start returns the first position. It is asked of the zero P.
	Start(o Options) (P, error)
	// ToMove is the seat whose turn it is, 1 or 2, while the game goes on.
	ToMove() int
	// Moves lists the legal moves, while the game goes on.
	Moves() []string
	// Play returns the position after a move of seat. Malformed and Illegal make the errors.
	Play(seat int, move string) (P, error)
	// Result says whether the game is over, and who has won it; a winner of 0 is a draw.
	Result() (winner int, over bool)
	// View is what everybody is shown, something that encoding/json writes as an object.
	View() any
}

// Setup returns the first position.
func (Duel[P]) Setup(o Options, _ []int, _ *Chance) (Position, error) {
	var none P
	return none.Start(o)
}

// Play judges a move by what the position says of it.
func (Duel[P]) Play(p Position, seat int, move string, _ Moment, _ *Chance) (Played, error) {
	next, err := p.(P).Play(seat, move)
	if err != nil {
		return Played{}, err
	}
	return Played{Position: next}, nil
}

// Duty lets the seats take turns.
func (Duel[P]) Duty(p Position, seat int) Duty {
	if p.(P).ToMove() == seat {
		return MustAct
	}
	return Waits
}

// Outcomes tells of a winner or a draw.
func (Duel[P]) Outcomes(p Position) []Outcome {
	switch winner, over := p.(P).Result(); {
	case !over:
		return nil
	case winner == 0:
		return DrawnBy(2)
	default:
		return WonBy(winner, 2)
	}
}

// View shows all that the position shows.
func (Duel[P]) View(p Position, _ int) any { return p.(P).View() }

// LegalMoves lists those of the position.
func (Duel[P]) LegalMoves(p Position, _ int) []string { return p.(P).Moves() }

// Square finds a square by its name on a board of so many columns, at most 26, and rows: a1, the first of the first row,
// is square 0, b1 is 1. ok is false when no square is called so.
func Square(name string, columns, rows int) (at int, ok bool) {
	if len(name) < 2 {
		return 0, false
	}
	column := int(name[0]) - 'a'
	row, err := strconv.Atoi(name[1:])
	if err != nil || column < 0 || column >= columns || row < 1 || row > rows {
		return 0, false
	}
	at = (row-1)*columns + column
	return at, name == squareName(at, columns) // not a01 or a+1
}

// Squares names the squares of a board that want, in order: a1, b1 and on through the first row, then a2.
func Squares(columns, rows int, want func(at int) bool) []string {
	var names []string
	for at := range columns * rows {
		if want(at) {
			names = append(names, squareName(at, columns))
		}
	}
	return names
}

func squareName(at, columns int) string {
	return string(rune('a'+at%columns)) + strconv.Itoa(1+at/columns)
}
