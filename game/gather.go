package game

import (
	"slices"
	"time"
)

// LapseAfter is how long a seat stays empty, or an invitation unanswered, before it lapses, unless the server is
// configured otherwise.
const LapseAfter = 14 * 24 * time.Hour

// NewMatch is what Create makes a match of. All randomness comes in by Seed; the ids are the caller's to choose.
type NewMatch struct {
	ID MatchID
	Settings
	Seed    Seed
	Creator PlayerID
	// Seat is the creator's, 0 to draw it.
	Seat int
	// JoinCode is set for a match by code.
	JoinCode string
	Invite   []Invitee
	// State is the first one of a relay match.
	State RelayState
	// LapseAfter is how long seats may stay empty.
	LapseAfter time.Duration
}

// Invitee is a player for whom a seat is kept. Silent: he blocked the inviter and is not to know.
type Invitee struct {
	Player PlayerID
	Silent bool
}

// Create makes a match with its creator in a seat. r is nil in relay mode.
func Create(r Rules, n NewMatch, now time.Time) (Change, error) {
	s := &n.Settings
	if err := s.fill(r); err != nil {
		return Change{}, err
	}
	if n.Seat < 0 || n.Seat > s.MaxSeats {
		return Change{}, Refuse(InvalidField, "seat: from 1 to max_seats, or 0 to draw it")
	}
	c := &change{now: now, lapsesFrom: now, m: Match{
		ID: n.ID, Settings: *s, Seed: n.Seed, Creator: n.Creator, JoinCode: n.JoinCode, State: Gathering,
		Places: make([]Place, s.MaxSeats), Created: now, Relay: n.State, Lapse: now.Add(n.LapseAfter),
	}}
	for i := range c.m.Places {
		c.m.Places[i].State = SeatEmpty
	}
	seat := n.Seat
	if seat == 0 {
		seat = 1 + NewChance(n.Seed, 1).IntN(s.MaxSeats)
	}
	*c.place(seat) = Place{State: SeatSeated, Player: n.Creator}
	c.tell(seat, MatchCreated{})
	if err := c.invite(n.Creator, n.Invite); err != nil {
		return Change{}, err
	}
	if s.Start == AtOnce || s.Start == WhenFull && c.m.seated() == s.MaxSeats {
		if err := c.start(r); err != nil {
			return Change{}, err
		}
	}
	return c.done(), nil
}

// fill sets what was left out and refuses what does not fit.
func (s *Settings) fill(r Rules) error {
	least, most := 2, MaxSeats
	s.Ruleset = 0
	if r != nil {
		info := r.Info()
		least, most, s.Ruleset = info.MinSeats, info.MaxSeats, info.Version
	}
	switch {
	case s.MaxSeats == 0 && s.MinSeats == 0:
		s.MinSeats, s.MaxSeats = least, least
	case s.MaxSeats == 0:
		s.MaxSeats = s.MinSeats
	case s.MinSeats == 0:
		s.MinSeats = least
	}
	if s.MinSeats < least || s.MaxSeats > most || s.MinSeats > s.MaxSeats {
		return Refuse(InvalidField, "min_seats and max_seats: from %d to %d for %s", least, most, s.Game)
	}
	if s.Access == 0 {
		s.Access = Public
	}
	if s.Start == 0 {
		s.Start = WhenFull
	}
	if r == nil {
		return nil
	}
	o, err := r.Check(s.Options, s.MaxSeats)
	if err != nil {
		return Refuse(InvalidField, "%v", err)
	}
	s.Options = o
	return nil
}

// Join seats a player: in the seat kept for him, in the wanted one, or with wanted 0 in the first that is free. The
// caller has made sure that the player may see the match.
func (m Match) Join(r Rules, player PlayerID, wanted int, now time.Time) (Change, error) {
	if m.State.Over() {
		return Change{}, Refuse(MatchOver, "the match is over")
	}
	if m.PlaysIn(player) > 0 {
		return Change{}, Refuse(AlreadySeated, "you have seat %d", m.PlaysIn(player))
	}
	if wanted < 0 || wanted > len(m.Places) {
		return Change{}, Refuse(InvalidField, "seat: from 1 to %d", len(m.Places))
	}
	seat := m.SeatOf(player) // the one kept for him
	if seat == 0 {
		seat = m.freeSeat()
		if seat == 0 || m.Access == Invited {
			return Change{}, Refuse(MatchFull, "no seat is free")
		}
		if kept := m.silentlyKept(player); wanted == 0 && kept > 0 {
			seat = kept // he does not know, but it must not stay kept for one who sits elsewhere
		}
		if wanted > 0 {
			seat = wanted
		}
	} else if wanted > 0 && wanted != seat {
		return Change{}, Refuse(SeatTaken, "seat %d is kept for you", seat)
	}
	if pl := m.Place(seat); !pl.Free() && pl.Player != player {
		return Change{}, Refuse(SeatTaken, "seat %d is not free", seat)
	}
	c := m.begin(now)
	was := c.place(seat)
	// Duty and Since stay: in a match that started at once the turn may have reached the seat already.
	*was = Place{State: SeatSeated, Player: player, Duty: was.Duty, Since: was.Since}
	if was.Duty == MustAct {
		was.Since = now // nobody thought about this move before
	}
	c.tell(seat, PlayerJoined{})
	if c.m.State == Gathering && c.m.Start == WhenFull && c.m.seated() == len(c.m.Places) {
		if err := c.start(r); err != nil {
			return Change{}, err
		}
	}
	if c.m.State == Active && !c.m.gapsLeft() {
		c.m.Lapse = time.Time{}
	}
	return c.done(), nil
}

