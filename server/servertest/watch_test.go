package servertest_test

import (
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server/servertest"
)

// TestWhoMayWatch: who may see a match and not watch it is told so; to others it is as if it did not exist.
func TestWhoMayWatch(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, eve, fred := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve"), signIn(t, s, "fred")
	fred.block(t, ann)
	match := func(access pb.Access, spectators bool, invited ...string) string {
		return matchOf(ann.create(t, &pb.CreateMatchRequest{
			Game: "relay", MaxSeats: 4, Seat: 1, Access: access, Spectators: spectators, InvitePlayerIds: invited,
		}))
	}
	const public, byCode, invited = pb.Access_ACCESS_PUBLIC, pb.Access_ACCESS_BY_CODE, pb.Access_ACCESS_INVITED
	declined := match(invited, false, bob.id)
	must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: declined, RequestId: newID()}))(t)
	for _, c := range []struct {
		name string
		id   string
		who  *player
		code connect.Code
		why  game.Reason
	}{
		{"a player", match(invited, false), ann, 0, ""},
		{"who is invited", match(invited, false, bob.id), bob, 0, ""},
		{"anybody, where that is allowed", match(invited, true), eve, 0, ""},
		{"a stranger of a public match", match(public, false), eve, connect.CodePermissionDenied, game.NotSeated},
		{"a stranger of a match by code", match(byCode, false), eve, connect.CodeNotFound, game.NoSuchMatch},
		{"a stranger of a match for those invited", match(invited, false), eve, connect.CodeNotFound, game.NoSuchMatch},
		{"who declined", declined, bob, connect.CodeNotFound, game.NoSuchMatch},
		{"who is not to know that he is invited", match(invited, false, fred.id), fred, connect.CodeNotFound, game.NoSuchMatch},
		{"who is kept apart by a block", match(public, true), fred, connect.CodeNotFound, game.NoSuchMatch},
		{"no match", newID(), eve, connect.CodeNotFound, game.NoSuchMatch},
	} {
		st, err := c.who.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: c.id})
		var m *pb.WatchMatchResponse
		if err == nil {
			m, err = st.Receive()
		}
		switch {
		case c.why != "":
			refused(t, err, c.code, c.why)
			if err == nil {
				t.Error(c.name)
			}
			if c.why == game.NoSuchMatch {
				none, _ := c.who.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: newID()})
				if _, other := none.Receive(); told(other) != told(err) {
					t.Errorf("%s: it is told as %s, a match that does not exist as %s", c.name, told(err), told(other))
				}
			}
		case err != nil || m.GetReady() == nil:
			t.Errorf("%s: %v, %v", c.name, m, err)
		}
	}
	ahead := uint64(99)
	st := must(ann.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: match(public, false), SinceVersion: &ahead}))(t)
	_, err := st.Receive()
	refused(t, err, connect.CodeOutOfRange, game.CursorExpired)
}

// TestWatchOfWhatIsOver: a match that is over is told whole, or not at all, and then that it is over.
func TestWatchOfWhatIsOver(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	ann.play(t, id, "win")
	version := ann.version(t, id)
	for since := range version + 1 {
		events := bob.watch(t, id, since).over(t, isOver)
		if len(events) > 0 {
			numbered(t, events, since+1, version)
		} else if since < version {
			t.Errorf("since %d of %d nothing is told", since, version)
		}
	}
	st := must(bob.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: id}))(t) // from now on
	ready, end := must(st.Receive())(t), must(st.Receive())(t)
	if ready.GetVersion() != version || ready.GetReady() == nil || end.GetEnd().GetReason() != isOver {
		t.Errorf("of a match that is over there comes %v, %v", ready, end)
	}
}

// TestBlockedSpectatorSeesNoMore: a block that comes between a watcher and a player takes effect on what is open, too.
func TestBlockedSpectatorSeesNoMore(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve, kim := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve"), signIn(t, s, "kim")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", MinSeats: 2, MaxSeats: 2, Seat: 1, Spectators: true}))
	bob.join(t, id)
	open := func(p *player) yourmovev1connect.EventServiceWatchMatchClientStream {
		st := must(p.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: id}))(t)
		if m := must(st.Receive())(t); m.GetReady() == nil {
			t.Fatalf("the stream begins with %v", m)
		}
		return st
	}
	blocked, other := open(eve), open(kim)
	ann.block(t, eve)
	ann.play(t, id, "win")
	if m := must(blocked.Receive())(t); m.GetEnd().GetReason() != pb.EndReason_END_REASON_MATCH_HIDDEN {
		t.Errorf("who was blocked is told %v", m)
	}
	if m := must(other.Receive())(t); len(m.GetEvents().GetEvents()) == 0 {
		t.Errorf("another one is told %v", m)
	}
}
