package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/server"
)

// How much one transaction takes, and how long it waits for it.
const (
	batchCommits = 1024
	batchBytes   = 8 << 20
	linger       = time.Millisecond
)

// queue holds the commits that wait for the writer.
type queue struct {
	wake chan struct{} // one slot: the writer sleeps on it

	mu      sync.Mutex // guards what follows
	waiting []*pending
	size    int // how many may wait
	wanted  int // with how many the writer wants to be woken; 0: it is awake
	closed  bool
}

func (q *queue) add(p *pending) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return server.ErrClosed
	case len(q.waiting) >= q.size:
		return server.ErrOverloaded
	}
	q.waiting = append(q.waiting, p)
	if q.wanted > 0 && len(q.waiting) >= q.wanted {
		q.rouse()
	}
	return nil
}

// rouse wakes the writer if it sleeps. The caller holds mu.
func (q *queue) rouse() {
	q.wanted = 0
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.rouse()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// await sleeps until n commits wait, the queue is closed or timeout fires; a nil timeout never does.
func (q *queue) await(n int, timeout <-chan time.Time) {
	for {
		q.mu.Lock()
		if len(q.waiting) >= n || q.closed {
			q.mu.Unlock()
			return
		}
		q.wanted = n
		q.mu.Unlock()
		// The sleeper is woken once for all of them: each waking of a goroutine that owns its thread is dear.
		select {
		case <-q.wake:
		case <-timeout:
			return
		}
	}
}

// take returns the next batch, none when nothing waits; more tells whether the queue is still open.
func (q *queue) take() (batch []*pending, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wanted = 0
	n, size := 0, 0
	for n < len(q.waiting) && n < batchCommits && (n == 0 || size+q.waiting[n].size <= batchBytes) {
		size += q.waiting[n].size
		n++
	}
	batch = q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	if len(q.waiting) == 0 {
		q.waiting = make([]*pending, 0, 2*n)
	}
	return batch, !q.closed
}

// Commit keeps a change, as server.Store promises. It waits for the outcome whatever becomes of ctx.
func (s *Store) Commit(ctx context.Context, c server.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	if s.readOnly {
		return errors.New("the store was opened for reading only")
	}
	p, err := prepare(&c, s.hashKey)
	if err != nil {
		return fmt.Errorf("a commit that cannot be kept: %w", err)
	}
	if err := s.queue.add(p); err != nil {
		return err
	}
	<-p.done
	return p.err
}

// run is the writer: it alone changes the database. Whatever waits goes into one transaction, and while that is synced
// the next batch gathers.
func (s *Store) run() {
	defer close(s.stopped)
	runtime.LockOSThread() // so that a test can make the system calls of this thread fail
	defer runtime.UnlockOSThread()
	debug.SetPanicOnFault(true)

	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer s.ends.timer.Stop()
	last := 1
	for {
		if !s.ends.flushing {
			s.queue.await(1, s.ends.timer.C)
		}
		if last > 1 {
			// Those whom the last batch answered are about to come again. Without waiting for them the submitters fall
			// into two cohorts that take turns, each with half of the batch.
			timer.Reset(linger)
			s.queue.await(min(last, batchCommits), timer.C)
		}
		batch, more := s.queue.take()
		if s.ends.due() {
			s.ends.beginRound()
		}
		if len(batch) > 0 || s.ends.flushing {
			s.write(batch)
			last = len(batch)
		}
		if !more && len(batch) == 0 {
			s.flush()
			return
		}
	}
}

// flush writes all ends of inboxes.
func (s *Store) flush() {
	if s.ends.behind() && !s.ends.flushing {
		s.ends.beginRound()
	}
	for s.ends.flushing {
		s.write(nil)
	}
}

// write carries out a batch in one transaction and answers all of it, the refused ones too: what refused them may be
// an earlier commit of the same batch, which nobody may learn of before it is durable.
func (s *Store) write(batch []*pending) {
	start := time.Now()
	err, kept := s.usable(), 0
	if err == nil {
		kept, err = s.transact(batch)
	}
	if err != nil {
		if s.ends.flushing {
			// Nothing is lost: a start finds them in the log.
			s.log.Warn("the ends of inboxes were not written and stay in the log", "error", err)
			s.ends.failed()
		}
		answer(batch, err)
		return
	}
	if s.ends.flushing {
		s.ends.flushed()
	}
	if len(batch) > 0 {
		s.counters.add(batch, kept, time.Since(start))
	}
	for _, p := range batch {
		close(p.done)
	}
}

func answer(batch []*pending, err error) {
	for _, p := range batch {
		p.err = err
		close(p.done)
	}
}

// applyAll applies a batch and returns how many commits of it are kept. An error concerns the whole batch.
func (s *Store) applyAll(tx *bolt.Tx, batch []*pending) (kept int, err error) {
	tx.Bucket(bucketLog).FillPercent = 1 // keys only rise
	for _, p := range batch {
		p.err = apply(tx, &s.ends, p)
		var half putError
		if errors.As(p.err, &half) {
			return 0, fmt.Errorf("nothing of the batch was kept: %w", half.error)
		}
		if p.err == nil {
			kept++
		}
	}
	return kept, nil
}

// transact applies a batch and, during a round, writes a slice of the ends of inboxes with it; then it syncs. An error
// concerns the whole batch.
func (s *Store) transact(batch []*pending) (kept int, err error) {
	s.ends.begin()
	tx, err := s.db.Begin(true)
	if err != nil {
		return 0, s.fail(fmt.Errorf("begin: %w", err))
	}
	// A damaged file makes bbolt panic. The pages may then be in any state in memory, so this process is done with it.
	ended := false
	defer func() {
		if r := recover(); r != nil {
			s.broken.Store(!ended)
			err = s.fail(fmt.Errorf("the database panicked: %v\n%s", r, debug.Stack()))
		}
	}()
	kept, err = s.applyAll(tx, batch)
	if err == nil && s.ends.flushing {
		err = s.ends.put(tx)
	}
	id := uint64(tx.ID())
	if err != nil || kept == 0 && !s.ends.flushing {
		err = errors.Join(err, tx.Rollback()) // what refused them was durable before
		ended = true
		return 0, err
	}
	err = s.commit(tx)
	ended = true
	if err != nil {
		return 0, s.failedCommit(tx, id, err)
	}
	if s.hooks.afterCommit != nil {
		s.hooks.afterCommit()
	}
	s.markDurable(id)
	s.ends.publish()
	return kept, nil
}

func (s *Store) commit(tx *bolt.Tx) error {
	if s.hooks.commit != nil {
		return s.hooks.commit(tx)
	}
	return tx.Commit()
}

// failedCommit says what the error of a commit means. A write that found no space before the meta page was written
// changed nothing that anyone can see. After any other error, first of all that of a sync, nobody knows what lies on
// the disk, and a second sync would lie: the kernel takes the pages for clean.
func (s *Store) failedCommit(tx *bolt.Tx, id uint64, err error) error {
	_ = tx.Rollback() // bbolt has done so, except where it did not get that far
	var at *fs.PathError
	noSpace := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	if noSpace && errors.As(err, &at) && at.Op == "write" {
		if now, readErr := s.newest(); readErr == nil && now < id {
			s.log.Error("the disk is full: a batch of commits was refused", "error", err)
			return fmt.Errorf("%w: %w", server.ErrDiskFull, err)
		}
	}
	return s.fail(err)
}

// newest returns the number of the newest transaction that a reader would see.
func (s *Store) newest() (uint64, error) {
	tx, err := s.db.Begin(false)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback() //nolint:errcheck // a read-only transaction
	return uint64(tx.ID()), nil
}
