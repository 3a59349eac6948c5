package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
)

// Target is the server that is measured, and the ways to it.
type Target struct {
	// Server is the URL of the public listener.
	Server string
	// Protocol is H1 or H2C.
	Protocol string
	// Admin reaches the admin listener. Nil: there is none.
	Admin adminv1connect.AdminServiceClient
	// AdminRequired: Admin was named by somebody, so it must be this server's. Else it is left out if it isn't.
	AdminRequired bool
	// Metrics lists where the server's metrics may be; the first that answers is taken. Those of the admin listener
	// come with OfAdmin, and are left out with it.
	Metrics []MetricsSource
	// Progress is told what goes on.
	Progress io.Writer
}

func (t *Target) check() error {
	if t.Protocol != H1 && t.Protocol != H2C {
		return fmt.Errorf("the protocol is %s or %s, not %q", H1, H2C, t.Protocol)
	}
	return nil
}

// meet signs an account in and finds out whether Admin is this server's: whoever listens at a default address may be
// another.
func (t *Target) meet(ctx context.Context, p *player, a *account) error {
	if err := p.signIn(ctx, a); err != nil {
		return err
	}
	if t.Admin == nil {
		return nil
	}
	err := knows(ctx, t.Admin, a)
	if err == nil {
		return nil
	}
	if t.AdminRequired {
		return &AdminError{Server: t.Server, Err: err}
	}
	t.Admin = nil
	var others []MetricsSource
	for _, m := range t.Metrics {
		if !m.OfAdmin {
			others = append(others, m)
		}
	}
	t.Metrics = others
	return nil
}

// meetAny does the same for a bench that has no account yet.
func (t *Target) meetAny(ctx context.Context) error {
	p := newPlayer(t.Server, t.Protocol, 0)
	defer p.close()
	return t.meet(ctx, p, newAccount())
}

// meter opens the server's own figures; without any of them it tells which figures will be missing.
func (t *Target) meter(ctx context.Context, missing string) *meter {
	now, source, err := firstMetrics(ctx, t.Metrics)
	if err != nil {
		t.tell("%s cannot be measured without the admin listener (--admin): %v", missing, err)
		return &meter{}
	}
	return &meter{source: source, before: now, since: time.Now()}
}

// tell writes a line of progress.
func (t *Target) tell(format string, args ...any) {
	if t.Progress != nil {
		fmt.Fprintf(t.Progress, "bench: "+format+"\n", args...)
	}
}

// The metrics that every process with a Prometheus collector has.
const (
	cpuSeconds    = "process_cpu_seconds_total"
	residentBytes = "process_resident_memory_bytes"
	// fileBytes is the size of the database.
	fileBytes = "yourmove_store_file_bytes"
)

// meter compares the server's own figures of two moments. Without a source all of them are nil.
type meter struct {
	source        *MetricsSource
	before, after metrics
	since         time.Time
	elapsed       time.Duration
}

// start begins anew: what is read from now on is compared with this moment.
func (m *meter) start(ctx context.Context) error {
	if m.source == nil {
		return nil
	}
	before, err := m.source.fetch(ctx)
	if err != nil {
		return fmt.Errorf("metrics before the load: %w", err)
	}
	m.before, m.since = before, time.Now()
	return nil
}

// read takes the second moment.
func (m *meter) read(ctx context.Context) error {
	if m.source == nil {
		return nil
	}
	m.elapsed = time.Since(m.since)
	after, err := m.source.fetch(ctx)
	if err != nil {
		return fmt.Errorf("metrics after the load: %w", err)
	}
	m.after = after
	return nil
}

// grew is by how much a metric grew in units, nil where the server does not have it.
func (m *meter) grew(name string, unit float64) *float64 {
	return growth(m.before, m.after, name, unit, 1)
}

// per is grew for each of n; nil for none.
func (m *meter) per(name string, unit float64, n int) *float64 {
	if n == 0 {
		return nil
	}
	return growth(m.before, m.after, name, unit, n)
}

// cpuPercent is how much of one core the server took.
func (m *meter) cpuPercent() *float64 { return m.grew(cpuSeconds, 100/m.elapsed.Seconds()) }

// residentMB is the server's memory at the second moment.
func (m *meter) residentMB() *float64 {
	rss, ok := m.after[residentBytes]
	if !ok {
		return nil
	}
	return rounded(rss / (1 << 20))
}
