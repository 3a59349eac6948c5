package boltstore_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/server/boltstore"
)

func TestCompact(t *testing.T) {
	dir := t.TempDir()
	if err := boltstore.Create(dir, boltstore.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	ids := fill(t, dir, 2000)
	left := filepath.Join(dir, "yourmove.db.new") // as a compaction that was cut short leaves it
	if err := os.WriteFile(left, []byte("half a copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	was := contents(t, dir, ids)

	before, after, err := boltstore.Compact(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if after >= before {
		t.Errorf("%d bytes became %d", before, after)
	}
	info, err := os.Stat(filepath.Join(dir, "yourmove.db"))
	if err != nil || info.Size() != after || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v; it should have %d bytes and be its owner's alone", info, err, after)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("the copy is still there")
	}
	if is := contents(t, dir, ids); !reflect.DeepEqual(is, was) {
		t.Error("not the same matches as before")
	}

	// It goes on as a database.
	s, err := boltstore.Open(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := boltstore.Compact(dir, boltstore.Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("compacting an open database: %v, it should say that it is in use", err)
	}
	if err := newRelay(s, game.MatchID{1: 1}, was[0].Created); err != nil {
		t.Errorf("a new match: %v", err)
	}
}

func TestCompactNothing(t *testing.T) {
	if _, _, err := boltstore.Compact(t.TempDir(), boltstore.Options{}); err == nil {
		t.Error("compacted a directory without a database")
	}
}

// contents reads the matches, and checks everything.
func contents(t *testing.T, dir string, ids []game.MatchID) []game.Match {
	t.Helper()
	s, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Check(context.Background(), nil, func(p boltstore.Problem) { t.Errorf("check: %+v", p) }); err != nil {
		t.Fatal(err)
	}
	list := make([]game.Match, len(ids))
	for i, id := range ids {
		if list[i], _, err = s.Match(context.Background(), id, nil); err != nil {
			t.Fatal(err)
		}
	}
	return list
}
