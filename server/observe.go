package server

import (
	"context"
	"fmt"

	"yourmove/game"
	"yourmove/server/feed"
)

// An operator watches as nobody: no player is taken to be there, no door of a player's is ended for it, and what is told
// is what a spectator may know.

// ObserveMatch tells a match from its first event on, as it comes, until it is over. Neither events nor an end: the
// stream lives.
func (s *Service) ObserveMatch(ctx context.Context, id game.MatchID, tell func([]InboxEvent, *End) error) error {
	d, err := s.open(ctx, DoorWatch, Caller{}, func() *feed.Waiter { return s.feed.Observe(game.PlayerID{}, id) })
	if err != nil {
		return err
	}
	m, err := s.loadAny(ctx, id)
	if err != nil {
		d.close(ctx, "", err)
		return err
	}
	k, version, over := kind{m.Game, m.Ruleset}, uint64(0), false
	return d.observe(ctx, tell, func() ([]InboxEvent, bool, *End, error) {
		list, err := s.store.Events(ctx, id, version, maxEvents)
		if err != nil {
			return nil, false, nil, fmt.Errorf("load events of match %v: %w", id, err)
		}
		var events []InboxEvent
		for _, e := range list {
			version = e.Version
			switch e.Fact.(type) {
			case game.MatchFinished, game.MatchCancelled:
				over = true
			}
			events = append(events, InboxEvent{Match: id, Game: k.game, Event: s.showThen(k, e, 0, game.PlayerID{})})
		}
		if over {
			return events, false, &End{Reason: EndMatchOver}, nil
		}
		return events, len(list) == maxEvents, nil, nil
	})
}

// ObservePlayer tells what concerns a player from now on, as it comes.
func (s *Service) ObservePlayer(ctx context.Context, id game.PlayerID, tell func([]InboxEvent, *End) error) error {
	if _, err := s.GetPlayer(ctx, id); err != nil {
		return err
	}
	after, err := s.cursorOrNow(ctx, Caller{}, "")
	if err != nil {
		return err
	}
	d, err := s.open(ctx, DoorWatch, Caller{}, func() *feed.Waiter { return s.feed.Observe(id, game.MatchID{}) })
	if err != nil {
		return err
	}
	return d.observe(ctx, tell, func() ([]InboxEvent, bool, *End, error) {
		page, err := s.entriesAfter(ctx, id, after, maxEvents)
		if err != nil {
			return nil, false, nil, err
		}
		var events []InboxEvent
		for _, e := range page.Entries {
			k, err := s.kindOf(ctx, e.Match)
			if err != nil {
				return nil, false, nil, err
			}
			for _, fact := range e.Recorded.Events {
				shown := s.showThen(k, StoredEvent{Event: fact}, 0, game.PlayerID{})
				events = append(events, InboxEvent{Match: e.Match, Game: k.game, Told: e.Told, Event: shown})
			}
		}
		after = page.Upto
		return events, page.More, nil, nil
	})
}

// observe tells what read finds, and a sign of life when it finds nothing for long.
func (d *door) observe(ctx context.Context, tell func([]InboxEvent, *End) error, read func() (events []InboxEvent, more bool, end *End, err error)) (err error) {
	why := ""
	defer func() { d.close(ctx, why, err) }()
	d.restart(DefaultHeartbeat)
	for due := true; ; { // the first message comes at once: the stream is open
		events, more, end, err := read()
		if err != nil {
			return err
		}
		if len(events) > 0 || due {
			if err := tell(events, nil); err != nil {
				return err
			}
			d.restart(DefaultHeartbeat)
		}
		if end == nil {
			end = d.over()
		}
		if end != nil {
			why = end.Reason.String()
			return tell(nil, end)
		}
		due = false
		if !more {
			if due, err = d.wait(ctx); err != nil {
				return err
			}
		}
	}
}
