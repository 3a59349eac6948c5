package boltstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
)

const (
	// pageCommits is how many commits a page of a match's history has.
	pageCommits = 32
	// linksSpare is room behind an encoded log record for the links of two inboxes.
	linksSpare = 64
	// recentSpare is room behind an encoded head for the list of its recent commits.
	recentSpare = 192
	// longestText bounds texts that become keys; bbolt's own limit is 32 KiB.
	longestText = 1 << 10
)

// pending is a commit on its way through the writer. All that needs no transaction is encoded by whoever submits it.
type pending struct {
	commit *server.Commit
	// The records, with room for their checksums. The head still lacks the list of its commits, the log record its links.
	head, apart, log, player, session, private []byte
	// request is the hash of the commit's request.
	request uint32
	size    int
	err     error
	done    chan struct{}
}

// prepare encodes a commit. It refuses what the store could not keep or find again.
func prepare(c *server.Commit, hashKey []byte) (*pending, error) {
	p := &pending{commit: c, done: make(chan struct{})}
	var err error
	if c.Match != nil {
		m := &c.Match.Match
		if strings.IndexByte(m.Game, 0) >= 0 || len(m.Game) > longestText || len(m.JoinCode) > longestText {
			return nil, fmt.Errorf("match %v: its game or join code cannot be kept", m.ID)
		}
		if m.State < game.Gathering || m.State > game.Cancelled {
			return nil, fmt.Errorf("match %v: state %d", m.ID, int(m.State))
		}
		rec, err := logRecordOf(c.Match, c.Request, c.Told)
		if err != nil {
			return nil, fmt.Errorf("match %v: %w", m.ID, err)
		}
		if p.log, err = encode(rec, linksSpare); err != nil {
			return nil, err
		}
		h, apart := headOf(m)
		if p.head, err = encode(h, recentSpare); err != nil {
			return nil, err
		}
		if apart != nil {
			p.apart = append(make([]byte, sumLen, sumLen+len(apart)), apart...)
		}
		if c.Request != nil {
			p.request = requestHash(hashKey, c.Request.RequestKey)
		}
	} else if c.Request != nil || len(c.Told) > 0 {
		return nil, errors.New("a request or an inbox without a change of a match")
	}
	if c.Player != nil {
		for _, i := range c.Player.Identities {
			if strings.IndexByte(i.Kind, 0) >= 0 || len(i.Kind)+len(i.Subject) > longestText {
				return nil, fmt.Errorf("player %v: an identity of kind %q cannot be kept", c.Player.ID, i.Kind)
			}
		}
		if p.player, err = encode(playerOf(c.Player), 0); err != nil {
			return nil, err
		}
	}
	if c.Session != nil {
		if p.session, err = encode(sessionOf(c.Session), 0); err != nil {
			return nil, err
		}
	}
	if c.Private != nil {
		s, err := privateOf(c.Private)
		if err != nil {
			return nil, err
		}
		if p.private, err = encode(s, 0); err != nil {
			return nil, err
		}
	}
	p.size = len(p.head) + len(p.apart) + len(p.log) + len(p.player) + len(p.session) + len(p.private)
	return p, nil
}

// requestHash is what the list of a match's commits has of a request. The key keeps anyone from making two requests
// with one hash. It is never 0, which means that there was no request.
func requestHash(hashKey []byte, key server.RequestKey) uint32 {
	buf := append(make([]byte, 0, 64), hashKey...)
	buf = append(append(buf, key.Player[:]...), key.ID[:]...)
	sum := sha256.Sum256(buf)
	return max(binary.BigEndian.Uint32(sum[:]), 1)
}

// plan is what a commit does to the database, once everything it was decided on has been found to hold.
type plan struct {
	steps []put
	// position is the one that its log record takes; 0: it has none.
	position uint64
	// ends are those of the inboxes that it becomes part of.
	ends []newEnd
}

type put struct {
	bucket, key []byte
	// record is nil to delete.
	record []byte
}

func (p *plan) put(bucket, key, record []byte) { p.steps = append(p.steps, put{bucket, key, record}) }
func (p *plan) del(bucket, key []byte)         { p.steps = append(p.steps, put{bucket, key, nil}) }

