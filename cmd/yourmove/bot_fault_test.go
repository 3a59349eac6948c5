//go:build fault

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// stockfish returns the path of Stockfish. Debian puts it where games are.
func stockfish(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"stockfish", "/usr/games/stockfish"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Stockfish: apt-get install stockfish")
	return ""
}

// A real engine plays whole matches through the command line against a real server: against its like, and against
// itself with its hands tied.
func TestStockfish(t *testing.T) {
	engine := []string{"--engine", stockfish(t), "--engine-option", "Hash=16"}
	for _, tt := range []struct {
		name  string
		guest []string
		won   bool
	}{
		{"equals", []string{"--nodes", "3000"}, false},
		{"a beginner", []string{"--depth", "1", "--engine-option", "Skill Level=0"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			end := playOut(t, 1, append([]string{"--nodes", "3000"}, engine...), append(tt.guest, engine...))[0]
			t.Logf("%+v", end)
			if !strings.HasPrefix(end.Engine, "Stockfish") || end.Turns < 10 || tt.won && (end.Result != "won" || end.Ending != "checkmate") {
				t.Errorf("it ended with %+v", end)
			}
		})
	}
}