// silentlyKept returns the seat kept for a player who is not to know of it, or 0.
func (m Match) silentlyKept(player PlayerID) int {
	return 1 + slices.IndexFunc(m.Places, func(p Place) bool {
		return p.State == SeatInvited && p.Silent && p.Player == player
	})
}

// gapsLeft reports whether an active match still waits for somebody to join.
func (m Match) gapsLeft() bool {
	return m.Start == AtOnce && slices.ContainsFunc(m.Places, func(p Place) bool { return p.Free() || p.State == SeatInvited })
}

// Invite keeps free seats for players.
func (m Match) Invite(by PlayerID, whom []Invitee, now time.Time) (Change, error) {
	if err := m.mayArrange(by); err != nil {
		return Change{}, err
	}
	if m.State == Active && m.Start != AtOnce {
		return Change{}, Refuse(AlreadyStarted, "play has begun: the seats that were free stayed out of it")
	}
	c := m.begin(now)
	if err := c.invite(by, whom); err != nil {
		return Change{}, err
	}
	return c.done(), nil
}

func (c *change) invite(by PlayerID, whom []Invitee) error {
	for _, w := range whom {
		if slices.ContainsFunc(c.m.Places, func(p Place) bool {
			return p.Player == w.Player && !p.Free()
		}) {
			return Refuse(AlreadySeated, "player %v has a seat or an invitation", w.Player)
		}
		seat := c.m.freeSeat()
		if seat == 0 {
			return Refuse(MatchFull, "no seat is free for player %v", w.Player)
		}
		pl := c.place(seat)
		*pl = Place{
			State: SeatInvited, Player: w.Player, InvitedBy: by, Silent: w.Silent, InvitedAt: c.now,
			Duty: pl.Duty, Since: pl.Since,
		}
		c.tell(seat, PlayerInvited{By: by})
	}
	return nil
}

// mayArrange refuses who does not sit in a match that can still change its players.
func (m Match) mayArrange(player PlayerID) error {
	switch seat := m.PlaysIn(player); {
	case seat == 0 || m.Place(seat).State != SeatSeated:
		return Refuse(NotSeated, "you have no seat in this match")
	case m.State.Over():
		return Refuse(MatchOver, "the match is over")
	}
	return nil
}

// Decline gives back the seat that was kept for the player.
func (m Match) Decline(player PlayerID, now time.Time) (Change, error) {
	seat := m.SeatOf(player)
	if seat == 0 || m.Place(seat).State != SeatInvited {
		return Change{}, Refuse(NotSeated, "you are not invited")
	}
	if m.State.Over() {
		return Change{}, Refuse(MatchOver, "the match is over")
	}
	c := m.begin(now)
	c.free(seat, SeatDeclined, InvitationDeclined{})
	return c.done(), nil
}

// free empties a seat; who had it stays named.
func (c *change) free(seat int, as SeatState, f Fact) {
	c.tell(seat, f)
	pl := c.place(seat)
	*pl = Place{State: as, Player: pl.Player, Duty: pl.Duty, Since: pl.Since}
}

// Leave gives up a seat before the start. When the last player leaves, the match is cancelled.
func (m Match) Leave(player PlayerID, now time.Time) (Change, error) {
	if err := m.mayArrange(player); err != nil {
		return Change{}, err
	}
	if m.State != Gathering {
		return Change{}, Refuse(AlreadyStarted, "play has begun: resign instead")
	}
	c := m.begin(now)
	c.free(m.PlaysIn(player), SeatLeft, PlayerLeft{})
	if c.m.seated() == 0 {
		c.cancel(ByCreator)
	}
	return c.done(), nil
}

