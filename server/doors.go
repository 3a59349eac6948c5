package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"yourmove/game"
	"yourmove/server/aside"
	"yourmove/server/feed"
)

// Door is a way in which events are told.
type Door string

// The doors that wait.
const (
	DoorWait   Door = "wait"
	DoorStream Door = "stream"
	DoorWatch  Door = "watch"
)

// How long doors wait.
const (
	DefaultHeartbeat = 25 * time.Second
	// beforeDeadline is how long before the caller's own deadline a wait answers, so that the answer arrives in time.
	beforeDeadline = 500 * time.Millisecond
	// drainMin and drainSpread are after what time, and within which, clients come back when the server goes down.
	drainMin, drainSpread = time.Second, 4 * time.Second
)

// EndReason is why the server ends a stream or a wait. Its numbers are those of the API.
type EndReason int

// The reasons.
const (
	EndDraining     EndReason = 1
	EndSession      EndReason = 2
	EndTokenExpired EndReason = 3
	EndReplaced     EndReason = 4
	EndMatchOver    EndReason = 5
	EndMatchHidden  EndReason = 6
)

// String returns the reason's word in logs and metrics.
func (r EndReason) String() string {
	return [...]string{"left", "draining", "session_ended", "token_expired", "replaced", "match_over", "match_hidden"}[r]
}

// ErrSlow cuts a stream whose client does not read.
var ErrSlow = errors.New("the client does not read")

// End tells a client why the server ends a stream or a wait, and how long to wait before the next.
type End struct {
	Reason     EndReason
	RetryAfter time.Duration
}

// Message is one message of an inbox stream. Exactly one of Ready, Page, Heartbeat and End is set.
type Message struct {
	Cursor    string
	Ready     bool
	Page      *EventPage
	Heartbeat bool
	End       *End
}

// StreamQuery is what a stream tells, and how often it shows that it lives (0: DefaultHeartbeat).
type StreamQuery struct {
	Cursor    string
	Heartbeat time.Duration
	Views     bool
}

// door is the loop under every door that waits: it has joined the feed before anything is read, so what is committed
// while it reads wakes it.
type door struct {
	s      *Service
	kind   Door
	player game.PlayerID
	w      *feed.Waiter
	// beat is when to show that the door lives, or for a wait when it is over; expires when the caller's token ends. Both
	// are the machine's own time, which nobody sets back.
	beat, expires time.Time
	timer         *time.Timer
}

// open joins the feed and begins to wait. The caller must call close.
func (s *Service) open(ctx context.Context, kind Door, c Caller, join func() *feed.Waiter) (*door, error) {
	// One that was given up while it came in must not take the place of the one that was opened instead.
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := &door{s: s, kind: kind, player: c.Player, w: join(), timer: time.NewTimer(time.Hour)}
	if !c.Expires.IsZero() {
		d.expires = time.Now().Add(c.Expires.Sub(s.now()))
	}
	s.doors.opened(kind)
	// A session that was ended before the feed knew of this door has not ended the door.
	if s.revoked.Has(c.Session) {
		d.close(ctx, EndSession.String(), nil)
		return nil, game.Refuse(game.SessionEnded, "the session has ended: sign in again")
	}
	if s.feed.Drained() {
		d.close(ctx, EndDraining.String(), nil)
		return nil, errDraining()
	}
	return d, nil
}

// inboxOf joins those who wait for the caller's inbox.
func (s *Service) inboxOf(c Caller) func() *feed.Waiter {
	return func() *feed.Waiter { return s.feed.Inbox(c.Player, c.Session) }
}

func errDraining() error {
	return game.Refuse(game.Draining, "the server is going down: come back in a moment")
}

// close ends the door. why is its word in metrics; empty: what err says.
func (d *door) close(ctx context.Context, why string, err error) {
	d.timer.Stop()
	d.w.Leave()
	switch {
	case why != "":
	case errors.Is(err, ErrSlow):
		why = "slow"
		d.s.log.Info("a client does not read its stream: it was cut, and can go on from its cursor",
			"door", string(d.kind), "player", d.player, "err", err)
	case err == nil || errors.Is(err, context.Canceled) || ctx.Err() != nil:
		why = "left"
	default:
		why = "failed"
	}
	d.s.doors.closed(d.kind, why)
}

// restart sets when the next heartbeat is due.
func (d *door) restart(heartbeat time.Duration) {
	d.beat = time.Now().Add(heartbeat)
	d.arm()
}

// arm sets the timer to the heartbeat or the end of the token, whatever comes first.
func (d *door) arm() {
	next := d.beat
	if !d.expires.IsZero() && d.expires.Before(next) {
		next = d.expires
	}
	d.timer.Reset(time.Until(next))
}

