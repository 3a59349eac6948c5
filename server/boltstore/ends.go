package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
)

const (
	// anchorEvery is how many entries of an inbox lie between two anchors.
	anchorEvery = 64
	// flushEvery is how old the ends of inboxes in the database may get: a restart reads the log from there on.
	flushEvery = 2 * time.Second
	// sliceRows is how many ends one transaction writes at most. All at once would hold up the commits behind it: when
	// many play, each row lies on a page of its own.
	sliceRows = 64
	// maxEnds bounds how many ends are remembered beyond the round that wrote them: about 10 MB.
	maxEnds = 100_000
)

// end is the last entry of an inbox: its position in the log, its number, and the position of the last entry before it
// whose number is a multiple of anchorEvery.
type end struct{ position, number, anchor uint64 }

// next returns the end after one more entry, and what that entry leads back to.
func (e end) next(position uint64) end {
	anchor := e.anchor
	if e.number > 0 && e.number%anchorEvery == 0 {
		anchor = e.position
	}
	return end{position: position, number: e.number + 1, anchor: anchor}
}

// ends knows where inboxes end. A commit that changed a row for each of its players would touch pages all over the file,
// so the rows are written in rounds, one every flushEvery, and after each the position up to which they are right; what
// came later lies in the log, and here. An end that is not here is the one of its row.
type ends struct {
	mu     sync.RWMutex // guards what follows; the writer alone changes it
	known  map[game.PlayerID]end
	newest uint64 // the position of the last commit; all up to it is durable

	// What follows is the writer's own.
	batch   map[game.PlayerID]end // ends that the present transaction makes
	last    uint64                // the last position that it gave
	dirty   map[game.PlayerID]bool
	mark    uint64    // the position up to which the rows are right
	flushAt time.Time // when to begin a round; zero: there is nothing to write, or one is on
	timer   *time.Timer
	every   time.Duration // how old the rows may get
	most    int           // how many ends to remember beyond a round

	// A round writes the ends that were dirty when it began, a slice with each transaction.
	flushing bool
	round    []game.PlayerID
	written  int    // how many of the round are in the database
	target   uint64 // the mark after it
}

func newEnds(h hooks) ends {
	every := cmp.Or(h.flushEvery, flushEvery)
	return ends{
		known: map[game.PlayerID]end{}, batch: map[game.PlayerID]end{}, dirty: map[game.PlayerID]bool{},
		timer: time.NewTimer(every), every: every, most: cmp.Or(h.maxEnds, maxEnds),
	}
}

// of returns the end of an inbox for the writer, earlier commits of the same transaction included.
func (x *ends) of(tx *bolt.Tx, player game.PlayerID) (end, error) {
	if e, ok := x.batch[player]; ok {
		return e, nil
	}
	if e, ok := x.known[player]; ok { // no lock: nobody else writes
		return e, nil
	}
	return storedEnd(tx, player)
}

func storedEnd(tx *bolt.Tx, player game.PlayerID) (end, error) {
	var s storev1.InboxEnd
	_, err := getMessage(tx, bucketInboxes, player[:], &s)
	return end{s.GetPosition(), s.GetNumber(), s.GetAnchor()}, err
}

// look returns what readers may know: the position of the last durable commit and, if it is here, the end of an inbox.
// Call it before opening the transaction to read in: an end that is not here has its row in every later transaction.
func (x *ends) look(player game.PlayerID) (e end, here bool, newest uint64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, here = x.known[player]
	return e, here, x.newest
}

// begin forgets a transaction that came to nothing.
func (x *ends) begin() {
	clear(x.batch)
	x.last = x.newest
}

// publish lets readers see the ends that a transaction made, which is durable now.
func (x *ends) publish() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for p, e := range x.batch {
		x.known[p] = e
		x.dirty[p] = true
	}
	x.newest = x.last
	if x.behind() && x.flushAt.IsZero() && !x.flushing {
		x.again()
	}
}

// behind reports whether there are commits that the rows do not tell of yet.
func (x *ends) behind() bool { return x.newest > x.mark }

// due reports whether it is time to write the ends.
func (x *ends) due() bool { return !x.flushAt.IsZero() && !time.Now().Before(x.flushAt) }

