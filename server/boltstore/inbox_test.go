package boltstore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
	"yourmove/server/storetest"
)

const everything = 1 << 30

// TestStoreForgets runs the suite on a store that writes the ends of inboxes after each batch and forgets them at once,
// so that readers and the writer find them in rows, while rows change.
func TestStoreForgets(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) server.Store {
		return checked{openIn(t, dir, boltstore.Options{NoSync: true}.Ends(time.Nanosecond, 1))}
	})
}

// inboxOf reads the inbox of a match's first player whole.
func inboxOf(t testing.TB, s *boltstore.Store, id game.MatchID) []server.InboxEntry {
	t.Helper()
	m, _, err := s.Match(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Inbox(t.Context(), server.InboxQuery{Player: m.Places[0].Player, Limit: everything, Keep: everything})
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}

func newest(t testing.TB, s *boltstore.Store) uint64 {
	t.Helper()
	n, err := s.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return uint64(n)
}

// marked is the position up to which the rows of inboxes are right.
func marked(t testing.TB, s *boltstore.Store) uint64 {
	t.Helper()
	n, err := boltstore.Mark(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sound(t testing.TB, s *boltstore.Store) {
	t.Helper()
	if _, err := s.Check(t.Context(), nil, func(p boltstore.Problem) { t.Errorf("check: %+v", p) }); err != nil {
		t.Fatal(err)
	}
}

// copyOf copies what the kernel has of a database, as a process that is killed leaves it.
func copyOf(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(to, dbFile), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestEndsAfterKill kills the store after every step: before any end was written, after some were, with none behind
// them and with many, and with a commit that nobody had been told of. A start finds all inboxes as they were.
func TestEndsAfterKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in here time passes only where the test sleeps
		dir := t.TempDir()
		var early string // a copy made between a commit and the answer to it
		copying := false
		s := openIn(t, dir, boltstore.Options{NoSync: true}.AfterCommit(func() {
			if copying {
				early, copying = copyOf(t, dir), false
			}
		}))
		ids := newMatches(t, s, 3)
		check := func(at string, want int) {
			t.Helper()
			was, last := inboxOf(t, s, ids[0]), newest(t, s)
			if len(was) != want {
				t.Fatalf("%d entries, want %d", len(was), want)
			}
			r, err := boltstore.OpenReadOnly(at, boltstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(inboxOf(t, r, ids[0]), was) || newest(t, r) != last {
				t.Error("opened for reading, the inbox is another one")
			}
			sound(t, r)
			r.Close()
			again := openIn(t, at, boltstore.Options{NoSync: true})
			if !reflect.DeepEqual(inboxOf(t, again, ids[0]), was) || newest(t, again) != last {
				t.Error("after a restart the inbox is another one")
			}
			if marked(t, again) != last {
				t.Errorf("a start left the mark at %d, and the log goes to %d", marked(t, again), last)
			}
			sound(t, again)
			pass(t, again, ids[0])
			if list := inboxOf(t, again, ids[0]); len(list) != want+1 || !reflect.DeepEqual(list[:want], was) {
				t.Errorf("after a restart and a turn the inbox has %d entries, want %d", len(list), want+1)
			}
			again.Close()
		}
		entries := 2
		check(copyOf(t, dir), entries)
		for round := range 4 {
			for range 70 {
				pass(t, s, ids[0])
			}
			entries += 70
			check(copyOf(t, dir), entries)
			if round%2 == 0 {
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if marked(t, s) != newest(t, s) {
					t.Fatalf("the mark is at %d, the log at %d", marked(t, s), newest(t, s))
				}
				check(copyOf(t, dir), entries)
			}
			copying = true
			pass(t, s, ids[0])
			entries++
			check(early, entries)
		}
		last := newest(t, s)
		s.Close()
		if r, err := boltstore.OpenReadOnly(dir, boltstore.Options{}); err != nil || marked(t, r) != last {
			t.Errorf("closing left the mark at %d, and the log goes to %d (%v)", marked(t, r), last, err)
		} else {
			r.Close()
		}
	})
}

// TestFlushIsNotLate: under a steady load the rows are never more than about two seconds behind, and without any they
// are written once and then left alone.
func TestFlushIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true})
		ids := newMatches(t, s, 1)
		var since time.Time // when the first commit behind the mark was made
		for range 200 {
			pass(t, s, ids[0])
			if since.IsZero() {
				since = time.Now()
			}
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			if marked(t, s) == newest(t, s) {
				since = time.Time{}
			} else if late := time.Since(since); late > 2*time.Second+50*time.Millisecond {
				t.Fatalf("the mark is %v late", late)
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		was := transaction(t, s)
		time.Sleep(time.Hour)
		synctest.Wait()
		if now := transaction(t, s); now != was {
			t.Errorf("%d transactions in an hour without a commit", now-was)
		}
		// Commits that concern nobody are not read again and again either.
		now := time.UnixMilli(1_700_000_000_000)
		ch, err := game.Create(nil, game.NewMatch{
			ID: game.MatchID{9}, Settings: game.Settings{Game: game.Relay, MinSeats: 2, MaxSeats: 2}, Creator: game.PlayerID{9}, Seat: 1,
		}, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), server.Commit{At: now, Match: &ch}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if marked(t, s) != newest(t, s) {
			t.Errorf("the mark is at %d, the log at %d", marked(t, s), newest(t, s))
		}
	})
}

