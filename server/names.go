package server

import (
	"context"
	"sync"

	"yourmove/game"
)

// maxNames bounds how many players the server remembers: about 20 MB when all are in use.
const maxNames = 100_000

// names remembers the players that views name, because reading two players was a tenth of the cost of a turn
// (docs/benchmarks.md). It is filled from the store, so only with what is durable, and every change of a player passes
// through changePlayer, which takes him out.
type names struct {
	mu      sync.RWMutex
	players map[game.PlayerID]Player // guarded by mu
	// changes counts calls of forget: what was read before one must not be remembered after it. Guarded by mu.
	changes uint64
}

// load returns the players with these ids; those that do not exist are left out.
func (n *names) load(ctx context.Context, s Store, ids []game.PlayerID) (map[game.PlayerID]Player, error) {
	found := make(map[game.PlayerID]Player, len(ids))
	var missing []game.PlayerID
	n.mu.RLock()
	for _, id := range ids {
		if p, ok := n.players[id]; ok {
			found[id] = p
		} else {
			missing = append(missing, id)
		}
	}
	changes := n.changes
	n.mu.RUnlock()
	if len(missing) == 0 {
		return found, nil
	}
	read, err := s.Players(ctx, missing)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.players == nil || len(n.players) >= maxNames {
		n.players = map[game.PlayerID]Player{} // those in use are soon back
	}
	for id, p := range read {
		found[id] = p
		if n.changes == changes {
			n.players[id] = p
		}
	}
	return found, nil
}

// forget drops a player whose record is about to change or has changed: called before and after the commit, so that
// nobody who read the old record in between remembers it.
func (n *names) forget(id game.PlayerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.players, id)
	n.changes++
}
