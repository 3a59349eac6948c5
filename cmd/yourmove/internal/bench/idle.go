package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"golang.org/x/sync/errgroup"

	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// IdleOptions say how many wait for events that do not come.
type IdleOptions struct {
	Target
	// Waiting phones have a stream or a poll each; five belong to one player.
	Waiting int
	// Connections are shared by them over H2C; over H1 each needs one of its own. 0: as few as the protocol allows.
	Connections int
	// Duration is for how long they are watched once all are open.
	Duration time.Duration
	// BareServer makes the command of the process that runs ServeBare with its own stdin and stdout. Nil: the bare handler
	// is not measured.
	BareServer func(context.Context) *exec.Cmd
}

// streamsPerConnection is how many calls a server of net/http lets share a connection.
const streamsPerConnection = 250

// Idle is what waiting costs. Null is what could not be measured.
type Idle struct {
	Protocol    string  `json:"protocol"`
	Players     int     `json:"players"`
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	OpenS       float64 `json:"open_s"`
	// IdleCPU is the share of one core that the server took while all waited.
	IdleCPU *float64 `json:"idle_cpu_percent"`
	// RSSBefore and RSSOpen are the server's memory without and with those who wait.
	RSSBefore *float64 `json:"server_rss_before_mb"`
	RSSOpen   *float64 `json:"server_rss_open_mb"`
	// Heap, with what is garbage by now, and Stack are parts of what each takes.
	Heap       *float64 `json:"server_heap_kib_each"`
	Stack      *float64 `json:"server_stack_kib_each"`
	Events     int      `json:"events"`
	Heartbeats int      `json:"heartbeats"`
	Errors     int      `json:"errors"`
	FirstError string   `json:"first_error,omitempty"`

	BareOpenS *float64 `json:"bare_open_s"`
	BareHeap  *float64 `json:"bare_heap_kib_each"`
	BareStack *float64 `json:"bare_stack_kib_each"`
	// Ratio is the server's memory for each that waits, a bare handler's being 1.
	Ratio *float64 `json:"ratio_to_bare"`

	each, bareEach *float64
}

// StreamsResult is what an idle stream costs. Its JSON is a contract with scripts.
type StreamsResult struct {
	Streams          int      `json:"streams"`
	KiBPerStream     *float64 `json:"kib_per_stream"`
	BareKiBPerStream *float64 `json:"bare_kib_per_stream"`
	Idle
}

// PollsResult is what a waiting long-poll costs. Its JSON is a contract with scripts.
type PollsResult struct {
	Polls          int      `json:"polls"`
	KiBPerPoll     *float64 `json:"kib_per_poll"`
	BareKiBPerPoll *float64 `json:"bare_kib_per_poll"`
	Idle
}

// Streams measures what open streams cost on which nothing happens.
func Streams(ctx context.Context, o IdleOptions) (StreamsResult, error) {
	i, err := o.run(ctx, (*hearing).idleStream)
	return StreamsResult{Streams: o.Waiting, KiBPerStream: i.each, BareKiBPerStream: i.bareEach, Idle: i}, err
}

// Polls measures what long-polls cost that wait.
func Polls(ctx context.Context, o IdleOptions) (PollsResult, error) {
	i, err := o.run(ctx, (*hearing).poll)
	return PollsResult{Polls: o.Waiting, KiBPerPoll: i.each, BareKiBPerPoll: i.bareEach, Idle: i}, err
}

// opener opens one call and returns once it waits.
type opener func(h *hearing, c yourmovev1connect.EventServiceClient, authorization string) error

// idleStream is an opener.
func (h *hearing) idleStream(c yourmovev1connect.EventServiceClient, authorization string) error {
	return h.stream(c, authorization, nil)
}

// run measures the bare handler, and then the server in the same way.
func (o IdleOptions) run(ctx context.Context, open opener) (Idle, error) {
	if err := o.check(); err != nil {
		return Idle{}, err
	}
	var bare Idle
	if o.BareServer != nil {
		o.tell("a bare handler in a process of its own, to compare with")
		err := withChild(ctx, o.BareServer, func(ctx context.Context, url string) (err error) {
			b := o
			b.Server, b.Metrics = url, []MetricsSource{{Client: http.DefaultClient, URL: url + "/metrics"}}
			bare, err = b.measure(ctx, open)
			return err
		})
		if err != nil {
			return Idle{}, fmt.Errorf("the bare handler: %w", err)
		}
	}
	if err := o.meetAny(ctx); err != nil {
		return Idle{}, fmt.Errorf("set up: %w", err)
	}
	i, err := o.measure(ctx, open)
	if err != nil {
		return i, err
	}
	if bare.each != nil {
		i.bareEach, i.BareOpenS, i.BareHeap, i.BareStack = bare.each, &bare.OpenS, bare.Heap, bare.Stack
		if i.each != nil && *bare.each > 0 {
			i.Ratio = rounded(*i.each / *bare.each)
		}
	}
	return i, nil
}

