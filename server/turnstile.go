package server

import (
	"context"
	"sync"

	"yourmove/game"
)

// turnstile lets calls on one match through one at a time: decided in parallel all but one of them would conflict in
// the store and have to be decided again.
type turnstile struct {
	mu sync.Mutex
	// queues has the matches that somebody is working on. Guarded by mu.
	queues map[game.MatchID]*queue
}

type queue struct {
	turn    chan struct{} // holds one token: whoever has it works
	waiting int           // including the one who works; guarded by turnstile.mu
}

// enter waits for its turn on a match, or until ctx is done. leave must be called exactly once after a nil error.
func (t *turnstile) enter(ctx context.Context, id game.MatchID) (leave func(), err error) {
	t.mu.Lock()
	if t.queues == nil {
		t.queues = map[game.MatchID]*queue{}
	}
	q := t.queues[id]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		q.turn <- struct{}{}
		t.queues[id] = q
	}
	q.waiting++
	t.mu.Unlock()

	select {
	case <-q.turn:
		return func() { q.turn <- struct{}{}; t.drop(id, q) }, nil
	case <-ctx.Done():
		t.drop(id, q)
		return nil, ctx.Err()
	}
}

func (t *turnstile) drop(id game.MatchID, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.waiting--; q.waiting == 0 {
		delete(t.queues, id)
	}
}
