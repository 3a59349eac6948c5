package boltstore_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
	"yourmove/server/boltstore"
)

// TestInboxDamage changes what inboxes are read by, with checksums that fit: Check names it, and reads end with an error
// or with what is right; they never go on for ever.
func TestInboxDamage(t *testing.T) {
	const entries = 300 // the inbox of the first player; the rows are written at entry 200
	links := func(at int, change func(*storev1.Links)) func(*testing.T, *boltstore.Store, []server.InboxEntry) {
		return func(t *testing.T, s *boltstore.Store, list []server.InboxEntry) {
			var rec storev1.LogRecord
			key := boltstore.PositionKey(uint64(list[at-1].Position))
			rewrite(t, s, "log", key, &rec, func() { change(rec.Links) })
		}
	}
	row := func(change func(*storev1.InboxEnd)) func(*testing.T, *boltstore.Store, []server.InboxEntry) {
		return func(t *testing.T, s *boltstore.Store, list []server.InboxEntry) {
			var end storev1.InboxEnd
			rewrite(t, s, "inboxes", list[0].Told.Player[:], &end, func() { change(&end) })
		}
	}
	put := func(bucket, key string, body []byte) func(*testing.T, *boltstore.Store, []server.InboxEntry) {
		return func(t *testing.T, s *boltstore.Store, _ []server.InboxEntry) {
			if err := boltstore.Put(s, bucket, []byte(key), body); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name   string
		damage func(*testing.T, *boltstore.Store, []server.InboxEntry)
		kind   boltstore.ProblemKind
		says   string
		// fails: reading the inbox from its beginning gives ErrDamaged.
		fails bool
	}{
		{"a circle", links(100, func(l *storev1.Links) { l.Previous[0] += 10 }), boltstore.IndexBroken, "it is entry 100", true},
		{"onto itself", links(100, func(l *storev1.Links) { l.Previous[0]++ }), boltstore.IndexBroken, "it is entry 100", true},
		{"a circle of anchors", links(129, func(l *storev1.Links) { l.Anchors[0] += 50 }), boltstore.IndexBroken, "has its anchor at", true},
		{"an anchor that is none", links(250, func(l *storev1.Links) { l.Anchors[0] -= 2 }), boltstore.IndexBroken, "has its anchor at", false},
		{"an anchor too few", links(250, func(l *storev1.Links) { l.Anchors[0] = 0 }), boltstore.IndexBroken, "has its anchor at 0", false},
		{"a step too long", links(100, func(l *storev1.Links) { l.Previous[0] -= 3 }), boltstore.IndexBroken, "it is entry 100", true},
		{"nothing before", links(100, func(l *storev1.Links) { l.Previous[0] = 0 }), boltstore.IndexBroken, "leads to 0", true},
		{"another number", links(100, func(l *storev1.Links) { l.Numbers[0] = 7 }), boltstore.IndexBroken, "it is entry 7", true},
		{"no number", links(100, func(l *storev1.Links) { l.Numbers[0] = 0 }), boltstore.IndexBroken, "it is entry 0", true},
		{"too few links", links(100, func(l *storev1.Links) { l.Numbers = l.Numbers[:1] }), boltstore.IndexBroken, "its links are not as many", true},
		{"no links", links(100, func(l *storev1.Links) { proto.Reset(l) }), boltstore.IndexBroken, "its links are not as many", true},
		{"a wrong row", row(func(e *storev1.InboxEnd) { e.Number-- }), boltstore.IndexBroken, "says that entry 199 is the last", false},
		{"an old row", row(func(e *storev1.InboxEnd) { e.Position-- }), boltstore.IndexBroken, "says that entry 200 is the last, at", false},
		{"a row without its anchor", row(func(e *storev1.InboxEnd) { e.Anchor = 0 }), boltstore.IndexBroken, "its anchor at 0", false},
		{"no row", func(t *testing.T, s *boltstore.Store, list []server.InboxEntry) {
			put("inboxes", string(list[0].Told.Player[:]), nil)(t, s, list)
		}, boltstore.IndexBroken, "missing, 200 entries", false},
		{"a row of nobody", put("inboxes", "sixteen bytes id", []byte{8, 1, 16, 1}), boltstore.IndexBroken, "concerns this player", false},
		{"a row of no id", put("inboxes", "short", []byte{8, 1}), boltstore.RecordDamaged, "not an id", false},
		{"a row ahead of the mark, and wrong", func(t *testing.T, s *boltstore.Store, list []server.InboxEntry) {
			put("meta", "mark", []byte{100})(t, s, list)
			row(func(e *storev1.InboxEnd) { e.Number-- })(t, s, list)
		}, boltstore.IndexBroken, "says that entry 199 is the last", false},
		{"a row ahead of the log", row(func(e *storev1.InboxEnd) { e.Position += 1000 }), boltstore.IndexBroken, "which is not in the log", false},
		{"a mark beyond the log", put("meta", "mark", []byte{255, 255, 1}), boltstore.IndexBroken, "the log goes to", false},
		{"no mark", put("meta", "mark", nil), boltstore.RecordDamaged, "key mark", false},
		{"no epoch", put("meta", "epoch", nil), boltstore.RecordDamaged, "there is no epoch", false},
		{"no key of cursors", put("meta", "cursors", nil), boltstore.RecordDamaged, "no key of cursors", false},
		{"a short key of cursors", put("meta", "cursors", make([]byte, 31)), boltstore.RecordDamaged, "no key of cursors", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := openIn(t, dir, boltstore.Options{NoSync: true})
				ids := newMatches(t, s, 1)
				for i := 2; i < entries; i++ {
					pass(t, s, ids[0])
					if i == 199 { // the matches made two
						time.Sleep(3 * time.Second)
						synctest.Wait()
					}
				}
				sound(t, s)
				list := inboxOf(t, s, ids[0])
				test.damage(t, s, list)
				found := false
				var all []boltstore.Problem
				if _, err := s.Check(t.Context(), nil, func(p boltstore.Problem) {
					found = found || p.Kind == test.kind && strings.Contains(p.Detail, test.says)
					all = append(all, p)
				}); err != nil || !found {
					t.Errorf("check does not name it: %+v, %v", all, err)
				}
				if len(all) > 4 {
					t.Errorf("check names one damage %d times", len(all))
				}
				failed := false
				for _, limit := range []int{1, 64, 1000} {
					for after := server.Position(0); ; {
						page, err := s.Inbox(t.Context(), server.InboxQuery{Player: list[0].Told.Player, After: after, Limit: limit, Keep: everything})
						if errors.Is(err, server.ErrDamaged) {
							failed = true
							break
						}
						if err != nil {
							t.Fatal(err)
						}
						known := 0
						for known < len(list) && list[known].Position <= after {
							known++
						}
						for i, e := range page.Entries {
							if e.Position != list[known+i].Position {
								t.Fatalf("entry %d behind position %d is at %d, want %d", i, after, e.Position, list[known+i].Position)
							}
						}
						if !page.More {
							break
						}
						after = page.Upto
					}
				}
				if failed != test.fails {
					t.Errorf("a read failed: %v, want %v", failed, test.fails)
				}
			})
		})
	}
}

