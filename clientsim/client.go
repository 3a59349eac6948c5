package clientsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

const authorization = "Authorization"

// How calls are repeated.
const (
	// firstWait and longestWait bound the wait before a repeat where the server does not say how long.
	firstWait   = 5 * time.Millisecond
	longestWait = 500 * time.Millisecond
	// renewals is how often one call may find its token refused.
	renewals = 4
)

// ClientOptions say who a Client is and what network it has.
type ClientOptions struct {
	// Seed and Number make the guest's secret: the same two are the same account.
	Seed   Seed
	Number int
	// Secret is the guest's secret instead, for somebody who is more than a number; zero: that of Seed and Number.
	Secret [32]byte
	// Name is that of a new account; empty: the server makes one up.
	Name string
	// Installation is what the session is called; empty: "clientsim".
	Installation string
	// Luck is how bad the network is.
	Luck Luck
	// Patience is how long a call is repeated while there is no answer; 0: a minute.
	Patience time.Duration
	// Timeout is how long one try may take; 0: 20 seconds.
	Timeout time.Duration
	// Tell is given what was wrong with the answer to a repeated call, and the match it is about; nil: nobody.
	Tell func(match, what string)
	// Trouble is given each error after which a call is repeated, and nil once it has an answer; nil: nobody is told.
	Trouble func(err error)

	count *luckCounters
}

// Client is one simulated player with one installation. It does what docs/api.md asks of a client: refreshes its tokens,
// repeats calls that may have got lost with the same request_id, waits as long as it is told. It may be used by several
// goroutines at once.
type Client struct {
	opts    ClientOptions
	players yourmovev1connect.PlayerServiceClient
	matches yourmovev1connect.MatchServiceClient
	events  yourmovev1connect.EventServiceClient
	// renewing holds one token: whoever has it may sign in or refresh. A channel, because it is held over calls.
	renewing chan struct{}
	// opening holds one token: whoever has it may open or close the inbox.
	opening chan struct{}
	inbox   *Inbox // the one that is open; guarded by opening

	mu      sync.Mutex // guards all below
	player  string
	session *pb.Session
	// freshUntil is when most of the access token's time is over; zero: it is not known.
	freshUntil time.Time
	ids        *rand.Rand
	jitter     *rand.Rand
}

// NewClient returns a player who will call over t. Nothing is sent before SignIn.
func NewClient(t connect.Transport, o ClientOptions) *Client {
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	if o.Secret == [32]byte{} {
		o.Secret = o.Seed.key("guest secret", o.Number)
	}
	if o.Installation == "" {
		o.Installation = "clientsim"
	}
	if o.Trouble == nil {
		o.Trouble = func(error) {}
	}
	if o.count == nil {
		o.count = new(luckCounters)
	}
	u := &unlucky{luck: o.Luck, count: o.count, rng: o.Seed.rng("luck", o.Number), tell: func(match, format string, args ...any) {
		if o.Tell != nil {
			o.Tell(match, fmt.Sprintf(format, args...))
		}
	}}
	conn := connect.NewClient(t, u.interceptor)
	return &Client{
		opts: o, players: yourmovev1connect.NewPlayerServiceClient(conn), matches: yourmovev1connect.NewMatchServiceClient(conn),
		events:   yourmovev1connect.NewEventServiceClient(conn),
		renewing: make(chan struct{}, 1), opening: make(chan struct{}, 1), jitter: o.Seed.rng("jitter", o.Number),
	}
}

// SignIn opens a session, and makes the account at its first use.
func (c *Client) SignIn(ctx context.Context) error {
	res, err := persist(ctx, c, "", c.players.SignIn, &pb.SignInRequest{
		Credential: &pb.SignInRequest_GuestSecret{GuestSecret: c.opts.Secret[:]}, Name: c.opts.Name, Installation: c.opts.Installation,
	})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.player != "" && c.player != res.GetPlayer().GetPlayerId() {
		return fmt.Errorf("sign in: the secret of player %s opened the account of %s", c.player, res.GetPlayer().GetPlayerId())
	}
	c.player = res.GetPlayer().GetPlayerId()
	c.keep(res.GetSession())
	if c.ids == nil {
		c.ids = requestIDs(c.opts.Seed, c.session.GetSessionId())
	}
	return nil
}

