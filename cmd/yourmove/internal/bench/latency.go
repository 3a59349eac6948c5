package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// LatencyOptions say how many play while all of them listen.
type LatencyOptions struct {
	Target
	// Players play in pairs, each with a connection of its own for its calls and its stream (two over H1).
	Players int
	// Rate is how many turns are offered a second.
	Rate float64
	// Duration is for how long.
	Duration time.Duration
	// Game is played; matches in relay mode do not end.
	Game string
	// IdleStreams are held open by others in a second run, over IdleConnections (0: as few as the protocol allows).
	IdleStreams, IdleConnections int
}

// LatencyResult is what was measured; with idle streams beside them. Its JSON is a contract with scripts: null is what
// could not be measured.
type LatencyResult struct {
	Game       string  `json:"game"`
	Protocol   string  `json:"protocol"`
	Players    int     `json:"players"`
	Matches    int     `json:"matches"`
	Rate       float64 `json:"rate"`
	Seconds    float64 `json:"seconds"`
	Turns      int     `json:"turns"`
	TurnsPerS  float64 `json:"turns_per_s"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`

	SubmitP50   float64 `json:"submit_p50_ms"`
	SubmitP99   float64 `json:"submit_p99_ms"`
	OpponentP50 float64 `json:"opponent_p50_ms"`
	OpponentP99 float64 `json:"opponent_p99_ms"`
	// OpponentMinusAnswerP50 is by how much later than the answer the opponent's stream has the turn; negative: earlier.
	OpponentMinusAnswerP50 float64 `json:"opponent_minus_answer_p50_ms"`
	OpponentMinusAnswerP99 float64 `json:"opponent_minus_answer_p99_ms"`
	// LateP99 is how long after its instant on the schedule a turn was sent.
	LateP99 float64 `json:"late_p99_ms"`
	// Delivered turns reached the opponent's stream, Missed did not within ten seconds of the end; Events are all that were delivered.
	Delivered int      `json:"delivered"`
	Missed    int      `json:"missed"`
	Events    int      `json:"events"`
	ServerCPU *float64 `json:"server_cpu_us_per_turn"`

	IdleStreams int `json:"idle_streams"`
	// The same without the idle streams, from a run right before.
	SubmitP50Alone *float64 `json:"submit_p50_alone_ms,omitempty"`
	SubmitP99Alone *float64 `json:"submit_p99_alone_ms,omitempty"`
	SubmitP99Ratio *float64 `json:"submit_p99_ratio,omitempty"`
}

// perLatencyPair is how many matches a pair plays at the same time.
const perLatencyPair = 10

// Latency measures how long a turn takes to be answered, and to reach the opponent's stream.
func Latency(ctx context.Context, o LatencyOptions) (LatencyResult, error) {
	r := LatencyResult{Game: o.Game, Protocol: o.Protocol, Players: o.Players, Rate: o.Rate, IdleStreams: o.IdleStreams}
	if err := o.check(); err != nil {
		return r, err
	}
	if err := o.meetAny(ctx); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	pairs := make([]*pair, o.Players/2)
	for i := range pairs {
		pairs[i] = newPair(o.Server, o.Protocol, i)
		defer pairs[i].close()
	}
	h := newHearing(ctx)
	defer h.close()
	g, gctx := errgroup.WithContext(ctx)
	for _, p := range pairs {
		g.Go(func() error {
			if err := p.setUp(gctx, &o); err != nil {
				return err
			}
			return p.listen(gctx, h)
		})
	}
	if err := g.Wait(); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	r.Matches = len(pairs) * perLatencyPair
	if o.IdleStreams == 0 {
		return r, o.measure(ctx, pairs, h, &r)
	}

	alone := r
	if err := o.measure(ctx, pairs, h, &alone); err != nil {
		return r, err
	}
	o.tell("p99 %.2f ms alone; opening %d idle streams", alone.SubmitP99, o.IdleStreams)
	sessions, err := openSessions(ctx, o.Server, o.Protocol, o.IdleStreams)
	if err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	w, err := openWaiting(ctx, o.Target, sessions, o.IdleConnections, (*hearing).idleStream)
	defer w.close()
	if err == nil {
		err = sleep(ctx, settle)
	}
	if err != nil {
		return r, err
	}
	if err := o.measure(ctx, pairs, h, &r); err != nil {
		return r, err
	}
	if n := int(w.lost.Load()); n > 0 {
		r.Errors += n
		r.FirstError = w.whyLost()
	}
	r.SubmitP50Alone, r.SubmitP99Alone = &alone.SubmitP50, &alone.SubmitP99
	if alone.SubmitP99 > 0 {
		r.SubmitP99Ratio = rounded(r.SubmitP99 / alone.SubmitP99)
	}
	return r, nil
}

