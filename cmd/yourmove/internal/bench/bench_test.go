package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/cmd/yourmove/internal/bench"
	"yourmove/cmd/yourmove/internal/fakeserver"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// listen serves a handler on a real socket over both protocols and counts the connections.
func listen(t *testing.T, h http.Handler) (url string, conns *atomic.Int64) {
	t.Helper()
	conns = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	count := s.Config.ConnState
	s.Config.ConnState = func(c net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns.Add(1)
		}
		if count != nil {
			count(c, st)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, conns
}

// options are those of a short run against f over real sockets, with its admin listener.
func options(t *testing.T, f *fakeserver.Server, game string) (o bench.Options, conns *atomic.Int64) {
	t.Helper()
	url, conns := listen(t, f.Public())
	adminURL, _ := listen(t, f.Admin())
	return bench.Options{
		Server: url, Players: 4, Duration: 200 * time.Millisecond, Game: game, Protocol: bench.H1, Matches: 10, Data: t.TempDir(),
		Admin:         adminv1connect.NewAdminServiceClient(connect.NewClient(connecthttp.NewTransport(http.DefaultClient, adminURL))),
		AdminRequired: true,
		Metrics:       []bench.MetricsSource{{Client: http.DefaultClient, URL: adminURL + "/metrics", OfAdmin: true}},
	}, conns
}

func TestEachGameIsPlayedWithoutARefusal(t *testing.T) {
	for _, game := range strings.Split(bench.Games(), ", ") {
		for _, protocol := range []string{bench.H1, bench.H2C} {
			t.Run(game+" over "+protocol, func(t *testing.T) {
				f := fakeserver.New()
				o, conns := options(t, f, game)
				o.Protocol = protocol
				r, err := bench.Run(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				if r.Errors != 0 || r.Turns == 0 || uint64(r.Turns) != f.Turns() {
					t.Errorf("%d turns and %d errors (%s); the server counted %d turns", r.Turns, r.Errors, r.FirstError, f.Turns())
				}
				if n := conns.Load(); n != 4 {
					t.Errorf("4 players made %d connections", n)
				}
				if r.Matches != 10 || r.Game != game || r.Protocol != protocol || r.Players != 4 {
					t.Errorf("the result describes another run: %+v", r)
				}
				if n := f.Bots(); n != 8 {
					t.Errorf("%d accounts are bots, 4 players own 8", n)
				}
			})
		}
	}
}

func TestFinishedMatchesAreReplacedAndCounted(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "tictactoe")
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// The fake's matches end after nine turns; those that are on hold at most eight each.
	if least := (r.Turns - 8*10) / 9 * 2; r.SetupCalls < least || r.SetupCalls%2 != 0 {
		t.Errorf("%d turns with %d calls between them, at least %d are needed", r.Turns, r.SetupCalls, least)
	}
}

func TestServersOwnFigures(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "relay")
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.ServerCPU == nil || *r.ServerCPU < 99.9 || *r.ServerCPU > 100.1 {
		t.Errorf("CPU a turn %v, the fake says 100 µs", show(r.ServerCPU))
	}
	if r.DiskBytes == nil || *r.DiskBytes != 512 {
		t.Errorf("disk a turn %v, the fake says 512 bytes", show(r.DiskBytes))
	}
	if r.ServerRSS == nil || *r.ServerRSS != 50 {
		t.Errorf("memory %v, the fake says 50 MiB", show(r.ServerRSS))
	}
	o.Metrics = nil
	if r, err = bench.Run(t.Context(), o); err != nil || r.ServerCPU != nil || r.DiskBytes != nil {
		t.Errorf("without metrics: %v, %+v", err, r)
	}
}

func show(f *float64) any {
	if f == nil {
		return "not measured"
	}
	return *f
}

func TestListedMatchesAreSpreadEvenly(t *testing.T) {
	f := fakeserver.New()
	var list bytes.Buffer
	for range 10 {
		id, secrets := f.Add("tictactoe")
		if err := json.NewEncoder(&list).Encode(map[string]any{"match_id": id, "secrets": secrets, "game": "tictactoe"}); err != nil {
			t.Fatal(err)
		}
	}
	o, _ := options(t, f, "")
	before := f.SignIns()
	o.Fill, o.Matches = &list, 0
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Matches != 10 || r.Errors != 0 || r.Turns == 0 || r.Game != "tictactoe" {
		t.Errorf("%d turns, %d errors in %d matches of %s", r.Turns, r.Errors, r.Matches, r.Game)
	}
	if n := f.SignIns() - before; n != 20 {
		t.Errorf("%d sign-ins for 20 accounts: tokens are to be kept", n)
	}
}

func TestBadListsAreNamedByLine(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"", "the list has 0"},
		{`{"match_id":"x","secrets":["AA==","AA=="]}` + "\nnonsense", "line 2"},
		{`{"match_id":"x","secrets":["AA=="]}`, "line 1"},
	} {
		o, _ := options(t, fakeserver.New(), "relay")
		o.Fill, o.Matches = strings.NewReader(c.list), 0
		if _, err := bench.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.list, err, c.want)
		}
	}
}

