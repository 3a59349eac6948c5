package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"yourmove/game"
)

// MatchView is a match as one viewer may know it. What he may not know is not in it, so that nothing that is made of a
// MatchView can give it away.
type MatchView struct {
	// Match without its seed, its position and, unless they are asked for, its relay state; the last move is redacted.
	Match game.Match
	// Viewer is the viewer's seat, 0 for none.
	Viewer   int
	Standing Standing
	// View is the position as JSON, nil where there is none to show.
	View []byte
	// Drawing and Summary are texts of the ruleset, empty where it has none.
	Drawing, Summary string
	Legal            []string
	// Full: View and what else a summary leaves out are filled in.
	Full bool
	// Draft is the viewer's own.
	Draft *Draft
	// Players has those who are named by the places.
	Players      map[game.PlayerID]Player
	RulesMissing bool
}

// ShownEvent is an event as one viewer may know it. RequestID is zero unless the viewer is its author.
type ShownEvent struct {
	game.Event
	RequestID RequestID
}

// Standing is what a match is to a player.
type Standing int

// The standings, the most urgent first.
const (
	NoStanding     Standing = 0
	IsInvited      Standing = 1
	MyTurn         Standing = 2
	Waiting        Standing = 3
	IsGathering    Standing = 4
	FinishedUnseen Standing = 5
	IsFinished     Standing = 6
	Archived       Standing = 7
)

type viewOptions struct {
	// private is what the viewer keeps to himself, if it has been loaded already.
	private *Private
	// players, if they have been loaded already.
	players           map[game.PlayerID]Player
	legal             bool
	drawing           bool
	summaryOnly       bool
	withoutRelayState bool
	// code is a join code that the viewer knows.
	code string
	// position is the match's, if it has been decoded already.
	position game.Position
}

// maySee reports whether the player may know that the match exists. Whoever has no seat in it does not where a block
// stands between him and one who has: if he could read it, that he cannot join would tell him of the block.
func (s *Service) maySee(ctx context.Context, m game.Match, player game.PlayerID, code string) (bool, error) {
	if m.SeatOf(player) > 0 {
		return true, nil
	}
	known := code != "" && m.JoinCode == code
	if !known && !m.Spectators && !(m.Access == game.Public && m.Open()) {
		return false, nil
	}
	players, err := s.names.load(ctx, s.store, append(playersOf(m), player))
	if err != nil {
		return false, fmt.Errorf("load players of match %v: %w", m.ID, err)
	}
	return !apart(m, players, player), nil
}

// GetMatch is what a caller asks of a match.
type GetMatch struct {
	// ID of the match, or Code: a join code that stands for it.
	ID   game.MatchID
	Code string
	// Legal: also the legal moves. Drawing: also the text drawing.
	Legal, Drawing bool
	// Since: also the events after this version.
	Since *uint64
	// IfNewerThan: nothing if that is the match's version.
	IfNewerThan uint64
}

// GotMatch is the answer; View is nil when the match is unchanged.
type GotMatch struct {
	View   *MatchView
	Events []ShownEvent
	// Cursor is a place in the caller's inbox from before the match was read.
	Cursor string
}

// GetMatch reads one match.
func (s *Service) GetMatch(ctx context.Context, c Caller, q GetMatch) (GotMatch, error) {
	cursor, err := s.newCursor(ctx, c)
	if err != nil {
		return GotMatch{}, err
	}
	m, err := s.find(ctx, c, q.ID, q.Code)
	if err != nil {
		return GotMatch{}, err
	}
	// One who knows of a later version knows it from before a backup was put back: he needs the match.
	if q.IfNewerThan == m.Version {
		return GotMatch{Cursor: cursor}, nil
	}
	v, err := s.view(ctx, m, c.Player, viewOptions{legal: q.Legal, drawing: q.Drawing, code: q.Code})
	if err != nil {
		return GotMatch{}, err
	}
	got := GotMatch{View: &v, Cursor: cursor}
	if q.Since != nil {
		events, err := s.store.Events(ctx, m.ID, *q.Since, maxSince)
		if err != nil {
			return GotMatch{}, fmt.Errorf("load events of match %v: %w", m.ID, err)
		}
		for _, e := range events {
			if e.Version <= m.Version { // the match was read a moment earlier
				got.Events = append(got.Events, s.showEvent(m, e, c.Player))
			}
		}
	}
	return got, nil
}

