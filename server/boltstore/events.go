package boltstore

import (
	"errors"
	"fmt"
	"time"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
)

// The kinds of event as they are stored.
const (
	kindCreated   = 1
	kindInvited   = 2
	kindJoined    = 3
	kindDeclined  = 4
	kindLeft      = 5
	kindStarted   = 6
	kindTaken     = 7
	kindResigned  = 8
	kindEnded     = 9
	kindCancelled = 10
)

// logRecordOf writes a commit of a match. It refuses what could not be read again as it was.
func logRecordOf(c *game.Change, req *server.Request, told []server.Told) (*storev1.LogRecord, error) {
	if len(c.Events) == 0 || c.Match.Version != c.Before+uint64(len(c.Events)) {
		return nil, fmt.Errorf("%d events from version %d to %d", len(c.Events), c.Before, c.Match.Version)
	}
	rec := &storev1.LogRecord{
		Match: c.Match.ID[:], Version: c.Before + 1, AtMs: millis(c.Events[0].At), Events: make([]*storev1.Event, len(c.Events)),
	}
	for i, e := range c.Events {
		if e.Version != rec.Version+uint64(i) || !e.At.Equal(c.Events[0].At) {
			return nil, fmt.Errorf("event %d of a commit has version %d and is of %v", i, e.Version, e.At)
		}
		var err error
		if rec.Events[i], err = eventOf(e); err != nil {
			return nil, err
		}
	}
	var err error
	if rec.Told, err = toldOf(told); err != nil {
		return nil, err
	}
	if req != nil {
		rec.Request = &storev1.Request{Player: idOf(req.Player), Id: req.ID[:], Print: req.Print[:]}
	}
	return rec, nil
}

func eventOf(e game.Event) (*storev1.Event, error) {
	s := &storev1.Event{Turn: e.Turn, Seat: uint32(e.Seat), Player: idOf(e.Player)}
	switch f := e.Fact.(type) {
	case game.MatchCreated:
		s.Kind = kindCreated
	case game.PlayerInvited:
		s.Kind, s.By = kindInvited, idOf(f.By)
	case game.PlayerJoined:
		s.Kind = kindJoined
	case game.InvitationDeclined:
		s.Kind, s.Lapsed = kindDeclined, f.Lapsed
	case game.PlayerLeft:
		s.Kind = kindLeft
	case game.MatchStarted:
		s.Kind, s.MustAct = kindStarted, seatsOf(f.MustAct)
	case game.TurnTaken:
		s.Kind, s.Moves, s.SameTurn = kindTaken, movesOf(f.Moves), f.SameTurn
		s.MustAct, s.TakenMs = seatsOf(f.MustAct), f.Taken.Milliseconds()
	case game.PlayerResigned:
		s.Kind, s.MustAct = kindResigned, seatsOf(f.MustAct)
	case game.MatchFinished:
		s.Kind = kindEnded
		for _, o := range f.Outcomes {
			s.Outcomes = append(s.Outcomes, outcomeOf(o))
		}
	case game.MatchCancelled:
		s.Kind, s.Reason = kindCancelled, uint32(f.Reason)
	default:
		return nil, fmt.Errorf("a %T cannot be stored", f)
	}
	return s, nil
}

// recordedFrom reads a commit of a match.
func recordedFrom(rec *storev1.LogRecord) (server.Recorded, error) {
	r := server.Recorded{Events: make([]game.Event, len(rec.GetEvents()))}
	for i, s := range rec.GetEvents() {
		fact, err := factFrom(s)
		if err != nil {
			return r, err
		}
		player, err := playerID(s.GetPlayer())
		if err != nil {
			return r, err
		}
		r.Events[i] = game.Event{
			Version: rec.GetVersion() + uint64(i), At: instant(rec.GetAtMs()), Turn: s.GetTurn(),
			Seat: int(s.GetSeat()), Player: player, Fact: fact,
		}
	}
	for i := range r.Events[:max(len(r.Events)-1, 0)] {
		taken, ok := r.Events[i].Fact.(game.TurnTaken)
		if end, ended := r.Events[i+1].Fact.(game.MatchFinished); ok && ended { // stored once
			taken.Outcomes = end.Outcomes
			r.Events[i].Fact = taken
		}
	}
	var err error
	if r.Told, err = toldFrom(rec.GetTold()); err != nil {
		return r, err
	}
	if q := rec.GetRequest(); q != nil {
		player, err := playerID(q.GetPlayer())
		if err != nil {
			return r, err
		}
		if len(q.GetId()) != len(r.Request.ID) || len(q.GetPrint()) != len(r.Request.Print) {
			return r, errors.New("its request is not whole")
		}
		r.Request = server.Request{
			RequestKey: server.RequestKey{Player: player, ID: server.RequestID(q.GetId())},
			Print:      [16]byte(q.GetPrint()),
		}
	}
	return r, nil
}

func factFrom(s *storev1.Event) (game.Fact, error) {
	switch s.GetKind() {
	case kindCreated:
		return game.MatchCreated{}, nil
	case kindInvited:
		by, err := playerID(s.GetBy())
		return game.PlayerInvited{By: by}, err
	case kindJoined:
		return game.PlayerJoined{}, nil
	case kindDeclined:
		return game.InvitationDeclined{Lapsed: s.GetLapsed()}, nil
	case kindLeft:
		return game.PlayerLeft{}, nil
	case kindStarted:
		return game.MatchStarted{MustAct: seatsFrom(s.GetMustAct())}, nil
	case kindTaken:
		return game.TurnTaken{
			Moves: movesFrom(s.GetMoves()), SameTurn: s.GetSameTurn(), MustAct: seatsFrom(s.GetMustAct()),
			Taken: time.Duration(s.GetTakenMs()) * time.Millisecond,
		}, nil
	case kindResigned:
		return game.PlayerResigned{MustAct: seatsFrom(s.GetMustAct())}, nil
	case kindEnded:
		var f game.MatchFinished
		for _, o := range s.GetOutcomes() {
			f.Outcomes = append(f.Outcomes, outcomeFrom(o))
		}
		return f, nil
	case kindCancelled:
		return game.MatchCancelled{Reason: game.CancelReason(s.GetReason())}, nil
	}
	return nil, fmt.Errorf("an event of kind %d", s.GetKind())
}

func seatsOf(seats []int) []uint32 {
	var list []uint32
	for _, s := range seats {
		list = append(list, uint32(s))
	}
	return list
}

func seatsFrom(list []uint32) []int {
	var seats []int
	for _, s := range list {
		seats = append(seats, int(s))
	}
	return seats
}
