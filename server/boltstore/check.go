package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
	"yourmove/server/auth"
)

// Problem is a broken invariant, or something that an operator should know.
type Problem struct {
	// Kind is one of the words below.
	Kind ProblemKind `json:"kind"`
	// Match is the match that it is about, empty when it is about none.
	Match string `json:"match,omitempty"`
	// Detail names bucket and key, and says what is wrong.
	Detail string `json:"detail"`
	// Notice: nothing is damaged.
	Notice bool `json:"notice,omitempty"`
}

// ProblemKind sorts problems.
type ProblemKind string

// The kinds of problem.
const (
	PagesDamaged   ProblemKind = "pages damaged"   // bbolt's own structure
	RecordDamaged  ProblemKind = "record damaged"  // a checksum, or a record that cannot be read
	HistoryBroken  ProblemKind = "history broken"  // events are missing, doubled or do not fit the match
	IndexBroken    ProblemKind = "index broken"    // a row is missing, wrong or leads nowhere
	CountWrong     ProblemKind = "count wrong"     // a number that is not what there is
	Orphan         ProblemKind = "orphan"          // a record that belongs to nothing
	RulesetMissing ProblemKind = "ruleset missing" // a match that this program can show but not play
)

// CheckStats tell how much was checked.
type CheckStats struct {
	Matches uint64 `json:"matches"`
	Events  uint64 `json:"events"`
}

// Check reads everything and reports every invariant that does not hold. known says which versions of which games this
// program can play; nil: all. The error is that of ctx, or of the database as a whole. It holds one read transaction for
// as long as it takes, so the file of a server that writes meanwhile grows.
func (s *Store) Check(ctx context.Context, known func(game string, version int) bool, report func(Problem)) (CheckStats, error) {
	c := &checker{ctx: ctx, known: known, report: report, counts: map[string]uint64{}}
	err := s.view(ctx, func(tx *bolt.Tx) error {
		c.tx = tx
		if s.halfMeta {
			c.say(PagesDamaged, "", "one of the two meta pages: the last commit may be lost")
		}
		sound, err := s.walkPages(ctx, tx, func(what string) { c.say(PagesDamaged, "", "%s", what) })
		if err != nil {
			return err
		}
		if !sound {
			return nil // to read on could end in a fault or in a circle
		}
		for _, part := range []func() error{
			c.heads, c.log, c.inboxes, c.history, c.positions, c.members, c.open, c.lapses, c.codes, c.creations,
			c.invitations, c.privates, c.players, c.identities, c.sessions, c.ended, c.tallies, c.meta,
		} {
			// One damaged page must not hide what can still be found elsewhere.
			err := guarded(s.log, part)
			if errors.Is(err, server.ErrDamaged) {
				sound = false
				c.say(PagesDamaged, "", "%v", err)
			} else if err != nil {
				return err
			}
		}
		if !sound {
			return nil // bbolt's own check does not take such pages well
		}
		for err := range tx.Check() {
			c.say(PagesDamaged, "", "%v", err)
		}
		return ctx.Err()
	})
	return c.stats, err
}

// checker is one run of Check.
type checker struct {
	ctx    context.Context
	tx     *bolt.Tx
	known  func(string, int) bool
	report func(Problem)
	stats  CheckStats
	counts map[string]uint64 // what bucket counts should have
	listed uint64            // commits in all lists of matches
	inbox  inboxCheck
}

func (c *checker) say(kind ProblemKind, match string, format string, args ...any) {
	c.report(Problem{Kind: kind, Match: match, Detail: fmt.Sprintf(format, args...)})
}

// each calls fn with every key of a bucket and the body of its record.
func (c *checker) each(bucket []byte, withBody bool, fn func(k, body []byte)) error {
	return c.tx.Bucket(bucket).ForEach(func(k, v []byte) error {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		body := v
		if withBody {
			var err error
			if body, err = unseal(bucket, k, v); err != nil {
				c.say(RecordDamaged, "", "%v", err)
				return nil
			}
		} else if len(v) > 0 {
			c.say(RecordDamaged, "", "bucket %s, key %x: a value where there should be none", bucket, k)
		}
		fn(k, body)
		return nil
	})
}

