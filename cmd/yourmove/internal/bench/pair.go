package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// pair are two who play against each other, each with a phone of his own.
type pair struct {
	sides    [2]*player // by seat, from 0
	accounts []*account
	matches  []*match
	rng      *rand.Rand

	turns      []offered
	errors     int
	firstError string

	heard [2]arrivals
}

// offered is a turn that was answered, and the instant at which it was due.
type offered struct {
	taken
	due time.Time
}

// arrivals are the opponent's turns as they came on a stream.
type arrivals struct {
	mu sync.Mutex // guards at; nobody else wants it while turns are played
	at map[turnID]time.Time
}

func newPair(server, protocol string, n int) *pair {
	p := &pair{accounts: []*account{newAccount(), newAccount()}, rng: rand.New(rand.NewPCG(rand.Uint64(), uint64(n)))}
	for i := range p.sides {
		p.sides[i] = newPlayer(server, protocol, uint64(2*n+i))
		p.heard[i].at = map[turnID]time.Time{}
	}
	return p
}

func (p *pair) close() {
	for _, s := range p.sides {
		s.close()
	}
}

// setUp makes the pair's matches.
func (p *pair) setUp(ctx context.Context, o *LatencyOptions) error {
	for i, s := range p.sides {
		if o.Admin == nil {
			break
		}
		if err := s.markBot(ctx, o.Admin, p.accounts[i]); err != nil {
			return err
		}
	}
	for range perLatencyPair {
		m, err := p.newMatch(ctx, o.Game)
		if err != nil {
			return err
		}
		p.matches = append(p.matches, m)
	}
	return nil
}

func (p *pair) newMatch(ctx context.Context, game string) (*match, error) {
	if game == relay {
		return p.sides[0].createEndless(ctx, p.accounts, false)
	}
	return p.sides[0].create(ctx, game, p.accounts)
}

// listen opens both streams.
func (p *pair) listen(ctx context.Context, h *hearing) error {
	for i, s := range p.sides {
		header, err := s.authorization(ctx, p.accounts[i])
		if err != nil {
			return err
		}
		a, seat := &p.heard[i], int32(i+1)
		err = h.stream(s.eventService, header, func(events []*yourmovev1.InboxEvent) {
			now := time.Now()
			a.mu.Lock()
			defer a.mu.Unlock()
			for _, e := range events {
				if ev := e.GetEvent(); ev.GetTurnTaken() != nil && ev.GetSeat() != seat {
					a.at[turnID{e.GetMatchId(), ev.GetVersion()}] = now
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// play takes the pair's turns: number n of the pair is due at due(n).
func (p *pair) play(ctx context.Context, end time.Time, due func(int) time.Time) error {
	p.turns, p.errors, p.firstError = nil, 0, ""
	for n, failed := 0, 0; ; n++ {
		at := due(n)
		if !at.Before(end) {
			return nil
		}
		if err := sleep(ctx, time.Until(at)); err != nil {
			return err
		}
		m := p.matches[p.rng.IntN(len(p.matches))]
		side := p.sides[m.actor-1]
		t, err := side.take(ctx, m)
		if err == nil {
			p.turns = append(p.turns, offered{t, at})
			failed = 0
		} else {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p.errors++
			if p.firstError == "" {
				p.firstError = err.Error()
			}
			if failed++; failed == hopeless {
				return fmt.Errorf("%d turns in a row failed: %w", failed, err)
			}
			if err := sleep(ctx, afterError); err != nil {
				return err
			}
			if err := side.read(ctx, m); err != nil {
				continue
			}
		}
		if m.actor == 0 {
			if err := side.replace(ctx, m); err != nil {
				return fmt.Errorf("replace a finished match: %w", err)
			}
		}
	}
}

// arrival returns when the opponent's stream had the turn.
func (p *pair) arrival(id turnID) (time.Time, bool) {
	for i := range p.heard {
		a := &p.heard[i]
		a.mu.Lock()
		at, ok := a.at[id]
		a.mu.Unlock()
		if ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// missing is how many turns have not reached the opponent's stream.
func (p *pair) missing() int {
	n := 0
	for _, t := range p.turns {
		if _, ok := p.arrival(t.event); !ok {
			n++
		}
	}
	return n
}
