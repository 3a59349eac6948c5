package clientsim_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"net/http"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	"yourmove/server/servertest"
)

var rules = []game.Rules{tictactoe.Rules{}, pig.Rules{}}

func registry(t testing.TB) *game.Registry {
	t.Helper()
	games, err := game.NewRegistry(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return games
}

func TestPopulation(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules})
	p, err := clientsim.NewPopulation(clientsim.Options{
		Transport: s.Transport(), Seed: 1, Finish: 24, Poll: time.Millisecond, Resign: 0.003, Luck: clientsim.BadLuck,
		Registry: registry(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := p.Stats()
	t.Logf("%+v", st)
	for _, v := range st.Found {
		t.Error(v)
	}
}

func TestTmpLondon(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules})
	url := s.Start()
	f, err := os.Open("/work/shared/data/london1851.pgn")
	if err != nil {
		t.Fatal(err)
	}
	r, err := clientsim.ReplayRelay(context.Background(), clientsim.ReplayOptions{PGN: f, Parallel: 32, Seed: 1, Luck: clientsim.BadLuck,
		Transport: func() connect.Transport {
			return connecthttp.NewTransport(&http.Client{Transport: &http.Transport{DisableCompression: true}}, url)
		}})
	t.Logf("%+v %v", r, err)
}

var _ atomic.Bool
