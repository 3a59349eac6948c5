package game

import (
	"slices"
	"time"
)

// MaxSeats is the most seats that a match may have.
const MaxSeats = 16

// Match is one playing of a game. A Match is a value: commands return a changed copy.
//
//	gathering ──start──► active ──► finished
//	    └──cancel──┴──cancel──► cancelled
type Match struct {
	ID MatchID
	Settings
	Seed     Seed
	Creator  PlayerID
	JoinCode string
	State    State
	// Places has one entry a seat; seat n is Places[n-1].
	Places []Place
	// Version is the number of the last event.
	Version uint64
	// Turn is the present turn, from 1; 0 before the start.
	Turn uint64
	// TurnVersion is the number of the event with which the present turn began.
	TurnVersion uint64
	// Position is the encoded position of a ruled match once started, in encoding version PositionCode.
	Position     []byte
	PositionCode int
	// State of relay mode: what the last mover sent, and who has the turn, in order of fallback.
	Relay RelayState
	Next  []Next

	Created, Started, Ended time.Time
	Last                    LastMove
	// Lapse is when LapseNow has something to give up: the oldest open invitation, or, when there is none, the match,
	// which still waits for somebody to join. Zero when nothing does.
	Lapse time.Time
}

// Settings are what a match is created with; they never change.
type Settings struct {
	// Game is the game's name, or Relay; Ruleset the version of its rules, 0 in relay mode.
	Game    string
	Ruleset int
	// Options are the game's, as JSON, with defaults filled in.
	Options Options
	// The match may start from MinSeats on; there are MaxSeats.
	MinSeats, MaxSeats int
	Access             Access
	Start              StartRule
	// Spectators may watch; Rated is kept for those who rate.
	Spectators, Rated bool
	Title             string
	Labels            map[string]string
}

// State is where in its life a match is. Its numbers are stored.
type State int

// The states.
const (
	Gathering State = 1
	Active    State = 2
	Finished  State = 3
	Cancelled State = 4
)

// Over reports whether nothing more can happen in the match.
func (s State) Over() bool { return s == Finished || s == Cancelled }

// String returns the state's word.
func (s State) String() string {
	return [...]string{"none", "gathering", "active", "finished", "cancelled"}[s]
}

// Access is who may take an empty seat. Its numbers are stored.
type Access int

// The kinds of access.
const (
	Public  Access = 1
	ByCode  Access = 2
	Invited Access = 3
)

// StartRule is when a match becomes active. Its numbers are stored.
type StartRule int

// The start rules.
const (
	WhenFull StartRule = 1
	ByCall   StartRule = 2
	AtOnce   StartRule = 3
)

// Place is a seat and who has it.
type Place struct {
	State SeatState
	// Player sits here, is invited, declined or left.
	Player    PlayerID
	InvitedBy PlayerID
	// Silent: the invitation is kept from the invited player, who blocked the inviter.
	Silent    bool
	InvitedAt time.Time
	Duty      Duty
	// Acted is the number of the event by which the seat acted last.
	Acted uint64
	// Since is when the seat's present duty to act began.
	Since time.Time
	// Outcome is set once it is decided: at the end, or when the seat is dropped.
	Outcome *Outcome
}

// SeatState is what a place is. Its numbers are stored.
type SeatState int

// The seat states. Declined and left seats are empty again; the player named is history.
const (
	SeatEmpty    SeatState = 1
	SeatInvited  SeatState = 2
	SeatSeated   SeatState = 3
	SeatDropped  SeatState = 4
	SeatDeclined SeatState = 5
	SeatLeft     SeatState = 6
)

// Free reports whether the seat is nobody's.
func (p Place) Free() bool {
	return p.State == SeatEmpty || p.State == SeatDeclined || p.State == SeatLeft
}

// LastMove is the last move of a match; Seat is 0 before the first.
type LastMove struct {
	Seat int
	Move PlayedMove
	At   time.Time
}

// RelayState is what clients pass around in relay mode: text, or bytes.
type RelayState struct {
	Data []byte
	Text bool
}

// Next is a seat that a relay turn may pass to, and its time limit (0: none).
type Next struct {
	Seat  int
	Limit time.Duration
}

// Ruled reports whether the server judges the moves.
func (m Match) Ruled() bool { return m.Game != Relay }

// Place returns the place with this number.
func (m Match) Place(seat int) Place { return m.Places[seat-1] }

// SeatOf returns the seat in which the player sits, sat (dropped) or is openly invited, or 0.
func (m Match) SeatOf(p PlayerID) int {
	for i, pl := range m.Places {
		if pl.Player == p && (pl.State == SeatSeated || pl.State == SeatDropped || pl.State == SeatInvited && !pl.Silent) {
			return i + 1
		}
	}
	return 0
}