func (o *LatencyOptions) check() error {
	switch {
	case o.Players < 2 || o.Players%2 != 0:
		return fmt.Errorf("players come in pairs, not %d", o.Players)
	case o.Rate <= 0:
		return errors.New("a rate is needed")
	case o.Duration <= 0:
		return errors.New("the run must last")
	case o.IdleStreams < 0 || o.IdleConnections < 0 || o.IdleConnections > o.IdleStreams:
		return fmt.Errorf("%d idle streams cannot share %d connections", o.IdleStreams, o.IdleConnections)
	case moversByGame[o.Game] == nil:
		return fmt.Errorf("the bench can play %s, not %q", Games(), o.Game)
	}
	return o.Target.check()
}

// grace is how long the last events may take until they are missed.
const grace = 10 * time.Second

// measure lets the pairs play on a schedule.
func (o *LatencyOptions) measure(ctx context.Context, pairs []*pair, h *hearing, r *LatencyResult) error {
	m := o.meter(ctx, "server_cpu_us_per_turn")
	events := h.events.Load()
	o.tell("playing for %v at %g turns/s", o.Duration, o.Rate)
	start := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	for i, p := range pairs {
		// Turn k of the whole schedule is at k/rate; it belongs to pair k mod pairs.
		due := func(n int) time.Time {
			return start.Add(time.Duration(float64(n*len(pairs)+i) / o.Rate * float64(time.Second)))
		}
		g.Go(func() error { return p.play(gctx, start.Add(o.Duration), due) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	took := time.Since(start)
	if err := m.read(ctx); err != nil {
		return err
	}
	if err := waitUntil(ctx, grace, func() bool {
		return !slices.ContainsFunc(pairs, func(p *pair) bool { return p.missing() > 0 })
	}); err != nil {
		return err
	}
	var submit, opponent, later, late []time.Duration
	for _, p := range pairs {
		for _, t := range p.turns {
			submit = append(submit, t.answered.Sub(t.sent))
			late = append(late, t.sent.Sub(t.due))
			if at, ok := p.arrival(t.event); ok {
				opponent = append(opponent, at.Sub(t.sent))
				later = append(later, at.Sub(t.answered))
			}
		}
		r.Errors += p.errors
		if r.FirstError == "" {
			r.FirstError = p.firstError
		}
	}
	if len(submit) == 0 {
		return fmt.Errorf("no turn was acknowledged; the first error: %s", r.FirstError)
	}
	for _, l := range [][]time.Duration{submit, opponent, later, late} {
		slices.Sort(l)
	}
	r.Seconds, r.Turns, r.TurnsPerS = *rounded(took.Seconds()), len(submit), *rounded(float64(len(submit)) / took.Seconds())
	r.SubmitP50, r.SubmitP99 = millis(percentile(submit, 0.50)), millis(percentile(submit, 0.99))
	r.OpponentP50, r.OpponentP99 = millis(percentile(opponent, 0.50)), millis(percentile(opponent, 0.99))
	r.OpponentMinusAnswerP50, r.OpponentMinusAnswerP99 = millis(percentile(later, 0.50)), millis(percentile(later, 0.99))
	r.LateP99 = millis(percentile(late, 0.99))
	r.Delivered, r.Missed = len(opponent), len(submit)-len(opponent)
	r.Events = int(h.events.Load() - events)
	if n := int(h.lost.Load()); n > 0 {
		r.Errors += n
		r.FirstError = strings.TrimPrefix(r.FirstError+"; "+h.whyLost(), "; ")
	}
	r.ServerCPU = m.per(cpuSeconds, 1e6, r.Turns)
	return nil
}

// waitUntil asks again and again until it is so, or for as long as patience lasts.
func waitUntil(ctx context.Context, patience time.Duration, so func() bool) error {
	for end := time.Now().Add(patience); !so() && time.Now().Before(end); {
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return ctx.Err()
}
