package main

import (
	"net"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestBenchEvents runs testdata/bench/*.txtar against the real server: $SERVER is its public URL, $ADMIN its admin
// listener, $NOBODY an address on which nothing listens.
func TestBenchEvents(t *testing.T) {
	url, admin := realServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/bench",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exit1": exits(exitFailed), "exit2": exits(exitUsage)},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("SERVER", url)
			env.Setenv("ADMIN", admin)
			env.Setenv("NOBODY", l.Addr().String())
			return nil
		},
	})
}
