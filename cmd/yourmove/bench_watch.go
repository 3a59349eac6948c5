package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/bench"
)

// benchWatchFlags are those of "bench watch".
type benchWatchFlags struct {
	server, protocol               string
	watchers, connections, seconds int
	rate                           float64
	json                           bool
}

func benchWatchCommand(a *app) *cobra.Command {
	var f benchWatchFlags
	cmd := &cobra.Command{
		Use:   "watch --server URL",
		Short: "Measures one match that many watch",
		Long: `Lets many watch a match in which two players take turns, and prints how many events the server delivers for each second
of CPU that it uses, the turns included, and how long a turn takes until a watcher has it.`,
		Example: "  yourmove bench watch --server http://127.0.0.1:8080 --watchers 1000 --connections 8 --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchWatch(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.server, "server", "", "the server's URL (required)")
	flags.IntVar(&f.watchers, "watchers", 1000, "how many watch")
	flags.IntVar(&f.connections, "connections", 0, "how many connections they share over h2c (default one for 250); over h1 each has its own")
	flags.Float64Var(&f.rate, "rate", 20, "how many turns per second are taken")
	flags.IntVar(&f.seconds, "seconds", 10, "for how long")
	flags.StringVar(&f.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	flags.BoolVar(&f.json, "json", false, "print one JSON object, as --output json")
	completeProtocols(cmd)
	return cmd
}

func (a *app) benchWatch(cmd *cobra.Command, f benchWatchFlags) error {
	server, err := parseServer(f.server)
	if err != nil {
		return err
	}
	switch {
	case f.watchers < 1 || f.seconds < 1 || f.rate <= 0:
		return misused("--watchers and --seconds are at least 1, --rate is more than 0")
	case f.connections < 0 || f.connections > f.watchers:
		return misused("--connections: from 1 to the %d of --watchers", f.watchers)
	case f.protocol != bench.H1 && f.protocol != bench.H2C:
		return misused("--protocol: %s or %s, not %q", bench.H1, bench.H2C, f.protocol)
	case f.protocol == bench.H1 && f.connections != 0 && f.connections != f.watchers:
		return misused("--connections: over h1 each of the %d needs its own", f.watchers)
	}
	target, done, err := a.benchTarget(server, f.protocol)
	if err != nil {
		return err
	}
	defer done()
	r, err := bench.Watch(cmd.Context(), bench.WatchOptions{
		Target: target, Watchers: f.watchers, Connections: f.connections, Rate: f.rate, Duration: time.Duration(f.seconds) * time.Second,
	})
	if err != nil {
		return a.benchFailure(err, server)
	}
	return a.showBench(f.json, r, func(w io.Writer) {
		row(w, "watched", fmt.Sprintf("%d turns in %.1f s by %d on %d connections over %s", r.Turns, r.Seconds, r.Watchers, r.Connections, r.Protocol))
		row(w, "delivered", fmt.Sprintf("%d events, %d missed, %d errors", r.Events, r.Missed, r.Errors))
		if r.FirstError != "" {
			row(w, "first error", r.FirstError)
		}
		row(w, "watcher p50, p99", fmt.Sprintf("%.2f, %.2f ms", r.WatchP50, r.WatchP99))
		row(w, "events per CPU second", measured(r.EventsPerCPUS, ""))
	})
}

// catchUpFlags are those of "bench catchup".
type catchUpFlags struct {
	server, protocol string
	events, runs     int
	json             bool
}

func benchCatchUpCommand(a *app) *cobra.Command {
	var f catchUpFlags
	cmd := &cobra.Command{
		Use:   "catchup --server URL",
		Short: "Measures how long it takes a player who was away to hear of everything",
		Long: `Plays until so many events have happened in a player's matches, and prints how long it takes to get all of them from
the old cursor: by StreamEvents, and by ListEvents page by page. Each is done several times; the median counts.`,
		Example: "  yourmove bench catchup --server http://127.0.0.1:8080 --events 10000 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			server, err := parseServer(f.server)
			if err != nil {
				return err
			}
			switch {
			case f.events < 1 || f.runs < 1:
				return misused("--events and --runs: at least 1")
			case f.protocol != bench.H1 && f.protocol != bench.H2C:
				return misused("--protocol: %s or %s, not %q", bench.H1, bench.H2C, f.protocol)
			}
			target, done, err := a.benchTarget(server, f.protocol)
			if err != nil {
				return err
			}
			defer done()
			r, err := bench.CatchUp(cmd.Context(), bench.CatchUpOptions{Target: target, Events: f.events, Runs: f.runs})
			if err != nil {
				return a.benchFailure(err, server)
			}
			return a.showBench(f.json, r, func(w io.Writer) {
				row(w, "behind", fmt.Sprintf("%d events in %d matches, over %s", r.Events, r.Matches, r.Protocol))
				row(w, "by StreamEvents", fmt.Sprintf("%.1f ms (%.1f ms the longest of %d)", r.CatchUp, r.CatchUpMax, r.Runs))
				row(w, "by ListEvents", fmt.Sprintf("%.1f ms (%.1f ms the longest of %d)", r.ListCatchUp, r.ListCatchUpMax, r.Runs))
				row(w, "server CPU", measured(r.ServerCPUMS, "ms"))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.server, "server", "", "the server's URL (required)")
	flags.IntVar(&f.events, "events", 10_000, "how many events the player is behind")
	flags.IntVar(&f.runs, "runs", 5, "how often each way is taken")
	flags.StringVar(&f.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	flags.BoolVar(&f.json, "json", false, "print one JSON object, as --output json")
	completeProtocols(cmd)
	return cmd
}
