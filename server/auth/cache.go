package auth

import (
	"sync"
	"time"

	"yourmove/game"
)

// cache remembers tokens whose signature has been verified, by their digest. It holds two generations: when the young
// one is full it becomes the old one, and what was old is forgotten. What is still in use is found among the old and
// put among the young. So no call ever does more than a few map operations, and nobody has to clean up.
type cache struct {
	half int // how many fit in one generation

	// mu guards what follows.
	mu         sync.Mutex
	young, old map[digest]cached
}

type digest = [32]byte

// cached are Claims without a pointer, so that the collector need not look at a hundred thousand of them.
type cached struct {
	player  game.PlayerID
	session SessionID
	expires int64 // Unix seconds
}

// newCache returns a cache of at most bound tokens, at least two.
func newCache(bound int) *cache {
	return &cache{half: max(bound/2, 1), young: make(map[digest]cached)}
}

// get returns the claims of a token that was put. They may have expired since.
func (c *cache) get(sum digest) (Claims, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[sum]
	if !ok {
		if e, ok = c.old[sum]; !ok {
			return Claims{}, false
		}
		c.add(sum, e)
	}
	return Claims{Player: e.player, Session: e.session, Expires: time.Unix(e.expires, 0).UTC()}, true
}

// put remembers the claims of a verified token.
func (c *cache) put(sum digest, claims Claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(sum, cached{player: claims.Player, session: claims.Session, expires: claims.Expires.Unix()})
}

// add puts an entry among the young. The caller holds mu.
func (c *cache) add(sum digest, e cached) {
	if len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[digest]cached)
	}
	c.young[sum] = e
}
