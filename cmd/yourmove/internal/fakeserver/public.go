// Package fakeserver is a server in memory for the tests of the command line: sign-in, matches and turns as the
// published API promises them, and operators' calls, without rules worth the name, limits or a disk. It is strict: a
// turn out of turn, of a stale version or onto a taken square is refused, so that a client that plays wrong is noticed.
package fakeserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// Server is the fake. Its zero value is not usable; see New.
type Server struct {
	yourmovev1connect.UnimplementedPlayerServiceHandler
	yourmovev1connect.UnimplementedMatchServiceHandler

	mu      sync.Mutex // guards what follows
	players []*yourmovev1.Player
	bySeed  map[string]*yourmovev1.Player // by guest secret
	tokens  map[string]*yourmovev1.Player
	matches []*yourmovev1.Match
	turns   uint64
	signIns int
	life    time.Duration
	trouble func(procedure string) error
	lists   uint64
	watched watching
}

// New makes a server without players and matches.
func New() *Server {
	return &Server{
		bySeed: map[string]*yourmovev1.Player{}, tokens: map[string]*yourmovev1.Player{}, life: time.Hour,
		trouble: func(string) error { return nil }, watched: watching{changed: make(chan struct{})},
	}
}

// Public serves PlayerService and MatchService.
func (s *Server) Public() http.Handler {
	server := connect.NewServer(s.intercept)
	yourmovev1connect.RegisterPlayerServiceHandler(server, s)
	yourmovev1connect.RegisterMatchServiceHandler(server, s)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	return mux
}

// Trouble lets calls fail: f is asked before each with its procedure.
func (s *Server) Trouble(f func(procedure string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = f
}

// TokenLife sets how long access tokens last from now on.
func (s *Server) TokenLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = d
}

// SignIns counts the calls of SignIn.
func (s *Server) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns
}

// Turns counts the turns taken.
func (s *Server) Turns() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turns
}

func (s *Server) intercept(next connect.ServerFunc) connect.ServerFunc {
	return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
		s.mu.Lock()
		trouble := s.trouble
		s.mu.Unlock()
		if err := trouble(spec.Procedure); err != nil {
			return err
		}
		return next(ctx, spec, stream)
	}
}

// Refuse makes an error with a reason, and with a delay to retry after unless that is 0.
func Refuse(code connect.Code, reason, message string, retry time.Duration) error {
	err := connect.NewError(code, message)
	details := []proto.Message{&errdetails.ErrorInfo{Reason: reason, Domain: "yourmove"}}
	if retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retry)})
	}
	for _, m := range details {
		d, detailErr := connectproto.NewErrorDetail(m)
		if detailErr != nil {
			panic(detailErr)
		}
		err = err.WithDetail(d)
	}
	return err
}

// SignIn makes an account at the first use of a secret.
func (s *Server) SignIn(_ context.Context, req *yourmovev1.SignInRequest) (*yourmovev1.SignInResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signIns++
	if len(req.GetGuestSecret()) != 32 {
		return nil, Refuse(connect.CodeInvalidArgument, "INVALID_FIELD", "guest_secret: 32 bytes", 0)
	}
	p := s.bySeed[string(req.GetGuestSecret())]
	if p == nil {
		p = &yourmovev1.Player{PlayerId: uuid.NewString(), Name: req.GetName(), CreateTime: timestamppb.Now()}
		s.bySeed[string(req.GetGuestSecret())] = p
		s.players = append(s.players, p)
	}
	token := uuid.NewString()
	s.tokens[token] = p
	return &yourmovev1.SignInResponse{Player: proto.CloneOf(p), Session: &yourmovev1.Session{
		SessionId: uuid.NewString(), AccessToken: token, AccessExpireTime: timestamppb.New(time.Now().Add(s.life)),
	}}, nil
}

// caller returns whose token a call carries. s.mu is held.
func (s *Server) caller(ctx context.Context) (*yourmovev1.Player, error) {
	info, _ := connect.CallInfoForServerContext(ctx)
	p := s.tokens[strings.TrimPrefix(info.RequestHeader().Get("Authorization"), "Bearer ")]
	if p == nil {
		return nil, Refuse(connect.CodeUnauthenticated, "TOKEN_INVALID", "no such token", 0)
	}
	return p, nil
}

