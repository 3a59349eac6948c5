package feed_test

import (
	"slices"
	"testing"

	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/feed"
)

// anna and bob lie in one part of the feed, carl in another.
var (
	anna = game.PlayerID{0: 1}
	bob  = game.PlayerID{0: 2}
	carl = game.PlayerID{15: 7}
)

func session(n byte) auth.SessionID { return auth.SessionID{0: n} }
func match(n byte) game.MatchID     { return game.MatchID{0: 1, 15: n} }

// woken takes the wake of a waiter, if it has one.
func woken(w *feed.Waiter) bool {
	select {
	case <-w.C:
		return true
	default:
		return false
	}
}

// reasons tells why each of the waiters has to go.
func reasons(list ...*feed.Waiter) []feed.Reason {
	var all []feed.Reason
	for _, w := range list {
		all = append(all, w.Reason())
	}
	return all
}

func wantReasons(t *testing.T, waiters []*feed.Waiter, want ...feed.Reason) {
	t.Helper()
	if got := reasons(waiters...); !slices.Equal(got, want) {
		t.Errorf("they have to go for %v, want %v", got, want)
	}
}

func wantOpen(t *testing.T, f *feed.Feed, inboxes, watchers int) {
	t.Helper()
	if i, w := f.Open(); i != inboxes || w != watchers {
		t.Errorf("%d inboxes and %d watchers are open, want %d and %d", i, w, inboxes, watchers)
	}
	if inboxes+watchers == 0 && f.Keys() != 0 {
		t.Errorf("nobody waits, and the feed remembers %d players and matches", f.Keys())
	}
}

const (
	stays    = feed.Waiting
	replaced = feed.Replaced
	ended    = feed.Ended
	draining = feed.Draining
)

func TestWakesWhomItConcerns(t *testing.T) {
	var f feed.Feed
	inbox, other := f.Inbox(anna, session(1)), f.Inbox(bob, session(2))
	watcher, elsewhere := f.Match(anna, session(1), match(1)), f.Match(bob, session(2), match(2))
	operator, onlooker := f.Observe(anna, game.MatchID{}), f.Observe(bob, match(1))
	all := []*feed.Waiter{inbox, other, watcher, elsewhere, operator, onlooker}
	for _, c := range []struct {
		name string
		wake func()
		want []bool
	}{
		{"a player", func() { f.WakePlayer(anna) }, []bool{true, false, false, false, true, false}},
		{"a match", func() { f.WakeMatch(match(1)) }, []bool{false, false, true, false, false, true}},
		{"a player who is not there", func() { f.WakePlayer(carl) }, make([]bool, 6)},
		{"a match nobody watches", func() { f.WakeMatch(match(3)) }, make([]bool, 6)},
		{"the match without an id", func() { f.WakeMatch(game.MatchID{}) }, make([]bool, 6)},
	} {
		c.wake()
		for i, w := range all {
			if got := woken(w); got != c.want[i] {
				t.Errorf("%s: waiter %d is woken: %v", c.name, i, got)
			}
		}
	}
	wantReasons(t, all, stays, stays, stays, stays, stays, stays)
	wantOpen(t, &f, 3, 3)
}

func TestWakesMerge(t *testing.T) {
	var f feed.Feed
	w := f.Inbox(anna, session(1))
	for range 1000 {
		f.WakePlayer(anna)
	}
	if !woken(w) || woken(w) {
		t.Error("a thousand wakes that nobody took are not one")
	}
	if f.WakePlayer(anna); !woken(w) {
		t.Error("once it was taken, the next one is lost")
	}
}

