package auth

import (
	"container/heap"
	"sync"
	"time"
)

// Revoked knows the sessions that ended while access tokens of theirs could still be presented. It lives in memory: the
// server fills it at its start from the store. Any number of goroutines may use it.
type Revoked struct {
	now func() time.Time

	// mu guards what follows.
	mu    sync.RWMutex
	until map[SessionID]time.Time // when a session may be forgotten
	queue untilQueue              // what to forget next; at least one entry for each session in until
}

// NewRevoked returns a Revoked that knows no session and forgets by this clock.
func NewRevoked(now func() time.Time) *Revoked {
	return &Revoked{now: now, until: make(map[SessionID]time.Time)}
}

// Add marks a session as ended. It may be forgotten from until on: when its last access token has expired.
func (r *Revoked) Add(session SessionID, until time.Time) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	// Two for each that comes: the set shrinks to what still matters, and no call pays for a crowd.
	for range 2 {
		r.forget(now)
	}
	if until.After(now) && until.After(r.until[session]) {
		r.until[session] = until
		heap.Push(&r.queue, untilEntry{until, session})
	}
}

// Has reports whether a session is marked as ended.
func (r *Revoked) Has(session SessionID) bool {
	r.mu.RLock()
	until, ok := r.until[session]
	r.mu.RUnlock()
	return ok && r.now().Before(until)
}

// forget drops the entry that is due first, if it is due by now. The caller holds mu.
func (r *Revoked) forget(now time.Time) {
	if len(r.queue) == 0 || r.queue[0].until.After(now) {
		return
	}
	e := heap.Pop(&r.queue).(untilEntry)
	if !r.until[e.session].After(e.until) { // else it was marked again, for longer
		delete(r.until, e.session)
	}
}

type untilEntry struct {
	until   time.Time
	session SessionID
}

// untilQueue is a heap with the earliest entry at its front.
type untilQueue []untilEntry

func (q untilQueue) Len() int           { return len(q) }
func (q untilQueue) Less(i, j int) bool { return q[i].until.Before(q[j].until) }
func (q untilQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

func (q *untilQueue) Push(e any) { *q = append(*q, e.(untilEntry)) }

func (q *untilQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}
