package game

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// RelayTurn is what a turn brings in relay mode: optionally a state, and either who is next or how it ended.
type RelayTurn struct {
	// State replaces the former one; nil leaves it.
	State *RelayState
	// Next are the next seats, in order of fallback. Naming oneself first saves and goes on.
	Next []Next
	// Outcomes ends the match: one for every seat still in it.
	Outcomes []Outcome
}

func (m Match) submitRelay(seat int, t Turn, now time.Time) (Change, error) {
	if t.Relay == nil || len(t.Moves) > 1 {
		return Change{}, Refuse(InvalidField, "relay: a turn in relay mode names the next seats or the outcomes, with at most one move")
	}
	if (len(t.Relay.Next) > 0) == (len(t.Relay.Outcomes) > 0) {
		return Change{}, Refuse(InvalidField, "relay: either next_seats or outcomes")
	}
	c := m.begin(now)
	if t.Relay.State != nil {
		c.m.Relay = *t.Relay.State
	}
	taken := TurnTaken{Moves: t.Moves}
	if pl := m.Place(seat); now.After(pl.Since) {
		taken.Taken = now.Sub(pl.Since)
	}
	c.acted(seat, t.Moves)
	if len(t.Relay.Outcomes) > 0 {
		outcomes, err := m.declared(t.Relay.Outcomes)
		if err != nil {
			return Change{}, err
		}
		c.setDuties(func(int) Duty { return Waits })
		c.tell(seat, taken)
		c.finish(outcomes)
		return c.done(), nil
	}
	next, err := m.nextSeats(t.Relay.Next)
	if err != nil {
		return Change{}, err
	}
	taken.SameTurn = next[0].Seat == seat
	c.passTo(next, taken.SameTurn, seat, func(mustAct []int) Fact {
		taken.MustAct = mustAct
		return taken
	})
	return c.done(), nil
}

// passTo gives the turn to the first of next and tells the fact.
func (c *change) passTo(next []Next, same bool, seat int, fact func(mustAct []int) Fact) {
	turn := c.m.Turn
	if !same {
		c.newTurn()
	}
	c.m.Next = next
	c.place(seat).Duty = Waits
	c.relayDuties()
	now := c.m.Turn
	c.m.Turn = turn // the event belongs to the turn in which it happened
	c.tell(seat, fact(c.m.MustAct()))
	c.m.Turn = now
}

func (c *change) relayDuties() {
	c.setDuties(func(seat int) Duty {
		if len(c.m.Next) > 0 && c.m.Next[0].Seat == seat {
			return MustAct
		}
		return Waits
	})
}

// nextSeats checks the seats that a turn is to pass to and leaves out those that are no longer in the match.
func (m Match) nextSeats(named []Next) ([]Next, error) {
	in := m.inPlay()
	var next []Next
	seen := map[int]bool{}
	for _, n := range named {
		if n.Seat < 1 || n.Seat > len(m.Places) || n.Limit < 0 || seen[n.Seat] {
			return nil, Refuse(InvalidField, "next_seats: each seat once, from 1 to %d, with a time limit of 0 or more", len(m.Places))
		}
		seen[n.Seat] = true
		if slices.Contains(in, n.Seat) {
			next = append(next, n)
		}
	}
	if len(next) == 0 {
		return nil, Refuse(IllegalMove, "next_seats: none of them is in the match; in it are %s", seatList(in))
	}
	return next, nil
}

// declared checks that the outcomes name every seat still in the match once, and marks them as declared.
func (m Match) declared(outcomes []Outcome) ([]Outcome, error) {
	var want []int
	for i, pl := range m.Places {
		if pl.State == SeatSeated {
			want = append(want, i+1)
		}
	}
	list := slices.Clone(outcomes)
	var got []int
	for i := range list {
		o := &list[i]
		if o.Result < Won || o.Result > NoResult || o.Place < 0 || o.Place > MaxSeats {
			return nil, Refuse(InvalidField, "outcomes: a result, and a place from 1 or 0")
		}
		o.Ending = EndDeclared
		got = append(got, o.Seat)
	}
	slices.SortFunc(list, func(a, b Outcome) int { return a.Seat - b.Seat })
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return nil, Refuse(IllegalMove, "outcomes: exactly one for each of %s", seatList(want))
	}
	return list, nil
}

func seatList(seats []int) string {
	if len(seats) == 0 {
		return "no seat"
	}
	word := "seat "
	if len(seats) > 1 {
		word = "seats "
	}
	return word + strings.Trim(strings.ReplaceAll(fmt.Sprint(seats), " ", ", "), "[]")
}
