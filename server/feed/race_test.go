package feed_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/feed"
)

// TestManyReadersAndWriters lets readers hear of commits while writers commit and others come and go. Whoever misses a
// wake waits for ever.
func TestManyReadersAndWriters(t *testing.T) {
	const writers, commits = 4, 500
	log := &memory{f: new(feed.Feed)}
	var wg sync.WaitGroup
	for n := range byte(feed.Limit) {
		wg.Go(func() {
			w := log.f.Inbox(anna, session(n+1))
			defer w.Leave()
			for cursor := 0; cursor < writers*commits; {
				if list := log.after(cursor); len(list) > 0 {
					cursor = list[len(list)-1]
					continue
				}
				<-w.C
			}
			if w.Reason() != feed.Waiting {
				t.Errorf("reader %d was told to go: %d", n, w.Reason())
			}
		})
	}
	for n := range byte(writers) {
		wg.Go(func() {
			for range commits {
				log.commit()
				log.f.WakeMatch(match(n))
				log.f.Match(anna, session(20+n), match(n)).Leave()
				log.f.Inbox(bob, session(30+n)).Leave()
			}
		})
	}
	wg.Wait()
	wantOpen(t, log.f, 0, 0)
}

// TestDrainMeetsNewcomers lets waiters come while the feed drains: each is told to go, before or after.
func TestDrainMeetsNewcomers(t *testing.T) {
	for range 50 {
		var f feed.Feed
		var wg sync.WaitGroup
		start := make(chan struct{})
		for n := range byte(8) {
			wg.Go(func() {
				<-start
				w := f.Observe(game.PlayerID{15: n}, game.MatchID{})
				if n%2 == 0 {
					w = f.Match(game.PlayerID{15: n}, session(n+1), match(n))
				}
				for w.Reason() == feed.Waiting {
					<-w.C
				}
				if w.Reason() != feed.Draining {
					t.Errorf("it has to go for %d", w.Reason())
				}
			})
		}
		wg.Go(func() { <-start; f.Drain() })
		close(start)
		wg.Wait()
	}
}

// TestNothingIsLeft joins and leaves in random order, with everything else going on at once.
func TestNothingIsLeft(t *testing.T) {
	var f feed.Feed
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(g, 1))
			var here []*feed.Waiter
			for range 5000 {
				player, ses, m := game.PlayerID{15: byte(rng.IntN(20))}, auth.SessionID{0: byte(1 + rng.IntN(8))}, match(byte(rng.IntN(20)))
				switch rng.IntN(8) {
				case 0:
					here = append(here, f.Inbox(player, ses))
				case 1:
					here = append(here, f.Match(player, ses, m))
				case 2:
					here = append(here, f.Observe(player, m))
				case 3:
					f.EndSession(player, ses)
				case 4:
					f.WakePlayer(player)
					f.WakeMatch(m)
				case 5:
					f.Open()
				default:
					if n := len(here); n > 0 {
						i := rng.IntN(n)
						here[i].Leave()
						here[i] = here[n-1]
						here = here[:n-1]
					}
				}
			}
			for _, w := range here {
				w.Leave()
			}
		})
	}
	wg.Wait()
	wantOpen(t, &f, 0, 0)
}
