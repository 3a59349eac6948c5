package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"yourmove/game"
	"yourmove/server"
)

// testInboxRefused lets commits to the same players be refused beside others that are kept, and looks for traces.
func testInboxRefused(k *kit) {
	a, b, c := k.player(), k.player(), k.player()
	for round := range 20 {
		m := k.relay(a, b, game.RelayState{})
		other := k.relay(b, c, game.RelayState{})
		before := len(k.inbox(a))
		won := k.together(20, server.ErrConflict, func(i int) error {
			ch := k.passed(m, round)
			if i%2 == 0 {
				ch = k.passed(other, round)
			}
			c := server.Commit{Match: &ch, Told: told(a, b, c)}
			if i%5 == 4 { // refused for another record, whatever the others do
				c.Private = &server.Private{Match: m.ID, Player: a, Revision: 7}
			}
			return k.Commit(k.ctx, c)
		})
		k.same(won, 2)
		k.same(len(k.inbox(a)), before+2)
	}
	ch := k.create(a, at(0), nil)
	err := k.Commit(k.ctx, server.Commit{
		Match: &ch, Told: told(a), Quotas: []server.Quota{{Player: a, Kind: server.ActiveMatches, Limit: 1, Adds: 1}},
	})
	k.fails(err, server.ErrOverQuota)
	k.same(len(k.inbox(a)), 40)
	k.reopen()
	for _, p := range []game.PlayerID{a, b, c} {
		k.same(k.paged(p, 0, 1), k.inbox(p))
		k.same(len(k.inbox(p)), 40)
	}
}

// passed is a turn of a relay match, decided on without the test: another goroutine may call it.
func (k *kit) passed(m game.Match, ms int) game.Change {
	seat := m.MustAct()[0]
	ch, err := m.Submit(nil, m.Place(seat).Player, game.Turn{
		Expected: m.Version, Relay: &game.RelayTurn{Next: []game.Next{{Seat: 3 - seat}}},
	}, at(2000+ms))
	if err != nil {
		panic(err) // of the test itself
	}
	return ch
}

// heard is what a reader that follows an inbox was told.
type heard struct {
	player game.PlayerID
	list   []server.InboxEntry
	upto   []int                   // for each page: how many entries there were then ...
	at     []server.Position       // ... and up to which position
	newest map[server.Position]int // how many there were at or before a position that Newest had given
}

// follow reads an inbox until a page that was begun after the submitters had ended brings nothing more.
func (k *kit) follow(h *heard, seed uint64, ended *atomic.Bool) error {
	rng := rand.New(rand.NewPCG(seed, 2))
	var after server.Position
	for {
		over := ended.Load()
		n, err := k.Newest(k.ctx)
		if err != nil {
			return err
		}
		limit := 1 + rng.IntN(5)
		page, err := k.Inbox(k.ctx, server.InboxQuery{Player: h.player, After: after, Limit: limit, Keep: everything})
		if err != nil {
			return err
		}
		if err := improper(page, after, limit); err != nil {
			return err
		}
		h.list = append(h.list, page.Entries...)
		h.upto, h.at = append(h.upto, len(h.list)), append(h.at, page.Upto)
		if !page.More {
			if page.Upto < n {
				return fmt.Errorf("up to position %d there is nothing more, and %d was the newest before", page.Upto, n)
			}
			h.newest[n] = upTo(h.list, n)
			if over {
				return nil
			}
		}
		after = page.Upto
		runtime.Gosched()
	}
}

// upTo counts the entries at or before a position.
func upTo(list []server.InboxEntry, p server.Position) int {
	n, _ := slices.BinarySearchFunc(list, p, func(e server.InboxEntry, p server.Position) int {
		if e.Position <= p {
			return -1
		}
		return 1
	})
	return n
}

