package servertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// span writes a duration; a negative one is absent.
func span(d time.Duration) *durationpb.Duration {
	if d < 0 {
		return nil
	}
	return durationpb.New(d)
}

// TestHeartbeats: the first message comes at once, and while nothing happens one comes after each length of a heartbeat,
// to the millisecond; what happens puts the next one off.
func TestHeartbeats(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		for asked, want := range map[time.Duration]time.Duration{-1: 25 * time.Second, 5 * time.Second: 5 * time.Second, 55 * time.Second: 55 * time.Second} {
			begin := time.Now()
			st := must(bob.StreamEvents(t.Context(), &pb.StreamEventsRequest{Heartbeat: span(asked)}))(t)
			watch := must(bob.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: id, Heartbeat: span(asked)}))(t)
			after := func(what string, due time.Duration) {
				t.Helper()
				if took := time.Since(begin); took != due {
					t.Errorf("asked for %v: %s came after %v, not %v", asked, what, took, due)
				}
			}
			ready, watched := must(st.Receive())(t), must(watch.Receive())(t)
			after("the first message", 0)
			if ready.GetReady().GetHeartbeat().AsDuration() != want || watched.GetReady().GetHeartbeat().AsDuration() != want {
				t.Errorf("asked for %v: the first messages are %v and %v", asked, ready, watched)
			}
			for i := range 3 {
				m, w := must(st.Receive())(t), must(watch.Receive())(t)
				after("a heartbeat", time.Duration(i+1)*want)
				if m.GetHeartbeat() == nil || w.GetHeartbeat() == nil || w.GetVersion() != watched.GetVersion() || m.GetServerTime().AsTime().Sub(begin).Abs() > time.Hour {
					t.Errorf("heartbeats are %v and %v", m, w)
				}
			}
			time.Sleep(want - 2*time.Second)
			version := ann.play(t, id, "more").GetVersion()
			m, w := must(st.Receive())(t), must(watch.Receive())(t)
			after("a turn", 4*want-2*time.Second)
			if m.GetEvents().GetEvents()[0].GetEvent().GetVersion() != version || w.GetVersion() != version {
				t.Errorf("the turn is told as %v and %v", m, w)
			}
			m, w = must(st.Receive())(t), must(watch.Receive())(t)
			after("the heartbeat after a turn", 5*want-2*time.Second)
			if m.GetHeartbeat() == nil || w.GetHeartbeat() == nil {
				t.Errorf("heartbeats are %v and %v", m, w)
			}
			_, _ = st.Close(), watch.Close()
		}
		for _, out := range []time.Duration{0, 5*time.Second - 1, 55*time.Second + 1} {
			st := must(bob.StreamEvents(t.Context(), &pb.StreamEventsRequest{Heartbeat: span(out)}))(t)
			_, err := st.Receive()
			refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
			watch := must(bob.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: id, Heartbeat: span(out)}))(t)
			_, err = watch.Receive()
			refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
		}
	})
}

// A heartbeat's cursor moves on with what others do, so that a quiet player's never falls out of what is kept.
func TestHeartbeatsCarryTheCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
		id := ann.newGame(t, "drill", bob)
		st := must(eve.StreamEvents(t.Context(), &pb.StreamEventsRequest{Heartbeat: span(5 * time.Second)}))(t)
		last := must(st.Receive())(t).GetCursor()
		waited := last
		for range 3 {
			ann.play(t, id, "more")
			m := must(st.Receive())(t)
			if m.GetHeartbeat() == nil || m.GetCursor() == last || m.GetCursor() != eve.cursor(t) {
				t.Errorf("after a turn of others there comes %v", m)
			}
			last = m.GetCursor()
			res := must(eve.phone(t, s).WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: waited, Wait: span(0)}))(t)
			if res.GetCursor() == waited || res.GetCursor() != last {
				t.Errorf("a wait in which nothing happened ends at %q", res.GetCursor())
			}
			waited = res.GetCursor()
		}
	})
}

