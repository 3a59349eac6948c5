// Package feed wakes those who wait for something new in an inbox or in a match, and tells those whose time is over to
// go. A wake carries no data: who waits joins first, then reads, and only then waits, so that a wake that comes in
// between is not lost; wakes that nobody took yet merge into one.
//
//	join ──► read ──► wait ──woken──► read …
//	                    └────ended──► leave
package feed

import (
	"sync"
	"sync/atomic"

	"yourmove/game"
	"yourmove/server/auth"
)

// shards is into how many parts a Feed is divided, so that wakes of different players do not wait for each other.
const shards = 64

// Limit is how many inbox doors, and how many watchers, one player may have open. One more ends the oldest, because a
// half-dead connection must not lock a phone out.
const Limit = 5

// Reason says why a waiter has to go.
type Reason uint32

// The reasons. Waiting: it does not.
const (
	Waiting  Reason = 0
	Draining Reason = 1 // the server is going down
	Ended    Reason = 2 // the session was ended
	Replaced Reason = 3 // a newer one took its place
)

// Feed knows who waits. The zero value is ready. Any number of goroutines may use it.
type Feed struct {
	players  [shards]shard[game.PlayerID]
	matches  [shards]shard[game.MatchID]
	draining atomic.Bool
}

// shard has the waiters of some players or matches.
type shard[K comparable] struct {
	mu      sync.RWMutex // guards waiters
	waiters map[K][]*Waiter
}

// Waiter waits at one door. Leave ends it.
type Waiter struct {
	// C holds one token when there may be something new, or the waiter has to go.
	C chan struct{}

	feed    *Feed
	player  game.PlayerID
	session auth.SessionID
	match   game.MatchID // zero: it waits for the inbox
	reason  atomic.Uint32
}

// Inbox joins those who wait for a player's inbox. An older waiter of the same session has to go; so does the oldest of
// the player's when there are more than Limit.
func (f *Feed) Inbox(player game.PlayerID, session auth.SessionID) *Waiter {
	w := f.waiter(player, session)
	f.join(w)
	return w
}

// Match joins those who watch a match. An older watcher of the same session and match has to go; so does the oldest of
// the player's watchers when there are more than Limit.
func (f *Feed) Match(player game.PlayerID, session auth.SessionID, match game.MatchID) *Waiter {
	w := f.waiter(player, session)
	w.match = match
	f.join(w)
	return w
}

// Observe joins as an operator: nobody has to go, and nobody's session ends it. A zero match: the player's inbox.
func (f *Feed) Observe(player game.PlayerID, match game.MatchID) *Waiter {
	w := f.waiter(player, auth.SessionID{})
	w.match = match
	f.join(w)
	return w
}

func (f *Feed) waiter(player game.PlayerID, session auth.SessionID) *Waiter {
	return &Waiter{C: make(chan struct{}, 1), feed: f, player: player, session: session}
}

// join adds a waiter to its player's, and a watcher to its match's too.
func (f *Feed) join(w *Waiter) {
	s := &f.players[w.player[15]%shards]
	s.mu.Lock()
	if s.waiters == nil {
		s.waiters = map[game.PlayerID][]*Waiter{}
	}
	list := append(s.waiters[w.player], w)
	s.waiters[w.player] = list
	if !w.session.IsZero() {
		w.displace(list)
	}
	s.mu.Unlock()
	if w.watches() {
		m := &f.matches[w.match[15]%shards]
		m.mu.Lock()
		if m.waiters == nil {
			m.waiters = map[game.MatchID][]*Waiter{}
		}
		m.waiters[w.match] = append(m.waiters[w.match], w)
		m.mu.Unlock()
	}
	if f.draining.Load() { // Drain may have looked before this one came
		w.end(Draining)
	}
}

