package clientsim_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// tower is a desk from which events are told: each opening of a stream and each call is answered by a function of the
// test's, which is given how many there were before.
type tower struct {
	desk
	yourmovev1connect.UnimplementedEventServiceHandler
	stream func(n int, send func(*pb.StreamEventsResponse) error) error
	watch  func(n int, send func(*pb.WatchMatchResponse) error) error
	wait   func(n int) (*pb.WaitEventsResponse, error)
	list   func(n int) (*pb.ListMatchesResponse, error)

	mu      sync.Mutex // guards all below
	cursors []string   // with which something was asked for
	lists   int
	since   []uint64
}

// admit notes a call with a cursor, and refuses it without a good token.
func (s *tower) admit(ctx context.Context, call, cursor string) (int, error) {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	s.calls = append(s.calls, call)
	info, _ := connect.CallInfoForServerContext(ctx)
	if info.RequestHeader().Get("Authorization") != "Bearer "+s.valid {
		return 0, refusal(connect.CodeUnauthenticated, s.why, 0)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors = append(s.cursors, cursor)
	return len(s.cursors) - 1, nil
}

func (s *tower) StreamEvents(ctx context.Context, r *pb.StreamEventsRequest, out yourmovev1connect.EventServiceStreamEventsServerStream) error {
	n, err := s.admit(ctx, "StreamEvents", r.GetCursor())
	if err != nil {
		return err
	}
	err = s.stream(n, out.Send)
	if errors.Is(err, errHang) {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (s *tower) WatchMatch(ctx context.Context, r *pb.WatchMatchRequest, out yourmovev1connect.EventServiceWatchMatchServerStream) error {
	n, err := s.admit(ctx, "WatchMatch", "")
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.since = append(s.since, r.GetSinceVersion())
	s.mu.Unlock()
	return s.watch(n, out.Send)
}

func (s *tower) WaitEvents(ctx context.Context, r *pb.WaitEventsRequest) (*pb.WaitEventsResponse, error) {
	n, err := s.admit(ctx, "WaitEvents", r.GetCursor())
	if err != nil {
		return nil, err
	}
	res, err := s.wait(n)
	if errors.Is(err, errHang) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return res, err
}

func (s *tower) ListMatches(context.Context, *pb.ListMatchesRequest) (*pb.ListMatchesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	return s.list(s.lists)
}

// errHang lets a stream stay open, and say nothing.
var errHang = errors.New("hang")

func (s *tower) signedIn(t *testing.T) *clientsim.Client {
	t.Helper()
	srv := connect.NewServer()
	yourmovev1connect.RegisterPlayerServiceHandler(srv, s)
	yourmovev1connect.RegisterMatchServiceHandler(srv, s)
	yourmovev1connect.RegisterEventServiceHandler(srv, s)
	c := clientsim.NewClient(connectinprocess.New(srv), clientsim.ClientOptions{Patience: 10 * time.Second})
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func ready(cursor string) *pb.StreamEventsResponse {
	return &pb.StreamEventsResponse{Cursor: cursor, Kind: &pb.StreamEventsResponse_Ready{Ready: &pb.StreamReady{Heartbeat: durationpb.New(25 * time.Second)}}}
}

func streamEnd(cursor string, why pb.EndReason, after time.Duration) *pb.StreamEventsResponse {
	return &pb.StreamEventsResponse{Cursor: cursor, Kind: &pb.StreamEventsResponse_End{End: &pb.StreamEnd{Reason: why, RetryAfter: durationpb.New(after)}}}
}

// TestStreamsAreOpenedAgain: each from the cursor of the last message, after what the server asked for.
func TestStreamsAreOpenedAgain(t *testing.T) {
	ended := func(why pb.EndReason, after time.Duration) func(send func(*pb.StreamEventsResponse) error) error {
		return func(send func(*pb.StreamEventsResponse) error) error { return send(streamEnd("c1", why, after)) }
	}
	for _, tt := range []struct {
		name  string
		first func(send func(*pb.StreamEventsResponse) error) error
		calls []string // between the two openings
		least time.Duration
		most  time.Duration
	}{
		{"draining", ended(pb.EndReason_END_REASON_DRAINING, 3*time.Second), nil, 3 * time.Second, 3 * time.Second},
		{"token expired", ended(pb.EndReason_END_REASON_TOKEN_EXPIRED, 0), []string{"RefreshSession"}, 0, 0},
		{"session ended", ended(pb.EndReason_END_REASON_SESSION_ENDED, 0), []string{"SignIn"}, 0, 0},
		{"broken off", func(func(*pb.StreamEventsResponse) error) error { return nil }, nil, time.Millisecond, time.Second},
		{"refused for a while", func(func(*pb.StreamEventsResponse) error) error {
			return refusal(connect.CodeUnavailable, "DRAINING", 2*time.Second)
		}, nil, 2 * time.Second, 3 * time.Second},
		{"silent", func(func(*pb.StreamEventsResponse) error) error { return errHang }, nil, 25 * time.Second, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var opened []time.Time
				s := &tower{stream: func(n int, send func(*pb.StreamEventsResponse) error) error {
					opened = append(opened, time.Now())
					if n > 0 {
						return errors.Join(send(ready("c2")), errHang)
					}
					return errors.Join(send(ready("c1")), tt.first(send))
				}}
				s.desk.why = "TOKEN_EXPIRED"
				c := s.signedIn(t)
				s.calls = nil
				ctx, cancel := context.WithCancel(t.Context())
				var heard []string
				err := c.StreamEvents(ctx, &pb.StreamEventsRequest{Cursor: "c0"}, func(m *pb.StreamEventsResponse) error {
					if heard = append(heard, m.GetCursor()); m.GetCursor() == "c2" {
						cancel()
					}
					return nil
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("ended with %v", err)
				}
				if !slices.Equal(s.cursors, []string{"c0", "c1"}) || heard[0] != "c1" || heard[len(heard)-1] != "c2" {
					t.Errorf("opened from %v, heard %v", s.cursors, heard)
				}
				if want := append(append([]string{"StreamEvents"}, tt.calls...), "StreamEvents"); !slices.Equal(s.calls, want) {
					t.Errorf("calls %v, want %v", s.calls, want)
				}
				if took := opened[1].Sub(opened[0]); took < tt.least || took > tt.most {
					t.Errorf("opened again after %v, want from %v to %v", took, tt.least, tt.most)
				}
			})
		})
	}
}

func TestStreamsThatAreNotOpenedAgain(t *testing.T) {
	own := errors.New("of the listener's own")
	for _, tt := range []struct {
		name   string
		answer func(n int, send func(*pb.StreamEventsResponse) error) error
		listen error
		is     func(error) bool
		opened int
	}{
		{"replaced", func(_ int, send func(*pb.StreamEventsResponse) error) error {
			return send(streamEnd("c1", pb.EndReason_END_REASON_REPLACED, 0))
		}, nil, func(err error) bool { return errors.Is(err, clientsim.ErrReplaced) }, 1},
		// What was sent over a connection that broke may come late, and look newer than it is.
		{"replaced by its own ghost, then by another", func(n int, send func(*pb.StreamEventsResponse) error) error {
			if n == 0 {
				return nil
			}
			return send(streamEnd("c1", pb.EndReason_END_REASON_REPLACED, 0))
		}, nil, func(err error) bool { return errors.Is(err, clientsim.ErrReplaced) }, 3},
		{"expired", func(int, func(*pb.StreamEventsResponse) error) error {
			return refusal(connect.CodeOutOfRange, "CURSOR_EXPIRED", 0)
		}, nil, func(err error) bool { return clientsim.Reason(err) == "CURSOR_EXPIRED" }, 1},
		{"no listener", func(_ int, send func(*pb.StreamEventsResponse) error) error { return send(ready("c1")) }, own,
			func(err error) bool { return errors.Is(err, own) }, 1},
		{"never there", func(int, func(*pb.StreamEventsResponse) error) error {
			return connect.NewError(connect.CodeUnavailable, "down")
		}, nil, func(err error) bool { return connect.CodeOf(err) == connect.CodeUnavailable }, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &tower{stream: tt.answer}
				err := s.signedIn(t).StreamEvents(t.Context(), &pb.StreamEventsRequest{Cursor: "c0"}, func(*pb.StreamEventsResponse) error { return tt.listen })
				if !tt.is(err) || tt.opened >= 0 && len(s.cursors) != tt.opened {
					t.Errorf("%v after %d openings", err, len(s.cursors))
				}
			})
		})
	}
}

