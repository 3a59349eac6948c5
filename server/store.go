package server

import (
	"context"
	"errors"
	"time"

	"yourmove/game"
	"yourmove/server/auth"
)

// What a Store says no with. Each comes wrapped: ask with errors.Is.
var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not found")
	// ErrConflict: a record that the commit was decided on has changed, or one that it makes exists. Load and decide again.
	ErrConflict = errors.New("decided on a state that has changed")
	// ErrOverQuota: one of the commit's quotas is used up. Nothing was kept.
	ErrOverQuota = errors.New("over quota")
	// ErrOverloaded: too many commits wait. Nothing was kept.
	ErrOverloaded = errors.New("too many commits are waiting")
	// ErrDiskFull: there is no space. Nothing was kept; reading goes on, and so does writing once there is space.
	ErrDiskFull = errors.New("the disk is full")
	// ErrOutcomeUnknown: the commit failed in a way that leaves open whether it was kept; a restart decides. The store
	// takes no more commits.
	ErrOutcomeUnknown = errors.New("the outcome of a commit is unknown")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("the store is closed")
	// ErrTrimmed: what came after this position of an inbox is no longer kept, or the position was never reached.
	ErrTrimmed = errors.New("the inbox does not reach back to there")
	// ErrBadPlace: a Place that this list never gave.
	ErrBadPlace = errors.New("not a place in this list")
	// ErrDamaged: a record's checksum does not fit or it cannot be read.
	ErrDamaged = errors.New("a record is damaged")
)

// Store keeps everything that the server knows.
//
// Its promises, stated as tests by package storetest:
//
//   - A Commit is kept whole or not at all, and Commit returns only once it is durable. ErrOutcomeUnknown is the one
//     answer that leaves this open.
//   - It is kept only if every record that it was decided on still is at the revision given, commits before it in the
//     same batch included.
//   - Nothing is shown that is not durable: a read that would see a commit whose sync has not returned waits for it.
//   - A read sees one state of everything, not older than any commit that had returned when the read began.
//   - What a reader is given is his own; the store does not change it later.
//
// Each read may also fail with ErrDamaged, ErrOutcomeUnknown (the store has failed), ErrClosed or the context's error.
type Store interface {
	// Commit keeps a change. It fails with ErrConflict, ErrOverQuota, ErrOverloaded, ErrDiskFull, ErrOutcomeUnknown. A
	// context that ends while the commit is under way does not stop it: Commit waits for the outcome.
	Commit(ctx context.Context, c Commit) error

	// Match reads a match and, if key is not nil, the commit that this request made in it (nil: none yet).
	// ErrNotFound: no such match.
	Match(ctx context.Context, id game.MatchID, key *RequestKey) (game.Match, *Recorded, error)
	// Creation returns the match that this CreateMatch made. ErrNotFound: none.
	Creation(ctx context.Context, key RequestKey) (game.MatchID, error)
	// MatchByCode returns the match with this join code, for as long as the match exists. ErrNotFound: none.
	MatchByCode(ctx context.Context, code string) (game.MatchID, error)
	// Events reads up to limit events of a match with numbers above after, in order. ErrNotFound: no such match.
	Events(ctx context.Context, id game.MatchID, after uint64, limit int) ([]StoredEvent, error)

	// MatchesOf reads a player's matches: on the first page (after is zero) all that are not over, those to which he is
	// openly invited included; then up to limit of those that are, the last ended first, after the place given.
	MatchesOf(ctx context.Context, player game.PlayerID, after Place, limit int) (OwnMatches, error)
	// OpenMatches reads up to limit public matches of a game with an empty seat, the newest first, after the place given.
	OpenMatches(ctx context.Context, name string, after Place, limit int) ([]game.Match, Place, error)
	// AllMatches reads up to limit matches, the newest first, after the place given.
	AllMatches(ctx context.Context, after Place, limit int) ([]game.Match, Place, error)
	// Lapsing reads the ids of up to limit matches whose Lapse is not after until, the earliest first.
	Lapsing(ctx context.Context, until time.Time, limit int) ([]game.MatchID, error)

	// Player reads a player. ErrNotFound: none.
	Player(ctx context.Context, id game.PlayerID) (Player, error)
	// Players reads several at once; those that do not exist are left out.
	Players(ctx context.Context, ids []game.PlayerID) (map[game.PlayerID]Player, error)
	// PlayerByIdentity finds the player whom an identity belongs to. ErrNotFound: none.
	PlayerByIdentity(ctx context.Context, kind string, subject []byte) (game.PlayerID, error)
	// AllPlayers reads up to limit players, the newest first, after the place given.
	AllPlayers(ctx context.Context, after Place, limit int) ([]Player, Place, error)
	// Session reads a session. ErrNotFound: none.
	Session(ctx context.Context, id auth.SessionID) (Session, error)
	// EndedSessions reads the sessions that were ended at or after since.
	EndedSessions(ctx context.Context, since time.Time) ([]Session, error)
	// Private reads what a player keeps to himself about a match; the zero Private when there is nothing.
	Private(ctx context.Context, id game.MatchID, player game.PlayerID) (Private, error)

	// Inbox reads what concerns a player, the oldest first. ErrTrimmed: the inbox does not reach back to q.After.
	Inbox(ctx context.Context, q InboxQuery) (InboxPage, error)
	// Newest returns the position of the last commit of a match that was kept: every later one gets a higher position.
	Newest(ctx context.Context) (Position, error)
	// Epoch returns what makes positions of this store another's than those of a copy that went another way.
	Epoch(ctx context.Context) (Epoch, error)

	// Counts tells how much there is.
	Counts(ctx context.Context) (Counts, error)
}

