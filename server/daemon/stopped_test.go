package daemon_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/daemon"
)

const (
	// shortestBeat is the shortest heartbeat that a client may choose.
	shortestBeat = 5 * time.Second
	// smallBuffer is what the kernel may hold of a connection, where a test wants it to hold little.
	smallBuffer = 32 << 10
)

// stall is what comes in the way of a reader that was stopped.
type stall struct {
	h2 bool
	// window: its stream's window of HTTP/2 fills while the connection would take more. Else the connection is full.
	window bool
}

func (s stall) String() string {
	switch {
	case s.window:
		return "h2c, the stream is full"
	case s.h2:
		return "h2c, the connection is full"
	}
	return "h1"
}

// readForEver is the reader, in a process of its own. It reads a player's stream, opens it again from its last cursor
// whenever it breaks, and writes a line for each event, and one whenever the stream is open.
func readForEver(args []string) error {
	url, token, cursor, how := args[0], args[1], args[2], args[3]
	over := network(how != "h1")
	if how == (stall{h2: true, window: true}).String() {
		over.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64<<10 + 1}
	} else {
		over.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 4<<20 - 1}
		over.DialContext = (&net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
			var failed error
			err := c.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, smallBuffer)
			})
			if err == nil {
				err = failed
			}
			return err
		}}).DialContext
	}
	c := events(url, over, token)
	for {
		s, err := c.StreamEvents(context.Background(), &pb.StreamEventsRequest{
			Cursor: cursor, Heartbeat: durationpb.New(shortestBeat), Views: true,
		})
		if err != nil {
			return err
		}
		for {
			m, err := s.Receive()
			if err != nil {
				fmt.Fprintln(os.Stderr, "the stream broke:", err)
				break
			}
			if m.GetReady() != nil {
				fmt.Println("open")
			}
			for _, e := range m.GetEvents().GetEvents() {
				fmt.Println("event", e.GetMatchId(), e.GetEvent().GetVersion())
			}
			cursor = m.GetCursor()
		}
		_ = s.Close()
	}
}

// reader is a reader in a process of its own, and what it has heard.
type reader struct {
	cmd    *exec.Cmd
	log    syncBuffer
	mu     sync.Mutex // guards opened
	opened int
	heard  sequence
}

func startReader(t *testing.T, url, token, cursor string, how stall) *reader {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{cmd: exec.Command(self, url, token, cursor, how.String())}
	r.cmd.Env, r.cmd.Stderr = append(os.Environ(), childEnv+"=read"), &r.log
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var match string
			var version uint64
			if _, err := fmt.Sscanf(lines.Text(), "event %s %d", &match, &version); err == nil {
				r.heard.hear(match, version)
				continue
			}
			r.mu.Lock()
			r.opened++
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		<-done
		_ = r.cmd.Wait()
		if t.Failed() {
			t.Logf("the reader says:\n%s", r.log.String())
		}
	})
	return r
}

func (r *reader) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (r *reader) times() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened
}

// crowd are streams of many players at several tables; each hears what happens at his own.
type crowd struct {
	tables []*table
	heard  []*sequence
	at     []*table // of each stream
}

// gather opens so many streams, five for each player.
func gather(ctx context.Context, t *testing.T, l *live, n int) *crowd {
	t.Helper()
	const seats, each = 16, 5
	c := &crowd{}
	over := network(true)
	t.Cleanup(over.CloseIdleConnections)
	for len(c.heard) < n {
		tb := l.seat(t, seats)
		c.tables = append(c.tables, tb)
		for i := range seats * each {
			s, _, err := openStream(ctx, events(l.url, over, l.token(t, tb.players[i/each])), &pb.StreamEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			heard := &sequence{}
			c.heard, c.at = append(c.heard, heard), append(c.at, tb)
			go func() { // until ctx is done
				for {
					m, err := s.Receive()
					if err != nil {
						_ = s.Close()
						return
					}
					for _, e := range m.GetEvents().GetEvents() {
						heard.hear(e.GetMatchId(), e.GetEvent().GetVersion())
					}
				}
			}()
		}
	}
	return c
}

// play takes a turn at each table, and waits until everybody has heard of it.
func (c *crowd) play(t *testing.T) {
	t.Helper()
	for _, tb := range c.tables {
		if err := tb.turn(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the others have heard of it", func() bool {
		for i, s := range c.heard {
			if s.heard(c.at[i].match) < c.at[i].at() {
				return false
			}
		}
		return true
	})
}

// TestStoppedReaderIsCutAlone stops the process of a reader while others go on. Its messages pile up until its buffers
// are full; then it is cut, and said to be slow. The others hear everything meanwhile. Once it goes on, it comes back
// and misses nothing.
func TestStoppedReaderIsCutAlone(t *testing.T) {
	for _, how := range []stall{{}, {h2: true}, {h2: true, window: true}} {
		t.Run(how.String(), func(t *testing.T) { stopReader(t, how) })
	}
}

func stopReader(t *testing.T, how stall) {
	others := 1000
	if raceEnabled || how.window {
		others = 100
	}
	o := liveOptions{times: daemon.Times{Write: time.Second, Stall: 1500 * time.Millisecond}, sendBuffer: smallBuffer}
	if how.window {
		o.sendBuffer = 0
	}
	l := startLive(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tb, c := l.seat(t, 1), gather(ctx, t, l, others)
	first, err := events(l.url, network(true), tb.token).ListEvents(ctx, &pb.ListEventsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	r := startReader(t, l.url, l.token(t, tb.players[0]), first.GetCursor(), how)
	const state = 60 << 10
	if err := tb.turn(ctx, state); err != nil {
		t.Fatal(err)
	}
	await(t, "the reader has heard of the first turn", func() bool { return r.heard.heard(tb.match) == tb.at() })

	r.signal(t, syscall.SIGSTOP)
	play := func(turns int) {
		t.Helper()
		for range turns {
			if err := tb.turn(ctx, state); err != nil {
				t.Fatal(err)
			}
		}
		c.play(t)
	}
	play(20)
	before := heap()
	play(100) // 6 MB that it leaves where they are
	if more := heap() - before; more > 3<<20 {
		t.Errorf("the server's memory grew by %d KiB for a reader that does not read", more>>10)
	}
	slow := func() bool {
		return metric(t, l.admin, `yourmove_doors_ended_total{door="stream",reason="slow"}`) == "1"
	}
	await(t, "the stopped reader is cut", func() bool {
		c.play(t)
		return slow() || metric(t, l.admin, `yourmove_doors_ended_total{door="stream",reason="left"}`) != "0"
	})
	if !slow() {
		t.Error("it is not counted as slow")
	}
	if said := strings.Count(l.log.String(), "a client does not read its stream"); said != 1 {
		t.Errorf("the log says %d times that a client does not read:\n%s", said, l.log)
	}
	await(t, "only those of the others stream", func() bool {
		return goroutines(t, "server.(*Service).StreamEvents") == len(c.heard)
	})
	opened := r.times()
	r.signal(t, syscall.SIGCONT)
	play(1)
	await(t, "the reader has caught up", func() bool { return r.heard.heard(tb.match) == tb.at() })
	if r.times() == opened {
		t.Error("it did not open its stream again: it was never cut")
	}
	for _, s := range append(c.heard, &r.heard) {
		if err := s.whole(); err != nil {
			t.Error(err)
		}
	}
}

// heap is the memory in use once everything that nobody holds is gone.
func heap() int {
	for range 2 { // pools keep what they have for one more
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