// PlayerID returns the player's id, empty before the first SignIn.
func (c *Client) PlayerID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.player
}

// AccessToken returns the present access token: with it, curl sees what this player sees, until it expires.
func (c *Client) AccessToken() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.GetAccessToken()
}

// Luck counts the bad luck that this client has had.
func (c *Client) Luck() LuckCount { return c.opts.count.count() }

// NewRequestID makes a request_id. The client must have signed in.
func (c *Client) NewRequestID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return newUUID(c.ids)
}

// CreateMatch makes a match. Here and below, an empty request_id is filled in.
func (c *Client) CreateMatch(ctx context.Context, r *pb.CreateMatchRequest) (*pb.CreateMatchResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.CreateMatch, r)
}

// JoinMatch takes a seat.
func (c *Client) JoinMatch(ctx context.Context, r *pb.JoinMatchRequest) (*pb.JoinMatchResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.JoinMatch, r)
}

// StartMatch starts a match that has enough players.
func (c *Client) StartMatch(ctx context.Context, r *pb.StartMatchRequest) (*pb.StartMatchResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.StartMatch, r)
}

// LeaveMatch gives up the player's seat in a match that has not started.
func (c *Client) LeaveMatch(ctx context.Context, r *pb.LeaveMatchRequest) (*pb.LeaveMatchResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.LeaveMatch, r)
}

// SubmitTurn takes the player's turn.
func (c *Client) SubmitTurn(ctx context.Context, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.SubmitTurn, r)
}

// Resign gives up.
func (c *Client) Resign(ctx context.Context, r *pb.ResignRequest) (*pb.ResignResponse, error) {
	r.RequestId = c.orNew(r.GetRequestId())
	return do(ctx, c, c.matches.Resign, r)
}

// GetMatch reads a match.
func (c *Client) GetMatch(ctx context.Context, r *pb.GetMatchRequest) (*pb.GetMatchResponse, error) {
	return do(ctx, c, c.matches.GetMatch, r)
}

// ListTurns reads one page of a match's turns.
func (c *Client) ListTurns(ctx context.Context, r *pb.ListTurnsRequest) (*pb.ListTurnsResponse, error) {
	return do(ctx, c, c.matches.ListTurns, r)
}

// ListGames reads which games the server has.
func (c *Client) ListGames(ctx context.Context) (*pb.ListGamesResponse, error) {
	return do(ctx, c, c.matches.ListGames, &pb.ListGamesRequest{})
}

// ListMatches reads one page of the player's matches, or of open ones.
func (c *Client) ListMatches(ctx context.Context, r *pb.ListMatchesRequest) (*pb.ListMatchesResponse, error) {
	return do(ctx, c, c.matches.ListMatches, r)
}

// GetReplay reads a whole match.
func (c *Client) GetReplay(ctx context.Context, match string) (*pb.GetReplayResponse, error) {
	return do(ctx, c, c.matches.GetReplay, &pb.GetReplayRequest{MatchId: match})
}

func (c *Client) orNew(id string) string {
	if id != "" {
		return id
	}
	return c.NewRequestID()
}

type unary[Req, Res any] func(context.Context, *Req) (*Res, error)

// do makes a call that needs a token, until there is an answer.
func do[Req, Res any](ctx context.Context, c *Client, call unary[Req, Res], req *Req) (*Res, error) {
	for n := 1; ; n++ {
		token := c.AccessToken()
		res, err := persist(ctx, c, token, call, req)
		if err == nil || connect.CodeOf(err) != connect.CodeUnauthenticated || n > renewals {
			return res, err
		}
		if err := c.renew(ctx, token, reasonOf(err)); err != nil {
			return nil, err
		}
	}
}

