package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"yourmove/game"
)

// Stats is what there is.
type Stats struct {
	Version string
	Started time.Time
	Counts  Counts
	// Missing has the counts of matches that are not over and whose ruleset this server lacks.
	Missing []MatchCount
}

// Stats counts what there is.
func (s *Service) Stats(ctx context.Context) (Stats, error) {
	counts, err := s.store.Counts(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("count: %w", err)
	}
	st := Stats{Version: s.version, Started: s.started, Counts: counts}
	for _, c := range counts.Matches {
		if c.N > 0 && !c.State.Over() && !s.games.Has(c.Game, c.Ruleset) {
			st.Missing = append(st.Missing, c)
		}
	}
	return st, nil
}

// HasRules reports whether this server can play matches of this version of a game.
func (s *Service) HasRules(name string, version int) bool { return s.games.Has(name, version) }

// FindMatches is what an operator searches.
type FindMatches struct {
	Player game.PlayerID // zero: of anybody
	Game   string        // empty: any
	State  game.State    // 0: any
	Size   int
	Token  string
}

// maxScanned bounds how many matches one page of a search looks at; the next page goes on from there.
const maxScanned = 10_000

// FindMatches searches matches, the newest first.
func (s *Service) FindMatches(ctx context.Context, q FindMatches) (ListedMatches, error) {
	if q.Size == 0 {
		q.Size = 20
	}
	scope := fmt.Sprintf("admin %v %s %d", q.Player, q.Game, q.State)
	after, err := openToken(scope, q.Token)
	if err != nil {
		return ListedMatches{}, err
	}
	var out []MatchView
	for scanned := 0; len(out) < q.Size && scanned < maxScanned; {
		page, next, err := s.matchesFor(ctx, q.Player, after, q.Size-len(out))
		if err != nil {
			return ListedMatches{}, fmt.Errorf("search matches: %w", err)
		}
		for _, m := range page {
			if q.Game != "" && m.Game != q.Game || q.State != 0 && m.State != q.State {
				continue
			}
			v, err := s.view(ctx, m, game.PlayerID{}, viewOptions{summaryOnly: true})
			if err != nil {
				return ListedMatches{}, err
			}
			out = append(out, v)
		}
		scanned += len(page)
		if after = next; after == "" {
			break
		}
	}
	return ListedMatches{Matches: out, Next: sealToken(scope, after)}, nil
}

// matchesFor reads a page of everybody's matches or of one player's.
func (s *Service) matchesFor(ctx context.Context, player game.PlayerID, after Place, limit int) ([]game.Match, Place, error) {
	if player.IsZero() {
		return s.store.AllMatches(ctx, after, limit)
	}
	own, err := s.store.MatchesOf(ctx, player, after, limit)
	var list []game.Match
	for _, o := range append(own.Current, own.Over...) {
		list = append(list, o.Match)
	}
	return list, own.Next, err
}

// InspectMatch reads a match as a spectator may know it, with its last events.
func (s *Service) InspectMatch(ctx context.Context, id game.MatchID) (MatchView, []ShownEvent, error) {
	m, err := s.loadAny(ctx, id)
	if err != nil {
		return MatchView{}, nil, err
	}
	v, err := s.view(ctx, m, game.PlayerID{}, viewOptions{drawing: true})
	if err != nil {
		return v, nil, err
	}
	v.Match.JoinCode = m.JoinCode // who runs the server may know it
	since := m.Version - min(m.Version, maxPage)
	events, err := s.store.Events(ctx, id, since, maxPage)
	if err != nil {
		return v, nil, fmt.Errorf("load events of match %v: %w", id, err)
	}
	var shown []ShownEvent
	for _, e := range events {
		if e.Version <= m.Version {
			shown = append(shown, s.showEvent(m, e, game.PlayerID{}))
		}
	}
	return v, shown, nil
}

func (s *Service) loadAny(ctx context.Context, id game.MatchID) (game.Match, error) {
	m, _, err := s.store.Match(ctx, id, nil)
	if errors.Is(err, ErrNotFound) {
		return m, errNoMatch()
	}
	if err != nil {
		return m, fmt.Errorf("load match %v: %w", id, err)
	}
	return m, nil
}

// CancelByOperator ends a match without a result. One that was cancelled already stays as it is.
func (s *Service) CancelByOperator(ctx context.Context, id game.MatchID) (MatchView, error) {
	leave, err := s.turns.enter(ctx, id)
	if err != nil {
		return MatchView{}, err
	}
	defer leave()
	for range maxTries {
		m, err := s.loadAny(ctx, id)
		if err != nil {
			return MatchView{}, err
		}
		if m.State == game.Cancelled {
			return s.view(ctx, m, game.PlayerID{}, viewOptions{})
		}
		now := notBefore(s.instant(), m)
		ch, err := m.CancelFor(game.ByOperator, now)
		if err != nil {
			return MatchView{}, err
		}
		err = s.commit(ctx, m, Commit{At: now, Match: &ch})
		if err == nil {
			return s.view(ctx, ch.Match, game.PlayerID{}, viewOptions{})
		}
		if !errors.Is(err, ErrConflict) {
			return MatchView{}, fmt.Errorf("cancel match %v: %w", id, err)
		}
	}
	return MatchView{}, game.Refuse(game.Overloaded, "players keep changing this match; repeat the call")
}

// FindPlayers lists players, the newest first, whose name contains a text, whatever its case.
func (s *Service) FindPlayers(ctx context.Context, contains string, size int, token string) ([]Player, string, error) {
	if size == 0 {
		size = 20
	}
	scope := "admin players " + contains
	after, err := openToken(scope, token)
	if err != nil {
		return nil, "", err
	}
	var out []Player
	for scanned := 0; len(out) < size && scanned < maxScanned; {
		page, next, err := s.store.AllPlayers(ctx, after, size-len(out))
		if err != nil {
			return nil, "", fmt.Errorf("search players: %w", err)
		}
		for _, p := range page {
			if strings.Contains(strings.ToLower(p.Name), strings.ToLower(contains)) {
				out = append(out, p)
			}
		}
		scanned += len(page)
		if after = next; after == "" {
			break
		}
	}
	return out, sealToken(scope, after), nil
}

// InspectPlayer reads a player and counts his matches that are not over.
func (s *Service) InspectPlayer(ctx context.Context, id game.PlayerID) (Player, int, error) {
	p, err := s.GetPlayer(ctx, id)
	if err != nil {
		return p, 0, err
	}
	own, err := s.store.MatchesOf(ctx, id, "", 1)
	if err != nil {
		return p, 0, fmt.Errorf("list matches of %v: %w", id, err)
	}
	return p, len(own.Current), nil
}

// MarkBot marks a player as a bot, or as a person again.
func (s *Service) MarkBot(ctx context.Context, id game.PlayerID, bot bool) (Player, error) {
	return s.changePlayer(ctx, id, func(p *Player) error { p.Bot = bot; return nil })
}
