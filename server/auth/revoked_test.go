package auth

import (
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func sessionOf(n int) (id SessionID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

func TestRevokedUntil(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	now := start
	r := NewRevoked(func() time.Time { return now })
	a, b := sessionOf(1), sessionOf(2)
	if r.Has(a) {
		t.Error("knows a session that was never added")
	}
	r.Add(a, start.Add(time.Minute))
	if !r.Has(a) || r.Has(b) {
		t.Error("want exactly what was added")
	}
	r.Add(a, start.Add(time.Second)) // an earlier end takes nothing back
	now = start.Add(time.Minute - 1)
	if !r.Has(a) {
		t.Error("forgotten before its time")
	}
	r.Add(a, start.Add(2*time.Minute)) // a later one counts, also after the first was due
	now = start.Add(time.Minute)
	r.Add(b, start.Add(2*time.Minute))
	if !r.Has(a) {
		t.Error("forgotten though marked for longer")
	}
	now = start.Add(2 * time.Minute)
	if r.Has(a) || r.Has(b) {
		t.Error("remembered past its time")
	}
	r.Add(a, start)
	if r.Has(a) || len(r.until) != 0 || len(r.queue) != 0 {
		t.Errorf("%d sessions and %d entries are left", len(r.until), len(r.queue))
	}
}

// TestRevokedAgreesWithItsModel compares with a map that forgets nothing, and watches the size.
func TestRevokedAgreesWithItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_700_000_000, 0)
		r := NewRevoked(func() time.Time { return now })
		model := map[SessionID]time.Time{}
		session := rapid.Map(rapid.IntRange(0, 5), sessionOf)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				id := session.Draw(t, "session")
				until := now.Add(time.Duration(rapid.IntRange(-3, 10).Draw(t, "seconds")) * time.Second)
				r.Add(id, until)
				if until.After(model[id]) {
					model[id] = until
				}
			},
			"wait": func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "seconds")) * time.Second) },
			"": func(t *rapid.T) {
				for id, until := range model {
					if got := r.Has(id); got != now.Before(until) {
						t.Fatalf("session %v until %v, now %v: Has is %t", id, until, now, got)
					}
				}
				if len(r.queue) < len(r.until) {
					t.Fatalf("%d sessions, only %d entries to forget them by", len(r.until), len(r.queue))
				}
			},
		})
	})
}

func TestRevokedForgets(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	r := NewRevoked(func() time.Time { return now })
	const perMinute, lifetime = 100, 15
	for n := range 100 * perMinute {
		if n%perMinute == 0 {
			now = now.Add(time.Minute)
		}
		r.Add(sessionOf(n), now.Add(lifetime*time.Minute))
		if len(r.until) > (lifetime+1)*perMinute || len(r.queue) > (lifetime+1)*perMinute {
			t.Fatalf("after %d: %d sessions, %d entries", n, len(r.until), len(r.queue))
		}
	}
	// A crowd that ended at once is forgotten a few at a time, with the next that end.
	for n := range 1000 {
		r.Add(sessionOf(1_000_000+n), now.Add(time.Minute))
	}
	crowd := len(r.until)
	now = now.Add(time.Hour)
	for n := range crowd {
		before := len(r.queue)
		r.Add(sessionOf(2_000_000+n), now.Add(time.Minute))
		if before-len(r.queue) > 1 {
			t.Fatalf("one call forgot %d", before-len(r.queue)+1)
		}
	}
	if len(r.until) != crowd {
		t.Errorf("%d sessions are left, want the %d last ones", len(r.until), crowd)
	}
}

func TestRevokedInParallel(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	r := NewRevoked(func() time.Time { return start })
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				id := sessionOf(g*1000 + i)
				r.Add(id, start.Add(time.Minute))
				if !r.Has(id) {
					t.Errorf("session %v is not there after it was added", id)
				}
				r.Has(sessionOf((g+1)%4*1000 + i))
			}
		})
	}
	wg.Wait()
	if len(r.until) != 2000 {
		t.Errorf("%d sessions, want 2000", len(r.until))
	}
}

func BenchmarkRevokedHas(b *testing.B) {
	now := time.Now()
	r := NewRevoked(time.Now)
	for n := range 10_000 {
		r.Add(sessionOf(n), now.Add(time.Hour))
	}
	absent := sessionOf(1 << 30)
	for b.Loop() {
		r.Has(absent)
	}
}
