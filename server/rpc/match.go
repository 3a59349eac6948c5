package rpc

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

// Matches serves yourmove.v1.MatchService.
type Matches struct{ s *server.Service }

// ListGames answers the games of this server.
func (h Matches) ListGames(context.Context, *pb.ListGamesRequest) (*pb.ListGamesResponse, error) {
	out := &pb.ListGamesResponse{}
	for _, g := range h.s.ListGames() {
		out.Games = append(out.Games, &pb.Game{
			Name: g.Name, Title: g.Title, RulesetVersion: int32(g.Version), MinSeats: int32(g.MinSeats),
			MaxSeats: int32(g.MaxSeats), MoveNotation: g.Notation, OptionsHelp: g.OptionsHelp,
		})
	}
	return out, nil
}

// answer is what all calls that change a match answer.
type answer struct {
	match   *pb.Match
	version uint64
	events  []*pb.Event
}

func answerOf(d server.Done, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	m, err := match(d.Match)
	return answer{m, d.Version, events(d.Events)}, err
}

// CreateMatch makes a match.
func (h Matches) CreateMatch(ctx context.Context, r *pb.CreateMatchRequest) (*pb.CreateMatchResponse, error) {
	req, err := requestID(r.GetRequestId())
	if err != nil {
		return nil, err
	}
	n := server.NewMatch{Seat: int(r.GetSeat()), Settings: game.Settings{
		Game: r.GetGame(), MinSeats: int(r.GetMinSeats()), MaxSeats: int(r.GetMaxSeats()), Access: game.Access(r.GetAccess()),
		Start: game.StartRule(r.GetStartRule()), Spectators: r.GetSpectators(), Rated: r.GetRated(),
		Title: r.GetTitle(), Labels: r.GetLabels(),
	}}
	if n.Settings.Options, err = optionsOf(r.GetOptions()); err != nil {
		return nil, err
	}
	if n.Invite, err = playerIDs(r.GetInvitePlayerIds()); err != nil {
		return nil, err
	}
	if st := stateOf(r.GetState()); st != nil {
		n.State = *st
	}
	a, err := answerOf(h.s.CreateMatch(ctx, caller(ctx), req, n))
	if err != nil {
		return nil, err
	}
	return &pb.CreateMatchResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// target reads which match is meant: by id, or by a join code that stands for it.
func target(match, code string) (game.MatchID, error) {
	if (match == "") == (code == "") {
		return game.MatchID{}, game.Refuse(game.InvalidField, "match_id: either it or join_code")
	}
	if code != "" {
		return game.MatchID{}, nil
	}
	return matchID(match)
}

// joinCode reads a join code as people type it: in any case, with hyphens or spaces.
func joinCode(text string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(text))
}

