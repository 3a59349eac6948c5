// Package all lists the games that come with Yourmove.
package all

import (
	"yourmove/game"
	"yourmove/game/battleship"
	"yourmove/game/chess"
	"yourmove/game/connectfour"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// Games returns the rules of each game.
func Games() []game.Rules {
	return []game.Rules{
		battleship.Rules{},
		chess.Rules{},
		connectfour.Rules{},
		pig.Rules{},
		tictactoe.Rules{},
	}
}
