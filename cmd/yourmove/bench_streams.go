package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/bench"
)

// idleFlags are those of "bench streams" and "bench polls".
type idleFlags struct {
	server, protocol              string
	waiting, connections, seconds int
	bare, json                    bool
}

// idleLong is what both have to say.
const idleLong = `

Five of them belong to one player, each to a session of its own. Memory and CPU are the server's own figures, from its
admin listener, or from URL/metrics where the server offers it: the growth of its resident memory from before the first
is opened until --seconds after the last, and the share of one core that it takes during these seconds. The same is done
with a bare handler of the same protocol in a process of its own, without interceptors, validation or store.

Nothing is sent for 55 seconds: with fewer --seconds idle_cpu_percent may not have a heartbeat in it.`

func benchStreamsCommand(a *app) *cobra.Command {
	var i idleFlags
	cmd := &cobra.Command{
		Use:   "streams --server URL",
		Short: "Measures what open streams cost on which nothing happens",
		Long:  "Opens streams of events, with a heartbeat every 55 seconds, and lets them wait." + idleLong,
		Example: `  yourmove bench streams --server http://127.0.0.1:8080 --streams 10000 --connections 40 --json
  yourmove bench streams --server http://127.0.0.1:8080 --streams 10000 --protocol h1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, done, err := a.idle(i, "--streams")
			if err != nil {
				return err
			}
			defer done()
			r, err := bench.Streams(cmd.Context(), o)
			if err != nil {
				return a.benchFailure(err, o.Server)
			}
			return a.showBench(i.json, r, func(w io.Writer) { idleTable(w, "stream", r.Streams, r.KiBPerStream, r.BareKiBPerStream, r.Idle) })
		},
	}
	i.add(cmd, "streams")
	return cmd
}

func benchPollsCommand(a *app) *cobra.Command {
	var i idleFlags
	cmd := &cobra.Command{
		Use:     "polls --server URL",
		Short:   "Measures what long-polls cost that wait",
		Long:    "Opens long-polls that wait for 55 seconds, each anew when it is answered." + idleLong,
		Example: "  yourmove bench polls --server http://127.0.0.1:8080 --polls 10000 --connections 40 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, done, err := a.idle(i, "--polls")
			if err != nil {
				return err
			}
			defer done()
			r, err := bench.Polls(cmd.Context(), o)
			if err != nil {
				return a.benchFailure(err, o.Server)
			}
			return a.showBench(i.json, r, func(w io.Writer) { idleTable(w, "poll", r.Polls, r.KiBPerPoll, r.BareKiBPerPoll, r.Idle) })
		},
	}
	i.add(cmd, "polls")
	return cmd
}

// add gives a command the flags; what is the flag that says how many.
func (i *idleFlags) add(cmd *cobra.Command, what string) {
	f := cmd.Flags()
	f.StringVar(&i.server, "server", "", "the server's URL (required)")
	f.IntVar(&i.waiting, what, 1000, "how many "+what)
	f.IntVar(&i.connections, "connections", 0, "how many connections they share over h2c (default one for 250); over h1 each has its own")
	f.IntVar(&i.seconds, "seconds", 10, "for how long the server is watched once all are open")
	f.StringVar(&i.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	f.BoolVar(&i.bare, "bare", true, "measure a bare handler as well")
	f.BoolVar(&i.json, "json", false, "print one JSON object, as --output json")
	completeProtocols(cmd)
}

func completeProtocols(cmd *cobra.Command) {
	must(cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions([]string{bench.H1, bench.H2C}, cobra.ShellCompDirectiveNoFileComp)))
}

// idle turns the flags into options. done is to be called at the end.
func (a *app) idle(i idleFlags, flag string) (o bench.IdleOptions, done func(), err error) {
	server, err := parseServer(i.server)
	if err != nil {
		return o, nil, err
	}
	switch {
	case i.waiting < 1 || i.seconds < 1:
		return o, nil, misused("%s and --seconds: at least 1", flag)
	case i.connections < 0 || i.connections > i.waiting:
		return o, nil, misused("--connections: from 1 to the %d of %s", i.waiting, flag)
	case i.protocol != bench.H1 && i.protocol != bench.H2C:
		return o, nil, misused("--protocol: %s or %s, not %q", bench.H1, bench.H2C, i.protocol)
	case i.protocol == bench.H1 && i.connections != 0 && i.connections != i.waiting:
		return o, nil, misused("--connections: over h1 each of the %d needs its own", i.waiting)
	}
	target, done, err := a.benchTarget(server, i.protocol)
	if err != nil {
		return o, nil, err
	}
	o = bench.IdleOptions{Target: target, Waiting: i.waiting, Connections: i.connections, Duration: time.Duration(i.seconds) * time.Second}
	if i.bare {
		o.BareServer = childProcess(bareCommand)
	}
	return o, done, nil
}

func idleTable(w io.Writer, what string, n int, each, bare *float64, i bench.Idle) {
	row(w, "open", fmt.Sprintf("%d %ss of %d players on %d connections over %s, after %.1f s", n, what, i.Players, i.Connections, i.Protocol, i.OpenS))
	row(w, "memory a "+what, measured(each, "KiB"))
	row(w, "a bare handler's", measured(bare, "KiB"))
	if i.Ratio != nil {
		row(w, "ratio", fmt.Sprintf("%.2f", *i.Ratio))
	}
	row(w, "idle CPU", measured(i.IdleCPU, fmt.Sprintf("%% of a core in %.0f s", i.Seconds)))
	row(w, "meanwhile", fmt.Sprintf("%d heartbeats, %d events, %d errors", i.Heartbeats, i.Events, i.Errors))
	if i.FirstError != "" {
		row(w, "first error", i.FirstError)
	}
}
