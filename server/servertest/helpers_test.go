package servertest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server/servertest"
)

// player is a signed-in player: his calls on matches, and on his account.
type player struct {
	yourmovev1connect.MatchServiceClient
	yourmovev1connect.EventServiceClient
	account      yourmovev1connect.PlayerServiceClient
	id           string
	secret       []byte
	session      *pb.Session
	interceptors []connect.ClientInterceptor
}

func newSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	return secret
}

// signIn makes a player with a new account. Interceptors see his calls and what is answered.
func signIn(t testing.TB, s *servertest.Server, name string, interceptors ...connect.ClientInterceptor) *player {
	t.Helper()
	p := &player{secret: newSecret(), interceptors: interceptors}
	res := must(anonymous(s).SignIn(t.Context(), guest(p.secret, name)))(t)
	p.id, p.session = res.GetPlayer().GetPlayerId(), res.GetSession()
	return p.on(s)
}

// anonymous calls without a token.
func anonymous(s *servertest.Server) yourmovev1connect.PlayerServiceClient {
	return yourmovev1connect.NewPlayerServiceClient(connect.NewClient(s.Transport()))
}

func guest(secret []byte, name string) *pb.SignInRequest {
	return &pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: secret}, Name: name}
}

// on returns the same player, with the same token, as a caller of another server.
func (p *player) on(s *servertest.Server) *player { return p.with(s, p.session) }

// with returns the same player with another session.
func (p *player) with(s *servertest.Server, ses *pb.Session) *player {
	return p.over(s.Transport(), ses)
}

// over returns the same player calling over another transport.
func (p *player) over(tr connect.Transport, ses *pb.Session) *player {
	other := *p
	other.session = ses
	c := connect.NewClient(tr, append([]connect.ClientInterceptor{bearer(ses.GetAccessToken()), tellsWhy}, p.interceptors...)...)
	other.MatchServiceClient = yourmovev1connect.NewMatchServiceClient(c)
	other.EventServiceClient = yourmovev1connect.NewEventServiceClient(c)
	other.account = yourmovev1connect.NewPlayerServiceClient(c)
	return &other
}

func bearer(token string) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok {
				info.RequestHeader().Set("Authorization", "Bearer "+token)
			}
			return next(ctx, spec)
		}
	}
}

// tellsWhy lets a stream that is refused before its request was read fail with the refusal: Connect fails with a bare
// io.EOF of sending there.
func tellsWhy(next connect.ClientFunc) connect.ClientFunc {
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		st, err := next(ctx, spec)
		if err != nil || spec.StreamType == connect.StreamTypeUnary {
			return st, err
		}
		return sending{st}, nil
	}
}

type sending struct{ connect.ClientStream }

// Send sends a message; what went wrong the answer tells.
func (s sending) Send(msg any) error {
	if err := s.ClientStream.Send(msg); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// must takes an answer and its error, and then the test that fails on the error.
func must[T any](res T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return res
	}
}

// reasonOf reads the code, the reason and its metadata out of an error.
func reasonOf(err error) (connect.Code, *errdetails.ErrorInfo) {
	var e *connect.Error
	if !errors.As(err, &e) {
		return 0, &errdetails.ErrorInfo{}
	}
	for _, d := range e.Details() {
		if m, err := connectproto.UnmarshalErrorDetail(d); err == nil {
			if info, ok := m.(*errdetails.ErrorInfo); ok {
				return e.Code(), info
			}
		}
	}
	return e.Code(), &errdetails.ErrorInfo{}
}

// refused fails the test unless err has this code and reason. It returns the reason's metadata.
func refused(t testing.TB, err error, code connect.Code, reason game.Reason) map[string]string {
	t.Helper()
	got, info := reasonOf(err)
	if err == nil || got != code || info.GetReason() != string(reason) {
		t.Errorf("got %v (%s %s), want %v %s", err, got, info.GetReason(), code, reason)
	} else if info.GetDomain() != "yourmove" {
		t.Errorf("the domain is %q", info.GetDomain())
	}
	return info.GetMetadata()
}

func newID() string { return uuid.NewString() }

// create makes a match; a request_id is made up if there is none.
func (p *player) create(t testing.TB, r *pb.CreateMatchRequest) *pb.Match {
	t.Helper()
	if r.RequestId == "" {
		r.RequestId = newID()
	}
	return must(p.CreateMatch(t.Context(), r))(t).GetMatch()
}

// newGame makes a public match of a game with the player in seat 1 and the others in the seats after it.
func (p *player) newGame(t testing.TB, name string, others ...*player) string {
	t.Helper()
	n := int32(1 + len(others))
	id := matchOf(p.create(t, &pb.CreateMatchRequest{Game: name, MinSeats: n, MaxSeats: n, Seat: 1}))
	for _, o := range others {
		o.join(t, id)
	}
	return id
}

