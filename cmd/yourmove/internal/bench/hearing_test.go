package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/cmd/yourmove/internal/bench"
	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	"yourmove/server/servertest"
)

// childEnv makes the test binary the bare server.
const childEnv = "YOURMOVE_BENCH_BARE"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := bench.ServeBare(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// bareServer is this test binary once more.
func bareServer(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = os.Stderr
	return cmd
}

// target is a real server on real sockets.
func target(t *testing.T, protocol string) bench.Target {
	t.Helper()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
	admin, _ := listen(t, s.Admin)
	return bench.Target{
		Server: s.Start(), Protocol: protocol,
		Admin:         adminv1connect.NewAdminServiceClient(connect.NewClient(connecthttp.NewTransport(http.DefaultClient, admin))),
		AdminRequired: true,
		Metrics:       []bench.MetricsSource{{Client: http.DefaultClient, URL: admin + "/metrics", OfAdmin: true}},
	}
}

// fields checks that a result's JSON has a number in each of these fields.
func fields(t *testing.T, result any, names ...string) {
	t.Helper()
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, ok := all[name].(float64); !ok {
			t.Errorf("%s is %v in %s", name, all[name], data)
		}
	}
}

func TestStreamsAreOpenedOverTheConnectionsAskedFor(t *testing.T) {
	for _, c := range []struct {
		protocol          string
		connections, want int
	}{{bench.H2C, 3, 3}, {bench.H2C, 0, 1}, {bench.H2C, 12, 12}, {bench.H1, 0, 12}} {
		t.Run(fmt.Sprintf("%s over %d", c.protocol, c.connections), func(t *testing.T) {
			t.Parallel()
			o := bench.IdleOptions{
				Target: target(t, c.protocol), Waiting: 12, Connections: c.connections, Duration: 200 * time.Millisecond, BareServer: bareServer,
			}
			r, err := bench.Streams(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if r.Streams != 12 || r.Players != 3 || r.Errors != 0 || r.Events != 0 {
				t.Errorf("%+v", r)
			}
			// Over HTTP/1.1 the transport may dial one and then find another that has become free.
			if r.Connections != c.want && (c.protocol != bench.H1 || r.Connections < c.want) {
				t.Errorf("%d connections, want %d", r.Connections, c.want)
			}
			if r.OpenS <= 0 || r.IdleCPU == nil || *r.IdleCPU < 0 {
				t.Errorf("opened in %v s, idle at %v %%", r.OpenS, show(r.IdleCPU))
			}
			fields(t, r, "kib_per_stream", "bare_kib_per_stream", "open_s", "idle_cpu_percent", "bare_open_s", "streams", "connections", "seconds")
		})
	}
}

func TestPollsWait(t *testing.T) {
	for _, protocol := range []string{bench.H1, bench.H2C} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r, err := bench.Polls(t.Context(), bench.IdleOptions{
				Target: target(t, protocol), Waiting: 12, Duration: 200 * time.Millisecond, BareServer: bareServer,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Polls != 12 || r.Errors != 0 || r.Events != 0 || r.Heartbeats != 0 {
				t.Errorf("%+v", r)
			}
			fields(t, r, "kib_per_poll", "bare_kib_per_poll", "open_s", "idle_cpu_percent")
		})
	}
}

func TestIdleOptionsAreChecked(t *testing.T) {
	for _, o := range []bench.IdleOptions{
		{Target: bench.Target{Protocol: bench.H2C}, Waiting: 0, Duration: time.Second},
		{Target: bench.Target{Protocol: bench.H2C}, Waiting: 2, Connections: 3, Duration: time.Second},
		{Target: bench.Target{Protocol: bench.H1}, Waiting: 4, Connections: 2, Duration: time.Second},
		{Target: bench.Target{Protocol: "h3"}, Waiting: 4, Duration: time.Second},
	} {
		if _, err := bench.Streams(t.Context(), o); err == nil {
			t.Errorf("%+v was measured", o)
		}
	}
}

