package servertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

var inboxDoors = []server.Door{server.DoorStream, server.DoorWait}

// A newer door of the same session takes the place of the older one; those of other sessions and players stay.
func TestNewerDoorReplacesOlder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id, other := ann.newGame(t, "relay", bob), ann.newGame(t, "relay", bob)
		for _, first := range inboxDoors {
			for _, second := range inboxDoors {
				one, another := ann.phone(t, s), ann.phone(t, s)
				elsewhere, his := another.hold(t, first, ""), bob.hold(t, first, "")
				watches := one.hold(t, server.DoorWatch, id)
				old := one.hold(t, first, "").named("%s before %s", first, second)
				time.Sleep(time.Second)
				old.stays(t)
				young := one.hold(t, second, "")
				old.ended(t, isReplaced, time.Second)
				for _, h := range []*held{young, elsewhere, his, watches} {
					h.stays(t)
					h.leave()
				}
			}
		}
		one, another := ann.phone(t, s), ann.phone(t, s)
		old, elsewhere, beside := one.hold(t, server.DoorWatch, id), another.hold(t, server.DoorWatch, id), one.hold(t, server.DoorWatch, other)
		his := bob.hold(t, server.DoorWatch, id)
		young := one.hold(t, server.DoorWatch, id)
		old.ended(t, isReplaced, 0)
		for _, h := range []*held{young, elsewhere, beside, his} {
			h.stays(t)
			h.leave()
		}
		noDoors(t, s)
	})
}

// A sixth door of a player ends the one that was opened first. Those at the inbox and those at matches count apart.
func TestSixthDoorEndsTheOldest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "relay", bob)
		phones := ann.phones(t, s, 7)
		his := []*held{bob.hold(t, server.DoorStream, ""), bob.hold(t, server.DoorWatch, id)}
		var inbox, watches []*held
		for i, phone := range phones[:5] {
			inbox = append(inbox, phone.hold(t, inboxDoors[i%2], "").named("inbox door %d", i))
			watches = append(watches, phone.hold(t, server.DoorWatch, id).named("watch %d", i))
		}
		for i := range 5 {
			inbox[i].stays(t)
			watches[i].stays(t)
		}
		for i, phone := range phones[5:] {
			inbox = append(inbox, phone.hold(t, inboxDoors[i%2], "").named("inbox door %d", 5+i))
			inbox[i].ended(t, isReplaced, 0)
			watches[i].stays(t)
			watches = append(watches, phone.hold(t, server.DoorWatch, id).named("watch %d", 5+i))
			watches[i].ended(t, isReplaced, 0)
			for j := i + 1; j < len(inbox); j++ {
				inbox[j].stays(t)
				watches[j].stays(t)
			}
		}
		// One that left makes room: nobody has to go for the next.
		inbox[3].leave()
		watches[3].leave()
		synctest.Wait()
		inbox = append(inbox, phones[0].hold(t, server.DoorStream, ""))
		watches = append(watches, phones[0].hold(t, server.DoorWatch, id))
		for _, j := range []int{2, 4, 5, 6, 7} {
			inbox[j].stays(t)
			watches[j].stays(t)
		}
		for _, h := range his {
			h.stays(t)
		}
	})
}

// TestSignOutEndsDoors: the doors of a session that was ended end at once, whether they are at the inbox or at a match,
// and none is opened again; other sessions of the player and other players keep theirs.
func TestSignOutEndsDoors(t *testing.T) {
	ends := map[string]func(t *testing.T, s *servertest.Server, p *player){
		"sign-out": func(t *testing.T, _ *servertest.Server, p *player) {
			must(p.account.SignOut(t.Context(), &pb.SignOutRequest{}))(t)
		},
		"a copied refresh token": func(t *testing.T, s *servertest.Server, p *player) {
			refresh := func(token string) (*pb.RefreshSessionResponse, error) {
				return anonymous(s).RefreshSession(t.Context(), &pb.RefreshSessionRequest{RefreshToken: token})
			}
			second := must(refresh(p.session.GetRefreshToken()))(t)
			must(refresh(second.GetSession().GetRefreshToken()))(t)
			_, err := refresh(p.session.GetRefreshToken())
			refused(t, err, connect.CodeUnauthenticated, game.SessionEnded)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := servertest.New(t, servertest.Options{})
				ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
				id, other := ann.newGame(t, "relay", bob), ann.newGame(t, "relay", bob)
				for _, kind := range inboxDoors {
					phone := ann.phone(t, s)
					stay := []*held{ann.hold(t, kind, ""), ann.hold(t, server.DoorWatch, id), bob.hold(t, kind, ""), bob.hold(t, server.DoorWatch, id)}
					gone := []*held{phone.hold(t, kind, ""), phone.hold(t, server.DoorWatch, id), phone.hold(t, server.DoorWatch, other)}
					time.Sleep(10 * time.Second)
					end(t, s, phone)
					for _, h := range gone {
						h.ended(t, isSignedOut, 10*time.Second)
					}
					for _, k := range []server.Door{server.DoorStream, server.DoorWait, server.DoorWatch} {
						_, err := phone.untilEnd(t.Context(), k, id)
						refused(t, err, connect.CodeUnauthenticated, game.SessionEnded)
					}
					for _, h := range stay {
						h.stays(t)
						h.leave()
					}
				}
				noDoors(t, s)
			})
		})
	}
}