// heads checks every match: its record, its events and the rows that lead to it.
func (c *checker) heads() error {
	return c.each(bucketHeads, true, func(k, body []byte) {
		var h storev1.MatchHead
		if err := parse(bucketHeads, k, body, &h); err != nil || len(k) != idLen {
			c.say(RecordDamaged, "", "bucket heads, key %x: %v", k, err)
			return
		}
		c.stats.Matches++
		id := game.MatchID(k)
		m, err := match(c.tx, id, &h)
		if err != nil {
			c.say(RecordDamaged, id.String(), "%v", err)
			return
		}
		c.counts[string(countKey(m.Game, m.Ruleset, m.State))]++
		if c.known != nil && m.Ruled() && !m.State.Over() && !c.known(m.Game, m.Ruleset) {
			c.report(Problem{
				Kind: RulesetMissing, Match: id.String(), Notice: true,
				Detail: fmt.Sprintf("%s version %d", m.Game, m.Ruleset),
			})
		}
		for _, r := range rowsOf(&m) {
			v := c.tx.Bucket(r.bucket).Get(r.key)
			if v == nil || !bytes.Equal(v, r.record()) {
				c.say(IndexBroken, id.String(), "bucket %s, key %x: missing or wrong", r.bucket, r.key)
			}
		}
		if err := c.events(&m, &h); err != nil {
			c.say(HistoryBroken, id.String(), "%v", err)
		}
	})
}

// events follows the history of a match from its first event to its last.
func (c *checker) events(m *game.Match, h *storev1.MatchHead) error {
	if n := len(h.GetRecent().GetPositions()); h.GetPaged()%pageCommits != 0 || n >= pageCommits ||
		len(h.GetRecent().GetRequests()) != n || len(h.GetRecent().GetVersions()) != n {
		return fmt.Errorf("its list of commits has %d in pages, then %d", h.GetPaged(), n)
	}
	next, before := uint64(1), uint64(0)
	state := game.Gathering
	err := eachCommit(c.tx, m.ID, h, 1, func(position, version uint64) (bool, error) {
		c.listed++
		if position <= before || version != next {
			return false, fmt.Errorf("after event %d comes %d, at position %d of the log after %d", next-1, version, position, before)
		}
		done, err := recorded(c.tx, m.ID, position)
		if err != nil {
			return false, err
		}
		if key := creationKey(done.Request.RequestKey); version == 1 && done.Request != (server.Request{}) {
			if to, found, err := getID(c.tx, bucketCreations, key); err != nil || !found || to != m.ID {
				c.say(IndexBroken, m.ID.String(), "bucket creations, key %x: missing or wrong (%v)", key, err)
			}
		}
		for _, e := range done.Events {
			if e.Version != next {
				return false, fmt.Errorf("event %d lies where %d should", e.Version, next)
			}
			if _, first := e.Fact.(game.MatchCreated); first != (next == 1) || state.Over() {
				return false, fmt.Errorf("event %d: %T does not belong there", next, e.Fact)
			}
			switch e.Fact.(type) {
			case game.MatchStarted:
				state = game.Active
			case game.MatchFinished:
				state = game.Finished
			case game.MatchCancelled:
				state = game.Cancelled
			}
			next++
			c.stats.Events++
		}
		before = position
		return true, nil
	})
	switch {
	case err != nil:
		return err
	case next != m.Version+1:
		return fmt.Errorf("the match is at version %d and has %d events", m.Version, next-1)
	case state != m.State:
		return fmt.Errorf("the match is %v and its events make it %v", m.State, state)
	}
	return nil
}

