package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"yourmove/game"
)

func (p *print) score(s *float64) *print {
	p.flag(s != nil)
	if s != nil {
		p.num(int64(math.Float64bits(*s)))
	}
	return p
}

// NewMatch is what CreateMatch is asked for.
type NewMatch struct {
	Settings game.Settings
	Seat     int
	Invite   []game.PlayerID
	State    game.RelayState
}

func (n NewMatch) print() *print {
	st := n.Settings
	p := newPrint("CreateMatch").text(st.Game).bytes(st.Options).num(int64(st.MinSeats)).num(int64(st.MaxSeats)).
		num(int64(st.Access)).num(int64(st.Start)).flag(st.Spectators).flag(st.Rated).text(st.Title).num(int64(n.Seat)).
		flag(n.State.Text).bytes(n.State.Data).num(int64(len(st.Labels)))
	for _, k := range slices.Sorted(maps.Keys(st.Labels)) {
		p.text(k).text(st.Labels[k])
	}
	p.num(int64(len(n.Invite)))
	for _, id := range n.Invite {
		p.bytes(id[:])
	}
	return p
}

// check bounds what a new match brings.
func (n NewMatch) check() error {
	if err := checkText("title", n.Settings.Title); err != nil {
		return err
	}
	labels := 0
	for k, v := range n.Settings.Labels {
		labels += len(k) + len(v)
		if err := checkText("labels", k+v); err != nil {
			return err
		}
	}
	switch {
	case len(n.Settings.Options) > MaxOptions:
		return game.Refuse(game.PayloadTooBig, "options: at most %d bytes as JSON", MaxOptions)
	case labels > MaxLabels:
		return game.Refuse(game.PayloadTooBig, "labels: %d bytes of keys and values, at most %d", labels, MaxLabels)
	case n.Settings.Game != game.Relay && len(n.State.Data) > 0:
		return game.Refuse(game.InvalidField, "state: only in relay mode")
	}
	return checkState(n.State)
}

// CreateMatch makes a match with the caller in one of its seats.
func (s *Service) CreateMatch(ctx context.Context, c Caller, req RequestID, n NewMatch) (Done, error) {
	if err := n.check(); err != nil {
		return Done{}, err
	}
	r := request(c, req, n.print())
	for range maxTries {
		done, err := s.tryCreate(ctx, c, r, n)
		if !errors.Is(err, ErrConflict) {
			return done, err
		}
	}
	return Done{}, game.Refuse(game.Overloaded, "others keep changing what this call depends on; repeat it with the same request_id")
}

func (s *Service) tryCreate(ctx context.Context, c Caller, req Request, n NewMatch) (Done, error) {
	switch id, err := s.store.Creation(ctx, req.RequestKey); {
	case err == nil:
		m, before, err := s.store.Match(ctx, id, &req.RequestKey)
		if err != nil {
			return Done{}, fmt.Errorf("load match %v: %w", id, err)
		}
		return s.repeated(ctx, command{caller: c, id: id, request: req}, m, *before)
	case !errors.Is(err, ErrNotFound):
		return Done{}, fmt.Errorf("look for the match of a request: %w", err)
	}
	var rules game.Rules
	if n.Settings.Game != game.Relay {
		var ok bool
		if rules, ok = s.games.Newest(n.Settings.Game); !ok {
			return Done{}, game.Refuse(game.InvalidField, "game: this server does not have %q; ListGames tells which it has", n.Settings.Game)
		}
	}
	quotas, err := s.matchQuota(ctx, c.Player, 1)
	if err != nil {
		return Done{}, err
	}
	gm := game.NewMatch{
		ID: s.newID(), Settings: n.Settings, Creator: c.Player, Seat: n.Seat, State: n.State, LapseAfter: s.limits.LapseAfter,
	}
	gm.Labels = maps.Clone(n.Settings.Labels)
	if gm.Invite, err = s.invitees(ctx, c.Player, n.Invite); err != nil {
		return Done{}, err
	}
	if len(gm.Invite) > 0 {
		q, err := s.invitationQuota(ctx, c.Player, len(gm.Invite))
		if err != nil {
			return Done{}, err
		}
		quotas = append(quotas, q)
	}
	if gm.Seed, err = s.seed(); err != nil {
		return Done{}, fmt.Errorf("draw a seed: %w", err)
	}
	if n.Settings.Access == game.ByCode {
		if gm.JoinCode, err = s.joinCode(); err != nil {
			return Done{}, fmt.Errorf("draw a join code: %w", err)
		}
	}
	now := s.instant()
	ch, err := game.Create(rules, gm, now)
	if err != nil {
		return Done{}, err
	}
	if err := s.commit(ctx, game.Match{}, Commit{At: now, Match: &ch, Request: &req, Quotas: quotas}); err != nil {
		return Done{}, fmt.Errorf("create a match: %w", err)
	}
	s.presence.looked(c, gm.ID, now)
	return s.done(ctx, command{caller: c}, ch, req)
}