// StartNow starts a gathering match that has enough players.
func (m Match) StartNow(r Rules, player PlayerID, now time.Time) (Change, error) {
	if err := m.mayArrange(player); err != nil {
		return Change{}, err
	}
	switch {
	case m.State != Gathering:
		return Change{}, Refuse(AlreadyStarted, "play has begun")
	case m.Host() != player:
		return Change{}, Refuse(NotHost, "only the host may start the match")
	case m.seated() < m.MinSeats:
		return Change{}, Refuse(TooFewPlayers, "%d of at least %d seats are taken", m.seated(), m.MinSeats)
	}
	c := m.begin(now)
	for i, pl := range m.Places {
		if pl.State == SeatInvited {
			c.free(i+1, SeatDeclined, InvitationDeclined{Lapsed: true})
		}
	}
	if err := c.start(r); err != nil {
		return Change{}, err
	}
	return c.done(), nil
}

// start begins play with the seats that are in it.
func (c *change) start(r Rules) error {
	c.m.State, c.m.Started = Active, c.now
	c.newTurn()
	if !c.m.gapsLeft() {
		c.m.Lapse = time.Time{}
	}
	if !c.m.Ruled() {
		// As in GameKit the creator has the first turn; if he left, the host.
		first := c.m.PlaysIn(c.m.Host())
		c.m.Next = []Next{{Seat: first}}
		c.relayDuties()
		c.tell(0, MatchStarted{MustAct: c.m.MustAct()})
		return nil
	}
	if r == nil {
		return errRulesMissing(c.m)
	}
	p, err := r.Setup(c.m.Options, c.m.inPlay(), NewChance(c.m.Seed, c.m.Version+1))
	if err != nil {
		return Refuse(InvalidField, "%v", err)
	}
	if err := c.setPosition(r, p); err != nil {
		return err
	}
	c.tell(0, MatchStarted{MustAct: c.m.MustAct()})
	return nil
}

// Cancel calls a match off: its host may until somebody else has a seat in play.
func (m Match) Cancel(player PlayerID, now time.Time) (Change, error) {
	if err := m.mayArrange(player); err != nil {
		return Change{}, err
	}
	switch {
	case m.Host() != player:
		return Change{}, Refuse(NotHost, "only the host may cancel the match")
	case m.State == Active && m.seated() > 1:
		return Change{}, Refuse(AlreadyStarted, "play has begun: resign instead")
	}
	c := m.begin(now)
	c.place(m.PlaysIn(player)).Acted = m.Version + 1 // so that it is no news to him
	c.cancel(ByCreator)
	return c.done(), nil
}

// CancelFor ends a match without a result, for a reason that is no player's.
func (m Match) CancelFor(why CancelReason, now time.Time) (Change, error) {
	if m.State.Over() {
		return Change{}, Refuse(MatchOver, "the match is over")
	}
	c := m.begin(now)
	c.cancel(why)
	return c.done(), nil
}

func (c *change) cancel(why CancelReason) {
	c.m.State = Cancelled
	c.over()
	c.tell(0, MatchCancelled{Reason: why})
}

// over is what finishing and cancelling have in common.
func (c *change) over() {
	c.m.Ended, c.m.Lapse, c.m.Next = c.now, time.Time{}, nil
	c.setDuties(func(int) Duty { return Waits })
}

// LapseNow gives up on whoever did not come: invitations that have gone unanswered for too long are declined, and when
// none is left open, the match is cancelled. ok is false when nothing was due; when something was, the match changes.
func (m Match) LapseNow(now time.Time) (ch Change, ok bool) {
	if m.State.Over() || m.Lapse.IsZero() || now.Before(m.Lapse) {
		return Change{}, false
	}
	after := m.Lapse.Sub(m.lapsesFrom())
	c := m.begin(now)
	open := false
	for i, pl := range m.Places {
		switch {
		case pl.State != SeatInvited:
		case now.Before(pl.InvitedAt.Add(after)):
			open = true // it keeps the match alive until it lapses too
		default:
			c.free(i+1, SeatDeclined, InvitationDeclined{Lapsed: true})
		}
	}
	if !open {
		c.cancel(HasLapsed)
	}
	return c.done(), true
}

// lapsesFrom is when the waiting began that ends at Lapse: with the oldest invitation that is open, or, when there is
// none, with the match.
func (m Match) lapsesFrom() time.Time {
	from := time.Time{}
	for _, pl := range m.Places {
		if pl.State == SeatInvited && (from.IsZero() || pl.InvitedAt.Before(from)) {
			from = pl.InvitedAt
		}
	}
	if from.IsZero() {
		return m.Created
	}
	return from
}