func TestOpenLoopOffersWhatWasAskedFor(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "relay")
	o.Rate = 100
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// The instants 0, 10, … 190 ms.
	if r.Turns != 20 {
		t.Errorf("%d turns in 200 ms at 100 a second", r.Turns)
	}
}

func TestOpenLoopCountsFromTheScheduledInstant(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "relay")
	// One turn is held up until the others of its player are overdue: their latency must show it.
	o.Players, o.Matches, o.Rate, o.Duration = 1, 1, 100, 200*time.Millisecond
	var once sync.Once
	f.Trouble(func(procedure string) error {
		if procedure == yourmovev1connect.MatchServiceSubmitTurnProcedure {
			once.Do(func() { <-time.After(150 * time.Millisecond) })
		}
		return nil
	})
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// Fifteen turns of 20 were late, by 150, 140, … 10 ms at least, so half of all were later than 50 ms.
	if r.Turns != 20 || r.SubmitMax < 150 || r.SubmitP50 < 50 {
		t.Errorf("%d turns, p50 %v ms, max %v ms: those behind the slow one waited too", r.Turns, r.SubmitP50, r.SubmitMax)
	}
}

func TestErrorsAreCountedAndTheRunGoesOn(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "tictactoe")
	var n atomic.Int64
	f.Trouble(func(procedure string) error {
		if procedure == yourmovev1connect.MatchServiceSubmitTurnProcedure && n.Add(1)%10 == 5 {
			return fakeserver.Refuse(connect.CodeUnavailable, "OVERLOADED", "full", time.Millisecond)
		}
		return nil
	})
	r, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors == 0 || int64(r.Errors+r.Turns) != n.Load() || !strings.Contains(r.FirstError, "full") {
		t.Errorf("%d errors and %d turns of %d calls, the first %q", r.Errors, r.Turns, n.Load(), r.FirstError)
	}
}

func TestAServerThatRefusesEverythingEndsTheRun(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "tictactoe")
	o.Duration = time.Minute
	f.Trouble(func(procedure string) error {
		if procedure == yourmovev1connect.MatchServiceSubmitTurnProcedure {
			return connect.NewError(connect.CodeInternal, "broken")
		}
		return nil
	})
	if _, err := bench.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%v", err)
	}
}

func TestSetUpWaitsWhenAsked(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "relay")
	var n atomic.Int64
	f.Trouble(func(procedure string) error {
		if procedure == yourmovev1connect.MatchServiceCreateMatchProcedure && n.Add(1) <= 5 {
			return fakeserver.Refuse(connect.CodeResourceExhausted, "RATE_LIMITED", "slowly", time.Millisecond)
		}
		return nil
	})
	if _, err := bench.Run(t.Context(), o); err != nil {
		t.Error(err)
	}
}

func TestTokensAreRenewedBeforeTheyEnd(t *testing.T) {
	f := fakeserver.New()
	f.TokenLife(20 * time.Millisecond)
	o, _ := options(t, f, "relay")
	r, err := bench.Run(t.Context(), o)
	if err != nil || r.Errors != 0 {
		t.Fatalf("%v, %d errors: %s", err, r.Errors, r.FirstError)
	}
	if n := f.SignIns(); n <= 9 {
		t.Errorf("%d sign-ins of 9 accounts in ten lives of a token", n)
	}
}

func TestAnotherServersAdminListenerIsLeftOut(t *testing.T) {
	f, other := fakeserver.New(), fakeserver.New()
	o, _ := options(t, f, "relay")
	theirs, _ := options(t, other, "relay")
	o.Admin, o.Metrics = theirs.Admin, theirs.Metrics
	_, err := bench.Run(t.Context(), o)
	var admin *bench.AdminError
	if !errors.As(err, &admin) || connect.CodeOf(admin.Err) != connect.CodeNotFound {
		t.Errorf("it was named, and is another's: %v", err)
	}
	o.AdminRequired = false
	if r, err := bench.Run(t.Context(), o); err != nil || r.ServerCPU != nil {
		t.Errorf("nobody named it: %v, CPU of the wrong server %v", err, show(r.ServerCPU))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	f := fakeserver.New()
	o, _ := options(t, f, "relay")
	o.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	f.Trouble(func(procedure string) error {
		if procedure == yourmovev1connect.MatchServiceSubmitTurnProcedure {
			cancel()
		}
		return nil
	})
	if _, err := bench.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestJSONHasEveryFieldOfTheContract(t *testing.T) {
	data, err := json.Marshal(bench.Result{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"turns_per_s", "submit_p50_ms", "submit_p99_ms", "server_cpu_us_per_turn", "disk_bytes_per_turn", "echo_per_s", "fsync_per_s",
		"errors", "turns", "protocol", "players", "seconds", "game", "server_rss_mb", "goal", "setup_calls", "matches",
	} {
		if _, ok := fields[name]; !ok {
			t.Errorf("no %s in %s", name, data)
		}
	}
}
