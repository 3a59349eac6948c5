package clientsim

import (
	"slices"

	pb "yourmove/proto/gen/yourmove/v1"
)

// story is what a match was to one player after each of its events, as far as its events tell.
type story struct {
	// first is the version with which the match became the player's: that of the first event of the commit.
	first  uint64
	events []*pb.Event
	places []place // places[v] is after event v
}

// place is what a match is to a player.
type place struct {
	seat             int32
	invited, started bool
	// over, and by the player's own act. calledOff: by its host, whom the events do not name.
	over, byMe, calledOff bool
	must                  []int32
	// acted is the version of the player's last act.
	acted uint64
}

// storyOf follows the events of a match that is over, for a player who did not leave it.
func storyOf(events []*pb.Event, player string) story {
	c := story{events: events, places: []place{{}}}
	var p place
	for i, e := range events {
		p.follow(e, e.GetPlayerId() == player)
		c.places = append(c.places, p)
		if c.first == 0 && p.seat > 0 {
			c.first = c.begins(i)
		}
	}
	return c
}

// begins returns the first version of the commit by which event i told the player that the match is his. A creation and
// its invitations are one.
func (c *story) begins(i int) uint64 {
	first := i
	for first > 0 && c.events[i].GetPlayerInvited() != nil && (c.events[first-1].GetPlayerInvited() != nil || c.events[first-1].GetMatchCreated() != nil) {
		first--
	}
	if c.events[first].GetMatchCreated() == nil {
		first = i
	}
	return c.events[first].GetVersion()
}

// follow is what the place becomes by an event; mine: it is about the player.
func (p *place) follow(e *pb.Event, mine bool) {
	switch k := e.GetKind().(type) {
	case *pb.Event_MatchCreated:
		if mine {
			p.seat = e.GetSeat()
		}
	case *pb.Event_PlayerInvited:
		if mine {
			p.seat, p.invited = e.GetSeat(), true
		}
	case *pb.Event_PlayerJoined:
		if mine {
			p.seat, p.invited = e.GetSeat(), false
		}
	case *pb.Event_InvitationDeclined, *pb.Event_PlayerLeft:
		if mine {
			p.seat, p.invited = 0, false
		}
	case *pb.Event_MatchStarted:
		p.started, p.must = true, k.MatchStarted.GetMustAct()
	case *pb.Event_TurnTaken:
		p.must = k.TurnTaken.GetMustAct()
		p.act(e, mine)
	case *pb.Event_PlayerResigned:
		p.must = k.PlayerResigned.GetMustAct()
		p.act(e, mine)
	case *pb.Event_MatchFinished:
		p.over, p.byMe = true, p.acted > 0 && p.acted+1 == e.GetVersion()
	case *pb.Event_MatchCancelled:
		p.over, p.calledOff = true, k.MatchCancelled.GetReason() == pb.CancelReason_CANCEL_REASON_BY_CREATOR
	}
}

func (p *place) act(e *pb.Event, mine bool) {
	if mine {
		p.acted = e.GetVersion()
	}
}

// is reports whether the match is to the player what he is told. The host has seen that he called it off.
func (p *place) is(told pb.Standing) bool {
	return told == p.standing() || p.calledOff && told == pb.Standing_STANDING_FINISHED
}

// standing is what the match is to the player, who has not looked at it since.
func (p *place) standing() pb.Standing {
	switch {
	case p.seat == 0:
		return pb.Standing_STANDING_UNSPECIFIED
	case p.over && p.byMe:
		return pb.Standing_STANDING_FINISHED
	case p.over:
		return pb.Standing_STANDING_FINISHED_UNSEEN
	case p.invited:
		return pb.Standing_STANDING_INVITED
	case !p.started:
		return pb.Standing_STANDING_GATHERING
	case slices.Contains(p.must, p.seat):
		return pb.Standing_STANDING_MY_TURN
	}
	return pb.Standing_STANDING_WAITING
}

// fits checks what an event was told with: the seat, and what the match was to the player after it and what else happened
// at once. rest is what was heard after it.
func (c *story) fits(s sound, rest []sound, tell tell) {
	v := s.event.GetEvent().GetVersion()
	var want []pb.Standing
	for end := v; ; end++ {
		joint, may := c.joint(end)
		if joint && (len(rest) == 0 || rest[0].batch != s.batch) {
			tell("the inbox tells of event %d, but not at once with event %d", v, end+1)
		}
		if p := c.places[end]; !joint {
			want = append(want, p.standing())
			if p.is(s.event.GetStanding()) {
				c.seated(s.event, p, tell)
				return
			}
		}
		if !may {
			break
		}
	}
	tell("event %d was told with the standing %v; the match was %v to the player then", v, s.event.GetStanding(), want)
}

// seated checks for which seat an event was told: the player's, none while he is only invited.
func (c *story) seated(e *pb.InboxEvent, p place, tell tell) {
	want := p.seat
	if p.invited {
		want = 0
	}
	if e.GetMySeat() != want {
		tell("event %d was told to seat %d, the player had %d", e.GetEvent().GetVersion(), e.GetMySeat(), want)
	}
}

// joint reports whether the event after v happened at once with it: must it have, or may it?
func (c *story) joint(v uint64) (must, may bool) {
	if v >= uint64(len(c.events)) {
		return false, false
	}
	e, after := c.events[v-1], c.events[v]
	if !e.GetEventTime().AsTime().Equal(after.GetEventTime().AsTime()) {
		return false, false
	}
	switch after.GetKind().(type) {
	case *pb.Event_MatchFinished:
		return true, true
	case *pb.Event_PlayerInvited, *pb.Event_InvitationDeclined, *pb.Event_MatchStarted, *pb.Event_MatchCancelled:
		return false, true
	}
	return false, false
}
