package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/bench"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
)

func benchCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measures a server from outside",
		RunE:  needsCommand,
	}
	cmd.AddCommand(
		benchTurnsCommand(a), benchListsCommand(a), benchStreamsCommand(a), benchPollsCommand(a), benchLatencyCommand(a),
		benchWatchCommand(a), benchCatchUpCommand(a), benchEchoServerCommand(a), benchBareCommand(a),
	)
	return cmd
}

// turnsFlags are those of "bench turns".
type turnsFlags struct {
	server, game, protocol, fill, data string
	players, matches, seconds          int
	rate                               float64
	yardstickSeconds                   int
	streams, json                      bool
}

func benchTurnsCommand(a *app) *cobra.Command {
	var t turnsFlags
	cmd := &cobra.Command{
		Use:   "turns --server URL",
		Short: "Counts durable turns per second and how long each takes",
		Long: `Lets players submit turns over real sockets, a connection each, and prints what came of it: acknowledged turns per
second, the latency of SubmitTurn, what a turn costs the server, and two yardsticks of the same run (empty calls by as
many clients to a bare handler in a process of its own; 4 KiB appends with a sync each in --data).

Each player acts for the accounts of its share of the matches and picks a match at random for each turn. The matches are
the bench's own, or those of --fill. One that ends is replaced by a new one between the same accounts: these calls are
counted as setup_calls, not as turns.

The server's own figures come from its admin listener, or from URL/metrics where the server offers it. With an admin
listener the bench's accounts are marked as bots, whose limits are higher.

With --streams the players play twice, the second time while each account of theirs keeps a stream of its events open.
All figures are then those with the streams; ratio_with_streams compares both, and server_us_per_event is what a turn
costs the server more, shared out among the events that the streams delivered.`,
		Example: `  yourmove bench turns --server http://127.0.0.1:8080 --players 64 --seconds 10 --protocol h2c --json
  yourmove bench turns --server http://127.0.0.1:8080 --fill matches.jsonl --rate 500`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.benchTurns(cmd, t) },
	}
	f := cmd.Flags()
	f.StringVar(&t.server, "server", "", "the server's URL (required)")
	f.IntVar(&t.players, "players", 64, "how many submit turns, a connection each")
	f.IntVar(&t.seconds, "seconds", 10, "for how long")
	f.Float64Var(&t.rate, "rate", 0, "offer so many turns per second on a schedule (default as many as it takes)")
	f.StringVar(&t.game, "game", "tictactoe", "what to play in matches of the bench's own: "+bench.Games())
	f.StringVar(&t.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	f.IntVar(&t.matches, "matches", 0, "how many matches are played at the same time (default 10,000 for 64 players, fewer for fewer; with --fill all)")
	f.StringVar(&t.fill, "fill", "", `play the matches of this list, written by "yourmove fill"`)
	f.StringVar(&t.data, "data", os.TempDir(), "the directory on whose disk fsync_per_s is measured")
	f.IntVar(&t.yardstickSeconds, "yardstick-seconds", 3, "how long echo_per_s is measured, fsync_per_s a third of it; 0: neither")
	f.BoolVar(&t.streams, "streams", false, "play on with a stream open for each account, and compare")
	f.BoolVar(&t.json, "json", false, "print one JSON object, as --output json")
	must(cmd.RegisterFlagCompletionFunc("game", cobra.FixedCompletions(strings.Split(bench.Games(), ", "), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions([]string{bench.H1, bench.H2C}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// ownMatches is how many matches the bench makes unless somebody says otherwise: so many that few of them end within
// a run, because making new ones costs the server what it should spend on turns.
func ownMatches(players int) int { return (10_000*players + 63) / 64 }

func (a *app) benchTurns(cmd *cobra.Command, t turnsFlags) error {
	server, err := parseServer(t.server)
	if err != nil {
		return err
	}
	switch {
	case t.players < 1 || t.seconds < 1 || t.matches < 0 || t.rate < 0 || t.yardstickSeconds < 0:
		return misused("--players and --seconds are at least 1, --matches, --rate and --yardstick-seconds at least 0")
	case t.protocol != bench.H1 && t.protocol != bench.H2C:
		return misused("--protocol: %s or %s, not %q", bench.H1, bench.H2C, t.protocol)
	case !strings.Contains(", "+bench.Games()+",", ", "+t.game+","):
		return misused("--game: one of %s, not %q", bench.Games(), t.game)
	case t.matches > 0 && t.matches < t.players:
		return misused("--matches: at least one for each of the %d players", t.players)
	case t.matches == 0 && t.fill == "":
		t.matches = ownMatches(t.players)
	}
	o := bench.Options{
		Server: server, Players: t.players, Duration: time.Duration(t.seconds) * time.Second, Rate: t.rate, Game: t.game,
		Protocol: t.protocol, Matches: t.matches, Data: t.data, Yardsticks: time.Duration(t.yardstickSeconds) * time.Second,
		EchoServer: childProcess(echoCommand), Streams: t.streams, Progress: a.stderr,
	}
	if t.fill != "" {
		f, err := os.Open(t.fill)
		if err != nil {
			return fmt.Errorf("--fill: %w", err)
		}
		defer f.Close()
		o.Fill = f
	}
	target, done, err := a.benchTarget(server, t.protocol)
	if err != nil {
		return err
	}
	defer done()
	o.Admin, o.AdminRequired, o.Metrics = target.Admin, target.AdminRequired, target.Metrics
	r, err := bench.Run(cmd.Context(), o)
	if err != nil {
		return a.benchFailure(err, server)
	}
	return a.showBench(t.json, r, func(w io.Writer) { turnsTable(w, r) })
}

// benchTarget returns the server to be measured with the ways to it. done is to be called at the end.
func (a *app) benchTarget(server, protocol string) (t bench.Target, done func(), err error) {
	adminClient, adminURL, err := adminHTTP(a.admin)
	if err != nil {
		return t, nil, err
	}
	t = bench.Target{
		Server: server, Protocol: protocol, Progress: a.stderr,
		Admin:         adminv1connect.NewAdminServiceClient(connect.NewClient(connecthttp.NewTransport(adminClient, adminURL))),
		AdminRequired: a.adminGiven,
		Metrics: []bench.MetricsSource{
			{Client: adminClient, URL: adminURL + "/metrics", OfAdmin: true},
			{Client: &http.Client{Timeout: adminPatience}, URL: server + "/metrics"},
		},
	}
	// This process shares the machine with what it measures: let it collect its garbage less often.
	percent := debug.SetGCPercent(400)
	return t, func() {
		debug.SetGCPercent(percent)
		adminClient.CloseIdleConnections()
	}, nil
}

// benchFailure says what to do about a bench that failed.
func (a *app) benchFailure(err error, server string) error {
	var admin *bench.AdminError
	switch {
	case errors.As(err, &admin) && connect.CodeOf(admin.Err) == connect.CodeNotFound:
		return &advised{err: err, says: "the admin listener at " + a.admin + " is not that of " + server,
			advice: "give that server's own with --admin, or unset " + adminVariable}
	case errors.As(err, &admin):
		return adminFailure(admin.Err, a.admin)
	}
	return publicFailure(err, server)
}

// showBench prints a result as it was asked for.
func (a *app) showBench(asJSON bool, r any, table func(io.Writer)) error {
	if asJSON || a.output == "json" {
		return a.showJSON(r)
	}
	return a.showTable(table)
}

// parseServer checks a --server and takes the slash off its end.
func parseServer(s string) (string, error) {
	if s == "" {
		return "", misused("--server is needed: the server's URL, such as http://127.0.0.1:8080")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", misused("--server: a URL such as http://127.0.0.1:8080, not %q", s)
	}
	return strings.TrimRight(s, "/"), nil
}

// measured writes a figure that may not have been.
func measured(f *float64, unit string) string {
	if f == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.1f %s", *f, unit)
}

func turnsTable(w io.Writer, r bench.Result) {
	row(w, "goal", r.Goal)
	row(w, "played", fmt.Sprintf("%s, %d matches, %d players over %s, %.1f s", r.Game, r.Matches, r.Players, r.Protocol, r.Seconds))
	row(w, "turns", fmt.Sprintf("%d (%d errors, %d calls between them)", r.Turns, r.Errors, r.SetupCalls))
	if r.FirstError != "" {
		row(w, "first error", r.FirstError)
	}
	row(w, "turns per second", fmt.Sprintf("%.0f", r.TurnsPerS))
	row(w, "SubmitTurn p50, p99, max", fmt.Sprintf("%.2f, %.2f, %.2f ms", r.SubmitP50, r.SubmitP99, r.SubmitMax))
	row(w, "server CPU a turn", measured(r.ServerCPU, "µs"))
	row(w, "server memory", measured(r.ServerRSS, "MiB"))
	row(w, "disk a turn", measured(r.DiskBytes, "bytes"))
	if r.EchoPerS != nil {
		row(w, "empty calls per second", fmt.Sprintf("%.0f (turns are %.2f of it)", *r.EchoPerS, *r.TurnsPerEcho))
	}
	if s := r.WithStreams; s != nil {
		row(w, "with streams", fmt.Sprintf("%d open (%d lost), %.2f of the %.0f turns per second without", s.Streams, s.StreamsLost, s.Ratio, s.TurnsPerSWithout))
		row(w, "events per second", fmt.Sprintf("%.0f", s.EventsPerS))
		row(w, "server CPU an event", measured(s.ServerPerEvent, "µs"))
	}
	if r.FsyncPerS != nil {
		row(w, "syncs per second", fmt.Sprintf("%.0f in %s", *r.FsyncPerS, r.FsyncDir))
	}
}

// The hidden commands that serve what the real server is compared with.
const (
	echoCommand = "echo-server"
	bareCommand = "bare"
)

// childProcess makes this program once more, as such a server: in a process of its own, as the real one is.
func childProcess(command string) func(context.Context) *exec.Cmd {
	return func(ctx context.Context) *exec.Cmd {
		exe, err := os.Executable()
		if err != nil {
			exe = os.Args[0]
		}
		cmd := exec.CommandContext(ctx, exe, "bench", command)
		cmd.Stderr = os.Stderr
		return cmd
	}
}

func benchEchoServerCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    echoCommand,
		Short:  "Answers empty calls until its standard input ends",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   func(*cobra.Command, []string) error { return bench.ServeEcho(os.Stdin, a.stdout) },
	}
}

func benchBareCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    bareCommand,
		Short:  "Lets calls wait, with nothing around them, until its standard input ends",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   func(*cobra.Command, []string) error { return bench.ServeBare(os.Stdin, a.stdout) },
	}
}
