package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/server"
)

// stored is a list of events as the store gives them back.
func stored(ch game.Change, req *server.Request) []server.StoredEvent {
	var list []server.StoredEvent
	for _, e := range ch.Events {
		s := server.StoredEvent{Event: e}
		if req != nil {
			s.Request = *req
		}
		list = append(list, s)
	}
	return list
}

func testMatch(k *kit) {
	a, b, c := k.player(), k.player(), k.player()
	_, _, err := k.Store.Match(k.ctx, k.next(), nil)
	k.fails(err, server.ErrNotFound)

	// Everything that a match can have.
	ch := k.create(a, at(0), func(n *game.NewMatch) {
		n.Access, n.Start, n.JoinCode = game.ByCode, game.AtOnce, "K7PM2Q"
		n.Spectators, n.Rated, n.Title, n.Labels = true, true, "A title ♟", map[string]string{"k": "v", "l": ""}
		n.Invite = []game.Invitee{{Player: b}}
	})
	ch.Match.Options = game.Options(`{"a":1}`)
	m := k.commit(k.request(a), ch, nil)
	k.same(k.match(m.ID), m)
	m = k.commit(nil, k.play(m, "b2", at(10)), nil)
	k.same(k.match(m.ID), m)
	join, err := m.Join(tictactoe.Rules{}, b, 0, at(20))
	m = k.commit(nil, join, err)
	k.reopen()
	k.same(k.match(m.ID), m)
	for i, square := range []string{"a1", "a2", "b1", "c2"} {
		m = k.commit(nil, k.play(m, square, at(30+i)), nil)
		k.same(k.match(m.ID), m)
	}
	if m.State != game.Finished {
		k.Fatalf("the match is %v", m.State)
	}

	silent := k.commit(nil, k.create(a, at(0), func(n *game.NewMatch) { n.Invite = []game.Invitee{{Player: b, Silent: true}} }), nil)
	k.same(k.match(silent.ID), silent)

	// Outcomes with scores, a dropped seat, fallbacks.
	score := 0.5
	ch = k.create(a, at(0), func(n *game.NewMatch) {
		n.Settings = game.Settings{Game: game.Relay, MinSeats: 3, MaxSeats: 3}
	})
	r := k.commit(nil, ch, nil)
	for _, p := range []game.PlayerID{b, c} {
		ch, err := r.Join(nil, p, 0, at(1))
		r = k.commit(nil, ch, err)
	}
	ch, err = r.Resign(nil, b, nil, at(2))
	r = k.commit(nil, ch, err)
	k.same(k.match(r.ID), r)
	ch, err = r.Submit(nil, a, game.Turn{Expected: r.Version, Relay: &game.RelayTurn{Outcomes: []game.Outcome{
		{Seat: 1, Result: game.Won, Place: 1, Score: &score}, {Seat: 3, Result: game.NoResult},
	}}}, at(3))
	r = k.commit(nil, ch, err)
	k.same(k.match(r.ID), r)

	// What a reader was given is his own.
	mine := k.match(r.ID)
	mine.Places[0].Player, mine.Seed[0] = c, 99
	k.same(k.match(r.ID), r)
}

// testEvents reads every kind of event back, in pages that cut through commits, in a match with many commits.
func testEvents(k *kit) {
	a, b := k.player(), k.player()
	_, err := k.Events(k.ctx, k.next(), 0, 10)
	k.fails(err, server.ErrNotFound)

	m := k.relay(a, b, game.RelayState{})
	var want []server.StoredEvent
	first, err := k.Events(k.ctx, m.ID, 0, 100)
	k.ok(err)
	want = append(want, first...)
	for i := range 150 {
		ch := k.pass(m, nil, at(10+i))
		req := k.request(m.Place(m.MustAct()[0]).Player)
		if i%7 == 0 {
			req = nil
		}
		m = k.commit(req, ch, nil)
		want = append(want, stored(ch, req)...)
		if i == 70 {
			k.reopen()
		}
	}
	all, err := k.Events(k.ctx, m.ID, 0, 1000)
	k.ok(err)
	k.same(all, want)
	for _, size := range []int{1, 7, 50} {
		var got []server.StoredEvent
		for {
			part, err := k.Events(k.ctx, m.ID, uint64(len(got)), size)
			k.ok(err)
			if len(part) == 0 {
				break
			}
			if len(part) > size {
				k.Fatalf("%d events where %d were asked for", len(part), size)
			}
			got = append(got, part...)
		}
		k.same(got, want)
	}
	none, err := k.Events(k.ctx, m.ID, m.Version+5, 10)
	k.ok(err)
	k.same(len(none), 0)

	// The other kinds, several events in one commit among them.
	ch := k.create(a, at(0), func(n *game.NewMatch) { n.Invite = []game.Invitee{{Player: b}} })
	kinds := stored(ch, nil)
	m = k.commit(nil, ch, nil)
	decline, err := m.Decline(b, at(1))
	kinds = append(kinds, stored(decline, nil)...)
	m = k.commit(nil, decline, err)
	leave, err := m.Leave(a, at(2))
	kinds = append(kinds, stored(leave, nil)...)
	m = k.commit(nil, leave, err)
	k.reopen()
	got, err := k.Events(k.ctx, m.ID, 0, 100)
	k.ok(err)
	k.same(got, kinds)
	got, err = k.Events(k.ctx, m.ID, 1, 2) // from the middle of one commit into the next
	k.ok(err)
	k.same(got, kinds[1:3])

	m = k.started(a, b, at(0))
	resign, err := m.Resign(tictactoe.Rules{}, b, nil, at(5))
	m = k.commit(nil, resign, err)
	got, err = k.Events(k.ctx, m.ID, m.Version-2, 10)
	k.ok(err)
	k.same(got, stored(resign, nil))
}

