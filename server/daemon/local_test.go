package daemon_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/daemon"
)

func startLocal(ctx context.Context, t *testing.T, dir string) (*daemon.Local, error) {
	t.Helper()
	return daemon.StartLocal(ctx, []game.Rules{tictactoe.Rules{}}, dir, slog.New(slog.DiscardHandler))
}

// TestLocal: it outlives the context that it was started with, is alone on its directory, and what was done there is
// there the next time, for the same player.
func TestLocal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var match string
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		l, err := startLocal(ctx, t, dir)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if other, err := startLocal(t.Context(), t, dir); err == nil {
			t.Errorf("two servers on one directory: %v", other.Close())
		} else if !strings.Contains(err.Error(), "in use by another process") {
			t.Errorf("the second server: %v", err)
		}
		network := &http.Transport{}
		c := clientsim.NewClient(connecthttp.NewTransport(&http.Client{Transport: network}, l.URL), clientsim.ClientOptions{Seed: 1})
		if err := c.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if match == "" {
			made, err := c.CreateMatch(t.Context(), &pb.CreateMatchRequest{Game: "tictactoe"})
			if err != nil {
				t.Fatal(err)
			}
			match = made.GetMatch().GetSummary().GetMatchId()
		} else if _, err := c.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: match}); err != nil {
			t.Errorf("the match is gone: %v", err)
		}
		if conn, err := net.Dial("unix", filepath.Join(dir, "admin.sock")); err != nil {
			t.Errorf("operators cannot reach it: %v", err)
		} else {
			_ = conn.Close()
		}
		network.CloseIdleConnections()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", strings.TrimPrefix(l.URL, "http://")); err == nil {
			t.Error("it still listens")
		}
	}
}
