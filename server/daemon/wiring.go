package daemon

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
	"yourmove/server/rpc"
	"yourmove/server/timeouts"
)

// Store is what the program needs of a store beside what the service does.
type Store interface {
	server.Store
	// Failed is closed when the store can no longer be written; Err then says why.
	Failed() <-chan struct{}
	Err() error
	// Figures tell how the store has been doing since it was opened.
	Figures() boltstore.Figures
}

// Parts are what a server is put together from. They belong to whoever made them: closing the store is up to him.
type Parts struct {
	Store  Store
	Games  *game.Registry
	Keys   *auth.Keys
	Log    *slog.Logger
	Limits server.Limits
	Now    func() time.Time
	// AccessLifetime of tokens; 0 for the usual one.
	AccessLifetime time.Duration
	// Times that connections may take.
	Times Times
	// Dev: reflection, any CORS origin, and health and metrics on the players' port.
	Dev bool
}

// Server is a server that is ready to be listened with.
type Server struct {
	// Public is the players' handler, Admin the operators'.
	Public, Admin http.Handler
	// RPC is behind Public, for calls within the process.
	RPC *connect.Server
	// AdminRPC is behind Admin.
	AdminRPC *connect.Server
	// Service is behind both.
	Service *server.Service

	parts   Parts
	lapse   *timeouts.Worker
	metrics *metrics
	// draining is set once no new calls should come.
	draining atomic.Bool
}

// New puts a server together, and names the matches that it cannot play for want of their rules.
func New(ctx context.Context, p Parts) (*Server, error) {
	if p.AccessLifetime == 0 {
		p.AccessLifetime = auth.DefaultLifetime
	}
	s := &Server{parts: p}
	access, revoked := auth.NewAccess(p.Keys, p.AccessLifetime), auth.NewRevoked(p.Now)
	s.metrics = newMetrics(p.Store)
	var err error
	s.Service, err = server.New(ctx, server.Config{
		Store: p.Store, Games: p.Games, Keys: p.Keys, Access: access, Revoked: revoked, Limits: p.Limits, Now: p.Now,
		Log: p.Log, Version: Version, Counted: s.metrics.happened, DoorEnded: s.metrics.doorEnded, Told: s.metrics.told,
	})
	if err != nil {
		return nil, err
	}
	s.metrics.watch(s.Service)
	if err := s.nameMissing(ctx); err != nil {
		return nil, err
	}
	c := rpc.Config{
		Service: s.Service, Access: access, Revoked: revoked, Now: p.Now, Log: p.Log, Observe: s.metrics.call,
		Reflection: p.Dev, WriteTimeout: p.Times.Write, Counters: s.metrics.counters,
	}
	if s.RPC, err = rpc.NewServer(c); err != nil {
		return nil, err
	}
	if s.AdminRPC, err = rpc.NewAdminServer(c); err != nil {
		return nil, err
	}
	s.lapse = &timeouts.Worker{Service: s.Service, Every: time.Minute, Log: p.Log}
	public, admin := http.NewServeMux(), http.NewServeMux()
	rpc.Mount(public, s.RPC)
	rpc.Mount(admin, s.AdminRPC)
	s.inspect(admin)
	admin.HandleFunc("/debug/pprof/", pprof.Index)
	admin.HandleFunc("/debug/pprof/profile", pprof.Profile)
	admin.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	admin.HandleFunc("/debug/pprof/trace", pprof.Trace)
	s.Public, s.Admin = public, admin
	if p.Dev {
		s.inspect(public)
		s.Public = rpc.AllowAnyOrigin(public)
	}
	return s, nil
}

// nameMissing tells the operator at once which matches cannot go on.
func (s *Server) nameMissing(ctx context.Context) error {
	st, err := s.Service.Stats(ctx)
	if err != nil {
		return err
	}
	for _, c := range st.Missing {
		s.parts.Log.Warn("matches cannot be played: this server does not have their ruleset",
			"game", c.Game, "ruleset", c.Ruleset, "state", c.State.String(), "matches", c.N)
	}
	return nil
}

// inspect adds what a supervisor and Prometheus ask for: /healthz says that the process answers, /readyz that it takes
// calls, /metrics the figures.
func (s *Server) inspect(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.draining.Load() || s.parts.Store.Err() != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	mux.Handle("GET /metrics", s.metrics.handler())
}

// drain turns readiness off and sends away those who wait for events.
func (s *Server) drain() {
	s.draining.Store(true)
	s.Service.Drain()
}