// TestWaits: how long a wait takes, to the millisecond.
func TestWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		const never = time.Hour
		for _, c := range []struct {
			name       string
			wait       time.Duration // negative: absent
			deadline   time.Duration // of the call
			turn, more time.Duration // when a turn is taken, and another one
			want       time.Duration
			events     int
		}{
			{"as long as usual", -1, never, never, never, 25 * time.Second, 0},
			{"not at all", 0, never, never, never, 0, 0},
			{"as short as can be", time.Nanosecond, never, never, never, time.Nanosecond, 0},
			{"as long as can be", 55 * time.Second, never, never, never, 55 * time.Second, 0},
			{"half a second before the call's deadline", 55 * time.Second, 10 * time.Second, never, never, 9500 * time.Millisecond, 0},
			{"the usual one is longer than the call may take", -1, 20 * time.Second, never, never, 19500 * time.Millisecond, 0},
			{"the deadline is later", 5 * time.Second, 10 * time.Second, never, never, 5 * time.Second, 0},
			{"hardly any time", 55 * time.Second, 400 * time.Millisecond, never, never, 0, 0},
			{"until something happens", 55 * time.Second, never, 3 * time.Second, 4 * time.Second, 3 * time.Second, 1},
			{"until something happens in the last moment", 5 * time.Second, never, 5*time.Second - 1, never, 5*time.Second - 1, 1},
		} {
			phone, cursor := bob.phone(t, s), bob.cursor(t)
			ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
			begin := time.Now()
			for _, at := range []time.Duration{c.turn, c.more} {
				if at < never {
					time.AfterFunc(at, func() { ann.play(t, id, "more") })
				}
			}
			res, err := phone.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor, Wait: span(c.wait)})
			took := time.Since(begin)
			if err != nil || len(res.GetEvents()) != c.events || res.GetEnd() != nil || took != c.want {
				t.Errorf("%s: after %v (want %v) there is %v, %v", c.name, took, c.want, res, err)
			}
			cancel()
			time.Sleep(10 * time.Second)
		}
		cursor := bob.cursor(t)
		for _, out := range []time.Duration{55*time.Second + 1} {
			_, err := bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, Wait: span(out)})
			refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
		}
		_, err := bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, Wait: durationpb.New(-1)})
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)

		// Who is behind does not wait, whatever it asks for; and the rest of it comes at once, too.
		ann.play(t, id, "more")
		ann.play(t, id, "more")
		begin := time.Now()
		for _, more := range []bool{true, false} {
			res := must(bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, PageSize: 1, Wait: span(55 * time.Second)}))(t)
			if len(res.GetEvents()) != 1 || res.GetMore() != more || time.Since(begin) != 0 {
				t.Errorf("who is behind is answered %v after %v", res, time.Since(begin))
			}
			cursor = res.GetCursor()
		}
		noDoors(t, s)
	})
}

// What happens while a wait is answered or a stream writes is told by the next one: turns are taken at every moment of
// a second, by a client that takes its time between waits.
func TestNothingIsLostBetweenWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		cursor := bob.cursor(t)
		const turns = 60
		go func() {
			for i := range turns {
				time.Sleep(time.Duration(i%7) * 10 * time.Millisecond)
				ann.play(t, id, "more")
			}
		}()
		first := bob.version(t, id) + 1
		var heard []*pb.Event
		for len(heard) < turns {
			res := must(bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, PageSize: 2, Wait: span(time.Minute - 5*time.Second)}))(t)
			if len(res.GetEvents()) == 0 {
				t.Fatalf("a wait ended after %d of %d turns", len(heard), turns)
			}
			for _, e := range res.GetEvents() {
				heard = append(heard, e.GetEvent())
			}
			cursor = res.GetCursor()
			time.Sleep(time.Duration(len(heard)%5) * 9 * time.Millisecond)
		}
		numbered(t, heard, first, first+turns-1)
	})
}

// A wait whose caller has gone ends, and takes nothing with it.
func TestWaitWhoseCallerHasGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		cursor := bob.cursor(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := bob.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor})
			done <- err
		}()
		synctest.Wait()
		if n := s.Service.OpenDoors(server.DoorWait); n != 1 {
			t.Errorf("%d waits are open", n)
		}
		cancel()
		if err := <-done; connect.CodeOf(err) != connect.CodeCanceled && !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
		noDoors(t, s)
		version := ann.play(t, id, "more").GetVersion()
		if res := must(bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor}))(t); len(res.GetEvents()) != 1 || res.GetEvents()[0].GetEvent().GetVersion() != version {
			t.Errorf("the next one answers %v", res)
		}
	})
}
