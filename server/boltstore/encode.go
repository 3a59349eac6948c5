package boltstore

import (
	"fmt"
	"time"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
)

// inlineLimit is the size up to which a position lies in the match's head.
const inlineLimit = 1 << 10

// headOf writes a match, without the list of its commits. apart is the position where it is too large for the head.
func headOf(m *game.Match) (h *storev1.MatchHead, apart []byte) {
	h = &storev1.MatchHead{
		Settings: settingsOf(&m.Settings), Seed: m.Seed[:], Creator: idOf(m.Creator), JoinCode: m.JoinCode,
		State: uint32(m.State), Places: make([]*storev1.Place, len(m.Places)),
		Version: m.Version, Turn: m.Turn, TurnVersion: m.TurnVersion, PositionCode: uint32(m.PositionCode),
		Position: m.Position, RelayText: m.Relay.Text,
		CreatedMs: millis(m.Created), StartedMs: millis(m.Started), EndedMs: millis(m.Ended), LapseMs: millis(m.Lapse),
	}
	for i := range m.Places {
		h.Places[i] = placeOf(&m.Places[i])
	}
	if !m.Ruled() {
		h.Position = m.Relay.Data
	}
	if len(h.Position) > inlineLimit {
		h.Position, h.PositionApart, apart = nil, true, h.Position
	}
	for _, n := range m.Next {
		h.Next = append(h.Next, &storev1.Next{Seat: uint32(n.Seat), LimitMs: n.Limit.Milliseconds()})
	}
	if m.Last.Seat != 0 {
		h.Last = &storev1.LastMove{Seat: uint32(m.Last.Seat), Move: moveOf(m.Last.Move), AtMs: millis(m.Last.At)}
	}
	return h, apart
}

// matchOf reads a match; apart is its position where the head says that it lies there.
func matchOf(id game.MatchID, h *storev1.MatchHead, apart []byte) (game.Match, error) {
	s := h.GetSettings()
	m := game.Match{
		ID: id, JoinCode: h.GetJoinCode(), State: game.State(h.GetState()), Places: make([]game.Place, len(h.GetPlaces())),
		Settings: game.Settings{
			Game: s.GetGame(), Ruleset: int(s.GetRuleset()), Options: s.GetOptions(),
			MinSeats: int(s.GetMinSeats()), MaxSeats: int(s.GetMaxSeats()),
			Access: game.Access(s.GetAccess()), Start: game.StartRule(s.GetStart()),
			Spectators: s.GetSpectators(), Rated: s.GetRated(), Title: s.GetTitle(), Labels: s.GetLabels(),
		},
		Version: h.GetVersion(), Turn: h.GetTurn(), TurnVersion: h.GetTurnVersion(), PositionCode: int(h.GetPositionCode()),
		Created: instant(h.GetCreatedMs()), Started: instant(h.GetStartedMs()), Ended: instant(h.GetEndedMs()),
		Lapse: instant(h.GetLapseMs()),
	}
	if len(h.GetSeed()) != len(m.Seed) {
		return m, fmt.Errorf("a seed of %d bytes", len(h.GetSeed()))
	}
	if m.State < game.Gathering || m.State > game.Cancelled {
		return m, fmt.Errorf("state %d", m.State)
	}
	m.Seed = game.Seed(h.GetSeed())
	var err error
	if m.Creator, err = playerID(h.GetCreator()); err != nil {
		return m, err
	}
	for i, p := range h.GetPlaces() {
		if m.Places[i], err = placeFrom(p); err != nil {
			return m, fmt.Errorf("seat %d: %w", i+1, err)
		}
	}
	position := h.GetPosition()
	if h.GetPositionApart() {
		position = apart
	}
	if m.Ruled() {
		m.Position = position
	} else {
		m.Relay = game.RelayState{Data: position, Text: h.GetRelayText()}
	}
	for _, n := range h.GetNext() {
		m.Next = append(m.Next, game.Next{Seat: int(n.GetSeat()), Limit: time.Duration(n.GetLimitMs()) * time.Millisecond})
	}
	if l := h.GetLast(); l != nil {
		m.Last = game.LastMove{Seat: int(l.GetSeat()), Move: moveFrom(l.GetMove()), At: instant(l.GetAtMs())}
	}
	return m, nil
}

