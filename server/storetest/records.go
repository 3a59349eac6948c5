package storetest

import (
	"time"

	"yourmove/game"
	"yourmove/server"
)

func testPlayers(k *kit) {
	_, err := k.Player(k.ctx, k.player())
	k.fails(err, server.ErrNotFound)
	_, err = k.PlayerByIdentity(k.ctx, "guest", []byte{1})
	k.fails(err, server.ErrNotFound)

	p := server.Player{
		ID: k.player(), Name: "Zoë", Bot: true, Locale: "de-CH", TimeZone: "Europe/Zurich", Created: at(3),
		Identities: []server.Identity{{Kind: "guest", Subject: []byte{0, 1, 0}, Linked: at(4)}},
		Blocked:    []game.PlayerID{k.player(), k.player()},
	}
	k.ok(k.Commit(k.ctx, server.Commit{Player: &p}))
	p.Revision = 1
	k.reopen()
	got, err := k.Player(k.ctx, p.ID)
	k.ok(err)
	k.same(got, p)
	got.Blocked[0], got.Identities[0].Subject[0] = game.PlayerID{}, 9 // his own copy
	got, err = k.Player(k.ctx, p.ID)
	k.ok(err)
	k.same(got, p)
	id, err := k.PlayerByIdentity(k.ctx, "guest", []byte{0, 1, 0})
	k.ok(err)
	k.same(id, p.ID)
	_, err = k.PlayerByIdentity(k.ctx, "guest", []byte{0, 1})
	k.fails(err, server.ErrNotFound)

	// Identities come and go with the player who has them.
	p.Identities = []server.Identity{{Kind: "other", Subject: []byte("x"), Linked: at(5)}}
	p.Blocked, p.Name = nil, ""
	k.ok(k.Commit(k.ctx, server.Commit{Player: &p}))
	p.Revision = 2
	got, err = k.Player(k.ctx, p.ID)
	k.ok(err)
	k.same(got, p)
	_, err = k.PlayerByIdentity(k.ctx, "guest", []byte{0, 1, 0})
	k.fails(err, server.ErrNotFound)
	k.fails(k.Commit(k.ctx, server.Commit{Player: &server.Player{
		ID: k.player(), Identities: []server.Identity{{Kind: "other", Subject: []byte("x")}},
	}}), server.ErrConflict)

	var want []game.PlayerID
	for range 5 {
		q := server.Player{ID: k.player()}
		k.ok(k.Commit(k.ctx, server.Commit{Player: &q}))
		want = append([]game.PlayerID{q.ID}, want...)
	}
	want = append(want, p.ID)
	some, err := k.Players(k.ctx, []game.PlayerID{want[0], k.player(), p.ID})
	k.ok(err)
	k.same(len(some), 2)
	k.same(some[p.ID], p)
	k.reopen()
	for _, size := range []int{1, 4, 6, 50} {
		var ids []game.PlayerID
		place := server.Place("")
		for {
			list, next, err := k.AllPlayers(k.ctx, place, size)
			k.ok(err)
			for _, p := range list {
				ids = append(ids, p.ID)
			}
			if place = next; place == "" {
				break
			}
		}
		k.same(ids, want)
	}
	c, err := k.Counts(k.ctx)
	k.ok(err)
	k.same(c.Players, uint64(len(want)))
}

func testRecordConflicts(k *kit) {
	p := server.Player{ID: k.player(), Name: "one"}
	s := server.Session{ID: k.session(), Player: p.ID, Created: at(1)}
	m := k.commit(nil, k.create(p.ID, at(0), nil), nil)
	v := server.Private{Match: m.ID, Player: p.ID, Archived: true}
	for revision := range uint64(3) {
		p.Revision, s.Revision, v.Revision = revision, revision, revision
		for name, c := range map[string]server.Commit{"player": {Player: &p}, "session": {Session: &s}, "private": {Private: &v}} {
			if err := k.Commit(k.ctx, c); err != nil {
				k.Fatalf("%s at revision %d: %v", name, revision, err)
			}
			k.fails(k.Commit(k.ctx, c), server.ErrConflict) // it has changed since
		}
		k.reopen()
	}
	got, err := k.Player(k.ctx, p.ID)
	k.ok(err)
	k.same(got.Revision, uint64(3))
	ahead := server.Player{ID: k.player(), Revision: 4}
	k.fails(k.Commit(k.ctx, server.Commit{Player: &ahead}), server.ErrConflict)
}

func testSessions(k *kit) {
	_, err := k.Session(k.ctx, k.session())
	k.fails(err, server.ErrNotFound)
	p := server.Player{ID: k.player()}
	k.ok(k.Commit(k.ctx, server.Commit{Player: &p}))
	s := server.Session{
		ID: k.session(), Player: p.ID, Installation: "Pixel 9", Created: at(1), Refreshed: at(2), Issued: 7,
	}
	k.ok(k.Commit(k.ctx, server.Commit{Session: &s}))
	s.Revision = 1
	got, err := k.Session(k.ctx, s.ID)
	k.ok(err)
	k.same(got, s)
	ended := func(since time.Time, want ...server.Session) {
		k.Helper()
		got, err := k.EndedSessions(k.ctx, since)
		k.ok(err)
		k.same(got, want)
	}
	ended(at(-1000))
	s.Ended = at(50)
	k.ok(k.Commit(k.ctx, server.Commit{Session: &s}))
	s.Revision = 2
	t := server.Session{ID: k.session(), Player: p.ID, Ended: at(40)}
	k.ok(k.Commit(k.ctx, server.Commit{Session: &t}))
	t.Revision = 1
	k.reopen()
	ended(at(0), t, s)
	ended(at(40), t, s)
	ended(at(41), s)
	ended(at(51))
	s.Ended = at(60) // moved: it is not listed twice
	k.ok(k.Commit(k.ctx, server.Commit{Session: &s}))
	s.Revision = 3
	ended(at(0), t, s)
}

func testPrivate(k *kit) {
	a := k.player()
	m := k.commit(nil, k.create(a, at(0), nil), nil)
	got, err := k.Private(k.ctx, m.ID, a)
	k.ok(err)
	k.same(got, server.Private{})
	v := server.Private{Match: m.ID, Player: a}
	for i, change := range []func(){
		func() { v.Archived = true },
		func() { v.Seen = true },
		func() {
			v.Draft = &server.Draft{
				Moves: []game.PlayedMove{{Text: "a1"}, {Data: []byte{0}}}, Saved: at(1), Decision: 2,
				State: &game.RelayState{Data: []byte("s"), Text: true},
			}
		},
		func() { v.Draft = &server.Draft{Saved: at(2), Decision: 3, State: &game.RelayState{}} },
		func() { v.Draft = &server.Draft{Saved: at(3), Decision: 3} },
		func() { v.Draft, v.Archived = nil, false },
	} {
		change()
		k.ok(k.Commit(k.ctx, server.Commit{Private: &v}))
		v.Revision = uint64(i) + 1
		k.reopen()
		got, err := k.Private(k.ctx, m.ID, a)
		k.ok(err)
		k.same(got, v)
	}
	other, err := k.Private(k.ctx, m.ID, k.player())
	k.ok(err)
	k.same(other, server.Private{})
}
