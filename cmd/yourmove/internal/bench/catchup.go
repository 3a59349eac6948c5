package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/durationpb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// CatchUpOptions say how far behind a player is.
type CatchUpOptions struct {
	Target
	// Events happened while the player was away.
	Events int
	// Runs of each way; the median counts.
	Runs int
}

// CatchUpResult is what was measured. Its JSON is a contract with scripts.
type CatchUpResult struct {
	Protocol string  `json:"protocol"`
	Events   int     `json:"events"`
	Matches  int     `json:"matches"`
	Runs     int     `json:"runs"`
	FillS    float64 `json:"fill_s"`
	// CatchUp is from the call of StreamEvents to the last event, CatchUpMax the longest of the runs.
	CatchUp    float64 `json:"catch_up_ms"`
	CatchUpMax float64 `json:"catch_up_max_ms"`
	// ListCatchUp is the same by pages of ListEvents, one after the other.
	ListCatchUp    float64  `json:"list_catch_up_ms"`
	ListCatchUpMax float64  `json:"list_catch_up_max_ms"`
	ServerCPUMS    *float64 `json:"server_cpu_ms_per_catch_up"`
}

// catchUpMatches is in how many matches the events happen: fewer than a person may have, enough to make them quickly.
const catchUpMatches = 64

// catchUpPage is the largest page of ListEvents.
const catchUpPage = 500

// CatchUp measures how long it takes a player who was away to hear of everything.
func CatchUp(ctx context.Context, o CatchUpOptions) (CatchUpResult, error) {
	r := CatchUpResult{Protocol: o.Protocol, Events: o.Events, Runs: o.Runs}
	if o.Events < 1 || o.Runs < 1 {
		return r, errors.New("at least one event and one run are needed")
	}
	if err := o.Target.check(); err != nil {
		return r, err
	}
	a := &absent{account: newAccount(), p: newPlayer(o.Server, o.Protocol, 0)}
	defer a.p.close()
	if err := o.meet(ctx, a.p, a.account); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	start := time.Now()
	if err := a.fall(ctx, &o); err != nil {
		return r, fmt.Errorf("set up: %w", err)
	}
	r.FillS, r.Matches = *rounded(time.Since(start).Seconds()), min(catchUpMatches, o.Events)
	o.tell("%d events after %.1f s", o.Events, r.FillS)
	m := o.meter(ctx, "server_cpu_ms_per_catch_up")
	var streamed, listed []time.Duration
	for range o.Runs {
		d, err := a.stream(ctx, o.Events)
		if err != nil {
			return r, fmt.Errorf("catch up by StreamEvents: %w", err)
		}
		streamed = append(streamed, d)
	}
	if err := m.read(ctx); err != nil {
		return r, err
	}
	r.ServerCPUMS = m.per(cpuSeconds, 1e3, o.Runs)
	for range o.Runs {
		d, err := a.list(ctx, o.Events)
		if err != nil {
			return r, fmt.Errorf("catch up by ListEvents: %w", err)
		}
		listed = append(listed, d)
	}
	slices.Sort(streamed)
	slices.Sort(listed)
	r.CatchUp, r.CatchUpMax = millis(percentile(streamed, 0.5)), millis(percentile(streamed, 1))
	r.ListCatchUp, r.ListCatchUpMax = millis(percentile(listed, 0.5)), millis(percentile(listed, 1))
	return r, nil
}

// absent is a player who is away while his matches go on.
type absent struct {
	account *account
	p       *player
	cursor  string            // where he went
	starts  map[string]uint64 // the version of each of his matches then
}

// fall lets exactly so many events happen behind the player's back.
func (a *absent) fall(ctx context.Context, o *CatchUpOptions) error {
	players := make([]*player, min(catchUpMatches, o.Events))
	matches := make([]*match, len(players))
	a.starts = map[string]uint64{}
	for i := range players {
		players[i] = newPlayer(o.Server, o.Protocol, uint64(i+1))
		defer players[i].close()
		var err error
		// The other one is somebody else in each match.
		if matches[i], err = players[i].createEndless(ctx, []*account{a.account, newAccount()}, false); err != nil {
			return err
		}
		a.starts[matches[i].id] = matches[i].version
	}
	as, err := a.p.as(ctx, a.account)
	if err != nil {
		return err
	}
	now, err := a.p.eventService.ListEvents(as, &yourmovev1.ListEventsRequest{})
	if err != nil {
		return fmt.Errorf("get a cursor: %w", err)
	}
	a.cursor = now.GetCursor()
	var taken atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	for i, p := range players {
		g.Go(func() error {
			for taken.Add(1) <= int64(o.Events) {
				if err := p.submit(gctx, matches[i]); err != nil {
					return fmt.Errorf("play: %w", err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// story checks that the events are told once each and in order.
type story struct {
	versions map[string]uint64
	told     int
}

func (a *absent) story() *story {
	s := &story{versions: map[string]uint64{}}
	for id, v := range a.starts {
		s.versions[id] = v
	}
	return s
}

func (s *story) add(events []*yourmovev1.InboxEvent) error {
	for _, e := range events {
		id, v := e.GetMatchId(), e.GetEvent().GetVersion()
		if v != s.versions[id]+1 {
			return fmt.Errorf("match %s: event %d after event %d", id, v, s.versions[id])
		}
		s.versions[id] = v
		s.told++
	}
	return nil
}

// stream catches up by StreamEvents and returns how long it took.
func (a *absent) stream(ctx context.Context, want int) (time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	told := a.story()
	as, err := a.p.as(ctx, a.account)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	s, err := a.p.eventService.StreamEvents(as, &yourmovev1.StreamEventsRequest{Cursor: a.cursor, Heartbeat: durationpb.New(longest)})
	if err != nil {
		return 0, err
	}
	defer s.Close() //nolint:errcheck // it has told all that was wanted, or the error is told
	for told.told < want {
		m, err := s.Receive()
		if err != nil {
			return 0, fmt.Errorf("after %d events: %w", told.told, err)
		}
		if end := m.GetEnd(); end != nil {
			return 0, fmt.Errorf("after %d events the server ended the stream: %v", told.told, end.GetReason())
		}
		if err := told.add(m.GetEvents().GetEvents()); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// list catches up by ListEvents, page by page, and returns how long it took.
func (a *absent) list(ctx context.Context, want int) (time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	told := a.story()
	as, err := a.p.as(ctx, a.account)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for cursor, more := a.cursor, true; more; {
		res, err := a.p.eventService.ListEvents(as, &yourmovev1.ListEventsRequest{Cursor: cursor, PageSize: catchUpPage})
		if err != nil {
			return 0, fmt.Errorf("after %d events: %w", told.told, err)
		}
		if err := told.add(res.GetEvents()); err != nil {
			return 0, err
		}
		cursor, more = res.GetCursor(), res.GetMore()
	}
	if told.told != want {
		return 0, fmt.Errorf("%d events were told, not %d", told.told, want)
	}
	return time.Since(start), nil
}
