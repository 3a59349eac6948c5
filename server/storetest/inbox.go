package storetest

import (
	"errors"
	"math"
	"slices"
	"time"

	"yourmove/game"
	"yourmove/server"
)

// everything is how an inbox is read whole.
const everything = math.MaxInt32

// told lists players as they are told of a commit, each with a seat and a standing of his own.
func told(players ...game.PlayerID) []server.Told {
	var list []server.Told
	for i, p := range players {
		list = append(list, server.Told{Player: p, Seat: i, Standing: server.Standing(i % 8)})
	}
	return list
}

// tell keeps a change of a match and tells players of it. It returns the entry of each, which has no position yet.
func (k *kit) tell(req *server.Request, ch game.Change, list []server.Told) []server.InboxEntry {
	k.Helper()
	k.ok(k.Commit(k.ctx, server.Commit{At: ch.Events[0].At, Match: &ch, Request: req, Told: list}))
	return entriesOf(req, ch, list)
}

func entriesOf(req *server.Request, ch game.Change, list []server.Told) []server.InboxEntry {
	rec := server.Recorded{Events: ch.Events, Told: list}
	if req != nil {
		rec.Request = *req
	}
	var entries []server.InboxEntry
	for _, t := range list {
		entries = append(entries, server.InboxEntry{Match: ch.Match.ID, Told: t, Recorded: rec})
	}
	return entries
}

// filled plays n turns of a relay match that tell a player, with one in between that does not, and returns his inbox.
func (k *kit) filled(p game.PlayerID, n int) []server.InboxEntry {
	k.Helper()
	m := k.relay(p, k.player(), game.RelayState{})
	for i := range n {
		ch := k.pass(m, nil, at(1000*(i+1)))
		k.tell(nil, ch, told(m.Places[1].Player, p))
		m = ch.Match
		if i%5 == 4 {
			m = k.commit(nil, k.pass(m, nil, at(1000*(i+1)+500)), nil)
		}
	}
	whole := k.inbox(p)
	k.same(len(whole), n)
	return whole
}

// inbox reads an inbox in one page.
func (k *kit) inbox(p game.PlayerID) []server.InboxEntry {
	k.Helper()
	page, err := k.Inbox(k.ctx, server.InboxQuery{Player: p, Limit: everything, Keep: everything})
	k.ok(err)
	k.proper(page, 0, everything)
	if page.More {
		k.Fatal("the whole inbox is not all of it")
	}
	return page.Entries
}

// proper checks what holds for every page.
func (k *kit) proper(page server.InboxPage, after server.Position, limit int) {
	k.Helper()
	if err := improper(page, after, limit); err != nil {
		k.Fatal(err)
	}
	newest, err := k.Newest(k.ctx)
	k.ok(err)
	if page.Upto > newest {
		k.Fatalf("a page up to %d, and the newest position is %d", page.Upto, newest)
	}
}

func improper(page server.InboxPage, after server.Position, limit int) error {
	last, events := after, 0
	for _, e := range page.Entries {
		if e.Position <= last {
			return errors.New("positions do not rise, or begin at one that was known")
		}
		if events >= limit {
			return errors.New("more commits than there was need for")
		}
		events += len(e.Recorded.Events)
		last = e.Position
	}
	switch {
	case page.Upto < last:
		return errors.New("the page goes up to less than it tells")
	case page.More && (len(page.Entries) == 0 || page.Upto != last):
		return errors.New("there is more, and the next page would not begin behind this one")
	case page.More && events < limit:
		return errors.New("there is more, and the page is not full")
	}
	return nil
}

// paged reads an inbox in pages.
func (k *kit) paged(p game.PlayerID, after server.Position, limit int) []server.InboxEntry {
	k.Helper()
	var list []server.InboxEntry
	for {
		page, err := k.Inbox(k.ctx, server.InboxQuery{Player: p, After: after, Limit: limit, Keep: everything})
		k.ok(err)
		k.proper(page, after, limit)
		list = append(list, page.Entries...)
		if !page.More {
			return list
		}
		after = page.Upto
	}
}

// sameInbox compares all but positions, which only the store knows.
func (k *kit) sameInbox(got, want []server.InboxEntry) {
	k.Helper()
	got = slices.Clone(got)
	for i := range got {
		got[i].Position = 0
	}
	if len(got)+len(want) > 0 {
		k.same(got, want)
	}
}

