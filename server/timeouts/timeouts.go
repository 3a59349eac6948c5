// Package timeouts does what is due: it gives up on seats that stayed empty and invitations that nobody answered.
package timeouts

import (
	"context"
	"log/slog"
	"time"
)

// batch is how many matches one look changes; when there are more, the next look follows at once.
const batch = 100

// Lapser is what the task needs of server.Service.
type Lapser interface {
	// LapseDue gives up on whoever did not come in time, in up to limit matches, and returns how many changed.
	LapseDue(ctx context.Context, limit int) (int, error)
}

// Worker looks for what is due.
type Worker struct {
	Service Lapser
	// Every is how long it waits between looks. Lapsing takes days, so a minute is exact enough.
	Every time.Duration
	Log   *slog.Logger
}

// Run looks until ctx is done, and leaves nothing running behind. A look that fails is logged and tried again.
func (w *Worker) Run(ctx context.Context) error {
	ticker := time.NewTicker(w.Every)
	defer ticker.Stop()
	for {
		n, err := w.Service.LapseDue(ctx, batch)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			w.Log.ErrorContext(ctx, "looking for what lapses failed", "err", err)
		case n > 0:
			w.Log.InfoContext(ctx, "gave up on players who did not come", "matches", n)
		}
		if n == batch && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
