package daemon_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
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

// table is a relay match in which the first player passes the turn to himself for ever; the others look on from their
// seats.
type table struct {
	calls   yourmovev1connect.MatchServiceClient
	token   string // of the one who plays
	players []game.PlayerID
	match   string

	mu      sync.Mutex // guards version
	version uint64
}

// seat makes a table of so many players.
func (l *live) seat(t *testing.T, n int) *table {
	t.Helper()
	over := network(true)
	t.Cleanup(over.CloseIdleConnections)
	return seatPlayers(t, l.url, over, n)
}

func seatPlayers(t *testing.T, url string, over *http.Transport, n int) *table {
	t.Helper()
	tb := &table{}
	for i := range n {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		in, err := yourmovev1connect.NewPlayerServiceClient(dial(url, over, "")).SignIn(t.Context(),
			&pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: secret}})
		if err != nil {
			t.Fatal(err)
		}
		id, err := game.ParsePlayerID(in.GetPlayer().GetPlayerId())
		if err != nil {
			t.Fatal(err)
		}
		tb.players = append(tb.players, id)
		token := in.GetSession().GetAccessToken()
		calls := yourmovev1connect.NewMatchServiceClient(dial(url, over, token))
		if i == 0 {
			made, err := calls.CreateMatch(t.Context(), &pb.CreateMatchRequest{
				RequestId: uuid.NewString(), Game: "relay", Seat: 1, MaxSeats: int32(max(2, n)), StartRule: pb.StartRule_START_RULE_AT_ONCE,
			})
			if err != nil {
				t.Fatal(err)
			}
			tb.calls, tb.token, tb.match, tb.version = calls, token, made.GetMatch().GetSummary().GetMatchId(), made.GetVersion()
			continue
		}
		joined, err := calls.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: tb.match, RequestId: uuid.NewString()})
		if err != nil {
			t.Fatal(err)
		}
		tb.version = joined.GetVersion()
	}
	return tb
}

// turn takes a turn that leaves a state of so many bytes; 0: the one there is.
func (tb *table) turn(ctx context.Context, size int) error {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	relay := &pb.RelayTurn{NextSeats: []*pb.NextSeat{{Seat: 1}}}
	if size > 0 {
		state := make([]byte, size)
		_, _ = rand.Read(state) // what cannot be compressed
		relay.State = &pb.RelayState{Content: &pb.RelayState_Data{Data: state}}
	}
	res, err := tb.calls.SubmitTurn(ctx, &pb.SubmitTurnRequest{
		MatchId: tb.match, RequestId: uuid.NewString(), ExpectedVersion: tb.version, Moves: []*pb.Move{{Text: "on"}}, Relay: relay,
	})
	if err == nil {
		tb.version = res.GetVersion()
	}
	return err
}

func (tb *table) at() uint64 {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.version
}

// sequence is what somebody has heard of each match: the last version, and what was wrong.
type sequence struct {
	mu             sync.Mutex // guards all below
	first, last    map[string]uint64
	gaps, repeated int
}

// hear takes an event in the order in which it came.
func (s *sequence) hear(match string, version uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.first, s.last = map[string]uint64{}, map[string]uint64{}
	}
	switch last, known := s.last[match]; {
	case !known:
		s.first[match] = version
	case version <= last:
		s.repeated++
		return
	case version > last+1:
		s.gaps++
	}
	s.last[match] = version
}

func (s *sequence) heard(match string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[match]
}

// whole tells what is missing or too much; nil: nothing.
func (s *sequence) whole() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gaps+s.repeated > 0 {
		return fmt.Errorf("%d gaps, %d repeats", s.gaps, s.repeated)
	}
	return nil
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
