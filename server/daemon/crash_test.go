package daemon_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
	"yourmove/server/daemon"
)

// childEnv makes the test binary something else: "serve" the real server, "early" one that answers before it commits,
// "read" a reader of a stream.
const childEnv = "YOURMOVE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "serve":
		os.Exit(daemon.Main(context.Background(), nil, os.Args[1:], os.Stdout, os.Stderr))
	case "early":
		if err := serveEarly(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case "read":
		fmt.Fprintln(os.Stderr, readForEver(os.Args[1:]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// earlyStore is the control: it answers first and commits later, as a careless server would.
type earlyStore struct {
	*boltstore.Store
	mu    sync.Mutex
	fresh map[game.MatchID]game.Match // what was answered and not yet kept
	later chan server.Commit
}

// keep commits what was answered, one after the other.
func (s *earlyStore) keep() {
	for c := range s.later {
		if err := s.Store.Commit(context.Background(), c); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func (s *earlyStore) Match(ctx context.Context, id game.MatchID, key *server.RequestKey) (game.Match, *server.Recorded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.fresh[id]; ok {
		return m, nil, nil
	}
	return s.Store.Match(ctx, id, key)
}

func (s *earlyStore) Commit(ctx context.Context, c server.Commit) error {
	if c.Match == nil || c.Match.Before == 0 {
		return s.Store.Commit(ctx, c)
	}
	s.mu.Lock()
	s.fresh[c.Match.Match.ID] = c.Match.Match
	s.mu.Unlock()
	s.later <- c
	return nil
}

func serveEarly(dir string) error {
	keys, err := auth.LoadKeys(dir + "/keys.json")
	if err != nil {
		return err
	}
	store, err := boltstore.Open(dir, boltstore.Options{})
	if err != nil {
		return err
	}
	games, err := game.NewRegistry()
	if err != nil {
		return err
	}
	early := &earlyStore{Store: store, fresh: map[game.MatchID]game.Match{}, later: make(chan server.Commit, 1<<16)}
	go early.keep() // it ends with the process, which is killed
	srv, err := daemon.New(context.Background(), daemon.Parts{
		Store: early, Games: games, Keys: keys,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		return err
	}
	players, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("yourmoved: listening on http://%s\n", players.Addr())
	return srv.Serve(context.Background(), players, admin)
}

// child is a server in a process of its own.
type child struct {
	cmd *exec.Cmd
	url string
	// admin is where operators connect, if that is a port.
	admin string
	log   *syncBuffer
}

var readyLine = regexp.MustCompile(`listening on (http://[^ ,\n]+)(?: \(admin: (.*)\))?`)

// startChild starts the test binary as a server, with its arguments after the wrapper's (strace, for faults).
func startChild(t *testing.T, kind string, wrapper []string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append(append(append([]string(nil), wrapper...), self), args...)
	c := &child{cmd: exec.Command(argv[0], argv[1:]...), log: &syncBuffer{}}
	c.cmd.Env = append(os.Environ(), childEnv+"="+kind)
	c.cmd.Stderr = c.log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _, _ = c.cmd.Process.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if m := readyLine.FindStringSubmatch(line); m != nil {
		c.url, c.admin = m[1], "http://"+m[2]
		return c
	}
	t.Fatalf("the server did not get ready: %q, %v\n%s", line, err, c.log)
	return nil
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // it says that it was killed
}

type syncBuffer struct {
	mu sync.Mutex
	b  []byte
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b = append(b.b, p...)
	return len(p), nil
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.b)
}

// runKills lets players play against a server that is killed over and over, while followers of these doors hear of it,
// and returns what the ledgers say.
func runKills(t *testing.T, kind string, args []string, kills int, doors ...server.Door) (v verdict) {
	t.Helper()
	ledgers := make([]*ledger, 8)
	for i := range ledgers {
		ledgers[i] = &ledger{}
		for _, d := range doors {
			ledgers[i].followers = append(ledgers[i].followers, &follower{door: d})
		}
	}
	rng := mrand.New(mrand.NewPCG(1, 2))
	for range kills {
		c := startChild(t, kind, nil, args...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		// The kill comes after a random number of acknowledgements, while the other players' commits are anywhere.
		var count atomic.Int64
		due, now := int64(20+rng.IntN(200)), make(chan struct{})
		var wg sync.WaitGroup
		for _, l := range ledgers {
			for _, f := range l.followers {
				if f.token == "" {
					if err := f.begin(ctx, c.url, l); err != nil {
						t.Fatal(err)
					}
				}
				wg.Go(func() {
					err := f.follow(ctx, c.url, func() bool { return false })
					if count.Load() < due {
						t.Errorf("a follower by %s stopped before the kill: %v", f.door, err)
					}
				})
			}
			wg.Go(func() {
				err := l.play(ctx, c.url, func() {
					if count.Add(1) == due {
						close(now)
					}
				})
				if count.Load() < due {
					t.Errorf("a player stopped before the kill: %v", err)
				}
			})
		}
		select {
		case <-now:
		case <-ctx.Done():
			t.Fatalf("after a minute %d of %d turns were acknowledged\n%s", count.Load(), due, c.log)
		}
		c.kill(t)
		wg.Wait()
		cancel()
	}
	c := startChild(t, "serve", nil, serveArgs(args)...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, l := range ledgers {
		if err := l.verify(ctx, c.url, &v); err != nil {
			t.Fatal(err)
		}
	}
	c.kill(t)
	return v
}

// serveArgs are the arguments of the real server for the directory of either kind.
func serveArgs(args []string) []string {
	if len(args) == 1 {
		return []string{"serve", "--data", args[0], "--listen", "127.0.0.1:0"}
	}
	return args
}

// TestKilledServerKeepsWhatItAcknowledged kills the server under load: no acknowledged turn is lost, none is applied
// twice, and who listens hears each event once, from its cursor on.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir() + "/data"
	v := runKills(t, "serve", serveArgs([]string{dir}), 8, server.DoorStream, server.DoorWait)
	t.Logf("kills 8: %+v", v)
	if v.acked < 100 || v.heard < 2*v.acked {
		t.Errorf("only %d turns were acknowledged, %d events heard: the test did not test much", v.acked, v.heard)
	}
	if v.lost > 0 || v.twice > 0 {
		t.Errorf("%d acknowledged turns are lost, %d were applied twice", v.lost, v.twice)
	}
	if v.gaps > 0 || v.repeats > 0 || v.resets > 0 {
		t.Errorf("the followers missed %d events, heard %d twice, and had to begin anew %d times", v.gaps, v.repeats, v.resets)
	}
	checkData(t, dir)
}

// The control: the same test must notice a server that answers before it commits.
func TestKillingNoticesAServerThatAnswersEarly(t *testing.T) {
	dir := t.TempDir() + "/data"
	init := startChild(t, "serve", nil, serveArgs([]string{dir})...)
	init.kill(t)
	// One kill: after it the players' versions are ahead of what the server has, and nobody could play on.
	v := runKills(t, "early", []string{dir}, 1)
	t.Logf("kills 1: %+v", v)
	if v.lost == 0 {
		t.Error("a server that answers before it commits lost nothing: the kills do not bite")
	}
}

func checkData(t *testing.T, dir string) {
	t.Helper()
	store, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // it was only read
	if _, err := store.Check(t.Context(), nil, func(p boltstore.Problem) { t.Errorf("check: %+v", p) }); err != nil {
		t.Fatal(err)
	}
}