func matchOf(m *pb.Match) string { return m.GetSummary().GetMatchId() }

func (p *player) join(t testing.TB, id string) *pb.JoinMatchResponse {
	t.Helper()
	return must(p.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: id, RequestId: newID()}))(t)
}

func (p *player) joinByCode(t testing.TB, code string) *pb.JoinMatchResponse {
	t.Helper()
	return must(p.JoinMatch(t.Context(), &pb.JoinMatchRequest{JoinCode: code, RequestId: newID()}))(t)
}

func (p *player) get(t testing.TB, id string) *pb.Match {
	t.Helper()
	return must(p.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id}))(t).GetMatch()
}

func (p *player) version(t testing.TB, id string) uint64 {
	t.Helper()
	return p.get(t, id).GetSummary().GetVersion()
}

// turn is a request to play moves; it can be changed and sent again.
func turn(id string, expected uint64, moves ...string) *pb.SubmitTurnRequest {
	r := &pb.SubmitTurnRequest{MatchId: id, ExpectedVersion: expected, RequestId: newID()}
	for _, mv := range moves {
		r.Moves = append(r.Moves, &pb.Move{Text: mv})
	}
	return r
}

// play submits moves on the match as it is now; they must be accepted.
func (p *player) play(t testing.TB, id string, moves ...string) *pb.SubmitTurnResponse {
	t.Helper()
	return must(p.SubmitTurn(t.Context(), turn(id, p.version(t, id), moves...)))(t)
}

func textState(s string) *pb.RelayState {
	return &pb.RelayState{Content: &pb.RelayState_Text{Text: s}}
}

func dataState(b []byte) *pb.RelayState {
	return &pb.RelayState{Content: &pb.RelayState_Data{Data: b}}
}

// relay is a request to pass the turn on to seats, with a state unless it is nil.
func relay(id string, expected uint64, state *pb.RelayState, seats ...int32) *pb.SubmitTurnRequest {
	r := turn(id, expected)
	r.Relay = &pb.RelayTurn{State: state}
	for _, n := range seats {
		r.Relay.NextSeats = append(r.Relay.NextSeats, &pb.NextSeat{Seat: n})
	}
	return r
}

// pass passes a relay match's turn on; it must be accepted.
func (p *player) pass(t testing.TB, id string, state *pb.RelayState, seats ...int32) *pb.SubmitTurnResponse {
	t.Helper()
	return must(p.SubmitTurn(t.Context(), relay(id, p.version(t, id), state, seats...)))(t)
}

func (p *player) resign(t testing.TB, id string) *pb.ResignResponse {
	t.Helper()
	return must(p.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID()}))(t)
}

func (p *player) block(t testing.TB, other *player) {
	t.Helper()
	must(p.account.BlockPlayer(t.Context(), &pb.BlockPlayerRequest{PlayerId: other.id}))(t)
}

func (p *player) list(t testing.TB, r *pb.ListMatchesRequest) *pb.ListMatchesResponse {
	t.Helper()
	return must(p.ListMatches(t.Context(), r))(t)
}

func (p *player) replay(t testing.TB, id string) *pb.GetReplayResponse {
	t.Helper()
	return must(p.GetReplay(t.Context(), &pb.GetReplayRequest{MatchId: id}))(t)
}

// answer is what all calls that change a match answer.
type answer interface {
	proto.Message
	GetVersion() uint64
	GetEvents() []*pb.Event
}

// sameAnswer compares what a repeat must repeat: the version and the events.
func sameAnswer(t testing.TB, what string, got, want answer) {
	t.Helper()
	if got.GetVersion() != want.GetVersion() {
		t.Errorf("%s: answers version %d, first %d", what, got.GetVersion(), want.GetVersion())
	}
	if !slices.EqualFunc(got.GetEvents(), want.GetEvents(), func(a, b *pb.Event) bool { return proto.Equal(a, b) }) {
		t.Errorf("%s: answers the events\n%v, first\n%v", what, got.GetEvents(), want.GetEvents())
	}
}

// numbered checks that events are numbered from first to last without gaps.
func numbered(t testing.TB, events []*pb.Event, first, last uint64) {
	t.Helper()
	next := first
	for _, e := range events {
		if e.GetVersion() != next {
			t.Fatalf("event %d where %d was expected", e.GetVersion(), next)
		}
		next++
	}
	if next != last+1 {
		t.Fatalf("the events end at %d, not %d", next-1, last)
	}
}