// beginRound begins to write the ends that changed up to now.
func (x *ends) beginRound() {
	x.round = make([]game.PlayerID, 0, len(x.dirty))
	for p := range x.dirty {
		x.round = append(x.round, p)
	}
	slices.SortFunc(x.round, func(a, b game.PlayerID) int { return bytes.Compare(a[:], b[:]) }) // neighbours share pages
	x.dirty = map[game.PlayerID]bool{}
	x.written, x.target, x.flushing, x.flushAt = 0, x.newest, true, time.Time{}
}

// put writes the next slice of the round and, with the last one, up to where the rows are right then. A row may tell of
// a later end than that.
func (x *ends) put(tx *bolt.Tx) error {
	b := tx.Bucket(bucketInboxes)
	slice := x.slice()
	for _, p := range slice {
		e := x.known[p]
		record, err := encode(&storev1.InboxEnd{Position: e.position, Number: e.number, Anchor: e.anchor}, 0)
		if err != nil {
			return err
		}
		if err := b.Put(p[:], seal(p[:], record)); err != nil {
			return fmt.Errorf("bucket inboxes, key %x: %w", p, err)
		}
	}
	if x.written+len(slice) < len(x.round) {
		return nil
	}
	return putMark(tx, x.target)
}

func (x *ends) slice() []game.PlayerID {
	return x.round[x.written:min(x.written+sliceRows, len(x.round))]
}

func putMark(tx *bolt.Tx, position uint64) error {
	return tx.Bucket(bucketMeta).Put(metaMark, sealed(metaMark, binary.AppendUvarint(nil, position)))
}

// flushed notes that a slice of the round is in the database. After the last one the ends that have not changed again
// are forgotten, when they are many.
func (x *ends) flushed() {
	x.written += len(x.slice())
	if x.written < len(x.round) {
		return
	}
	x.mark, x.round, x.flushing = x.target, nil, false
	if len(x.known) > x.most {
		kept := make(map[game.PlayerID]end, len(x.dirty))
		for p := range x.dirty {
			kept[p] = x.known[p]
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.known = kept
	}
	if x.behind() {
		x.again()
	}
}

// failed gives up a round, and sets the time of the next one.
func (x *ends) failed() {
	for _, p := range x.round {
		x.dirty[p] = true
	}
	x.round, x.flushing = nil, false
	x.again()
}

// again sets the time of the next round.
func (x *ends) again() {
	x.flushAt = time.Now().Add(x.every)
	x.timer.Reset(x.every)
}

// rebuild reads from the log what the rows do not tell yet.
func (x *ends) rebuild(tx *bolt.Tx) error {
	mark, err := getCount(tx, bucketMeta, metaMark)
	if err != nil {
		return err
	}
	cur := tx.Bucket(bucketLog).Cursor()
	for k, v := cur.Seek(positionKey(mark + 1)); k != nil; k, v = cur.Next() {
		body, err := unseal(bucketLog, k, v)
		if err != nil {
			return err
		}
		var rec storev1.LogRecord
		if err := parse(bucketLog, k, body, &rec); err != nil {
			return err
		}
		err = eachTold(k, &rec, func(player game.PlayerID, e end, _ uint64) {
			x.known[player] = e
			x.dirty[player] = true
		})
		if err != nil {
			return err
		}
	}
	x.newest = tx.Bucket(bucketLog).Sequence()
	x.last, x.mark = x.newest, mark
	return nil
}

// eachTold calls fn with each player whom a commit concerns, the end that it made in his inbox, and the position of the
// entry before it.
func eachTold(key []byte, rec *storev1.LogRecord, fn func(player game.PlayerID, e end, previous uint64)) error {
	l := rec.GetLinks()
	n := len(rec.GetTold())
	if len(key) != 8 || len(l.GetNumbers()) != n || len(l.GetPrevious()) != n || len(l.GetAnchors()) != n {
		return damaged(bucketLog, key, "it concerns %d players, and its links are not as many", n)
	}
	for i, t := range rec.GetTold() {
		player, err := playerID(t.GetPlayer())
		if err != nil {
			return damaged(bucketLog, key, "%v", err)
		}
		fn(player, end{binary.BigEndian.Uint64(key), l.Numbers[i], l.Anchors[i]}, l.Previous[i])
	}
	return nil
}