// displace ends those of the same player whose place this one takes. The list is in the order in which they came.
func (w *Waiter) displace(list []*Waiter) {
	same := 0 // of the same kind, and staying
	for _, o := range list {
		if o == w || o.session.IsZero() || o.watches() != w.watches() || o.Reason() != Waiting {
			continue
		}
		if o.session == w.session && o.match == w.match {
			o.end(Replaced)
		} else {
			same++
		}
	}
	for _, o := range list {
		if same < Limit {
			return
		}
		if o != w && !o.session.IsZero() && o.watches() == w.watches() && o.Reason() == Waiting {
			o.end(Replaced)
			same--
		}
	}
}

func (w *Waiter) watches() bool { return w.match != game.MatchID{} }

// Reason says whether the waiter has to go, and why.
func (w *Waiter) Reason() Reason { return Reason(w.reason.Load()) }

// end tells a waiter to go. The first reason stays.
func (w *Waiter) end(r Reason) {
	w.reason.CompareAndSwap(uint32(Waiting), uint32(r))
	w.wake()
}

func (w *Waiter) wake() {
	select {
	case w.C <- struct{}{}:
	default: // it has not taken the last wake yet
	}
}

// Leave ends the waiting.
func (w *Waiter) Leave() {
	s := &w.feed.players[w.player[15]%shards]
	s.mu.Lock()
	remove(s.waiters, w.player, w)
	s.mu.Unlock()
	if w.watches() {
		m := &w.feed.matches[w.match[15]%shards]
		m.mu.Lock()
		remove(m.waiters, w.match, w)
		m.mu.Unlock()
	}
}

// remove takes a waiter out of the list of a key, and the key with the last one.
func remove[K comparable](waiters map[K][]*Waiter, key K, w *Waiter) {
	list := waiters[key]
	for i, o := range list {
		if o == w {
			if len(list) == 1 {
				delete(waiters, key)
				return
			}
			// In place: nobody reads a list but under the lock. Order stays, it is that of coming.
			copy(list[i:], list[i+1:])
			list[len(list)-1] = nil
			waiters[key] = list[:len(list)-1]
			return
		}
	}
}

// WakePlayer wakes those who wait for the inbox of a player. Nobody there: it costs a look.
func (f *Feed) WakePlayer(player game.PlayerID) {
	s := &f.players[player[15]%shards]
	s.mu.RLock()
	for _, w := range s.waiters[player] {
		if !w.watches() {
			w.wake()
		}
	}
	s.mu.RUnlock()
}

// WakeMatch wakes those who watch a match.
func (f *Feed) WakeMatch(match game.MatchID) {
	s := &f.matches[match[15]%shards]
	s.mu.RLock()
	for _, w := range s.waiters[match] {
		w.wake()
	}
	s.mu.RUnlock()
}

// EndSession ends all doors of a player's session.
func (f *Feed) EndSession(player game.PlayerID, session auth.SessionID) {
	if session.IsZero() {
		return // an operator's doors have none
	}
	s := &f.players[player[15]%shards]
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, w := range s.waiters[player] {
		if w.session == session {
			w.end(Ended)
		}
	}
}

// Drain ends all doors, and those that are opened from now on.
func (f *Feed) Drain() {
	f.draining.Store(true)
	for i := range f.players {
		s := &f.players[i]
		s.mu.RLock()
		for _, list := range s.waiters {
			for _, w := range list {
				w.end(Draining)
			}
		}
		s.mu.RUnlock()
	}
}

// Drained reports whether Drain was called.
func (f *Feed) Drained() bool { return f.draining.Load() }

// Open counts the inbox doors and the watchers.
func (f *Feed) Open() (inboxes, watchers int) {
	for i := range f.players {
		s := &f.players[i]
		s.mu.RLock()
		for _, list := range s.waiters {
			for _, w := range list {
				if !w.watches() {
					inboxes++
				} else {
					watchers++
				}
			}
		}
		s.mu.RUnlock()
	}
	return inboxes, watchers
}
