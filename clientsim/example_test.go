package clientsim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/all"
)

// A population plays every game against a server for a minute, in which its people live through a day, and tells what
// it found.
func Example() {
	games, err := game.NewRegistry(all.Games()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := clientsim.NewPopulation(clientsim.Options{
		Transport: connecthttp.NewTransport(http.DefaultClient, "http://127.0.0.1:8080"),
		Seed:      42, Players: 20, Matches: 10, Luck: clientsim.BadLuck, Registry: games,
		Personalities: clientsim.People(time.Minute), Day: time.Minute, Doors: clientsim.AllDoors,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.Run(ctx); err != nil {
		fmt.Println(err)
	}
	s := p.Stats()
	fmt.Println(s.Finished, "matches,", s.Turns, "turns,", s.Violations, "violations")
	for _, v := range s.Found {
		fmt.Println(v) // names the seed
	}
}

// One bot joins a match by its code and plays it to the end, beside whoever else plays in it.
func ExampleBot() {
	ctx := context.Background()
	c := clientsim.NewClient(connecthttp.NewTransport(http.DefaultClient, "http://127.0.0.1:8080"), clientsim.ClientOptions{Seed: 42})
	if err := c.SignIn(ctx); err != nil {
		fmt.Println(err)
		return
	}
	b := clientsim.NewBot(c, "0197a1c0-5d1f-7c3e-9b7a-2f4d5e6f7081", clientsim.BotOptions{
		Seed: 42, Door: clientsim.Stream, Tell: func(what string) { fmt.Println("should not be:", what) },
	})
	if err := b.Join(ctx, "K7M2QX"); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := b.Play(ctx); err != nil {
		fmt.Println(err)
	}
}

func ExampleReadPGN() {
	games, err := clientsim.ReadPGN(strings.NewReader(`
[White "Reti, Richard"]
[Black "Tartakower, Savielly"]

1. e4 c6 2. d4 d5 {the Caro-Kann} 3. Nc3 (3. e5) dxe4 $1 1-0
`))
	for _, g := range games {
		fmt.Println(g.Tags["White"], "–", g.Tags["Black"], g.Moves, g.Result)
	}
	fmt.Println(err)
	// Output:
	// Reti, Richard – Tartakower, Savielly [e4 c6 d4 d5 Nc3 dxe4] 1-0
	// <nil>
}
