package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/boltstore"
)

const (
	dbFile       = "yourmove.db"
	manifestFile = "MANIFEST"
)

// refuses opens a directory and wants words in the error that say what to do.
func refuses(t *testing.T, dir string, words ...string) {
	t.Helper()
	s, err := boltstore.Open(dir, boltstore.Options{})
	if err == nil {
		s.Close()
		t.Fatalf("opened, want a refusal that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the refusal is %q, want it to say %q", err, w)
		}
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	made := func(t *testing.T) string {
		dir := t.TempDir()
		s := openIn(t, dir, boltstore.Options{NoSync: true})
		newMatches(t, s, 40)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("nothing there", func(t *testing.T) { refuses(t, t.TempDir(), "create it first") })
	t.Run("missing file", func(t *testing.T) {
		dir := made(t)
		remove(t, dir, dbFile)
		refuses(t, dir, "yourmove.db is missing", "restore it from a backup")
		if err := boltstore.Create(dir, boltstore.Options{}); err == nil {
			t.Error("created a database where one is missing")
		}
	})
	t.Run("empty file", func(t *testing.T) {
		dir := made(t)
		if err := os.Truncate(filepath.Join(dir, dbFile), 0); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, "yourmove.db is empty", "restore it from a backup")
	})
	t.Run("missing manifest", func(t *testing.T) {
		dir := made(t)
		remove(t, dir, manifestFile)
		refuses(t, dir, "MANIFEST is missing", "restore both")
	})
	t.Run("manifest of another database", func(t *testing.T) {
		dir, other := made(t), made(t)
		text, err := os.ReadFile(filepath.Join(other, manifestFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, manifestFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, "restore both from one backup")
	})
	t.Run("in use", func(t *testing.T) {
		dir := t.TempDir()
		openIn(t, dir, boltstore.Options{})
		refuses(t, dir, "in use by another process")
		if _, err := boltstore.OpenReadOnly(dir, boltstore.Options{}); err == nil {
			t.Error("opened for reading what is being written")
		}
	})
	t.Run("too new", func(t *testing.T) {
		dir := t.TempDir()
		s := openIn(t, dir, boltstore.Options{})
		if err := boltstore.SetSchema(s.DB(), byte(boltstore.SchemaVersion()+1)); err != nil {
			t.Fatal(err)
		}
		s.Close()
		refuses(t, dir, fmt.Sprintf("schema %d", boltstore.SchemaVersion()+1), "newer one")
	})
	t.Run("cut off", func(t *testing.T) {
		dir := made(t)
		for _, size := range []int64{100, 5000, 9000, 30000} {
			if err := os.Truncate(filepath.Join(dir, dbFile), size); err != nil {
				t.Fatal(err)
			}
			refuses(t, dir)
		}
	})
	t.Run("not a database", func(t *testing.T) {
		dir := made(t)
		if err := os.WriteFile(filepath.Join(dir, dbFile), make([]byte, 1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, "is damaged", "backup")
	})
	t.Run("others can reach it", func(t *testing.T) {
		dir := made(t)
		if err := os.Chmod(filepath.Join(dir, dbFile), 0o640); err != nil {
			t.Fatal(err)
		}
		refuses(t, dir, "has mode 0640", "chmod 600")
	})
}

// TestDamagedMeta: bbolt would open such a file at the commit before the last one and say nothing.
func TestDamagedMeta(t *testing.T) {
	for _, meta := range []int64{0, 4096} {
		dir := t.TempDir()
		s := openIn(t, dir, boltstore.Options{NoSync: true})
		newMatches(t, s, 3)
		was := epoch(t, s)
		s.Close()
		f, err := os.OpenFile(filepath.Join(dir, dbFile), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{0xff}, meta+16+50); err != nil {
			t.Fatal(err)
		}
		f.Close()
		refuses(t, dir, "one of its two meta pages", "backup", "AcceptDamagedMeta")
		r, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		named := false
		if _, err := r.Check(t.Context(), nil, func(p boltstore.Problem) { named = named || p.Kind == boltstore.PagesDamaged }); err != nil || !named {
			t.Errorf("check does not name it (%v)", err)
		}
		if e := epoch(t, r); e != was {
			t.Error("opened for reading, the epoch is another one")
		}
		r.Close()
		accepted, err := boltstore.Open(dir, boltstore.Options{AcceptDamagedMeta: true})
		if err != nil {
			t.Fatal(err)
		}
		// What was told of a commit that is lost may be told of another one: nobody may go on from there.
		is := epoch(t, accepted)
		if is.ID == was.ID || is.Key != was.Key {
			t.Errorf("the epoch was %d and is %d; the key is the same: %v", was.ID, is.ID, is.Key == was.Key)
		}
		for i := range byte(2) { // the next commits write both meta pages anew
			if err := accepted.Commit(t.Context(), server.Commit{Player: &server.Player{ID: [16]byte{1, i}}}); err != nil {
				t.Fatal(err)
			}
		}
		accepted.Close()
		if e := epoch(t, openIn(t, dir, boltstore.Options{})); e != is {
			t.Errorf("the epoch changed once more, from %d to %d", is.ID, e.ID)
		}
	}
}

func TestCreateTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	if err := boltstore.Create(dir, boltstore.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := boltstore.Create(dir, boltstore.Options{}); err == nil {
		t.Error("created a second time")
	}
	for name, want := range map[string]os.FileMode{"": 0o700, dbFile: 0o600, manifestFile: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %v", name, info.Mode(), err, want)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.new"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestReadOnly checks a database that nobody writes to.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, boltstore.Options{NoSync: true})
	newMatches(t, s, 10)
	s.Close()
	r, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	stats, err := r.Check(t.Context(), nil, func(p boltstore.Problem) { t.Errorf("%+v", p) })
	if err != nil || stats.Matches != 10 || stats.Events != 30 {
		t.Errorf("checked %+v, %v", stats, err)
	}
	if err := r.Commit(t.Context(), server.Commit{Player: &server.Player{ID: [16]byte{1}}}); err == nil {
		t.Error("a commit to a store opened for reading")
	}
}

// TestDamage flips a bit in records: reads refuse them, and Check names them.
func TestDamage(t *testing.T) {
	for _, bucket := range []string{"log", "heads", "players", "positions", "history", "counts", "codes", "creations"} {
		t.Run(bucket, func(t *testing.T) {
			s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true})
			ids := newMatches(t, s, 1)
			fillAll(t, s, ids[0])
			check := func() (list []boltstore.Problem) {
				if _, err := s.Check(t.Context(), nil, func(p boltstore.Problem) { list = append(list, p) }); err != nil {
					t.Fatal(err)
				}
				return list
			}
			if list := check(); len(list) > 0 {
				t.Fatalf("before: %+v", list)
			}
			if err := boltstore.Spoil(s, bucket, func(r []byte) { r[len(r)-1] ^= 0x10 }); err != nil {
				t.Fatal(err)
			}
			found := false
			for _, p := range check() {
				found = found || p.Kind == boltstore.RecordDamaged && strings.Contains(p.Detail, "bucket "+bucket)
			}
			if !found {
				t.Errorf("check does not name the damage: %+v", check())
			}
			reads := map[string]func(context.Context) error{
				"log":       func(ctx context.Context) error { _, err := s.Events(ctx, ids[0], 0, 10); return err },
				"heads":     func(ctx context.Context) error { _, _, err := s.Match(ctx, ids[0], nil); return err },
				"positions": func(ctx context.Context) error { _, _, err := s.AllMatches(ctx, "", 10); return err },
				"history":   func(ctx context.Context) error { _, err := s.Events(ctx, ids[0], 0, 10); return err },
				"players":   func(ctx context.Context) error { _, _, err := s.AllPlayers(ctx, "", 10); return err },
				"counts":    func(ctx context.Context) error { _, err := s.Counts(ctx); return err },
				"codes":     func(ctx context.Context) error { _, err := s.MatchByCode(ctx, "CODE"); return err },
				"creations": func(ctx context.Context) error {
					_, err := s.Creation(ctx, server.RequestKey{Player: [16]byte{7}, ID: [16]byte{8}})
					return err
				},
			}
			if err := reads[bucket](t.Context()); !errors.Is(err, server.ErrDamaged) {
				t.Errorf("a read gives %v", err)
			}
		})
	}
}

