package game

import "time"

// Event is a fact about a match, in the past tense. Events of a match are numbered from 1 without gaps.
type Event struct {
	Version uint64
	At      time.Time
	// Turn is the turn that was on, 0 before the start.
	Turn uint64
	// Seat and Player say whom it is about; zero where it is about no single one. Seats can change hands, so both stand.
	Seat   int
	Player PlayerID
	Fact   Fact
}

// Fact is what happened: one of the types below.
type Fact interface{ fact() }

type (
	// MatchCreated: the match came to be, with its creator in Event.Seat.
	MatchCreated struct{}
	// PlayerInvited: the seat is kept for the player.
	PlayerInvited struct{ By PlayerID }
	// PlayerJoined: the player took the seat.
	PlayerJoined struct{}
	// InvitationDeclined: the player did not want the seat, or let the invitation lapse. It is empty again.
	InvitationDeclined struct{ Lapsed bool }
	// PlayerLeft: the player left before the start. The seat is empty again.
	PlayerLeft struct{}
	// MatchStarted: play began, and these seats must act.
	MatchStarted struct{ MustAct []int }
	// TurnTaken: the seat acted, and these seats must act now. Outcomes is how the match ended, if the turn ended it:
	// MatchFinished, the event after it, has the same.
	TurnTaken struct {
		Moves    []PlayedMove
		SameTurn bool
		MustAct  []int
		Taken    time.Duration
		Outcomes []Outcome
	}
	// PlayerResigned: the seat gave up, and these seats must act now.
	PlayerResigned struct{ MustAct []int }
	// MatchFinished: the match finished with these outcomes, one for every seat that played.
	MatchFinished struct{ Outcomes []Outcome }
	// MatchCancelled: the match ended without a result.
	MatchCancelled struct{ Reason CancelReason }
	// Hidden stands for an event that the viewer may not know; it keeps its number.
	Hidden struct{}
)

func (MatchCreated) fact()       {}
func (PlayerInvited) fact()      {}
func (PlayerJoined) fact()       {}
func (InvitationDeclined) fact() {}
func (PlayerLeft) fact()         {}
func (MatchStarted) fact()       {}
func (TurnTaken) fact()          {}
func (PlayerResigned) fact()     {}
func (MatchFinished) fact()      {}
func (MatchCancelled) fact()     {}
func (Hidden) fact()             {}

// CancelReason is why a match ended without a result. Its numbers are stored.
type CancelReason int

// The reasons.
const (
	ByCreator  CancelReason = 1
	HasLapsed  CancelReason = 2
	ByOperator CancelReason = 3
)

// Outcome is how one seat came out of a match.
type Outcome struct {
	Seat   int
	Result Result
	// Place counts from 1 and those who tie share one; 0 where a game has no places.
	Place int
	// Score is in the game's own unit; nil where a game keeps none.
	Score  *float64
	Ending Ending
}

// Result is what a seat's outcome comes to. Its numbers are stored.
type Result int

// The results.
const (
	Won      Result = 1
	Lost     Result = 2
	Drawn    Result = 3
	NoResult Result = 4
)

// Ending is by what an outcome came about. Its numbers are stored.
type Ending int

// The endings.
const (
	EndPlayed     Ending = 1 // there to the end: the moves decided, or the others had gone
	EndResigned   Ending = 2
	EndTimedOut   Ending = 3
	EndDropped    Ending = 4
	EndDeclared   Ending = 5
	EndByOperator Ending = 6
)