func TestNewerReplacesOlder(t *testing.T) {
	for name, c := range map[string]struct {
		join func(f *feed.Feed) []*feed.Waiter
		want []feed.Reason
	}{
		"the same session": {func(f *feed.Feed) []*feed.Waiter {
			return []*feed.Waiter{f.Inbox(anna, session(1)), f.Inbox(anna, session(1))}
		}, []feed.Reason{replaced, stays}},
		"another session": {func(f *feed.Feed) []*feed.Waiter {
			return []*feed.Waiter{f.Inbox(anna, session(1)), f.Inbox(anna, session(2))}
		}, []feed.Reason{stays, stays}},
		"another player": {func(f *feed.Feed) []*feed.Waiter {
			return []*feed.Waiter{f.Inbox(anna, session(1)), f.Inbox(bob, session(1))}
		}, []feed.Reason{stays, stays}},
		"a sixth": {func(f *feed.Feed) []*feed.Waiter {
			var list []*feed.Waiter
			for n := range byte(7) {
				list = append(list, f.Inbox(anna, session(n+1)))
			}
			return list
		}, []feed.Reason{replaced, replaced, stays, stays, stays, stays, stays}},
		"one that takes the place of its session's": {func(f *feed.Feed) []*feed.Waiter {
			var list []*feed.Waiter
			for n := range byte(5) {
				list = append(list, f.Inbox(anna, session(n+1)))
			}
			return append(list, f.Inbox(anna, session(3)))
		}, []feed.Reason{stays, stays, replaced, stays, stays, stays}},
		"the oldest by coming, not by session": {func(f *feed.Feed) []*feed.Waiter {
			var list []*feed.Waiter
			for _, n := range []byte{1, 2, 3, 4, 5, 1, 6} { // the newer one of session 1 is the youngest but one
				list = append(list, f.Inbox(anna, session(n)))
			}
			return list
		}, []feed.Reason{replaced, replaced, stays, stays, stays, stays, stays}},
		"watchers of the same match": {func(f *feed.Feed) []*feed.Waiter {
			return []*feed.Waiter{f.Match(anna, session(1), match(1)), f.Match(anna, session(1), match(1))}
		}, []feed.Reason{replaced, stays}},
		"watchers of another match": {func(f *feed.Feed) []*feed.Waiter {
			return []*feed.Waiter{f.Match(anna, session(1), match(1)), f.Match(anna, session(1), match(2))}
		}, []feed.Reason{stays, stays}},
		"a sixth watcher": {func(f *feed.Feed) []*feed.Waiter {
			var list []*feed.Waiter
			for n := range byte(6) {
				list = append(list, f.Match(anna, session(1), match(n+1)))
			}
			return list
		}, []feed.Reason{replaced, stays, stays, stays, stays, stays}},
		"watchers and inboxes": {func(f *feed.Feed) []*feed.Waiter {
			list := []*feed.Waiter{f.Inbox(anna, session(1)), f.Match(anna, session(1), match(1))}
			for n := range byte(4) {
				list = append(list, f.Inbox(anna, session(n+2)), f.Match(anna, session(1), match(n+2)))
			}
			return list
		}, slices.Repeat([]feed.Reason{stays}, 10)},
		"operators": {func(f *feed.Feed) []*feed.Waiter {
			var list []*feed.Waiter
			for range 8 {
				list = append(list, f.Observe(anna, game.MatchID{}))
			}
			return append(list, f.Inbox(anna, session(1)), f.Observe(anna, game.MatchID{}), f.Observe(anna, match(1)))
		}, slices.Repeat([]feed.Reason{stays}, 11)},
	} {
		t.Run(name, func(t *testing.T) {
			var f feed.Feed
			list := c.join(&f)
			wantReasons(t, list, c.want...)
			for _, w := range list {
				if gone := w.Reason() != stays; woken(w) != gone {
					t.Errorf("a waiter with reason %d was woken: %v", w.Reason(), !gone)
				}
				w.Leave()
			}
			wantOpen(t, &f, 0, 0)
		})
	}
}

