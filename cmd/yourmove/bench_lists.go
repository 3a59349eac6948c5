package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/bench"
)

// listsFlags are those of "bench lists".
type listsFlags struct {
	server, protocol, fill string
	players, seconds       int
	full, json             bool
}

func benchListsCommand(a *app) *cobra.Command {
	var l listsFlags
	cmd := &cobra.Command{
		Use:   "lists --server URL --fill FILE",
		Short: "Measures how long ListMatches takes, the first call of an app that was opened",
		Long: `Signs in as the players of a list of matches, at most 500, and asks for the first page of their own matches, one call
after the other on each connection. server_p99_ms is the server's own figure, estimated from its histogram; it needs
the admin listener, or URL/metrics where the server offers it.`,
		Example: "  yourmove bench lists --server http://127.0.0.1:8080 --fill matches.jsonl --seconds 10 --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchLists(cmd, l) },
	}
	f := cmd.Flags()
	f.StringVar(&l.server, "server", "", "the server's URL (required)")
	f.StringVar(&l.fill, "fill", "", `the list of matches, written by "yourmove fill" (required)`)
	f.IntVar(&l.players, "players", 1, "how many ask at the same time, a connection each")
	f.IntVar(&l.seconds, "seconds", 10, "for how long")
	f.StringVar(&l.protocol, "protocol", bench.H2C, "h1 (HTTP/1.1) or h2c (HTTP/2)")
	f.BoolVar(&l.full, "full", false, "ask for views too, as an app does at its start")
	f.BoolVar(&l.json, "json", false, "print one JSON object, as --output json")
	must(cmd.MarkFlagRequired("fill"))
	return cmd
}

func (a *app) benchLists(cmd *cobra.Command, l listsFlags) error {
	server, err := parseServer(l.server)
	if err != nil {
		return err
	}
	if l.players < 1 || l.seconds < 1 || l.protocol != bench.H1 && l.protocol != bench.H2C {
		return misused("--players and --seconds are at least 1, --protocol is %s or %s", bench.H1, bench.H2C)
	}
	fill, err := os.Open(l.fill)
	if err != nil {
		return fmt.Errorf("--fill: %w", err)
	}
	defer fill.Close()
	adminClient, adminURL, err := adminHTTP(a.admin)
	if err != nil {
		return err
	}
	defer adminClient.CloseIdleConnections()
	r, err := bench.Lists(cmd.Context(), bench.ListOptions{
		Server: server, Players: l.players, Duration: time.Duration(l.seconds) * time.Second, Protocol: l.protocol,
		Full: l.full, Fill: fill,
		Metrics: []bench.MetricsSource{
			{Client: adminClient, URL: adminURL + "/metrics", OfAdmin: true},
			{Client: &http.Client{Timeout: adminPatience}, URL: server + "/metrics"},
		},
	})
	if err != nil {
		return publicFailure(err, server)
	}
	if l.json || a.output == "json" {
		return a.showJSON(r)
	}
	return a.showTable(func(w io.Writer) { listsTable(w, r) })
}

func listsTable(w io.Writer, r bench.ListResult) {
	row(w, "asked", fmt.Sprintf("%d times for %d accounts, %d at once over %s, %.1f s", r.Calls, r.Accounts, r.Players, r.Protocol, r.Seconds))
	row(w, "an answer", fmt.Sprintf("%.1f matches, %.0f bytes", r.Matches, r.Bytes))
	row(w, "ListMatches p50, p99", fmt.Sprintf("%.2f, %.2f ms", r.ListP50, r.ListP99))
	row(w, "in the server p99", measured(r.ServerP99, "ms"))
	row(w, "server CPU a call", measured(r.ServerCPU, "µs"))
}