// PlaysIn returns the seat in which the player sits or sat, or 0.
func (m Match) PlaysIn(p PlayerID) int {
	if seat := m.SeatOf(p); seat > 0 && m.Place(seat).State != SeatInvited {
		return seat
	}
	return 0
}

// Host returns who may start and cancel the match: its creator, or when he left, the player in the lowest seat.
func (m Match) Host() PlayerID {
	var lowest PlayerID
	for _, pl := range m.Places {
		if pl.State != SeatSeated {
			continue
		}
		if pl.Player == m.Creator {
			return m.Creator
		}
		if lowest.IsZero() {
			lowest = pl.Player
		}
	}
	return lowest
}

// Open reports whether somebody may still take a seat without an invitation.
func (m Match) Open() bool { return !m.State.Over() && m.Access != Invited && m.freeSeat() > 0 }

// MustAct lists the seats that the match waits for.
func (m Match) MustAct() []int {
	var seats []int
	for i, pl := range m.Places {
		if pl.Duty == MustAct {
			seats = append(seats, i+1)
		}
	}
	return seats
}

// Decision returns the number of the event since which the seat's decision has been the one it is now: the turn began,
// or the seat itself acted. A version before it is stale for a SubmitTurn.
func (m Match) Decision(seat int) uint64 { return max(m.TurnVersion, m.Place(seat).Acted) }

// freeSeat returns the lowest free seat that can be played in, or 0. Once a match is active only one started at once
// has such seats: in others the free ones stayed out of it.
func (m Match) freeSeat() int {
	if m.State == Active && m.Start != AtOnce {
		return 0
	}
	for i, pl := range m.Places {
		if pl.Free() {
			return i + 1
		}
	}
	return 0
}

// seated counts the players who sit.
func (m Match) seated() int {
	n := 0
	for _, pl := range m.Places {
		if pl.State == SeatSeated {
			n++
		}
	}
	return n
}

// inPlay lists the seats that are part of the game: in one that started at once all that were not dropped, taken or
// not; in others the taken ones.
func (m Match) inPlay() []int {
	var seats []int
	for i, pl := range m.Places {
		if pl.State == SeatSeated || m.Start == AtOnce && pl.State != SeatDropped {
			seats = append(seats, i+1)
		}
	}
	return seats
}

// clone returns a copy whose places can be changed.
func (m Match) clone() Match {
	m.Places = slices.Clone(m.Places)
	return m
}

// Change is what follows from a command: the match after it and the events that tell of it, at least one. Before is
// the version that it was decided on, 0 for a new match.
type Change struct {
	Before uint64
	Match  Match
	Events []Event
	// Position is the match's, decoded, where the command made one: who shows the match need not decode it again.
	Position Position
}

// change builds a Change: commands alter m and tell what they did.
type change struct {
	before uint64
	m      Match
	now    time.Time
	events []Event
	// position is m's, once the command made one.
	position Position
	// lapsesFrom is the match's before the change.
	lapsesFrom time.Time
}

func (m Match) begin(now time.Time) *change {
	return &change{before: m.Version, m: m.clone(), now: now, lapsesFrom: m.lapsesFrom()}
}

// tell adds an event about seat and whoever sits there; seat 0 is nobody.
func (c *change) tell(seat int, f Fact) {
	var player PlayerID
	if seat > 0 {
		player = c.m.Place(seat).Player
	}
	c.tellOf(seat, player, f)
}

func (c *change) tellOf(seat int, player PlayerID, f Fact) {
	c.m.Version++
	c.events = append(c.events, Event{
		Version: c.m.Version, At: c.now, Turn: c.m.Turn, Seat: seat, Player: player, Fact: f,
	})
}

func (c *change) place(seat int) *Place { return &c.m.Places[seat-1] }

// newTurn counts a new turn that begins with the next event to be told.
func (c *change) newTurn() {
	c.m.Turn++
	c.m.TurnVersion = c.m.Version + 1
}

// setDuties asks what every seat may do now.
func (c *change) setDuties(duty func(seat int) Duty) {
	for i := range c.m.Places {
		pl := &c.m.Places[i]
		d := Waits
		if pl.State == SeatSeated || c.m.Start == AtOnce && pl.State != SeatDropped {
			d = duty(i + 1)
		}
		if d == MustAct && (pl.Duty != MustAct || c.m.TurnVersion > c.before) {
			pl.Since = c.now
		}
		pl.Duty = d
	}
}

func (c *change) done() Change {
	if !c.m.Lapse.IsZero() {
		// An invitation came or went: what lapses next is another one now.
		c.m.Lapse = c.m.Lapse.Add(c.m.lapsesFrom().Sub(c.lapsesFrom))
	}
	return Change{Before: c.before, Match: c.m, Events: c.events, Position: c.position}
}
