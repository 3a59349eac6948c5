package servertest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
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

// TestFinishedIsSeen: who saw the last version has seen that a match is over, at once and over a restart; who saw an
// earlier one has not, whatever version he claims to have seen.
func TestFinishedIsSeen(t *testing.T) {
	t.Parallel()
	const unseen, finished = pb.Standing_STANDING_FINISHED_UNSEEN, pb.Standing_STANDING_FINISHED
	for name, c := range map[string]struct {
		during, after func(last uint64) uint64 // the versions seen; 0: none
		want          pb.Standing
	}{
		"nothing":                       {nil, nil, unseen},
		"the last version":              {nil, func(last uint64) uint64 { return last }, finished},
		"one beyond it":                 {nil, func(last uint64) uint64 { return last + 5 }, finished},
		"the one before":                {nil, func(last uint64) uint64 { return last - 1 }, unseen},
		"version 0":                     {nil, func(uint64) uint64 { return 0 }, unseen},
		"one to come, during the match": {func(last uint64) uint64 { return last + 100 }, nil, unseen},
	} {
		t.Run(name, func(t *testing.T) {
			s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
			ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
			id := ann.newGame(t, "drill", bob)
			ctx, stop := context.WithCancel(t.Context())
			if c.during != nil {
				bob.see(t, id, c.during(bob.version(t, id)))
				stop()
				_ = s.Service.KeepSeen(ctx) // writes what there is, and ends
				if kept := bob.kept(t, s, id).SeenVersion; kept != bob.version(t, id) {
					t.Errorf("version %d of %d is kept as seen", kept, bob.version(t, id))
				}
			}
			ann.play(t, id, "win")
			if got := bob.standing(t, id); got != unseen {
				t.Errorf("after the end it is %v", got)
			}
			if c.after != nil {
				bob.see(t, id, c.after(bob.version(t, id)))
				bob.see(t, id, c.after(bob.version(t, id))) // harmless to repeat
			}
			stop()
			_ = s.Service.KeepSeen(ctx)
			for _, p := range []*player{bob, bob.phone(t, s)} {
				if got := p.standing(t, id); got != c.want {
					t.Errorf("it is %v, want %v", got, c.want)
				}
			}
			s.Close()
			s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys, Rules: []game.Rules{drill{}}})
			if got := bob.on(s).standing(t, id); got != c.want {
				t.Errorf("after a restart it is %v, want %v", got, c.want)
			}
			if got := ann.on(s).standing(t, id); got != finished {
				t.Errorf("to who ended it it is %v", got)
			}
		})
	}
}

// TestSeenVersionsAreKeptLazily: within five seconds, and at the end.
func TestSeenVersionsAreKeptLazily(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		last := ann.play(t, id, "more").GetVersion()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Service.KeepSeen(ctx) }()
		kept := func(when string, want uint64) {
			t.Helper()
			synctest.Wait()
			if got := bob.kept(t, s, id).SeenVersion; got != want {
				t.Errorf("%s: version %d is kept, want %d", when, got, want)
			}
		}
		time.Sleep(time.Second)
		bob.see(t, id, last-1)
		kept("at once", 0)
		time.Sleep(5 * time.Second)
		kept("after five seconds", last-1)
		bob.see(t, id, last)
		bob.see(t, id, 1) // another phone shows an older one
		time.Sleep(5 * time.Second)
		kept("after ten", last)
		bob.see(t, id, 1)
		time.Sleep(5 * time.Second)
		kept("an older one", last)
		last = ann.play(t, id, "more").GetVersion()
		bob.see(t, id, last)
		kept("not yet", last-1)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		kept("at the end", last)
		s.Close()
		s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys, Rules: []game.Rules{drill{}}})
		kept("after a restart", last)
	})
}

// A draft, an archiving and what was seen stand in one record; none of them takes another one away.
func TestSeenAndDraftDoNotMeet(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	over, stop := context.WithCancel(t.Context())
	stop()
	for round := range 10 {
		version := ann.play(t, id, "more").GetVersion()
		bob.see(t, id, version)
		text := fmt.Sprint("pass ", round)
		for _, err := range atTheSameTime(2, func(i int) error {
			if i == 0 {
				return s.Service.KeepSeen(over)
			}
			_, err := bob.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: text}}}})
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if kept := bob.kept(t, s, id); kept.SeenVersion != version || kept.Draft == nil || kept.Draft.Moves[0].Text != text {
			t.Errorf("of version %d and %q there is %+v", version, text, kept)
		}
	}
	ann.play(t, id, "win")
	last := bob.version(t, id)
	for _, err := range atTheSameTime(2, func(i int) error {
		if i == 0 {
			_, err := bob.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: id, Version: last}})
			return err
		}
		_, err := bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id})
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if kept := bob.kept(t, s, id); !kept.Archived || !kept.Seen || bob.standing(t, id) != pb.Standing_STANDING_ARCHIVED {
		t.Errorf("of seen and archived there is %+v", kept)
	}
}

func TestAckRefusals(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, eve := signIn(t, s, "ann"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{Game: "drill", Access: pb.Access_ACCESS_INVITED})
	for _, id := range []string{matchOf(m), newID()} {
		_, err := eve.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: id, Version: 1}})
		refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
	}
	_, err := ann.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: "x"}})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	must(ann.AckEvents(t.Context(), &pb.AckEventsRequest{}))(t)
}
