// Package storetest states what a server.Store promises, as tests that every store passes.
package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/server"
	"yourmove/server/auth"
)

// Checker is implemented by stores that can look for broken invariants in what they keep: one line each.
type Checker interface {
	Problems(ctx context.Context) ([]string, error)
}

// Run runs the suite. open opens the store that lies in dir, making it the first time; a store that is an io.Closer is
// closed and opened again half-way through a test, and at its end checked, if it is a Checker.
func Run(t *testing.T, open func(t *testing.T, dir string) server.Store) {
	for _, test := range []struct {
		name string
		run  func(*kit)
	}{
		{"match round trip", testMatch},
		{"events", testEvents},
		{"repeats", testRepeats},
		{"relay states", testRelay},
		{"match conflicts", testMatchConflicts},
		{"conflicts within a batch", testRace},
		{"record conflicts", testRecordConflicts},
		{"refused commits leave nothing", testNothingLeft},
		{"creation", testCreation},
		{"join codes", testCodes},
		{"quotas", testQuotas},
		{"quotas within a batch", testQuotaRace},
		{"membership", testMembership},
		{"matches of a player", testMatchesOf},
		{"open matches", testOpen},
		{"all matches", testAll},
		{"lapsing", testLapsing},
		{"players", testPlayers},
		{"sessions", testSessions},
		{"private records", testPrivate},
		{"inboxes", testInbox},
		{"whom a commit concerns", testToldRefused},
		{"newest position", testNewest},
		{"trimmed inboxes", testTrimmed},
		{"long inboxes", testLongInbox},
		{"inboxes and refused commits", testInboxRefused},
		{"inboxes within a batch", testInboxRace},
		{"inboxes against a model", testInboxModel},
		{"epochs", testEpoch},
		{"counts", testCounts},
		{"read your own write", testReadOwn},
		{"ended context", testContext},
		{"against a model", testModel},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := &kit{T: t, dir: t.TempDir(), open: open, ctx: t.Context()}
			k.Store = open(t, k.dir)
			test.run(k)
			k.reopen()
			if c, ok := k.Store.(Checker); ok {
				problems, err := c.Problems(k.ctx)
				if err != nil {
					t.Fatalf("check: %v", err)
				}
				for _, p := range problems {
					t.Errorf("check: %s", p)
				}
			}
			k.close()
		})
	}
}

// kit is a store under test, and short ways to say things.
type kit struct {
	*testing.T
	server.Store
	ctx   context.Context
	dir   string
	open  func(t *testing.T, dir string) server.Store
	count uint64
}

// reopen ends the store and opens it again: what follows must not tell the difference.
func (k *kit) reopen() {
	k.Helper()
	k.close()
	k.Store = k.open(k.T, k.dir)
}

func (k *kit) close() {
	k.Helper()
	if c, ok := k.Store.(io.Closer); ok {
		k.ok(c.Close())
	}
}

func (k *kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kit) fails(err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("error is %v, want %v", err, want)
	}
}

// same compares as reflect does; times that are equal count as the same.
func (k *kit) same(got, want any) {
	k.Helper()
	if !reflect.DeepEqual(got, want) {
		k.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// start is when everything in these tests begins.
var start = time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)

// at is a time after start.
func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// next makes ids that rise, as version 7 UUIDs do.
func (k *kit) next() (id [16]byte) {
	k.count++
	binary.BigEndian.PutUint64(id[:], uint64(start.UnixMilli())<<16|k.count)
	id[15] = 1
	return id
}

func (k *kit) player() game.PlayerID { return k.next() }

func (k *kit) session() auth.SessionID { return k.next() }

// request makes a request of a player that nobody made before.
func (k *kit) request(p game.PlayerID) *server.Request {
	id := k.next()
	return &server.Request{RequestKey: server.RequestKey{Player: p, ID: id}, Print: [16]byte{1, id[7]}}
}

// commit keeps a change of a match, which must succeed, and returns the match.
func (k *kit) commit(req *server.Request, ch game.Change, err error) game.Match {
	k.Helper()
	k.ok(err)
	k.ok(k.Commit(k.ctx, server.Commit{At: ch.Events[0].At, Match: &ch, Request: req}))
	return ch.Match
}

// try keeps a change of a match and returns what comes of it.
func (k *kit) try(ch game.Change, quotas ...server.Quota) error {
	return k.Commit(k.ctx, server.Commit{At: ch.Events[0].At, Match: &ch, Quotas: quotas})
}

// create decides on a new match of tic-tac-toe, created by player at a time; edit may change how.
func (k *kit) create(player game.PlayerID, now time.Time, edit func(*game.NewMatch)) game.Change {
	k.Helper()
	n := game.NewMatch{
		ID: k.next(), Settings: game.Settings{Game: "tictactoe"}, Creator: player, Seat: 1, LapseAfter: game.LapseAfter,
		Seed: game.Seed{1, 2, 3, byte(k.count)},
	}
	if edit != nil {
		edit(&n)
	}
	var r game.Rules = tictactoe.Rules{}
	if n.Game == game.Relay {
		r = nil
	}
	ch, err := game.Create(r, n, now)
	k.ok(err)
	return ch
}

// started makes a match of two players in which play has begun.
func (k *kit) started(a, b game.PlayerID, now time.Time) game.Match {
	k.Helper()
	m := k.commit(k.request(a), k.create(a, now, nil), nil)
	ch, err := m.Join(tictactoe.Rules{}, b, 0, now.Add(time.Second))
	return k.commit(k.request(b), ch, err)
}

// play decides on a turn of tic-tac-toe.
func (k *kit) play(m game.Match, square string, now time.Time) game.Change {
	k.Helper()
	player := m.Place(m.MustAct()[0]).Player
	ch, err := m.Submit(tictactoe.Rules{}, player, game.Turn{Expected: m.Version, Moves: []game.PlayedMove{{Text: square}}}, now)
	k.ok(err)
	return ch
}

// resigned ends a match.
func (k *kit) resigned(m game.Match, p game.PlayerID, now time.Time) game.Match {
	k.Helper()
	ch, err := m.Resign(tictactoe.Rules{}, p, nil, now)
	return k.commit(nil, ch, err)
}

// relay makes a relay match of two in which play has begun.
func (k *kit) relay(a, b game.PlayerID, state game.RelayState) game.Match {
	k.Helper()
	m := k.commit(nil, k.create(a, at(0), func(n *game.NewMatch) {
		n.Settings = game.Settings{Game: game.Relay, MinSeats: 2, MaxSeats: 2}
		n.State = state
	}), nil)
	ch, err := m.Join(nil, b, 0, at(1))
	return k.commit(nil, ch, err)
}

// pass is a turn of a relay match; state nil leaves the state.
func (k *kit) pass(m game.Match, state *game.RelayState, now time.Time) game.Change {
	k.Helper()
	seat := m.MustAct()[0]
	ch, err := m.Submit(nil, m.Place(seat).Player, game.Turn{
		Expected: m.Version, Moves: []game.PlayedMove{{Text: "m", Data: []byte{0, 1}}},
		Relay: &game.RelayTurn{State: state, Next: []game.Next{{Seat: 3 - seat, Limit: time.Hour}, {Seat: seat}}},
	}, now)
	k.ok(err)
	return ch
}

// match reads a match.
func (k *kit) match(id game.MatchID) game.Match {
	k.Helper()
	m, _, err := k.Store.Match(k.ctx, id, nil)
	k.ok(err)
	return m
}
