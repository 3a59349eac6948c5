package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server"
)

// Events serves yourmove.v1.EventService.
type Events struct {
	s     *server.Service
	write time.Duration // as Config.WriteTimeout
}

// ListEvents tells what happened since a cursor.
func (h Events) ListEvents(ctx context.Context, r *pb.ListEventsRequest) (*pb.ListEventsResponse, error) {
	page, err := h.s.ListEvents(ctx, caller(ctx), server.EventQuery{
		Cursor: r.GetCursor(), Size: int(r.GetPageSize()), Views: r.GetViews(),
	})
	if err != nil {
		return nil, err
	}
	list, err := inboxEvents(page.Events)
	if err != nil {
		return nil, err
	}
	return &pb.ListEventsResponse{Events: list, Cursor: page.Cursor, More: page.More, ServerTime: h.now()}, nil
}

// WaitEvents tells what happened since a cursor, and waits for it.
func (h Events) WaitEvents(ctx context.Context, r *pb.WaitEventsRequest) (*pb.WaitEventsResponse, error) {
	wait := server.DefaultHeartbeat
	if r.GetWait() != nil {
		wait = r.GetWait().AsDuration()
	}
	patient(ctx, h.write).answersWithin(wait)
	page, end, err := h.s.WaitEvents(ctx, caller(ctx), server.EventQuery{
		Cursor: r.GetCursor(), Size: int(r.GetPageSize()), Views: r.GetViews(),
	}, wait)
	if err != nil {
		return nil, err
	}
	list, err := inboxEvents(page.Events)
	if err != nil {
		return nil, err
	}
	return &pb.WaitEventsResponse{Events: list, Cursor: page.Cursor, More: page.More, ServerTime: h.now(), End: streamEnd(end)}, nil
}

// StreamEvents tells what happened since a cursor, and goes on telling.
func (h Events) StreamEvents(ctx context.Context, r *pb.StreamEventsRequest, stream yourmovev1connect.EventServiceStreamEventsServerStream) error {
	beat := heartbeat(r.GetHeartbeat())
	d := patient(ctx, h.write)
	unbuffered(ctx)
	return h.s.StreamEvents(ctx, caller(ctx), server.StreamQuery{
		Cursor: r.GetCursor(), Heartbeat: beat, Views: r.GetViews(),
	}, func(m server.Message) error {
		out := &pb.StreamEventsResponse{Cursor: m.Cursor, ServerTime: h.now()}
		switch {
		case m.Ready:
			out.Kind = &pb.StreamEventsResponse_Ready{Ready: &pb.StreamReady{Heartbeat: durationpb.New(beat)}}
		case m.Page != nil:
			list, err := inboxEvents(m.Page.Events)
			if err != nil {
				return err
			}
			out.Kind = &pb.StreamEventsResponse_Events{Events: &pb.StreamedEvents{Events: list}}
		case m.End != nil:
			out.Kind = &pb.StreamEventsResponse_End{End: streamEnd(m.End)}
		default:
			out.Kind = &pb.StreamEventsResponse_Heartbeat{Heartbeat: &pb.Heartbeat{}}
		}
		return d.within(beat, func() error { return stream.Send(out) })
	})
}

// AckEvents notes what has arrived and what is on the screen.
func (h Events) AckEvents(ctx context.Context, r *pb.AckEventsRequest) (*pb.AckEventsResponse, error) {
	var seen *server.Seen
	if r.GetSeen() != nil {
		seen = &server.Seen{Version: r.GetSeen().GetVersion()}
		if r.GetSeen().GetMatchId() != "" {
			var err error
			if seen.Match, err = matchID(r.GetSeen().GetMatchId()); err != nil {
				return nil, err
			}
		}
	}
	if err := h.s.AckEvents(ctx, caller(ctx), r.GetCursor(), seen); err != nil {
		return nil, err
	}
	return &pb.AckEventsResponse{ServerTime: h.now()}, nil
}

// WatchMatch tells the events of one match as they come.
func (h Events) WatchMatch(ctx context.Context, r *pb.WatchMatchRequest, stream yourmovev1connect.EventServiceWatchMatchServerStream) error {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return err
	}
	beat := heartbeat(r.GetHeartbeat())
	d := patient(ctx, h.write)
	unbuffered(ctx)
	return h.s.WatchMatch(ctx, caller(ctx), server.WatchQuery{
		Match: id, Since: r.SinceVersion, Heartbeat: beat, Views: r.GetViews(),
	}, func(m server.WatchMessage) error {
		out := &pb.WatchMatchResponse{Version: m.Version, ServerTime: h.now()}
		switch {
		case m.Ready:
			out.Kind = &pb.WatchMatchResponse_Ready{Ready: &pb.WatchReady{Heartbeat: durationpb.New(beat), LookingSeats: ints(m.Looking)}}
		case len(m.Events) > 0:
			now, err := match(m.View)
			if err != nil {
				return err
			}
			out.Kind = &pb.WatchMatchResponse_Events{Events: &pb.WatchedEvents{Events: events(m.Events), Match: now}}
		case m.End != nil:
			out.Kind = &pb.WatchMatchResponse_End{End: streamEnd(m.End)}
		default:
			out.Kind = &pb.WatchMatchResponse_Heartbeat{Heartbeat: &pb.WatchHeartbeat{LookingSeats: ints(m.Looking)}}
		}
		return d.within(beat, func() error { return stream.Send(out) })
	})
}

func (h Events) now() *timestamppb.Timestamp { return timestamppb.New(h.s.Now()) }

// heartbeat is what the client chose, or the default.
func heartbeat(d *durationpb.Duration) time.Duration {
	if d == nil {
		return server.DefaultHeartbeat
	}
	return d.AsDuration()
}

func inboxEvents(list []server.InboxEvent) ([]*pb.InboxEvent, error) {
	out := make([]*pb.InboxEvent, len(list))
	for i := range list {
		e := &list[i]
		now, err := match(e.View)
		if err != nil {
			return nil, err
		}
		out[i] = &pb.InboxEvent{
			MatchId: e.Match.String(), Game: e.Game, MySeat: int32(e.Told.Seat), Standing: pb.Standing(e.Told.Standing),
			Event: event(e.Event), Match: now,
		}
	}
	return out, nil
}

func streamEnd(e *server.End) *pb.StreamEnd {
	if e == nil {
		return nil
	}
	return &pb.StreamEnd{Reason: pb.EndReason(e.Reason), RetryAfter: durationpb.New(e.RetryAfter)}
}
