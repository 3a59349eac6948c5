package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	"yourmove/server/servertest"
)

// realServer starts the real server and returns its public URL and its admin listener.
func realServer(t *testing.T) (url, admin string) {
	t.Helper()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}, pig.Rules{}}})
	a := httptest.NewServer(s.Admin)
	t.Cleanup(a.Close)
	return s.Start(), a.Listener.Addr().String()
}

// command runs a command line that must succeed and reads what it printed into v.
func command(t *testing.T, v any, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != exitOK {
		t.Fatalf("yourmove %s: exit code %d, %s%s", strings.Join(args, " "), code, out.String(), errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), v); err != nil {
		t.Fatalf("yourmove %s: %v in %q", strings.Join(args, " "), err, out.String())
	}
}

// TestRealServer runs the commands against the real server: what a fake promises may not be what there is.
func TestRealServer(t *testing.T) {
	url, admin := realServer(t)
	for _, game := range []string{"tictactoe", "pig", "relay"} {
		var r struct {
			Turns, Errors int
			FirstError    string   `json:"first_error"`
			Disk          *float64 `json:"disk_bytes_per_turn"`
			CPU           *float64 `json:"server_cpu_us_per_turn"`
			RSS           *float64 `json:"server_rss_mb"`
		}
		command(t, &r, "bench", "turns", "--server", url, "--admin", admin, "--game", game, "--players", "4", "--matches", "8",
			"--seconds", "1", "--yardstick-seconds", "0", "--json")
		if r.Turns == 0 || r.Errors != 0 {
			t.Errorf("%s: %d turns, %d errors: %s", game, r.Turns, r.Errors, r.FirstError)
		}
		if r.Disk == nil || r.CPU == nil || r.RSS == nil {
			t.Errorf("%s: the server's own figures are missing: %+v", game, r)
		}
	}

	pgn := filepath.Join("..", "..", "clientsim", "testdata", "famous.pgn")
	text, err := os.ReadFile(pgn)
	if err != nil {
		t.Fatal(err)
	}
	var replayed struct {
		Games, OK int
		Failed    []any
		MovesPerS float64 `json:"moves_per_s"`
	}
	command(t, &replayed, "replay", "--relay", "--server", url, "--pgn", pgn, "--json")
	if n := strings.Count(string(text), "[Event "); replayed.Games != n || replayed.OK != n || replayed.Failed == nil || replayed.MovesPerS == 0 {
		t.Errorf("of %d games: %+v", n, replayed)
	}

	var stats struct {
		Matches []struct{ Game string }
		Turns   string
	}
	command(t, &stats, "status", "--admin", admin, "-o", "json")
	if len(stats.Matches) < 3 || stats.Turns == "" || stats.Turns == "0" {
		t.Errorf("status %+v", stats)
	}
	var list struct {
		Matches []struct {
			MatchID string `json:"matchId"`
			Seats   []struct {
				PlayerID string `json:"playerId"`
				Bot      bool
			}
		}
	}
	command(t, &list, "match", "list", "--admin", admin, "--game", "pig", "--state", "active", "--page-size", "1", "-o", "json")
	if len(list.Matches) != 1 || !list.Matches[0].Seats[0].Bot {
		t.Fatalf("one active match of pig between the bench's bots: %+v", list)
	}
	m := list.Matches[0]
	var shown struct {
		Match  struct{ Summary struct{ State string } }
		Events []any
	}
	command(t, &shown, "match", "show", m.MatchID, "--admin", admin, "-o", "json")
	if len(shown.Events) == 0 {
		t.Errorf("match show without events: %+v", shown)
	}
	command(t, &shown, "match", "cancel", m.MatchID, "--admin", admin, "-o", "json")
	if shown.Match.Summary.State != "MATCH_STATE_CANCELLED" {
		t.Errorf("match cancel: %+v", shown)
	}
	var player struct{ Player struct{ Bot bool } }
	command(t, &player, "player", "mark-bot", "--unmark", m.Seats[0].PlayerID, "--admin", admin, "-o", "json")
	command(t, &player, "player", "show", m.Seats[0].PlayerID, "--admin", admin, "-o", "json")
	if player.Player.Bot {
		t.Errorf("still a bot: %+v", player)
	}
}