// find loads a match that the caller may see, or knows the join code of.
func (s *Service) find(ctx context.Context, c Caller, id game.MatchID, code string) (game.Match, error) {
	if code != "" {
		var err error
		if id, err = s.codeOf(ctx, code); err != nil {
			return game.Match{}, err
		}
	}
	m, _, err := s.store.Match(ctx, id, nil)
	if errors.Is(err, ErrNotFound) {
		return m, errNoMatch()
	}
	if err != nil {
		return m, fmt.Errorf("load match %v: %w", id, err)
	}
	if m.State.Over() {
		code = "" // it previews what can be joined
	}
	ok, err := s.maySee(ctx, m, c.Player, code)
	if err == nil && !ok {
		err = errNoMatch()
	}
	return m, err
}

// view makes what the player may know of a match.
func (s *Service) view(ctx context.Context, m game.Match, player game.PlayerID, o viewOptions) (MatchView, error) {
	v := MatchView{Match: m, Viewer: m.SeatOf(player), Players: o.players, Full: !o.summaryOnly}
	var private Private
	if o.private != nil {
		private = *o.private
	} else if v.Viewer > 0 {
		var err error
		if private, err = s.store.Private(ctx, m.ID, player); err != nil {
			return v, fmt.Errorf("load what a player keeps about match %v: %w", m.ID, err)
		}
	}
	if v.Players == nil {
		var err error
		if v.Players, err = s.names.load(ctx, s.store, playersOf(m)); err != nil {
			return v, fmt.Errorf("load players of match %v: %w", m.ID, err)
		}
	}
	v.Standing = standing(m, player, private)
	v.Draft = draftOf(m, player, private)
	if err := s.show(&v, o); err != nil {
		return v, err
	}
	return v, nil
}

// show fills in what the rules say of the position and takes out what the viewer may not know.
func (s *Service) show(v *MatchView, o viewOptions) error {
	m := &v.Match
	r := s.rules(*m)
	v.RulesMissing = m.Ruled() && r == nil
	viewer := m.PlaysIn(playerAt(*m, v.Viewer))
	if r != nil && len(m.Position) > 0 {
		p := o.position
		if p == nil {
			var err error
			if p, err = m.Decode(r); err != nil {
				return fmt.Errorf("position of match %v: %w", m.ID, err)
			}
		}
		if err := v.fill(r, asShown(*m, r, p), viewer, o); err != nil {
			return fmt.Errorf("view of match %v: %w", m.ID, err)
		}
	}
	if m.Ruled() && m.Last.Seat > 0 && !m.State.Over() {
		m.Last.Move = m.Last.Move.Show(r, m.Last.Seat, viewer)
	}
	m.Seed, m.Position = game.Seed{}, nil
	// Who has no seat yet may look in before he joins, but what the players pass around is theirs and spectators'.
	if v.Viewer == 0 && !m.Spectators || o.withoutRelayState || o.summaryOnly {
		m.Relay = game.RelayState{}
	}
	if viewer == 0 && (o.code == "" || o.code != m.JoinCode) {
		m.JoinCode = ""
	}
	return nil
}

// asShown is the position of a match as it is shown: closed, where the rules know of that, if the match is over and its
// moves did not end it.
func asShown(m game.Match, r game.Rules, p game.Position) game.Position {
	if c, ok := r.(game.Closer); ok && m.State.Over() && r.Outcomes(p) == nil {
		return c.Close(p)
	}
	return p
}

func (v *MatchView) fill(r game.Rules, p game.Position, viewer int, o viewOptions) error {
	if sum, ok := r.(game.Summarizer); ok {
		v.Summary = sum.Summary(p)
	}
	if o.summaryOnly {
		return nil
	}
	var err error
	if v.View, err = json.Marshal(r.View(p, viewer)); err != nil {
		return err
	}
	if d, ok := r.(game.Drawer); ok && o.drawing {
		v.Drawing = d.Draw(p, viewer)
	}
	if o.legal && viewer > 0 && v.Match.State == game.Active && v.Match.Place(viewer).Duty != game.Waits {
		if l, ok := r.(game.MoveLister); ok {
			v.Legal = l.LegalMoves(p, viewer)
			v.Legal = v.Legal[:min(len(v.Legal), maxLegal)]
		}
	}
	return nil
}

// showEvent makes what the player may know of an event. Who is invited has no part in the game yet.
func (s *Service) showEvent(m game.Match, e StoredEvent, player game.PlayerID) ShownEvent {
	shown := ShownEvent{Event: e.Event}
	if m.Ruled() {
		shown.Event = e.Show(s.rules(m), m.PlaysIn(player), m.State.Over())
	}
	if e.Request.Player == player {
		shown.RequestID = e.Request.ID
	}
	return shown
}

