package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// ListOptions say how to measure ListMatches, the first call of an app that was opened.
type ListOptions struct {
	// Server is the URL of the public listener.
	Server string
	// Players ask one after the other, a connection each.
	Players int
	// Duration is how long they do.
	Duration time.Duration
	// Protocol is H1 or H2C.
	Protocol string
	// Full asks for views as well.
	Full bool
	// Fill lists matches; the players ask for the accounts in them, in turn.
	Fill io.Reader
	// Metrics are where the server's own figures may be read.
	Metrics []MetricsSource
}

// ListResult is what was measured. Its JSON is a contract with scripts: null is what could not be measured.
type ListResult struct {
	Protocol  string  `json:"protocol"`
	Players   int     `json:"players"`
	Accounts  int     `json:"accounts"`
	Seconds   float64 `json:"seconds"`
	Calls     int     `json:"calls"`
	CallsPerS float64 `json:"calls_per_s"`
	// Matches and Bytes are those of an answer, on average.
	Matches float64 `json:"matches_per_answer"`
	Bytes   float64 `json:"bytes_per_answer"`
	ListP50 float64 `json:"list_p50_ms"`
	ListP99 float64 `json:"list_p99_ms"`
	// ServerP99 is the server's own, estimated from its histogram.
	ServerP99 *float64 `json:"server_p99_ms"`
	ServerCPU *float64 `json:"server_cpu_us_per_call"`
}

// mostAccounts bounds how many accounts sign in before the lists are measured.
const mostAccounts = 500

// Lists measures ListMatches: the first page of a player's own matches.
func Lists(ctx context.Context, o ListOptions) (ListResult, error) {
	r := ListResult{Protocol: o.Protocol, Players: o.Players}
	accounts, err := o.accounts()
	if err != nil {
		return r, err
	}
	r.Accounts = len(accounts)
	players := make([]*player, o.Players)
	for i := range players {
		players[i] = newPlayer(o.Server, o.Protocol, uint64(i))
		defer players[i].close()
	}
	for _, a := range accounts {
		if err := players[0].signIn(ctx, a); err != nil {
			return r, fmt.Errorf("set up: %w", err)
		}
	}
	before, source, err := firstMetrics(ctx, o.Metrics)
	if err != nil {
		source = nil
	}
	start := time.Now()
	listers := make([]lister, len(players))
	g, calling := errgroup.WithContext(ctx)
	for i, p := range players {
		g.Go(func() error { return listers[i].list(calling, p, accounts, start.Add(o.Duration), o.Full) })
	}
	if err := g.Wait(); err != nil {
		return r, err
	}
	r.add(listers, time.Since(start))
	if source == nil {
		return r, nil
	}
	after, err := source.fetch(ctx)
	if err != nil {
		return r, fmt.Errorf("metrics after the load: %w", err)
	}
	r.ServerP99 = quantile(before, after, yourmovev1connect.MatchServiceListMatchesProcedure, 0.99)
	r.ServerCPU = growth(before, after, "process_cpu_seconds_total", 1e6, r.Calls)
	return r, nil
}

// accounts reads the accounts of the list of matches.
func (o *ListOptions) accounts() ([]*account, error) {
	list, err := readFill(o.Fill, 0)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var accounts []*account
	for _, f := range list {
		for _, secret := range f.Secrets {
			if !seen[string(secret)] && len(accounts) < mostAccounts {
				seen[string(secret)] = true
				accounts = append(accounts, &account{secret: secret})
			}
		}
	}
	if len(accounts) == 0 {
		return nil, errors.New("the list of matches is empty")
	}
	return accounts, nil
}

// lister asks for one list after the other and counts.
type lister struct {
	latencies      []time.Duration
	matches, bytes int
}

func (l *lister) list(ctx context.Context, p *player, accounts []*account, end time.Time, full bool) error {
	req := &yourmovev1.ListMatchesRequest{}
	if full {
		req.View = yourmovev1.ListView_LIST_VIEW_FULL
	}
	for {
		as, err := p.as(ctx, accounts[p.rng.IntN(len(accounts))])
		if err != nil {
			return err
		}
		from := time.Now()
		if !from.Before(end) {
			return ctx.Err()
		}
		res, err := p.matchService.ListMatches(as, req)
		if err != nil {
			return fmt.Errorf("list matches: %w", err)
		}
		l.latencies = append(l.latencies, time.Since(from))
		l.matches += len(res.GetMatches())
		l.bytes += proto.Size(res)
	}
}

func (r *ListResult) add(listers []lister, took time.Duration) {
	var all []time.Duration
	var matches, bytes int
	for _, l := range listers {
		all = append(all, l.latencies...)
		matches += l.matches
		bytes += l.bytes
	}
	slices.Sort(all)
	r.Calls, r.Seconds = len(all), *rounded(took.Seconds())
	if len(all) == 0 {
		return
	}
	n := float64(len(all))
	r.CallsPerS, r.Matches, r.Bytes = *rounded(n / took.Seconds()), *rounded(float64(matches) / n), *rounded(float64(bytes) / n)
	r.ListP50, r.ListP99 = millis(percentile(all, 0.50)), millis(percentile(all, 0.99))
}