// testRepeats finds the commit of a request however many came after it.
func testRepeats(k *kit) {
	a, b := k.player(), k.player()
	m := k.relay(a, b, game.RelayState{})
	type done struct {
		req *server.Request
		ch  game.Change
	}
	var all []done
	find := func(d done) {
		k.Helper()
		_, rec, err := k.Store.Match(k.ctx, m.ID, &d.req.RequestKey)
		k.ok(err)
		if rec == nil {
			k.Fatalf("the request of event %d is not found", d.ch.Events[0].Version)
		}
		k.same(*rec, server.Recorded{Request: *d.req, Events: d.ch.Events})
	}
	for i := range 140 {
		d := done{k.request(m.Place(m.MustAct()[0]).Player), k.pass(m, nil, at(10+i))}
		m = k.commit(d.req, d.ch, nil)
		find(d)
		all = append(all, d)
	}
	k.reopen()
	for _, d := range all {
		find(d)
		// Another player's request may have the same id, and is another one.
		other := server.RequestKey{Player: k.player(), ID: d.req.ID}
		_, rec, err := k.Store.Match(k.ctx, m.ID, &other)
		k.ok(err)
		if rec != nil {
			k.Fatal("found another player's request")
		}
	}
	_, rec, err := k.Store.Match(k.ctx, m.ID, &k.request(a).RequestKey)
	k.ok(err)
	if rec != nil {
		k.Fatal("found a request that nobody made")
	}
}

// testRelay keeps states of any size, and drops them.
func testRelay(k *kit) {
	m := k.relay(k.player(), k.player(), game.RelayState{Data: []byte("small"), Text: true})
	big := func(n int, fill byte) *game.RelayState {
		s := &game.RelayState{Data: make([]byte, n)}
		for i := range s.Data {
			s.Data[i] = fill + byte(i)
		}
		return s
	}
	for i, s := range []*game.RelayState{big(1024, 1), big(1025, 2), nil, big(65536, 3), big(65536, 4), nil, big(10, 5), nil, big(2000, 6)} {
		m = k.commit(nil, k.pass(m, s, at(10+i)), nil)
		k.same(k.match(m.ID), m)
		k.reopen()
		k.same(k.match(m.ID), m)
	}
}

func testMatchConflicts(k *kit) {
	a, b := k.player(), k.player()
	m := k.started(a, b, at(0))
	ch := k.play(m, "a1", at(2000))
	other := k.play(m, "b2", at(2000))
	k.ok(k.try(ch))
	k.fails(k.try(ch), server.ErrConflict)
	k.fails(k.try(other), server.ErrConflict)
	k.same(k.match(m.ID), ch.Match)
	k.reopen()
	k.fails(k.try(other), server.ErrConflict)

	// A new match whose id is taken, and a change of a match that does not exist.
	taken := k.create(a, at(0), func(n *game.NewMatch) { n.ID = m.ID })
	k.fails(k.try(taken), server.ErrConflict)
	ahead := k.play(ch.Match, "c3", at(2001))
	ahead.Match.ID = k.next()
	k.fails(k.try(ahead), server.ErrConflict)
}

// together makes n calls at once and returns how many succeeded; all others must fail with want.
func (k *kit) together(n int, want error, call func(i int) error) int {
	k.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, want) {
			k.Fatalf("error is %v, want %v", err, want)
		}
	}
	return won
}

