package game

import (
	"errors"
	"fmt"
	"time"
)

// Turn is what a player submits.
type Turn struct {
	// Expected is the version of the view that the player acted on.
	Expected uint64
	// Moves of this turn, in order: all or none are played.
	Moves []PlayedMove
	// Relay is what comes with a turn in relay mode; nil otherwise.
	Relay *RelayTurn
}

// Submit plays a turn of the player under rules r, nil in relay mode. The checks come in the order in which
// docs/api.md promises them.
func (m Match) Submit(r Rules, player PlayerID, t Turn, now time.Time) (Change, error) {
	seat, err := m.mayAct(player)
	if err != nil {
		return Change{}, err
	}
	if t.Expected < m.Decision(seat) || t.Expected > m.Version {
		return Change{}, &Error{
			Reason: VersionStale, Version: m.Version, Turn: m.Turn,
			Detail: stale(t.Expected, m.Version),
		}
	}
	if m.Place(seat).Duty == Waits {
		return Change{}, Refuse(NotYourTurn, "the match waits for %s", seatList(m.MustAct()))
	}
	if !m.Ruled() {
		return m.submitRelay(seat, t, now)
	}
	if r == nil {
		return Change{}, errRulesMissing(m)
	}
	if t.Relay != nil || len(t.Moves) == 0 {
		return Change{}, Refuse(InvalidField, "moves: one to 16 in a match under rules, and no relay turn")
	}
	return m.submitRuled(r, seat, t.Moves, now)
}

// mayAct finds the seat of a player who wants to act, or says why he cannot.
func (m Match) mayAct(player PlayerID) (int, error) {
	seat := m.PlaysIn(player)
	switch {
	case seat == 0:
		return 0, Refuse(NotSeated, "you have no seat in this match")
	case m.State.Over():
		return 0, Refuse(MatchOver, "the match is over")
	case m.State == Gathering:
		return 0, Refuse(NotStarted, "play has not begun")
	case m.Place(seat).State == SeatDropped:
		return 0, Refuse(NotSeated, "you are out of this match")
	}
	return seat, nil
}

func (m Match) submitRuled(r Rules, seat int, moves []PlayedMove, now time.Time) (Change, error) {
	p, err := m.Decode(r)
	if err != nil {
		return Change{}, err
	}
	c := m.begin(now)
	at := Moment{At: now}
	if pl := m.Place(seat); pl.Duty == MustAct && now.After(pl.Since) {
		at.Taken = now.Sub(pl.Since)
	}
	chance := NewChance(m.Seed, m.Version+1)
	taken := TurnTaken{Taken: at.Taken, SameTurn: true}
	for i, mv := range moves {
		if i > 0 && (!taken.SameTurn || r.Duty(p, seat) == Waits || r.Outcomes(p) != nil) {
			return Change{}, Refuse(IllegalMove, "move %d: the turn was over after move %d", i+1, i)
		}
		more := i < len(moves)-1
		if b, ok := r.(Batcher); more && (!ok || !b.MayFollow(mv.Text)) {
			return Change{}, mustBeLast(i)
		}
		played, err := r.Play(p, seat, mv.Text, at, chance)
		if err != nil {
			return Change{}, refusedMove(err, i, len(moves))
		}
		if more && (chance.Drawn() || played.Chance != "") {
			return Change{}, mustBeLast(i)
		}
		p, taken.SameTurn = played.Position, played.SameTurn
		taken.Moves = append(taken.Moves, PlayedMove{Text: mv.Text, Chance: played.Chance})
	}
	c.acted(seat, taken.Moves)
	if err := c.follow(r, p, taken.SameTurn, seat, func(mustAct []int, same bool) Fact {
		taken.MustAct, taken.SameTurn = mustAct, same
		return taken
	}); err != nil {
		return Change{}, err
	}
	return c.done(), nil
}

// mustBeLast refuses what was sent behind move i. Whether the rest is legal may depend on what comes of that move, and a
// refusal would tell it: "roll, hold" is refused where the die would end the turn, and nothing was risked.
func mustBeLast(i int) error {
	return Refuse(IllegalMove, "move %d: nobody knows what comes of it before it is played, so it has to be the last of those sent", i+1)
}

// refusedMove makes any error of the rules a refusal that names the move.
func refusedMove(err error, i, n int) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Reason: IllegalMove, Detail: err.Error()}
	}
	if n > 1 {
		return Refuse(e.Reason, "move %d: %s", i+1, e.Detail)
	}
	return e
}

// acted notes that the seat acts by the next event.
func (c *change) acted(seat int, moves []PlayedMove) {
	c.place(seat).Acted = c.m.Version + 1
	c.m.Last = LastMove{Seat: seat, At: c.now}
	if n := len(moves); n > 0 { // a relay turn may bring a state alone
		c.m.Last.Move = moves[n-1]
	}
}

// follow sets the position after an act of seat, begins a new turn if the old one does not go on, tells the fact and,
// when the game is over, the end.
func (c *change) follow(r Rules, p Position, same bool, seat int, fact func(mustAct []int, same bool) Fact) error {
	turn := c.m.Turn
	outcomes := r.Outcomes(p)
	if outcomes == nil && !same {
		c.newTurn()
	}
	if outcomes == nil && c.place(seat).Duty == MustAct {
		c.place(seat).Duty = Waits // a seat that acts again in the same turn begins to think now
	}
	if err := c.setPosition(r, p); err != nil {
		return err
	}
	if outcomes != nil {
		c.setDuties(func(int) Duty { return Waits })
	}
	next := c.m.Turn
	c.m.Turn = turn // the event belongs to the turn in which it happened
	c.tell(seat, fact(c.m.MustAct(), same && outcomes == nil))
	c.m.Turn = next
	if outcomes != nil {
		c.finish(outcomes)
	}
	return nil
}

// setPosition encodes the position and asks what every seat may do in it.
func (c *change) setPosition(r Rules, p Position) error {
	code, data, err := r.Encode(p)
	if err != nil {
		return &Error{Reason: "INTERNAL", Err: err}
	}
	c.m.Position, c.m.PositionCode, c.position = data, code, p
	c.setDuties(func(seat int) Duty { return r.Duty(p, seat) })
	return nil
}

// Decode returns the present position of a ruled match that has started.
func (m Match) Decode(r Rules) (Position, error) {
	p, err := r.Decode(m.PositionCode, m.Position)
	if err != nil {
		return nil, &Error{Reason: "INTERNAL", Err: err}
	}
	return p, nil
}

func errRulesMissing(m Match) error {
	return Refuse(RulesMissing, "this server does not have version %d of %s: the match can be read, not played", m.Ruleset, m.Game)
}

// stale says what is wrong with the version that a player acted on.
func stale(expected, version uint64) string {
	if expected > version {
		return fmt.Sprintf("the match is at version %d, not yet at %d: read it", version, expected)
	}
	return fmt.Sprintf("what you have to decide has changed since version %d: the match is at %d now, read it again", expected, version)
}
