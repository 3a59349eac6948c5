// Command yourmoved is the server with the games that come with it.
package main

import (
	"context"
	"os"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	"yourmove/server/daemon"
)

// games has a line for each game.
func games() []game.Rules {
	return []game.Rules{
		tictactoe.Rules{},
		pig.Rules{},
	}
}

func main() {
	os.Exit(daemon.Main(context.Background(), games(), os.Args[1:], os.Stdout, os.Stderr))
}
