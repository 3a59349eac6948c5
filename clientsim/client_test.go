package clientsim_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// refusal is an error as the server sends it.
func refusal(code connect.Code, reason string, after time.Duration) error {
	e := connect.NewError(code, "refused by the test")
	details := []proto.Message{&errdetails.ErrorInfo{Reason: reason, Domain: "yourmove"}}
	if after > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
	}
	for _, d := range details {
		detail, err := connectproto.NewErrorDetail(d)
		if err != nil {
			panic(err)
		}
		e = e.WithDetail(detail)
	}
	return e
}

// desk is a server that knows sessions, and turns that it answers by a function of the test's.
type desk struct {
	yourmovev1connect.UnimplementedPlayerServiceHandler
	yourmovev1connect.UnimplementedMatchServiceHandler
	// submit answers the nth SubmitTurn, from 1. It is called by one goroutine at a time.
	submit func(n int, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error)
	// life is how long an access token lives; 0: nobody is told.
	life time.Duration

	mu       sync.Mutex // guards all below
	valid    string     // the access token that is good
	why      string     // the reason with which another one is refused
	calls    []string
	requests []string // request_id of each SubmitTurn that had a good token
	secret   []byte
}

func (d *desk) session() *pb.Session {
	d.valid = fmt.Sprintf("access %d", len(d.calls))
	return &pb.Session{SessionId: "session", AccessToken: d.valid, RefreshToken: "refresh " + d.valid, AccessExpireTime: expiring(d.life)}
}

func (d *desk) SignIn(_ context.Context, r *pb.SignInRequest) (*pb.SignInResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "SignIn")
	d.secret = r.GetGuestSecret()
	return &pb.SignInResponse{Session: d.session(), Player: &pb.Player{PlayerId: "anna"}}, nil
}

func (d *desk) RefreshSession(_ context.Context, r *pb.RefreshSessionRequest) (*pb.RefreshSessionResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "RefreshSession")
	if !strings.HasPrefix(r.GetRefreshToken(), "refresh access") {
		return nil, refusal(connect.CodeUnauthenticated, "TOKEN_INVALID", 0)
	}
	return &pb.RefreshSessionResponse{Session: d.session()}, nil
}

func (d *desk) SubmitTurn(ctx context.Context, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "SubmitTurn")
	info, _ := connect.CallInfoForServerContext(ctx)
	if info.RequestHeader().Get("Authorization") != "Bearer "+d.valid {
		return nil, refusal(connect.CodeUnauthenticated, d.why, 0)
	}
	d.requests = append(d.requests, r.GetRequestId())
	return d.submit(len(d.requests), r)
}

func accepted(int, *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
	return &pb.SubmitTurnResponse{Version: 7, Events: []*pb.Event{{Version: 7}}}, nil
}

// signedIn returns a client of the desk.
func (d *desk) signedIn(t *testing.T, o clientsim.ClientOptions) *clientsim.Client {
	t.Helper()
	c := clientsim.NewClient(d.transport(), o)
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *desk) transport() connect.Transport {
	s := connect.NewServer()
	yourmovev1connect.RegisterPlayerServiceHandler(s, d)
	yourmovev1connect.RegisterMatchServiceHandler(s, d)
	return connectinprocess.New(s)
}

func turn() *pb.SubmitTurnRequest { return &pb.SubmitTurnRequest{MatchId: "m", ExpectedVersion: 6} }

func TestClientRepeatsWithTheSameRequest(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		least time.Duration
	}{
		{"overloaded", refusal(connect.CodeUnavailable, "OVERLOADED", 500*time.Millisecond), 500 * time.Millisecond},
		{"outcome unknown", refusal(connect.CodeUnavailable, "OUTCOME_UNKNOWN", 2*time.Second), 2 * time.Second},
		{"rate limited", refusal(connect.CodeResourceExhausted, "RATE_LIMITED", time.Second), time.Second},
		{"no delay told", refusal(connect.CodeUnavailable, "DRAINING", 0), time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &desk{submit: func(n int, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
					if n < 3 {
						return nil, tt.err
					}
					return accepted(n, r)
				}}
				c := d.signedIn(t, clientsim.ClientOptions{})
				begun := time.Now()
				res, err := c.SubmitTurn(t.Context(), turn())
				if err != nil || res.GetVersion() != 7 {
					t.Fatalf("%v, %v", res, err)
				}
				if took := time.Since(begun); took < 2*tt.least || took > 3*tt.least+time.Second {
					t.Errorf("two repeats took %v, the server asked for %v each", took, tt.least)
				}
				if len(d.requests) != 3 || d.requests[0] == "" || d.requests[1] != d.requests[0] || d.requests[2] != d.requests[0] {
					t.Errorf("request ids %q, want the same three times", d.requests)
				}
			})
		})
	}
}