// testRace lets many commits that were decided on the same version meet.
func testRace(k *kit) {
	a, b := k.player(), k.player()
	for round := range 5 {
		m := k.started(a, b, at(round))
		changes := make([]game.Change, 50)
		squares := []string{"a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"}
		for i := range changes {
			changes[i] = k.play(m, squares[i%9], at(2000+i))
		}
		if won := k.together(len(changes), server.ErrConflict, func(i int) error { return k.try(changes[i]) }); won != 1 {
			k.Fatalf("%d of 50 commits on the same version were kept", won)
		}
		k.same(k.match(m.ID).Version, m.Version+1)
		// The same for a new match, a player, a session and a private record.
		ch := k.create(a, at(0), nil)
		k.same(k.together(20, server.ErrConflict, func(int) error { return k.try(ch) }), 1)
		p := server.Player{ID: k.player(), Name: "n"}
		k.same(k.together(20, server.ErrConflict, func(int) error { return k.Commit(k.ctx, server.Commit{Player: &p}) }), 1)
		s := server.Session{ID: k.session(), Player: p.ID}
		k.same(k.together(20, server.ErrConflict, func(int) error { return k.Commit(k.ctx, server.Commit{Session: &s}) }), 1)
		v := server.Private{Match: m.ID, Player: a, Archived: true}
		k.same(k.together(20, server.ErrConflict, func(int) error { return k.Commit(k.ctx, server.Commit{Private: &v}) }), 1)
	}
}

// testNothingLeft checks that of a refused commit no part is kept.
func testNothingLeft(k *kit) {
	a, b := k.player(), k.player()
	m := k.started(a, b, at(0))
	p := server.Player{ID: k.player(), Name: "n", Identities: []server.Identity{{Kind: "guest", Subject: []byte{1}}}}
	k.ok(k.Commit(k.ctx, server.Commit{Player: &p}))
	fresh := server.Player{ID: k.player(), Identities: []server.Identity{{Kind: "guest", Subject: []byte{2}}}}
	turn := k.play(m, "a1", at(2000))
	session := server.Session{ID: k.session(), Player: a}
	before, err := k.Counts(k.ctx)
	k.ok(err)
	// The private record is at the wrong revision, so the match, the player and the session stay too.
	err = k.Commit(k.ctx, server.Commit{
		Match: &turn, Player: &fresh, Session: &session, Private: &server.Private{Match: m.ID, Player: a, Revision: 7},
	})
	k.fails(err, server.ErrConflict)
	create := k.create(a, at(1), nil)
	k.fails(k.try(create, server.Quota{Player: a, Kind: server.ActiveMatches, Limit: 1, Adds: 1}), server.ErrOverQuota)
	k.reopen()
	k.same(k.match(m.ID), m)
	_, err = k.Player(k.ctx, fresh.ID)
	k.fails(err, server.ErrNotFound)
	_, err = k.PlayerByIdentity(k.ctx, "guest", []byte{2})
	k.fails(err, server.ErrNotFound)
	_, err = k.Session(k.ctx, session.ID)
	k.fails(err, server.ErrNotFound)
	_, _, err = k.Store.Match(k.ctx, create.Match.ID, nil)
	k.fails(err, server.ErrNotFound)
	after, err := k.Counts(k.ctx)
	k.ok(err)
	k.same(after.Matches, before.Matches)
	k.same(after.Players, before.Players)
	own, err := k.MatchesOf(k.ctx, a, "", 10)
	k.ok(err)
	k.same(len(own.Current), 1)
}

func testCreation(k *kit) {
	a := k.player()
	req := k.request(a)
	_, err := k.Creation(k.ctx, req.RequestKey)
	k.fails(err, server.ErrNotFound)
	m := k.commit(req, k.create(a, at(0), nil), nil)
	k.reopen()
	id, err := k.Creation(k.ctx, req.RequestKey)
	k.ok(err)
	k.same(id, m.ID)
	// The same request makes no second match; another player's with the same id does.
	again := k.create(a, at(1), nil)
	k.fails(k.Commit(k.ctx, server.Commit{Match: &again, Request: req}), server.ErrConflict)
	b := k.player()
	theirs := &server.Request{RequestKey: server.RequestKey{Player: b, ID: req.ID}}
	k.commit(theirs, k.create(b, at(2), nil), nil)
	// The request is also known with the match.
	_, rec, err := k.Store.Match(k.ctx, m.ID, &req.RequestKey)
	k.ok(err)
	if rec == nil || rec.Request != *req {
		k.Fatalf("the creation is recorded as %+v", rec)
	}
}

func testCodes(k *kit) {
	a, b := k.player(), k.player()
	coded := func(n *game.NewMatch) { n.Access, n.JoinCode = game.ByCode, "ABC123" }
	_, err := k.MatchByCode(k.ctx, "ABC123")
	k.fails(err, server.ErrNotFound)
	m := k.commit(nil, k.create(a, at(0), coded), nil)
	id, err := k.MatchByCode(k.ctx, "ABC123")
	k.ok(err)
	k.same(id, m.ID)
	k.fails(k.try(k.create(b, at(0), coded)), server.ErrConflict)
	ch, err := m.Join(tictactoe.Rules{}, b, 0, at(1))
	m = k.commit(nil, ch, err)
	k.reopen()
	id, err = k.MatchByCode(k.ctx, "ABC123") // it opens the match for its players still
	k.ok(err)
	k.same(id, m.ID)
	k.resigned(m, a, at(2))
	id, err = k.MatchByCode(k.ctx, "ABC123") // a join that is repeated after the end is found by its code
	k.ok(err)
	k.same(id, m.ID)
	k.fails(k.try(k.create(b, at(3), coded)), server.ErrConflict)
}

