package bench

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// MetricsSource is where the server's Prometheus metrics may be read.
type MetricsSource struct {
	Client *http.Client
	URL    string
	// OfAdmin: it is the admin listener's.
	OfAdmin bool
}

// metrics are values by name, those of all labels added up, and by name with labels, as the server writes them.
type metrics map[string]float64

// firstMetrics reads from the first source that answers, and returns it; nil if none does.
func firstMetrics(ctx context.Context, sources []MetricsSource) (metrics, *MetricsSource, error) {
	err := errors.New("no metrics can be reached")
	for i := range sources {
		var m metrics
		if m, err = sources[i].fetch(ctx); err == nil {
			return m, &sources[i], nil
		}
	}
	return nil, nil, err
}

func (s *MetricsSource) fetch(ctx context.Context) (metrics, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, err
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", s.URL, res.Status)
	}
	m := metrics{}
	in := bufio.NewScanner(res.Body)
	for in.Scan() {
		// name{label="…"} value [timestamp]
		line := in.Text()
		name, rest, ok := strings.Cut(line, " ")
		if i := strings.IndexByte(line, '{'); i >= 0 {
			end := strings.LastIndexByte(line, '}')
			if end < i {
				continue
			}
			name, rest = line[:i], strings.TrimSpace(line[end+1:])
		}
		value, _, _ := strings.Cut(rest, " ")
		if f, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(name, "#") {
			m[name] += f
			if end := strings.LastIndexByte(line, '}'); end > 0 {
				m[line[:end+1]] = f
			}
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.URL, err)
	}
	return m, nil
}

// growth is by how much a metric grew, for each of n; nil where the server does not have it.
func growth(before, after metrics, name string, unit float64, n int) *float64 {
	b, hadIt := before[name]
	a, hasIt := after[name]
	if !hadIt || !hasIt {
		return nil
	}
	return rounded((a - b) * unit / float64(n))
}

// quantile estimates how long the share q of the calls of a procedure took at most, from the server's histogram, as
// Prometheus does: within a bucket evenly spread. Nil where the server has no such histogram.
func quantile(before, after metrics, procedure string, q float64) *float64 {
	head := fmt.Sprintf("yourmove_call_seconds_bucket{code=\"ok\",procedure=%q,le=\"", procedure)
	type bucket struct{ upTo, calls float64 }
	var buckets []bucket
	for name, calls := range after {
		bound, ok := strings.CutPrefix(name, head)
		upTo, err := strconv.ParseFloat(strings.TrimSuffix(bound, "\"}"), 64)
		if ok && err == nil {
			buckets = append(buckets, bucket{upTo, calls - before[name]})
		}
	}
	slices.SortFunc(buckets, func(a, b bucket) int { return cmp.Compare(a.upTo, b.upTo) })
	if len(buckets) == 0 || buckets[len(buckets)-1].calls == 0 {
		return nil
	}
	want := q * buckets[len(buckets)-1].calls
	var from bucket
	for _, b := range buckets {
		if b.calls >= want && !math.IsInf(b.upTo, 1) {
			return rounded(1e3 * (from.upTo + (b.upTo-from.upTo)*(want-from.calls)/(b.calls-from.calls)))
		}
		from = b
	}
	return nil // longer than the longest bound
}
