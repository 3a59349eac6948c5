package servertest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// patience is how long a test waits for what must come: it is only ever spent on a failure.
const patience = 30 * time.Second

// ticking is a clock that goes on by a millisecond whenever it is read: events of one commit have the same time, those
// of two commits of a match never.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

func newTicking() *ticking { return &ticking{now: newClock().Now()} }

// Now reads the clock.
func (c *ticking) Now() time.Time {
	c.forward(time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ticking) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// phone returns the same player with another session.
func (p *player) phone(t testing.TB, s *servertest.Server) *player {
	t.Helper()
	return p.with(s, must(anonymous(s).SignIn(t.Context(), guest(p.secret, "")))(t).GetSession())
}

// cursor is the player's place in his inbox now.
func (p *player) cursor(t testing.TB) string {
	t.Helper()
	return must(p.ListEvents(t.Context(), &pb.ListEventsRequest{}))(t).GetCursor()
}

// inbox reads an inbox from a cursor to its end, in pages.
func (p *player) inbox(t testing.TB, cursor string, size int32) (list []*pb.InboxEvent, end string) {
	t.Helper()
	for more := true; more; {
		page := must(p.ListEvents(t.Context(), &pb.ListEventsRequest{Cursor: cursor, PageSize: size}))(t)
		list = append(list, page.GetEvents()...)
		cursor, more = page.GetCursor(), page.GetMore()
		if more && len(page.GetEvents()) < int(size) {
			t.Errorf("there is more than a page of %d, and it has %d events", size, len(page.GetEvents()))
		}
	}
	return list, cursor
}

// errEnded is the end of a stream or a wait by the server.
type errEnded struct{ *pb.StreamEnd }

func (e errEnded) Error() string { return fmt.Sprintf("ended: %v", e.StreamEnd) }

// door tells a player's inbox from a cursor on, each part with the cursor behind it, until it fails or tell returns an
// error.
type door func(ctx context.Context, p *player, cursor string, tell func(events []*pb.InboxEvent, cursor string) error) error

// byStream is StreamEvents. It tells all messages, those without events too.
func byStream(ctx context.Context, p *player, cursor string, tell func([]*pb.InboxEvent, string) error) error {
	return streamed(ctx, p, &pb.StreamEventsRequest{Cursor: cursor}, tell)
}

// byStreamWithViews is StreamEvents with views, which it takes off.
func byStreamWithViews(ctx context.Context, p *player, cursor string, tell func([]*pb.InboxEvent, string) error) error {
	return streamed(ctx, p, &pb.StreamEventsRequest{Cursor: cursor, Views: true}, tell)
}

func streamed(ctx context.Context, p *player, r *pb.StreamEventsRequest, tell func([]*pb.InboxEvent, string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := p.StreamEvents(ctx, r)
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		m, err := st.Receive()
		if err != nil {
			return err
		}
		if first != (m.GetReady() != nil) {
			return fmt.Errorf("message %v is not where it should be", m)
		}
		if m.GetEnd() != nil {
			return errEnded{m.GetEnd()}
		}
		if err := tell(withoutViews(m.GetEvents().GetEvents()), m.GetCursor()); err != nil {
			return err
		}
	}
}

// byWait is WaitEvents, again and again, with pages of a size.
func byWait(size int32) door {
	return func(ctx context.Context, p *player, cursor string, tell func([]*pb.InboxEvent, string) error) error {
		for {
			res, err := p.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor, PageSize: size})
			if err != nil {
				return err
			}
			if res.GetEnd() != nil {
				return errEnded{res.GetEnd()}
			}
			cursor = res.GetCursor()
			if err := tell(res.GetEvents(), cursor); err != nil {
				return err
			}
		}
	}
}

func withoutViews(list []*pb.InboxEvent) []*pb.InboxEvent {
	for _, e := range list {
		e.Match = nil
	}
	return list
}

// ear takes what a door tells.
type ear struct {
	heard  chan *pb.InboxEvent
	failed chan error
}

// listen listens at a door until the test ends.
func listen(t testing.TB, p *player, cursor string, d door) *ear {
	e := &ear{heard: make(chan *pb.InboxEvent, 10_000), failed: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.failed <- d(ctx, p, cursor, func(events []*pb.InboxEvent, _ string) error {
			for _, ev := range events {
				e.heard <- ev
			}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return e
}

// next waits for as many events.
func (e *ear) next(t testing.TB, n int) []*pb.InboxEvent {
	t.Helper()
	var list []*pb.InboxEvent
	over := time.After(patience)
	for len(list) < n {
		select {
		case ev := <-e.heard:
			list = append(list, ev)
		case err := <-e.failed:
			t.Fatalf("after %d of %d events: %v", len(list), n, err)
		case <-over:
			t.Fatalf("heard %d of %d events", len(list), n)
		}
	}
	return list
}

// sameInbox compares what two doors told.
func sameInbox(t testing.TB, what string, got, want []*pb.InboxEvent) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !proto.Equal(got[i], want[i]) {
			t.Errorf("%s: event %d is\n%v, not\n%v", what, i, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d events, not %d", what, len(got), len(want))
	}
}

// of returns the events of one match.
func of(list []*pb.InboxEvent, match string) []*pb.Event {
	var events []*pb.Event
	for _, e := range list {
		if e.GetMatchId() == match {
			events = append(events, e.GetEvent())
		}
	}
	return events
}

// sameEvents reports whether two lists have the same events.
func sameEvents(a, b []*pb.Event) bool {
	return slices.EqualFunc(a, b, func(x, y *pb.Event) bool { return proto.Equal(x, y) })
}

// watching is a WatchMatch that goes on.
type watching struct {
	who  *player
	want pb.EndReason // for which reason it is to end
	// events are what it told, end why it ended, err what it failed with; to be read once done is closed.
	events []*pb.Event
	end    *pb.StreamEnd
	err    error
	done   chan struct{}
}

// watch watches a match from a version on until it ends, and returns once it is open.
func (p *player) watch(t testing.TB, id string, since uint64) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{who: p, done: make(chan struct{})}
	st := must(p.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: id, SinceVersion: &since}))(t)
	if m := must(st.Receive())(t); m.GetReady() == nil || m.GetVersion() != since {
		t.Errorf("the first message is %v", m)
	}
	go func() {
		defer close(w.done)
		for version := since; w.end == nil; {
			m, err := st.Receive()
			if err != nil {
				w.err = err
				return
			}
			list := m.GetEvents().GetEvents()
			w.events = append(w.events, list...)
			if len(list) > 0 {
				version = list[len(list)-1].GetVersion()
			}
			if m.GetVersion() != version {
				w.err = fmt.Errorf("after version %d it says that it told %d", version, m.GetVersion())
				return
			}
			w.end = m.GetEnd()
		}
		if _, err := st.Receive(); err == nil {
			w.err = errors.New("there is a message behind the end")
		}
	}()
	t.Cleanup(func() { cancel(); <-w.done })
	return w
}

// over waits for the end of a watching.
func (w *watching) over(t testing.TB, want pb.EndReason) []*pb.Event {
	t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		t.Fatalf("the watching does not end with %v", want)
	}
	if w.err != nil || w.end.GetReason() != want {
		t.Fatalf("it ended with %v (%v), want %v", w.end, w.err, want)
	}
	return w.events
}
