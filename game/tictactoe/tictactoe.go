// Package tictactoe is the game on three by three squares: three of one's own in a row, column or diagonal win.
package tictactoe

import "yourmove/game"

// Rules are those of tic-tac-toe. Seat 1 is X and begins. A move is a square from a1 (lower left) to c3.
type Rules struct {
	game.Text[board]
	game.Duel[board]
}

type board string // the nine squares, a1 b1 c1 a2 … c3: '.', 'X' or 'O'; whose turn it is follows from their number

var lines = [][3]int{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}}

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{Name: "tictactoe", Title: "Tic-tac-toe", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: "a square from a1 to c3; a1 is lower left"}
}

// Start returns the empty board.
func (board) Start(game.Options) (board, error) { return ".........", nil }

// Moves lists the empty squares.
func (b board) Moves() []string { return game.Squares(3, 3, func(at int) bool { return b[at] == '.' }) }

// ToMove lets X and O take turns.
func (b board) ToMove() int { return 2 - len(b.Moves())%2 }

// Play puts the seat's mark onto a square.
func (b board) Play(seat int, move string) (board, error) {
	at, ok := game.Square(move, 3, 3)
	if !ok {
		return b, game.Malformed("%.10q is not a square from a1 to c3", move)
	}
	if b[at] != '.' {
		return b, game.Illegal("%s is taken", move)
	}
	return b[:at] + board("XO"[seat-1]) + b[at+1:], nil
}

// Result is three in a row, of the one who moved last, or a full board.
func (b board) Result() (winner int, over bool) {
	for _, l := range lines {
		if b[l[0]] != '.' && b[l[0]] == b[l[1]] && b[l[1]] == b[l[2]] {
			return 3 - b.ToMove(), true
		}
	}
	return 0, len(b.Moves()) == 0
}

// View shows the rows from the top, as on paper, and who is next.
func (b board) View() any {
	v := map[string]any{"rows": []board{b[6:9], b[3:6], b[0:3]}}
	if _, over := b.Result(); !over {
		v["next"] = "XO"[b.ToMove()-1 : b.ToMove()]
	}
	return v
}