func settingsOf(s *game.Settings) *storev1.Settings {
	return &storev1.Settings{
		Game: s.Game, Ruleset: uint32(s.Ruleset), Options: s.Options, MinSeats: uint32(s.MinSeats),
		MaxSeats: uint32(s.MaxSeats), Access: uint32(s.Access), Start: uint32(s.Start), Spectators: s.Spectators,
		Rated: s.Rated, Title: s.Title, Labels: s.Labels,
	}
}

func placeOf(p *game.Place) *storev1.Place {
	s := &storev1.Place{
		State: uint32(p.State), Player: idOf(p.Player), InvitedBy: idOf(p.InvitedBy), Silent: p.Silent,
		InvitedMs: millis(p.InvitedAt), Duty: uint32(p.Duty), Acted: p.Acted, SinceMs: millis(p.Since),
	}
	if p.Outcome != nil {
		s.Outcome = outcomeOf(*p.Outcome)
	}
	return s
}

func placeFrom(s *storev1.Place) (p game.Place, err error) {
	p = game.Place{
		State: game.SeatState(s.GetState()), Silent: s.GetSilent(), InvitedAt: instant(s.GetInvitedMs()),
		Duty: game.Duty(s.GetDuty()), Acted: s.GetActed(), Since: instant(s.GetSinceMs()),
	}
	if p.Player, err = playerID(s.GetPlayer()); err != nil {
		return p, err
	}
	if p.InvitedBy, err = playerID(s.GetInvitedBy()); err != nil {
		return p, err
	}
	if s.GetOutcome() != nil {
		o := outcomeFrom(s.GetOutcome())
		p.Outcome = &o
	}
	return p, nil
}

func outcomeOf(o game.Outcome) *storev1.Outcome {
	return &storev1.Outcome{
		Seat: uint32(o.Seat), Result: uint32(o.Result), Place: uint32(o.Place), Score: o.Score, Ending: uint32(o.Ending),
	}
}

func outcomeFrom(s *storev1.Outcome) game.Outcome {
	return game.Outcome{
		Seat: int(s.GetSeat()), Result: game.Result(s.GetResult()), Place: int(s.GetPlace()), Score: s.Score,
		Ending: game.Ending(s.GetEnding()),
	}
}

func moveOf(m game.PlayedMove) *storev1.PlayedMove {
	return &storev1.PlayedMove{Text: m.Text, Data: m.Data, Chance: m.Chance}
}

func moveFrom(s *storev1.PlayedMove) game.PlayedMove {
	return game.PlayedMove{Text: s.GetText(), Data: s.GetData(), Chance: s.GetChance()}
}

func movesOf(moves []game.PlayedMove) []*storev1.PlayedMove {
	var list []*storev1.PlayedMove
	for _, m := range moves {
		list = append(list, moveOf(m))
	}
	return list
}

func movesFrom(list []*storev1.PlayedMove) []game.PlayedMove {
	var moves []game.PlayedMove
	for _, s := range list {
		moves = append(moves, moveFrom(s))
	}
	return moves
}

// idOf writes nobody as nothing.
func idOf(p game.PlayerID) []byte {
	if p.IsZero() {
		return nil
	}
	return p[:]
}

func playerID(b []byte) (game.PlayerID, error) {
	switch len(b) {
	case 0:
		return game.PlayerID{}, nil
	case idLen:
		return game.PlayerID(b), nil
	}
	return game.PlayerID{}, fmt.Errorf("a player id of %d bytes", len(b))
}