// JoinMatch seats the caller.
func (h Matches) JoinMatch(ctx context.Context, r *pb.JoinMatchRequest) (*pb.JoinMatchResponse, error) {
	id, err := target(r.GetMatchId(), r.GetJoinCode())
	if err != nil {
		return nil, err
	}
	req, err := requestID(r.GetRequestId())
	if err != nil {
		return nil, err
	}
	a, err := answerOf(h.s.JoinMatch(ctx, caller(ctx), id, joinCode(r.GetJoinCode()), req, int(r.GetSeat())))
	if err != nil {
		return nil, err
	}
	return &pb.JoinMatchResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// InvitePlayers keeps seats for players.
func (h Matches) InvitePlayers(ctx context.Context, r *pb.InvitePlayersRequest) (*pb.InvitePlayersResponse, error) {
	id, req, err := ids(r.GetMatchId(), r.GetRequestId())
	if err != nil {
		return nil, err
	}
	whom, err := playerIDs(r.GetPlayerIds())
	if err != nil {
		return nil, err
	}
	a, err := answerOf(h.s.InvitePlayers(ctx, caller(ctx), id, req, whom))
	if err != nil {
		return nil, err
	}
	return &pb.InvitePlayersResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// simple carries out a call that is asked for by its match alone.
func simple(ctx context.Context, match, request string,
	call func(context.Context, server.Caller, game.MatchID, server.RequestID) (server.Done, error),
) (answer, error) {
	id, req, err := ids(match, request)
	if err != nil {
		return answer{}, err
	}
	return answerOf(call(ctx, caller(ctx), id, req))
}

// DeclineInvitation gives back a seat that was kept for the caller.
func (h Matches) DeclineInvitation(ctx context.Context, r *pb.DeclineInvitationRequest) (*pb.DeclineInvitationResponse, error) {
	a, err := simple(ctx, r.GetMatchId(), r.GetRequestId(), h.s.DeclineInvitation)
	if err != nil {
		return nil, err
	}
	return &pb.DeclineInvitationResponse{Version: a.version, Events: a.events}, nil
}

// LeaveMatch gives up the caller's seat before the start.
func (h Matches) LeaveMatch(ctx context.Context, r *pb.LeaveMatchRequest) (*pb.LeaveMatchResponse, error) {
	a, err := simple(ctx, r.GetMatchId(), r.GetRequestId(), h.s.LeaveMatch)
	if err != nil {
		return nil, err
	}
	return &pb.LeaveMatchResponse{Version: a.version, Events: a.events}, nil
}

// StartMatch starts a match that has enough players.
func (h Matches) StartMatch(ctx context.Context, r *pb.StartMatchRequest) (*pb.StartMatchResponse, error) {
	a, err := simple(ctx, r.GetMatchId(), r.GetRequestId(), h.s.StartMatch)
	if err != nil {
		return nil, err
	}
	return &pb.StartMatchResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// CancelMatch calls a match off.
func (h Matches) CancelMatch(ctx context.Context, r *pb.CancelMatchRequest) (*pb.CancelMatchResponse, error) {
	a, err := simple(ctx, r.GetMatchId(), r.GetRequestId(), h.s.CancelMatch)
	if err != nil {
		return nil, err
	}
	return &pb.CancelMatchResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// GetMatch reads one match.
func (h Matches) GetMatch(ctx context.Context, r *pb.GetMatchRequest) (*pb.GetMatchResponse, error) {
	id, err := target(r.GetMatchId(), r.GetJoinCode())
	if err != nil {
		return nil, err
	}
	got, err := h.s.GetMatch(ctx, caller(ctx), server.GetMatch{
		ID: id, Code: joinCode(r.GetJoinCode()), Legal: r.GetLegalMoves(), Drawing: r.GetDrawing(), Since: r.SinceVersion, IfNewerThan: r.GetIfNewerThan(),
	})
	if err != nil {
		return nil, err
	}
	m, err := match(got.View)
	if err != nil {
		return nil, err
	}
	return &pb.GetMatchResponse{
		Match: m, Events: events(got.Events), Unchanged: m == nil, ServerTime: timestamppb.New(h.s.Now()),
		Cursor: got.Cursor,
	}, nil
}

// ListMatches lists the caller's matches, or open ones.
func (h Matches) ListMatches(ctx context.Context, r *pb.ListMatchesRequest) (*pb.ListMatchesResponse, error) {
	q := server.ListMatches{
		Filter: server.ListFilter(r.GetFilter()), Game: r.GetGame(), Size: int(r.GetPageSize()), Token: r.GetPageToken(),
		Full: r.GetView() == pb.ListView_LIST_VIEW_FULL, ChangedSince: r.GetChangedSince(),
	}
	if q.Filter == 0 {
		q.Filter = server.Mine
	}
	list, err := h.s.ListMatches(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	out := &pb.ListMatchesResponse{NextPageToken: list.Next, ServerTime: timestamppb.New(h.s.Now()), Cursor: list.Cursor}
	for _, id := range list.Gone {
		out.GoneMatchIds = append(out.GoneMatchIds, id.String())
	}
	for i := range list.Matches {
		m := &pb.Match{Summary: summary(&list.Matches[i])}
		if q.Full && list.Matches[i].Full {
			if m, err = match(&list.Matches[i]); err != nil {
				return nil, err
			}
		}
		out.Matches = append(out.Matches, m)
	}
	for st := server.IsInvited; st <= server.Archived; st++ {
		if n := list.Counts[st]; n > 0 {
			out.Counts = append(out.Counts, &pb.StandingCount{Standing: pb.Standing(st), Count: int32(n)})
		}
	}
	return out, nil
}

// SubmitTurn plays the caller's turn.
func (h Matches) SubmitTurn(ctx context.Context, r *pb.SubmitTurnRequest) (*pb.SubmitTurnResponse, error) {
	id, req, err := ids(r.GetMatchId(), r.GetRequestId())
	if err != nil {
		return nil, err
	}
	a, err := answerOf(h.s.SubmitTurn(ctx, caller(ctx), id, req, game.Turn{
		Expected: r.GetExpectedVersion(), Moves: movesOf(r.GetMoves()), Relay: relayOf(r.GetRelay()),
	}))
	if err != nil {
		return nil, err
	}
	return &pb.SubmitTurnResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// SaveDraft keeps the caller's draft.
func (h Matches) SaveDraft(ctx context.Context, r *pb.SaveDraftRequest) (*pb.SaveDraftResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	d, err := h.s.SaveDraft(ctx, caller(ctx), id, server.Draft{
		Moves: movesOf(r.GetDraft().GetMoves()), State: stateOf(r.GetDraft().GetState()),
	})
	if err != nil {
		return nil, err
	}
	return &pb.SaveDraftResponse{Draft: draft(d)}, nil
}

// ListTurns lists the turns that were taken.
func (h Matches) ListTurns(ctx context.Context, r *pb.ListTurnsRequest) (*pb.ListTurnsResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	t, err := h.s.ListTurns(ctx, caller(ctx), id, int(r.GetPageSize()), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	return &pb.ListTurnsResponse{Turns: events(t.Turns), NextPageToken: t.Next}, nil
}

// Resign gives up.
func (h Matches) Resign(ctx context.Context, r *pb.ResignRequest) (*pb.ResignResponse, error) {
	id, req, err := ids(r.GetMatchId(), r.GetRequestId())
	if err != nil {
		return nil, err
	}
	a, err := answerOf(h.s.Resign(ctx, caller(ctx), id, req, relayOf(r.GetRelay())))
	if err != nil {
		return nil, err
	}
	return &pb.ResignResponse{Match: a.match, Version: a.version, Events: a.events}, nil
}

// ArchiveMatch puts a match that is over away, or back.
func (h Matches) ArchiveMatch(ctx context.Context, r *pb.ArchiveMatchRequest) (*pb.ArchiveMatchResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	st, err := h.s.ArchiveMatch(ctx, caller(ctx), id, !r.GetUnarchive())
	if err != nil {
		return nil, err
	}
	return &pb.ArchiveMatchResponse{Standing: pb.Standing(st)}, nil
}

// GetReplay tells a whole match.
func (h Matches) GetReplay(ctx context.Context, r *pb.GetReplayRequest) (*pb.GetReplayResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	rep, err := h.s.GetReplay(ctx, caller(ctx), id)
	if err != nil {
		return nil, err
	}
	m, err := match(&rep.Match)
	if err != nil {
		return nil, err
	}
	return &pb.GetReplayResponse{
		Match: m, Events: events(rep.Events), Seed: rep.Seed, Notation: rep.Notation, NotationType: rep.NotationType,
	}, nil
}
