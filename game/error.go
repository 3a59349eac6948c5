package game

import "fmt"

// Reason says why a call was refused, in the word that clients act on. docs/api.md lists them all.
type Reason string

// The reasons, by what they are about.
const (
	InvalidField   Reason = "INVALID_FIELD"  // an argument that is wrong on any match
	MalformedMove  Reason = "MALFORMED_MOVE" // not a move in this game's notation
	BadPageToken   Reason = "BAD_PAGE_TOKEN" // a page token that is not ours or not the caller's
	BadCursor      Reason = "BAD_CURSOR"     // a cursor that is not ours or not the caller's
	CursorExpired  Reason = "CURSOR_EXPIRED" // a cursor that the inbox does not reach back to
	PayloadTooBig  Reason = "PAYLOAD_TOO_LARGE"
	IllegalMove    Reason = "ILLEGAL_MOVE" // a move that this position does not allow
	NotYourTurn    Reason = "NOT_YOUR_TURN"
	MatchOver      Reason = "MATCH_FINISHED" // finished or cancelled
	MatchNotOver   Reason = "MATCH_NOT_FINISHED"
	AlreadyStarted Reason = "MATCH_STARTED"
	NotStarted     Reason = "MATCH_NOT_STARTED"
	MatchFull      Reason = "MATCH_FULL"
	SeatTaken      Reason = "SEAT_TAKEN"
	AlreadySeated  Reason = "ALREADY_SEATED"
	TooFewPlayers  Reason = "TOO_FEW_PLAYERS"
	RulesMissing   Reason = "RULES_MISSING"
	VersionStale   Reason = "VERSION_MISMATCH"
	RequestReused  Reason = "REQUEST_ID_REUSED"
	NoSuchMatch    Reason = "NO_SUCH_MATCH" // none, or none that the caller may see
	NoSuchPlayer   Reason = "NO_SUCH_PLAYER"
	NotSeated      Reason = "NOT_SEATED"
	NotHost        Reason = "NOT_HOST"
	Quota          Reason = "QUOTA"
	RateLimited    Reason = "RATE_LIMITED"
	Overloaded     Reason = "OVERLOADED"
	Draining       Reason = "DRAINING"
	OutcomeUnknown Reason = "OUTCOME_UNKNOWN" // it may or may not have been carried out
	DiskFull       Reason = "DISK_FULL"
	TokenMissing   Reason = "TOKEN_MISSING"
	TokenInvalid   Reason = "TOKEN_INVALID"
	TokenExpired   Reason = "TOKEN_EXPIRED"
	SessionEnded   Reason = "SESSION_ENDED"
)

// Error is a refusal that a caller can act on. Detail is shown to the caller: it holds nothing that he may not know.
type Error struct {
	Reason Reason
	Detail string
	// Version and Turn are those of the match, where the reason is VersionStale.
	Version, Turn uint64
	// Err is the cause, for the log only.
	Err error
}

// Error writes the reason, the detail and the cause.
func (e *Error) Error() string {
	s := string(e.Reason)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refuse makes an Error.
func Refuse(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Malformed is what Rules.Play returns for a text that is no move on any board.
func Malformed(format string, args ...any) error { return Refuse(MalformedMove, format, args...) }

// Illegal is what Rules.Play returns for a move that this position does not allow.
func Illegal(format string, args ...any) error { return Refuse(IllegalMove, format, args...) }
