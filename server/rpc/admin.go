package rpc

import (
	"context"

	"yourmove/game"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

// Counters are what a server did since its start.
type Counters struct{ Commits, Turns uint64 }

// Admin serves yourmove.admin.v1.AdminService, on the admin listener only.
type Admin struct {
	s        *server.Service
	counters func() Counters
}

// Stats counts what there is.
func (h Admin) Stats(ctx context.Context, _ *adminv1.StatsRequest) (*adminv1.StatsResponse, error) {
	st, err := h.s.Stats(ctx)
	if err != nil {
		return nil, err
	}
	did := h.counters()
	out := &adminv1.StatsResponse{
		ServerVersion: st.Version, StartTime: stamp(st.Started), Players: st.Counts.Players,
		DatabaseBytes: st.Counts.FileBytes, Commits: did.Commits, Turns: did.Turns,
	}
	for _, c := range st.Counts.Matches {
		out.Matches = append(out.Matches, &adminv1.MatchCount{
			Game: c.Game, RulesetVersion: int32(c.Ruleset), State: pb.MatchState(c.State), Count: c.N,
			RulesetMissing: !h.s.HasRules(c.Game, c.Ruleset),
		})
	}
	return out, nil
}

// ListMatches searches matches.
func (h Admin) ListMatches(ctx context.Context, r *adminv1.ListMatchesRequest) (*adminv1.ListMatchesResponse, error) {
	q := server.FindMatches{
		Game: r.GetGame(), State: game.State(r.GetState()), Size: int(r.GetPageSize()), Token: r.GetPageToken(),
	}
	if r.GetPlayerId() != "" {
		var err error
		if q.Player, err = playerID(r.GetPlayerId()); err != nil {
			return nil, err
		}
	}
	list, err := h.s.FindMatches(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &adminv1.ListMatchesResponse{NextPageToken: list.Next}
	for i := range list.Matches {
		out.Matches = append(out.Matches, summary(&list.Matches[i]))
	}
	return out, nil
}

// GetMatch reads a match and its last events.
func (h Admin) GetMatch(ctx context.Context, r *adminv1.GetMatchRequest) (*adminv1.GetMatchResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	v, list, err := h.s.InspectMatch(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := match(&v)
	if err != nil {
		return nil, err
	}
	return &adminv1.GetMatchResponse{Match: m, Events: events(list)}, nil
}

// CancelMatch ends a match without a result.
func (h Admin) CancelMatch(ctx context.Context, r *adminv1.CancelMatchRequest) (*adminv1.CancelMatchResponse, error) {
	id, err := matchID(r.GetMatchId())
	if err != nil {
		return nil, err
	}
	v, err := h.s.CancelByOperator(ctx, id)
	if err != nil {
		return nil, err
	}
	m, err := match(&v)
	if err != nil {
		return nil, err
	}
	return &adminv1.CancelMatchResponse{Match: m}, nil
}

// ListPlayers searches players.
func (h Admin) ListPlayers(ctx context.Context, r *adminv1.ListPlayersRequest) (*adminv1.ListPlayersResponse, error) {
	list, next, err := h.s.FindPlayers(ctx, r.GetNameContains(), int(r.GetPageSize()), r.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &adminv1.ListPlayersResponse{NextPageToken: next}
	for _, p := range list {
		out.Players = append(out.Players, player(p, true))
	}
	return out, nil
}

// GetPlayer reads a player.
func (h Admin) GetPlayer(ctx context.Context, r *adminv1.GetPlayerRequest) (*adminv1.GetPlayerResponse, error) {
	id, err := playerID(r.GetPlayerId())
	if err != nil {
		return nil, err
	}
	p, active, err := h.s.InspectPlayer(ctx, id)
	if err != nil {
		return nil, err
	}
	return &adminv1.GetPlayerResponse{Player: player(p, true), ActiveMatches: int32(active)}, nil
}

// MarkBot marks a player as a bot.
func (h Admin) MarkBot(ctx context.Context, r *adminv1.MarkBotRequest) (*adminv1.MarkBotResponse, error) {
	id, err := playerID(r.GetPlayerId())
	if err != nil {
		return nil, err
	}
	p, err := h.s.MarkBot(ctx, id, !r.GetUnmark())
	if err != nil {
		return nil, err
	}
	return &adminv1.MarkBotResponse{Player: player(p, true)}, nil
}

// WatchEvents tells what happens in a match or to a player, as a spectator may know it.
func (h Admin) WatchEvents(ctx context.Context, r *adminv1.WatchEventsRequest, stream adminv1connect.AdminServiceWatchEventsServerStream) error {
	d := patient(ctx, 0)
	tell := func(list []server.InboxEvent, end *server.End) error {
		shown, err := inboxEvents(list)
		if err != nil {
			return err
		}
		out := &adminv1.WatchEventsResponse{Events: shown, End: streamEnd(end)}
		return d.within(server.DefaultHeartbeat, func() error { return stream.Send(out) })
	}
	if r.GetMatchId() != "" {
		id, err := matchID(r.GetMatchId())
		if err != nil {
			return err
		}
		return h.s.ObserveMatch(ctx, id, tell)
	}
	id, err := playerID(r.GetPlayerId())
	if err != nil {
		return err
	}
	return h.s.ObservePlayer(ctx, id, tell)
}
