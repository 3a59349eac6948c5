package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/server/daemon"
)

// house is the way to the server of a home: the one that another terminal runs, else one that this process starts. When
// the other terminal has gone, this process takes the server over, and the matches go on. It is an http.RoundTripper
// that sends each request to where the server is by now.
type house struct {
	home  Home
	rules []game.Rules
	// moved is told of the address whenever it becomes another one; own: this process runs the server.
	moved func(url string, own bool)
	net   *http.Transport
	tries int // to find a server

	mu    sync.Mutex // guards all below, and is held while a server is looked for
	url   *url.URL   // nil: not found yet
	lock  *os.File
	local *daemon.Local
	log   *os.File
}

// errStopped: the server of this process is no more, and calls need not be repeated.
var errStopped = errors.New("your own server has stopped")

const (
	// houseTries and housePause are how long it looks for a server that another process is just starting or ending.
	houseTries = 300
	housePause = 50 * time.Millisecond
)

func newHouse(home Home, rules []game.Rules, moved func(url string, own bool)) *house {
	return &house{home: home, rules: rules, moved: moved, net: &http.Transport{}, tries: houseTries}
}

// RoundTrip sends a request. When nobody answers, it looks for the server anew, for whoever repeats the call.
func (h *house) RoundTrip(req *http.Request) (*http.Response, error) {
	at, err := h.find(req.Context(), nil)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // as every RoundTripper has to
		}
		return nil, err
	}
	sent := req.Clone(req.Context())
	sent.URL.Scheme, sent.URL.Host, sent.Host = at.Scheme, at.Host, ""
	res, err := h.net.RoundTrip(sent)
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" && req.Context().Err() == nil {
		if _, lost := h.find(req.Context(), at); lost != nil {
			return nil, lost
		}
	}
	return res, err
}

// find returns where the server is. gone is where it is no longer, nil if nothing is known of that.
func (h *house) find(ctx context.Context, gone *url.URL) (*url.URL, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.url != nil && h.url != gone {
		return h.url, nil
	}
	if h.local != nil {
		// It is the server of this process that does not answer: its database failed.
		return nil, errors.Join(errStopped, h.local.Close())
	}
	for range h.tries {
		address, err := h.enter(ctx)
		if err != nil {
			return nil, err
		}
		if u, err := url.Parse(address); err == nil && answers(ctx, u) {
			h.url = u
			h.moved(address, h.local != nil)
			return u, nil
		}
		if err := clientsim.Sleep(ctx, housePause); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s is locked by another process, and yet no server answers: end that process, or play in another place with --home DIR", h.file("server"))
}

func (h *house) file(name string) string { return filepath.Join(string(h.home), name) }

// enter starts the server if no other process has it, and returns its address; empty if that is not known yet.
func (h *house) enter(ctx context.Context) (string, error) {
	if err := os.MkdirAll(string(h.home), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(h.file("server"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return "", fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		text, err := io.ReadAll(f)
		address, whole := strings.CutSuffix(string(text), "\n")
		if !whole {
			return "", err
		}
		return address, err
	}
	address, err := h.start(ctx, f)
	if err != nil {
		return "", errors.Join(err, h.leave(f))
	}
	h.lock = f
	return address, nil
}

// start runs the server, and notes its address in the file that others read.
func (h *house) start(ctx context.Context, f *os.File) (string, error) {
	err := f.Truncate(0) // the address of whoever had it before
	if err != nil {
		return "", err
	}
	if h.log, err = os.OpenFile(h.file("server.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return "", err
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if h.local, err = daemon.StartLocal(ctx, h.rules, h.file("data"), log); err != nil {
		return "", err
	}
	_, err = f.WriteAt([]byte(h.local.URL+"\n"), 0)
	return h.local.URL, err
}

// Close ends the server if this process runs it.
func (h *house) Close() error {
	h.net.CloseIdleConnections() // the server waits for them
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leave(h.lock)
}

// leave ends what start began. The lock is the last to go: who takes it must find the database closed.
func (h *house) leave(lock *os.File) error {
	var err error
	if h.local != nil {
		err = h.local.Close()
	}
	if h.log != nil {
		err = errors.Join(err, h.log.Close())
	}
	if lock != nil {
		err = errors.Join(err, lock.Truncate(0), lock.Close())
	}
	h.local, h.log, h.lock = nil, nil, nil
	return err
}

// answers reports whether somebody listens at u.
func answers(ctx context.Context, u *url.URL) bool {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return false
	}
	return c.Close() == nil
}
