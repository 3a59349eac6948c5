package boltstore_test

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
)

// TestRounds has the ends of many inboxes to write, more than go with one transaction, while players go on. A copy made
// after any of these transactions, as a kill would leave it, is sound and has every inbox whole: rows may be ahead of the
// mark, and none is behind what the mark says.
func TestRounds(t *testing.T) {
	const players = 200
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var copies []string
		var copying atomic.Bool
		s := openIn(t, dir, boltstore.Options{NoSync: true}.Ends(2*time.Second, players/2).AfterCommit(func() {
			if copying.Load() {
				copies = append(copies, copyOf(t, dir))
			}
		}))
		made := 0
		entries := map[game.PlayerID]int{}
		tell := func(n int) {
			t.Helper()
			made++
			ch, err := game.Create(nil, game.NewMatch{
				ID:       game.MatchID(binary.BigEndian.AppendUint64(make([]byte, 8, 16), uint64(made))),
				Settings: game.Settings{Game: game.Relay, MinSeats: 2, MaxSeats: 2}, Creator: playerNo(n), Seat: 1,
			}, time.UnixMilli(1_700_000_000_000))
			if err != nil {
				t.Fatal(err)
			}
			told := []server.Told{{Player: playerNo(n), Seat: 1}}
			if err := s.Commit(t.Context(), server.Commit{At: ch.Events[0].At, Match: &ch, Told: told}); err != nil {
				t.Fatal(err)
			}
			entries[playerNo(n)]++
		}
		for n := range players {
			tell(n)
		}
		copying.Store(true)
		time.Sleep(2 * time.Second) // the round begins
		for n := range 5 {          // some are told again while it goes on
			tell(3 * n)
		}
		synctest.Wait()
		copying.Store(false)
		if len(copies) < players/64 {
			t.Fatalf("%d transactions for %d rows", len(copies), players)
		}
		between := 0
		for _, at := range append(copies, copyOf(t, dir)) {
			r, err := boltstore.OpenReadOnly(at, boltstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if mark := marked(t, r); mark < players {
				between++
			}
			whole(t, r, entries)
			r.Close()
			again := openIn(t, at, boltstore.Options{NoSync: true})
			whole(t, again, entries)
			again.Close()
		}
		if between == 0 {
			t.Error("no copy was made in the middle of a round")
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if marked(t, s) != newest(t, s) {
			t.Errorf("the mark is at %d, the log at %d", marked(t, s), newest(t, s))
		}
		sound(t, s)
	})
}

// whole checks that each inbox has all of its entries, but for the last one, which may have come after the copy.
func whole(t *testing.T, s *boltstore.Store, entries map[game.PlayerID]int) {
	t.Helper()
	sound(t, s)
	for p, n := range entries {
		page, err := s.Inbox(t.Context(), server.InboxQuery{Player: p, Limit: everything, Keep: everything})
		if have := len(page.Entries); err != nil || have > n || have == 0 || have < n-1 {
			t.Fatalf("player %v has %d entries of %d (%v)", p, have, n, err)
		}
	}
}

func playerNo(n int) game.PlayerID {
	return game.PlayerID(binary.BigEndian.AppendUint64(make([]byte, 8, 16), uint64(n+1)*0x9e3779b97f4a7c15))
}
