package clientsim

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// ErrReplaced ends a stream whose place a newer one of the same session took, or a sixth one of the same player's.
var ErrReplaced = errors.New("a newer one took its place")

// ListEvents reads what happened since a cursor.
func (c *Client) ListEvents(ctx context.Context, r *pb.ListEventsRequest) (*pb.ListEventsResponse, error) {
	return do(ctx, c, c.events.ListEvents, r)
}

// WaitEvents reads what happened since a cursor, and waits for it if nothing did. Where the server ended the wait, what
// it asks for has been done when the answer is returned: the next call may follow at once, unless another took its place.
func (c *Client) WaitEvents(ctx context.Context, r *pb.WaitEventsRequest) (*pb.WaitEventsResponse, error) {
	token, err := c.freshToken(ctx)
	if err != nil {
		return nil, err
	}
	if r.Wait == nil {
		r = proto.CloneOf(r)
		r.Wait = durationpb.New(usualWait)
	}
	res, err := do(ctx, c, c.events.WaitEvents, r)
	if err != nil || res.GetEnd() == nil {
		return res, err
	}
	if err := c.ended(ctx, token, res.GetEnd()); err != nil && !errors.Is(err, ErrReplaced) {
		return nil, err
	}
	return res, nil
}

// AckEvents says what has arrived and what is on the screen.
func (c *Client) AckEvents(ctx context.Context, r *pb.AckEventsRequest) (*pb.AckEventsResponse, error) {
	return do(ctx, c, c.events.AckEvents, r)
}

// StreamEvents gives each the messages of a stream of events, one after the other, and opens the stream again from the
// last of their cursors whenever it breaks or the server asks for it. It returns when ctx is done, when each fails,
// when another stream takes its place (ErrReplaced), or when the server refuses it.
func (c *Client) StreamEvents(ctx context.Context, r *pb.StreamEventsRequest, each func(*pb.StreamEventsResponse) error) error {
	r = proto.CloneOf(r)
	return keepOpen(ctx, c, func(ctx context.Context) (stream[*pb.StreamEventsResponse], error) {
		return c.events.StreamEvents(ctx, r)
	}, func(m *pb.StreamEventsResponse) error {
		err := each(m)
		if err == nil && m.GetCursor() != "" {
			r.Cursor = m.GetCursor()
		}
		return err
	})
}

// WatchMatch gives each the messages of a match's stream, as StreamEvents does; it returns nil when the match is over and
// told whole, or can no longer be seen: the last message says which.
func (c *Client) WatchMatch(ctx context.Context, r *pb.WatchMatchRequest, each func(*pb.WatchMatchResponse) error) error {
	r = proto.CloneOf(r)
	return keepOpen(ctx, c, func(ctx context.Context) (stream[*pb.WatchMatchResponse], error) {
		return c.events.WatchMatch(ctx, r)
	}, func(m *pb.WatchMatchResponse) error {
		err := each(m)
		if err == nil {
			r.SinceVersion = proto.Uint64(m.GetVersion())
		}
		return err
	})
}

// freshToken returns an access token that has most of its time before it: what is opened with it lives no longer than it.
func (c *Client) freshToken(ctx context.Context) (string, error) {
	c.mu.Lock()
	token, stale := c.session.GetAccessToken(), !c.freshUntil.IsZero() && time.Now().After(c.freshUntil)
	c.mu.Unlock()
	if !stale {
		return token, nil
	}
	err := c.renew(ctx, token, game.TokenExpired)
	return c.AccessToken(), err
}

// refused reports whether a call was refused for its token.
func refused(err error) bool { return connect.CodeOf(err) == connect.CodeUnauthenticated }
