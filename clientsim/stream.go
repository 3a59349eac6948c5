package clientsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// usualWait is how long a long-poll waits, and how long a stream may be silent, where nobody says otherwise.
const usualWait = 25 * time.Second

// ghostsFor is for how long after the break of a connection the server may still come upon what was sent over it, take
// that for newer than what was sent since, and send the present stream away.
const ghostsFor = time.Minute

// mayBeGhost reports whether one who was told that a newer one took his place, and whose connection broke at that time,
// may have been replaced by himself, so that it is right to come back.
func mayBeGhost(broke time.Time) bool { return !broke.IsZero() && time.Since(broke) < ghostsFor }

// stream is a stream of the generated client.
type stream[M any] interface {
	Receive() (M, error)
	Close() error
}

// message is what the messages of all streams have in common.
type message interface{ GetEnd() *pb.StreamEnd }

var (
	// errSilent is why a stream was cut that had been silent for longer than its heartbeat.
	errSilent = errors.New("the stream fell silent")
	// errBroken is how a stream ends that its server did not end.
	errBroken = errors.New("the stream broke off")
)

// refusedByUs wraps an error of whoever deals with the messages of a stream.
type refusedByUs struct{ error }

// keepOpen opens a stream and deals with its messages, again and again until there is a reason not to.
func keepOpen[M message](ctx context.Context, c *Client, open func(context.Context) (stream[M], error), deal func(M) error) error {
	var begun, broke time.Time // when the trouble began, and when a stream broke last
	wait, refusals := firstWait, 0
	for {
		token, err := c.freshToken(ctx)
		if err != nil {
			return err
		}
		end, err := openOnce(ctx, c, token, open, func(m M) error {
			if !begun.IsZero() {
				c.opts.Trouble(nil)
			}
			begun, wait, refusals = time.Time{}, firstWait, 0
			return deal(m)
		})
		var own refusedByUs
		switch {
		case errors.As(err, &own):
			return own.error
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && (end.GetReason() == pb.EndReason_END_REASON_MATCH_OVER || end.GetReason() == pb.EndReason_END_REASON_MATCH_HIDDEN):
			return nil
		case err == nil && end.GetReason() == pb.EndReason_END_REASON_REPLACED && mayBeGhost(broke):
			broke = time.Time{}
			continue
		case err == nil:
			if err := c.ended(ctx, token, end); err != nil {
				return err
			}
			continue
		case refused(err) && refusals < renewals:
			refusals++
			if err := c.renew(ctx, token, reasonOf(err)); err != nil {
				return err
			}
			continue
		case !transient(err) && !errors.Is(err, errBroken):
			return err
		case begun.IsZero():
			begun = time.Now()
		case time.Since(begun) > c.opts.Patience:
			return fmt.Errorf("no stream for %v: %w", c.opts.Patience, err)
		}
		broke = time.Now()
		c.opts.Trouble(err)
		if err := Sleep(ctx, c.spread(max(wait, retryAfter(err)))); err != nil {
			return err
		}
		wait = min(2*wait, longestWait)
	}
}

// openOnce opens a stream and deals with its messages until it ends. It returns with what the server ended it, or how it
// broke. A stream on which not even a heartbeat comes is cut: the connection under it is dead.
func openOnce[M message](ctx context.Context, c *Client, token string, open func(context.Context) (stream[M], error), deal func(M) error) (*pb.StreamEnd, error) {
	ctx, cut := context.WithCancelCause(withToken(ctx, token))
	defer cut(nil)
	silence := time.AfterFunc(c.opts.Timeout, func() { cut(errSilent) })
	defer silence.Stop()
	broke := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(context.Cause(ctx), errSilent) {
			return fmt.Errorf("%w: %w", errBroken, errors.Join(err, context.Cause(ctx)))
		}
		return err
	}
	s, err := open(ctx)
	if err != nil {
		return nil, broke(err)
	}
	defer s.Close()
	heartbeat := usualWait
	for {
		m, err := s.Receive()
		if err != nil {
			return nil, broke(err)
		}
		silence.Stop() // dealing with a message may take as long as it likes
		heartbeat = heartbeatOf(m, heartbeat)
		if err := deal(m); err != nil {
			return nil, refusedByUs{err}
		}
		if end := m.GetEnd(); end != nil {
			return end, nil
		}
		silence.Reset(heartbeat + c.opts.Timeout)
	}
}

// heartbeatOf returns what the first message of a stream says of its heartbeat.
func heartbeatOf(m any, known time.Duration) time.Duration {
	var told *durationpb.Duration
	switch m := m.(type) {
	case *pb.StreamEventsResponse:
		told = m.GetReady().GetHeartbeat()
	case *pb.WatchMatchResponse:
		told = m.GetReady().GetHeartbeat()
	}
	if told == nil {
		return known
	}
	return told.AsDuration()
}

// ended does what a server asks for that ended a stream or a wait which was opened with token.
func (c *Client) ended(ctx context.Context, token string, end *pb.StreamEnd) error {
	var err error
	switch end.GetReason() {
	case pb.EndReason_END_REASON_REPLACED:
		return ErrReplaced
	case pb.EndReason_END_REASON_SESSION_ENDED:
		err = c.renew(ctx, token, game.SessionEnded)
	case pb.EndReason_END_REASON_TOKEN_EXPIRED:
		err = c.renew(ctx, token, game.TokenExpired)
	}
	if err != nil {
		return err
	}
	return Sleep(ctx, end.GetRetryAfter().AsDuration())
}
