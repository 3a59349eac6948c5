package game

import (
	"fmt"
	"reflect"
	"time"
)

// Replay makes a match again from what created it, its events and its rules: it repeats the command behind each group
// of events that happened at once and compares what comes of it. It fails where an event does not follow. Whom n invited
// may be left out of it, as the events tell that; they do not tell of Silent. Relay turns bring states that are not
// kept, so a relay match that has been played has no replay.
func Replay(r Rules, n NewMatch, events []Event) (Match, error) {
	var m Match
	for len(events) > 0 {
		change, err := redo(r, m, n, events)
		if err != nil {
			return m, fmt.Errorf("event %d: %w", events[0].Version, err)
		}
		if len(change.Events) > len(events) {
			return m, fmt.Errorf("event %d: events are missing after it", events[0].Version)
		}
		for i, e := range change.Events {
			if !sameEvent(e, events[i]) {
				return m, fmt.Errorf("event %d: is %+v, a replay gives %+v", e.Version, events[i], e)
			}
		}
		m, events = change.Match, events[len(change.Events):]
	}
	return m, nil
}

func sameEvent(a, b Event) bool {
	at := a.At.Equal(b.At)
	a.At, b.At = time.Time{}, time.Time{}
	return at && reflect.DeepEqual(a, b)
}

// redo gives the command that the first of the events tells of.
func redo(r Rules, m Match, n NewMatch, events []Event) (Change, error) {
	e := events[0]
	switch f := e.Fact.(type) {
	case MatchCreated:
		n.Seat = e.Seat
		if len(n.Invite) == 0 {
			n.Invite = invitedAt(events[1:], n.Creator, e.At)
		}
		return Create(r, n, e.At)
	case PlayerInvited:
		return m.Invite(f.By, []Invitee{{Player: e.Player}}, e.At)
	case PlayerJoined:
		if kept := m.SeatOf(e.Player); kept > 0 && kept != e.Seat {
			m = m.clone() // events do not tell so, but he cannot have known of the seat that was kept for him
			m.Places[kept-1].Silent = true
		}
		return m.Join(r, e.Player, e.Seat, e.At)
	case InvitationDeclined:
		if f.Lapsed {
			if m.State == Gathering && startsNow(events) {
				return m.StartNow(r, m.Host(), e.At)
			}
			c, ok := m.LapseNow(e.At)
			if !ok {
				return Change{}, fmt.Errorf("nothing was due")
			}
			return c, nil
		}
		return m.Decline(e.Player, e.At)
	case PlayerLeft:
		return m.Leave(e.Player, e.At)
	case MatchStarted:
		return m.StartNow(r, m.Host(), e.At)
	case TurnTaken:
		return m.Submit(r, e.Player, Turn{Expected: m.Version, Moves: f.Moves}, e.At)
	case PlayerResigned:
		return m.Resign(r, e.Player, nil, e.At)
	case MatchCancelled:
		if f.Reason == ByCreator {
			return m.Cancel(m.Host(), e.At) // the last one to leave cancels by PlayerLeft
		}
		return m.CancelFor(f.Reason, e.At)
	}
	return Change{}, fmt.Errorf("%T follows from no command", e.Fact)
}

// invitedAt finds whom the creator of a match invited with it.
func invitedAt(events []Event, creator PlayerID, at time.Time) (list []Invitee) {
	for _, e := range events {
		inv, ok := e.Fact.(PlayerInvited)
		if !ok || inv.By != creator || !e.At.Equal(at) {
			break
		}
		list = append(list, Invitee{Player: e.Player})
	}
	return list
}

// startsNow reports whether lapsed invitations made way for the start.
func startsNow(events []Event) bool {
	for _, e := range events {
		switch f := e.Fact.(type) {
		case MatchStarted:
			return e.At.Equal(events[0].At)
		case InvitationDeclined:
			if f.Lapsed {
				continue
			}
		}
		return false
	}
	return false
}
