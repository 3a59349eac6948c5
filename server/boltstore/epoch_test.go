package boltstore_test

import (
	"strings"
	"testing"

	"yourmove/server"
	"yourmove/server/boltstore"
)

func epoch(t testing.TB, s *boltstore.Store) server.Epoch {
	t.Helper()
	e, err := s.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestNewEpoch begins another course of a database: the number changes, the key stays, and so does everything else.
func TestNewEpoch(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, boltstore.Options{NoSync: true})
	ids := newMatches(t, s, 1)
	was, entries := epoch(t, s), len(inboxOf(t, s, ids[0]))
	if _, _, err := boltstore.NewEpoch(dir, boltstore.Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("changed the epoch of an open database: %v", err)
	}
	seen := map[uint64]bool{was.ID: true}
	for range 3 {
		s.Close()
		before, after, err := boltstore.NewEpoch(dir, boltstore.Options{NoSync: true})
		if err != nil || before != was.ID || seen[after] {
			t.Fatalf("epoch %d became %d, %v; it was %d", before, after, err, was.ID)
		}
		seen[after] = true
		s = openIn(t, dir, boltstore.Options{NoSync: true})
		is := epoch(t, s)
		if is.ID != after || is.Key != was.Key {
			t.Errorf("the epoch is %d, want %d; the key is the same: %v", is.ID, after, is.Key == was.Key)
		}
		was = is
	}
	if n := len(inboxOf(t, s, ids[0])); n != entries {
		t.Errorf("%d entries became %d", entries, n)
	}
	sound(t, s)
	if _, _, err := boltstore.NewEpoch(t.TempDir(), boltstore.Options{}); err == nil {
		t.Error("changed the epoch of no database")
	}
}
