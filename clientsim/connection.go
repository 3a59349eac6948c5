package clientsim

import (
	"context"
	"errors"
	"time"

	pb "yourmove/proto/gen/yourmove/v1"
)

// errCut ends a connection that its own client cuts.
var errCut = errors.New("cut by clientsim on purpose")

// connect hears by one connection, from the cursor on, until it ends. That it was cut on purpose is no error.
func (x *Inbox) connect(ctx context.Context) error {
	door := x.opts.Door
	views := x.rng.IntN(4) == 0
	if door == Mixed {
		door = [...]Door{Look, LongPoll, Stream}[x.rng.IntN(3)]
		if x.rng.IntN(2) == 0 || door == Stream {
			var cut context.CancelCauseFunc
			ctx, cut = context.WithCancelCause(ctx)
			defer cut(nil)
			// At any moment: before it is open, in the middle of a message, while it waits.
			after := time.Duration(x.rng.ExpFloat64() * float64(x.opts.Cut))
			defer time.AfterFunc(after, func() { cut(errCut) }).Stop()
		}
	}
	var err error
	switch door {
	case Stream:
		err = x.stream(ctx, views)
	case LongPoll:
		err = x.longPoll(ctx, views)
	default:
		err = x.ask(ctx, views)
	}
	if err != nil && errors.Is(context.Cause(ctx), errCut) {
		x.cutAt = time.Now()
		x.mu.Lock()
		defer x.mu.Unlock()
		x.count.Cuts++
		return nil
	}
	if errors.Is(err, ErrReplaced) && mayBeGhost(x.cutAt) {
		return nil
	}
	return err
}

// ask reads what there is, and waits before it is asked again.
func (x *Inbox) ask(ctx context.Context, views bool) error {
	for more := true; more; {
		res, err := x.c.ListEvents(ctx, &pb.ListEventsRequest{Cursor: x.Cursor(), Views: views})
		if err != nil {
			return err
		}
		x.take(res.GetEvents(), res.GetCursor(), views)
		more = res.GetMore()
	}
	return Sleep(ctx, x.opts.Pause)
}

// longPoll waits once.
func (x *Inbox) longPoll(ctx context.Context, views bool) error {
	res, err := x.c.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: x.Cursor(), Views: views})
	if err != nil {
		return err
	}
	x.take(res.GetEvents(), res.GetCursor(), views)
	if res.GetEnd().GetReason() == pb.EndReason_END_REASON_REPLACED {
		return ErrReplaced
	}
	return nil
}

// stream listens to a stream, which is opened again by the client whenever it breaks.
func (x *Inbox) stream(ctx context.Context, views bool) error {
	return x.c.StreamEvents(ctx, &pb.StreamEventsRequest{Cursor: x.Cursor(), Views: views}, func(m *pb.StreamEventsResponse) error {
		if ctx.Err() != nil {
			return ctx.Err() // it was cut: what came too late comes again
		}
		x.take(m.GetEvents().GetEvents(), m.GetCursor(), views)
		return nil
	})
}
