package bench

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// WithStreams is what streams that all players keep open do to turns. The other figures of a Result are those with the
// streams then; these compare them with as much play without. Null is what could not be measured.
type WithStreams struct {
	Streams          int     `json:"streams"`
	TurnsPerSWithout float64 `json:"turns_per_s_without"`
	// Ratio is turns per second with streams, those without being 1.
	Ratio      float64 `json:"ratio_with_streams"`
	Events     int     `json:"events"`
	EventsPerS float64 `json:"events_per_s"`
	// StreamsLost ended before they were to.
	StreamsLost int    `json:"streams_lost"`
	FirstLost   string `json:"first_lost,omitempty"`
	// ServerCPUWithout is for a turn; ServerPerEvent is what a turn costs more with streams, shared out among its events.
	ServerCPUWithout *float64 `json:"server_cpu_us_per_turn_without"`
	ServerPerEvent   *float64 `json:"server_us_per_event"`
}

// rounds is how often play without and with streams follow each other: what else the machine does falls on both.
const rounds = 3

// play is what came of all rounds of one kind.
type play struct {
	tally
	cpu, disk float64 // what the server used, in µs and bytes
}

// measureStreams plays without streams and then with them, several times.
func (o *Options) measureStreams(ctx context.Context, players []*player, r *Result) error {
	short := *o
	short.Duration = o.Duration / rounds
	t := o.target()
	m := t.meter(ctx, "the server's own figures")
	var without, with play
	s := &WithStreams{}
	for round := range rounds {
		if round > 0 && o.Fill == nil {
			// Of the matches played so far many are about to end, and new ones in their places would cost what turns should.
			for _, p := range players {
				p.matches = nil
			}
			if err := o.setUp(ctx, players); err != nil {
				return fmt.Errorf("set up: %w", err)
			}
		}
		if err := short.round(ctx, players, m, &without); err != nil {
			return err
		}
		if err := short.roundWithStreams(ctx, players, m, &with, s); err != nil {
			return err
		}
	}
	r.add(with.tally)
	s.TurnsPerSWithout = *rounded(float64(len(without.latencies)) / without.elapsed.Seconds())
	s.Ratio = *rounded(r.TurnsPerS / s.TurnsPerSWithout)
	s.EventsPerS = *rounded(float64(s.Events) / with.elapsed.Seconds())
	r.WithStreams = s
	if m.source == nil {
		return nil
	}
	turns, turnsWithout := float64(len(with.latencies)), float64(len(without.latencies))
	r.ServerCPU, r.DiskBytes, r.ServerRSS = rounded(with.cpu/turns), rounded(with.disk/turns), m.residentMB()
	s.ServerCPUWithout = rounded(without.cpu / turnsWithout)
	if s.Events > 0 {
		s.ServerPerEvent = rounded((with.cpu - without.cpu/turnsWithout*turns) / float64(s.Events))
	}
	return nil
}

// round plays once and adds to p what came of it.
func (o *Options) round(ctx context.Context, players []*player, m *meter, p *play) error {
	if err := m.start(ctx); err != nil {
		return err
	}
	t, err := o.load(ctx, players)
	if err != nil {
		return err
	}
	if err := m.read(ctx); err != nil {
		return err
	}
	p.latencies = append(p.latencies, t.latencies...)
	p.errors += t.errors
	p.setupCalls += t.setupCalls
	p.elapsed += t.elapsed
	if p.firstError == "" {
		p.firstError = t.firstError
	}
	if cpu, disk := m.grew(cpuSeconds, 1e6), m.grew(fileBytes, 1); cpu != nil && disk != nil {
		p.cpu += *cpu
		p.disk += *disk
	}
	return nil
}

// roundWithStreams plays once while each account of the players has a stream open.
func (o *Options) roundWithStreams(ctx context.Context, players []*player, m *meter, p *play, s *WithStreams) error {
	h := newHearing(ctx)
	defer h.close()
	s.Streams = 0
	g, gctx := errgroup.WithContext(ctx)
	listens := map[*account]bool{}
	for _, p := range players {
		var own []*account // those that no player before has
		for _, m := range p.matches {
			for _, a := range m.accounts {
				if !listens[a] {
					listens[a] = true
					own = append(own, a)
				}
			}
		}
		s.Streams += len(own)
		g.Go(func() error {
			for _, a := range own {
				header, err := p.authorization(gctx, a)
				if err != nil {
					return err
				}
				if err := h.stream(p.eventService, header, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("open the players' streams: %w", err)
	}
	o.tell("%d streams are open", s.Streams)
	if err := sleep(ctx, settle/10); err != nil {
		return err
	}
	before := h.events.Load()
	if err := o.round(ctx, players, m, p); err != nil {
		return err
	}
	s.Events += int(h.events.Load() - before)
	s.StreamsLost += int(h.lost.Load())
	if s.FirstLost == "" {
		s.FirstLost = h.whyLost()
	}
	return nil
}