// standing says what a match is to the player.
func standing(m game.Match, player game.PlayerID, p Private) Standing {
	seat := m.SeatOf(player)
	if seat == 0 {
		return NoStanding
	}
	pl := m.Place(seat)
	switch {
	case m.State.Over() && p.Archived:
		return Archived
	case m.State.Over() && (p.Seen || p.SeenVersion >= m.Version || endedBy(m, seat)):
		return IsFinished
	case m.State.Over():
		return FinishedUnseen
	case pl.State == game.SeatInvited:
		return IsInvited
	case m.State == game.Gathering:
		return IsGathering
	case pl.Duty == game.MustAct:
		return MyTurn
	}
	return Waiting
}

// endedBy reports whether the seat's own act ended the match. A result comes one event behind the act that led to it; to
// call a match off is the act, and an operator or time may do so right behind somebody's turn.
func endedBy(m game.Match, seat int) bool {
	acted := m.Place(seat).Acted
	if m.State == game.Cancelled {
		return acted == m.Version
	}
	return acted > 0 && acted+1 >= m.Version
}

// draftOf returns the player's draft unless he has acted since he saved it: it goes with the turn.
func draftOf(m game.Match, player game.PlayerID, p Private) *Draft {
	seat := m.PlaysIn(player)
	if p.Draft == nil || seat == 0 || m.State.Over() || p.Draft.Decision != m.Place(seat).Acted {
		return nil
	}
	return p.Draft
}

func playerAt(m game.Match, seat int) game.PlayerID {
	if seat == 0 {
		return game.PlayerID{}
	}
	return m.Place(seat).Player
}

// playersOf lists who is named by a match's places.
func playersOf(m game.Match) []game.PlayerID {
	var ids []game.PlayerID
	for _, pl := range m.Places {
		if !pl.Player.IsZero() {
			ids = append(ids, pl.Player)
		}
	}
	return ids
}

// SaveDraft keeps the caller's draft of a turn; an empty one is removed. It returns what is kept now.
func (s *Service) SaveDraft(ctx context.Context, c Caller, id game.MatchID, d Draft) (*Draft, error) {
	if err := checkTurn(d.Moves, &game.RelayTurn{State: d.State}); err != nil {
		return nil, err
	}
	empty := len(d.Moves) == 0 && d.State == nil
	now := s.instant()
	kept, err := s.keepPrivate(ctx, c, id, func(m game.Match, p *Private) error {
		switch seat := m.PlaysIn(c.Player); {
		case seat == 0 || m.Place(seat).State != game.SeatSeated:
			return game.Refuse(game.NotSeated, "you have no seat in this match")
		case m.State.Over():
			return game.Refuse(game.MatchOver, "the match is over")
		case m.Ruled() && d.State != nil:
			return game.Refuse(game.InvalidField, "draft.state: only in relay mode")
		case empty:
			p.Draft = nil
		default:
			d.Saved, d.Decision = now, m.Place(seat).Acted
			p.Draft = &d
		}
		return nil
	})
	if err == nil {
		s.presence.looked(c, id, now)
	}
	return kept.Draft, err
}

// ArchiveMatch puts a match that is over away, or back; either way the caller has seen it.
func (s *Service) ArchiveMatch(ctx context.Context, c Caller, id game.MatchID, away bool) (Standing, error) {
	var now Standing
	_, err := s.keepPrivate(ctx, c, id, func(m game.Match, p *Private) error {
		if m.PlaysIn(c.Player) == 0 {
			return game.Refuse(game.NotSeated, "you have no seat in this match")
		}
		if !m.State.Over() {
			return game.Refuse(game.MatchNotOver, "the match is not over")
		}
		p.Archived, p.Seen = away, true
		now = standing(m, c.Player, *p)
		return nil
	})
	return now, err
}

// keepPrivate changes what the caller keeps to himself about a match that he may see.
func (s *Service) keepPrivate(ctx context.Context, c Caller, id game.MatchID, change func(game.Match, *Private) error) (Private, error) {
	for range maxTries {
		m, err := s.find(ctx, c, id, "")
		if err != nil {
			return Private{}, err
		}
		p, err := s.store.Private(ctx, id, c.Player)
		if err != nil {
			return Private{}, fmt.Errorf("load what a player keeps about match %v: %w", id, err)
		}
		p.Match, p.Player = id, c.Player
		if err := change(m, &p); err != nil {
			return Private{}, err
		}
		err = s.store.Commit(ctx, Commit{At: s.instant(), Private: &p})
		if !errors.Is(err, ErrConflict) {
			if err != nil {
				err = fmt.Errorf("keep what a player keeps about match %v: %w", id, err)
			}
			return p, err
		}
	}
	return Private{}, game.Refuse(game.Overloaded, "another of your devices keeps changing this; repeat the call")
}