// renew gets another access token in place of the one that was refused, unless somebody did so meanwhile.
func (c *Client) renew(ctx context.Context, refused string, why game.Reason) error {
	select {
	case c.renewing <- struct{}{}:
		defer func() { <-c.renewing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	present, refresh := c.session.GetAccessToken(), c.session.GetRefreshToken()
	c.mu.Unlock()
	if present != refused {
		return nil
	}
	if why != game.TokenExpired || refresh == "" {
		return c.SignIn(ctx)
	}
	// A repeat after a lost answer brings the same refresh token again, which the server allows.
	res, err := persist(ctx, c, "", c.players.RefreshSession, &pb.RefreshSessionRequest{RefreshToken: refresh})
	if connect.CodeOf(err) == connect.CodeUnauthenticated {
		return c.SignIn(ctx)
	}
	if err != nil {
		return fmt.Errorf("refresh the session: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(res.GetSession())
	return nil
}

// keep remembers a session; c.mu is held.
func (c *Client) keep(s *pb.Session) {
	c.session, c.freshUntil = s, time.Time{}
	// Where the server's clock is far behind, nothing is known.
	if life := time.Until(s.GetAccessExpireTime().AsTime()); life > 0 {
		c.freshUntil = time.Now().Add(life * 3 / 4)
	}
}

// persist makes a call and repeats it, the request_id with it, as long as the trouble is transient.
func persist[Req, Res any](ctx context.Context, c *Client, token string, call unary[Req, Res], req *Req) (*Res, error) {
	var begun time.Time
	wait := firstWait
	for {
		res, err := try(ctx, c, token, call, req)
		if repeated := !begun.IsZero(); repeated && !transient(err) {
			c.opts.Trouble(nil)
		}
		switch {
		case err == nil:
			return res, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !transient(err):
			return nil, err
		case begun.IsZero():
			begun = time.Now()
		case time.Since(begun) > c.opts.Patience:
			return nil, fmt.Errorf("no answer for %v: %w", c.opts.Patience, err)
		}
		c.opts.Trouble(err)
		if err := Sleep(ctx, c.spread(max(wait, retryAfter(err)))); err != nil {
			return nil, err
		}
		wait = min(2*wait, longestWait)
	}
}

// spread lengthens a wait by up to a quarter, so that those who failed together do not come back together.
func (c *Client) spread(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return d + time.Duration(c.jitter.Int64N(int64(d)/4+1))
}

func try[Req, Res any](ctx context.Context, c *Client, token string, call unary[Req, Res], req *Req) (*Res, error) {
	timeout := c.opts.Timeout
	if r, ok := any(req).(*pb.WaitEventsRequest); ok {
		timeout += r.GetWait().AsDuration()
	}
	ctx, cancel := context.WithTimeout(withToken(ctx, token), timeout)
	defer cancel()
	return call(ctx, req)
}

// withToken prepares the headers of one call; token may be empty.
func withToken(ctx context.Context, token string) context.Context {
	ctx, info := connect.NewClientContext(ctx)
	if token != "" {
		info.RequestHeader().Set(authorization, "Bearer "+token)
	}
	return ctx
}

// transient reports whether the same call may succeed later: the server says so, or nobody answered.
func transient(err error) bool {
	var e *connect.Error
	if err == nil || !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case connect.CodeUnavailable:
		return true
	case connect.CodeResourceExhausted:
		return reasonOf(err) == game.RateLimited
	case connect.CodeUnknown, connect.CodeInternal, connect.CodeDeadlineExceeded, connect.CodeCanceled:
		// From a server that is an answer. From our own side it is a connection that broke.
		return !e.IsRemote()
	}
	return false
}

// Reason returns the reason for which a server refused a call, empty if err is no refusal or has none.
func Reason(err error) game.Reason { return reasonOf(err) }

// reasonOf returns the reason that a server refused a call for, empty if it gave none.
func reasonOf(err error) game.Reason {
	var reason game.Reason
	details(err, func(d *errdetails.ErrorInfo) { reason = game.Reason(d.GetReason()) })
	return reason
}

// retryAfter returns how long the server asks to wait before a repeat.
func retryAfter(err error) time.Duration {
	var wait time.Duration
	details(err, func(d *errdetails.RetryInfo) { wait = d.GetRetryDelay().AsDuration() })
	return wait
}

func details[D any](err error, each func(D)) {
	var e *connect.Error
	if !errors.As(err, &e) {
		return
	}
	for _, raw := range e.Details() {
		msg, err := connectproto.UnmarshalErrorDetail(raw)
		if d, ok := msg.(D); ok && err == nil {
			each(d)
		}
	}
}

// Sleep waits, or fails when ctx is done first.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
