// Package servertest gives tests a whole server: the real store in a temporary directory, the real service, handlers
// and interceptors, called within the process or over loopback.
package servertest

import (
	"crypto/rand"
	"log/slog"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
	"yourmove/server/daemon"
)

// Options say what server a test wants; the zero Options is a plain one with no games but relay.
type Options struct {
	// Rules are the games.
	Rules []game.Rules
	// Dir holds the data; empty: a directory of the test's own. A server may be started again on the same one.
	Dir string
	// Keys of a server that is started again; nil: new ones.
	Keys *auth.Keys
	// Now is the clock; nil: the machine's.
	Now func() time.Time
	// Log takes the server's log; nil: nowhere.
	Log *slog.Logger
	// Limits; zero: the usual ones.
	Limits server.Limits
	// AccessLifetime of tokens; zero: the usual one.
	AccessLifetime time.Duration
	// Dev is as for yourmoved serve.
	Dev bool
}

// Server is a running server. Tests of the wire use URL or Start; the others call within the process.
type Server struct {
	*daemon.Server
	Store *boltstore.Store
	Keys  *auth.Keys
	Dir   string
	t     testing.TB
}

// New starts a server that ends with the test, or when Close is called. Its end checks every invariant of the store.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	held, err := boltstore.Exists(o.Dir)
	if err == nil && !held {
		err = boltstore.Create(o.Dir, boltstore.Options{})
	}
	if err == nil && o.Keys == nil {
		o.Keys, err = auth.NewKeys(rand.Reader)
	}
	if err != nil {
		t.Fatal("make a data directory:", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	games, err := game.NewRegistry(o.Rules...)
	if err != nil {
		t.Fatal(err)
	}
	store, err := boltstore.Open(o.Dir, boltstore.Options{Logger: o.Log})
	if err != nil {
		t.Fatal("open the store:", err)
	}
	srv, err := daemon.New(t.Context(), daemon.Parts{
		Store: store, Games: games, Keys: o.Keys, Log: o.Log, Limits: o.Limits, Now: o.Now,
		AccessLifetime: o.AccessLifetime, Dev: o.Dev,
	})
	if err != nil {
		t.Fatal("start a server:", err)
	}
	s := &Server{Server: srv, Store: store, Keys: o.Keys, Dir: o.Dir, t: t}
	t.Cleanup(s.Close)
	return s
}

// Close ends the server. More than once does no harm.
func (s *Server) Close() {
	if err := s.Store.Close(); err != nil {
		s.t.Error("close the store:", err)
	}
}

// Transport calls the players' services within the process.
func (s *Server) Transport() connect.Transport { return connectinprocess.New(s.RPC) }

// AdminTransport calls the operators' services within the process.
func (s *Server) AdminTransport() connect.Transport { return connectinprocess.New(s.AdminRPC) }

// Start serves the players' port on loopback, all protocols, and returns its URL.
func (s *Server) Start() string {
	s.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	ts := httptest.NewUnstartedServer(s.Public)
	_ = ts.Listener.Close()
	ts.Listener = ln
	ts.Config.Protocols = daemon.Protocols()
	ts.Start()
	s.t.Cleanup(ts.Close)
	return ts.URL
}
