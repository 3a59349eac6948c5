// Package tictactoe is the game on three by three squares: three of one's own in a row, column or diagonal win.
package tictactoe

import (
	"strings"

	"yourmove/game"
)

// Rules are those of tic-tac-toe. Seat 1 is X and begins. A move is a square from a1 (lower left) to c3.
type Rules struct {
	game.Text[board]
	game.Open
	game.TwoSeats
	game.NoOptions
}

// board has the nine squares, a1 b1 c1 a2 … c3: '.', 'X' or 'O'. Whose turn it is follows from their number.
type board string

const empty = board(".........")

var lines = [][3]int{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}}

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{
		Name: "tictactoe", Title: "Tic-tac-toe", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: "a square from a1 to c3; a1 is lower left",
	}
}

// Setup returns the empty board.
func (Rules) Setup(game.Options, []int, *game.Chance) (game.Position, error) { return empty, nil }

func (b board) next() int { return 1 + (9-strings.Count(string(b), "."))%2 }

// Play puts the seat's mark onto a square.
func (Rules) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	if len(move) != 2 || move[0] < 'a' || move[0] > 'c' || move[1] < '1' || move[1] > '3' {
		return game.Played{}, game.Malformed("%.10q is not a square from a1 to c3", move)
	}
	b, at := p.(board), int(move[1]-'1')*3+int(move[0]-'a')
	if b[at] != '.' {
		return game.Played{}, game.Illegal("%s is taken", move)
	}
	return game.Played{Position: b[:at] + board("XO"[seat-1]) + b[at+1:]}, nil
}

// Duty lets X and O take turns.
func (Rules) Duty(p game.Position, seat int) game.Duty {
	if p.(board).next() == seat {
		return game.MustAct
	}
	return game.Waits
}

func (b board) winner() int {
	for _, l := range lines {
		if b[l[0]] != '.' && b[l[0]] == b[l[1]] && b[l[1]] == b[l[2]] {
			return 1 + strings.IndexByte("XO", b[l[0]])
		}
	}
	return 0
}

// Outcomes tells of three in a row, or of a full board.
func (Rules) Outcomes(p game.Position) []game.Outcome {
	if w := p.(board).winner(); w > 0 {
		return game.WonBy(w, 2)
	}
	if !strings.Contains(string(p.(board)), ".") {
		return game.DrawnBy(2)
	}
	return nil
}

// View shows the rows from the top, as on paper, and who is next.
func (r Rules) View(p game.Position, _ int) any {
	b := p.(board)
	v := map[string]any{"rows": []board{b[6:9], b[3:6], b[0:3]}}
	if r.Outcomes(p) == nil {
		v["next"] = "XO"[b.next()-1 : b.next()]
	}
	return v
}

// LegalMoves lists the empty squares.
func (Rules) LegalMoves(p game.Position, _ int) []string {
	var moves []string
	for i, c := range p.(board) {
		if c == '.' {
			moves = append(moves, string([]byte{'a' + byte(i%3), '1' + byte(i/3)}))
		}
	}
	return moves
}

// Draw draws the board.
func (Rules) Draw(p game.Position, _ int) string {
	b := string(p.(board))
	return "3 " + b[6:9] + "\n2 " + b[3:6] + "\n1 " + b[0:3] + "\n  abc\n"
}
