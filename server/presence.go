package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"yourmove/game"
	"yourmove/server/auth"
)

const (
	// LookingFor is how long a player counts as looking after the last sign of it.
	LookingFor = 30 * time.Second
	// keepSeenEvery is how often the versions that players saw are written.
	keepSeenEvery = 5 * time.Second
	// maxSeen bounds how many of them wait to be written; what comes beyond is dropped, as at a crash.
	maxSeen = 100_000
)

// presence knows what players are looking at: by what their apps say is on the screen and by calls that change a match,
// never by an open connection or by reads alone, which a phone in the pocket makes too. It lives in memory. The zero
// value is ready.
type presence struct {
	mu sync.Mutex // guards all below
	// young and old are the signs of two stretches of LookingFor: what is older than both is forgotten as a whole.
	young, old map[game.PlayerID][]look
	turned     time.Time // when young was begun
	// seen has the versions that are still to be written.
	seen map[seat]uint64
}

// look is a sign that a player looks at a match, by one of his sessions, or (a zero match) the position up to which
// everything has arrived there.
type look struct {
	session auth.SessionID
	match   game.MatchID
	upto    Position
	at      time.Time
}

// seat is a player in a match.
type seat struct {
	player game.PlayerID
	match  game.MatchID
}

func (p *presence) looked(c Caller, match game.MatchID, now time.Time) {
	p.note(c, look{session: c.Session, match: match, at: now})
}

func (p *presence) received(c Caller, upto Position, now time.Time) {
	p.note(c, look{session: c.Session, upto: upto, at: now})
}

func (p *presence) note(c Caller, l look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(l.at)
	list := p.young[c.Player]
	for i := range list {
		if list[i].session == l.session && list[i].match == l.match {
			l.upto = max(l.upto, list[i].upto)
			list[i] = l
			return
		}
	}
	p.young[c.Player] = append(list, l)
}

// turn forgets what is older than two stretches. The caller holds mu.
func (p *presence) turn(now time.Time) {
	if p.young != nil && now.Sub(p.turned) < LookingFor {
		return
	}
	p.old, p.young, p.turned = p.young, map[game.PlayerID][]look{}, now
}

// lookedAway notes that the app on one session shows no match any more.
func (p *presence) lookedAway(c Caller) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stretch := range []map[game.PlayerID][]look{p.young, p.old} {
		list := stretch[c.Player]
		kept := list[:0]
		for _, l := range list {
			if l.session != c.Session || l.match == (game.MatchID{}) {
				kept = append(kept, l)
			}
		}
		switch {
		case len(list) == 0:
		case len(kept) == 0:
			delete(stretch, c.Player)
		default:
			stretch[c.Player] = kept
		}
	}
}

// lookedUntil returns when the last sign came that the player looks at a match; zero: there was none lately.
func (p *presence) lookedUntil(player game.PlayerID, match game.MatchID) (last time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stretch := range []map[game.PlayerID][]look{p.young, p.old} {
		for _, l := range stretch[player] {
			if l.match == match && l.at.After(last) {
				last = l.at
			}
		}
	}
	return last
}

// saw notes the version that a player saw, to be written later.
func (p *presence) saw(player game.PlayerID, match game.MatchID, version uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[seat]uint64{}
	}
	k := seat{player, match}
	if was, ok := p.seen[k]; ok || len(p.seen) < maxSeen {
		p.seen[k] = max(was, version)
	}
}

// take returns what is to be written, and forgets it.
func (p *presence) take() map[seat]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.seen
	p.seen = nil
	return list
}

// Looking reports whether a player is looking at a match now, and since when there was no sign of it.
func (s *Service) Looking(player game.PlayerID, match game.MatchID) (looking bool, last time.Time) {
	last = s.presence.lookedUntil(player, match)
	return !last.IsZero() && s.now().Sub(last) < LookingFor, last
}

// lookingSeats lists the seats whose players look at a match and do not hide it.
func (s *Service) lookingSeats(ctx context.Context, id game.MatchID) ([]int, error) {
	m, err := s.loadAny(ctx, id)
	if err != nil {
		return nil, err
	}
	var seats []int
	for i, pl := range m.Places {
		if m.PlaysIn(pl.Player) != i+1 {
			continue
		}
		if looking, _ := s.Looking(pl.Player, id); looking {
			players, err := s.names.load(ctx, s.store, []game.PlayerID{pl.Player})
			if err != nil {
				return nil, err
			}
			if !players[pl.Player].HidePresence {
				seats = append(seats, i+1)
			}
		}
	}
	return seats, nil
}

// KeepSeen writes the versions that players saw, every few seconds until ctx is done, and once more then.
func (s *Service) KeepSeen(ctx context.Context) error {
	tick := time.NewTicker(keepSeenEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.keepSeen(ctx)
		case <-ctx.Done():
			s.keepSeen(context.WithoutCancel(ctx))
			return nil
		}
	}
}

func (s *Service) keepSeen(ctx context.Context) {
	for k, version := range s.presence.take() {
		_, err := s.keepPrivate(ctx, Caller{Player: k.player}, k.match, func(_ game.Match, p *Private) error {
			if p.SeenVersion >= version {
				return errSeenAlready
			}
			p.SeenVersion = version
			return nil
		})
		var refused *game.Error
		if err != nil && !errors.Is(err, errSeenAlready) && !errors.As(err, &refused) {
			s.log.WarnContext(ctx, "a seen version was not kept", "match", k.match, "err", err)
		}
	}
}

// errSeenAlready ends a change that is none.
var errSeenAlready = errors.New("a newer version was seen already")