// A door ends when the access token that it was opened with expires, and not earlier; after a refresh it opens again.
func TestDoorsEndWithTheirToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const lifetime = 10 * time.Minute
		s := servertest.New(t, servertest.Options{AccessLifetime: lifetime})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "relay", bob)
		phone := ann.phone(t, s)
		stream, wait, watch := ann.hold(t, server.DoorStream, ""), phone.hold(t, server.DoorWait, ""), ann.hold(t, server.DoorWatch, id)
		time.Sleep(lifetime / 2)
		fresh := must(anonymous(s).RefreshSession(t.Context(), &pb.RefreshSessionRequest{RefreshToken: phone.session.GetRefreshToken()}))(t).GetSession()
		renewed := phone.with(s, fresh)
		later := renewed.hold(t, server.DoorWatch, id)
		time.Sleep(lifetime/2 - time.Millisecond)
		for _, h := range []*held{stream, wait, watch, later} {
			h.stays(t)
		}
		time.Sleep(time.Millisecond)
		for _, h := range []*held{stream, wait, watch} {
			h.ended(t, isExpired, lifetime)
		}
		_, err := ann.untilEnd(t.Context(), server.DoorStream, "")
		refused(t, err, connect.CodeUnauthenticated, game.TokenExpired)
		later.stays(t)
		renewed.hold(t, server.DoorStream, "").stays(t)
		time.Sleep(lifetime / 2)
		later.ended(t, isExpired, lifetime)
	})
}

// TestDrainSendsEverybodyAway: every door gets a hint when to come back, each another; new ones are refused; other calls
// go on.
func TestDrainSendsEverybodyAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 12
		s := servertest.New(t, servertest.Options{})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "relay", bob)
		before := bob.cursor(t)
		var all []*held
		for i := range many {
			p := signIn(t, s, "p")
			if i == 0 {
				p = ann
			}
			all = append(all, p.hold(t, inboxDoors[i%2], ""))
		}
		all = append(all, ann.hold(t, server.DoorWatch, id), bob.hold(t, server.DoorWatch, id))
		time.Sleep(3 * time.Second)
		s.Service.Drain()
		delays := map[time.Duration]bool{}
		for _, h := range all {
			h.ended(t, isDraining, 3*time.Second)
			d := h.end.GetRetryAfter().AsDuration()
			if d < time.Second || d > 5*time.Second {
				t.Errorf("%s is to come back after %v", h.name, d)
			}
			delays[d] = true
		}
		if len(delays) < many {
			t.Errorf("%d doors are to come back at %d different times", len(all), len(delays))
		}
		noDoors(t, s)
		for _, kind := range []server.Door{server.DoorStream, server.DoorWait, server.DoorWatch} {
			_, err := ann.untilEnd(t.Context(), kind, id)
			refused(t, err, connect.CodeUnavailable, game.Draining)
			if d := retryDelay(err); d <= 0 || d > 5*time.Second {
				t.Errorf("%s is refused with the delay %v", kind, d)
			}
		}
		version := ann.pass(t, id, nil, 2).GetVersion()
		if list, _ := bob.inbox(t, before, 10); len(list) != 1 || list[0].GetEvent().GetVersion() != version {
			t.Errorf("bob reads %v", list)
		}
	})
}

// retryDelay is what an error's RetryInfo says; 0: it has none.
func retryDelay(err error) time.Duration {
	var e *connect.Error
	if errors.As(err, &e) {
		for _, d := range e.Details() {
			if m, err := connectproto.UnmarshalErrorDetail(d); err == nil {
				if info, ok := m.(*errdetails.RetryInfo); ok {
					return info.GetRetryDelay().AsDuration()
				}
			}
		}
	}
	return 0
}

// Whoever leaves goes unnoticed by nobody but the count: no door is left behind.
func TestDoorsThatAreLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "relay", bob)
		for range 50 {
			for _, kind := range []server.Door{server.DoorStream, server.DoorWait, server.DoorWatch} {
				h := ann.hold(t, kind, id)
				if n := s.Service.OpenDoors(kind); n != 1 {
					t.Fatalf("%d doors of kind %s are open", n, kind)
				}
				h.leave()
				<-h.done
				if !errors.Is(h.err, context.Canceled) && connect.CodeOf(h.err) != connect.CodeCanceled {
					t.Errorf("%s: %v", kind, h.err)
				}
			}
		}
		noDoors(t, s)
	})
}

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
