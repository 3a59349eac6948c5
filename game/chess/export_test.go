package chess

import "yourmove/game"

// Reason is what is said to be wrong with a move of the side to move, or "".
func Reason(p game.Position, text string) string {
	m, _ := parseMove(text)
	return p.(*position).reason(m)
}
