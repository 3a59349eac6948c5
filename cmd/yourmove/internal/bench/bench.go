// Package bench measures a running server from outside: many players take turns over real sockets, a connection each,
// and what the server and the machine did meanwhile is put beside it, so that a ratio can be taken in one run.
//
//	bench.go      a run from its options to its result    load.go       turn after turn, as fast as it goes or by schedule
//	player.go     a submitter with its connection         match.go      what a submitter knows of a match
//	account.go    signing in                              moves.go      what to play; chess.go: a game of chess
//	fill.go       matches that were written beforehand    metrics.go    what the server says of itself
//	yardstick.go  empty calls, syncs of the disk          lists.go      ListMatches instead of turns
//	streaming.go  the same turns while all listen         latency.go    until the opponent has it; pair.go: who plays
//	idle.go       many who wait; bare.go: the least cost  watch.go      one match that many watch
//	catchup.go    a player who was away                   hearing.go    calls that wait for events
//	target.go     the server and its own figures          sessions.go   many sign-ins; child.go: another process
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
)

// The protocols.
const (
	H1  = "h1"
	H2C = "h2c"
)

// Options say what to measure.
type Options struct {
	// Server is the URL of the public listener.
	Server string
	// Players submit turns, a connection each.
	Players int
	// Duration is how long they do.
	Duration time.Duration
	// Rate offers so many turns a second on a schedule, whatever the answers. 0: as many as the players can take.
	Rate float64
	// Game is played in the matches that the bench creates.
	Game string
	// Protocol is H1 or H2C.
	Protocol string
	// Matches are played at the same time; with Fill at most so many of its, all for 0.
	Matches int
	// Fill lists matches that exist already, a JSON object a line (see fill.go). Nil: the bench creates its own.
	Fill io.Reader
	// Data is the directory on the disk of which fsync_per_s is measured.
	Data string
	// Yardsticks is how long the yardstick echo_per_s is measured, fsync_per_s a third of it. 0: neither is.
	Yardsticks time.Duration
	// EchoServer makes the command of the process that runs ServeEcho with its own stdin and stdout.
	EchoServer func(context.Context) *exec.Cmd
	// Admin reaches the admin listener, which marks the bench's players as bots. Nil: they stay people.
	Admin adminv1connect.AdminServiceClient
	// AdminRequired: Admin was named by somebody, so it must be this server's. Else it is left out if it isn't.
	AdminRequired bool
	// Metrics lists where the server's metrics may be; the first that answers is taken. Those of the admin listener
	// come with OfAdmin, and are left out with it.
	Metrics []MetricsSource
	// Streams lets the players play for Duration twice: as they are, and with a stream open for each of their accounts.
	Streams bool
	// Progress is told what goes on.
	Progress io.Writer
}