func testCounts(k *kit) {
	a, b := k.player(), k.player()
	want := func(want ...server.MatchCount) {
		k.Helper()
		c, err := k.Counts(k.ctx)
		k.ok(err)
		k.same(len(c.Matches), len(want))
		for _, w := range want {
			found := false
			for _, g := range c.Matches {
				found = found || g == w
			}
			if !found {
				k.Fatalf("counts are %+v, want %+v", c.Matches, want)
			}
		}
	}
	want()
	m := k.commit(nil, k.create(a, at(0), nil), nil)
	k.relay(a, b, game.RelayState{})
	relay := server.MatchCount{Game: game.Relay, State: game.Active, N: 1}
	want(server.MatchCount{Game: "tictactoe", Ruleset: 1, State: game.Gathering, N: 1}, relay)
	ch, err := m.Join(tictactoe.Rules{}, b, 0, at(1))
	m = k.commit(nil, ch, err)
	k.started(a, b, at(2))
	k.reopen()
	want(server.MatchCount{Game: "tictactoe", Ruleset: 1, State: game.Active, N: 2}, relay)
	k.resigned(m, a, at(3))
	want(server.MatchCount{Game: "tictactoe", Ruleset: 1, State: game.Active, N: 1},
		server.MatchCount{Game: "tictactoe", Ruleset: 1, State: game.Finished, N: 1}, relay)
}

// testReadOwn reads what was committed, by another goroutine too, as soon as Commit has returned.
func testReadOwn(k *kit) {
	a, b := k.player(), k.player()
	var matches []game.Match
	for i := range 8 {
		matches = append(matches, k.relay(a, b, game.RelayState{Data: []byte{byte(i)}}))
	}
	var wg sync.WaitGroup
	for _, m := range matches {
		wg.Go(func() {
			for i := range 40 {
				ch := k.pass(m, nil, at(10+i))
				if err := k.try(ch); err != nil {
					k.Error(err)
					return
				}
				now, _, err := k.Store.Match(k.ctx, m.ID, nil)
				if err != nil || now.Version != ch.Match.Version {
					k.Errorf("read version %d after the commit of %d: %v", now.Version, ch.Match.Version, err)
					return
				}
				m = now
			}
		})
	}
	wg.Wait()
}

func testContext(k *kit) {
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	m := k.relay(k.player(), k.player(), game.RelayState{})
	_, _, err := k.Store.Match(ended, m.ID, nil)
	k.fails(err, context.Canceled)
	// A deadline that passes before the commit has begun may refuse it; if it does, nothing was kept.
	ch := k.pass(m, nil, at(10))
	err = k.Commit(ended, server.Commit{At: at(10), Match: &ch})
	now := k.match(m.ID)
	if (err == nil) != (now.Version == ch.Match.Version) {
		k.Fatalf("commit says %v, the match is at version %d", err, now.Version)
	}
}

// testLapsing lists what lapses, the earliest first.
func testLapsing(k *kit) {
	a, b := k.player(), k.player()
	lapse := func(after time.Duration) game.Match {
		return k.commit(nil, k.create(a, at(0), func(n *game.NewMatch) { n.LapseAfter = after }), nil)
	}
	late, early, middle := lapse(30*time.Millisecond), lapse(10*time.Millisecond), lapse(20*time.Millisecond)
	list := func(until time.Time, limit int, want ...game.Match) {
		k.Helper()
		got, err := k.Lapsing(k.ctx, until, limit)
		k.ok(err)
		var ids []game.MatchID
		for _, m := range want {
			ids = append(ids, m.ID)
		}
		k.same(got, ids)
	}
	list(at(9), 10)
	list(at(10), 10, early)
	list(at(29), 10, early, middle)
	list(at(1000), 10, early, middle, late)
	list(at(1000), 2, early, middle)
	ch, err := middle.Join(tictactoe.Rules{}, b, 0, at(5)) // full: nothing lapses any more
	k.commit(nil, ch, err)
	cancelled, due := early.LapseNow(at(10))
	if !due {
		k.Fatal("nothing was due")
	}
	k.commit(nil, cancelled, nil)
	k.reopen()
	gone, err := k.Lapsing(k.ctx, at(1000), 10)
	k.ok(err)
	for _, id := range gone {
		if id == early.ID || k.match(id).Lapse.IsZero() {
			k.Fatalf("match %v does not lapse", id)
		}
	}
}
