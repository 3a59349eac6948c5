package feed_test

import (
	"fmt"
	"testing"

	"yourmove/game"
	"yourmove/server/feed"
)

// A commit that concerns nobody who is online allocates nothing: two players and their match are looked up.
func TestWakeOfNobodyAllocatesNothing(t *testing.T) {
	var empty, busy feed.Feed
	others(&busy)
	for name, f := range map[string]*feed.Feed{"an empty feed": &empty, "a busy one": &busy} {
		if n := testing.AllocsPerRun(1000, func() { f.WakePlayer(anna); f.WakePlayer(bob); f.WakeMatch(match(1)) }); n != 0 {
			t.Errorf("%s: a wake allocates %v times", name, n)
		}
	}
	w := busy.Inbox(anna, session(1))
	if n := testing.AllocsPerRun(1000, func() { busy.WakePlayer(anna); <-w.C }); n != 0 {
		t.Errorf("a wake of somebody allocates %v times", n)
	}
}

// others opens doors of 10,000 players.
func others(f *feed.Feed) {
	for n := range 10_000 {
		f.Inbox(game.PlayerID{5: 1, 14: byte(n >> 8), 15: byte(n)}, session(1))
	}
}

func BenchmarkWakeNobody(b *testing.B) {
	for _, here := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("here=%d", here), func(b *testing.B) {
			var f feed.Feed
			if here > 0 {
				others(&f)
			}
			b.ReportAllocs()
			for b.Loop() {
				f.WakePlayer(anna)
				f.WakePlayer(bob)
				f.WakeMatch(match(1))
			}
		})
	}
}

// BenchmarkWakeWatchers wakes 1,000 who watch one match: all of them wait, or none has taken the last wake yet.
func BenchmarkWakeWatchers(b *testing.B) {
	for _, merged := range []bool{false, true} {
		b.Run(fmt.Sprintf("merged=%v", merged), func(b *testing.B) {
			var f feed.Feed
			var list []*feed.Waiter
			for n := range 1000 {
				list = append(list, f.Match(game.PlayerID{14: byte(n >> 8), 15: byte(n)}, session(1), match(1)))
			}
			b.ReportAllocs()
			for b.Loop() {
				f.WakeMatch(match(1))
				if !merged {
					for _, w := range list {
						<-w.C
					}
				}
			}
		})
	}
}

func BenchmarkJoinAndLeave(b *testing.B) {
	var f feed.Feed
	b.ReportAllocs()
	for b.Loop() {
		f.Inbox(anna, session(1)).Leave()
	}
}
