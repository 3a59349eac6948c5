package server

import (
	"context"
	"errors"
	"fmt"

	"yourmove/game"
)

const (
	// maxEvents is how many events one answer or message has at most, but for those that happened at once.
	maxEvents     = 500
	defaultEvents = 100
	// inboxPage bounds the moves of a page, in bytes.
	inboxPage = 256 << 10
)

// InboxEvent is an event of one of the player's matches, as his seat could know it when it happened.
type InboxEvent struct {
	Match game.MatchID
	Game  string
	// Told is the seat that he had then and what the match was to him afterwards.
	Told  Told
	Event ShownEvent
	// View is the match as it is now, if views were asked for, on the last event of each match.
	View *MatchView
}

// EventPage is a part of an inbox.
type EventPage struct {
	Events []InboxEvent
	// Cursor is from where to go on; More: at once, because there is more.
	Cursor string
	More   bool
}

// EventQuery is what to read of the caller's inbox.
type EventQuery struct {
	// Cursor from which on; empty: from now.
	Cursor string
	// Size in events; 0: 100.
	Size int
	// Views: also the matches as they are now.
	Views bool
}

// ListEvents tells what happened since a cursor.
func (s *Service) ListEvents(ctx context.Context, c Caller, q EventQuery) (EventPage, error) {
	after, err := s.cursorOrNow(ctx, c, q.Cursor)
	if err != nil {
		return EventPage{}, err
	}
	page, _, err := s.inboxAfter(ctx, c.Player, after, q)
	return page, err
}

// cursorOrNow opens a cursor; an empty one is the present end of everything.
func (s *Service) cursorOrNow(ctx context.Context, c Caller, cursor string) (Position, error) {
	if cursor != "" {
		return s.openCursor(c.Player, cursor)
	}
	now, err := s.store.Newest(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the end of the inbox of %v: %w", c.Player, err)
	}
	return now, nil
}

// newCursor seals a cursor for now.
func (s *Service) newCursor(ctx context.Context, c Caller) (string, error) {
	now, err := s.cursorOrNow(ctx, c, "")
	if err != nil {
		return "", err
	}
	return s.sealCursor(c.Player, now), nil
}

// entriesAfter reads commits of an inbox.
func (s *Service) entriesAfter(ctx context.Context, player game.PlayerID, after Position, limit int) (InboxPage, error) {
	page, err := s.store.Inbox(ctx, InboxQuery{
		Player: player, After: after, Limit: limit, Keep: s.limits.InboxCommits, Since: s.instant().Add(-s.limits.InboxAge),
	})
	if errors.Is(err, ErrTrimmed) {
		s.log.InfoContext(ctx, "a cursor has expired", "player", player, "err", err)
		return page, errExpired()
	}
	if err != nil {
		return page, fmt.Errorf("read the inbox of %v: %w", player, err)
	}
	return page, nil
}

// inboxAfter reads and shows a page of an inbox, and tells the position up to which it goes.
func (s *Service) inboxAfter(ctx context.Context, player game.PlayerID, after Position, q EventQuery) (EventPage, Position, error) {
	if q.Size == 0 {
		q.Size = defaultEvents
	}
	read, err := s.entriesAfter(ctx, player, after, q.Size)
	if err != nil {
		return EventPage{}, 0, err
	}
	page := EventPage{More: read.More}
	size := 0
	for i, e := range read.Entries {
		if size > inboxPage {
			page.More, read.Upto = true, read.Entries[i-1].Position
			break
		}
		k, err := s.kindOf(ctx, e.Match)
		if err != nil {
			return EventPage{}, 0, err
		}
		for _, fact := range e.Recorded.Events {
			shown := s.showThen(k, StoredEvent{Event: fact, Request: e.Recorded.Request}, e.Told.Seat, player)
			page.Events = append(page.Events, InboxEvent{Match: e.Match, Game: k.game, Told: e.Told, Event: shown})
			size += sizeOf(fact)
		}
	}
	if q.Views {
		if err := s.addViews(ctx, player, page.Events); err != nil {
			return EventPage{}, 0, err
		}
	}
	page.Cursor = s.sealCursor(player, read.Upto)
	s.heard(len(page.Events))
	return page, read.Upto, nil
}

// sizeOf is about how many bytes an event takes up beyond what all take.
func sizeOf(e game.Event) (n int) {
	if t, ok := e.Fact.(game.TurnTaken); ok {
		for _, mv := range t.Moves {
			n += len(mv.Text) + len(mv.Data) + len(mv.Chance)
		}
	}
	return n
}

// addViews puts each match as it is now onto the last of its events, until they are many.
func (s *Service) addViews(ctx context.Context, player game.PlayerID, events []InboxEvent) error {
	seen := map[game.MatchID]bool{}
	size := 0
	for i := len(events) - 1; i >= 0 && size < fullPage; i-- {
		e := &events[i]
		if seen[e.Match] {
			continue
		}
		seen[e.Match] = true
		m, err := s.find(ctx, Caller{Player: player}, e.Match, "")
		var refused *game.Error
		if errors.As(err, &refused) && refused.Reason == game.NoSuchMatch {
			continue // he left, or was never let in
		}
		if err != nil {
			return err
		}
		v, err := s.view(ctx, m, player, viewOptions{})
		if err != nil {
			return err
		}
		e.View = &v
		size += len(v.View) + len(v.Match.Relay.Data) + len(v.Match.Options) + 400
	}
	return nil
}

// AckEvents notes what has arrived with the caller, and what is on his screen; seen nil says nothing of that.
func (s *Service) AckEvents(ctx context.Context, c Caller, cursor string, seen *Seen) error {
	if cursor != "" {
		at, err := s.openCursor(c.Player, cursor)
		if err != nil {
			return err
		}
		s.presence.received(c, at, s.now())
	}
	switch {
	case seen == nil:
		return nil
	case seen.Match == game.MatchID{}:
		s.presence.lookedAway(c)
		return nil
	}
	m, err := s.find(ctx, c, seen.Match, "")
	if err != nil {
		return err
	}
	s.presence.lookedAway(c) // an app shows one match at a time
	s.presence.looked(c, m.ID, s.now())
	if m.PlaysIn(c.Player) == 0 {
		return nil
	}
	version := min(seen.Version, m.Version)
	if m.State.Over() && version == m.Version {
		// What a match is to the player changes with it, so it is kept at once.
		_, err := s.keepPrivate(ctx, c, m.ID, func(_ game.Match, p *Private) error {
			if p.Seen && p.SeenVersion >= version {
				return errSeenAlready
			}
			p.Seen, p.SeenVersion = true, max(p.SeenVersion, version)
			return nil
		})
		if errors.Is(err, errSeenAlready) {
			return nil
		}
		return err
	}
	s.presence.saw(c.Player, m.ID, version)
	return nil
}

// Seen is what is on a player's screen: a version of a match, or with a zero Match nothing of ours.
type Seen struct {
	Match   game.MatchID
	Version uint64
}
