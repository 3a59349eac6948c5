package bench

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/durationpb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// longest is the longest heartbeat and the longest wait that a client may ask for.
const longest = 55 * time.Second

// hearing are calls that wait for events, a goroutine each, until it is closed.
type hearing struct {
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	// events were delivered; heartbeats are messages without any; lost are calls that ended before they were to.
	events, heartbeats, lost atomic.Int64

	mu        sync.Mutex // guards firstLost
	firstLost error
}

func newHearing(ctx context.Context) *hearing {
	ctx, stop := context.WithCancel(ctx)
	return &hearing{ctx: ctx, stop: stop}
}

// close ends the calls and returns once they have ended.
func (h *hearing) close() {
	h.stop()
	h.running.Wait()
}

// lose notes that a call ended before it was to.
func (h *hearing) lose(err error) {
	if h.ctx.Err() != nil {
		return
	}
	h.lost.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.firstLost == nil {
		h.firstLost = err
	}
}

// whyLost says why the first of the calls that were lost was; empty if none was.
func (h *hearing) whyLost() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.firstLost == nil {
		return ""
	}
	return h.firstLost.Error()
}

// as returns a context whose call is made with the header.
func as(ctx context.Context, authorization string) context.Context {
	ctx, info := connect.NewClientContext(ctx)
	info.RequestHeader().Set("Authorization", authorization)
	return ctx
}

// source is where a stream's messages come from.
type source[M any] interface {
	Receive() (*M, error)
	Close() error
}

// told is what a message of a stream comes to.
type told struct {
	ready  bool
	events int
	end    *yourmovev1.StreamEnd
}

// follow opens a stream, again if the server asks for it, and returns once its first message has come. Each message
// after that goes to hear, from one goroutine.
func follow[M any](h *hearing, open func(context.Context) (source[M], error), hear func(*M) told) error {
	ctx, stop := context.WithCancel(h.ctx)
	tooLate := time.AfterFunc(callTimeout, stop) // for the first message; a stream has no other end
	defer tooLate.Stop()
	var s source[M]
	err := patiently(ctx, func() (err error) {
		if s, err = open(ctx); err != nil {
			return err
		}
		first, err := s.Receive()
		if err == nil && !hear(first).ready {
			err = fmt.Errorf("a stream began with %v", first)
		}
		if err != nil {
			_ = s.Close() // the error says enough
		}
		return err
	})
	if err != nil {
		stop()
		return err
	}
	h.running.Go(func() {
		defer stop()
		defer s.Close() //nolint:errcheck // it has ended already, or is to
		for {
			m, err := s.Receive()
			if err != nil {
				h.lose(fmt.Errorf("a stream broke: %w", err))
				return
			}
			t := hear(m)
			switch {
			case t.end != nil:
				h.lose(fmt.Errorf("the server ended a stream: %v", t.end.GetReason()))
				return
			case t.events > 0:
				h.events.Add(int64(t.events))
			default:
				h.heartbeats.Add(1)
			}
		}
	})
	return nil
}

// stream opens a StreamEvents. heard, if not nil, is told of events as they come.
func (h *hearing) stream(c yourmovev1connect.EventServiceClient, authorization string, heard func([]*yourmovev1.InboxEvent)) error {
	req := &yourmovev1.StreamEventsRequest{Heartbeat: durationpb.New(longest)}
	err := follow(h, func(ctx context.Context) (source[yourmovev1.StreamEventsResponse], error) {
		return c.StreamEvents(as(ctx, authorization), req)
	}, func(m *yourmovev1.StreamEventsResponse) told {
		events := m.GetEvents().GetEvents()
		if heard != nil && len(events) > 0 {
			heard(events)
		}
		return told{ready: m.GetReady() != nil, events: len(events), end: m.GetEnd()}
	})
	if err != nil {
		return fmt.Errorf("open a stream: %w", err)
	}
	return nil
}

// watch opens a WatchMatch of a match, from now on.
func (h *hearing) watch(c yourmovev1connect.EventServiceClient, authorization, match string, heard func([]*yourmovev1.Event)) error {
	req := &yourmovev1.WatchMatchRequest{MatchId: match, Heartbeat: durationpb.New(longest)}
	err := follow(h, func(ctx context.Context) (source[yourmovev1.WatchMatchResponse], error) {
		return c.WatchMatch(as(ctx, authorization), req)
	}, func(m *yourmovev1.WatchMatchResponse) told {
		events := m.GetEvents().GetEvents()
		if len(events) > 0 {
			heard(events)
		}
		return told{ready: m.GetReady() != nil, events: len(events), end: m.GetEnd()}
	})
	if err != nil {
		return fmt.Errorf("watch match %s: %w", match, err)
	}
	return nil
}

// poll gets a cursor, waits from there over and over, and returns once the request of the first wait has been sent.
func (h *hearing) poll(c yourmovev1connect.EventServiceClient, authorization string) error {
	var first *yourmovev1.WaitEventsResponse
	err := patiently(h.ctx, func() (err error) {
		ctx, stop := context.WithTimeout(h.ctx, callTimeout)
		defer stop()
		first, err = c.WaitEvents(as(ctx, authorization), &yourmovev1.WaitEventsRequest{})
		return err
	})
	if err != nil {
		return fmt.Errorf("poll for a cursor: %w", err)
	}
	sent := make(chan struct{})
	tell := sync.OnceFunc(func() { close(sent) })
	h.running.Go(func() {
		defer tell() // also if it could not be sent
		ctx := httptrace.WithClientTrace(h.ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { tell() }})
		for cursor := first.GetCursor(); ; ctx = h.ctx {
			m, err := c.WaitEvents(as(ctx, authorization), &yourmovev1.WaitEventsRequest{Cursor: cursor, Wait: durationpb.New(longest)})
			switch {
			case err != nil:
				h.lose(fmt.Errorf("a poll broke: %w", err))
				return
			case m.GetEnd() != nil:
				h.lose(fmt.Errorf("the server ended a poll: %v", m.GetEnd().GetReason()))
				return
			case len(m.GetEvents()) > 0:
				h.events.Add(int64(len(m.GetEvents())))
			default:
				h.heartbeats.Add(1)
			}
			cursor = m.GetCursor()
		}
	})
	<-sent
	return h.ctx.Err()
}
