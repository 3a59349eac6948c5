package servertest_test

import (
	"slices"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/battleship"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// stage is a server with players on whom all kinds of matches are played by script.
type stage struct {
	s     *servertest.Server
	clock *ticking
	// fred has blocked ann. eve plays in none of the matches.
	ann, bob, carl, dora, eve, fred *player
	// room has a token for each match that may go on at once: as many as one player may watch.
	room chan struct{}
}

func newStage(t *testing.T) *stage {
	g := &stage{clock: newTicking(), room: make(chan struct{}, 4)}
	g.open(t, servertest.Options{})
	g.ann, g.bob, g.carl = signIn(t, g.s, "ann"), signIn(t, g.s, "bob"), signIn(t, g.s, "carl")
	g.dora, g.eve, g.fred = signIn(t, g.s, "dora"), signIn(t, g.s, "eve"), signIn(t, g.s, "fred")
	g.fred.block(t, g.ann)
	return g
}

// open starts the server, or starts it again.
func (g *stage) open(t *testing.T, o servertest.Options) {
	o.Rules = []game.Rules{tictactoe.Rules{}, pig.Rules{}, battleship.Rules{}, pick{}, drill{}}
	o.Now, o.AccessLifetime = g.clock.Now, 10_000*time.Hour
	g.s = servertest.New(t, o)
}

// again starts the server again on the same directory.
func (g *stage) again(t *testing.T) {
	g.s.Close()
	g.open(t, servertest.Options{Dir: g.s.Dir, Keys: g.s.Keys})
	for _, p := range []**player{&g.ann, &g.bob, &g.carl, &g.dora, &g.eve, &g.fred} {
		*p = (*p).on(g.s)
	}
}

func (g *stage) players() map[string]*player {
	return map[string]*player{"ann": g.ann, "bob": g.bob, "carl": g.carl, "dora": g.dora, "eve": g.eve, "fred": g.fred}
}

// play plays the scripts with these names, several at once, and returns the matches.
func (g *stage) play(t *testing.T, scripts map[string]func(*scene)) (played []*scene) {
	t.Helper()
	list := make(chan *scene, len(scripts))
	t.Run("play", func(t *testing.T) {
		for name, script := range scripts {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g.room <- struct{}{}
				defer func() { <-g.room }()
				c := &scene{stage: g, t: t}
				script(c)
				for _, w := range c.watched {
					w.over(t, w.want)
				}
				list <- c
			})
		}
	})
	close(list)
	for c := range list {
		played = append(played, c)
	}
	if len(played) != len(scripts) {
		t.FailNow()
	}
	return played
}

// hearsAs is an event that a player is told, and the seat for which he is.
type hearsAs struct {
	version uint64
	seat    int32
}

// concerns works out from a match's own log whom each event has to be told: those who had, just before, or got a seat or
// an open invitation by its commit.
func (c *scene) concerns(log []*pb.Event) map[string][]hearsAs {
	type place struct {
		player string
		sits   bool
	}
	places, told := map[int32]place{}, map[string][]hearsAs{}
	seats := func() map[string]int32 {
		m := map[string]int32{}
		for seat, pl := range places {
			if !pl.sits {
				seat = 0
			}
			m[pl.player] = seat
		}
		return m
	}
	for len(log) > 0 {
		n := 1
		for n < len(log) && log[n].GetEventTime().AsTime().Equal(log[0].GetEventTime().AsTime()) {
			n++
		}
		before := seats()
		for _, e := range log[:n] {
			switch e.GetKind().(type) {
			case *pb.Event_MatchCreated, *pb.Event_PlayerJoined:
				places[e.GetSeat()] = place{e.GetPlayerId(), true}
			case *pb.Event_PlayerInvited:
				if !slices.ContainsFunc(c.silent, func(p *player) bool { return p.id == e.GetPlayerId() }) {
					places[e.GetSeat()] = place{e.GetPlayerId(), false}
				}
			case *pb.Event_InvitationDeclined, *pb.Event_PlayerLeft:
				delete(places, e.GetSeat())
			}
		}
		to := before
		for id, seat := range seats() {
			to[id] = seat
		}
		for id, seat := range to {
			for _, e := range log[:n] {
				told[id] = append(told[id], hearsAs{e.GetVersion(), seat})
			}
		}
		log = log[n:]
	}
	return told
}
