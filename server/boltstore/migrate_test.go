package boltstore_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
)

var update = flag.Bool("update", false, "write the file of the present schema in testdata anew")

// saved opens a copy of a file that was saved with an earlier program, and checks it.
func saved(t *testing.T, name string, matches, events uint64) *boltstore.Store {
	t.Helper()
	s := openIn(t, copyOf(t, "testdata/"+name), boltstore.Options{})
	stats, err := s.Check(t.Context(), nil, func(p boltstore.Problem) { t.Errorf("check: %+v", p) })
	if err != nil || stats.Matches != matches || stats.Events != events {
		t.Errorf("checked %+v, %v; want %d matches with %d events", stats, err, matches, events)
	}
	id, err := s.PlayerByIdentity(t.Context(), "guest", []byte{1, 2})
	if err != nil || id != [16]byte{1} {
		t.Errorf("player %v, %v", id, err)
	}
	return s
}

// The matches of both files: the first with 40 turns, the second with none.
var savedMatches = []game.MatchID{{1}, {1, 0, 1}}

// TestSchema1 opens a file of schema 1, which knew no inboxes: its commits belong to none, later ones do.
func TestSchema1(t *testing.T) {
	s := saved(t, "schema1", 2, 46)
	last := newest(t, s)
	if e := epoch(t, s); e.ID == 0 || last != 44 || marked(t, s) != last {
		t.Errorf("epoch %d, the log goes to %d, the mark is at %d", e.ID, last, marked(t, s))
	}
	if list := inboxOf(t, s, savedMatches[0]); len(list) > 0 {
		t.Errorf("somebody was told of %d commits before there were inboxes", len(list))
	}
	for range 3 {
		pass(t, s, savedMatches[0])
	}
	if list := inboxOf(t, s, savedMatches[0]); len(list) != 3 || uint64(list[0].Position) != last+1 {
		t.Errorf("the inbox after three turns: %+v", list)
	}
	sound(t, s)
}

// TestSchema2 opens a file of schema 2 as a killed process left it: the ends of inboxes up to its mark stand in rows, and
// the last ten turns in the log alone.
func TestSchema2(t *testing.T) {
	if *update {
		synctest.Test(t, saveSchema2)
	}
	s := saved(t, "schema2", 2, 86)
	list := inboxOf(t, s, savedMatches[0])
	if len(list) != 82 || newest(t, s) != 84 {
		t.Errorf("%d entries, the log goes to %d", len(list), newest(t, s))
	}
	if n := len(inboxOf(t, s, savedMatches[1])); n != 2 {
		t.Errorf("%d entries of the other match, want 2", n)
	}
	for i, e := range list {
		first := e.Recorded.Events[0].Version
		if e.Match != savedMatches[0] || e.Told.Seat != 1 || e.Told.Standing != server.Waiting || i > 0 && first <= list[i-1].Recorded.Events[0].Version {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	pass(t, s, savedMatches[0])
	if n := len(inboxOf(t, s, savedMatches[0])); n != 83 {
		t.Errorf("one turn later %d entries", n)
	}
	sound(t, s)
}

func saveSchema2(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, boltstore.Options{PageSize: 1 << 10})
	p := server.Player{ID: [16]byte{1}, Name: "someone", Identities: []server.Identity{{Kind: "guest", Subject: []byte{1, 2}}}}
	if err := s.Commit(t.Context(), server.Commit{Player: &p, Session: &server.Session{ID: [16]byte{2}, Player: p.ID}}); err != nil {
		t.Fatal(err)
	}
	ids := newMatches(t, s, 2)
	for i := range 80 {
		if i == 70 {
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}
		pass(t, s, ids[0])
	}
	const to = "testdata/schema2"
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	// bbolt enlarges files in large steps.
	var used int64
	if err := s.DB().View(func(tx *bolt.Tx) error { used = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(to, dbFile), used); err != nil {
		t.Fatal(err)
	}
}