// log follows the inboxes through all commits, and looks for commits that no match lists.
func (c *checker) log() error {
	c.beginInboxes()
	n := uint64(0)
	last := uint64(0)
	if err := c.each(bucketLog, true, func(k, body []byte) {
		n++
		if len(k) == 8 {
			last = binary.BigEndian.Uint64(k)
		}
		var rec storev1.LogRecord
		if err := parse(bucketLog, k, body, &rec); err != nil {
			c.say(RecordDamaged, "", "%v", err)
			return
		}
		c.told(k, &rec)
	}); err != nil {
		return err
	}
	c.inbox.whole = true
	if seq := c.tx.Bucket(bucketLog).Sequence(); seq < last {
		c.say(HistoryBroken, "", "the log goes to position %d and the next one would be %d", last, seq+1)
	}
	if n == c.listed {
		return nil
	}
	// Each match lists commits of its own, so some here are listed by none.
	return c.each(bucketLog, true, func(k, body []byte) {
		var rec storev1.LogRecord
		if parse(bucketLog, k, body, &rec) != nil || len(rec.GetMatch()) != idLen {
			return
		}
		id := game.MatchID(rec.GetMatch())
		h, err := head(c.tx, id)
		found := false
		if err == nil {
			err = eachCommit(c.tx, id, h, rec.GetVersion(), func(position, _ uint64) (bool, error) {
				found = positionIs(k, position)
				return false, nil
			})
		}
		if !found {
			c.say(Orphan, id.String(), "bucket log, key %x: a commit that its match does not list (%v)", k, err)
		}
	})
}

func positionIs(k []byte, position uint64) bool { return bytes.Equal(k, positionKey(position)) }

func (c *checker) history() error {
	return c.each(bucketHistory, true, func(k, _ []byte) {
		if len(k) == idLen+4 {
			h, err := head(c.tx, game.MatchID(k[:idLen]))
			if err == nil && uint64(binary.BigEndian.Uint32(k[idLen:])) < h.GetPaged()/pageCommits {
				return
			}
		}
		c.say(Orphan, "", "bucket history, key %x: no match has this page", k)
	})
}

func (c *checker) positions() error {
	return c.each(bucketPositions, true, func(k, _ []byte) {
		if len(k) == idLen {
			if h, err := head(c.tx, game.MatchID(k)); err == nil && h.GetPositionApart() {
				return
			}
		}
		c.say(Orphan, "", "bucket positions, key %x: no match has its position here", k)
	})
}

// row reports a row that the match with this id does not lead to.
func (c *checker) row(bucket, k []byte, id []byte) {
	if len(id) == idLen {
		if m, err := readMatch(c.tx, game.MatchID(id)); err == nil {
			for _, r := range rowsOf(&m) {
				if bytes.Equal(r.bucket, bucket) && bytes.Equal(r.key, k) {
					return
				}
			}
		}
	}
	c.say(IndexBroken, "", "bucket %s, key %x: nothing belongs there", bucket, k)
}

func (c *checker) rowsByEnd(bucket []byte) error {
	return c.each(bucket, false, func(k, _ []byte) { c.row(bucket, k, k[max(0, len(k)-idLen):]) })
}

func (c *checker) members() error { return c.rowsByEnd(bucketMembers) }
func (c *checker) open() error    { return c.rowsByEnd(bucketOpen) }
func (c *checker) lapses() error  { return c.rowsByEnd(bucketLapses) }

func (c *checker) invitations() error {
	return c.each(bucketInvitations, false, func(k, _ []byte) {
		c.row(bucketInvitations, k, k[min(len(k), idLen):max(min(len(k), idLen), len(k)-1)])
	})
}

func (c *checker) codes() error {
	return c.each(bucketCodes, true, func(k, body []byte) { c.row(bucketCodes, k, body) })
}

// creations looks for requests that made another match than they say, or none.
func (c *checker) creations() error {
	return c.each(bucketCreations, true, func(k, body []byte) {
		if len(body) == idLen && len(k) == 2*idLen {
			id := game.MatchID(body)
			h, err := head(c.tx, id)
			if err == nil {
				var by server.Request
				err = eachCommit(c.tx, id, h, 1, func(position, _ uint64) (bool, error) {
					done, err := recorded(c.tx, id, position)
					by = done.Request
					return false, err
				})
				if err == nil && bytes.Equal(creationKey(by.RequestKey), k) {
					return
				}
			}
		}
		c.say(IndexBroken, "", "bucket creations, key %x: the request did not make this match", k)
	})
}

