package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// How long things may take. Streams and long-polls have timeouts of their own.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	// answerTimeout is how long a client may take to accept an answer. Waits and streams move it on.
	answerTimeout = time.Minute
	idleTimeout   = 3 * time.Minute
	// A connection of HTTP/2 that takes nothing for stallTimeout, or from which nothing came for pingAfter and then no
	// answer to a ping for pingTimeout, is closed with all its streams: the phone at its end is gone, or asleep.
	stallTimeout = 20 * time.Second
	pingAfter    = time.Minute
	pingTimeout  = 20 * time.Second
	// maxStreams bounds the calls under way on one connection of HTTP/2, a proxy's for example.
	maxStreams = 1000
	// drainTimeout is how long calls may go on after SIGTERM.
	drainTimeout = 8 * time.Second
)

// Times say how long connections may take. Zero: the usual time.
type Times struct {
	// Read is for a whole request. It does not end calls that wait, nor streams.
	Read time.Duration
	// Write is for a message of a stream: a client that leaves it where it is for longer is cut off.
	Write time.Duration
	// Stall is for any byte on a connection of HTTP/2.
	Stall time.Duration
}

// Protocols are what a port speaks: HTTP/1.1 and HTTP/2 without TLS.
func Protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

func httpServer(h http.Handler, times Times, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, Protocols: Protocols(), ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		ReadTimeout: cmp.Or(times.Read, readTimeout),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			WriteByteTimeout:     cmp.Or(times.Stall, stallTimeout),
			SendPingTimeout:      pingAfter, PingTimeout: pingTimeout,
		},
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// checkAdmin refuses what is no safe place for the operators' listener. Whoever reaches it is an operator, so it is a
// socket that only the server's own user may open, or a port that only this machine reaches.
func checkAdmin(addr string) error {
	if strings.HasPrefix(addr, "unix:") {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--admin %s: neither unix:PATH nor HOST:PORT", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--admin %s: operators are not asked who they are, so it must be a loopback address or a unix socket", addr)
	}
	return nil
}

// listenAdmin opens the operators' listener at an address that checkAdmin took.
func listenAdmin(addr string) (net.Listener, error) {
	path, unix := strings.CutPrefix(addr, "unix:")
	if !unix {
		return net.Listen("tcp", addr)
	}
	// A socket left by a killed server would be in the way. The database's lock makes sure that none is alive.
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	// The data directory is 0700; the mode here serves sockets that lie elsewhere.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return ln, nil
}

// listenAndServe serves until ctx is done or the store fails. The end, in order: readiness off, streams and waits end
// with a hint, no new calls, calls under way finish, tasks stop; the caller closes the store.
func (s *Server) listenAndServe(ctx context.Context, players net.Listener, adminAddr string, stdout io.Writer) error {
	admin, err := listenAdmin(adminAddr)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "yourmoved: listening on http://%s (admin: %s)\n", players.Addr(), adminName(adminAddr, admin))
	return s.Serve(ctx, players, admin)
}

func adminName(asked string, ln net.Listener) string {
	if strings.HasPrefix(asked, "unix:") {
		return asked
	}
	return ln.Addr().String()
}

// Serve serves players and operators on these listeners until ctx is done or the store fails.
func (s *Server) Serve(ctx context.Context, players, admin net.Listener) error {
	public, private := httpServer(s.Public, s.parts.Times, s.parts.Log), httpServer(s.Admin, s.parts.Times, s.parts.Log)
	public.WriteTimeout = answerTimeout // operators' profiles take as long as they ask for
	tasks, stopTasks := context.WithCancel(context.WithoutCancel(ctx))
	defer stopTasks()
	g, gctx := errgroup.WithContext(ctx)
	for _, x := range []struct {
		srv *http.Server
		ln  net.Listener
	}{{public, players}, {private, admin}} {
		g.Go(func() error {
			if err := x.srv.Serve(x.ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	g.Go(func() error { return s.lapse.Run(tasks) })
	g.Go(func() error { return s.Service.KeepSeen(tasks) })
	g.Go(func() error {
		var failed error
		select {
		case <-gctx.Done():
		case <-s.parts.Store.Failed():
			failed = fmt.Errorf("the database can no longer be written, so the server stops; start it again, it then knows which of the last turns were kept: %w", s.parts.Store.Err())
		}
		s.drain()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		err := public.Shutdown(end)
		if errors.Is(err, context.DeadlineExceeded) {
			// One client that neither reads nor sends must not make a failure of this: a stream goes on from its cursor, and
			// a call that was not answered is repeated.
			s.parts.Log.Warn(fmt.Sprintf("calls were cut off after %v", drainTimeout))
			err = public.Close()
		}
		stopTasks()
		return errors.Join(failed, err, private.Close())
	})
	return g.Wait()
}