// apply checks a commit against the transaction, commits before it in the same batch included, and then puts it. An
// error that is not a putError has left nothing behind.
func apply(tx *bolt.Tx, x *ends, p *pending) error {
	pl := plan{steps: make([]put, 0, 4)}
	c := p.commit
	if c.Match != nil {
		if err := pl.match(tx, x, p); err != nil {
			return err
		}
	}
	if c.Player != nil {
		if err := pl.player(tx, p); err != nil {
			return err
		}
	}
	if c.Session != nil {
		if err := pl.session(tx, p); err != nil {
			return err
		}
	}
	if c.Private != nil {
		if err := pl.private(tx, p); err != nil {
			return err
		}
	}
	for _, q := range c.Quotas {
		if err := checkQuota(tx, q); err != nil {
			return err
		}
	}
	return pl.carryOut(tx, x)
}

// putError is a failure half-way through a commit: the transaction must not be committed.
type putError struct{ error }

func (p *plan) carryOut(tx *bolt.Tx, x *ends) error {
	if p.position > 0 {
		if err := tx.Bucket(bucketLog).SetSequence(p.position); err != nil {
			return putError{err}
		}
	}
	for _, s := range p.steps {
		b := tx.Bucket(s.bucket)
		var err error
		if s.record == nil {
			err = b.Delete(s.key)
		} else {
			err = b.Put(s.key, s.record)
		}
		if err != nil {
			return putError{fmt.Errorf("bucket %s, key %x: %w", s.bucket, s.key, err)}
		}
	}
	for _, e := range p.ends {
		x.batch[e.player] = e.end
	}
	x.last = max(x.last, p.position)
	return nil
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", server.ErrConflict, fmt.Sprintf(format, args...))
}

func (p *plan) match(tx *bolt.Tx, x *ends, d *pending) error {
	c := d.commit.Match
	m := &c.Match
	id := m.ID[:]
	var old storev1.MatchHead
	found, err := getMessage(tx, bucketHeads, id, &old)
	if err != nil {
		return err
	}
	if old.GetVersion() != c.Before || found != (c.Before > 0) {
		return conflict("match %v is at version %d", m.ID, old.GetVersion())
	}
	if !found {
		if err := p.creation(tx, d.commit); err != nil {
			return err
		}
	}
	p.position = tx.Bucket(bucketLog).Sequence() + 1
	key := positionKey(p.position)
	links, err := p.link(tx, x, d.commit.Told)
	if err != nil {
		return err
	}
	// Encodings of two parts of a message, one after the other, are the encoding of the whole.
	log, err := proto.MarshalOptions{}.MarshalAppend(d.log, &storev1.LogRecord{Links: links})
	if err != nil {
		return err
	}
	p.put(bucketLog, key, seal(key, log))

	paged := old.GetPaged()
	list := old.GetRecent()
	if list == nil {
		list = &storev1.Commits{}
	}
	list.Positions = append(list.Positions, p.position)
	list.Versions = append(list.Versions, c.Before+1)
	list.Requests = append(list.Requests, d.request)
	if len(list.Positions) == pageCommits {
		page, err := encode(list, 0)
		if err != nil {
			return err
		}
		key := pageKey(m.ID, uint32(paged/pageCommits))
		p.put(bucketHistory, key, seal(key, page))
		paged, list = paged+pageCommits, nil
	}
	head, err := proto.MarshalOptions{}.MarshalAppend(d.head, &storev1.MatchHead{Recent: list, Paged: paged})
	if err != nil {
		return err
	}
	p.put(bucketHeads, id, seal(id, head))

	if d.apart != nil {
		// A large state stays where it is when a commit does not change it.
		if record := seal(id, d.apart); !bytes.Equal(tx.Bucket(bucketPositions).Get(id), record) {
			p.put(bucketPositions, id, record)
		}
	} else if old.GetPositionApart() {
		p.del(bucketPositions, id)
	}

	if found && sameRows(&old, m) {
		return nil
	}
	var before []row
	if found {
		was, err := matchOf(m.ID, &old, nil)
		if err != nil {
			return damaged(bucketHeads, id, "%v", err)
		}
		before = rowsOf(&was)
		if was.State == m.State {
			p.moveRows(before, rowsOf(m))
			return nil
		}
		if err := p.count(tx, bucketCounts, countKey(was.Game, was.Ruleset, was.State), -1); err != nil {
			return err
		}
	}
	p.moveRows(before, rowsOf(m))
	return p.count(tx, bucketCounts, countKey(m.Game, m.Ruleset, m.State), 1)
}

