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

// Who is refused takes nobody's place.
func TestRefusedDoorEndsNone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{})
		ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
		id := ann.newGame(t, "relay", bob)
		theirs := matchOf(eve.create(t, &pb.CreateMatchRequest{Game: "relay", Access: pb.Access_ACCESS_INVITED}))
		open := matchOf(eve.create(t, &pb.CreateMatchRequest{Game: "relay"}))
		var all []*held
		for i, phone := range ann.phones(t, s, 5) {
			all = append(all, phone.hold(t, server.DoorWatch, id), phone.hold(t, inboxDoors[i%2], ""))
		}
		for _, match := range []string{newID(), theirs, open} {
			if _, err := ann.untilEnd(t.Context(), server.DoorWatch, match); err == nil {
				t.Error("a watch was not refused")
			}
		}
		for _, kind := range []string{"StreamEvents", "WaitEvents"} {
			for _, cursor := range []string{"garbage", bob.cursor(t)} {
				refused(t, cursorCalls[kind](t.Context(), ann, cursor), connect.CodeInvalidArgument, game.BadCursor)
			}
		}
		for _, h := range all {
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
