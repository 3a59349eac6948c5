// Command hedge is a server with a card game of its own, Hedge. docs/rules.md builds the game step by step.
package main

import (
	"context"
	"os"

	"yourmove/game"
	"yourmove/server/daemon"
)

func main() {
	rules := []game.Rules{Hedge{}}
	os.Exit(daemon.Main(context.Background(), rules, os.Args[1:], os.Stdout, os.Stderr))
}
