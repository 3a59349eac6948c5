package boltstore_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
)

// newMatches makes relay matches of two players that have started, three events each.
func newMatches(t testing.TB, s server.Store, n int) []game.MatchID {
	t.Helper()
	ids := make([]game.MatchID, n)
	for i := range ids {
		ids[i] = game.MatchID{1, byte(i >> 8), byte(i)}
		if err := newRelay(s, ids[i], time.UnixMilli(1_700_000_000_000)); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// pass plays a turn of such a match.
func pass(t testing.TB, s server.Store, id game.MatchID) {
	t.Helper()
	if err := playTurn(s, id, rand.New(rand.NewPCG(rand.Uint64(), 1))); err != nil {
		t.Fatal(err)
	}
}

// fillAll puts something into the buckets that a match of two leaves empty.
func fillAll(t testing.TB, s server.Store, id game.MatchID) {
	t.Helper()
	for range 40 {
		pass(t, s, id)
	}
	commit := func(c server.Commit) {
		t.Helper()
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	commit(server.Commit{Player: &server.Player{ID: [16]byte{7}}})
	now := time.UnixMilli(1_700_000_000_000)
	ch, err := game.Create(nil, game.NewMatch{
		ID: game.MatchID{200}, Settings: game.Settings{Game: game.Relay, Access: game.ByCode}, JoinCode: "CODE", Creator: [16]byte{7},
		State: game.RelayState{Data: make([]byte, 5000)}, LapseAfter: time.Hour,
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	commit(server.Commit{At: now, Match: &ch, Request: &server.Request{RequestKey: server.RequestKey{Player: [16]byte{7}, ID: [16]byte{8}}}})
}

// TestEarlyVisibility holds a commit back between bbolt's commit, which readers of bbolt see at once, and the moment at
// which it is known to be durable.
func TestEarlyVisibility(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	var hold chan struct{}
	reached := make(chan struct{}, 1)
	s := openIn(t, dir, boltstore.Options{NoSync: true}.AfterCommit(func() {
		mu.Lock()
		wait := hold
		mu.Unlock()
		if wait != nil {
			reached <- struct{}{}
			<-wait
		}
	}))
	ids := newMatches(t, s, 1)
	before, _, err := s.Match(t.Context(), ids[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	hold = make(chan struct{})
	mu.Unlock()

	committed := make(chan error, 1)
	go func() { committed <- playTurn(s, ids[0], rand.New(rand.NewPCG(1, 1))) }()
	<-reached
	// A reader who may not wait is told nothing, rather than the new or the old state.
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if m, _, err := s.Match(short, ids[0], nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read version %d of a commit that is not durable: %v", m.Version, err)
	}
	type result struct {
		version uint64
		err     error
	}
	read := make(chan result, 10)
	for range cap(read) {
		go func() {
			m, _, err := s.Match(context.Background(), ids[0], nil)
			read <- result{m.Version, err}
		}()
	}
	select {
	case r := <-read:
		t.Errorf("a reader was answered early: %+v", r)
	case err := <-committed:
		t.Errorf("the submitter was answered early: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(hold)
	mu.Lock()
	hold = nil
	mu.Unlock()
	for range cap(read) {
		if r := <-read; r.err != nil || r.version != before.Version+1 {
			t.Errorf("then a reader gets %+v, want version %d", r, before.Version+1)
		}
	}
	if err := <-committed; err != nil {
		t.Error(err)
	}
}

// TestFailedCommit makes a commit fail as a failing disk would: after that the store says of nothing what it is.
func TestFailedCommit(t *testing.T) {
	dir := t.TempDir()
	fail := false
	s := openIn(t, dir, boltstore.Options{NoSync: true}.InsteadOfCommit(func(tx *bolt.Tx) error {
		if !fail {
			return tx.Commit()
		}
		// The worst case: the meta page was written, and then its sync failed.
		return errors.Join(tx.Commit(), &fs.PathError{Op: "sync", Err: syscall.EIO})
	}))
	ids := newMatches(t, s, 1)
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	fail = true
	rng := rand.New(rand.NewPCG(1, 1))
	if err := playTurn(s, ids[0], rng); !errors.Is(err, server.ErrOutcomeUnknown) || !errors.Is(err, syscall.EIO) {
		t.Errorf("the commit gives %v", err)
	}
	select {
	case <-s.Failed():
	default:
		t.Error("the store does not say that it has failed")
	}
	if _, _, err := s.Match(t.Context(), ids[0], nil); !errors.Is(err, server.ErrOutcomeUnknown) {
		t.Errorf("a read gives %v", err)
	}
	if err := s.Commit(t.Context(), server.Commit{Player: &server.Player{ID: [16]byte{1}}}); !errors.Is(err, server.ErrOutcomeUnknown) {
		t.Errorf("another commit gives %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	again := openIn(t, dir, boltstore.Options{}) // the restart decides: it was kept
	if m, _, err := again.Match(t.Context(), ids[0], nil); err != nil || m.Version != 4 {
		t.Errorf("after a restart: version %d, %v", m.Version, err)
	}
}

// TestFileTakenAway lets the real calls of bbolt fail, by closing its file.
func TestFileTakenAway(t *testing.T) {
	s := openIn(t, t.TempDir(), boltstore.Options{})
	ids := newMatches(t, s, 1)
	if err := s.CloseFile(); err != nil {
		t.Fatal(err)
	}
	if err := playTurn(s, ids[0], rand.New(rand.NewPCG(1, 1))); !errors.Is(err, server.ErrOutcomeUnknown) {
		t.Errorf("the commit gives %v", err)
	}
	if s.Err() == nil {
		t.Error("the store goes on")
	}
}

// TestDiskFull refuses what there is no space for, and goes on afterwards.
func TestDiskFull(t *testing.T) {
	full := false
	s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true}.InsteadOfCommit(func(tx *bolt.Tx) error {
		if full {
			return &fs.PathError{Op: "write", Err: syscall.ENOSPC}
		}
		return tx.Commit()
	}))
	ids := newMatches(t, s, 1)
	full = true
	rng := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		if err := playTurn(s, ids[0], rng); !errors.Is(err, server.ErrDiskFull) {
			t.Errorf("the commit gives %v", err)
		}
	}
	if m, _, err := s.Match(t.Context(), ids[0], nil); err != nil || m.Version != 3 {
		t.Errorf("reading goes on: version %d, %v", m.Version, err)
	}
	full = false
	pass(t, s, ids[0])
	if _, err := s.Check(t.Context(), nil, func(p boltstore.Problem) { t.Errorf("%+v", p) }); err != nil {
		t.Error(err)
	}
}

// TestNoSpaceAfterMeta is a full disk that shows only when the meta page is synced: then the outcome is unknown.
func TestNoSpaceAfterMeta(t *testing.T) {
	full := false
	s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true}.InsteadOfCommit(func(tx *bolt.Tx) error {
		if err := tx.Commit(); err != nil || !full {
			return err
		}
		return &fs.PathError{Op: "write", Err: syscall.ENOSPC}
	}))
	ids := newMatches(t, s, 1)
	full = true
	if err := playTurn(s, ids[0], rand.New(rand.NewPCG(1, 1))); !errors.Is(err, server.ErrOutcomeUnknown) {
		t.Errorf("the commit gives %v", err)
	}
}

// TestOverload fills the queue while the writer is held back.
func TestOverload(t *testing.T) {
	release := make(chan struct{})
	entered := make(chan struct{}, 100)
	s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true, Queue: 5}.InsteadOfCommit(func(tx *bolt.Tx) error {
		entered <- struct{}{}
		<-release
		return tx.Commit()
	}))
	player := func(i byte) server.Commit { return server.Commit{Player: &server.Player{ID: [16]byte{i}}} }
	errs := make(chan error, 100)
	go func() { errs <- s.Commit(context.Background(), player(1)) }()
	<-entered
	for i := range byte(5) {
		go func() { errs <- s.Commit(context.Background(), player(10+i)) }()
	}
	for s.Figures().Queue < 5 {
		runtime.Gosched()
	}
	if err := s.Commit(t.Context(), player(99)); !errors.Is(err, server.ErrOverloaded) {
		t.Errorf("one too many gives %v", err)
	}
	close(release)
	for range 6 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if f := s.Figures(); f.Commits != 6 || f.Batches != 2 {
		t.Errorf("%+v, want 6 commits in 2 batches", f)
	}
}

// TestClose carries out what waits, and refuses what comes later.
func TestClose(t *testing.T) {
	s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			err := s.Commit(context.Background(), server.Commit{Player: &server.Player{ID: [16]byte{1, byte(i)}}})
			if err != nil && !errors.Is(err, server.ErrClosed) {
				t.Error(err)
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := s.Commit(t.Context(), server.Commit{Player: &server.Player{ID: [16]byte{9}}}); !errors.Is(err, server.ErrClosed) {
		t.Errorf("a commit gives %v", err)
	}
	if _, err := s.Player(t.Context(), [16]byte{9}); !errors.Is(err, server.ErrClosed) {
		t.Errorf("a read gives %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
