package server

import (
	"context"
	"time"

	"yourmove/game"
)

// SubmitTurn plays the caller's turn. It is applied once, however often it is repeated.
func (s *Service) SubmitTurn(ctx context.Context, c Caller, id game.MatchID, req RequestID, t game.Turn) (Done, error) {
	if err := checkTurn(t.Moves, t.Relay); err != nil {
		return Done{}, err
	}
	p := newPrint("SubmitTurn").bytes(id[:]).num(int64(len(t.Moves)))
	for _, mv := range t.Moves {
		p.text(mv.Text).bytes(mv.Data)
	}
	return s.run(ctx, command{
		caller: c, id: id, request: request(c, req, p.relay(t.Relay)), sent: t.Relay != nil && t.Relay.State != nil,
		decide: func(m game.Match, r game.Rules, now time.Time) (game.Change, error) {
			return m.Submit(r, c.Player, t, now)
		},
	})
}

// Resign gives up the caller's seat; rt is what comes with it in relay mode, else nil.
func (s *Service) Resign(ctx context.Context, c Caller, id game.MatchID, req RequestID, rt *game.RelayTurn) (Done, error) {
	if err := checkTurn(nil, rt); err != nil {
		return Done{}, err
	}
	return s.run(ctx, command{
		caller: c, id: id, request: request(c, req, newPrint("Resign").bytes(id[:]).relay(rt)),
		sent: rt != nil && rt.State != nil,
		decide: func(m game.Match, r game.Rules, now time.Time) (game.Change, error) {
			return m.Resign(r, c.Player, rt, now)
		},
	})
}

// checkTurn bounds what a turn brings.
func checkTurn(moves []game.PlayedMove, rt *game.RelayTurn) error {
	size := 0
	for _, mv := range moves {
		size += len(mv.Text) + len(mv.Data)
	}
	if size > MaxMoves {
		return game.Refuse(game.PayloadTooBig, "moves: %d bytes together, at most %d", size, MaxMoves)
	}
	if rt != nil && rt.State != nil {
		return checkState(*rt.State)
	}
	return nil
}

func checkState(st game.RelayState) error {
	if len(st.Data) > MaxState {
		return game.Refuse(game.PayloadTooBig, "state: %d bytes, at most %d", len(st.Data), MaxState)
	}
	return nil
}

func (p *print) relay(rt *game.RelayTurn) *print {
	p.flag(rt != nil)
	if rt == nil {
		return p
	}
	p.flag(rt.State != nil)
	if rt.State != nil {
		p.flag(rt.State.Text).bytes(rt.State.Data)
	}
	p.num(int64(len(rt.Next)))
	for _, n := range rt.Next {
		p.num(int64(n.Seat)).num(int64(n.Limit))
	}
	p.num(int64(len(rt.Outcomes)))
	for _, o := range rt.Outcomes {
		p.num(int64(o.Seat)).num(int64(o.Result)).num(int64(o.Place)).score(o.Score)
	}
	return p
}
