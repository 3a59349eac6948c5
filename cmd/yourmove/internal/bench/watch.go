package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// WatchOptions say how many watch one match.
type WatchOptions struct {
	Target
	// Watchers have a WatchMatch each; five of them belong to one player.
	Watchers int
	// Connections are shared by them over H2C. 0: as few as the protocol allows.
	Connections int
	// Rate is how many turns a second the match's two players take.
	Rate float64
	// Duration is for how long.
	Duration time.Duration
}

// WatchResult is what was measured. Its JSON is a contract with scripts: null is what could not be measured.
type WatchResult struct {
	Protocol    string  `json:"protocol"`
	Watchers    int     `json:"watchers"`
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	Turns       int     `json:"turns"`
	OpenS       float64 `json:"open_s"`
	// Events were delivered, Missed not within ten seconds of the end.
	Events     int    `json:"events"`
	Missed     int    `json:"missed"`
	Errors     int    `json:"errors"`
	FirstError string `json:"first_error,omitempty"`
	// WatchP50 and WatchP99 count from the moment a turn was sent until a watcher had it.
	WatchP50 float64 `json:"watch_p50_ms"`
	WatchP99 float64 `json:"watch_p99_ms"`
	// ServerCPU is all that the server used, for the turns as well.
	ServerCPU     *float64 `json:"server_cpu_s"`
	EventsPerCPUS *float64 `json:"events_per_cpu_s"`
}

// sight is an event that a watcher was shown.
type sight struct {
	version uint64
	at      time.Time
}

// Watch measures one match that many watch.
func Watch(ctx context.Context, o WatchOptions) (WatchResult, error) {
	r := WatchResult{Protocol: o.Protocol, Watchers: o.Watchers}
	if err := o.check(); err != nil {
		return r, err
	}
	if err := o.meetAny(ctx); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	p := newPlayer(o.Server, o.Protocol, 0)
	defer p.close()
	m, err := p.createEndless(ctx, []*account{newAccount(), newAccount()}, true)
	if err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	sessions, err := openSessions(ctx, o.Server, o.Protocol, o.Watchers)
	if err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	// Who looks on is written by one goroutine each, and read when all have ended.
	sights, place := make([][]sight, o.Watchers), map[string]int{}
	for i, s := range sessions {
		place[s] = i
	}
	start := time.Now()
	w, err := openWaiting(ctx, o.Target, sessions, o.Connections, func(h *hearing, c yourmovev1connect.EventServiceClient, authorization string) error {
		seen := &sights[place[authorization]]
		return h.watch(c, authorization, m.id, func(events []*yourmovev1.Event) {
			now := time.Now()
			for _, e := range events {
				*seen = append(*seen, sight{e.GetVersion(), now})
			}
		})
	})
	defer w.close()
	if err != nil {
		return r, err
	}
	r.OpenS, r.Connections = *rounded(time.Since(start).Seconds()), int(w.dialed.Load())
	o.tell("%d watch after %.1f s; playing for %v at %g turns/s", o.Watchers, r.OpenS, o.Duration, o.Rate)
	if err := sleep(ctx, settle); err != nil {
		return r, err
	}

	used := o.meter(ctx, "events_per_cpu_s")
	start = time.Now()
	sent := map[uint64]time.Time{}
	for n := 0; ; n++ {
		due := start.Add(time.Duration(float64(n) / o.Rate * float64(time.Second)))
		if due.Sub(start) >= o.Duration {
			break
		}
		if err := sleep(ctx, time.Until(due)); err != nil {
			return r, err
		}
		t, err := p.take(ctx, m)
		if err != nil {
			return r, fmt.Errorf("turn %d: %w", n+1, err)
		}
		sent[t.event.version] = t.sent
	}
	r.Seconds, r.Turns = *rounded(time.Since(start).Seconds()), len(sent)
	want := int64(len(sent) * o.Watchers)
	if err := waitUntil(ctx, grace, func() bool { return w.events.Load() >= want }); err != nil {
		return r, err
	}
	if err := used.read(ctx); err != nil {
		return r, err
	}
	r.Events, r.Missed = int(w.events.Load()), int(max(0, want-w.events.Load()))
	r.Errors, r.FirstError = int(w.lost.Load()), w.whyLost()
	w.close()
	r.add(sights, sent)
	if cpu := used.grew(cpuSeconds, 1); cpu != nil {
		r.ServerCPU = cpu
		if *cpu > 0 {
			r.EventsPerCPUS = rounded(float64(r.Events) / *cpu)
		}
	}
	return r, nil
}

func (o *WatchOptions) check() error {
	switch {
	case o.Watchers < 1:
		return errors.New("at least one must watch")
	case o.Rate <= 0:
		return errors.New("a rate is needed")
	case o.Duration <= 0:
		return errors.New("the run must last")
	}
	i := IdleOptions{Target: o.Target, Waiting: o.Watchers, Connections: o.Connections, Duration: o.Duration}
	return i.check()
}

func (r *WatchResult) add(sights [][]sight, sent map[uint64]time.Time) {
	var all []time.Duration
	for _, s := range sights {
		for _, e := range s {
			if from, ok := sent[e.version]; ok {
				all = append(all, e.at.Sub(from))
			}
		}
	}
	slices.Sort(all)
	r.WatchP50, r.WatchP99 = millis(percentile(all, 0.50)), millis(percentile(all, 0.99))
}
