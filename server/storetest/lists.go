package storetest

import (
	"sync"

	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/server"
)

func testQuotas(k *kit) {
	a, b, c := k.player(), k.player(), k.player()
	active := func(limit, adds int) server.Quota {
		return server.Quota{Player: a, Kind: server.ActiveMatches, Limit: limit, Adds: adds}
	}
	k.ok(k.try(k.create(a, at(0), nil), active(2, 1)))
	m := k.create(a, at(0), nil)
	k.fails(k.try(m, active(2, 2)), server.ErrOverQuota)
	k.ok(k.try(m, active(2, 1)))
	k.reopen()
	k.fails(k.try(k.create(a, at(0), nil), active(2, 1)), server.ErrOverQuota)
	k.ok(k.try(k.create(b, at(0), nil), active(2, 0))) // nothing more for a: the quota is full, not over
	k.fails(k.try(k.create(b, at(0), nil), active(1, 0)), server.ErrOverQuota)
	leave, err := m.Match.Leave(a, at(1))
	k.commit(nil, leave, err)
	k.ok(k.try(k.create(a, at(2), nil), active(2, 1)))

	// Invitations count against the inviter until they are answered; silent ones too.
	pending := func(limit, adds int) server.Quota {
		return server.Quota{Player: b, Kind: server.PendingInvitations, Limit: limit, Adds: adds}
	}
	inv := k.create(b, at(0), func(n *game.NewMatch) {
		n.Settings = game.Settings{Game: game.Relay, MinSeats: 3, MaxSeats: 3}
		n.Invite = []game.Invitee{{Player: a}, {Player: c, Silent: true}}
	})
	k.fails(k.try(inv, pending(1, 2)), server.ErrOverQuota)
	k.ok(k.try(inv, pending(2, 2)))
	k.fails(k.try(k.create(b, at(0), nil), pending(2, 1)), server.ErrOverQuota)
	decline, err := inv.Match.Decline(a, at(1))
	after := k.commit(nil, decline, err)
	k.ok(k.try(k.create(b, at(0), nil), pending(2, 1)))
	k.fails(k.try(k.create(b, at(0), nil), pending(1, 1)), server.ErrOverQuota)
	cancel, err := after.CancelFor(game.ByOperator, at(2))
	k.commit(nil, cancel, err)
	k.ok(k.try(k.create(b, at(0), nil), pending(1, 1))) // they end with the match
}

// testQuotaRace lets commits that are each within a quota meet.
func testQuotaRace(k *kit) {
	a := k.player()
	changes := make([]game.Change, 40)
	for i := range changes {
		changes[i] = k.create(a, at(i), nil)
	}
	won := k.together(len(changes), server.ErrOverQuota, func(i int) error {
		return k.try(changes[i], server.Quota{Player: a, Kind: server.ActiveMatches, Limit: 7, Adds: 1})
	})
	k.same(won, 7)
}

// own lists the ids of a player's matches.
func (k *kit) own(p game.PlayerID) (current, over []game.MatchID) {
	k.Helper()
	own, err := k.MatchesOf(k.ctx, p, "", 100)
	k.ok(err)
	for _, m := range own.Current {
		k.same(m.Match, k.match(m.Match.ID))
		current = append(current, m.Match.ID)
	}
	for _, m := range own.Over {
		over = append(over, m.Match.ID)
	}
	return current, over
}

// testMembership follows a match in the lists of everybody concerned.
func testMembership(k *kit) {
	a, b, c, d := k.player(), k.player(), k.player(), k.player()
	ch := k.create(a, at(0), func(n *game.NewMatch) {
		n.Settings = game.Settings{Game: game.Relay, MinSeats: 3, MaxSeats: 4, Start: game.ByCall}
		n.Invite = []game.Invitee{{Player: b}, {Player: c, Silent: true}}
	})
	m := k.commit(nil, ch, nil)
	in := func(p game.PlayerID, current, over bool) {
		k.Helper()
		cur, ov := k.own(p)
		if len(cur) == 1 != current || len(ov) == 1 != over {
			k.Fatalf("has %v and %v that are over, want %v and %v", cur, ov, current, over)
		}
	}
	step := func(ch game.Change, err error) {
		k.Helper()
		m = k.commit(nil, ch, err)
	}
	in(a, true, false)
	in(b, true, false)
	in(c, false, false) // silently invited: he is not to know
	in(d, false, false)
	step(m.Decline(b, at(1)))
	in(b, false, false)
	step(m.Join(nil, b, 0, at(2)))
	in(b, true, false)
	step(m.Join(nil, d, 0, at(3)))
	in(d, true, false)
	step(m.Leave(d, at(4)))
	in(d, false, false)
	step(m.Join(nil, d, 0, at(5)))
	k.reopen()
	step(m.StartNow(nil, a, at(6))) // the invitation of c ends
	in(a, true, false)
	in(c, false, false)
	step(m.Resign(nil, b, nil, at(7)))
	in(b, true, false) // he sat there and may look on
	step(m.Resign(nil, d, nil, at(8)))
	for _, p := range []game.PlayerID{a, b, d} {
		in(p, false, true)
	}
	in(c, false, false)
}

