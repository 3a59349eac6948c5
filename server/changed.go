package server

import (
	"context"
	"errors"
	"fmt"

	"yourmove/game"
)

// listChanged lists the caller's matches in which something happened since a cursor, the most urgent first, and those
// that are no longer his.
func (s *Service) listChanged(ctx context.Context, c Caller, q ListMatches) (ListedMatches, error) {
	after, err := s.openCursor(c.Player, q.ChangedSince)
	if err != nil {
		return ListedMatches{}, err
	}
	var ids []game.MatchID
	seen := map[game.MatchID]bool{}
	for more := true; more; {
		page, err := s.entriesAfter(ctx, c.Player, after, maxEvents)
		if err != nil {
			return ListedMatches{}, err
		}
		for _, e := range page.Entries {
			if !seen[e.Match] {
				seen[e.Match] = true
				ids = append(ids, e.Match)
			}
		}
		after, more = page.Upto, page.More
	}
	// The matches are read after the inbox, so they hold at least what the cursor stands for.
	list := ListedMatches{Cursor: s.sealCursor(c.Player, after)}
	var own OwnMatches
	for _, id := range ids {
		m, _, err := s.store.Match(ctx, id, nil)
		if errors.Is(err, ErrNotFound) {
			list.Gone = append(list.Gone, id)
			continue
		}
		if err != nil {
			return list, fmt.Errorf("load match %v: %w", id, err)
		}
		if m.SeatOf(c.Player) == 0 {
			list.Gone = append(list.Gone, id)
			continue
		}
		private, err := s.store.Private(ctx, id, c.Player)
		if err != nil {
			return list, fmt.Errorf("load what a player keeps about match %v: %w", id, err)
		}
		own.Current = append(own.Current, OwnMatch{Match: m, Private: private})
	}
	page := pager{s: s, c: c, full: q.Full}
	if err := page.load(ctx, own); err != nil {
		return list, err
	}
	for _, o := range urgentFirst(own.Current, c.Player) {
		if err := page.add(ctx, o); err != nil {
			return list, err
		}
	}
	list.Matches = page.out
	return list, nil
}