// testInbox reads what players were told, by commits of several matches, with what each brought.
func testInbox(k *kit) {
	a, b, c := k.player(), k.player(), k.player()
	k.sameInbox(k.inbox(a), nil)
	want := map[game.PlayerID][]server.InboxEntry{}
	tell := func(req *server.Request, ch game.Change, list []server.Told) game.Match {
		k.Helper()
		for _, e := range k.tell(req, ch, list) {
			want[e.Told.Player] = append(want[e.Told.Player], e)
		}
		return ch.Match
	}
	// Of several matches in turns; with requests and without, one event and several; to nobody, one, and all.
	first := tell(k.request(a), k.create(a, at(0), func(n *game.NewMatch) { n.Invite = []game.Invitee{{Player: c}} }), told(a, c))
	relay := k.relay(a, b, game.RelayState{})
	second := k.create(b, at(5), nil).Match
	for i := range 20 {
		switch i % 4 {
		case 0:
			second = tell(k.request(b), k.create(b, at(10+i), nil), told(b))
		case 1:
			ch, err := second.Cancel(b, at(10+i))
			k.ok(err)
			second = tell(nil, ch, told(c, b, a))
		case 2:
			relay = tell(k.request(a), k.pass(relay, nil, at(10+i)), told(b, a))
		case 3:
			relay = tell(nil, k.pass(relay, nil, at(10+i)), nil)
		}
	}
	decline, err := first.Decline(c, at(50))
	k.ok(err)
	tell(k.request(c), decline, []server.Told{{Player: c}, {Player: a, Seat: 16, Standing: server.Archived}})

	for range 2 {
		for _, p := range []game.PlayerID{a, b, c} {
			k.sameInbox(k.inbox(p), want[p])
			for limit := 1; limit <= len(want[p])*2+1; limit++ {
				k.same(k.paged(p, 0, limit), k.inbox(p))
			}
		}
		k.sameInbox(k.inbox(k.player()), nil)
		k.reopen()
	}

	// What a reader was given is his own.
	mine := k.inbox(a)
	mine[0].Recorded.Events[0].Turn, mine[0].Recorded.Told[0].Seat = 99, 99
	k.sameInbox(k.inbox(a), want[a])

	// The match tells the same as the inbox.
	events, err := k.Events(k.ctx, first.ID, 0, 100)
	k.ok(err)
	k.same(events[len(events)-1].Told, []server.Told{{Player: c}, {Player: a, Seat: 16, Standing: server.Archived}})
	_, rec, err := k.Store.Match(k.ctx, relay.ID, &server.RequestKey{})
	k.ok(err)
	if rec != nil {
		k.Fatal("found a request that nobody made")
	}
	for _, e := range want[a] {
		if e.Recorded.Request != (server.Request{}) {
			_, rec, err := k.Store.Match(k.ctx, e.Match, &e.Recorded.Request.RequestKey)
			k.ok(err)
			k.same(*rec, e.Recorded)
		}
	}
}

// testToldRefused refuses what no inbox could have, and keeps nothing of it.
func testToldRefused(k *kit) {
	a, b := k.player(), k.player()
	m := k.relay(a, b, game.RelayState{})
	for _, list := range [][]server.Told{told(a, b, a), told(b, b), told(game.PlayerID{})} {
		ch := k.pass(m, nil, at(10))
		if err := k.Commit(k.ctx, server.Commit{Match: &ch, Told: list}); err == nil {
			k.Fatalf("told %v", list)
		}
	}
	if err := k.Commit(k.ctx, server.Commit{Player: &server.Player{ID: k.player()}, Told: told(a)}); err == nil {
		k.Fatal("told of a change of no match")
	}
	k.sameInbox(k.inbox(a), nil)
	k.sameInbox(k.inbox(b), nil)
	k.same(k.match(m.ID), m)
}

// testNewest follows the position of the last commit: it rises with commits of matches, and with nothing else.
func testNewest(k *kit) {
	var last server.Position
	now := func(rises bool) {
		k.Helper()
		n, err := k.Newest(k.ctx)
		k.ok(err)
		if rises != (n > last) || n < last {
			k.Fatalf("the newest position goes from %d to %d", last, n)
		}
		last = n
	}
	now(false)
	a, b := k.player(), k.player()
	m := k.commit(nil, k.create(a, at(0), nil), nil)
	now(true)
	k.ok(k.Commit(k.ctx, server.Commit{Player: &server.Player{ID: a}}))
	k.ok(k.Commit(k.ctx, server.Commit{Session: &server.Session{ID: k.session(), Player: a}}))
	k.ok(k.Commit(k.ctx, server.Commit{Private: &server.Private{Match: m.ID, Player: a, Seen: true}}))
	k.fails(k.try(k.create(b, at(0), func(n *game.NewMatch) { n.ID = m.ID })), server.ErrConflict)
	now(false)
	k.tell(nil, k.create(b, at(1), nil), told(b))
	now(true)
	k.same(k.inbox(b)[0].Position, last)
	k.reopen()
	now(false)
	k.tell(nil, k.create(b, at(2), nil), told(b))
	now(true)
	k.same(k.inbox(b)[1].Position, last)
}

