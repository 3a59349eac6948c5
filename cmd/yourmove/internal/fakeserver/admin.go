package fakeserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// admin is the server as operators see it.
type admin struct {
	adminv1connect.UnimplementedAdminServiceHandler
	s *Server
}

// AdminRPC is AdminService, to be called within the process.
func (s *Server) AdminRPC() *connect.Server {
	server := connect.NewServer(s.intercept)
	adminv1connect.RegisterAdminServiceHandler(server, admin{s: s})
	return server
}

// Admin serves AdminService, and metrics according to which every turn costs 100 µs and 512 bytes, and of the lists 98 in
// a hundred take up to 1 ms, the others up to 2.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	connecthttp.Mount(mux, s.AdminRPC())
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		turns, lists := float64(s.Turns()), float64(s.Lists())
		fmt.Fprintf(w, "# HELP process_cpu_seconds_total CPU.\n# TYPE process_cpu_seconds_total counter\n")
		fmt.Fprintf(w, "process_cpu_seconds_total %g\nprocess_resident_memory_bytes 5.24288e+07\n", 3+turns*100e-6)
		fmt.Fprintf(w, "yourmove_store_file_bytes{file=\"main db\"} %g\nyourmove_store_file_bytes{file=\"other\"} 4096 1700000000\n", 65536+512*turns)
		for bound, share := range map[string]float64{"0.0005": 0, "0.001": 0.98, "0.002": 1, "+Inf": 1} {
			fmt.Fprintf(w, "yourmove_call_seconds_bucket{code=\"ok\",procedure=\"/yourmove.v1.MatchService/ListMatches\",le=%q} %g\n", bound, share*lists)
		}
	})
	return mux
}

// Put adds players and matches as they are.
func (s *Server) Put(players []*yourmovev1.Player, matches []*yourmovev1.Match) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.players = append(s.players, players...)
	s.matches = append(s.matches, matches...)
}

// Bots counts the players marked as bots.
func (s *Server) Bots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, p := range s.players {
		if p.GetBot() {
			n++
		}
	}
	return n
}

// Stats counts matches by game and state.
func (a admin) Stats(context.Context, *adminv1.StatsRequest) (*adminv1.StatsResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	res := &adminv1.StatsResponse{
		ServerVersion: "v0.0.0-fake", Players: uint64(len(a.s.players)), Turns: a.s.turns, Commits: a.s.turns, DatabaseBytes: 3 << 20,
	}
	for _, m := range a.s.matches {
		sum := m.GetSummary()
		i := slices.IndexFunc(res.Matches, func(c *adminv1.MatchCount) bool {
			return c.GetGame() == sum.GetGame() && c.GetState() == sum.GetState()
		})
		if i < 0 {
			i = len(res.Matches)
			res.Matches = append(res.Matches, &adminv1.MatchCount{
				Game: sum.GetGame(), RulesetVersion: sum.GetRulesetVersion(), State: sum.GetState(), RulesetMissing: m.GetRulesetMissing(),
			})
		}
		res.Matches[i].Count++
	}
	return res, nil
}

// ListMatches filters; the page token is the number of matches to skip.
func (a admin) ListMatches(_ context.Context, req *adminv1.ListMatchesRequest) (*adminv1.ListMatchesResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var all []*yourmovev1.MatchSummary
	for _, m := range slices.Backward(a.s.matches) {
		sum := m.GetSummary()
		mine := req.GetPlayerId() == "" || slices.ContainsFunc(sum.GetSeats(), func(p *yourmovev1.Seat) bool { return p.GetPlayerId() == req.GetPlayerId() })
		if mine && (req.GetGame() == "" || req.GetGame() == sum.GetGame()) && (req.GetState() == 0 || req.GetState() == sum.GetState()) {
			all = append(all, proto.CloneOf(sum))
		}
	}
	page, next, err := pageOf(all, req.GetPageSize(), req.GetPageToken())
	return &adminv1.ListMatchesResponse{Matches: page, NextPageToken: next}, err
}

// pageOf cuts a page out of a list.
func pageOf[T any](all []T, size int32, token string) (page []T, next string, err error) {
	skip := 0
	if token != "" {
		if _, err := fmt.Sscanf(token, "skip%d", &skip); err != nil || skip > len(all) {
			return nil, "", Refuse(connect.CodeInvalidArgument, "BAD_PAGE_TOKEN", "not a page token of this list", 0)
		}
	}
	if size == 0 {
		size = 20
	}
	end := min(skip+int(size), len(all))
	if end < len(all) {
		next = fmt.Sprintf("skip%d", end)
	}
	return all[skip:end], next, nil
}