// over tells whether the door has to be closed, and why.
func (d *door) over() *End {
	switch d.w.Reason() {
	case feed.Draining:
		return &End{Reason: EndDraining, RetryAfter: d.s.spread()}
	case feed.Ended:
		return &End{Reason: EndSession}
	case feed.Replaced:
		return &End{Reason: EndReplaced}
	}
	if !d.expires.IsZero() && !time.Now().Before(d.expires) {
		return &End{Reason: EndTokenExpired}
	}
	return nil
}

// wait returns when there may be something new or the door has to be closed (due is false), when the heartbeat is due,
// or with an error when the caller has gone.
func (d *door) wait(ctx context.Context) (due bool, err error) {
	select {
	case <-d.w.C:
		return false, nil
	case <-d.timer.C:
		if time.Now().Before(d.beat) { // the token's end
			d.arm()
			return false, nil
		}
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// spread is how long a client should stay away while the server goes down: each another while.
func (s *Service) spread() time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return drainMin
	}
	return drainMin + time.Duration(binary.BigEndian.Uint64(b[:])%uint64(drainSpread)).Truncate(time.Millisecond)
}

// WaitEvents tells what happened since a cursor. If nothing did, it waits for it up to wait; end is set when the wait
// was ended before its time.
func (s *Service) WaitEvents(ctx context.Context, c Caller, q EventQuery, wait time.Duration) (page EventPage, end *End, err error) {
	if q.Cursor == "" {
		aside.Do(func() { page, err = s.ListEvents(ctx, c, q) })
		return page, nil, err
	}
	after, err := s.openCursor(c.Player, q.Cursor)
	if err != nil {
		return EventPage{}, nil, err
	}
	d, err := s.open(ctx, DoorWait, c, s.inboxOf(c))
	if err != nil {
		return EventPage{}, nil, err
	}
	why := ""
	defer func() { d.close(ctx, why, err) }()
	if by, ok := ctx.Deadline(); ok {
		wait = min(wait, max(0, time.Until(by)-beforeDeadline))
	}
	d.restart(wait)
	for due := wait == 0; ; {
		aside.Do(func() { page, after, err = s.inboxAfter(ctx, c.Player, after, q) })
		if err != nil {
			return EventPage{}, nil, err
		}
		if len(page.Events) > 0 || due {
			why = "answered"
			return page, nil, nil
		}
		if end := d.over(); end != nil {
			why = end.Reason.String()
			return page, end, nil
		}
		if due, err = d.wait(ctx); err != nil {
			return EventPage{}, nil, err
		}
	}
}

// StreamEvents tells what happened since a cursor and goes on telling until send fails, ctx is done or the server ends
// it with a last message. What send was given is the caller's.
func (s *Service) StreamEvents(ctx context.Context, c Caller, q StreamQuery, send func(Message) error) (err error) {
	after, err := s.cursorOrNow(ctx, c, q.Cursor)
	if err != nil {
		return err
	}
	d, err := s.open(ctx, DoorStream, c, s.inboxOf(c))
	if err != nil {
		return err
	}
	why := ""
	defer func() { d.close(ctx, why, err) }()
	st := stream{s: s, c: c, q: q, send: send, after: after}
	for due := false; ; {
		told := false
		aside.Do(func() { told, err = st.step(ctx, due) }) // all that goes deep, in one go
		if err != nil {
			return err
		}
		if told {
			d.restart(q.Heartbeat)
		}
		if end := d.over(); end != nil {
			why = end.Reason.String()
			return send(Message{Cursor: s.sealCursor(c.Player, st.after), End: end})
		}
		due = false
		if !st.more {
			if due, err = d.wait(ctx); err != nil {
				return err
			}
		}
	}
}

// stream is what an inbox stream has told.
type stream struct {
	s     *Service
	c     Caller
	q     StreamQuery
	send  func(Message) error
	ready bool
	// after is the position up to which it has told, more whether there is more to tell at once.
	after Position
	more  bool
}

// step reads what is new and tells it; if nothing is and a heartbeat is due, it tells that. The first step tells that the
// stream is ready, once its cursor has been found to be good.
func (st *stream) step(ctx context.Context, due bool) (told bool, err error) {
	page, upto, err := st.s.inboxAfter(ctx, st.c.Player, st.after, EventQuery{Size: maxEvents, Views: st.q.Views})
	if err != nil {
		return false, err
	}
	if !st.ready {
		if err := st.send(Message{Ready: true, Cursor: st.s.sealCursor(st.c.Player, st.after)}); err != nil {
			return false, err
		}
		st.ready, told = true, true
	}
	switch {
	case len(page.Events) > 0:
		told, err = true, st.send(Message{Cursor: page.Cursor, Page: &page})
	case due:
		told, err = true, st.send(Message{Cursor: page.Cursor, Heartbeat: true})
	}
	st.after, st.more = upto, page.More
	return told, err
}