func TestClientTakesARefusalForAnAnswer(t *testing.T) {
	for _, err := range []error{
		refusal(connect.CodeAborted, "VERSION_MISMATCH", 0), refusal(connect.CodeInternal, "INTERNAL", 0),
		refusal(connect.CodeResourceExhausted, "QUOTA", 0), refusal(connect.CodeFailedPrecondition, "NOT_YOUR_TURN", 0),
	} {
		d := &desk{submit: func(int, *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) { return nil, err }}
		_, got := d.signedIn(t, clientsim.ClientOptions{}).SubmitTurn(t.Context(), turn())
		if connect.CodeOf(got) != connect.CodeOf(err) || len(d.requests) != 1 {
			t.Errorf("%v came back as %v after %d calls, want one", err, got, len(d.requests))
		}
	}
}

func TestClientLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{submit: func(int, *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
			return nil, refusal(connect.CodeUnavailable, "OVERLOADED", 0)
		}}
		c := d.signedIn(t, clientsim.ClientOptions{Patience: 10 * time.Second})
		begun := time.Now()
		if _, err := c.SubmitTurn(t.Context(), turn()); connect.CodeOf(err) != connect.CodeUnavailable {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begun); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("gave up after %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun = time.Now()
		if _, err := c.SubmitTurn(ctx, turn()); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("error %v after %v, want the context's own", err, time.Since(begun))
		}
	})
}

func TestClientRenewsItsSession(t *testing.T) {
	for _, tt := range []struct {
		why  string
		want []string
	}{
		{"TOKEN_EXPIRED", []string{"SubmitTurn", "RefreshSession", "SubmitTurn"}},
		{"SESSION_ENDED", []string{"SubmitTurn", "SignIn", "SubmitTurn"}},
		{"TOKEN_INVALID", []string{"SubmitTurn", "SignIn", "SubmitTurn"}},
	} {
		d := &desk{submit: accepted, why: tt.why}
		c := d.signedIn(t, clientsim.ClientOptions{})
		d.valid, d.calls = "another one", []string{"first"}
		if _, err := c.SubmitTurn(t.Context(), turn()); err != nil {
			t.Errorf("%s: %v", tt.why, err)
		}
		if got := d.calls[1:]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: calls %v, want %v", tt.why, got, tt.want)
		}
	}
}

func TestClientRefreshesOnceForAllItsCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{submit: accepted, why: "TOKEN_EXPIRED"}
		c := d.signedIn(t, clientsim.ClientOptions{})
		d.mu.Lock()
		d.valid = "another one"
		d.mu.Unlock()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := c.SubmitTurn(t.Context(), turn()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := slices.Index(d.calls, "RefreshSession"); n < 0 || slices.Contains(d.calls[n+1:], "RefreshSession") {
			t.Errorf("calls %v, want one refresh", d.calls)
		}
		slices.Sort(d.requests)
		if ids := slices.Compact(d.requests); len(ids) != 20 {
			t.Errorf("20 turns had %d request ids", len(ids))
		}
	})
}

func TestClientIsMadeByItsSeed(t *testing.T) {
	secret := func(o clientsim.ClientOptions) string {
		d := &desk{submit: accepted}
		d.signedIn(t, o)
		return string(d.secret)
	}
	a := secret(clientsim.ClientOptions{Seed: 1, Number: 2})
	if len(a) != 32 || a != secret(clientsim.ClientOptions{Seed: 1, Number: 2}) {
		t.Error("the same seed and number are not the same account")
	}
	if a == secret(clientsim.ClientOptions{Seed: 1, Number: 3}) || a == secret(clientsim.ClientOptions{Seed: 2, Number: 2}) {
		t.Error("two players have one secret")
	}
}

// broken is a connection that breaks: n calls fail on our own side, however they do.
type broken struct {
	connect.Transport
	n   int
	err error
}