// testInboxRace lets many submitters, each in a match of his own, tell the same few players, while readers follow: no
// reader misses anything, hears anything twice, or learns later of something at or before a position that he was given.
func testInboxRace(k *kit) {
	const seed, submitters, turns, readers = 20260104, 12, 40, 8
	players := []game.PlayerID{k.player(), k.player(), k.player()}
	matches := make([]game.Match, submitters)
	for i := range matches {
		matches[i] = k.relay(players[i%3], players[(i+1)%3], game.RelayState{})
	}
	var ended atomic.Bool
	var reading, writing sync.WaitGroup
	all := make([]*heard, readers)
	for i := range all {
		all[i] = &heard{player: players[i%len(players)], newest: map[server.Position]int{}}
		reading.Go(func() {
			if err := k.follow(all[i], seed+uint64(i), &ended); err != nil {
				k.Errorf("seed %d, reader %d: %v", seed, i, err)
			}
		})
	}
	type key struct {
		player game.PlayerID
		match  game.MatchID
	}
	var mu sync.Mutex // guards sent
	sent := map[key][]uint64{}
	for i := range matches {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			m := matches[i]
			for turn := range turns {
				list := told(players...)
				rng.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
				list = list[:rng.IntN(len(list)+1)]
				ch := k.passed(m, turn)
				if err := k.Commit(k.ctx, server.Commit{Match: &ch, Told: list}); err != nil {
					k.Errorf("seed %d, match %d, turn %d: %v", seed, i, turn, err)
					return
				}
				if err := k.Commit(k.ctx, server.Commit{Match: &ch, Told: list}); !errors.Is(err, server.ErrConflict) {
					k.Errorf("seed %d, match %d, turn %d again: %v", seed, i, turn, err)
				}
				m = ch.Match
				mu.Lock()
				for _, t := range list {
					sent[key{t.Player, m.ID}] = append(sent[key{t.Player, m.ID}], m.Version)
				}
				mu.Unlock()
			}
		})
	}
	writing.Wait()
	ended.Store(true)
	reading.Wait()
	if k.Failed() {
		return
	}
	for range 2 {
		for i, h := range all {
			whole := k.inbox(h.player)
			if !slices.EqualFunc(h.list, whole, func(x, y server.InboxEntry) bool {
				return x.Position == y.Position && x.Match == y.Match && x.Told == y.Told &&
					x.Recorded.Events[0].Version == y.Recorded.Events[0].Version
			}) {
				k.Fatalf("seed %d: reader %d heard of %d commits, the inbox has %d, or others", seed, i, len(h.list), len(whole))
			}
			// Nothing came later at or before a position that he was given.
			for j, p := range h.at {
				k.same(h.upto[j], upTo(whole, p))
			}
			for p, n := range h.newest {
				k.same(n, upTo(whole, p))
			}
			got := map[key][]uint64{}
			for _, e := range whole {
				got[key{h.player, e.Match}] = append(got[key{h.player, e.Match}], e.Recorded.Events[0].Version)
			}
			for _, m := range matches {
				k.same(got[key{h.player, m.ID}], sent[key{h.player, m.ID}])
			}
		}
		k.reopen()
	}
}

// testInboxModel makes random commits that tell random players, good and stale ones, and compares what inboxes tell
// with a list for each player.
func testInboxModel(k *kit) {
	const seed = 20260105
	rng := rand.New(rand.NewPCG(seed, 1))
	players := make([]game.PlayerID, 6)
	for i := range players {
		players[i] = k.player()
	}
	model := map[game.PlayerID][]server.InboxEntry{}
	var matches []game.Match
	for range 5 {
		matches = append(matches, k.relay(players[0], players[1], game.RelayState{}))
	}
	for step := range 900 {
		now := at(1000 + step)
		i := rng.IntN(len(matches))
		ch := k.pass(matches[i], nil, now)
		if rng.IntN(10) == 0 { // several events in a commit
			ch = k.create(players[0], now, func(n *game.NewMatch) {
				n.Settings = game.Settings{Game: game.Relay, MinSeats: 2, MaxSeats: 4}
				for _, i := range rng.Perm(5)[:rng.IntN(4)] {
					n.Invite = append(n.Invite, game.Invitee{Player: players[1+i]})
				}
			})
		} else {
			matches[i] = ch.Match
		}
		// The first is in nearly all, the last in hardly any, so that inboxes have many lengths.
		var list []server.Told
		for i, p := range players {
			if rng.IntN(1<<i) == 0 && rng.IntN(20) > 0 {
				list = append(list, server.Told{Player: p, Seat: rng.IntN(17), Standing: server.Standing(rng.IntN(8))})
			}
		}
		rng.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		var req *server.Request
		if rng.IntN(2) == 0 {
			req = k.request(players[rng.IntN(len(players))])
		}
		for _, e := range k.tell(req, ch, list) {
			var err error
			e.Position, err = k.Newest(k.ctx) // nobody else commits
			k.ok(err)
			model[e.Told.Player] = append(model[e.Told.Player], e)
		}
		if rng.IntN(4) == 0 {
			k.fails(k.Commit(k.ctx, server.Commit{Match: &ch, Told: told(players...)}), server.ErrConflict)
		}
		if rng.IntN(100) == 0 {
			k.reopen()
		}
		p := players[rng.IntN(len(players))]
		k.someRead(rng, p, model[p])
	}
	for range 2 {
		for _, p := range players {
			k.same(k.inbox(p), model[p])
			k.same(k.paged(p, 0, 1+rng.IntN(100)), model[p])
		}
		k.reopen()
	}
}

// someRead reads some of an inbox and compares it with the whole of it.
func (k *kit) someRead(rng *rand.Rand, p game.PlayerID, whole []server.InboxEntry) {
	k.Helper()
	q := server.InboxQuery{Player: p, Limit: 1 + rng.IntN(90), Keep: rng.IntN(len(whole)*2 + 1)}
	known := rng.IntN(len(whole) + 1)
	if known > 0 {
		q.After = whole[known-1].Position
	}
	page, err := k.Inbox(k.ctx, q)
	if known < len(whole)-q.Keep {
		k.fails(err, server.ErrTrimmed)
		return
	}
	k.ok(err)
	k.proper(page, q.After, q.Limit)
	if n := len(page.Entries); n > 0 || known < len(whole) {
		k.same(page.Entries, whole[known:known+n])
		k.same(page.More, known+n < len(whole))
	}
}