func (c *checker) privates() error {
	return c.each(bucketPrivates, true, func(k, body []byte) {
		var rec storev1.Private
		if err := parse(bucketPrivates, k, body, &rec); err != nil {
			c.say(RecordDamaged, "", "%v", err)
		}
		if len(k) != 2*idLen || c.tx.Bucket(bucketHeads).Get(k[:idLen]) == nil {
			c.say(Orphan, "", "bucket privates, key %x: there is no such match", k)
		}
	})
}

func (c *checker) players() error {
	n := uint64(0)
	err := c.each(bucketPlayers, true, func(k, _ []byte) {
		n++
		if len(k) != idLen {
			c.say(RecordDamaged, "", "bucket players, key %x: not an id", k)
			return
		}
		p, _, err := readPlayer(c.tx, game.PlayerID(k))
		if err != nil {
			c.say(RecordDamaged, "", "%v", err)
			return
		}
		for _, r := range identityRows(&p) {
			if !bytes.Equal(c.tx.Bucket(r.bucket).Get(r.key), r.record()) {
				c.say(IndexBroken, "", "bucket identities, key %x: missing, or not of player %v", r.key, p.ID)
			}
		}
	})
	if err != nil {
		return err
	}
	if stored, err := getCount(c.tx, bucketMeta, metaPlayers); err != nil || stored != n {
		c.say(CountWrong, "", "bucket meta: %d players are counted and %d are there (%v)", stored, n, err)
	}
	return nil
}

func (c *checker) identities() error {
	return c.each(bucketIdentities, true, func(k, body []byte) {
		if len(body) == idLen {
			p, _, err := readPlayer(c.tx, game.PlayerID(body))
			for _, r := range identityRows(&p) {
				if err == nil && bytes.Equal(r.key, k) {
					return
				}
			}
		}
		c.say(IndexBroken, "", "bucket identities, key %x: its player does not have it", k)
	})
}

func (c *checker) sessions() error {
	return c.each(bucketSessions, true, func(k, _ []byte) {
		if len(k) != idLen {
			c.say(RecordDamaged, "", "bucket sessions, key %x: not an id", k)
			return
		}
		v, _, err := readSession(c.tx, auth.SessionID(k))
		if err != nil {
			c.say(RecordDamaged, "", "%v", err)
			return
		}
		for _, r := range endedRows(&v) {
			if c.tx.Bucket(r.bucket).Get(r.key) == nil {
				c.say(IndexBroken, "", "bucket ended, key %x: missing", r.key)
			}
		}
		if c.tx.Bucket(bucketPlayers).Get(v.Player[:]) == nil {
			c.say(Orphan, "", "bucket sessions, key %x: there is no player %v", k, v.Player)
		}
	})
}

func (c *checker) ended() error {
	return c.each(bucketEnded, false, func(k, _ []byte) {
		if id, err := idAtEnd(bucketEnded, k); err == nil {
			v, found, err := readSession(c.tx, auth.SessionID(id))
			if rows := endedRows(&v); err == nil && found && len(rows) == 1 && bytes.Equal(rows[0].key, k) {
				return
			}
		}
		c.say(IndexBroken, "", "bucket ended, key %x: no session ended then", k)
	})
}

// tallies compares the counts with what there is.
func (c *checker) tallies() error {
	err := c.each(bucketCounts, true, func(k, _ []byte) {
		n, err := getCount(c.tx, bucketCounts, k)
		if err != nil || n != c.counts[string(k)] {
			c.say(CountWrong, "", "bucket counts, key %x: says %d, there are %d (%v)", k, n, c.counts[string(k)], err)
		}
		delete(c.counts, string(k))
	})
	var left []string
	for k := range c.counts {
		left = append(left, k)
	}
	sort.Strings(left)
	for _, k := range left {
		c.say(CountWrong, "", "bucket counts, key %x: missing, there are %d", k, c.counts[k])
	}
	return err
}

func (c *checker) meta() error { return c.each(bucketMeta, true, func(_, _ []byte) {}) }
