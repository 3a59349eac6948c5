package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine without a time zone database would refuse every zone
	"unicode"
	"unicode/utf8"

	"yourmove/game"
	"yourmove/server/auth"
)

// kindGuest is an identity proven by a secret that the app made.
const kindGuest = "guest"

// Tokens are what a session is worked with.
type Tokens struct {
	Session auth.SessionID
	Access  string
	Expires time.Time
	Refresh string
}

// SignedIn is the answer to a sign-in.
type SignedIn struct {
	Tokens  Tokens
	Player  Player
	Created bool
}

// SignInGuest opens a session for the account that the secret belongs to, and makes the account at its first use.
func (s *Service) SignInGuest(ctx context.Context, secret []byte, name, installation string) (SignedIn, error) {
	if name != "" {
		if err := checkName("name", name); err != nil {
			return SignedIn{}, err
		}
	}
	if err := checkText("installation", installation); err != nil {
		return SignedIn{}, err
	}
	if len(secret) == 0 || len(bytes.Trim(secret, string(secret[:1]))) == 0 {
		// A phone without randomness: its player would share the account with every other such phone.
		return SignedIn{}, game.Refuse(game.InvalidField, "guest_secret: all its bytes are the same; it must be random")
	}
	subject := sha256.Sum256(secret)
	for range maxTries {
		in, err := s.trySignIn(ctx, subject[:], name, installation)
		if !errors.Is(err, ErrConflict) { // two first sign-ins at once: the second finds the account
			return in, err
		}
	}
	return SignedIn{}, game.Refuse(game.Overloaded, "repeat the call")
}

func (s *Service) trySignIn(ctx context.Context, subject []byte, name, installation string) (SignedIn, error) {
	now := s.instant()
	c := Commit{At: now, Session: &Session{ID: s.newID(), Installation: installation, Created: now, Refreshed: now, Issued: 1}}
	var in SignedIn
	id, err := s.store.PlayerByIdentity(ctx, kindGuest, subject)
	switch {
	case err == nil:
		if in.Player, err = s.store.Player(ctx, id); err != nil {
			return in, fmt.Errorf("load player %v: %w", id, err)
		}
	case errors.Is(err, ErrNotFound):
		in.Created = true
		in.Player = Player{
			ID: s.newID(), Name: name, Created: now,
			Identities: []Identity{{Kind: kindGuest, Subject: subject, Linked: now}},
		}
		if name == "" {
			in.Player.Name = guestName(in.Player.ID)
		}
		c.Player = &in.Player
	default:
		return in, fmt.Errorf("look for an identity: %w", err)
	}
	c.Session.Player = in.Player.ID
	if err := s.store.Commit(ctx, c); err != nil {
		return in, fmt.Errorf("sign in: %w", err)
	}
	in.Tokens, err = s.tokens(*c.Session, now)
	return in, err
}

func (s *Service) tokens(ses Session, now time.Time) (Tokens, error) {
	access, expires, err := s.access.Issue(ses.Player, ses.ID, now)
	if err != nil {
		return Tokens{}, fmt.Errorf("sign an access token: %w", err)
	}
	return Tokens{Session: ses.ID, Access: access, Expires: expires, Refresh: s.keys.IssueRefresh(ses.ID, ses.Issued)}, nil
}

// RefreshSession gives new tokens for the refresh token got last. Until its successor has been used a repeat gets the
// same successor; an older token ends the session, because somebody else has a copy.
func (s *Service) RefreshSession(ctx context.Context, token string) (Tokens, error) {
	id, generation, err := s.keys.ParseRefresh(token)
	if err != nil {
		return Tokens{}, err
	}
	for range maxTries {
		ses, err := s.store.Session(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return Tokens{}, game.Refuse(game.TokenInvalid, "sign in again")
		}
		if err != nil {
			return Tokens{}, fmt.Errorf("load session %v: %w", id, err)
		}
		if !ses.Ended.IsZero() {
			return Tokens{}, game.Refuse(game.SessionEnded, "sign in again")
		}
		now := s.instant()
		next, verdict := auth.Rotate(ses.Issued, generation)
		switch verdict {
		case auth.Repeat:
			return s.tokens(ses, now)
		case auth.End:
			err = s.end(ctx, ses, now)
			if err == nil {
				return Tokens{}, game.Refuse(game.SessionEnded, "this refresh token was replaced and its successor used; sign in again")
			}
		default:
			ses.Issued, ses.Refreshed = next, now
			err = s.store.Commit(ctx, Commit{At: now, Session: &ses})
			if err == nil {
				return s.tokens(ses, now)
			}
		}
		if !errors.Is(err, ErrConflict) {
			return Tokens{}, fmt.Errorf("refresh session %v: %w", id, err)
		}
	}
	return Tokens{}, game.Refuse(game.Overloaded, "repeat the call")
}

// SignOut ends the caller's session. Its tokens are refused once it returns.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	for range maxTries {
		ses, err := s.store.Session(ctx, c.Session)
		if err != nil {
			return fmt.Errorf("load session %v: %w", c.Session, err)
		}
		if !ses.Ended.IsZero() {
			return nil
		}
		if err := s.end(ctx, ses, s.instant()); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return game.Refuse(game.Overloaded, "repeat the call")
}