// Those who were told to go and have not gone yet do not count among the five.
func TestOneThatHasToGoTakesNoPlace(t *testing.T) {
	var f feed.Feed
	var list []*feed.Waiter
	for range 100 { // a phone that comes again and again while its old connections still hang
		list = append(list, f.Inbox(anna, session(1)))
	}
	for n := range byte(4) {
		list = append(list, f.Inbox(anna, session(n+2)))
	}
	wantReasons(t, list[99:], stays, stays, stays, stays, stays)
	wantOpen(t, &f, 104, 0)
	for _, w := range list {
		w.Leave()
	}
	wantOpen(t, &f, 0, 0)
}

func TestEndSession(t *testing.T) {
	var f feed.Feed
	list := []*feed.Waiter{
		f.Inbox(anna, session(1)), f.Match(anna, session(1), match(1)), f.Match(anna, session(1), match(2)),
		f.Inbox(anna, session(2)), f.Match(anna, session(2), match(1)), f.Observe(anna, match(1)), f.Observe(anna, game.MatchID{}),
		f.Inbox(bob, session(3)),
	}
	f.EndSession(anna, session(1))
	wantReasons(t, list, ended, ended, ended, stays, stays, stays, stays, stays)
	f.EndSession(anna, auth.SessionID{}) // nobody's
	f.EndSession(carl, session(3))       // not his
	wantReasons(t, list, ended, ended, ended, stays, stays, stays, stays, stays)
	for i, w := range list {
		if woken(w) != (i < 3) {
			t.Errorf("waiter %d was woken, or not", i)
		}
	}
}

// The first reason is the one that is told.
func TestFirstReasonStays(t *testing.T) {
	var f feed.Feed
	w := f.Inbox(anna, session(1))
	f.Inbox(anna, session(1))
	f.EndSession(anna, session(1))
	f.Drain()
	wantReasons(t, []*feed.Waiter{w}, replaced)
}

func TestDrain(t *testing.T) {
	var f feed.Feed
	list := []*feed.Waiter{f.Inbox(anna, session(1)), f.Match(bob, session(2), match(1)), f.Observe(carl, match(2)), f.Observe(carl, game.MatchID{})}
	if f.Drained() {
		t.Error("it drains before it was told to")
	}
	f.Drain()
	list = append(list, f.Inbox(anna, session(3)), f.Match(carl, session(4), match(1)), f.Observe(carl, match(2)))
	if !f.Drained() {
		t.Error("it does not know that it drains")
	}
	wantReasons(t, list, slices.Repeat([]feed.Reason{draining}, len(list))...)
	for i, w := range list {
		if !woken(w) {
			t.Errorf("waiter %d was not woken", i)
		}
	}
}

// TestLeave takes waiters out at every place of a list; those that stay are woken, in the order in which they came.
func TestLeave(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 2, 0, 3}, {2, 0, 3, 1}} {
		var f feed.Feed
		var list []*feed.Waiter
		for n := range byte(4) {
			list = append(list, f.Inbox(anna, session(n+1)), f.Match(anna, session(n+1), match(1)))
		}
		neighbour := f.Inbox(bob, session(9))
		here := 4
		for _, i := range order {
			list[2*i].Leave()
			list[2*i+1].Leave()
			list[2*i].Leave() // twice does no harm
			here--
			wantOpen(t, &f, here+1, here)
			f.WakePlayer(anna)
			f.WakeMatch(match(1))
			n := 0
			for _, w := range list {
				if woken(w) {
					n++
				}
			}
			if n != 2*here {
				t.Errorf("order %v: %d of %d were woken", order, n, 2*here)
			}
		}
		if woken(neighbour) {
			t.Error("another player was woken")
		}
		neighbour.Leave()
		wantOpen(t, &f, 0, 0)
	}
}

// After one has left, the oldest is still the one that came first.
func TestOrderOfComingSurvivesLeaving(t *testing.T) {
	var f feed.Feed
	var list []*feed.Waiter
	for n := range byte(5) {
		list = append(list, f.Inbox(anna, session(n+1)))
	}
	list[2].Leave()
	list = append(list, f.Inbox(anna, session(6)), f.Inbox(anna, session(7)))
	wantReasons(t, list, replaced, stays, stays, stays, stays, stays, stays)
}
