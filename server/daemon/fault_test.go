//go:build fault

package daemon_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/google/uuid"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// inject makes system calls of a running server fail or take long, by strace, from the moment it returns.
func inject(t *testing.T, pid int, call, how string) {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-p", fmt.Sprint(pid), "-e", "trace="+call, "-e", "inject="+call+":"+how)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal("strace:", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "attached") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until strace ends
			t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGINT); _ = cmd.Wait() })
			return
		}
		t.Log("strace:", lines.Text())
	}
	t.Fatal("strace did not attach")
}

// victim is a server with one match in which one player passes the turn to himself.
type victim struct {
	*child
	dir     string
	secret  ledger
	calls   yourmovev1connect.MatchServiceClient
	match   string
	version uint64
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{dir: t.TempDir() + "/data"}
	v.start(t)
	made, err := v.calls.CreateMatch(t.Context(), &pb.CreateMatchRequest{
		RequestId: uuid.NewString(), Game: "relay", Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE,
	})
	if err != nil {
		t.Fatal(err)
	}
	v.match, v.version = made.GetMatch().GetSummary().GetMatchId(), made.GetVersion()
	if _, err := v.submit(t.Context(), uuid.NewString(), "first"); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *victim) start(t *testing.T) {
	t.Helper()
	v.child = startChild(t, "serve", nil, serveArgs([]string{v.dir})...)
	var err error
	if v.calls, err = v.secret.signIn(t.Context(), v.url); err != nil {
		t.Fatal(err)
	}
}

func (v *victim) submit(ctx context.Context, id, text string) (uint64, error) {
	res, err := v.calls.SubmitTurn(ctx, &pb.SubmitTurnRequest{
		MatchId: v.match, RequestId: id, ExpectedVersion: v.version, Moves: []*pb.Move{{Text: text}},
		Relay: &pb.RelayTurn{NextSeats: []*pb.NextSeat{{Seat: 1}}},
	})
	if err == nil {
		v.version = res.GetVersion()
	}
	return res.GetVersion(), err
}

// times tells how often a move stands in the match's history.
func (v *victim) times(t *testing.T, text string) int {
	t.Helper()
	rep, err := v.calls.GetReplay(t.Context(), &pb.GetReplayRequest{MatchId: v.match})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range rep.GetEvents() {
		if m := e.GetTurnTaken().GetMoves(); len(m) > 0 && m[0].GetText() == text {
			n++
		}
	}
	return n
}

// A failed write, sync or growth of the file leaves open whether the turn was kept: the answer says so, the server ends
// with a clear message, and after a restart a repeat finds one truth.
func TestFailedDiskIsUnknownThenOneTruth(t *testing.T) {
	for _, f := range []struct{ call, how string }{
		{"fdatasync", "error=EIO:when=1"}, // of the data pages
		{"fdatasync", "error=EIO:when=2"}, // of the meta page: readers would see the change
		{"pwrite64", "error=EIO:when=1"},
	} {
		t.Run(f.call+" "+f.how, func(t *testing.T) {
			v := newVictim(t)
			inject(t, v.cmd.Process.Pid, f.call, f.how)
			id := uuid.NewString()
			_, err := v.submit(t.Context(), id, "doubtful")
			if err == nil {
				t.Fatal("a turn that may be lost was acknowledged")
			}
			if got := refusal(err); got != "OUTCOME_UNKNOWN" || connect.CodeOf(err) != connect.CodeUnavailable {
				t.Errorf("the answer is %v with reason %q, want UNAVAILABLE with OUTCOME_UNKNOWN", err, got)
			}
			err = v.cmd.Wait()
			if code := v.cmd.ProcessState.ExitCode(); code != 1 {
				t.Errorf("the server ended with %v, want exit code 1", err)
			}
			if !strings.Contains(v.log.String(), "the database can no longer be written") {
				t.Errorf("the server does not say why it ended:\n%s", v.log)
			}
			v.start(t)
			before := v.times(t, "doubtful")
			if _, err := v.submit(t.Context(), id, "doubtful"); err != nil {
				t.Fatalf("the repeat after the restart: %v", err)
			}
			if n := v.times(t, "doubtful"); n != 1 {
				t.Errorf("the turn stands %d times in the history, want once (after the restart it stood %d times)", n, before)
			}
			v.kill(t)
			checkData(t, v.dir)
		})
	}
}

// A full disk refuses and recovers: nothing is lost, nothing has to be restarted.
func TestFullDiskRefusesAndRecovers(t *testing.T) {
	v := newVictim(t)
	inject(t, v.cmd.Process.Pid, "pwrite64", "error=ENOSPC:when=1")
	id := uuid.NewString()
	_, err := v.submit(t.Context(), id, "too much")
	if err == nil {
		t.Fatal("a turn was acknowledged although the disk was full")
	}
	if got := refusal(err); got != "DISK_FULL" || connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("the answer is %v with reason %q, want RESOURCE_EXHAUSTED with DISK_FULL", err, got)
	}
	if n := v.times(t, "too much"); n != 0 {
		t.Errorf("a refused turn stands %d times in the history", n)
	}
	if _, err := v.submit(t.Context(), id, "too much"); err != nil {
		t.Fatal("once there is space again:", err)
	}
	if n := v.times(t, "too much"); n != 1 {
		t.Errorf("the turn stands %d times in the history, want once", n)
	}
	v.kill(t)
	checkData(t, v.dir)
}

// bbolt shows readers a commit before its last sync has returned; the server must not.
func TestReaderIsShownNothingBeforeItIsDurable(t *testing.T) {
	v := newVictim(t)
	old := v.version
	inject(t, v.cmd.Process.Pid, "fdatasync", "delay_exit=2000000:when=2")
	answered := make(chan error, 1)
	go func() {
		_, err := v.submit(t.Context(), uuid.NewString(), "slow")
		answered <- err
	}()
	waited := 0
	for {
		select {
		case err := <-answered:
			if err != nil {
				t.Fatal(err)
			}
			if waited == 0 {
				t.Error("no read had to wait: the delay did not bite")
			}
			return
		default:
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		got, err := v.calls.GetMatch(ctx, &pb.GetMatchRequest{MatchId: v.match})
		cancel()
		if err != nil {
			waited++ // it waits for the sync, as it should
			continue
		}
		if got.GetMatch().GetSummary().GetVersion() > old {
			select {
			case err := <-answered: // it became durable while we read
				if err != nil {
					t.Fatal(err)
				}
				if waited == 0 {
					t.Error("no read had to wait: the delay did not bite")
				}
				return
			case <-time.After(time.Second):
				t.Fatal("a reader was shown a turn whose sync had not returned")
			}
		}
	}
}