// Result is what was measured. Its JSON is a contract with scripts: null is what could not be measured.
type Result struct {
	Goal       string  `json:"goal"`
	Game       string  `json:"game"`
	Protocol   string  `json:"protocol"`
	Players    int     `json:"players"`
	Matches    int     `json:"matches"`
	Seconds    float64 `json:"seconds"`
	Turns      int     `json:"turns"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
	// SetupCalls are those between the turns: they replaced finished matches, or read what an error left unknown.
	SetupCalls int `json:"setup_calls"`

	TurnsPerS    float64  `json:"turns_per_s"`
	SubmitP50    float64  `json:"submit_p50_ms"`
	SubmitP99    float64  `json:"submit_p99_ms"`
	SubmitMax    float64  `json:"submit_max_ms"`
	ServerCPU    *float64 `json:"server_cpu_us_per_turn"`
	ServerRSS    *float64 `json:"server_rss_mb"`
	DiskBytes    *float64 `json:"disk_bytes_per_turn"`
	EchoPerS     *float64 `json:"echo_per_s"`
	TurnsPerEcho *float64 `json:"turns_per_echo"`
	FsyncPerS    *float64 `json:"fsync_per_s"`
	FsyncDir     string   `json:"fsync_dir,omitempty"`

	*WithStreams
}

// Run measures. The yardsticks come before the load, so that the load does not disturb them.
func Run(ctx context.Context, o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	r := Result{Goal: o.goal(), Game: o.Game, Protocol: o.Protocol, Players: o.Players}
	if o.Yardsticks > 0 {
		if err := o.yardsticks(ctx, &r); err != nil {
			return r, err
		}
	}
	players := make([]*player, o.Players)
	for i := range players {
		players[i] = newPlayer(o.Server, o.Protocol, uint64(i))
		defer players[i].close()
	}
	started := time.Now()
	if err := o.setUp(ctx, players); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	games := map[string]bool{}
	for _, p := range players {
		r.Matches += len(p.matches)
		for _, m := range p.matches {
			games[m.game] = true
		}
	}
	if len(games) > 1 {
		r.Game = "several"
	}
	for g := range games {
		if len(games) == 1 {
			r.Game = g
		}
	}
	o.tell("%d matches ready after %.1f s; playing for %v", r.Matches, time.Since(started).Seconds(), o.Duration)
	if o.Streams {
		return r, o.measureStreams(ctx, players, &r)
	}
	return r, o.measure(ctx, players, &r)
}

// measure puts the load between two looks at the server's own figures.
func (o *Options) measure(ctx context.Context, players []*player, r *Result) error {
	before, source, err := firstMetrics(ctx, o.Metrics)
	if err != nil {
		o.tell("server_cpu_us_per_turn, server_rss_mb and disk_bytes_per_turn cannot be measured without the admin listener (--admin): %v", err)
	}
	t, err := o.load(ctx, players)
	if err != nil {
		return err
	}
	r.add(t)
	if source == nil {
		return nil
	}
	after, err := source.fetch(ctx)
	if err != nil {
		return fmt.Errorf("metrics after the load: %w", err)
	}
	r.ServerCPU = growth(before, after, cpuSeconds, 1e6, r.Turns)
	r.DiskBytes = growth(before, after, fileBytes, 1, r.Turns)
	if rss, ok := after[residentBytes]; ok {
		r.ServerRSS = rounded(rss / (1 << 20))
	}
	return nil
}

// goal says in words what the run was after.
func (o *Options) goal() string {
	if o.Rate > 0 {
		return fmt.Sprintf("%g turns/s offered on a schedule", o.Rate)
	}
	return "as many turns as the players can take, one at a time each"
}

func (o *Options) check() error {
	switch {
	case o.Players < 1:
		return errors.New("at least one player is needed")
	case o.Duration <= 0:
		return errors.New("the run must last")
	case o.Rate < 0:
		return errors.New("the rate cannot be negative")
	case o.Fill == nil && o.Matches < o.Players:
		return fmt.Errorf("%d players need at least as many matches, not %d", o.Players, o.Matches)
	case o.Protocol != H1 && o.Protocol != H2C:
		return fmt.Errorf("the protocol is %s or %s, not %q", H1, H2C, o.Protocol)
	}
	if o.Fill == nil && moversByGame[o.Game] == nil {
		return fmt.Errorf("the bench can play %s, not %q", Games(), o.Game)
	}
	return nil
}

// setUp gives each player an even share of the matches: those of the list, or new ones.
func (o *Options) setUp(ctx context.Context, players []*player) error {
	var shares [][]filled
	if o.Fill != nil {
		list, err := readFill(o.Fill, o.Matches)
		if err != nil {
			return err
		}
		if len(list) < len(players) {
			return fmt.Errorf("%d players need at least as many matches, the list has %d", len(players), len(list))
		}
		accounts := map[string]*account{}
		shares = make([][]filled, len(players))
		for i, f := range list {
			for s, secret := range f.Secrets {
				if accounts[string(secret)] == nil {
					accounts[string(secret)] = &account{secret: secret}
				}
				f.accounts[s] = accounts[string(secret)]
			}
			shares[i%len(players)] = append(shares[i%len(players)], f)
		}
	}
	first := newAccount()
	if shares != nil {
		first = shares[0][0].accounts[0]
	}
	if err := o.meetAdmin(ctx, players[0], first); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, p := range players {
		g.Go(func() error {
			if shares != nil {
				return p.loadShare(ctx, shares[i])
			}
			share := o.Matches / len(players)
			if i < o.Matches%len(players) {
				share++
			}
			return p.createShare(ctx, o.Game, share, o.Admin)
		})
	}
	return g.Wait()
}

// meetAdmin finds out whether Admin is this server's.
func (o *Options) meetAdmin(ctx context.Context, p *player, first *account) error {
	t := o.target()
	err := t.meet(ctx, p, first)
	o.Admin, o.Metrics = t.Admin, t.Metrics
	return err
}

func (o *Options) target() Target {
	return Target{
		Server: o.Server, Protocol: o.Protocol, Admin: o.Admin, AdminRequired: o.AdminRequired, Metrics: o.Metrics, Progress: o.Progress,
	}
}

// AdminError says that the admin listener that somebody named does not know the players of the public one.
type AdminError struct {
	Server string
	Err    error
}

// Error names both listeners' failure to meet.
func (e *AdminError) Error() string {
	return fmt.Sprintf("the admin listener is not that of %s: %v", e.Server, e.Err)
}

// Unwrap returns what the admin listener answered.
func (e *AdminError) Unwrap() error { return e.Err }

// tell writes a line of progress.
func (o *Options) tell(format string, args ...any) {
	t := o.target()
	t.tell(format, args...)
}

// watch tells how many turns there are every two seconds until ctx is done.
func (o *Options) watch(ctx context.Context, turns *atomic.Int64) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for start := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.tell("%.0f s, %d turns", time.Since(start).Seconds(), turns.Load())
		}
	}
}
