package boltstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
)

// Newest returns the position of the last commit of a match.
func (s *Store) Newest(ctx context.Context) (server.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := s.usable(); err != nil {
		return 0, err
	}
	_, _, newest := s.ends.look(game.PlayerID{})
	return server.Position(newest), nil
}

// Inbox reads what concerns a player.
func (s *Store) Inbox(ctx context.Context, q server.InboxQuery) (server.InboxPage, error) {
	if err := s.usable(); err != nil {
		return server.InboxPage{}, err
	}
	last, here, newest := s.ends.look(q.Player)
	after := uint64(q.After)
	page := server.InboxPage{Upto: server.Position(newest)}
	if after > newest {
		return page, fmt.Errorf("%w: it is at %d, and %d was asked for", server.ErrTrimmed, newest, after)
	}
	if here && last.position <= after {
		return page, ctx.Err()
	}
	err := s.view(ctx, func(tx *bolt.Tx) error {
		if !here {
			var err error
			if last, err = storedEnd(tx, q.Player); err != nil {
				return err
			}
		}
		w := trail{tx: tx, player: q.Player}
		list, more, err := w.after(last, after, q)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.position > newest { // the row was written after we looked: it is for the next page
				return nil
			}
			entry, err := e.entry()
			if err != nil {
				return damaged(bucketLog, positionKey(e.position), "%v", err)
			}
			page.Entries = append(page.Entries, entry)
		}
		if n := len(page.Entries); more && n > 0 {
			page.Upto, page.More = page.Entries[n-1].Position, true
		}
		return nil
	})
	if err != nil {
		return server.InboxPage{}, err
	}
	return page, nil
}

// trail reads an inbox backwards: each entry leads to the one before it, and to the anchor before it.
type trail struct {
	tx     *bolt.Tx
	player game.PlayerID
}

// step is an entry of an inbox.
type step struct {
	end
	previous uint64
	told     int // which of the record's told it is
	rec      *storev1.LogRecord
}

// at reads the entry at a position.
func (w trail) at(position uint64) (step, error) {
	key := positionKey(position)
	rec := new(storev1.LogRecord)
	found, err := getMessage(w.tx, bucketLog, key, rec)
	if err != nil {
		return step{}, err
	}
	s := step{rec: rec, told: -1}
	i := 0
	err = eachTold(key, rec, func(player game.PlayerID, e end, previous uint64) {
		if player == w.player {
			s.end, s.previous, s.told = e, previous, i
		}
		i++
	})
	if err != nil {
		return s, err
	}
	if !found || s.told < 0 {
		return s, damaged(bucketLog, key, "it should be in the inbox of player %v", w.player)
	}
	// So that each step leads on: a walk must come to its end, and skip nothing.
	if s.previous >= s.position || s.anchor > s.previous || (s.number == 1) != (s.previous == 0) || s.number == 0 {
		return s, damaged(bucketLog, key, "it leads to positions %d and %d, as entry %d of player %v", s.previous, s.anchor, s.number, w.player)
	}
	return s, nil
}

// before reads the entry before s.
func (w trail) before(s step) (step, error) {
	p, err := w.at(s.previous)
	if err == nil && p.number+1 != s.number {
		err = damaged(bucketLog, positionKey(s.position), "entry %d of player %v leads to entry %d", s.number, w.player, p.number)
	}
	return p, err
}

