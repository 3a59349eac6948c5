// Command yourmoved is the server with the games that come with it.
package main

import (
	"context"
	"os"

	"yourmove/game/all"
	"yourmove/server/daemon"
)

func main() {
	os.Exit(daemon.Main(context.Background(), all.Games(), os.Args[1:], os.Stdout, os.Stderr))
}
