package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"yourmove/game"
)

// maxTries bounds how often a call that conflicts in the store is decided again.
const maxTries = 8

// Done is what a call that changes a match did: its events, as the caller may know them, and the match as it is now
// (nil where the caller may no longer see it).
type Done struct {
	Version uint64
	Events  []ShownEvent
	Match   *MatchView
}

// decide is what a call decides on a match as it is.
type decide func(m game.Match, r game.Rules, now time.Time) (game.Change, error)

// command is a player's call that changes a match.
type command struct {
	caller  Caller
	id      game.MatchID
	request Request
	// code is the join code that the caller named the match by, if he did.
	code   string
	decide decide
	// quotas of the change, if it has any.
	quotas func(ch game.Change) ([]Quota, error)
	// sent is the relay state that came with the call: it is left out of the answer.
	sent bool
}

// run carries a command out: once, however often it is repeated. The order of the checks is the one that docs/api.md
// promises: repeat, then visible, then whatever game decides.
func (s *Service) run(ctx context.Context, c command) (Done, error) {
	leave, err := s.turns.enter(ctx, c.id)
	if err != nil {
		return Done{}, err
	}
	defer leave()
	for range maxTries {
		done, err := s.try(ctx, c)
		if !errors.Is(err, ErrConflict) {
			return done, err
		}
	}
	return Done{}, game.Refuse(game.Overloaded, "others keep changing what this call depends on; repeat it with the same request_id")
}

func (s *Service) try(ctx context.Context, c command) (Done, error) {
	now := s.instant()
	m, before, err := s.store.Match(ctx, c.id, &c.request.RequestKey)
	if errors.Is(err, ErrNotFound) {
		return Done{}, errNoMatch()
	}
	if err != nil {
		return Done{}, fmt.Errorf("load match %v: %w", c.id, err)
	}
	if before != nil {
		return s.repeated(ctx, c, m, *before)
	}
	if ok, err := s.maySee(ctx, m, c.caller.Player, c.code); err != nil {
		return Done{}, err
	} else if !ok {
		return Done{}, errNoMatch()
	}
	ch, err := c.decide(m, s.rules(m), notBefore(now, m))
	if err != nil {
		return Done{}, err
	}
	commit := Commit{At: now, Match: &ch, Request: &c.request}
	if c.quotas != nil {
		if commit.Quotas, err = c.quotas(ch); err != nil {
			return Done{}, err
		}
	}
	if err := s.commit(ctx, m, commit); err != nil {
		return Done{}, fmt.Errorf("change match %v: %w", c.id, err)
	}
	s.presence.looked(c.caller, c.id, now)
	return s.done(ctx, c, ch, c.request)
}

// notBefore keeps time from running backwards within a match when the machine's clock was set back.
func notBefore(now time.Time, m game.Match) time.Time {
	for _, t := range []time.Time{m.Created, m.Started, m.Last.At} {
		if now.Before(t) {
			now = t
		}
	}
	return now
}

// commit keeps a change of a match, of which before is what it was decided on (the zero Match: it is new), wakes those
// whom it concerns and counts what happened.
func (s *Service) commit(ctx context.Context, before game.Match, c Commit) error {
	c.Told = ToldOf(before, c.Match.Match)
	if err := s.store.Commit(ctx, c); err != nil {
		if errors.Is(err, ErrOverQuota) {
			return &game.Error{Reason: game.Quota, Detail: quotaText(c.Quotas), Err: err}
		}
		return err
	}
	// After it is durable: who wakes early must find it.
	for _, t := range c.Told {
		s.feed.WakePlayer(t.Player)
	}
	s.feed.WakeMatch(c.Match.Match.ID)
	h := Happened{Game: c.Match.Match.Game, Before: before.State, After: c.Match.Match.State}
	for _, e := range c.Match.Events {
		if _, ok := e.Fact.(game.TurnTaken); ok {
			h.Turns++
		}
	}
	s.counted(h)
	return nil
}

func quotaText(qs []Quota) string {
	for _, q := range qs {
		if q.Kind == PendingInvitations {
			return fmt.Sprintf("at most %d invitations may wait for an answer", q.Limit)
		}
	}
	return fmt.Sprintf("at most %d matches may be under way", qs[0].Limit)
}

// repeated answers a request that was carried out before with its first answer.
func (s *Service) repeated(ctx context.Context, c command, m game.Match, before Recorded) (Done, error) {
	if before.Request.Print != c.request.Print {
		return Done{}, game.Refuse(game.RequestReused, "this request_id was used for another request; make a new one")
	}
	return s.done(ctx, c, game.Change{Match: m, Events: before.Events}, before.Request)
}

// done makes the answer to a call that was carried out. The events are shown as when they happened; beside them stands
// the match as it is now.
func (s *Service) done(ctx context.Context, c command, ch game.Change, req Request) (Done, error) {
	m, events := ch.Match, ch.Events
	d := Done{Version: events[len(events)-1].Version}
	for _, e := range events {
		d.Events = append(d.Events, s.showEvent(m, StoredEvent{Event: e, Request: req}, c.caller.Player))
	}
	if ok, err := s.maySee(ctx, m, c.caller.Player, ""); err != nil || !ok {
		return d, err
	}
	o := viewOptions{withoutRelayState: c.sent, position: ch.Position}
	if seat := m.PlaysIn(c.caller.Player); seat > 0 && !m.State.Over() && m.Place(seat).Acted == events[0].Version {
		o.private = &Private{} // the draft went with the turn just taken, and nothing else of it matters: no need to read
	}
	v, err := s.view(ctx, m, c.caller.Player, o)
	if err != nil {
		return Done{}, err
	}
	d.Match = &v
	return d, nil
}

func errNoMatch() error {
	return game.Refuse(game.NoSuchMatch, "there is no such match, or none that you may see")
}

// print makes what stands for a request: a hash of the call's name and its decoded fields. It is written out here field
// by field, and not taken from the wire's bytes, so that it stays the same over versions, encodings and protocols.
type print struct{ buf []byte }

func newPrint(call string) *print { return (&print{}).text(call) }

func (p *print) bytes(b []byte) *print {
	p.buf = binary.AppendUvarint(p.buf, uint64(len(b)))
	p.buf = append(p.buf, b...)
	return p
}

func (p *print) text(s string) *print { return p.bytes([]byte(s)) }

func (p *print) num(n int64) *print {
	p.buf = binary.AppendVarint(p.buf, n)
	return p
}

func (p *print) flag(b bool) *print {
	if b {
		return p.num(1)
	}
	return p.num(0)
}

func (p *print) sum() [16]byte {
	sum := sha256.Sum256(p.buf)
	return [16]byte(sum[:16])
}

// request names a caller's request.
func request(c Caller, id RequestID, p *print) Request {
	return Request{RequestKey: RequestKey{Player: c.Player, ID: id}, Print: p.sum()}
}
