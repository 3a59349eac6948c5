package boltstore

import (
	"fmt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
	"yourmove/server/auth"
)

// playerOf writes a player at the revision after the one that the change was decided on.
func playerOf(p *server.Player) *storev1.Player {
	s := &storev1.Player{
		Name: p.Name, Bot: p.Bot, Locale: p.Locale, TimeZone: p.TimeZone, CreatedMs: millis(p.Created), Revision: p.Revision + 1,
		HidePresence: p.HidePresence,
	}
	for _, i := range p.Identities {
		s.Identities = append(s.Identities, &storev1.Identity{Kind: i.Kind, Subject: i.Subject, LinkedMs: millis(i.Linked)})
	}
	for _, b := range p.Blocked {
		s.Blocked = append(s.Blocked, b[:])
	}
	return s
}

func playerFrom(id game.PlayerID, s *storev1.Player) (server.Player, error) {
	p := server.Player{
		ID: id, Name: s.GetName(), Bot: s.GetBot(), Locale: s.GetLocale(), TimeZone: s.GetTimeZone(),
		Created: instant(s.GetCreatedMs()), Revision: s.GetRevision(), HidePresence: s.GetHidePresence(),
	}
	for _, i := range s.GetIdentities() {
		p.Identities = append(p.Identities, server.Identity{Kind: i.GetKind(), Subject: i.GetSubject(), Linked: instant(i.GetLinkedMs())})
	}
	for _, b := range s.GetBlocked() {
		blocked, err := playerID(b)
		if err != nil {
			return p, err
		}
		p.Blocked = append(p.Blocked, blocked)
	}
	return p, nil
}

func sessionOf(v *server.Session) *storev1.Session {
	return &storev1.Session{
		Player: idOf(v.Player), CreatedMs: millis(v.Created), RefreshedMs: millis(v.Refreshed), Issued: v.Issued,
		EndedMs: millis(v.Ended), Installation: v.Installation, Revision: v.Revision + 1,
	}
}

func sessionFrom(id auth.SessionID, s *storev1.Session) (server.Session, error) {
	player, err := playerID(s.GetPlayer())
	return server.Session{
		ID: id, Player: player, Installation: s.GetInstallation(), Created: instant(s.GetCreatedMs()),
		Refreshed: instant(s.GetRefreshedMs()), Issued: s.GetIssued(), Ended: instant(s.GetEndedMs()), Revision: s.GetRevision(),
	}, err
}

func privateOf(v *server.Private) (*storev1.Private, error) {
	s := &storev1.Private{Archived: v.Archived, Seen: v.Seen, SeenVersion: v.SeenVersion, Revision: v.Revision + 1}
	if d := v.Draft; d != nil {
		if millis(d.Saved) == 0 {
			return nil, fmt.Errorf("a draft without the time at which it was saved")
		}
		s.DraftMoves, s.DraftMs, s.DraftDecision = movesOf(d.Moves), millis(d.Saved), d.Decision
		if d.State != nil {
			// Never nil: absent means that the draft has no state, empty that it has an empty one.
			s.DraftState, s.DraftText = append([]byte{}, d.State.Data...), d.State.Text
		}
	}
	return s, nil
}

func privateFrom(id game.MatchID, player game.PlayerID, s *storev1.Private) server.Private {
	v := server.Private{Match: id, Player: player, Archived: s.GetArchived(), Seen: s.GetSeen(), SeenVersion: s.GetSeenVersion(), Revision: s.GetRevision()}
	if s.GetDraftMs() == 0 {
		return v
	}
	v.Draft = &server.Draft{
		Moves: movesFrom(s.GetDraftMoves()), Saved: instant(s.GetDraftMs()), Decision: s.GetDraftDecision(),
	}
	if s.DraftState != nil {
		v.Draft.State = &game.RelayState{Text: s.GetDraftText()}
		if len(s.GetDraftState()) > 0 {
			v.Draft.State.Data = s.GetDraftState()
		}
	}
	return v
}
