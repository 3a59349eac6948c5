package servertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// The tests that hold doors open run in a bubble of testing/synctest: time passes at once where all wait, and when
// nothing moves any more, a door that was opened waits.

// bubble runs a test in a bubble.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// held is a stream, a wait or a watch that is open.
type held struct {
	name string
	// What follows is to be read once done is closed. after is how long it was open.
	end   *pb.StreamEnd
	err   error
	after time.Duration
	done  chan struct{}
	leave context.CancelFunc
}

// hold opens a door; match is the one to be watched. It is open when hold returns, or has failed.
func (p *player) hold(t *testing.T, kind server.Door, match string) *held {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	h := &held{name: string(kind), done: make(chan struct{}), leave: leave}
	begin := time.Now()
	go func() {
		defer close(h.done)
		h.end, h.err = p.untilEnd(ctx, kind, match)
		h.after = time.Since(begin)
	}()
	t.Cleanup(func() { leave(); <-h.done })
	synctest.Wait()
	return h
}

// untilEnd opens a door and waits until the server ends it.
func (p *player) untilEnd(ctx context.Context, kind server.Door, match string) (*pb.StreamEnd, error) {
	var receive func() (*pb.StreamEnd, error)
	switch kind {
	case server.DoorStream:
		st, err := p.StreamEvents(ctx, &pb.StreamEventsRequest{})
		if err != nil {
			return nil, err
		}
		receive = func() (*pb.StreamEnd, error) { m, err := st.Receive(); return m.GetEnd(), err }
	case server.DoorWatch:
		st, err := p.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: match})
		if err != nil {
			return nil, err
		}
		receive = func() (*pb.StreamEnd, error) { m, err := st.Receive(); return m.GetEnd(), err }
	case server.DoorWait:
		now, err := p.ListEvents(ctx, &pb.ListEventsRequest{})
		if err != nil {
			return nil, err
		}
		cursor := now.GetCursor()
		receive = func() (*pb.StreamEnd, error) {
			res, err := p.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor, Wait: durationpb.New(55 * time.Second)})
			cursor = res.GetCursor()
			if len(res.GetEvents()) > 0 {
				err = fmt.Errorf("nothing happened, and there is %v", res)
			}
			return res.GetEnd(), err
		}
	}
	for {
		if end, err := receive(); err != nil || end != nil {
			if err == nil && kind != server.DoorWait {
				if _, more := receive(); more == nil {
					err = errors.New("there is a message behind the end")
				}
			}
			return end, err
		}
	}
}

// ended checks that the server has ended the door for this reason, after so long.
func (h *held) ended(t *testing.T, want pb.EndReason, after time.Duration) {
	t.Helper()
	synctest.Wait()
	select {
	case <-h.done:
		if h.err != nil || h.end.GetReason() != want || h.after != after {
			t.Errorf("%s: ended with %v (%v) after %v, want %v after %v", h.name, h.end, h.err, h.after, want, after)
		}
	default:
		t.Errorf("%s: still open, want %v", h.name, want)
	}
}

// stays checks that the door is open.
func (h *held) stays(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case <-h.done:
		t.Errorf("%s: ended with %v (%v)", h.name, h.end, h.err)
	default:
	}
}

// noDoors checks that no door is open any more.
func noDoors(t *testing.T, s *servertest.Server) {
	t.Helper()
	synctest.Wait()
	for _, kind := range []server.Door{server.DoorStream, server.DoorWait, server.DoorWatch} {
		if n := s.Service.OpenDoors(kind); n != 0 {
			t.Errorf("%d doors of kind %s are open", n, kind)
		}
	}
}

// phones are other sessions of a player.
func (p *player) phones(t *testing.T, s *servertest.Server, n int) []*player {
	t.Helper()
	list := make([]*player, n)
	for i := range list {
		list[i] = p.phone(t, s)
	}
	return list
}

const (
	isReplaced  = pb.EndReason_END_REASON_REPLACED
	isDraining  = pb.EndReason_END_REASON_DRAINING
	isSignedOut = pb.EndReason_END_REASON_SESSION_ENDED
	isExpired   = pb.EndReason_END_REASON_TOKEN_EXPIRED
)

// named gives a door a name in what the test says.
func (h *held) named(format string, args ...any) *held {
	h.name = fmt.Sprintf(format, args...)
	return h
}