// games are those that the fake plays.
var games = map[string]bool{"chess": true, "pig": true, "relay": true, "tictactoe": true}

// CreateMatch seats the caller in seat 1 of two.
func (s *Server) CreateMatch(ctx context.Context, req *yourmovev1.CreateMatchRequest) (*yourmovev1.CreateMatchResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if !games[req.GetGame()] || req.GetSeat() != 1 || req.GetMaxSeats() != 2 {
		return nil, Refuse(connect.CodeInvalidArgument, "INVALID_FIELD", "a game that the fake knows, seat 1 of 2", 0)
	}
	m := &yourmovev1.Match{
		Summary: &yourmovev1.MatchSummary{
			MatchId: uuid.NewString(), Game: req.GetGame(), State: yourmovev1.MatchState_MATCH_STATE_GATHERING, Version: 1,
			Seats: []*yourmovev1.Seat{
				{Seat: 1, State: yourmovev1.SeatState_SEAT_STATE_SEATED, PlayerId: p.GetPlayerId(), Name: p.GetName()},
				{Seat: 2, State: yourmovev1.SeatState_SEAT_STATE_EMPTY},
			},
			CreateTime: timestamppb.Now(),
		},
		JoinCode: fmt.Sprintf("CODE%d", len(s.matches)), State: req.GetState(),
	}
	s.matches = append(s.matches, m)
	return &yourmovev1.CreateMatchResponse{Match: proto.CloneOf(m), Version: 1}, nil
}

// JoinMatch takes seat 2 and starts the match.
func (s *Server) JoinMatch(ctx context.Context, req *yourmovev1.JoinMatchRequest) (*yourmovev1.JoinMatchResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.find(func(m *yourmovev1.Match) bool { return m.GetJoinCode() == req.GetJoinCode() })
	if err != nil {
		return nil, err
	}
	sum := m.GetSummary()
	if sum.GetState() != yourmovev1.MatchState_MATCH_STATE_GATHERING || sum.GetSeats()[0].GetPlayerId() == p.GetPlayerId() {
		return nil, Refuse(connect.CodeFailedPrecondition, "MATCH_FULL", "no seat for you", 0)
	}
	sum.Seats[1] = &yourmovev1.Seat{Seat: 2, State: yourmovev1.SeatState_SEAT_STATE_SEATED, PlayerId: p.GetPlayerId(), Name: p.GetName()}
	sum.State, sum.Version, sum.Turn, sum.MustAct = yourmovev1.MatchState_MATCH_STATE_ACTIVE, 3, 1, []int32{1}
	switch sum.GetGame() {
	case "tictactoe":
		m.View = view(map[string]any{"rows": []any{"...", "...", "..."}, "next": "X"})
	case "pig":
		m.View = view(map[string]any{"turn_total": 0})
	}
	return &yourmovev1.JoinMatchResponse{Match: proto.CloneOf(m), Version: 3}, nil
}

// find returns a match, or the error that there is none. s.mu is held.
func (s *Server) find(is func(*yourmovev1.Match) bool) (*yourmovev1.Match, error) {
	for i := len(s.matches) - 1; i >= 0; i-- {
		if is(s.matches[i]) {
			return s.matches[i], nil
		}
	}
	return nil, Refuse(connect.CodeNotFound, "NO_SUCH_MATCH", "no such match", 0)
}

// GetMatch reads a match of the caller's.
func (s *Server) GetMatch(ctx context.Context, req *yourmovev1.GetMatchRequest) (*yourmovev1.GetMatchResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.find(func(m *yourmovev1.Match) bool {
		return m.GetSummary().GetMatchId() == req.GetMatchId() && seatOf(m, p) > 0
	})
	if err != nil {
		return nil, err
	}
	return &yourmovev1.GetMatchResponse{Match: proto.CloneOf(m)}, nil
}

