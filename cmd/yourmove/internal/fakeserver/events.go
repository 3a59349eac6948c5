package fakeserver

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// watching is what those who watch are told.
type watching struct {
	happened []*yourmovev1.InboxEvent
	opened   int // streams, since the beginning
	changed  chan struct{}
	// end is the last message of the streams that were there when it was set; endings counts how often it was.
	end     *yourmovev1.StreamEnd
	endings int
}

// change lets everybody look again. s.mu is held.
func (w *watching) change() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Happen tells those who watch of events, one message for all. An event that ends its match ends it.
func (s *Server) Happen(events ...*yourmovev1.InboxEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		m, err := s.find(func(m *yourmovev1.Match) bool { return m.GetSummary().GetMatchId() == e.GetMatchId() })
		if err != nil {
			panic(err)
		}
		switch e.GetEvent().GetKind().(type) {
		case *yourmovev1.Event_MatchFinished:
			finish(m)
		case *yourmovev1.Event_MatchCancelled:
			m.Summary.State = yourmovev1.MatchState_MATCH_STATE_CANCELLED
		}
	}
	s.watched.happened = append(s.watched.happened, events...)
	s.watched.change()
}

// Forget takes back the last n events, as restoring an older copy does.
func (s *Server) Forget(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched.happened = s.watched.happened[:len(s.watched.happened)-n]
}

// EndWatching ends every stream there is, for a reason.
func (s *Server) EndWatching(reason yourmovev1.EndReason, retry time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched.end = &yourmovev1.StreamEnd{Reason: reason, RetryAfter: durationpb.New(retry)}
	s.watched.endings++
	s.watched.change()
}

// Watched waits until n streams have been opened since the beginning.
func (s *Server) Watched(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		opened, changed := s.watched.opened, s.watched.changed
		s.mu.Unlock()
		if opened >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// WatchEvents tells what happens: of a match from its first event to its end, of a player from now on.
func (a admin) WatchEvents(ctx context.Context, req *adminv1.WatchEventsRequest, stream adminv1connect.AdminServiceWatchEventsServerStream) error {
	mine, over, err := a.target(req)
	if err != nil {
		return err
	}
	w := &a.s.watched
	a.s.mu.Lock()
	told, endings := 0, w.endings
	if req.GetPlayerId() != "" {
		told = len(w.happened)
	}
	w.opened++
	w.change()
	a.s.mu.Unlock()
	if err := stream.Send(&adminv1.WatchEventsResponse{}); err != nil {
		return err
	}
	for {
		a.s.mu.Lock()
		res := &adminv1.WatchEventsResponse{}
		for _, e := range w.happened[min(told, len(w.happened)):] {
			if mine(e) {
				res.Events = append(res.Events, proto.CloneOf(e))
			}
		}
		told = len(w.happened)
		changed := w.changed
		switch {
		case w.endings > endings:
			res.End = proto.CloneOf(w.end)
		case over():
			res.End = &yourmovev1.StreamEnd{Reason: yourmovev1.EndReason_END_REASON_MATCH_OVER}
		}
		a.s.mu.Unlock()
		if len(res.GetEvents()) > 0 || res.GetEnd() != nil {
			if err := stream.Send(res); err != nil || res.GetEnd() != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// target finds what is to be watched: which events belong to it, and whether it is over, to be asked while s.mu is held.
func (a admin) target(req *adminv1.WatchEventsRequest) (mine func(*yourmovev1.InboxEvent) bool, over func() bool, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if id := req.GetMatchId(); id != "" {
		m, err := a.s.find(func(m *yourmovev1.Match) bool { return m.GetSummary().GetMatchId() == id })
		return func(e *yourmovev1.InboxEvent) bool { return e.GetMatchId() == id },
			func() bool { return m.GetSummary().GetState() >= yourmovev1.MatchState_MATCH_STATE_FINISHED }, err
	}
	p, err := a.player(req.GetPlayerId())
	mine = func(e *yourmovev1.InboxEvent) bool {
		return slices.ContainsFunc(a.s.matches, func(m *yourmovev1.Match) bool {
			return m.GetSummary().GetMatchId() == e.GetMatchId() && seatOf(m, p) > 0
		})
	}
	return mine, func() bool { return false }, err
}