func testMatchesOf(k *kit) {
	a, b := k.player(), k.player()
	own, err := k.MatchesOf(k.ctx, a, "", 10)
	k.ok(err)
	k.same(len(own.Current)+len(own.Over), 0)
	k.same(own.Next, server.Place(""))

	var over []game.MatchID // the last ended first
	for i := range 7 {
		m := k.started(a, b, at(i))
		ended := at(5000 + 10*(i*3%7)) // not in the order in which they were made
		k.resigned(m, a, ended)
		over = append(over, m.ID)
	}
	current := k.started(a, b, at(100))
	draft := server.Private{Match: current.ID, Player: a, Draft: &server.Draft{Moves: []game.PlayedMove{{Text: "a1"}}, Saved: at(1), Decision: 3}}
	k.ok(k.Commit(k.ctx, server.Commit{Private: &draft}))
	k.reopen()
	for _, size := range []int{1, 3, 7, 100} {
		var got []server.OwnMatch
		place := server.Place("")
		for n := 0; ; n++ {
			own, err := k.MatchesOf(k.ctx, a, place, size)
			k.ok(err)
			if n == 0 {
				k.same(len(own.Current), 1)
				k.same(own.Current[0].Match, current)
				draft.Revision = 1
				k.same(own.Current[0].Private, draft)
			} else {
				k.same(len(own.Current), 0)
			}
			if len(own.Over) > size {
				k.Fatalf("%d matches where %d were asked for", len(own.Over), size)
			}
			got = append(got, own.Over...)
			if place = own.Next; place == "" {
				break
			}
		}
		k.same(len(got), len(over))
		for i := range got {
			if i > 0 && got[i].Match.Ended.After(got[i-1].Match.Ended) {
				k.Fatalf("a match ended %v comes after one ended %v", got[i].Match.Ended, got[i-1].Match.Ended)
			}
		}
	}
	// A place stays good when something is added before it.
	first, err := k.MatchesOf(k.ctx, a, "", 2)
	k.ok(err)
	k.resigned(current, b, at(9000))
	second, err := k.MatchesOf(k.ctx, a, first.Next, 100)
	k.ok(err)
	k.same(len(second.Over), len(over)-2)
}

// pages reads a whole list in pages of a size.
func pages(k *kit, size int, read func(after server.Place, limit int) ([]game.Match, server.Place, error)) (ids []game.MatchID) {
	k.Helper()
	place := server.Place("")
	for {
		list, next, err := read(place, size)
		k.ok(err)
		if len(list) > size {
			k.Fatalf("%d matches where %d were asked for", len(list), size)
		}
		for _, m := range list {
			k.same(m, k.match(m.ID))
			ids = append(ids, m.ID)
		}
		if place = next; place == "" {
			return ids
		}
	}
}

func testOpen(k *kit) {
	a, b := k.player(), k.player()
	open := func(after server.Place, limit int) ([]game.Match, server.Place, error) {
		return k.OpenMatches(k.ctx, "tictactoe", after, limit)
	}
	var want []game.MatchID
	add := func(edit func(*game.NewMatch)) game.Match { return k.commit(nil, k.create(a, at(0), edit), nil) }
	for range 5 {
		want = append([]game.MatchID{add(nil).ID}, want...)
	}
	add(func(n *game.NewMatch) { n.Access, n.JoinCode = game.ByCode, "X" })
	add(func(n *game.NewMatch) { n.Access = game.Invited })
	add(func(n *game.NewMatch) { n.Settings = game.Settings{Game: game.Relay} })
	add(func(n *game.NewMatch) { n.Invite = []game.Invitee{{Player: b}} }) // no seat is free
	k.started(a, b, at(1))
	joined := add(nil)
	ch, err := joined.Join(tictactoe.Rules{}, b, 0, at(2))
	k.commit(nil, ch, err)
	cancelled := add(nil)
	ch, err = cancelled.CancelFor(game.ByOperator, at(2))
	k.commit(nil, ch, err)
	k.reopen()
	for _, size := range []int{1, 2, 5, 50} {
		k.same(pages(k, size, open), want)
	}
	list, next, err := k.OpenMatches(k.ctx, "tictacto", "", 10) // a name that begins another
	k.ok(err)
	k.same(len(list), 0)
	k.same(next, server.Place(""))
	relay, _, err := k.OpenMatches(k.ctx, game.Relay, "", 10)
	k.ok(err)
	k.same(len(relay), 1)
}

func testAll(k *kit) {
	a := k.player()
	var want []game.MatchID
	for range 5 {
		want = append([]game.MatchID{k.commit(nil, k.create(a, at(0), nil), nil).ID}, want...)
	}
	k.reopen()
	for _, size := range []int{1, 2, 5, 50} {
		k.same(pages(k, size, func(after server.Place, limit int) ([]game.Match, server.Place, error) {
			return k.AllMatches(k.ctx, after, limit)
		}), want)
	}
	// Reading goes on while matches are made, and repeats none.
	var wg sync.WaitGroup
	changes := make([]game.Change, 20)
	for i := range changes {
		changes[i] = k.create(a, at(i), nil)
	}
	wg.Go(func() {
		for _, ch := range changes {
			if err := k.try(ch); err != nil {
				k.Error(err)
			}
		}
	})
	seen := map[game.MatchID]bool{}
	for _, id := range pages(k, 3, func(after server.Place, limit int) ([]game.Match, server.Place, error) {
		return k.AllMatches(k.ctx, after, limit)
	}) {
		if seen[id] {
			k.Errorf("match %v comes twice", id)
		}
		seen[id] = true
	}
	wg.Wait()
	for _, id := range want {
		if !seen[id] {
			k.Errorf("match %v is not listed", id)
		}
	}
}
