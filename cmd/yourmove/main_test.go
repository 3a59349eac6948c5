package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/clientsim/uci/ucitest"
	"yourmove/cmd/yourmove/internal/fakeserver"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/boltstore"
)

// The scripts run this binary under the name of the command.
func TestMain(m *testing.M) {
	ucitest.Main() // or under that of a chess engine
	testscript.Main(m, map[string]func(){"yourmove": main})
}

// TestScripts runs testdata/*.txtar. Each has a server of its own: $ADMIN is its admin listener on a unix socket,
// $ADMIN_TCP the same by host and port, $SERVER its public URL, $NOBODY an address on which nothing listens.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit1": exits(exitFailed), "exit2": exits(exitUsage), "database": database,
		},
		Setup: func(env *testscript.Env) error {
			s := fakeserver.New()
			s.Put(people(), games())
			// A socket's path is short, and that of a test's directory may not be.
			dir, err := os.MkdirTemp("", "ym")
			if err != nil {
				return err
			}
			env.Defer(func() { os.RemoveAll(dir) })
			socket := filepath.Join(dir, "admin.sock")
			l, err := net.Listen("unix", socket)
			if err != nil {
				return err
			}
			unix := httptest.NewUnstartedServer(s.Admin())
			unix.Listener.Close()
			unix.Listener = l
			unix.Start()
			tcp := httptest.NewServer(s.Admin())
			public := httptest.NewUnstartedServer(s.Public())
			public.Config.Protocols = new(http.Protocols)
			public.Config.Protocols.SetHTTP1(true)
			public.Config.Protocols.SetUnencryptedHTTP2(true)
			public.Start()
			env.Defer(unix.Close)
			env.Defer(tcp.Close)
			env.Defer(public.Close)
			nobody, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			nobody.Close()
			// With the race detector every command would wait a second at its end for other goroutines to race.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("ADMIN", "unix:"+socket)
			env.Setenv("ADMIN_TCP", tcp.Listener.Addr().String())
			env.Setenv("SERVER", public.URL)
			env.Setenv("PUBLIC", public.Listener.Addr().String())
			env.Setenv("NOBODY", nobody.Addr().String())
			return nil
		},
	})
}

// database makes an empty data directory.
func database(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: database DIR")
	}
	ts.Check(boltstore.Create(ts.MkAbs(args[0]), boltstore.Options{}))
}

// exits makes a script's command that runs yourmove and wants this exit code of it.
func exits(want int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("an exit code is not to be negated")
		}
		err := ts.Exec("yourmove", args...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != want {
			ts.Fatalf("yourmove %s: %v, want exit code %d", strings.Join(args, " "), err, want)
		}
	}
}

// The players and matches that the scripts know.
const (
	anna  = "0199a000-0000-7000-8000-00000000000a"
	boris = "0199a000-0000-7000-8000-00000000000b"
	board = "0199b000-0000-7000-8000-000000000001"
	done  = "0199b000-0000-7000-8000-000000000002"
)

var birthday = timestamppb.New(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

func people() []*yourmovev1.Player {
	return []*yourmovev1.Player{
		{PlayerId: anna, Name: "Anna", Locale: "de", CreateTime: birthday},
		// A name that would colour the terminal and break a table.
		{PlayerId: boris, Name: "Bo\x1b[31mris\tK", Bot: true, CreateTime: birthday},
	}
}

func games() []*yourmovev1.Match {
	seats := func() []*yourmovev1.Seat {
		return []*yourmovev1.Seat{
			{Seat: 1, State: yourmovev1.SeatState_SEAT_STATE_SEATED, PlayerId: anna, Name: "Anna"},
			{Seat: 2, State: yourmovev1.SeatState_SEAT_STATE_SEATED, PlayerId: boris, Name: "Bo\x1b[31mris\tK", Bot: true},
		}
	}
	over := seats()
	over[0].Outcome = &yourmovev1.Outcome{Seat: 1, Result: yourmovev1.Result_RESULT_WON, Ending: yourmovev1.Ending_ENDING_PLAYED}
	over[1].Outcome = &yourmovev1.Outcome{Seat: 2, Result: yourmovev1.Result_RESULT_LOST, Ending: yourmovev1.Ending_ENDING_RESIGNED}
	return []*yourmovev1.Match{
		{
			Summary: &yourmovev1.MatchSummary{
				MatchId: board, Game: "tictactoe", RulesetVersion: 1, Title: "Evening", State: yourmovev1.MatchState_MATCH_STATE_ACTIVE,
				Seats: seats(), MustAct: []int32{2}, Version: 4, Turn: 2, CreateTime: birthday,
				LastMove: &yourmovev1.LastMove{Seat: 1, Text: "b2", TakeTime: birthday},
			},
			Drawing: "3 ...\n2 .X.\n1 ...\n  abc\n",
		},
		{
			Summary: &yourmovev1.MatchSummary{
				MatchId: done, Game: "oldgame", RulesetVersion: 3, State: yourmovev1.MatchState_MATCH_STATE_FINISHED,
				Seats: over, Version: 9, Turn: 5, CreateTime: birthday, EndTime: birthday,
			},
			RulesetMissing: true,
		},
	}
}

// TestInterrupted: a command ends with its context, and says so in a line of its own.
func TestInterrupted(t *testing.T) {
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hangs.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"status", "--admin", hangs.Listener.Addr().String()}, &out, &errs); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if out.Len() != 0 || errs.String() != "yourmove: interrupted\n" {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
}
