package server

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/feed"
)

// Service carries out what players and operators ask for. Make it with New.
type Service struct {
	store        Store
	games        *game.Registry
	access       *auth.Access
	keys         *auth.Keys
	revoked      *auth.Revoked
	limits       Limits
	now          func() time.Time
	random       io.Reader
	newID        func() [16]byte
	log          *slog.Logger
	turns        turnstile
	names        names
	kinds        kinds
	feed         feed.Feed
	presence     presence
	doors        doorFigures
	cursorCipher cipher.Block
	macs         sync.Pool // of hash.Hash, the HMAC of cursors
	epoch        Epoch
	started      time.Time
	version      string
	counted      func(Happened)
	heard        func(int)
}

// Config is what a Service is made of. What is nil or zero gets a default, except Store, Games, Keys and Access.
type Config struct {
	Store   Store
	Games   *game.Registry
	Keys    *auth.Keys
	Access  *auth.Access
	Revoked *auth.Revoked
	Limits  Limits
	// Now is read once per call.
	Now func() time.Time
	// Random is where seeds and codes come from: crypto/rand unless a simulation needs its own.
	Random io.Reader
	Log    *slog.Logger
	// Version is told by Stats.
	Version string
	// Counted is called after each change of a match that was kept; it must not block.
	Counted func(Happened)
	// DoorEnded is called after each stream and wait, and Told with the number of events of each answer; they must not
	// block.
	DoorEnded func(door Door, why string)
	Told      func(events int)
}

// Happened is what a kept change came to, for metrics.
type Happened struct {
	Game   string
	Turns  int
	Before game.State
	After  game.State
}

// Limits bound what one player can take up (DESIGN's defaults by DefaultLimits).
type Limits struct {
	// ActiveMatches that are not over, a person and a bot.
	ActiveMatches, BotActiveMatches int
	// PendingInvitations that a player has sent, a person and a bot.
	PendingInvitations, BotPendingInvitations int
	// Blocked is how many players one may block.
	Blocked int
	// InboxCommits and InboxAge are how far back an inbox reaches; zero: the default.
	InboxCommits int
	InboxAge     time.Duration
	// LapseAfter is how long seats stay empty and invitations unanswered.
	LapseAfter time.Duration
}

// DefaultLimits returns the limits that a server has unless configured otherwise.
func DefaultLimits() Limits {
	return Limits{
		ActiveMatches: 100, BotActiveMatches: 100_000, PendingInvitations: 20, BotPendingInvitations: 1000,
		Blocked: 1000, LapseAfter: game.LapseAfter, InboxCommits: 10_000, InboxAge: 30 * 24 * time.Hour,
	}
}

// Bounds of what a call may bring, in bytes.
const (
	MaxState   = 64 << 10 // relay state, and a relay draft
	MaxMoves   = 4 << 10  // the moves of one turn together
	MaxOptions = 4 << 10
	MaxLabels  = 256
	maxLegal   = 500
	maxSince   = 50
	maxPage    = 100
	fullPage   = 512 << 10
)

// New makes a Service and learns which sessions were ended before a restart.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{
		store: c.Store, games: c.Games, keys: c.Keys, access: c.Access, revoked: c.Revoked, limits: c.Limits,
		now: c.Now, random: c.Random, log: c.Log, version: c.Version, counted: c.Counted,
		doors: doorFigures{ended: c.DoorEnded}, heard: c.Told,
	}
	if s.limits == (Limits{}) {
		s.limits = DefaultLimits()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.limits.InboxCommits == 0 {
		s.limits.InboxCommits = DefaultLimits().InboxCommits
	}
	if s.limits.InboxAge == 0 {
		s.limits.InboxAge = DefaultLimits().InboxAge
	}
	if s.counted == nil {
		s.counted = func(Happened) {}
	}
	if s.doors.ended == nil {
		s.doors.ended = func(Door, string) {}
	}
	if s.heard == nil {
		s.heard = func(int) {}
	}
	if s.revoked == nil {
		s.revoked = auth.NewRevoked(s.now)
	}
	s.newID = func() [16]byte { return uuid.Must(uuid.NewV7FromReader(s.random)) }
	s.started = s.instant()
	var err error
	if s.epoch, err = s.store.Epoch(ctx); err != nil {
		return nil, err
	}
	s.cursorCipher = newCursorCipher(s.epoch.Key)
	ended, err := s.store.EndedSessions(ctx, s.started.Add(-s.access.Lifetime()))
	if err != nil {
		return nil, err
	}
	for _, e := range ended {
		s.revoked.Add(e.ID, e.Ended.Add(s.access.Lifetime()))
	}
	return s, nil
}

// Caller is who calls: a player, by a session.
type Caller struct {
	Player  game.PlayerID
	Session auth.SessionID
	// Expires is when his token does; zero: never.
	Expires time.Time
}

// instant reads the clock. Instants are whole milliseconds, because that is what is stored: a match decided on now and
// one read back later must be the same.
func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// Now returns the server's time, as answers show it.
func (s *Service) Now() time.Time { return s.instant() }

func (s *Service) seed() (game.Seed, error) {
	var seed game.Seed
	_, err := io.ReadFull(s.random, seed[:])
	return seed, err
}

// joinCode makes a code for people to pass on: 10 letters and digits that are hard to confuse, 50 bits.
func (s *Service) joinCode() (string, error) {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32, so each byte's low five bits choose one evenly
	var b [10]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = letters[b[i]&31]
	}
	return string(b[:]), nil
}

// guestName makes up a name for a guest who gave none.
func guestName(id game.PlayerID) string { return "guest-" + hex.EncodeToString(id[13:]) }

// rules returns the rules of a match: nil in relay mode and where this server lacks the version.
func (s *Service) rules(m game.Match) game.Rules {
	r, ok := s.games.Find(m.Game, m.Ruleset)
	if !ok {
		return nil
	}
	return r
}
