package terminal

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// hearing waits at the server for what happens in one match, and rings. It brings no news itself: whoever hears the bell
// looks. While it is deaf, everybody has to look from time to time.
type hearing struct {
	client *clientsim.Client // whose inbox it listens to
	events yourmovev1connect.EventServiceClient
	match  string
	bell   *bell
	pause  time.Duration // before it tries again

	hears atomic.Bool
}

const (
	// hearingWait is how long one call waits, and hearingGrace how much longer it may take before it counts as lost.
	hearingWait  = 25 * time.Second
	hearingGrace = 10 * time.Second
	// longestPause bounds the wait before it tries again.
	longestPause = time.Minute
	// heardPace is how often to look although everything should be heard.
	heardPace = 30 * time.Second
)

// pace is how often to look, where it would be every d without a hearing.
func (h *hearing) pace(d time.Duration) time.Duration {
	if h.hears.Load() {
		return max(d, heardPace)
	}
	return d
}

// run listens until ctx is done, or until it is clear that this server lets nobody listen.
func (h *hearing) run(ctx context.Context) {
	defer h.deaf()
	cursor, pause := "", h.pause
	for ctx.Err() == nil {
		res, err := h.wait(ctx, cursor)
		if err == nil && res.GetEnd() == nil {
			cursor, pause = res.GetCursor(), h.pause
			// From now on everything is heard; what was before needs a look.
			if begins := !h.hears.Swap(true); begins || h.concerned(res.GetEvents()) {
				h.bell.ring()
			}
			continue
		}
		if res.GetEnd().GetReason() == pb.EndReason_END_REASON_REPLACED || connect.CodeOf(err) == connect.CodeUnimplemented {
			return
		}
		if reason := clientsim.Reason(err); reason == game.CursorExpired || reason == game.BadCursor {
			cursor = ""
		}
		h.deaf() // now others look, and renew a token that has expired
		if clientsim.Sleep(ctx, max(pause, res.GetEnd().GetRetryAfter().AsDuration())) != nil {
			return
		}
		pause = min(2*pause, max(longestPause, h.pause))
	}
}

// deaf lets everybody know that nothing is heard any more.
func (h *hearing) deaf() {
	if h.hears.Swap(false) {
		h.bell.ring()
	}
}

func (h *hearing) concerned(events []*pb.InboxEvent) bool {
	return slices.ContainsFunc(events, func(e *pb.InboxEvent) bool { return e.GetMatchId() == h.match })
}

func (h *hearing) wait(ctx context.Context, cursor string) (*pb.WaitEventsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, hearingWait+hearingGrace)
	defer cancel()
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", "Bearer "+h.client.AccessToken())
	return h.events.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor, Wait: durationpb.New(hearingWait)})
}