func (b *broken) NewClientStream(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
	if b.n > 0 {
		b.n--
		return nil, b.err
	}
	return b.Transport.NewClientStream(ctx, spec)
}

func TestClientRidesOutBrokenConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []connect.Code{connect.CodeUnavailable, connect.CodeUnknown, connect.CodeInternal} {
			d := &desk{submit: accepted}
			b := &broken{d.transport(), 5, connect.NewError(code, "unexpected EOF")}
			c := clientsim.NewClient(b, clientsim.ClientOptions{})
			if err := c.SignIn(t.Context()); err != nil {
				t.Fatalf("%v: %v", code, err)
			}
			b.n = 5
			if _, err := c.SubmitTurn(t.Context(), turn()); err != nil {
				t.Errorf("%v: %v", code, err)
			}
		}
	})
}

func TestBadLuckIsRepeatedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		applied := map[string]int{}
		d := &desk{submit: func(n int, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
			applied[r.GetRequestId()]++
			return accepted(n, r)
		}}
		c := d.signedIn(t, clientsim.ClientOptions{
			Seed: 5, Luck: clientsim.Luck{Lose: 0.2, Drop: 0.2, Repeat: 0.2},
			Tell: func(match, what string) { t.Errorf("match %s: %s", match, what) },
		})
		for range 200 {
			if _, err := c.SubmitTurn(t.Context(), turn()); err != nil {
				t.Fatal(err)
			}
		}
		luck := c.Luck()
		if luck.Lost < 30 || luck.Dropped < 30 || luck.Repeated < 30 {
			t.Errorf("luck %+v, want each some fifty times", luck)
		}
		// A lost call never reached the server; a dropped answer and a repeat made one more call each.
		if len(applied) != 200 || uint64(len(d.requests)) < 200+luck.Repeated {
			t.Errorf("200 turns came in %d calls with %d request ids; luck %+v", len(d.requests), len(applied), luck)
		}
	})
}

func TestBadLuckRepeatsWithTheSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := func(seed clientsim.Seed) clientsim.LuckCount {
			d := &desk{submit: accepted}
			c := d.signedIn(t, clientsim.ClientOptions{Seed: seed, Luck: clientsim.Luck{Lose: 0.3, Drop: 0.3, Repeat: 0.3}})
			for range 50 {
				if _, err := c.SubmitTurn(t.Context(), turn()); err != nil {
					t.Fatal(err)
				}
			}
			return c.Luck()
		}
		if a, b := run(1), run(1); a != b {
			t.Errorf("the same seed had luck %+v and %+v", a, b)
		}
		if a, b := run(1), run(2); a == b {
			t.Errorf("two seeds had the same luck %+v", a)
		}
	})
}

func TestARepeatWithAnotherAnswerIsTold(t *testing.T) {
	for _, tt := range []struct {
		name   string
		second func() (*pb.SubmitTurnResponse, error)
		want   string
	}{
		{"version", func() (*pb.SubmitTurnResponse, error) {
			return &pb.SubmitTurnResponse{Version: 8, Events: []*pb.Event{{Version: 7}}}, nil
		}, "version 7, that to its repeat 8"},
		{"events", func() (*pb.SubmitTurnResponse, error) {
			return &pb.SubmitTurnResponse{Version: 7, Events: []*pb.Event{{Version: 7, Turn: 2}}}, nil
		}, "the answer had events"},
		{"refused", func() (*pb.SubmitTurnResponse, error) {
			return nil, refusal(connect.CodeAborted, "VERSION_MISMATCH", 0)
		}, "was refused when it was repeated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{submit: func(n int, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
				if n == 1 {
					return accepted(n, r)
				}
				return tt.second()
			}}
			var told []string
			c := d.signedIn(t, clientsim.ClientOptions{
				Luck: clientsim.Luck{Repeat: 1}, Tell: func(match, what string) { told = append(told, match+": "+what) },
			})
			res, err := c.SubmitTurn(t.Context(), turn())
			if err != nil || res.GetVersion() != 7 {
				t.Errorf("%v, %v: not the first answer", res, err)
			}
			if len(told) != 1 || !strings.HasPrefix(told[0], "m: ") || !strings.Contains(told[0], tt.want) {
				t.Errorf("told %q, want %q", told, tt.want)
			}
		})
	}
}
