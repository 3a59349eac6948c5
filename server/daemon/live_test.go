package daemon_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/google/uuid"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
	"yourmove/server/daemon"
)

// patience bounds everything that a test waits for.
const patience = time.Minute

// live is the real server within the test, listening on loopback.
type live struct {
	*daemon.Server
	url, admin string
	access     *auth.Access
	log        *syncBuffer
}

// liveOptions: sendBuffer is that of the kernel for each connection of players, 0: as the machine sets it.
type liveOptions struct {
	times      daemon.Times
	sendBuffer int
}

// startLive starts a server that ends with the test, in order.
func startLive(t *testing.T, o liveOptions) *live {
	t.Helper()
	dir := t.TempDir()
	if err := boltstore.Create(dir, boltstore.Options{}); err != nil {
		t.Fatal(err)
	}
	store, err := boltstore.Open(dir, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error("close the store:", err)
		}
	})
	keys, err := auth.NewKeys(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	games, err := game.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	l := &live{access: auth.NewAccess(keys, 0), log: &syncBuffer{}}
	if l.Server, err = daemon.New(t.Context(), daemon.Parts{
		Store: store, Games: games, Keys: keys, Log: slog.New(slog.NewJSONHandler(l.log, nil)), Now: time.Now, Times: o.times,
	}); err != nil {
		t.Fatal(err)
	}
	players, admin := listenLoopback(t), listenLoopback(t)
	l.url, l.admin = "http://"+players.Addr().String(), "http://"+admin.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Serve(ctx, narrow{players, o.sendBuffer}, admin) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error("the server ended with:", err)
		}
	})
	return l
}

func listenLoopback(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// narrow gives connections a send buffer of a size that is known.
type narrow struct {
	net.Listener
	size int
}

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err == nil && n.size > 0 {
		err = conn.(*net.TCPConn).SetWriteBuffer(n.size)
	}
	return conn, err
}

// token signs one in: a session that the server hears of with its first call.
func (l *live) token(t *testing.T, player game.PlayerID) string {
	t.Helper()
	return mint(t, l.access, player)
}

func mint(t *testing.T, access *auth.Access, player game.PlayerID) string {
	t.Helper()
	token, _, err := access.Issue(player, auth.SessionID(uuid.New()), time.Now())
	if err != nil {
		t.Error(err) // not Fatal: other goroutines ask, too
	}
	return token
}

// metric reads a figure of the server: 0 where it does not stand yet.
func metric(t *testing.T, admin, name string) string {
	t.Helper()
	over := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: over}).Get(admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(all)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return "0"
}

// await waits until something holds that nobody tells of.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("%v passed, and still not: %s", patience, what)
		}
	}
}

// network is a client's connections, over HTTP/1.1 or over HTTP/2 without TLS, where one is enough for all calls.
func network(h2 bool) *http.Transport {
	tr := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	tr.Protocols.SetHTTP1(!h2)
	tr.Protocols.SetUnencryptedHTTP2(h2)
	return tr
}

// protocolName names network's parameter in subtests.
func protocolName(h2 bool) string {
	if h2 {
		return "h2c"
	}
	return "h1"
}

func dial(url string, over http.RoundTripper, token string) *connect.Client {
	return connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: over}, url), withToken(token))
}

func events(url string, over http.RoundTripper, token string) yourmovev1connect.EventServiceClient {
	return yourmovev1connect.NewEventServiceClient(dial(url, over, token))
}

// eventStream is a stream of the generated client.
type eventStream interface {
	Receive() (*pb.StreamEventsResponse, error)
	Close() error
}

// openStream opens a stream and takes its first message.
func openStream(ctx context.Context, c yourmovev1connect.EventServiceClient, r *pb.StreamEventsRequest) (eventStream, *pb.StreamEventsResponse, error) {
	s, err := c.StreamEvents(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	first, err := s.Receive()
	if err == nil && first.GetReady() == nil {
		err = errors.New("the first message is not ready")
	}
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, first, nil
}