// after returns the entries behind a position, up to about q.Limit events, the oldest first.
func (w trail) after(last end, after uint64, q server.InboxQuery) (list []step, more bool, err error) {
	if last.position <= after {
		return nil, false, nil
	}
	// From anchor to anchor, as far back as there is something to tell; starts are where a walk may begin. It ends where
	// nothing is kept any more, so that it is not the longer the longer somebody was away.
	kept := last.number - min(last.number, uint64(max(q.Keep, 0)))
	s, err := w.at(last.position)
	if err == nil && s.end != last {
		err = damaged(bucketInboxes, w.player[:], "it says that the last entry is %+v, and the log has %+v", last, s.end)
	}
	starts := []step{s}
	for err == nil && s.anchor > after && s.number > kept {
		s, err = w.at(s.anchor)
		starts = append(starts, s)
	}
	// Then step by step to the oldest.
	list = append(list, s)
	for err == nil && s.previous > after && s.number > kept {
		s, err = w.before(s)
		list = append(list, s)
	}
	if err != nil {
		return nil, false, err
	}
	first := s
	if at := instant(first.rec.GetAtMs()); first.number <= kept || at.Before(q.Since) {
		return nil, false, fmt.Errorf("%w: entry %d of %d, of %v", server.ErrTrimmed, first.number, last.number, at.Format(time.RFC3339))
	}
	// The page lies between the oldest and the first start that is far enough from it.
	until := first.number + uint64(max(q.Limit, 1)) - 1
	for i := len(starts) - 2; i >= 0 && list[0].number < until; i-- {
		part := []step{starts[i]}
		for s := starts[i]; s.number > list[0].number+1; {
			if s, err = w.before(s); err != nil {
				return nil, false, err
			}
			part = append(part, s)
		}
		list = append(part, list...)
	}
	slices.Reverse(list)
	for i, events := 0, 0; i < len(list); i++ {
		if events += len(list[i].rec.GetEvents()); events >= q.Limit {
			list = list[:i+1]
		}
	}
	return list, list[len(list)-1].position < last.position, nil
}

func (s step) entry() (server.InboxEntry, error) {
	done, err := recordedFrom(s.rec)
	if err != nil {
		return server.InboxEntry{}, err
	}
	if len(s.rec.GetMatch()) != idLen {
		return server.InboxEntry{}, fmt.Errorf("a match id of %d bytes", len(s.rec.GetMatch()))
	}
	return server.InboxEntry{
		Position: server.Position(s.position), Match: game.MatchID(s.rec.GetMatch()), Told: done.Told[s.told], Recorded: done,
	}, nil
}

// toldOf writes whom a commit concerns.
func toldOf(list []server.Told) ([]*storev1.Told, error) {
	var out []*storev1.Told
	for i, t := range list {
		if t.Player.IsZero() || slices.ContainsFunc(list[:i], func(o server.Told) bool { return o.Player == t.Player }) {
			return nil, fmt.Errorf("it concerns player %v, nobody or twice", t.Player)
		}
		// A copy: the list belongs to the caller.
		out = append(out, &storev1.Told{Player: append([]byte(nil), t.Player[:]...), Seat: uint32(t.Seat), Standing: uint32(t.Standing)})
	}
	return out, nil
}

func toldFrom(list []*storev1.Told) ([]server.Told, error) {
	var out []server.Told
	for _, t := range list {
		player, err := playerID(t.GetPlayer())
		if err != nil {
			return nil, err
		}
		out = append(out, server.Told{Player: player, Seat: int(t.GetSeat()), Standing: server.Standing(t.GetStanding())})
	}
	return out, nil
}

// links is where a commit at a position lies in the inboxes of those whom it concerns. It adds to the plan the ends that
// they have then.
func (p *plan) link(tx *bolt.Tx, x *ends, told []server.Told) (*storev1.Links, error) {
	l := &storev1.Links{}
	for _, t := range told {
		was, err := x.of(tx, t.Player)
		if err != nil {
			return nil, err
		}
		is := was.next(p.position)
		l.Numbers = append(l.Numbers, is.number)
		l.Previous = append(l.Previous, was.position)
		l.Anchors = append(l.Anchors, is.anchor)
		p.ends = append(p.ends, newEnd{t.Player, is})
	}
	return l, nil
}

// newEnd is the end that a commit makes in an inbox.
type newEnd struct {
	player game.PlayerID
	end
}
