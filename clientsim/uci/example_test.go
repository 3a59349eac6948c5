package uci_test

import (
	"context"
	"fmt"
	"net/http"

	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/clientsim"
	"yourmove/clientsim/uci"
	pb "yourmove/proto/gen/yourmove/v1"
)

// An engine joins a match by its code and plays it to the end.
func ExamplePlay() {
	ctx := context.Background()
	engine, err := uci.Start(ctx, "/usr/games/stockfish", uci.Options{Settings: []uci.Setting{{Name: "Skill Level", Value: "3"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	c := clientsim.NewClient(connecthttp.NewTransport(http.DefaultClient, "http://127.0.0.1:8080"), clientsim.ClientOptions{
		Seed: 42, Name: engine.Name,
	})
	if err := c.SignIn(ctx); err != nil {
		fmt.Println(err)
		return
	}
	joined, err := c.JoinMatch(ctx, &pb.JoinMatchRequest{JoinCode: "K7M2QX"})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := uci.Play(ctx, c, joined.GetMatch().GetSummary().GetMatchId(), engine, uci.Limit{Nodes: 10_000})
	fmt.Println(m.GetSummary().GetSummary(), err)
}
