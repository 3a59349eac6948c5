package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"yourmove/cmd/yourmove/internal/bench"
	"yourmove/cmd/yourmove/internal/fakeserver"
)

func TestLists(t *testing.T) {
	f := fakeserver.New()
	var list strings.Builder
	for range 3 {
		id, secrets := f.Add("tictactoe")
		line, err := json.Marshal(map[string]any{"match_id": id, "secrets": secrets})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&list, string(line))
	}
	url, conns := listen(t, f.Public())
	admin, _ := listen(t, f.Admin())
	o := bench.ListOptions{
		Server: url, Players: 2, Duration: 100 * time.Millisecond, Protocol: bench.H2C, Fill: strings.NewReader(list.String()),
		Metrics: []bench.MetricsSource{{Client: http.DefaultClient, URL: admin + "/metrics", OfAdmin: true}},
	}
	r, err := bench.Lists(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Accounts != 6 || uint64(r.Calls) != f.Lists() || r.Calls == 0 || r.Matches != 1 || r.Bytes == 0 {
		t.Errorf("6 accounts with a match each were asked for %d times: %+v", f.Lists(), r)
	}
	if conns.Load() != 2 {
		t.Errorf("2 players made %d connections", conns.Load())
	}
	if r.ListP50 <= 0 || r.ListP99 < r.ListP50 {
		t.Errorf("p50 %v, p99 %v", r.ListP50, r.ListP99)
	}
	// Half-way between 98 and 100 in a hundred, so half-way between 1 and 2 ms.
	if r.ServerP99 == nil || *r.ServerP99 != 1.5 {
		t.Errorf("server_p99_ms is %v, not 1.5", r.ServerP99)
	}
}

func TestListsWithoutMetrics(t *testing.T) {
	f := fakeserver.New()
	id, secrets := f.Add("relay")
	line, err := json.Marshal(map[string]any{"match_id": id, "secrets": secrets})
	if err != nil {
		t.Fatal(err)
	}
	url, _ := listen(t, f.Public())
	o := bench.ListOptions{Server: url, Players: 1, Duration: time.Millisecond, Protocol: bench.H1, Fill: strings.NewReader(string(line))}
	r, err := bench.Lists(t.Context(), o)
	if err != nil || r.ServerP99 != nil || r.ServerCPU != nil {
		t.Errorf("%v; the server's own figures cannot have been measured: %+v", err, r)
	}
	o.Fill = strings.NewReader("")
	if _, err := bench.Lists(t.Context(), o); err == nil {
		t.Error("an empty list was measured")
	}
}
