package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"yourmove/game/all"
	"yourmove/server/servertest"
)

// TestPlay runs testdata/play/*.txtar: people at terminals, whose lines come from files. Each script has a home of its
// own for one's own server; $SERVER is another one.
func TestPlay(t *testing.T) {
	url := servertest.New(t, servertest.Options{Rules: all.Games()}).Start()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/play",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit1": exits(exitFailed), "exit2": exits(exitUsage), "keep": keep,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("XDG_DATA_HOME", env.WorkDir)
			env.Setenv("USER", "anna")
			env.Setenv("SERVER", url)
			return nil
		},
	})
}

// keep is a script's command that puts what a pattern's group finds in the last output into a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep VARIABLE PATTERN")
	}
	match := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(match) != 2 {
		ts.Fatalf("the output does not have %s once", args[1])
	}
	ts.Setenv(args[0], match[1])
}

// TestProgramName: what a hint says can be typed.
func TestProgramName(t *testing.T) {
	for arg0, want := range map[string]string{
		"yourmove": "yourmove", "/usr/local/bin/yourmove": "yourmove", "/tmp/go-build123/b001/exe/yourmove": "go run ./cmd/yourmove",
	} {
		if got := programName(arg0); got != want {
			t.Errorf("%s is called %q, want %q", arg0, got, want)
		}
	}
	if names := strings.Join(gameNames(), " "); !strings.Contains(names, "connectfour") || !strings.Contains(names, "tictactoe") {
		t.Errorf("the games to complete are %s", names)
	}
}
