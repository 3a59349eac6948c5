package boltstore

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
)

// inboxCheck derives all inboxes from the log, while Check reads it.
type inboxCheck struct {
	ends     map[game.PlayerID]end
	mark     uint64
	compared bool                  // the rows were
	later    map[game.PlayerID]end // rows that tell of an end behind the mark
	whole    bool                  // the log was read to its end
}

// beginInboxes looks at the position up to which the rows are right.
func (c *checker) beginInboxes() {
	c.inbox.ends, c.inbox.later = map[game.PlayerID]end{}, map[game.PlayerID]end{}
	b := c.tx.Bucket(bucketLog)
	mark, err := getCount(c.tx, bucketMeta, metaMark)
	switch {
	case err != nil || c.tx.Bucket(bucketMeta).Get(metaMark) == nil:
		c.say(RecordDamaged, "", "bucket meta, key %s: missing or damaged (%v)", metaMark, err)
		c.inbox.compared = true // with nothing
	case mark > b.Sequence():
		c.say(IndexBroken, "", "bucket meta, key %s: the rows of inboxes are right up to position %d, and the log goes to %d",
			metaMark, mark, b.Sequence())
	}
	c.inbox.mark = mark
}

// told follows the inboxes that a commit belongs to. After a wrong link it goes on with what the commit says, so that
// each is named once.
func (c *checker) told(k []byte, rec *storev1.LogRecord) {
	x := &c.inbox
	if len(k) == 8 && binary.BigEndian.Uint64(k) > x.mark {
		c.compareEnds()
	}
	id := matchName(rec)
	var seen []game.PlayerID
	err := eachTold(k, rec, func(player game.PlayerID, e end, previous uint64) {
		if player.IsZero() || slices.Contains(seen, player) {
			c.say(IndexBroken, id, "bucket log, key %x: it concerns player %v, nobody or twice", k, player)
			return
		}
		seen = append(seen, player)
		was := x.ends[player]
		if is := was.next(e.position); e != is || previous != was.position {
			c.say(IndexBroken, id, "bucket log, key %x: in the inbox of player %v it is entry %d, leads to %d and has its anchor at %d; want %d, %d and %d",
				k, player, e.number, previous, e.anchor, is.number, was.position, is.anchor)
		}
		x.ends[player] = e
		if row, ok := x.later[player]; ok && row.position <= e.position {
			delete(x.later, player)
			c.sameEnd(player, row, e)
		}
	})
	if err != nil {
		c.say(IndexBroken, id, "%v", err)
	}
}

func matchName(rec *storev1.LogRecord) string {
	if len(rec.GetMatch()) != idLen {
		return ""
	}
	return game.MatchID(rec.GetMatch()).String()
}

// sameEnd compares a row with the end that it should tell of.
func (c *checker) sameEnd(player game.PlayerID, row, want end) {
	if row != want {
		c.say(IndexBroken, "", "bucket inboxes, key %x: says that entry %d is the last, at %d with its anchor at %d; want %d, %d and %d",
			player[:], row.number, row.position, row.anchor, want.number, want.position, want.anchor)
	}
}

// compareEnds compares the rows with the ends that inboxes had at the mark. One may be ahead of it: then it has to be the
// end that a later commit made.
func (c *checker) compareEnds() {
	x := &c.inbox
	if x.compared {
		return
	}
	x.compared = true
	right := 0
	cur := c.tx.Bucket(bucketInboxes).Cursor()
	for k, _ := cur.First(); k != nil; k, _ = cur.Next() {
		if len(k) != idLen {
			c.say(RecordDamaged, "", "bucket inboxes, key %x: not an id", k)
			continue
		}
		player := game.PlayerID(k)
		row, err := storedEnd(c.tx, player)
		want, there := x.ends[player]
		switch {
		case err != nil:
			c.say(RecordDamaged, "", "%v", err)
		case row.position > x.mark:
			x.later[player] = row
		case !there:
			c.say(IndexBroken, "", "bucket inboxes, key %x: nothing up to position %d concerns this player", k, x.mark)
		default:
			c.sameEnd(player, row, want)
		}
		if there {
			right++
		}
	}
	if right == len(x.ends) {
		return
	}
	var missing []game.PlayerID
	for p := range x.ends {
		if c.tx.Bucket(bucketInboxes).Get(p[:]) == nil {
			missing = append(missing, p)
		}
	}
	slices.SortFunc(missing, func(a, b game.PlayerID) int { return bytes.Compare(a[:], b[:]) })
	for _, p := range missing {
		c.say(IndexBroken, "", "bucket inboxes, key %x: missing, %d entries up to position %d concern this player", p[:], x.ends[p].number, x.mark)
	}
}

// inboxes checks what the pass over the log has not: the rows, if the log has nothing behind the mark, and the epoch.
func (c *checker) inboxes() error {
	if c.inbox.whole {
		c.compareEnds()
		for _, p := range slices.SortedFunc(maps.Keys(c.inbox.later), func(a, b game.PlayerID) int { return bytes.Compare(a[:], b[:]) }) {
			c.say(IndexBroken, "", "bucket inboxes, key %x: tells of a commit at %d, which is not in the log or concerns others", p[:], c.inbox.later[p].position)
		}
	}
	if _, err := epochOf(c.tx); err != nil {
		c.say(RecordDamaged, "", "%v", err)
	}
	return c.ctx.Err()
}