func (s *Service) matchQuota(ctx context.Context, id game.PlayerID, adds int) ([]Quota, error) {
	p, err := s.store.Player(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load player %v: %w", id, err)
	}
	limit := s.limits.ActiveMatches
	if p.Bot {
		limit = s.limits.BotActiveMatches
	}
	return []Quota{{Player: id, Kind: ActiveMatches, Limit: limit, Adds: adds}}, nil
}

func (s *Service) invitationQuota(ctx context.Context, id game.PlayerID, adds int) (Quota, error) {
	p, err := s.store.Player(ctx, id)
	if err != nil {
		return Quota{}, fmt.Errorf("load player %v: %w", id, err)
	}
	limit := s.limits.PendingInvitations
	if p.Bot {
		limit = s.limits.BotPendingInvitations
	}
	return Quota{Player: id, Kind: PendingInvitations, Limit: limit, Adds: adds}, nil
}

// invitees looks the invited players up; who blocked the inviter is invited without being told.
func (s *Service) invitees(ctx context.Context, by game.PlayerID, ids []game.PlayerID) ([]game.Invitee, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	players, err := s.names.load(ctx, s.store, ids)
	if err != nil {
		return nil, fmt.Errorf("load invited players: %w", err)
	}
	var list []game.Invitee
	for _, id := range ids {
		p, ok := players[id]
		if !ok {
			return nil, game.Refuse(game.NoSuchPlayer, "there is no player %v", id)
		}
		list = append(list, game.Invitee{Player: id, Silent: slices.Contains(p.Blocked, by)})
	}
	return list, nil
}

// JoinMatch seats the caller. code, if given, stands for id and opens a match by code.
func (s *Service) JoinMatch(ctx context.Context, c Caller, id game.MatchID, code string, req RequestID, seat int) (Done, error) {
	p := newPrint("JoinMatch").bytes(id[:]).text(code).num(int64(seat))
	if code != "" {
		var err error
		if id, err = s.codeOf(ctx, code); err != nil {
			return Done{}, err
		}
	}
	return s.run(ctx, command{
		caller: c, id: id, request: request(c, req, p), code: code,
		decide: func(m game.Match, r game.Rules, now time.Time) (game.Change, error) {
			// Spectators see a match by code without knowing the code.
			if m.Access == game.ByCode && code == "" && m.SeatOf(c.Player) == 0 && !m.State.Over() {
				return game.Change{}, game.Refuse(game.MatchFull, "no seat is free without the join code")
			}
			return m.Join(r, c.Player, seat, now)
		},
		quotas: func(game.Change) ([]Quota, error) { return s.matchQuota(ctx, c.Player, 1) },
	})
}

// codeOf finds the match of a join code.
func (s *Service) codeOf(ctx context.Context, code string) (game.MatchID, error) {
	id, err := s.store.MatchByCode(ctx, code)
	if errors.Is(err, ErrNotFound) {
		return id, errNoMatch()
	}
	if err != nil {
		return id, fmt.Errorf("look for a join code: %w", err)
	}
	return id, nil
}