// testTrimmed reads from every position with everything that may still be kept, and from a position never reached.
func testTrimmed(k *kit) {
	const n = 150
	a := k.player()
	whole := k.filled(a, n)
	newest, err := k.Newest(k.ctx)
	k.ok(err)
	read := func(p game.PlayerID, after server.Position, keep int, since time.Time, trimmed bool) {
		k.Helper()
		page, err := k.Inbox(k.ctx, server.InboxQuery{Player: p, After: after, Limit: 3, Keep: keep, Since: since})
		if trimmed {
			k.fails(err, server.ErrTrimmed)
			return
		}
		k.ok(err)
		known := 0
		for known < len(whole) && whole[known].Position <= after {
			known++
		}
		if p == a && !slices.EqualFunc(page.Entries, whole[known:min(known+3, n)], func(x, y server.InboxEntry) bool { return x.Position == y.Position }) {
			k.Fatalf("behind position %d are %d entries, want %d", after, len(page.Entries), min(3, n-known))
		}
	}
	for range 2 {
		for known := range n + 1 {
			after := newest
			if known < n {
				after = whole[known].Position - 1 // the last before the first that is not known
			}
			for _, keep := range []int{0, n - known - 1, n - known, n - known + 1, n, everything} {
				if keep >= 0 {
					read(a, after, keep, time.Time{}, known < n-keep)
				}
			}
			if known < n {
				decided := whole[known].Recorded.Events[0].At
				read(a, after, everything, decided, false)
				read(a, after, everything, decided.Add(time.Millisecond), true)
				read(a, after, n-known, decided, false)
			} else {
				read(a, after, everything, at(math.MaxInt32), false) // nothing is asked for that is not kept
			}
		}
		for _, p := range []game.PlayerID{a, k.player()} {
			read(p, newest, 0, time.Time{}, false)
			read(p, newest+1, everything, time.Time{}, true)
			read(p, math.MaxUint64, everything, time.Time{}, true)
		}
		k.reopen()
	}
}

// testLongInbox reads an inbox of a thousand commits from many positions, by many limits.
func testLongInbox(k *kit) {
	a := k.player()
	whole := k.filled(a, 1000)
	for _, every := range []int{37, 259} {
		for from := 0; from <= len(whole); from += every {
			after := server.Position(0)
			if from > 0 {
				after = whole[from-1].Position
			}
			for _, limit := range []int{1, 63, 64, 65, 500} {
				page, err := k.Inbox(k.ctx, server.InboxQuery{Player: a, After: after, Limit: limit, Keep: len(whole) - from})
				k.ok(err)
				k.proper(page, after, limit)
				until := min(from+limit, len(whole)) // one event each
				if len(page.Entries)+until-from > 0 {
					k.same(page.Entries, whole[from:until])
				}
				k.same(page.More, until < len(whole))
			}
		}
		for _, limit := range []int{61, 64, 130} {
			k.same(k.paged(a, 0, limit), whole)
		}
		k.reopen()
	}
}

// testEpoch: the epoch lasts as long as the store, and no other store has it.
func testEpoch(k *kit) {
	e, err := k.Epoch(k.ctx)
	k.ok(err)
	if e.ID == 0 || e.Key == ([32]byte{}) {
		k.Fatalf("the epoch is %+v", e)
	}
	k.commit(nil, k.create(k.player(), at(0), nil), nil)
	k.reopen()
	again, err := k.Epoch(k.ctx)
	k.ok(err)
	k.same(again, e)
	other := *k
	other.Store, other.dir = nil, k.TempDir()
	other.Store = k.open(k.T, other.dir)
	theirs, err := other.Epoch(k.ctx)
	k.ok(err)
	if theirs.ID == e.ID || theirs.Key == e.Key {
		k.Fatal("two stores have the same epoch")
	}
	other.close()
}
