package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
)

// Local is a server that a program runs for its own user. It is the real one on a real data directory; only this
// machine reaches it.
type Local struct {
	// URL is where players connect: a port of the loopback address that was free.
	URL string

	stop context.CancelFunc
	done chan struct{}
	err  error // how it ended, once done is closed
}

// StartLocal starts a server on dir, which is made if it has never held a database. Operators reach it at
// dir/admin.sock. It serves until Close, whatever becomes of ctx, or until its database fails.
func StartLocal(ctx context.Context, rules []game.Rules, dir string, log *slog.Logger) (*Local, error) {
	games, err := game.NewRegistry(rules...)
	if err != nil {
		return nil, err
	}
	held, err := boltstore.Exists(dir)
	if err == nil && !held {
		err = create(dir)
	}
	if err != nil {
		return nil, err
	}
	keys, err := auth.LoadKeys(keyFile(dir))
	if err != nil {
		return nil, err
	}
	store, err := boltstore.Open(dir, boltstore.Options{Logger: log})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &Local{stop: stop, done: make(chan struct{})}
	srv, players, admin, err := l.open(ctx, dir, Parts{Store: store, Games: games, Keys: keys, Log: log, Now: time.Now})
	if err != nil {
		stop()
		return nil, errors.Join(err, store.Close())
	}
	go func() {
		defer close(l.done)
		l.err = errors.Join(srv.Serve(ctx, players, admin), store.Close())
	}()
	return l, nil
}

// open puts the server together and opens its doors.
func (l *Local) open(ctx context.Context, dir string, p Parts) (srv *Server, players, admin net.Listener, err error) {
	if srv, err = New(ctx, p); err != nil {
		return nil, nil, nil, err
	}
	if players, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, nil, nil, err
	}
	if admin, err = listenAdmin("unix:" + filepath.Join(dir, "admin.sock")); err != nil {
		return nil, nil, nil, errors.Join(err, players.Close())
	}
	l.URL = "http://" + players.Addr().String()
	return srv, players, admin, nil
}

// Close ends the server in order, as SIGTERM ends yourmoved, and returns why it failed if it did.
func (l *Local) Close() error {
	l.stop()
	<-l.done
	return l.err
}
