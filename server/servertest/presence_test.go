package servertest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// see says that a version of a match is on the screen.
func (p *player) see(t testing.TB, id string, version uint64) {
	t.Helper()
	must(p.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: id, Version: version}}))(t)
}

// lookAway says that no match is on the screen.
func (p *player) lookAway(t testing.TB) {
	t.Helper()
	must(p.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{}}))(t)
}

// looking lists the seats that look at a match, as the player is told when he begins to watch it.
func (p *player) looking(t testing.TB, id string) []int32 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	st := must(p.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: id}))(t)
	return must(st.Receive())(t).GetReady().GetLookingSeats()
}

func (p *player) standing(t testing.TB, id string) pb.Standing {
	t.Helper()
	return p.get(t, id).GetSummary().GetStanding()
}

// TestWhatCountsAsLooking: what an app says, and what a player does in a match, for 30 seconds; no reading and no open
// connection does.
func TestWhatCountsAsLooking(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}, AccessLifetime: 24 * time.Hour})
		ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
		id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Spectators: true}))
		bob.join(t, id)
		other := ann.newGame(t, "drill", bob)
		time.Sleep(time.Hour)
		for _, c := range []struct {
			name string
			call func()
			want bool
		}{
			{"seen", func() { bob.see(t, id, 1) }, true},
			{"a draft", func() {
				must(bob.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: "pass"}}}}))(t)
			}, true},
			{"a turn", func() {
				ann.play(t, id, "pass")
				ann.lookAway(t)
				bob.play(t, id, "pass")
			}, true},
			{"a refused turn", func() {
				_, err := bob.SubmitTurn(t.Context(), turn(id, bob.version(t, id), "pass"))
				refused(t, err, connect.CodeFailedPrecondition, game.NotYourTurn)
			}, false},
			{"another match seen", func() { bob.see(t, other, 1) }, false},
			{"a cursor alone", func() {
				must(bob.AckEvents(t.Context(), &pb.AckEventsRequest{Cursor: bob.cursor(t)}))(t)
			}, false},
			{"reading", func() {
				bob.get(t, id)
				bob.list(t, &pb.ListMatchesRequest{})
				bob.replay(t, id)
				bob.inbox(t, bob.cursor(t), 10)
			}, false},
			{"open connections", func() {
				bob.hold(t, server.DoorStream, "")
				bob.hold(t, server.DoorWatch, id)
				bob.phone(t, s).hold(t, server.DoorWait, "")
			}, false},
			{"a spectator", func() { eve.see(t, id, 1) }, false},
		} {
			if got := eve.looking(t, id); len(got) != 0 {
				t.Fatalf("before %s the seats %v look", c.name, got)
			}
			c.call()
			want := []int32{2}
			if !c.want {
				want = nil
			}
			for _, p := range []*player{ann, bob, eve} {
				if got := p.phone(t, s).looking(t, id); !slices.Equal(got, want) {
					t.Errorf("after %s the seats %v look, want %v", c.name, got, want)
				}
			}
			time.Sleep(server.LookingFor - time.Millisecond)
			if got := eve.looking(t, id); !slices.Equal(got, want) {
				t.Errorf("30 s after %s the seats %v look, want %v", c.name, got, want)
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// TestHeartbeatsSayWhoLooks: what the app says on one session is taken back by that session, and hidden if the player
// wants it so.
func TestHeartbeatsSayWhoLooks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id, other := ann.newGame(t, "drill", bob), ann.newGame(t, "drill", bob)
		ann.lookAway(t)
		bob.lookAway(t)
		phone := bob.phone(t, s)
		st := must(ann.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: id, Heartbeat: span(5 * time.Second)}))(t)
		if m := must(st.Receive())(t); len(m.GetReady().GetLookingSeats()) > 0 {
			t.Errorf("at first it is %v", m)
		}
		hide := func(on bool) {
			must(bob.account.UpdatePlayer(t.Context(), &pb.UpdatePlayerRequest{HidePresence: proto.Bool(on)}))(t)
		}
		for i, c := range []struct {
			name string
			do   func()
			want []int32
		}{
			{"nothing", func() {}, nil},
			{"bob looks", func() { bob.see(t, id, 1) }, []int32{2}},
			{"he still does", func() {}, []int32{2}},
			{"ann, too", func() { ann.see(t, id, 1) }, []int32{1, 2}},
			{"bob hides", func() { hide(true) }, []int32{1}},
			{"he shows himself", func() { hide(false) }, []int32{1, 2}},
			{"his other phone looks, too", func() { phone.see(t, id, 1) }, []int32{1, 2}}, // 30 s after bob looked
			{"the first one goes away", func() { bob.lookAway(t) }, []int32{1, 2}},
			{"and the other", func() { phone.lookAway(t) }, []int32{1}},
			{"ann's was long ago", func() {}, nil},
			{"bob looks at another", func() { bob.see(t, other, 1) }, nil},
		} {
			time.Sleep(time.Second)
			c.do()
			m := must(st.Receive())(t)
			if got := m.GetHeartbeat().GetLookingSeats(); m.GetHeartbeat() == nil || !slices.Equal(got, c.want) {
				t.Errorf("%d, %s: the seats %v look, want %v", i, c.name, got, c.want)
			}
		}
	})
}

func matchID(t testing.TB, id string) game.MatchID {
	t.Helper()
	mid, err := game.ParseMatchID(id)
	if err != nil {
		t.Fatal(err)
	}
	return mid
}

// kept reads what the store has of what a player keeps about a match.
func (p *player) kept(t testing.TB, s *servertest.Server, id string) server.Private {
	t.Helper()
	pid, err := game.ParsePlayerID(p.id)
	if err != nil {
		t.Fatal(err)
	}
	private, err := s.Store.Private(t.Context(), matchID(t, id), pid)
	if err != nil {
		t.Fatal(err)
	}
	return private
}