// apart reports whether a block stands between the player and one who sits in the match.
func apart(m game.Match, players map[game.PlayerID]Player, player game.PlayerID) bool {
	mine := players[player].Blocked
	for _, pl := range m.Places {
		if pl.State != game.SeatSeated || pl.Player == player {
			continue
		}
		if slices.Contains(mine, pl.Player) || slices.Contains(players[pl.Player].Blocked, player) {
			return true
		}
	}
	return false
}

// InvitePlayers keeps free seats for players.
func (s *Service) InvitePlayers(ctx context.Context, c Caller, id game.MatchID, req RequestID, whom []game.PlayerID) (Done, error) {
	p := newPrint("InvitePlayers").bytes(id[:])
	for _, w := range whom {
		p.bytes(w[:])
	}
	list, err := s.invitees(ctx, c.Player, whom)
	if err != nil {
		return Done{}, err
	}
	return s.run(ctx, command{
		caller: c, id: id, request: request(c, req, p),
		decide: func(m game.Match, _ game.Rules, now time.Time) (game.Change, error) {
			return m.Invite(c.Player, list, now)
		},
		quotas: func(game.Change) ([]Quota, error) {
			q, err := s.invitationQuota(ctx, c.Player, len(whom))
			return []Quota{q}, err
		},
	})
}

// DeclineInvitation gives back the seat that was kept for the caller.
func (s *Service) DeclineInvitation(ctx context.Context, c Caller, id game.MatchID, req RequestID) (Done, error) {
	return s.simple(ctx, "DeclineInvitation", c, id, req, func(m game.Match, _ game.Rules, now time.Time) (game.Change, error) {
		return m.Decline(c.Player, now)
	})
}

// LeaveMatch gives up the caller's seat before the start.
func (s *Service) LeaveMatch(ctx context.Context, c Caller, id game.MatchID, req RequestID) (Done, error) {
	return s.simple(ctx, "LeaveMatch", c, id, req, func(m game.Match, _ game.Rules, now time.Time) (game.Change, error) {
		return m.Leave(c.Player, now)
	})
}

// StartMatch starts a match that has enough players.
func (s *Service) StartMatch(ctx context.Context, c Caller, id game.MatchID, req RequestID) (Done, error) {
	return s.simple(ctx, "StartMatch", c, id, req, func(m game.Match, r game.Rules, now time.Time) (game.Change, error) {
		return m.StartNow(r, c.Player, now)
	})
}

// CancelMatch calls a match off.
func (s *Service) CancelMatch(ctx context.Context, c Caller, id game.MatchID, req RequestID) (Done, error) {
	return s.simple(ctx, "CancelMatch", c, id, req, func(m game.Match, _ game.Rules, now time.Time) (game.Change, error) {
		return m.Cancel(c.Player, now)
	})
}

// simple runs a call that is asked for by its name and match alone.
func (s *Service) simple(ctx context.Context, call string, c Caller, id game.MatchID, req RequestID, d decide) (Done, error) {
	return s.run(ctx, command{caller: c, id: id, request: request(c, req, newPrint(call).bytes(id[:])), decide: d})
}

// LapseDue gives up on whoever did not come in time, in up to limit matches, and returns how many changed.
func (s *Service) LapseDue(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.Lapsing(ctx, s.instant(), limit)
	if err != nil {
		return 0, fmt.Errorf("look for what lapses: %w", err)
	}
	n := 0
	for _, id := range ids {
		changed, err := s.lapse(ctx, id)
		if err != nil {
			return n, fmt.Errorf("lapse in match %v: %w", id, err)
		}
		if changed {
			n++
		}
	}
	return n, nil
}

func (s *Service) lapse(ctx context.Context, id game.MatchID) (bool, error) {
	leave, err := s.turns.enter(ctx, id)
	if err != nil {
		return false, err
	}
	defer leave()
	for range maxTries {
		m, _, err := s.store.Match(ctx, id, nil)
		if err != nil {
			return false, err
		}
		now := notBefore(s.instant(), m)
		ch, ok := m.LapseNow(now)
		if !ok {
			return false, nil
		}
		if err := s.commit(ctx, m, Commit{At: now, Match: &ch}); !errors.Is(err, ErrConflict) {
			return err == nil, err
		}
	}
	return false, ErrConflict
}