// creation claims what a new match must have to itself.
func (p *plan) creation(tx *bolt.Tx, c *server.Commit) error {
	m := &c.Match.Match
	if m.JoinCode != "" && tx.Bucket(bucketCodes).Get([]byte(m.JoinCode)) != nil {
		return conflict("join code %s is taken", m.JoinCode)
	}
	if c.Request == nil {
		return nil
	}
	key := creationKey(c.Request.RequestKey)
	if tx.Bucket(bucketCreations).Get(key) != nil {
		return conflict("the request has made a match")
	}
	p.put(bucketCreations, key, sealed(key, m.ID[:]))
	return nil
}

// count changes a number by one.
func (p *plan) count(tx *bolt.Tx, bucket, key []byte, d int) error {
	n, err := getCount(tx, bucket, key)
	if err != nil {
		return err
	}
	if n += uint64(d); n == 0 {
		p.del(bucket, key)
	} else {
		p.put(bucket, key, sealed(key, binary.AppendUvarint(nil, n)))
	}
	return nil
}

func (p *plan) player(tx *bolt.Tx, d *pending) error {
	v := d.commit.Player
	var old storev1.Player
	found, err := getMessage(tx, bucketPlayers, v.ID[:], &old)
	if err != nil {
		return err
	}
	if old.GetRevision() != v.Revision || found != (v.Revision > 0) {
		return conflict("player %v is at revision %d", v.ID, old.GetRevision())
	}
	was, err := playerFrom(v.ID, &old)
	if err != nil {
		return damaged(bucketPlayers, v.ID[:], "%v", err)
	}
	after := identityRows(v)
	for _, r := range after {
		holder, taken, err := getID(tx, r.bucket, r.key)
		if err != nil {
			return err
		}
		if taken && holder != v.ID {
			return conflict("an identity belongs to player %v", game.PlayerID(holder))
		}
	}
	p.moveRows(identityRows(&was), after)
	p.put(bucketPlayers, v.ID[:], seal(v.ID[:], d.player))
	if !found {
		return p.count(tx, bucketMeta, metaPlayers, 1)
	}
	return nil
}

func identityRows(v *server.Player) []row {
	var rows []row
	for _, i := range v.Identities {
		rows = append(rows, row{bucketIdentities, identityKey(i.Kind, i.Subject), v.ID[:]})
	}
	return rows
}

func (p *plan) session(tx *bolt.Tx, d *pending) error {
	v := d.commit.Session
	var old storev1.Session
	found, err := getMessage(tx, bucketSessions, v.ID[:], &old)
	if err != nil {
		return err
	}
	if old.GetRevision() != v.Revision || found != (v.Revision > 0) {
		return conflict("the session is at revision %d", old.GetRevision())
	}
	p.moveRows(endedRows(&server.Session{ID: v.ID, Ended: instant(old.GetEndedMs())}), endedRows(v))
	p.put(bucketSessions, v.ID[:], seal(v.ID[:], d.session))
	return nil
}

func endedRows(v *server.Session) []row {
	if v.Ended.IsZero() {
		return nil
	}
	return []row{{bucketEnded, timeKey(v.Ended, v.ID), nil}}
}

func (p *plan) private(tx *bolt.Tx, d *pending) error {
	v := d.commit.Private
	key := privateKey(v.Match, v.Player)
	var old storev1.Private
	found, err := getMessage(tx, bucketPrivates, key, &old)
	if err != nil {
		return err
	}
	if old.GetRevision() != v.Revision || found != (v.Revision > 0) {
		return conflict("the private record is at revision %d", old.GetRevision())
	}
	p.put(bucketPrivates, key, seal(key, d.private))
	return nil
}

// checkQuota counts no further than it must.
func checkQuota(tx *bolt.Tx, q server.Quota) error {
	var cur *bolt.Cursor
	var prefix []byte
	switch q.Kind {
	case server.ActiveMatches:
		cur, prefix = tx.Bucket(bucketMembers).Cursor(), memberPrefix(q.Player, memberSeated)
	case server.PendingInvitations:
		cur, prefix = tx.Bucket(bucketInvitations).Cursor(), q.Player[:]
	default:
		return fmt.Errorf("quota of kind %d", q.Kind)
	}
	n := q.Adds
	for k, _ := cur.Seek(prefix); n <= q.Limit && bytes.HasPrefix(k, prefix); k, _ = cur.Next() {
		n++
	}
	if n > q.Limit {
		return fmt.Errorf("%w: player %v has %d of %d", server.ErrOverQuota, q.Player, n-q.Adds, q.Limit)
	}
	return nil
}
