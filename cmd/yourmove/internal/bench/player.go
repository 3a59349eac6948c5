package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// callTimeout bounds one call: an answer that takes longer is an error.
const callTimeout = 30 * time.Second

// player submits turns over a connection of its own, for all accounts that sit in its matches.
type player struct {
	transport     *http.Transport
	playerService yourmovev1connect.PlayerServiceClient
	matchService  yourmovev1connect.MatchServiceClient
	// eventService has streams, which callTimeout does not end. Over HTTP/2 they share the connection, as those of a phone
	// do; over HTTP/1.1 each needs one of its own.
	eventService yourmovev1connect.EventServiceClient
	streaming    *http.Transport
	rng          *rand.Rand
	matches      []*match
	setupCalls   int
}

// newPlayer makes a player; n sets its random choices apart from those of others.
func newPlayer(server, protocol string, n uint64) *player {
	t := newTransport(protocol)
	t.MaxConnsPerHost = 1
	streaming := t
	if protocol == H1 {
		streaming = newTransport(protocol)
	}
	c := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: t, Timeout: callTimeout}, server))
	s := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: streaming}, server))
	return &player{
		transport:     t,
		streaming:     streaming,
		playerService: yourmovev1connect.NewPlayerServiceClient(c),
		matchService:  yourmovev1connect.NewMatchServiceClient(c),
		eventService:  yourmovev1connect.NewEventServiceClient(s),
		rng:           rand.New(rand.NewPCG(rand.Uint64(), n)),
	}
}

// newTransport makes a transport that speaks one protocol.
func newTransport(protocol string) *http.Transport {
	// No compression of net/http's: Connect negotiates its own.
	t := &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true, Protocols: new(http.Protocols)}
	if protocol == H2C {
		t.Protocols.SetUnencryptedHTTP2(true)
		t.Protocols.SetHTTP2(true)
	} else {
		t.Protocols.SetHTTP1(true)
	}
	return t
}

// close ends the connections.
func (p *player) close() {
	p.transport.CloseIdleConnections()
	p.streaming.CloseIdleConnections()
}

// as returns a context whose call is made by the account.
func (p *player) as(ctx context.Context, a *account) (context.Context, error) {
	header, err := p.authorization(ctx, a)
	if err != nil {
		return nil, err
	}
	return as(ctx, header), nil
}

// The server may ask to be given time during set-up, when many come at once.
const (
	setupTries = 20
	setupPause = 100 * time.Millisecond
)

// setup makes a call that is not a turn, again if the server asks for it.
func (p *player) setup(ctx context.Context, call func() error) error {
	return patiently(ctx, func() error {
		p.setupCalls++
		return call()
	})
}

// patiently makes a call, again if the server asks for it.
func patiently(ctx context.Context, call func() error) error {
	for try := 1; ; try++ {
		err := call()
		if err == nil || try == setupTries {
			return err
		}
		pause, again := askedToWait(err)
		if !again {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// askedToWait says whether an error asks to come again, and when.
func askedToWait(err error) (time.Duration, bool) {
	var refused *connect.Error
	if !errors.As(err, &refused) || !refused.IsRemote() {
		return 0, false
	}
	pause, again := setupPause, refused.Code() == connect.CodeUnavailable
	for _, d := range refused.Details() {
		msg, err := connectproto.UnmarshalErrorDetail(d)
		if info, ok := msg.(*errdetails.RetryInfo); ok && err == nil {
			pause, again = info.GetRetryDelay().AsDuration(), true
		}
	}
	return pause, again
}
