package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/bench"
)

// latencyFlags are those of "bench latency".
type latencyFlags struct {
	server, protocol, game       string
	players, seconds             int
	rate                         float64
	idleStreams, idleConnections int
	json                         bool
}

func benchLatencyCommand(a *app) *cobra.Command {
	var l latencyFlags
	cmd := &cobra.Command{
		Use:   "latency --server URL",
		Short: "Measures how long a turn takes until the opponent's stream has it",
		Long: `Lets pairs of players take turns on a schedule, each with a connection of its own and a stream of its events open, and
prints how long SubmitTurn took to be answered and how long it took, from the same start, until the opponent's stream had
the turn.

With --idle-streams it does so twice, the second time while others hold so many streams open: submit_p99_ratio compares.`,
		Example: `  yourmove bench latency --server http://127.0.0.1:8080 --rate 50 --seconds 10 --json
  yourmove bench latency --server http://127.0.0.1:8080 --rate 1000 --idle-streams 10000 --idle-connections 40`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.benchLatency(cmd, l) },
	}
	f := cmd.Flags()
	f.StringVar(&l.server, "server", "", "the server's URL (required)")
	f.Float64Var(&l.rate, "rate", 50, "how many turns per second are offered")
	f.IntVar(&l.seconds, "seconds", 10, "for how long")
	f.IntVar(&l.players, "players", 64, "how many play, in pairs")
	f.StringVar(&l.game, "game", "relay", "what they play: "+bench.Games()+"; matches in relay mode do not end")
	f.StringVar(&l.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	f.IntVar(&l.idleStreams, "idle-streams", 0, "compare with a run beside so many idle streams")
	f.IntVar(&l.idleConnections, "idle-connections", 0, "how many connections the idle streams share over h2c (default one for 250)")
	f.BoolVar(&l.json, "json", false, "print one JSON object, as --output json")
	must(cmd.RegisterFlagCompletionFunc("game", cobra.FixedCompletions(strings.Split(bench.Games(), ", "), cobra.ShellCompDirectiveNoFileComp)))
	completeProtocols(cmd)
	return cmd
}

func (a *app) benchLatency(cmd *cobra.Command, l latencyFlags) error {
	server, err := parseServer(l.server)
	if err != nil {
		return err
	}
	switch {
	case l.players < 2 || l.players%2 != 0:
		return misused("--players: an even number, as they play in pairs, not %d", l.players)
	case l.rate <= 0 || l.seconds < 1:
		return misused("--rate is more than 0, --seconds at least 1")
	case l.protocol != bench.H1 && l.protocol != bench.H2C:
		return misused("--protocol: %s or %s, not %q", bench.H1, bench.H2C, l.protocol)
	case !strings.Contains(", "+bench.Games()+",", ", "+l.game+","):
		return misused("--game: one of %s, not %q", bench.Games(), l.game)
	case l.idleStreams < 0 || l.idleConnections < 0 || l.idleConnections > l.idleStreams:
		return misused("--idle-connections: from 1 to the number of --idle-streams")
	}
	target, done, err := a.benchTarget(server, l.protocol)
	if err != nil {
		return err
	}
	defer done()
	r, err := bench.Latency(cmd.Context(), bench.LatencyOptions{
		Target: target, Players: l.players, Rate: l.rate, Duration: time.Duration(l.seconds) * time.Second, Game: l.game,
		IdleStreams: l.idleStreams, IdleConnections: l.idleConnections,
	})
	if err != nil {
		return a.benchFailure(err, server)
	}
	return a.showBench(l.json, r, func(w io.Writer) { latencyTable(w, r) })
}

func latencyTable(w io.Writer, r bench.LatencyResult) {
	row(w, "played", fmt.Sprintf("%s, %d matches, %d players over %s, %g turns/s for %.1f s", r.Game, r.Matches, r.Players, r.Protocol, r.Rate, r.Seconds))
	row(w, "turns", fmt.Sprintf("%d (%d errors)", r.Turns, r.Errors))
	if r.FirstError != "" {
		row(w, "first error", r.FirstError)
	}
	row(w, "SubmitTurn p50, p99", fmt.Sprintf("%.2f, %.2f ms", r.SubmitP50, r.SubmitP99))
	row(w, "opponent p50, p99", fmt.Sprintf("%.2f, %.2f ms", r.OpponentP50, r.OpponentP99))
	row(w, "opponent after answer p50", fmt.Sprintf("%.2f ms", r.OpponentMinusAnswerP50))
	row(w, "to the opponent", fmt.Sprintf("%d turns, %d missed", r.Delivered, r.Missed))
	row(w, "server CPU a turn", measured(r.ServerCPU, "µs"))
	if r.SubmitP99Ratio != nil {
		row(w, "beside idle streams", fmt.Sprintf("%d; without them SubmitTurn p99 is %.2f ms: ratio %.2f", r.IdleStreams, *r.SubmitP99Alone, *r.SubmitP99Ratio))
	}
}
