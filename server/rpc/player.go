package rpc

import (
	"context"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

// Players serves yourmove.v1.PlayerService.
type Players struct{ s *server.Service }

func session(t server.Tokens) *pb.Session {
	return &pb.Session{
		SessionId: t.Session.String(), AccessToken: t.Access, AccessExpireTime: stamp(t.Expires), RefreshToken: t.Refresh,
	}
}

// SignIn opens a session.
func (h Players) SignIn(ctx context.Context, r *pb.SignInRequest) (*pb.SignInResponse, error) {
	in, err := h.s.SignInGuest(ctx, r.GetGuestSecret(), r.GetName(), r.GetInstallation())
	if err != nil {
		return nil, err
	}
	return &pb.SignInResponse{Session: session(in.Tokens), Player: player(in.Player, true), Created: in.Created}, nil
}

// RefreshSession gives new tokens.
func (h Players) RefreshSession(ctx context.Context, r *pb.RefreshSessionRequest) (*pb.RefreshSessionResponse, error) {
	t, err := h.s.RefreshSession(ctx, r.GetRefreshToken())
	if err != nil {
		return nil, err
	}
	return &pb.RefreshSessionResponse{Session: session(t)}, nil
}

// SignOut ends the caller's session.
func (h Players) SignOut(ctx context.Context, _ *pb.SignOutRequest) (*pb.SignOutResponse, error) {
	if err := h.s.SignOut(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	return &pb.SignOutResponse{}, nil
}

// GetPlayer reads a player.
func (h Players) GetPlayer(ctx context.Context, r *pb.GetPlayerRequest) (*pb.GetPlayerResponse, error) {
	me := caller(ctx).Player
	id := me
	if r.GetPlayerId() != "" {
		var err error
		if id, err = playerID(r.GetPlayerId()); err != nil {
			return nil, err
		}
	}
	p, err := h.s.GetPlayer(ctx, id)
	if err != nil {
		return nil, err
	}
	return &pb.GetPlayerResponse{Player: player(p, id == me)}, nil
}

// UpdatePlayer changes the caller's own record.
func (h Players) UpdatePlayer(ctx context.Context, r *pb.UpdatePlayerRequest) (*pb.UpdatePlayerResponse, error) {
	p, err := h.s.UpdatePlayer(ctx, caller(ctx), server.UpdatePlayer{
		Name: r.Name, Locale: r.Locale, TimeZone: r.TimeZone, HidePresence: r.HidePresence,
	})
	if err != nil {
		return nil, err
	}
	return &pb.UpdatePlayerResponse{Player: player(p, true)}, nil
}

// BlockPlayer blocks.
func (h Players) BlockPlayer(ctx context.Context, r *pb.BlockPlayerRequest) (*pb.BlockPlayerResponse, error) {
	id, err := playerID(r.GetPlayerId())
	if err != nil {
		return nil, err
	}
	if err := h.s.BlockPlayer(ctx, caller(ctx), id); err != nil {
		return nil, err
	}
	return &pb.BlockPlayerResponse{}, nil
}

// UnblockPlayer takes a block back.
func (h Players) UnblockPlayer(ctx context.Context, r *pb.UnblockPlayerRequest) (*pb.UnblockPlayerResponse, error) {
	id, err := playerID(r.GetPlayerId())
	if err != nil {
		return nil, err
	}
	if err := h.s.UnblockPlayer(ctx, caller(ctx), id); err != nil {
		return nil, err
	}
	return &pb.UnblockPlayerResponse{}, nil
}
