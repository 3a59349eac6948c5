package server

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"yourmove/game"
)

// maxKinds bounds how many matches the server remembers the kind of: about 10 MB.
const maxKinds = 100_000

// kind is what of a match never changes and every event needs to be shown.
type kind struct {
	game    string
	ruleset int
}

// kinds remembers the kinds of matches: without it each event that is told would cost a look at its match.
type kinds struct {
	mu sync.RWMutex
	of map[game.MatchID]kind // guarded by mu
}

// kindOf returns the kind of a match that has an event.
func (s *Service) kindOf(ctx context.Context, id game.MatchID) (kind, error) {
	s.kinds.mu.RLock()
	k, ok := s.kinds.of[id]
	s.kinds.mu.RUnlock()
	if ok {
		return k, nil
	}
	m, _, err := s.store.Match(ctx, id, nil)
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("an event of it is there: %w", ErrDamaged)
	}
	if err != nil {
		return k, fmt.Errorf("load match %v: %w", id, err)
	}
	k = kind{m.Game, m.Ruleset}
	s.kinds.mu.Lock()
	defer s.kinds.mu.Unlock()
	if s.kinds.of == nil || len(s.kinds.of) >= maxKinds {
		s.kinds.of = map[game.MatchID]kind{} // those in use are soon back
	}
	s.kinds.of[id] = k
	return k, nil
}

// showThen makes of an event what a seat could know when it happened. Neither the present state of the match nor the seats
// of today have a part in it: what was told once stays as it was.
func (s *Service) showThen(k kind, e StoredEvent, seat int, player game.PlayerID) ShownEvent {
	shown := ShownEvent{Event: e.Event}
	if k.game != game.Relay {
		r, ok := s.games.Find(k.game, k.ruleset)
		if !ok {
			r = nil
		}
		shown.Event = e.Show(r, seat, false)
	}
	if e.Request.Player == player {
		shown.RequestID = e.Request.ID
	}
	return shown
}