// GetMatch reads a match with the events that its version stands for.
func (a admin) GetMatch(_ context.Context, req *adminv1.GetMatchRequest) (*adminv1.GetMatchResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	m, err := a.s.find(func(m *yourmovev1.Match) bool { return m.GetSummary().GetMatchId() == req.GetMatchId() })
	if err != nil {
		return nil, err
	}
	res := &adminv1.GetMatchResponse{Match: proto.CloneOf(m)}
	creator := m.GetSummary().GetSeats()[0]
	res.Events = append(res.Events,
		&yourmovev1.Event{Version: 1, Seat: creator.GetSeat(), PlayerId: creator.GetPlayerId(), EventTime: m.GetSummary().GetCreateTime(),
			Kind: &yourmovev1.Event_MatchCreated{MatchCreated: &yourmovev1.MatchCreated{}}})
	if t := m.GetSummary().GetLastMove(); t != nil {
		res.Events = append(res.Events,
			&yourmovev1.Event{Version: m.GetSummary().GetVersion(), Turn: m.GetSummary().GetTurn() - 1, Seat: t.GetSeat(), EventTime: t.GetTakeTime(),
				Kind: &yourmovev1.Event_TurnTaken{TurnTaken: &yourmovev1.TurnTaken{Moves: []*yourmovev1.PlayedMove{{Text: t.GetText()}}}}})
	}
	return res, nil
}

// CancelMatch cancels what is not over.
func (a admin) CancelMatch(_ context.Context, req *adminv1.CancelMatchRequest) (*adminv1.CancelMatchResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	m, err := a.s.find(func(m *yourmovev1.Match) bool { return m.GetSummary().GetMatchId() == req.GetMatchId() })
	if err != nil {
		return nil, err
	}
	switch m.GetSummary().GetState() {
	case yourmovev1.MatchState_MATCH_STATE_FINISHED:
		return nil, Refuse(connect.CodeFailedPrecondition, "MATCH_FINISHED", "the match is over", 0)
	case yourmovev1.MatchState_MATCH_STATE_ACTIVE, yourmovev1.MatchState_MATCH_STATE_GATHERING:
		m.Summary.State, m.Summary.MustAct = yourmovev1.MatchState_MATCH_STATE_CANCELLED, nil
		m.Summary.Version++
	}
	return &adminv1.CancelMatchResponse{Match: proto.CloneOf(m)}, nil
}

// ListPlayers filters by name.
func (a admin) ListPlayers(_ context.Context, req *adminv1.ListPlayersRequest) (*adminv1.ListPlayersResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var all []*yourmovev1.Player
	for _, p := range slices.Backward(a.s.players) {
		if strings.Contains(strings.ToLower(p.GetName()), strings.ToLower(req.GetNameContains())) {
			all = append(all, proto.CloneOf(p))
		}
	}
	page, next, err := pageOf(all, req.GetPageSize(), req.GetPageToken())
	return &adminv1.ListPlayersResponse{Players: page, NextPageToken: next}, err
}

func (a admin) player(id string) (*yourmovev1.Player, error) {
	for _, p := range a.s.players {
		if p.GetPlayerId() == id {
			return p, nil
		}
	}
	return nil, Refuse(connect.CodeNotFound, "NO_SUCH_PLAYER", "no such player", 0)
}

// GetPlayer reads a player.
func (a admin) GetPlayer(_ context.Context, req *adminv1.GetPlayerRequest) (*adminv1.GetPlayerResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	p, err := a.player(req.GetPlayerId())
	if err != nil {
		return nil, err
	}
	n := 0
	for _, m := range a.s.matches {
		if seatOf(m, p) > 0 && m.GetSummary().GetState() < yourmovev1.MatchState_MATCH_STATE_FINISHED {
			n++
		}
	}
	return &adminv1.GetPlayerResponse{Player: proto.CloneOf(p), ActiveMatches: int32(n)}, nil
}

// MarkBot marks or unmarks a player.
func (a admin) MarkBot(_ context.Context, req *adminv1.MarkBotRequest) (*adminv1.MarkBotResponse, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	p, err := a.player(req.GetPlayerId())
	if err != nil {
		return nil, err
	}
	p.Bot = !req.GetUnmark()
	return &adminv1.MarkBotResponse{Player: proto.CloneOf(p)}, nil
}