// TestDoorsAreOpenedWithAFreshToken: what is opened with a token ends with it, so an old one is renewed before.
func TestDoorsAreOpenedWithAFreshToken(t *testing.T) {
	for _, age := range []time.Duration{5 * time.Minute, 12 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := &tower{
				stream: func(int, func(*pb.StreamEventsResponse) error) error {
					return refusal(connect.CodeOutOfRange, "CURSOR_EXPIRED", 0)
				},
				wait: func(int) (*pb.WaitEventsResponse, error) { return &pb.WaitEventsResponse{}, nil },
			}
			s.life = 15 * time.Minute
			c := s.signedIn(t)
			s.calls = nil
			time.Sleep(age)
			if _, err := c.WaitEvents(t.Context(), &pb.WaitEventsRequest{}); err != nil {
				t.Error(err)
			}
			want := []string{"WaitEvents"}
			if age > 10*time.Minute {
				want = []string{"RefreshSession", "WaitEvents"}
			}
			if !slices.Equal(s.calls, want) {
				t.Errorf("after %v: calls %v, want %v", age, s.calls, want)
			}
			time.Sleep(age)
			s.calls = nil
			if err := c.StreamEvents(t.Context(), &pb.StreamEventsRequest{}, nil); clientsim.Reason(err) != "CURSOR_EXPIRED" {
				t.Error(err)
			}
			if want = []string{"StreamEvents"}; age > 10*time.Minute {
				want = []string{"RefreshSession", "StreamEvents"}
			}
			if !slices.Equal(s.calls, want) {
				t.Errorf("after %v: calls %v, want %v", 2*age, s.calls, want)
			}
		})
	}
}

