package timeouts_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"yourmove/server/timeouts"
)

// due has matches that are due, and fails on some looks.
type due struct {
	matches int
	fail    map[int]error
	looks   []time.Time
}

func (d *due) LapseDue(_ context.Context, limit int) (int, error) {
	d.looks = append(d.looks, time.Now())
	if err := d.fail[len(d.looks)]; err != nil {
		return 0, err
	}
	n := min(limit, d.matches)
	d.matches -= n
	return n, nil
}

// Much that is due at once is done at once, in bounded looks; a failed look is tried again; the end leaves nothing behind.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &due{matches: 250, fail: map[int]error{4: errors.New("the disk is slow")}}
		var log strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		w := &timeouts.Worker{Service: d, Every: time.Minute, Log: slog.New(slog.NewTextHandler(&log, nil))}
		start := time.Now()
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(2*time.Minute + time.Second) // virtual
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		for _, l := range d.looks {
			at = append(at, l.Sub(start))
		}
		want := []time.Duration{0, 0, 0, time.Minute, 2 * time.Minute}
		if len(at) != len(want) {
			t.Fatalf("it looked at %v, want %v", at, want)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("look %d came after %v, want %v", i+1, at[i], want[i])
			}
		}
		if !strings.Contains(log.String(), "the disk is slow") {
			t.Errorf("the failed look is not in the log: %s", &log)
		}
	})
}