// Commit is all that one change leads to, to be kept together or not at all. What is nil or empty does not change.
// Everything that a store keeps to find records again (whose matches, open seats, join codes, what lapses when, counts)
// it derives from these records.
type Commit struct {
	// At is when it was decided.
	At time.Time
	// Match is the change of a match, decided on version Match.Before (0: the match is new). Request made it; nil for
	// changes that are no player's request. For a new match Request makes the Creation.
	Match   *game.Change
	Request *Request
	// Told are those whom the change of the match concerns, each once: it becomes part of their inboxes.
	Told []Told
	// Player, Session and Private are records to put. Each carries the Revision that it was decided on (0: it is new);
	// the store keeps it with Revision+1. For a new player each of its identities is claimed for him.
	Player  *Player
	Session *Session
	Private *Private
	// Quotas must hold before the change.
	Quotas []Quota
}

// Quota is what a player may have less than Limit of before a commit that adds to it.
type Quota struct {
	Player game.PlayerID
	Kind   QuotaKind
	// Limit is the most that there may be after the commit, which adds Adds.
	Limit, Adds int
}

// QuotaKind is what a quota counts.
type QuotaKind int

// The kinds of quota.
const (
	// ActiveMatches counts matches that are not over in which the player is seated.
	ActiveMatches QuotaKind = 1
	// PendingInvitations counts invitations by the player that are not answered.
	PendingInvitations QuotaKind = 2
)

// RequestID is the UUID that a caller made for a request.
type RequestID [16]byte

// RequestKey names a request: ids of different players do not meet.
type RequestKey struct {
	Player game.PlayerID
	ID     RequestID
}

// Request is a request that was carried out. Print stands for what was asked, without expected_version: a repeat has
// the same one.
type Request struct {
	RequestKey
	Print [16]byte
}

// Recorded is a commit of a match as it stands in the history.
type Recorded struct {
	Request Request
	Events  []game.Event
	Told    []Told
}

// StoredEvent is an event with the request that made it (the zero Request: none) and those whom it was told.
type StoredEvent struct {
	game.Event
	Request Request
	Told    []Told
}

// Told is a player whom a commit concerns: the seat for which he is told (0: he is only invited) and what the match was
// to him after it (NoStanding: he is no longer part of it). Both are kept, because seats change hands.
type Told struct {
	Player   game.PlayerID
	Seat     int
	Standing Standing
}

// Position is a place in the order in which commits were kept. Positions rise; gaps mean nothing; none is ever used
// again. Once a reader knew of one, nothing appears in any inbox at or before it.
type Position uint64

// Epoch is one course of a store's life. A copy that is put back begins another one, so that positions of the old one
// are not taken for its own. Key is secret and proves that a cursor is ours; it stays the same.
type Epoch struct {
	ID  uint64
	Key [32]byte
}

// InboxQuery is what to read of an inbox.
type InboxQuery struct {
	Player game.PlayerID
	// After is the position up to which everything is known.
	After Position
	// Limit of events; whole commits are read, so that the last one may go beyond it.
	Limit int
	// Only the last Keep commits count as kept, and of those the ones decided at or after Since.
	Keep  int
	Since time.Time
}

// InboxPage is a part of an inbox.
type InboxPage struct {
	Entries []InboxEntry
	// Upto is the position up to which the page tells everything: where the next one begins. More: that is not the end.
	Upto Position
	More bool
}

// InboxEntry is a commit in an inbox, as it was told the player.
type InboxEntry struct {
	Position Position
	Match    game.MatchID
	Told     Told
	Recorded Recorded
}

// Place is a place in a list, for the next page: opaque to all but the store that made it. Empty: the beginning, and
// as a result: the end.
type Place string

// OwnMatches are a page of a player's matches, in one state of everything.
type OwnMatches struct {
	Current []OwnMatch
	Over    []OwnMatch
	Next    Place
}

// OwnMatch is a match and what the player keeps to himself about it.
type OwnMatch struct {
	Match   game.Match
	Private Private
}

// Player is a person or a bot.
type Player struct {
	ID         game.PlayerID
	Name       string
	Bot        bool
	Locale     string
	TimeZone   string
	Created    time.Time
	Identities []Identity
	Blocked    []game.PlayerID
	// HidePresence: others do not learn when the player is looking.
	HidePresence bool
	Revision     uint64
}

// Identity is a way to prove who a player is: for kind "guest" Subject is the SHA-256 of the guest's secret.
type Identity struct {
	Kind    string
	Subject []byte
	Linked  time.Time
}

// Session is one signed-in installation.
type Session struct {
	ID           auth.SessionID
	Player       game.PlayerID
	Installation string
	Created      time.Time
	Refreshed    time.Time
	// Issued is the number of the last refresh token given out.
	Issued uint64
	// Ended is when the session was ended; zero while it is open.
	Ended    time.Time
	Revision uint64
}

// Private is what one player keeps to himself about one match. It makes no event.
type Private struct {
	Match  game.MatchID
	Player game.PlayerID
	Draft  *Draft
	// Archived: put away. Seen: looked at after the match was over.
	Archived, Seen bool
	// SeenVersion is the newest version that was on the player's screen.
	SeenVersion uint64
	Revision    uint64
}

// Draft is an unsent turn. It is for the decision that began with event Decision and goes with it.
type Draft struct {
	Moves    []game.PlayedMove
	State    *game.RelayState
	Saved    time.Time
	Decision uint64
}

// Counts tells how much there is.
type Counts struct {
	Players uint64
	Matches []MatchCount
	// FileBytes is the size of the database.
	FileBytes uint64
}

// MatchCount is how many matches of a version of a game are in a state.
type MatchCount struct {
	Game    string
	Ruleset int
	State   game.State
	N       uint64
}