func transaction(t testing.TB, s *boltstore.Store) (id int) {
	t.Helper()
	if err := s.DB().View(func(tx *bolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

// failing is a store whose commits fail as long as fail has an error.
func failing(t *testing.T, dir string, fail *atomic.Pointer[error]) *boltstore.Store {
	return openIn(t, dir, boltstore.Options{NoSync: true}.InsteadOfCommit(func(tx *bolt.Tx) error {
		if err := fail.Load(); err != nil {
			return *err
		}
		return tx.Commit()
	}))
}

var (
	noSpace error = &fs.PathError{Op: "write", Err: syscall.ENOSPC}
	badDisk error = &fs.PathError{Op: "sync", Err: syscall.EIO}
)

// TestFailedFlush lets the writing of ends fail. While there is no space nothing is lost, and it is tried again; a disk
// that fails ends the store, as with any commit.
func TestFailedFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var fail atomic.Pointer[error]
		s := failing(t, dir, &fail)
		ids := newMatches(t, s, 2)
		pass(t, s, ids[0])
		fail.Store(&noSpace)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if marked(t, s) != 0 || len(inboxOf(t, s, ids[0])) != 3 {
			t.Errorf("mark %d, %d entries", marked(t, s), len(inboxOf(t, s, ids[0])))
		}
		fail.Store(nil)
		pass(t, s, ids[0])
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if marked(t, s) != newest(t, s) {
			t.Errorf("there is space, and the mark is at %d of %d", marked(t, s), newest(t, s))
		}
		sound(t, s)

		// Still no space when the store is closed, nor when it is opened again.
		pass(t, s, ids[0])
		was, mark := inboxOf(t, s, ids[0]), marked(t, s)
		fail.Store(&noSpace)
		s.Close()
		s = failing(t, dir, &fail)
		if !reflect.DeepEqual(inboxOf(t, s, ids[0]), was) || marked(t, s) != mark {
			t.Errorf("opened without space: %d entries of %d, mark %d", len(inboxOf(t, s, ids[0])), len(was), marked(t, s))
		}
		sound(t, s)
		s.Close()
		fail.Store(&badDisk)
		_, err := boltstore.Open(dir, boltstore.Options{}.InsteadOfCommit(func(*bolt.Tx) error { return badDisk }))
		if !errors.Is(err, server.ErrOutcomeUnknown) || !errors.Is(err, syscall.EIO) {
			t.Errorf("opened on a failing disk: %v", err)
		}
		fail.Store(nil)
		s = failing(t, dir, &fail)
		pass(t, s, ids[0])
		fail.Store(&badDisk)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if _, err := s.Newest(t.Context()); !errors.Is(err, server.ErrOutcomeUnknown) {
			t.Errorf("a failing disk, and the newest position is told: %v", err)
		}
		if _, err := s.Inbox(t.Context(), server.InboxQuery{Limit: 1, Keep: 1}); !errors.Is(err, server.ErrOutcomeUnknown) {
			t.Errorf("a failing disk, and the inbox gives %v", err)
		}
		s.Close()
		s = openIn(t, dir, boltstore.Options{NoSync: true})
		if n := len(inboxOf(t, s, ids[0])); n != len(was)+1 {
			t.Errorf("after all that %d entries, want %d", n, len(was)+1)
		}
		sound(t, s)
	})
}

// TestFailedBatch lets batches fail: they leave no entry, no position and no hole.
func TestFailedBatch(t *testing.T) {
	dir := t.TempDir()
	var fail atomic.Pointer[error]
	s := failing(t, dir, &fail)
	ids := newMatches(t, s, 1)
	for range 130 { // beyond an anchor or two
		was, last := inboxOf(t, s, ids[0]), newest(t, s)
		fail.Store(&noSpace)
		m, _, err := s.Match(t.Context(), ids[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			ch, err := m.Resign(nil, m.Places[0].Player, nil, time.UnixMilli(1_700_000_000_000))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), server.Commit{Match: &ch, Told: toldOf(m)}); !errors.Is(err, server.ErrDiskFull) {
				t.Fatalf("the commit gives %v", err)
			}
			if !reflect.DeepEqual(inboxOf(t, s, ids[0]), was) || newest(t, s) != last {
				t.Fatal("a refused commit is in the inbox")
			}
		}
		fail.Store(nil)
		pass(t, s, ids[0])
		if list := inboxOf(t, s, ids[0]); len(list) != len(was)+1 || newest(t, s) <= last {
			t.Fatalf("%d entries, then %d", len(was), len(list))
		}
	}
	sound(t, s)
	was := inboxOf(t, s, ids[0])
	s.Close()
	if again := openIn(t, dir, boltstore.Options{NoSync: true}); !reflect.DeepEqual(inboxOf(t, again, ids[0]), was) {
		t.Error("after a restart the inbox is another one")
	}
}

// TestNothingNew: a reader who is up to date is told so without any cost.
func TestNothingNew(t *testing.T) {
	s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true})
	ids := newMatches(t, s, 1)
	list := inboxOf(t, s, ids[0])
	q := server.InboxQuery{Player: list[0].Told.Player, After: list[len(list)-1].Position, Limit: 100, Keep: 100}
	allocs := testing.AllocsPerRun(100, func() {
		page, err := s.Inbox(t.Context(), q)
		if err != nil || len(page.Entries) > 0 || page.More {
			t.Errorf("%+v, %v", page, err)
		}
		if _, err := s.Newest(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
