package terminal

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// door is a server at which one waits: the test takes each call and answers it.
type door struct {
	yourmovev1connect.EventServiceClient
	calls chan *pb.WaitEventsRequest
	does  chan func() (*pb.WaitEventsResponse, error)
}

func (d door) WaitEvents(ctx context.Context, req *pb.WaitEventsRequest) (*pb.WaitEventsResponse, error) {
	select {
	case d.calls <- req:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case f := <-d.does:
		return f()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listens lets a hearing listen to a door for the match "mine".
func listens(t *testing.T) (h *hearing, d door, ear <-chan struct{}, ended chan struct{}) {
	d = door{calls: make(chan *pb.WaitEventsRequest), does: make(chan func() (*pb.WaitEventsResponse, error))}
	b := &bell{}
	ear = b.ear()
	h = &hearing{client: new(clientsim.Client), events: d, match: "mine", bell: b, pause: time.Second}
	ended = make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		h.run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return h, d, ear, ended
}

// answers takes the next call, which has to come with a cursor, answers it, and waits until that was dealt with.
func (d door) answers(t *testing.T, cursor string, res *pb.WaitEventsResponse, err error) {
	t.Helper()
	if req := <-d.calls; req.GetCursor() != cursor {
		t.Errorf("it goes on from cursor %q, not from %q", req.GetCursor(), cursor)
	}
	d.does <- func() (*pb.WaitEventsResponse, error) { return res, err }
	synctest.Wait()
}

func rang(ear <-chan struct{}) bool {
	select {
	case <-ear:
		return true
	default:
		return false
	}
}

func of(match string) []*pb.InboxEvent { return []*pb.InboxEvent{{MatchId: match}} }

// refusedFor is an error with a reason.
func refusedFor(t *testing.T, code connect.Code, reason game.Reason) error {
	t.Helper()
	d, err := connectproto.NewErrorDetail(&errdetails.ErrorInfo{Reason: string(reason), Domain: "yourmove"})
	if err != nil {
		t.Fatal(err)
	}
	return connect.NewError(code, "refused").WithDetail(d)
}

// TestHearing: it rings when it begins to hear, for each event of its match and none of another, and when it is deaf.
func TestHearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, d, ear, _ := listens(t)
		if h.pace(time.Second) != time.Second {
			t.Error("it hears before anything was answered")
		}
		for _, step := range []struct {
			what        string
			cursor      string
			res         *pb.WaitEventsResponse
			err         error
			rings, deaf bool
			after       time.Duration // until the next call
		}{
			{what: "the first answer", res: &pb.WaitEventsResponse{Cursor: "1"}, rings: true},
			{what: "nothing", cursor: "1", res: &pb.WaitEventsResponse{Cursor: "1"}},
			{what: "another match", cursor: "1", res: &pb.WaitEventsResponse{Cursor: "2", Events: of("other")}},
			{what: "this match", cursor: "2", res: &pb.WaitEventsResponse{Cursor: "3", Events: of("mine")}, rings: true},
			{
				what: "no answer", cursor: "3", err: connect.NewError(connect.CodeUnavailable, ""),
				rings: true, deaf: true, after: time.Second,
			},
			{
				what: "no answer again", cursor: "3", err: connect.NewError(connect.CodeUnavailable, ""),
				deaf: true, after: 2 * time.Second,
			},
			{what: "back", cursor: "3", res: &pb.WaitEventsResponse{Cursor: "4"}, rings: true},
			{
				what: "drain", cursor: "4", rings: true, deaf: true, after: 5 * time.Second,
				res: &pb.WaitEventsResponse{Cursor: "4", End: &pb.StreamEnd{Reason: pb.EndReason_END_REASON_DRAINING, RetryAfter: durationpb.New(5 * time.Second)}},
			},
			{
				what: "another epoch", cursor: "4", err: refusedFor(t, connect.CodeOutOfRange, game.CursorExpired),
				deaf: true, after: 2 * time.Second,
			},
			{what: "from now on", res: &pb.WaitEventsResponse{Cursor: "8"}, rings: true},
			{
				what: "token", cursor: "8", rings: true, deaf: true, after: time.Second,
				res: &pb.WaitEventsResponse{Cursor: "8", End: &pb.StreamEnd{Reason: pb.EndReason_END_REASON_TOKEN_EXPIRED}},
			},
			{what: "another token", cursor: "8", res: &pb.WaitEventsResponse{Cursor: "8"}, rings: true},
		} {
			d.answers(t, step.cursor, step.res, step.err)
			if rang(ear) != step.rings {
				t.Errorf("%s: it rings: %v", step.what, !step.rings)
			}
			if deaf := h.pace(time.Second) == time.Second; deaf != step.deaf {
				t.Errorf("%s: it is deaf: %v", step.what, deaf)
			}
			if step.after > 0 {
				time.Sleep(step.after - time.Nanosecond)
				synctest.Wait()
				select {
				case <-d.calls:
					t.Fatalf("%s: it comes back too early", step.what)
				default:
				}
			}
		}
		<-d.calls
		time.Sleep(hearingWait + hearingGrace)
		synctest.Wait()
		if !rang(ear) || h.pace(time.Second) != time.Second {
			t.Error("nothing tells that a call has got lost")
		}
	})
}

// TestHearingGivesUp: where nobody may listen, or another terminal does in its place, it is deaf for good.
func TestHearingGivesUp(t *testing.T) {
	for name, answer := range map[string]func() (*pb.WaitEventsResponse, error){
		"an older server": func() (*pb.WaitEventsResponse, error) { return nil, connect.NewError(connect.CodeUnimplemented, "") },
		"a sixth terminal": func() (*pb.WaitEventsResponse, error) {
			return &pb.WaitEventsResponse{End: &pb.StreamEnd{Reason: pb.EndReason_END_REASON_REPLACED}}, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			h, d, ear, ended := listens(t)
			d.answers(t, "", &pb.WaitEventsResponse{Cursor: "1"}, nil)
			rang(ear)
			res, err := answer()
			d.answers(t, "1", res, err)
			<-ended
			if !rang(ear) || h.pace(time.Second) != time.Second {
				t.Errorf("%s: nobody is told that nothing is heard", name)
			}
		})
	}
}