// ListMatches answers all matches of the caller's.
func (s *Server) ListMatches(ctx context.Context, _ *yourmovev1.ListMatchesRequest) (*yourmovev1.ListMatchesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	s.lists++
	res := &yourmovev1.ListMatchesResponse{}
	for _, m := range s.matches {
		if seatOf(m, p) > 0 {
			res.Matches = append(res.Matches, proto.CloneOf(m))
		}
	}
	return res, nil
}

// Lists counts the lists that were asked for.
func (s *Server) Lists() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists
}

func seatOf(m *yourmovev1.Match, p *yourmovev1.Player) int32 {
	for _, s := range m.GetSummary().GetSeats() {
		if s.GetPlayerId() == p.GetPlayerId() {
			return s.GetSeat()
		}
	}
	return 0
}

// SubmitTurn takes one move.
func (s *Server) SubmitTurn(ctx context.Context, req *yourmovev1.SubmitTurnRequest) (*yourmovev1.SubmitTurnResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.find(func(m *yourmovev1.Match) bool { return m.GetSummary().GetMatchId() == req.GetMatchId() })
	if err != nil {
		return nil, err
	}
	sum := m.GetSummary()
	switch {
	case uuid.Validate(req.GetRequestId()) != nil:
		return nil, Refuse(connect.CodeInvalidArgument, "INVALID_FIELD", "request_id: a UUID", 0)
	case sum.GetState() != yourmovev1.MatchState_MATCH_STATE_ACTIVE:
		return nil, Refuse(connect.CodeFailedPrecondition, "MATCH_FINISHED", "the match is over", 0)
	case sum.GetVersion() != req.GetExpectedVersion():
		return nil, Refuse(connect.CodeAborted, "VERSION_MISMATCH", "read the match again", 0)
	case sum.GetMustAct()[0] != seatOf(m, p):
		return nil, Refuse(connect.CodeFailedPrecondition, "NOT_YOUR_TURN", "wait", 0)
	case len(req.GetMoves()) != 1:
		return nil, Refuse(connect.CodeInvalidArgument, "INVALID_FIELD", "moves: one", 0)
	}
	if err := playMove(m, req); err != nil {
		return nil, err
	}
	sum.Version++
	s.turns++
	return &yourmovev1.SubmitTurnResponse{Match: proto.CloneOf(m), Version: sum.GetVersion()}, nil
}

// Add puts a started match between two guests into the server and returns its id and their secrets.
func (s *Server) Add(game string) (id string, secrets [][]byte) {
	for range 2 {
		u := uuid.New()
		secrets = append(secrets, append(u[:], u[:]...))
	}
	ctx := context.Background()
	for i, secret := range secrets {
		res, err := s.SignIn(ctx, &yourmovev1.SignInRequest{
			Credential: &yourmovev1.SignInRequest_GuestSecret{GuestSecret: secret}, Name: fmt.Sprintf("player %d", i+1),
		})
		if err != nil {
			panic(err)
		}
		s.mu.Lock()
		p := s.tokens[res.GetSession().GetAccessToken()]
		if i == 0 {
			s.matches = append(s.matches, &yourmovev1.Match{Summary: &yourmovev1.MatchSummary{
				MatchId: uuid.NewString(), Game: game, State: yourmovev1.MatchState_MATCH_STATE_ACTIVE, Version: 3, Turn: 1, MustAct: []int32{1},
			}})
		}
		m := s.matches[len(s.matches)-1]
		id = m.GetSummary().GetMatchId()
		m.Summary.Seats = append(m.Summary.Seats, &yourmovev1.Seat{
			Seat: int32(i + 1), State: yourmovev1.SeatState_SEAT_STATE_SEATED, PlayerId: p.GetPlayerId(), Name: p.GetName(),
		})
		if game == "tictactoe" {
			m.View = view(map[string]any{"rows": []any{"...", "...", "..."}, "next": "X"})
		}
		s.mu.Unlock()
	}
	return id, secrets
}

func view(fields map[string]any) *structpb.Struct {
	v, err := structpb.NewStruct(fields)
	if err != nil {
		panic(err)
	}
	return v
}