func (o *IdleOptions) check() error {
	switch {
	case o.Waiting < 1:
		return errors.New("at least one must wait")
	case o.Duration <= 0:
		return errors.New("the run must last")
	case o.Connections < 0 || o.Connections > o.Waiting:
		return fmt.Errorf("%d cannot share %d connections", o.Waiting, o.Connections)
	case o.Protocol == H1 && o.Connections > 0 && o.Connections != o.Waiting:
		return fmt.Errorf("over HTTP/1.1 each of the %d needs a connection of its own", o.Waiting)
	}
	return o.Target.check()
}

// settle is how long the server is left alone before it is looked at: the work of opening is not that of being open.
const settle = time.Second

// measure signs in, opens all and watches the server's own figures.
func (o *IdleOptions) measure(ctx context.Context, open opener) (Idle, error) {
	i := Idle{Protocol: o.Protocol, Players: (o.Waiting + perPlayer - 1) / perPlayer, Seconds: o.Duration.Seconds()}
	o.tell("%d sign-ins", o.Waiting)
	sessions, err := openSessions(ctx, o.Server, o.Protocol, o.Waiting)
	if err != nil {
		return i, fmt.Errorf("set up: %w", err)
	}
	if err := sleep(ctx, settle); err != nil {
		return i, err
	}
	m := o.meter(ctx, "memory and idle_cpu_percent")
	closed := m.before

	start := time.Now()
	w, err := openWaiting(ctx, o.Target, sessions, o.Connections, open)
	defer w.close()
	if err != nil {
		return i, err
	}
	i.OpenS, i.Connections = *rounded(time.Since(start).Seconds()), int(w.dialed.Load())
	o.tell("all open after %.1f s over %d connections; watching for %v", i.OpenS, i.Connections, o.Duration)
	if err := sleep(ctx, settle); err != nil {
		return i, err
	}
	if err := m.start(ctx); err != nil {
		return i, err
	}
	beats := w.heartbeats.Load()
	if err := sleep(ctx, o.Duration); err != nil {
		return i, err
	}
	if err := m.read(ctx); err != nil {
		return i, err
	}
	i.Events, i.Heartbeats = int(w.events.Load()), int(w.heartbeats.Load()-beats)
	i.Errors, i.FirstError = int(w.lost.Load()), w.whyLost()
	if rss, ok := m.after[residentBytes]; ok {
		i.IdleCPU = m.cpuPercent()
		i.RSSBefore, i.RSSOpen = rounded(closed[residentBytes]/(1<<20)), rounded(rss/(1<<20))
		i.each = growth(closed, m.after, residentBytes, 1./1024, o.Waiting)
		i.Heap = growth(closed, m.after, "go_memstats_heap_inuse_bytes", 1./1024, o.Waiting)
		i.Stack = growth(closed, m.after, "go_memstats_stack_inuse_bytes", 1./1024, o.Waiting)
	}
	return i, nil
}

// waiting are those who wait, and their connections.
type waiting struct {
	*hearing
	lines  []*http.Transport
	dialed atomic.Int64
}

// opening is how many calls are opened at the same time.
const opening = 128

// openWaiting opens a call for each session over so many connections and returns once all wait. What it opened is to be
// closed also after an error.
func openWaiting(ctx context.Context, t Target, sessions []string, connections int, open opener) (*waiting, error) {
	w := &waiting{hearing: newHearing(ctx)}
	switch {
	case t.Protocol == H1:
		connections = 1 // of these lines, each of which dials as often as it must
	case connections == 0:
		connections = (len(sessions) + streamsPerConnection - 1) / streamsPerConnection
	}
	clients := make([]yourmovev1connect.EventServiceClient, connections)
	for i := range clients {
		line := newTransport(t.Protocol)
		line.MaxIdleConnsPerHost = len(sessions)
		line.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			w.dialed.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		w.lines = append(w.lines, line)
		clients[i] = yourmovev1connect.NewEventServiceClient(connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: line}, t.Server)))
	}
	// The first call of each connection opens it and learns how many may share it: before that a client assumes less.
	for _, part := range [][2]int{{0, connections}, {connections, len(sessions)}} {
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(opening)
		for i := part[0]; i < part[1] && gctx.Err() == nil; i++ {
			g.Go(func() error { return open(w.hearing, clients[i%connections], sessions[i]) })
		}
		if err := g.Wait(); err != nil {
			return w, fmt.Errorf("open %d calls: %w", len(sessions), err)
		}
	}
	return w, ctx.Err()
}

// close ends the calls and their connections.
func (w *waiting) close() {
	w.hearing.close()
	for _, l := range w.lines {
		l.CloseIdleConnections()
	}
}
