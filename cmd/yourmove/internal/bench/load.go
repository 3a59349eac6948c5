package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// hopeless errors of one player in a row end the run: there is nothing to measure any more.
	hopeless = 20
	// afterError is how long a player waits after one, so that a server in trouble is not hammered.
	afterError = 10 * time.Millisecond
)

// tally is what the players counted.
type tally struct {
	latencies          []time.Duration
	errors, setupCalls int
	firstError         string
	elapsed            time.Duration
}

// load lets the players take turns until the time is up. Those under way then are waited for, and both they and the
// time they took count.
func (o *Options) load(ctx context.Context, players []*player) (tally, error) {
	var turns atomic.Int64
	watching, stopWatching := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { o.watch(watching, &turns) })
	defer watcher.Wait()
	defer stopWatching()

	tallies := make([]tally, len(players))
	start := time.Now()
	end := start.Add(o.Duration)
	g, ctx := errgroup.WithContext(ctx)
	for i, p := range players {
		due := func(int) time.Time { return time.Time{} }
		if o.Rate > 0 {
			// Turn k of the whole schedule is at k/rate; it belongs to player k mod players.
			due = func(n int) time.Time {
				k := float64(n*len(players) + i)
				return start.Add(time.Duration(k / o.Rate * float64(time.Second)))
			}
		}
		g.Go(func() error { return p.play(ctx, end, due, &tallies[i], &turns) })
	}
	err := g.Wait()
	all := tally{elapsed: time.Since(start)}
	for _, t := range tallies {
		all.latencies = append(all.latencies, t.latencies...)
		all.errors += t.errors
		all.setupCalls += t.setupCalls
		if all.firstError == "" {
			all.firstError = t.firstError
		}
	}
	if err == nil && len(all.latencies) == 0 {
		err = fmt.Errorf("no turn was acknowledged; the first error: %s", all.firstError)
	}
	return all, err
}

// play takes turns until end. due says when the player's nth turn is to be sent; a zero time: as soon as the one
// before is answered. Latency counts from the due time, or a server that is late would slow its own measurement down.
func (p *player) play(ctx context.Context, end time.Time, due func(int) time.Time, t *tally, turns *atomic.Int64) error {
	before := p.setupCalls
	defer func() { t.setupCalls = p.setupCalls - before }()
	for n, failed := 0, 0; ; n++ {
		from := due(n)
		if from.IsZero() {
			from = time.Now()
		}
		if !from.Before(end) {
			return nil
		}
		if err := sleep(ctx, time.Until(from)); err != nil {
			return err
		}
		m := p.matches[p.rng.IntN(len(p.matches))]
		err := p.submit(ctx, m)
		if err == nil {
			t.latencies = append(t.latencies, time.Since(from))
			turns.Add(1)
			failed = 0
		} else {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.errors++
			if failed++; failed == hopeless {
				return fmt.Errorf("%d turns in a row failed: %w", failed, err)
			}
			if t.firstError == "" {
				t.firstError = err.Error()
			}
			if err := sleep(ctx, afterError); err != nil {
				return err
			}
			// Whether the turn was taken is not known, or the match is not what it was thought to be.
			if err := p.read(ctx, m); err != nil {
				continue
			}
		}
		if m.actor == 0 {
			if err := p.replace(ctx, m); err != nil {
				return fmt.Errorf("replace a finished match: %w", err)
			}
		}
	}
}

// sleep waits, or returns why it was not let to.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// add puts what the players counted into the result.
func (r *Result) add(t tally) {
	slices.Sort(t.latencies)
	r.Turns, r.Errors, r.FirstError, r.SetupCalls = len(t.latencies), t.errors, t.firstError, t.setupCalls
	r.Seconds = *rounded(t.elapsed.Seconds())
	r.TurnsPerS = *rounded(float64(r.Turns) / t.elapsed.Seconds())
	r.SubmitP50 = millis(percentile(t.latencies, 0.50))
	r.SubmitP99 = millis(percentile(t.latencies, 0.99))
	r.SubmitMax = millis(percentile(t.latencies, 1))
	if r.EchoPerS != nil {
		r.TurnsPerEcho = rounded(r.TurnsPerS / *r.EchoPerS)
	}
}

// percentile returns the smallest latency that at least the share p of all, sorted, does not exceed.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}

func millis(d time.Duration) float64 { return *rounded(float64(d) / float64(time.Millisecond)) }

// rounded keeps three decimals: more would be noise.
func rounded(f float64) *float64 {
	f = math.Round(f*1000) / 1000
	return &f
}