// TestWaitsDoWhatTheyAreTold: the answer is returned when the next call may follow.
func TestWaitsDoWhatTheyAreTold(t *testing.T) {
	for _, tt := range []struct {
		end   *pb.StreamEnd
		calls []string
		took  time.Duration
	}{
		{nil, []string{"WaitEvents"}, 0},
		{&pb.StreamEnd{Reason: pb.EndReason_END_REASON_DRAINING, RetryAfter: durationpb.New(4 * time.Second)}, []string{"WaitEvents"}, 4 * time.Second},
		{&pb.StreamEnd{Reason: pb.EndReason_END_REASON_TOKEN_EXPIRED}, []string{"WaitEvents", "RefreshSession"}, 0},
		{&pb.StreamEnd{Reason: pb.EndReason_END_REASON_SESSION_ENDED}, []string{"WaitEvents", "SignIn"}, 0},
		{&pb.StreamEnd{Reason: pb.EndReason_END_REASON_REPLACED}, []string{"WaitEvents"}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &tower{wait: func(int) (*pb.WaitEventsResponse, error) {
				return &pb.WaitEventsResponse{Cursor: "c1", End: tt.end}, nil
			}}
			c := s.signedIn(t)
			s.calls = nil
			begun := time.Now()
			res, err := c.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: "c0"})
			if err != nil || res.GetCursor() != "c1" || !proto.Equal(res.GetEnd(), tt.end) {
				t.Errorf("%v, %v", res, err)
			}
			if took := time.Since(begun); took != tt.took || !slices.Equal(s.calls, tt.calls) {
				t.Errorf("%v: calls %v in %v", tt.end, s.calls, took)
			}
		})
	}
}

