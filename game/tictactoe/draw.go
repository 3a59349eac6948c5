package tictactoe

import "yourmove/game"

// Draw draws the board.
func (Rules) Draw(p game.Position, _ int) string {
	b := string(p.(board))
	return "3 " + b[6:9] + "\n2 " + b[3:6] + "\n1 " + b[0:3] + "\n  abc\n"
}
