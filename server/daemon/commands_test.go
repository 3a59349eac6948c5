package daemon_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	"yourmove/server/daemon"
)

// command runs yourmoved within the test and returns its exit code and what it said.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	code = daemon.Main(t.Context(), []game.Rules{tictactoe.Rules{}, pig.Rules{}}, args, &out, &log)
	return code, out.String(), log.String()
}

// refused fails the test unless the command ends with the code and says all of the words in one line.
func refused(t *testing.T, want int, args []string, words ...string) {
	t.Helper()
	code, _, said := command(t, args...)
	if code != want {
		t.Errorf("yourmoved %v ends with %d, want %d: %s", args, code, want, said)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("yourmoved %v says %q, without %q", args, said, w)
		}
	}
}

func TestUsage(t *testing.T) {
	refused(t, 2, []string{"serve"}, "data")
	refused(t, 2, []string{"dance"}, "dance", "--help")
	refused(t, 2, []string{"serve", "--data", t.TempDir(), "--port", "1"}, "--port")
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, said := command(t, "init", "--data", dir); code != 0 {
		t.Fatal(said)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, "yourmove.db": 0o600, "keys.json": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != mode {
			t.Errorf("%s has mode %o, want %o", name, got, mode)
		}
	}
	refused(t, 1, []string{"init", "--data", dir}, "holds a database already")
	if code, _, said := command(t, "keys", "rotate", "--data", dir); code != 0 {
		t.Error(said)
	}
}

func TestServeRefusesWhatIsNotSafe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, said := command(t, "init", "--data", dir); code != 0 {
		t.Fatal(said)
	}
	serve := []string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}
	refused(t, 1, append(serve, "--admin", "0.0.0.0:0"), "loopback")
	refused(t, 1, append(serve, "--admin", "nowhere"), "unix:PATH")

	keys := filepath.Join(dir, "keys.json")
	if err := os.Chmod(keys, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, serve, "keys.json has mode")
	if err := os.Chmod(keys, 0o600); err != nil {
		t.Fatal(err)
	}

	db := filepath.Join(dir, "yourmove.db")
	if err := os.Truncate(db, 0); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, serve, "empty")
	if err := os.Remove(db); err != nil {
		t.Fatal(err)
	}
	refused(t, 1, serve, "missing", "MANIFEST")
}

// The demo is the real server and real bots; a second of it plays many turns, of which they hear by all doors. On a
// machine that has no time for it a few more may be needed for the first turn.
func TestDemo(t *testing.T) {
	for seconds := 1; ; seconds *= 4 {
		code, out, said := command(t, "demo", "--seconds", strconv.Itoa(seconds), "--json")
		if code != 0 {
			t.Fatal(said)
		}
		var end struct {
			Finished   *int           `json:"matches_finished"`
			Turns      int            `json:"turns"`
			Games      map[string]int `json:"games"`
			Violations *int           `json:"violations"`
			Heard      map[string]int `json:"heard"`
			Gaps       *int           `json:"gaps"`
			Repeats    *int           `json:"repeats"`
		}
		if err := json.Unmarshal([]byte(out), &end); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		heard := 0
		for _, door := range []string{"long-poll", "stream", "mixed"} {
			heard += end.Heard[door]
		}
		if busy := end.Turns == 0 || heard == 0; busy && seconds < 60 {
			continue
		}
		if end.Finished == nil || end.Violations == nil || *end.Violations != 0 || end.Turns == 0 || end.Games == nil {
			t.Errorf("the demo ended with %s", out)
		}
		if end.Gaps == nil || *end.Gaps != 0 || end.Repeats == nil || *end.Repeats != 0 || len(end.Heard) != 3 || heard == 0 {
			t.Errorf("the demo ended with %s", out)
		}
		return
	}
}
