package server

import (
	"context"
	"fmt"
	"time"

	"yourmove/game"
	"yourmove/server/aside"
	"yourmove/server/feed"
)

// WatchQuery is which match to watch, and how.
type WatchQuery struct {
	Match game.MatchID
	// Since is the version after which to tell; nil: the present one.
	Since *uint64
	// Heartbeat is how often the stream shows that it lives.
	Heartbeat time.Duration
	// Views: also the match as it is now, with each message that has events.
	Views bool
}

// WatchMessage is one message of a match's stream. Exactly one of Ready, Events, Heartbeat and End is set.
type WatchMessage struct {
	Version   uint64
	Ready     bool
	Events    []ShownEvent
	View      *MatchView
	Heartbeat bool
	// Looking are the seats whose players look at the match, with Ready and Heartbeat.
	Looking []int
	End     *End
}

// WatchMatch tells the events of a match as they come, until send fails, ctx is done or the server ends it with a last
// message.
func (s *Service) WatchMatch(ctx context.Context, c Caller, q WatchQuery, send func(WatchMessage) error) (err error) {
	// Before joining: who is refused takes nobody's place. What happens meanwhile has later numbers and is read below.
	var w *watch
	var looking []int
	aside.Do(func() { w, looking, err = s.beginWatch(ctx, c, q) })
	if err != nil {
		return err
	}
	d, err := s.open(ctx, DoorWatch, c, func() *feed.Waiter { return s.feed.Match(c.Player, c.Session, q.Match) })
	if err != nil {
		return err
	}
	why := ""
	defer func() { d.close(ctx, why, err) }()
	w.send = send
	for due := false; ; {
		told := false
		aside.Do(func() { told, err = w.step(ctx, due, looking) }) // all that goes deep, in one go
		if err != nil {
			return err
		}
		if told {
			d.restart(q.Heartbeat)
		}
		end := d.over()
		if end == nil && w.end != 0 {
			end = &End{Reason: w.end}
		}
		if end != nil {
			why = end.Reason.String()
			return send(WatchMessage{Version: w.version, End: end})
		}
		due = false
		if !w.more {
			if due, err = d.wait(ctx); err != nil {
				return err
			}
		}
	}
}

// beginWatch judges whether the caller may watch, and finds where to begin and who is looking.
func (s *Service) beginWatch(ctx context.Context, c Caller, q WatchQuery) (*watch, []int, error) {
	m, err := s.find(ctx, c, q.Match, "")
	if err != nil {
		return nil, nil, err
	}
	if m.SeatOf(c.Player) == 0 && !m.Spectators {
		return nil, nil, game.Refuse(game.NotSeated, "only its players may watch this match")
	}
	w := &watch{
		s: s, c: c, kind: kind{m.Game, m.Ruleset}, id: m.ID, public: m.Spectators, guest: m.SeatOf(c.Player) == 0,
		opened: m.Version, version: m.Version,
		views: q.Views,
	}
	if q.Since != nil {
		if w.version = *q.Since; w.version > m.Version {
			return nil, nil, game.Refuse(game.CursorExpired, "since_version: the match is at version %d; read it and go on from there", m.Version)
		}
	}
	looking, err := s.lookingSeats(ctx, m.ID)
	return w, looking, err
}

// watch is what a watcher has been told.
type watch struct {
	s    *Service
	c    Caller
	kind kind
	id   game.MatchID
	// public: others than the players may watch. guest: he is such another one.
	public, guest bool
	// opened is the version when it was opened, version the one up to which was told.
	opened, version uint64
	views, ready    bool
	send            func(WatchMessage) error
	// more: there is more to tell at once. end is set when nothing more will be told.
	more bool
	end  EndReason
}

// step reads what is new in the match and tells it; if nothing is and a heartbeat is due, it tells that. The first step
// tells that the stream is ready; looking are those who look then.
func (w *watch) step(ctx context.Context, due bool, looking []int) (told bool, err error) {
	if !w.ready {
		if err := w.send(WatchMessage{Version: w.version, Ready: true, Looking: looking}); err != nil {
			return false, err
		}
		w.ready, told = true, true
	}
	shown, view, err := w.read(ctx)
	if err != nil {
		return told, err
	}
	switch {
	case len(shown) > 0:
		return true, w.send(WatchMessage{Version: w.version, Events: shown, View: view})
	case due && w.end == 0:
		if looking, err = w.s.lookingSeats(ctx, w.id); err != nil {
			return told, err
		}
		return true, w.send(WatchMessage{Version: w.version, Heartbeat: true, Looking: looking})
	}
	return told, nil
}

// read reads what is new in the match.
func (w *watch) read(ctx context.Context) (shown []ShownEvent, view *MatchView, err error) {
	if w.guest {
		// A block may have come between him and a player since the last time.
		m, err := w.s.loadAny(ctx, w.id)
		if err != nil {
			return nil, nil, err
		}
		if ok, err := w.s.maySee(ctx, m, w.c.Player, ""); err != nil {
			return nil, nil, err
		} else if !ok {
			w.end = EndMatchHidden
			return nil, nil, nil
		}
	}
	list, err := w.s.store.Events(ctx, w.id, w.version, maxEvents)
	if err != nil {
		return nil, nil, fmt.Errorf("load events of match %v: %w", w.id, err)
	}
	for _, e := range list {
		told := toldTo(e.Told, w.c.Player)
		later := !w.public && e.Version > w.opened
		if later && told.Player.IsZero() {
			w.end = EndMatchHidden // he has left: what happens from now on is the others' own
			break
		}
		shown = append(shown, w.s.showThen(w.kind, e, told.Seat, w.c.Player))
		w.version = e.Version
		switch e.Fact.(type) {
		case game.MatchFinished, game.MatchCancelled:
			w.end = EndMatchOver
		}
		if later && told.Standing == NoStanding {
			w.end = EndMatchHidden
		}
	}
	if len(list) == 0 && w.version == w.opened {
		// Nothing was left to tell: if the match is over, nothing ever will be.
		m, err := w.s.loadAny(ctx, w.id)
		if err != nil {
			return nil, nil, err
		}
		if m.State.Over() && m.Version == w.version {
			w.end = EndMatchOver
		}
	}
	if w.views && len(shown) > 0 {
		last := []InboxEvent{{Match: w.id}}
		if err := w.s.addViews(ctx, w.c.Player, last); err != nil {
			return nil, nil, err
		}
		view = last[0].View
	}
	w.s.heard(len(shown))
	w.more = len(list) == maxEvents && w.end == 0
	return shown, view, nil
}
