package boltstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"yourmove/server"
)

// Store is a server.Store on a bbolt file. Open makes one, and Close must end it.
type Store struct {
	db       *bolt.DB
	path     string
	file     *os.File // the one that bbolt has open
	hashKey  []byte
	log      *slog.Logger
	readOnly bool
	pageSize int64
	halfMeta bool // one of the meta pages was damaged when the file was opened
	hooks    hooks

	queue    queue
	ends     ends
	stopped  chan struct{} // closed when the writer has returned
	counters counters

	closing  sync.Once
	closeErr error
	closed   atomic.Bool
	broken   atomic.Bool // the writer's transaction could not be ended

	failing sync.Once
	failed  chan struct{} // closed after failure is set
	failure error

	durable atomic.Uint64 // the newest transaction whose syncs have returned
	mu      sync.Mutex    // guards rising
	rising  chan struct{} // closed, and made anew, each time that durable rises
}

var _ server.Store = (*Store)(nil)

// hooks are where tests interfere.
type hooks struct {
	commit      func(*bolt.Tx) error
	afterCommit func()
	flushEvery  time.Duration // 0: flushEvery
	maxEnds     int           // 0: maxEnds
}

// Failed is closed when the store has failed for good: a commit ended in a way that leaves open what the disk has.
// Then the process should stop; a restart decides. Err says why.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Err returns why the store has failed, or nil.
func (s *Store) Err() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

// fail ends all use of the store and returns what callers are told.
func (s *Store) fail(cause error) error {
	s.failing.Do(func() {
		s.failure = fmt.Errorf("%w: %w", server.ErrOutcomeUnknown, cause)
		s.log.Error("the database has failed: stop and start again to find out what it kept", "error", cause)
		close(s.failed)
	})
	return s.failure
}

// usable refuses the use of a store that has failed or was closed.
func (s *Store) usable() error {
	if err := s.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return server.ErrClosed
	}
	return nil
}

// Close carries out what waits, stops the writer and closes the file. Reads that are under way end first.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.queue.close()
		if !s.readOnly {
			<-s.stopped
		}
		s.closed.Store(true)
		s.closeErr = s.closeFile()
	})
	return s.closeErr
}

func (s *Store) closeFile() (err error) {
	if s.broken.Load() {
		// bbolt would wait for ever for the transaction. Closing the file gives the lock back.
		err = s.file.Close()
	} else {
		err = s.db.Close()
	}
	if s.Err() != nil {
		forget(s.path)
	}
	return err
}

// markDurable lets readers see the transaction.
func (s *Store) markDurable(id uint64) {
	s.durable.Store(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.rising)
	s.rising = make(chan struct{})
}

// awaitDurable waits until a transaction is durable: bbolt shows a commit before its last sync has returned.
func (s *Store) awaitDurable(ctx context.Context, id uint64) error {
	for s.durable.Load() < id {
		s.mu.Lock()
		rising := s.rising
		s.mu.Unlock()
		if s.durable.Load() >= id { // it rose before we had the channel
			break
		}
		select {
		case <-rising:
		case <-s.failed:
			return s.failure
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// view calls fn with a transaction of durable things only. Keep it short: pages are not reused while it is open. A fault
// in the mapped file, and a panic of bbolt over what it finds there, become errors.
func (s *Store) view(ctx context.Context, fn func(tx *bolt.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	tx, err := s.db.Begin(false)
	if err != nil {
		if errors.Is(err, berrors.ErrDatabaseNotOpen) {
			return server.ErrClosed
		}
		return err
	}
	defer tx.Rollback() //nolint:errcheck // a read-only transaction
	if err := s.awaitDurable(ctx, uint64(tx.ID())); err != nil {
		return err
	}
	return guarded(s.log, func() error { return fn(tx) })
}

// guarded calls fn and makes an error of a fault or a panic.
func guarded(log *slog.Logger, fn func() error) (err error) {
	was := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(was)
		if r := recover(); r != nil {
			log.Error("reading the database panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: reading it panicked: %v", server.ErrDamaged, r)
		}
	}()
	return fn()
}

// Figures tell how the store has been doing since it was opened.
type Figures struct {
	// Commits were kept, Refused were not; Conflicts are those refused because of a change.
	Commits, Refused, Conflicts uint64
	// Batches are transactions with at least one commit kept; BatchTime is what they took, waiting in the queue aside.
	Batches   uint64
	BatchTime time.Duration
	// Queue is how many commits wait now.
	Queue int
	// FileBytes is the size of the database.
	FileBytes int64
}

// Figures returns how the store has been doing.
func (s *Store) Figures() Figures {
	s.counters.mu.Lock()
	f := s.counters.f
	s.counters.mu.Unlock()
	f.Queue = s.queue.len()
	if info, err := os.Stat(s.path); err == nil {
		f.FileBytes = info.Size()
	}
	return f
}

// counters are the part of the figures that the writer counts.
type counters struct {
	mu sync.Mutex // guards f
	f  Figures
}

func (c *counters) add(batch []*pending, kept int, took time.Duration) {
	conflicts := 0
	for _, p := range batch {
		if p.err != nil && errors.Is(p.err, server.ErrConflict) {
			conflicts++
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.f.Commits += uint64(kept)
	c.f.Refused += uint64(len(batch) - kept)
	c.f.Conflicts += uint64(conflicts)
	if kept > 0 {
		c.f.Batches++
		c.f.BatchTime += took
	}
}