// TestAWaitMayTakeItsTime: the call is not given up before the wait that was asked for is over.
func TestAWaitMayTakeItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tower{wait: func(n int) (*pb.WaitEventsResponse, error) {
			if n > 0 {
				return nil, errHang
			}
			time.Sleep(50 * time.Second)
			return &pb.WaitEventsResponse{Cursor: "c1"}, nil
		}}
		c := s.signedIn(t)
		if _, err := c.WaitEvents(t.Context(), &pb.WaitEventsRequest{Wait: durationpb.New(50 * time.Second)}); err != nil || len(s.cursors) != 1 {
			t.Errorf("%v after %d calls", err, len(s.cursors))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		begun := time.Now()
		if _, err := c.WaitEvents(ctx, &pb.WaitEventsRequest{}); err == nil || time.Since(begun) > 5*time.Minute {
			t.Errorf("a call that hangs for ever ended with %v after %v", err, time.Since(begun))
		}
	})
}

func TestWatchMatchGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := func(version uint64) *pb.WatchMatchResponse {
			return &pb.WatchMatchResponse{Version: version, Kind: &pb.WatchMatchResponse_Events{Events: &pb.WatchedEvents{Events: []*pb.Event{{Version: version}}}}}
		}
		s := &tower{watch: func(n int, send func(*pb.WatchMatchResponse) error) error {
			if n == 0 {
				return errors.Join(send(told(1)), send(told(2)))
			}
			return errors.Join(send(told(3)), send(&pb.WatchMatchResponse{
				Version: 3, Kind: &pb.WatchMatchResponse_End{End: &pb.StreamEnd{Reason: pb.EndReason_END_REASON_MATCH_OVER}},
			}))
		}}
		var heard []uint64
		err := s.signedIn(t).WatchMatch(t.Context(), &pb.WatchMatchRequest{SinceVersion: new(uint64)}, func(m *pb.WatchMatchResponse) error {
			for _, e := range m.GetEvents().GetEvents() {
				heard = append(heard, e.GetVersion())
			}
			return nil
		})
		if err != nil || !slices.Equal(heard, []uint64{1, 2, 3}) || !slices.Equal(s.since, []uint64{0, 2}) {
			t.Errorf("%v; heard %v, opened after %v", err, heard, s.since)
		}
	})
}

// TestStreamsHaveBadLuck: messages get lost, and come again because the cursor before them is asked for.
func TestStreamsHaveBadLuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const events = 300
		srv := connect.NewServer()
		s := &tower{}
		yourmovev1connect.RegisterPlayerServiceHandler(srv, s)
		yourmovev1connect.RegisterEventServiceHandler(srv, s)
		s.stream = func(n int, send func(*pb.StreamEventsResponse) error) error {
			from := len(s.cursors[n])
			err := send(ready(s.cursors[n]))
			for i := from + 1; i <= events && err == nil; i++ {
				err = send(&pb.StreamEventsResponse{Cursor: strings.Repeat("x", i), Kind: &pb.StreamEventsResponse_Events{Events: &pb.StreamedEvents{}}})
			}
			return err
		}
		c := clientsim.NewClient(connectinprocess.New(srv), clientsim.ClientOptions{Seed: 3, Luck: clientsim.Luck{Lose: 0.1, Drop: 0.1}})
		if err := c.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		heard := 0
		err := c.StreamEvents(ctx, &pb.StreamEventsRequest{}, func(m *pb.StreamEventsResponse) error {
			if m.GetEvents() != nil {
				if heard++; len(m.GetCursor()) != heard {
					t.Fatalf("after event %d comes event %d", heard-1, len(m.GetCursor()))
				}
			}
			if heard == events {
				cancel()
			}
			return nil
		})
		luck := c.Luck()
		if !errors.Is(err, context.Canceled) || luck.Dropped < 10 || luck.Lost < 1 || len(s.cursors) < 10 {
			t.Errorf("%v; luck %+v, %d openings", err, luck, len(s.cursors))
		}
	})
}

// expiring is when a session's token that lives for a while expires; nil: it is not told.
func expiring(life time.Duration) *timestamppb.Timestamp {
	if life == 0 {
		return nil
	}
	return timestamppb.New(time.Now().Add(life))
}