// rewrite changes a record and gives it a checksum that fits.
func rewrite(t *testing.T, s *boltstore.Store, bucket string, key []byte, m proto.Message, change func()) {
	t.Helper()
	body, err := boltstore.Get(s, bucket, key)
	if err != nil || body == nil {
		t.Fatalf("bucket %s, key %x: %v", bucket, key, err)
	}
	if err := proto.Unmarshal(body, m); err != nil {
		t.Fatal(err)
	}
	change()
	now, err := proto.Marshal(m)
	if err != nil || bytes.Equal(now, body) {
		t.Fatalf("nothing was changed (%v)", err)
	}
	if err := boltstore.Put(s, bucket, key, now); err != nil {
		t.Fatal(err)
	}
}

// TestToldTwice: a commit that tells a player twice, or nobody, is named.
func TestToldTwice(t *testing.T) {
	for name, change := range map[string]func(*storev1.LogRecord){
		"twice":  func(r *storev1.LogRecord) { r.Told[1].Player = r.Told[0].Player },
		"nobody": func(r *storev1.LogRecord) { r.Told[1].Player = nil },
		"no id":  func(r *storev1.LogRecord) { r.Told[1].Player = []byte{1, 2} },
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, t.TempDir(), boltstore.Options{NoSync: true})
			id := newMatches(t, s, 1)[0]
			var rec storev1.LogRecord
			rewrite(t, s, "log", boltstore.PositionKey(newest(t, s)), &rec, func() { change(&rec) })
			named := false
			if _, err := s.Check(t.Context(), nil, func(p boltstore.Problem) {
				named = named || p.Kind == boltstore.IndexBroken && p.Match == game.MatchID(id).String() && strings.Contains(p.Detail, "bucket log")
			}); err != nil || !named {
				t.Errorf("check does not name it (%v)", err)
			}
		})
	}
}