// TestFlippedBits flips one bit at a time anywhere in a file: the store never crashes or hangs, and what it reads without an
// error is what was written, or Check says that something is wrong.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir, boltstore.Options{NoSync: true})
	ids := newMatches(t, s, 30)
	fillAll(t, s, ids[0])
	want := make([]game.Match, len(ids))
	for i, id := range ids {
		var err error
		if want[i], _, err = s.Match(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
	}
	used := 0
	if err := s.DB().View(func(tx *bolt.Tx) error { used = int(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	path := filepath.Join(dir, dbFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole = whole[:used] // the rest is room to grow
	const flips, seed = 300, 7
	rng := rand.New(rand.NewPCG(seed, 1))
	refused, named, unseen := 0, 0, 0
	for i := range flips {
		at, bit := rng.IntN(len(whole)), byte(1)<<rng.IntN(8)
		spoiled := bytes.Clone(whole)
		spoiled[at] ^= bit
		if err := os.WriteFile(path, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
		if err != nil {
			refused++
			continue
		}
		problems := 0
		if _, err := r.Check(t.Context(), nil, func(boltstore.Problem) { problems++ }); err != nil || problems > 0 {
			named++
		} else {
			unseen++
		}
		for n, id := range ids {
			m, _, err := r.Match(t.Context(), id, nil)
			if err == nil && !reflect.DeepEqual(m, want[n]) && problems == 0 {
				t.Fatalf("flip %d of seed %d, byte %d: match %v reads differently", i, seed, at, id)
			}
			if err != nil && problems == 0 {
				t.Fatalf("flip %d of seed %d, byte %d: match %v: %v; check said nothing", i, seed, at, id, err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d flips in %d bytes: %d refused when opened, %d named by check, %d in what nobody reads", flips, len(whole), refused, named, unseen)
	if refused+named == 0 {
		t.Error("no flip was noticed: the test does not bite")
	}
}
