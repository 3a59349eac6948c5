package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"golang.org/x/sync/errgroup"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// yardsticks measures what the machine can do without the server.
func (o *Options) yardsticks(ctx context.Context, r *Result) error {
	o.tell("yardsticks: syncs in %s, then empty calls for %v", o.Data, o.Yardsticks)
	perS, err := fsyncs(o.Data, o.Yardsticks/3)
	if err != nil {
		return fmt.Errorf("fsync_per_s in %s: %w", o.Data, err)
	}
	r.FsyncPerS, r.FsyncDir = rounded(perS), o.Data
	if o.EchoServer == nil {
		return nil
	}
	if perS, err = o.echoes(ctx); err != nil {
		return fmt.Errorf("echo_per_s: %w", err)
	}
	r.EchoPerS = rounded(perS)
	return nil
}

// block is how much an append of the disk's yardstick writes.
const block = 4096

// fsyncs counts appends of a block, each synced, to a new file in dir, per second.
func fsyncs(dir string, d time.Duration) (perS float64, err error) {
	f, err := os.CreateTemp(dir, "yourmove-bench-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	buf := make([]byte, block)
	n, start := 0, time.Now()
	for time.Since(start) < d {
		if _, err := f.Write(buf); err != nil {
			return 0, err
		}
		if err := datasync(f); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// echoes counts empty calls to a process of its own by as many clients, over the same protocol, per second.
func (o *Options) echoes(ctx context.Context) (perS float64, err error) {
	err = withChild(ctx, o.EchoServer, func(ctx context.Context, url string) (err error) {
		perS, err = o.countEchoes(ctx, url)
		return err
	})
	return perS, err
}

func (o *Options) countEchoes(ctx context.Context, url string) (float64, error) {
	var calls atomic.Int64
	start := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for i := range o.Players {
		g.Go(func() error {
			p := newPlayer(url, o.Protocol, uint64(i))
			defer p.close()
			n := int64(0)
			for ; time.Since(start) < o.Yardsticks; n++ {
				if _, err := p.matchService.ListGames(ctx, &yourmovev1.ListGamesRequest{}); err != nil {
					return err
				}
			}
			calls.Add(n)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	return float64(calls.Load()) / time.Since(start).Seconds(), nil
}

// echo answers an empty call.
type echo struct {
	yourmovev1connect.UnimplementedMatchServiceHandler
}

// ListGames answers with nothing.
func (echo) ListGames(context.Context, *yourmovev1.ListGamesRequest) (*yourmovev1.ListGamesResponse, error) {
	return &yourmovev1.ListGamesResponse{}, nil
}

// ServeEcho serves empty calls without interceptors, says where on stdout, and stops at the end of stdin.
func ServeEcho(stdin io.Reader, stdout io.Writer) error {
	server := connect.NewServer()
	yourmovev1connect.RegisterMatchServiceHandler(server, echo{})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	return serveUntilEOF(&http.Server{Handler: mux, Protocols: bothProtocols()}, stdin, stdout)
}