func TestOpponentsHearOfEachTurn(t *testing.T) {
	for _, c := range []struct{ protocol, game string }{{bench.H2C, "relay"}, {bench.H1, "tictactoe"}} {
		t.Run(c.game+" over "+c.protocol, func(t *testing.T) {
			t.Parallel()
			r, err := bench.Latency(t.Context(), bench.LatencyOptions{
				Target: target(t, c.protocol), Players: 4, Rate: 50, Duration: 400 * time.Millisecond, Game: c.game,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Turns != 20 || r.Delivered != 20 || r.Missed != 0 || r.Errors != 0 || r.Events < 20 {
				t.Errorf("20 turns: %+v", r)
			}
			if r.SubmitP50 <= 0 || r.SubmitP99 < r.SubmitP50 || r.OpponentP50 <= 0 || r.OpponentP99 < r.OpponentP50 {
				t.Errorf("%+v", r)
			}
			fields(t, r, "submit_p50_ms", "submit_p99_ms", "opponent_p50_ms", "opponent_p99_ms", "opponent_minus_answer_p50_ms", "server_cpu_us_per_turn")
		})
	}
}

func TestLatencyBesideIdleStreams(t *testing.T) {
	t.Parallel()
	r, err := bench.Latency(t.Context(), bench.LatencyOptions{
		Target: target(t, bench.H2C), Players: 2, Rate: 50, Duration: 200 * time.Millisecond, Game: "relay", IdleStreams: 7, IdleConnections: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Turns != 10 || r.Delivered != 10 || r.Errors != 0 || r.IdleStreams != 7 {
		t.Errorf("%+v", r)
	}
	fields(t, r, "submit_p99_alone_ms", "submit_p99_ratio")
}

func TestWatchersSeeEachTurn(t *testing.T) {
	t.Parallel()
	r, err := bench.Watch(t.Context(), bench.WatchOptions{
		Target: target(t, bench.H2C), Watchers: 12, Connections: 2, Rate: 50, Duration: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Turns != 10 || r.Events != 120 || r.Missed != 0 || r.Errors != 0 || r.Connections != 2 {
		t.Errorf("10 turns for 12: %+v", r)
	}
	if r.WatchP50 <= 0 || r.WatchP99 < r.WatchP50 {
		t.Errorf("%+v", r)
	}
	fields(t, r, "server_cpu_s", "watch_p50_ms", "watch_p99_ms")
}

func TestAbsentPlayerCatchesUp(t *testing.T) {
	t.Parallel()
	r, err := bench.CatchUp(t.Context(), bench.CatchUpOptions{Target: target(t, bench.H2C), Events: 1100, Runs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.CatchUp <= 0 || r.CatchUpMax < r.CatchUp || r.ListCatchUp <= 0 || r.ListCatchUpMax < r.ListCatchUp {
		t.Errorf("%+v", r)
	}
	fields(t, r, "catch_up_ms", "list_catch_up_ms", "events", "server_cpu_ms_per_catch_up")
}

func TestTurnsWithAndWithoutStreams(t *testing.T) {
	for _, protocol := range []string{bench.H1, bench.H2C} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := target(t, protocol)
			r, err := bench.Run(t.Context(), bench.Options{
				Server: s.Server, Protocol: protocol, Admin: s.Admin, AdminRequired: true, Metrics: s.Metrics, Players: 3, Matches: 6, Game: "relay",
				Duration: 200 * time.Millisecond, Streams: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Errors != 0 || r.WithStreams == nil || r.Streams != 6 || r.StreamsLost != 0 || r.Events == 0 || r.Ratio <= 0 {
				t.Errorf("%+v, %+v", r, r.WithStreams)
			}
			fields(t, r, "ratio_with_streams", "events_per_s", "turns_per_s", "turns_per_s_without", "server_us_per_event")
		})
	}
}
