package auth

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"yourmove/game"
)

func (c *cache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.young) + len(c.old)
}

func sumOf(n int) (sum digest) {
	binary.BigEndian.PutUint64(sum[:], uint64(n))
	return sum
}

func claimsOf(n int) Claims {
	return Claims{Player: game.PlayerID{byte(n), byte(n >> 8)}, Session: SessionID{byte(n)}, Expires: time.Unix(int64(n), 0).UTC()}
}

func TestCacheIsBounded(t *testing.T) {
	const bound = 100
	c := newCache(bound)
	for n := range 20 * bound {
		c.put(sumOf(n), claimsOf(n))
		if got, ok := c.get(sumOf(n)); !ok || got != claimsOf(n) {
			t.Fatalf("%d: got %v %t, want what was just put", n, got, ok)
		}
		if got := c.size(); got > bound {
			t.Fatalf("holds %d tokens, the bound is %d", got, bound)
		}
		// The newest half is always there.
		for m := max(0, n-bound/2+1); m <= n; m++ {
			if got, ok := c.peek(sumOf(m)); !ok || got != claimsOf(m).Player {
				t.Fatalf("%d is forgotten after %d", m, n)
			}
		}
	}
	if _, ok := c.get(sumOf(0)); ok {
		t.Error("the oldest is still there")
	}
}

// peek looks without making a token young again.
func (c *cache) peek(sum digest) (game.PlayerID, bool) {
	if e, ok := c.young[sum]; ok {
		return e.player, true
	}
	e, ok := c.old[sum]
	return e.player, ok
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	c := newCache(100)
	c.put(sumOf(0), claimsOf(0))
	for n := 1; n < 10_000; n++ {
		c.put(sumOf(n), claimsOf(n))
		if n%40 == 0 {
			if _, ok := c.get(sumOf(0)); !ok {
				t.Fatalf("forgotten after %d others, though it was used all the time", n)
			}
		}
	}
}

func TestVerifyStaysWithinTheCacheBound(t *testing.T) {
	keys, err := NewKeys(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	a := newAccess(keys, 0, 10)
	now := time.Unix(1_700_000_000, 0)
	for n := range 50 {
		token, _, err := a.Issue(game.PlayerID{byte(n)}, SessionID{byte(n)}, now)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := a.Verify(token, now); err != nil || got.Player != (game.PlayerID{byte(n)}) {
				t.Fatalf("token %d: %v, %v", n, got, err)
			}
		}
		if got := a.verified.size(); got > 10 {
			t.Fatalf("%d tokens cached, the bound is 10", got)
		}
		// Neither a forgery nor an expired token takes anybody's place.
		before := a.verified.size()
		_, _ = a.Verify(token+"A", now)
		old, _, err := a.Issue(game.PlayerID{byte(n)}, SessionID{byte(n)}, now.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = a.Verify(old, now)
		if got := a.verified.size(); got != before {
			t.Fatalf("refused tokens went into the cache: %d, then %d", before, got)
		}
	}
}

func TestVerifyInParallel(t *testing.T) {
	keys, err := NewKeys(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	a := newAccess(keys, 0, 8) // small, so that generations change all the time
	now := time.Unix(1_700_000_000, 0)
	var tokens [20]string
	for n := range tokens {
		if tokens[n], _, err = a.Issue(game.PlayerID{byte(n)}, SessionID{byte(n)}, now); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				n := (g + i) % len(tokens)
				if got, err := a.Verify(tokens[n], now); err != nil || got.Player != (game.PlayerID{byte(n)}) {
					t.Errorf("token %d: %v, %v", n, got, err)
				}
			}
		})
	}
	wg.Wait()
	if got := a.verified.size(); got > 8 {
		t.Errorf("%d tokens cached, the bound is 8", got)
	}
}

func BenchmarkVerify(b *testing.B) {
	keys, err := NewKeys(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		b.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	a := NewAccess(keys, 0)
	token, _, err := a.Issue(game.PlayerID{1}, SessionID{1}, now)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("uncached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.verified = newCache(2)
			if _, err := a.Verify(token, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Verify(token, now); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached-parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := a.Verify(token, now); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkCacheFill puts ever new tokens, so that generations change.
func BenchmarkCacheFill(b *testing.B) {
	b.ReportAllocs()
	c := newCache(maxCached)
	n := 0
	for b.Loop() {
		c.put(sumOf(n), Claims{})
		n++
	}
}
