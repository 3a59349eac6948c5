package game

import "time"

// Resign gives up the player's seat. With two players the other one wins; with more the seat is dropped and the others
// play on. rt is what comes with a resignation in turn in relay mode: who is next, and optionally a state.
func (m Match) Resign(r Rules, player PlayerID, rt *RelayTurn, now time.Time) (Change, error) {
	seat, err := m.mayAct(player)
	if err != nil {
		return Change{}, err
	}
	if m.Ruled() && rt != nil {
		return Change{}, Refuse(InvalidField, "relay: not in a match under rules")
	}
	if m.Ruled() && r == nil {
		return Change{}, errRulesMissing(m)
	}
	inTurn := m.Place(seat).Duty == MustAct
	if rt != nil && !inTurn {
		return Change{}, Refuse(NotYourTurn, "out of turn a resignation leaves turn and state alone")
	}
	if rt != nil && len(rt.Outcomes) > 0 {
		return Change{}, Refuse(InvalidField, "relay: a resignation names the next seats, no outcomes")
	}
	c := m.begin(now)
	if rt != nil && rt.State != nil {
		c.m.Relay = *rt.State // also when it ends the match: that is what the others look at then
	}
	left := m.inPlay()
	pl := c.place(seat)
	pl.Acted = m.Version + 1
	pl.State, pl.Duty = SeatDropped, Waits
	pl.Outcome = &Outcome{Seat: seat, Result: Lost, Place: len(left), Ending: EndResigned}
	if c.m.seated() == 0 || len(left) <= 2 {
		c.setDuties(func(int) Duty { return Waits })
		c.tell(seat, PlayerResigned{})
		c.finish(nil)
		return c.done(), nil
	}
	if m.Ruled() {
		p, err := m.Decode(r)
		if err != nil {
			return Change{}, err
		}
		played, err := r.Leave(p, seat, NewChance(m.Seed, m.Version+1))
		if err != nil {
			return Change{}, &Error{Reason: "INTERNAL", Err: err}
		}
		err = c.follow(r, played.Position, played.SameTurn, seat, func(mustAct []int, _ bool) Fact {
			return PlayerResigned{MustAct: mustAct}
		})
		if err != nil {
			return Change{}, err
		}
		return c.done(), nil
	}
	return c.resignRelay(seat, inTurn, rt)
}

func (c *change) resignRelay(seat int, inTurn bool, rt *RelayTurn) (Change, error) {
	if !inTurn {
		// The one who resigned may stand among the fallbacks.
		var next []Next
		for _, n := range c.m.Next {
			if n.Seat != seat {
				next = append(next, n)
			}
		}
		c.m.Next = next
		c.tell(seat, PlayerResigned{MustAct: c.m.MustAct()})
		return c.done(), nil
	}
	if rt == nil || len(rt.Next) == 0 {
		return Change{}, Refuse(InvalidField, "relay: in turn, a resignation names the next seats")
	}
	next, err := c.m.nextSeats(rt.Next)
	if err != nil {
		return Change{}, err
	}
	c.passTo(next, false, seat, func(mustAct []int) Fact { return PlayerResigned{MustAct: mustAct} })
	return c.done(), nil
}

// finish ends the match. outcomes are those of the seats still in it; nil: the last one sitting, if any, has won.
func (c *change) finish(outcomes []Outcome) {
	if outcomes == nil {
		for i, pl := range c.m.Places {
			if pl.State == SeatSeated {
				outcomes = append(outcomes, Outcome{Seat: i + 1, Result: Won, Place: 1, Ending: EndPlayed})
			}
		}
	}
	for _, o := range outcomes {
		if pl := c.place(o.Seat); pl.State == SeatSeated {
			pl.Outcome = &o
		}
	}
	c.m.State = Finished
	c.over()
	var all []Outcome
	for _, pl := range c.m.Places {
		if pl.Outcome != nil {
			all = append(all, *pl.Outcome)
		}
	}
	if n := len(c.events); n > 0 {
		if taken, ok := c.events[n-1].Fact.(TurnTaken); ok {
			taken.Outcomes = all
			c.events[n-1].Fact = taken
		}
	}
	c.tell(0, MatchFinished{Outcomes: all})
}
