// Command studio is a studio's own server: yourmoved with a game of its own beside those that come with it.
package main

import (
	"context"
	"os"

	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/server/daemon"
)

func main() {
	rules := []game.Rules{Nim{}, tictactoe.Rules{}}
	os.Exit(daemon.Main(context.Background(), rules, os.Args[1:], os.Stdout, os.Stderr))
}
