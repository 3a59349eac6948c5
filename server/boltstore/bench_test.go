package boltstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
)

// BenchmarkCommit plays turns of relay matches, each as likely as another, from many submitters at once, each reading
// the match, deciding and committing, with syncing on. turns/s is the figure to compare.
func BenchmarkCommit(b *testing.B) {
	for _, matches := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("matches=%d", matches), func(b *testing.B) {
			for _, pageSize := range []int{4 << 10, 16 << 10} {
				b.Run(fmt.Sprintf("page=%d", pageSize), func(b *testing.B) {
					dir := b.TempDir()
					if err := boltstore.Create(dir, boltstore.Options{PageSize: pageSize}); err != nil {
						b.Fatal(err)
					}
					ids := fill(b, dir, matches)
					for _, submitters := range []int{64, 256} {
						b.Run(fmt.Sprintf("submitters=%d", submitters), func(b *testing.B) {
							benchmarkCommit(b, dir, ids, submitters)
						})
					}
				})
			}
		})
	}
}

func benchmarkCommit(b *testing.B, dir string, ids []game.MatchID, submitters int) {
	s, err := boltstore.Open(dir, boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	before, written := s.Figures(), bytesWritten()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()
	for n := range submitters {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(rand.Uint64(), uint64(n))) // request ids must not come again in the next round
			for left.Add(-1) >= 0 {
				id := ids[n+submitters*rng.IntN(len(ids)/submitters)] // no two submitters meet in a match
				if err := playTurn(s, id, rng); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	f := s.Figures()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(f.Commits-before.Commits)/float64(f.Batches-before.Batches), "turns/batch")
	b.ReportMetric((f.BatchTime-before.BatchTime).Seconds()/float64(f.Batches-before.Batches)*1e3, "ms/batch")
	b.ReportMetric(float64(bytesWritten()-written)/float64(b.N)/1e3, "KB-written/turn")
}

// bytesWritten is what this process made the kernel write to disks.
func bytesWritten() (n uint64) {
	text, _ := os.ReadFile("/proc/self/io")
	_, after, _ := strings.Cut(string(text), "\nwrite_bytes: ")
	fmt.Sscan(after, &n) //nolint:errcheck // 0 where there is no such file
	return n
}

// playTurn passes a relay match on to the other seat.
func playTurn(s server.Store, id game.MatchID, rng *rand.Rand) error {
	ctx := context.Background()
	var req server.RequestID
	binary.LittleEndian.PutUint64(req[:], rng.Uint64())
	binary.LittleEndian.PutUint64(req[8:], rng.Uint64())
	m, _, err := s.Match(ctx, id, nil)
	if err != nil {
		return err
	}
	seat := m.MustAct()[0]
	player := m.Place(seat).Player
	m, done, err := s.Match(ctx, id, &server.RequestKey{Player: player, ID: req})
	if err != nil || done != nil {
		return fmt.Errorf("%v, %v", done, err)
	}
	now := time.Now().Truncate(time.Millisecond)
	ch, err := m.Submit(nil, player, game.Turn{
		Expected: m.Version, Moves: []game.PlayedMove{{Text: "e2e4"}},
		Relay: &game.RelayTurn{State: &m.Relay, Next: []game.Next{{Seat: 3 - seat}}},
	}, now)
	if err != nil {
		return err
	}
	return s.Commit(ctx, server.Commit{
		At: now, Match: &ch, Request: &server.Request{RequestKey: server.RequestKey{Player: player, ID: req}}, Told: toldOf(ch.Match),
	})
}

// toldOf tells everybody at the table.
func toldOf(m game.Match) (list []server.Told) {
	for i := range m.Places {
		if p := m.Places[i].Player; !p.IsZero() {
			list = append(list, server.Told{Player: p, Seat: i + 1, Standing: server.Waiting})
		}
	}
	return list
}

// fill makes relay matches of two players that have started, without syncing.
func fill(tb testing.TB, dir string, matches int) []game.MatchID {
	s, err := boltstore.Open(dir, boltstore.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	ids := make([]game.MatchID, matches)
	var wg sync.WaitGroup
	const workers = 256
	for w := range workers {
		wg.Go(func() {
			for i := w; i < matches; i += workers {
				now := time.UnixMilli(1_700_000_000_000 + int64(i))
				binary.BigEndian.PutUint64(ids[i][:], uint64(now.UnixMilli())<<16)
				binary.BigEndian.PutUint64(ids[i][8:], rand.Uint64())
				if err := newRelay(s, ids[i], now); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return ids
}

func newRelay(s server.Store, id game.MatchID, now time.Time) error {
	var a, b game.PlayerID
	binary.BigEndian.PutUint64(a[:], rand.Uint64()|1)
	binary.BigEndian.PutUint64(b[:], rand.Uint64()|1)
	ch, err := game.Create(nil, game.NewMatch{
		ID: id, Settings: game.Settings{Game: game.Relay, MinSeats: 2, MaxSeats: 2, Title: "a friendly match"}, Creator: a,
		Seat: 1, State: game.RelayState{Data: []byte("a state of some sixty bytes, as a small board game would have"), Text: true},
		LapseAfter: game.LapseAfter,
	}, now)
	if err != nil {
		return err
	}
	if err := s.Commit(context.Background(), server.Commit{At: now, Match: &ch, Told: toldOf(ch.Match)}); err != nil {
		return err
	}
	if ch, err = ch.Match.Join(nil, b, 0, now); err != nil {
		return err
	}
	return s.Commit(context.Background(), server.Commit{At: now, Match: &ch, Told: toldOf(ch.Match)})
}

// BenchmarkInbox reads an inbox: the newest entry, as a reader does who is woken for it; nothing new, of a player whose
// end is in memory and of one whose end is in his row; and all of 10,000 entries in pages of 500 events, the most that
// is kept.
func BenchmarkInbox(b *testing.B) {
	const entries = 10_000
	dir := b.TempDir()
	if err := boltstore.Create(dir, boltstore.Options{NoSync: true}); err != nil {
		b.Fatal(err)
	}
	ids := fill(b, dir, 100)
	s := openIn(b, dir, boltstore.Options{NoSync: true})
	rng := rand.New(rand.NewPCG(1, 1))
	turns := func(n int) {
		for range n {
			if err := playTurn(s, ids[0], rng); err != nil {
				b.Fatal(err)
			}
			if err := playTurn(s, ids[1+rng.IntN(99)], rng); err != nil { // others' commits lie between
				b.Fatal(err)
			}
		}
	}
	turns(entries - 2)
	list := inboxOf(b, s, ids[0])
	last := list[len(list)-1]
	read := func(b *testing.B, q server.InboxQuery, want int) (n int) {
		q.Keep, q.Since = entries, time.UnixMilli(1)
		for {
			page, err := s.Inbox(context.Background(), q)
			if err != nil {
				b.Fatal(err)
			}
			n += len(page.Entries)
			if q.After = page.Upto; !page.More {
				break
			}
		}
		if n != want {
			b.Fatalf("%d entries, want %d", n, want)
		}
		return n
	}
	b.Run("one new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, server.InboxQuery{Player: last.Told.Player, After: list[len(list)-2].Position, Limit: 500}, 1)
		}
	})
	b.Run("nothing new, known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, server.InboxQuery{Player: last.Told.Player, After: last.Position, Limit: 500}, 0)
		}
	})
	b.Run("10,000 behind", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, server.InboxQuery{Player: last.Told.Player, Limit: 500}, entries)
		}
	})
	s.Close()
	s = openIn(b, dir, boltstore.Options{NoSync: true})
	b.Run("nothing new, in a row", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, server.InboxQuery{Player: last.Told.Player, After: last.Position, Limit: 500}, 0)
		}
	})
}

// BenchmarkRestart opens a database behind whose mark lie 2,000 commits, two seconds of log at 1,000 turns a second.
func BenchmarkRestart(b *testing.B) {
	dir := b.TempDir()
	if err := boltstore.Create(dir, boltstore.Options{NoSync: true}); err != nil {
		b.Fatal(err)
	}
	ids := fill(b, dir, 1000)
	s := openIn(b, dir, boltstore.Options{NoSync: true}.Ends(time.Hour, 1<<20))
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		if err := playTurn(s, ids[rng.IntN(len(ids))], rng); err != nil {
			b.Fatal(err)
		}
	}
	killed := copyOf(b, dir)
	b.ResetTimer()
	for b.Loop() {
		r, err := boltstore.OpenReadOnly(killed, boltstore.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}