func (s *Service) end(ctx context.Context, ses Session, now time.Time) error {
	ses.Ended = now
	if err := s.store.Commit(ctx, Commit{At: now, Session: &ses}); err != nil {
		return fmt.Errorf("end session %v: %w", ses.ID, err)
	}
	s.revoked.Add(ses.ID, now.Add(s.access.Lifetime()))
	s.feed.EndSession(ses.Player, ses.ID) // after it is revoked: a door that opens meanwhile asks for that
	return nil
}

// GetPlayer reads a player.
func (s *Service) GetPlayer(ctx context.Context, id game.PlayerID) (Player, error) {
	p, err := s.store.Player(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return p, errNoPlayer()
	}
	if err != nil {
		return p, fmt.Errorf("load player %v: %w", id, err)
	}
	return p, nil
}

func errNoPlayer() error { return game.Refuse(game.NoSuchPlayer, "there is no such player") }

// UpdatePlayer is what to change of a player; what is nil stays.
type UpdatePlayer struct {
	Name, Locale, TimeZone *string
	HidePresence           *bool
}

// UpdatePlayer changes the caller's own record.
func (s *Service) UpdatePlayer(ctx context.Context, c Caller, u UpdatePlayer) (Player, error) {
	if u.Name != nil {
		if err := checkName("name", *u.Name); err != nil {
			return Player{}, err
		}
	}
	if u.Locale != nil {
		if err := checkLocale(*u.Locale); err != nil {
			return Player{}, err
		}
	}
	if u.TimeZone != nil && *u.TimeZone != "" {
		// "Local" is a zone to time.LoadLocation, but it is the server's and not the player's.
		if _, err := time.LoadLocation(*u.TimeZone); err != nil || *u.TimeZone == "Local" {
			return Player{}, game.Refuse(game.InvalidField, "time_zone: not an IANA time zone like Europe/Berlin")
		}
	}
	return s.changePlayer(ctx, c.Player, func(p *Player) error {
		for _, f := range []struct{ from, to *string }{{u.Name, &p.Name}, {u.Locale, &p.Locale}, {u.TimeZone, &p.TimeZone}} {
			if f.from != nil {
				*f.to = *f.from
			}
		}
		if u.HidePresence != nil {
			p.HidePresence = *u.HidePresence
		}
		return nil
	})
}

// BlockPlayer keeps whom from inviting the caller and joining his matches.
func (s *Service) BlockPlayer(ctx context.Context, c Caller, whom game.PlayerID) error {
	if whom == c.Player {
		return game.Refuse(game.InvalidField, "player_id: you cannot block yourself")
	}
	if _, err := s.GetPlayer(ctx, whom); err != nil {
		return err
	}
	_, err := s.changePlayer(ctx, c.Player, func(p *Player) error {
		if slices.Contains(p.Blocked, whom) {
			return nil
		}
		if len(p.Blocked) >= s.limits.Blocked {
			return game.Refuse(game.Quota, "at most %d players may be blocked", s.limits.Blocked)
		}
		p.Blocked = append(p.Blocked, whom)
		return nil
	})
	return err
}

// UnblockPlayer takes a block back.
func (s *Service) UnblockPlayer(ctx context.Context, c Caller, whom game.PlayerID) error {
	_, err := s.changePlayer(ctx, c.Player, func(p *Player) error {
		p.Blocked = slices.DeleteFunc(p.Blocked, func(id game.PlayerID) bool { return id == whom })
		return nil
	})
	return err
}

func (s *Service) changePlayer(ctx context.Context, id game.PlayerID, change func(*Player) error) (Player, error) {
	for range maxTries {
		p, err := s.GetPlayer(ctx, id)
		if err != nil {
			return p, err
		}
		if err := change(&p); err != nil {
			return p, err
		}
		s.names.forget(id)
		err = s.store.Commit(ctx, Commit{At: s.instant(), Player: &p})
		s.names.forget(id)
		if !errors.Is(err, ErrConflict) {
			if err != nil {
				err = fmt.Errorf("change player %v: %w", id, err)
			}
			return p, err
		}
	}
	return Player{}, game.Refuse(game.Overloaded, "others keep changing this player; repeat the call")
}

// checkName refuses names that would show as nothing or break the line they stand in.
func checkName(field, name string) error {
	if !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return game.Refuse(game.InvalidField, "%s: must not be blank", field)
	}
	return checkText(field, name)
}

// checkText refuses control characters and those that change the direction of the text around them.
func checkText(field, text string) error {
	if !utf8.ValidString(text) {
		return game.Refuse(game.InvalidField, "%s: not UTF-8", field)
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return game.Refuse(game.InvalidField, "%s: control and direction characters are not allowed", field)
		}
	}
	return nil
}

// checkLocale takes what looks like a BCP 47 tag: letters and digits in parts of at most eight, joined by hyphens.
func checkLocale(tag string) error {
	if tag == "" {
		return nil
	}
	for _, part := range strings.Split(tag, "-") {
		if len(part) < 1 || len(part) > 8 || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return game.Refuse(game.InvalidField, "locale: not a BCP 47 tag like de-AT")
		}
	}
	return nil
}
