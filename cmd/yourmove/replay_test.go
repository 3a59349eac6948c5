package main

import (
	"bytes"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"yourmove/server/servertest"
)

// TestReplayUnderRules plays recorded games through the command line against a server with chess.
func TestReplayUnderRules(t *testing.T) {
	url := chessServer(t)
	file := func(name string) string { return filepath.Join("..", "..", "clientsim", "testdata", name) }
	var r struct {
		Games, OK, Moves int
		Failed           []any
		Ends             map[string]int
	}
	command(t, &r, "replay", "--server", url, "--pgn", file("famous.pgn"), "--json")
	if r.Games != 13 || r.OK != 13 || len(r.Failed) != 0 || r.Moves != 650 || !maps.Equal(r.Ends, map[string]int{"checkmate": 7, "resigned": 5, "agreed": 1}) {
		t.Errorf("the famous games: %+v", r)
	}

	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"replay", "--server", url, "--pgn", file("unplayable.pgn")}, &out, &errs); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`failed       game 1, line 2: the variant "Chess960" is not the chess that is played here`,
		`failed       game 11, line 65, A – B: the record ends with 1-0, `,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("stdout %s\nwant %s", out.String(), want)
		}
	}
	// One of them was refused by the server.
	if !strings.Contains(errs.String(), " games did not end as recorded; the same bad luck again: --seed ") {
		t.Errorf("stderr %s", errs.String())
	}
}

// TestReplayWithoutChess: a server without the game is no place for it, and the command says what else there is.
func TestReplayWithoutChess(t *testing.T) {
	url := servertest.New(t, servertest.Options{}).Start()
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"replay", "--server", url, "--pgn", filepath.Join("..", "..", "clientsim", "testdata", "famous.pgn")}, &out, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "does not have the game chess; --relay plays without rules") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
