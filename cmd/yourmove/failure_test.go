package main

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/cmd/yourmove/internal/fakeserver"
)

func TestExplainIsOneLineWithCodeReasonAndAdvice(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("plain"), "plain"},
		{errors.New("two\nlines \x1b[31m"), "two lines  [31m"},
		{connect.NewError(connect.CodeInternal, "internal error, id 7"), "INTERNAL: internal error, id 7; the server's log has the details"},
		{fakeserver.Refuse(connect.CodeNotFound, "NO_SUCH_MATCH", "no such match", 0),
			`NOT_FOUND (NO_SUCH_MATCH): no such match; "yourmove match list" shows which there are`},
		{fmt.Errorf("set up: %w", fakeserver.Refuse(connect.CodeResourceExhausted, "QUOTA", "too many", time.Second)),
			"set up: RESOURCE_EXHAUSTED (QUOTA): too many; wait, or mark the player as a bot, which raises what it may do"},
		{connect.NewError(connect.CodeUnavailable, "").WithCause(errors.New("reset")), "UNAVAILABLE: reset; try again in a moment"},
	} {
		if got := explain(c.err); got != c.want {
			t.Errorf("explain(%v)\n got %q\nwant %q", c.err, got, c.want)
		}
	}
}

// TestLinksNoFirebase: the command line starts at once because it is small. It has a server in it, for play; what sends
// push messages only yourmoved has.
func TestLinksNoFirebase(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("go list names only %d packages", len(deps))
	}
	for _, d := range deps {
		for _, no := range []string{"firebase.google.com", "cloud.google.com", "google.golang.org/grpc"} {
			if d == no || strings.HasPrefix(d, no+"/") {
				t.Errorf("it links %s", d)
			}
		}
	}
}
