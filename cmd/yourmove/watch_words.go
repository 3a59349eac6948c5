package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// mostCasts is of how many matches a teller remembers who plays in them.
const mostCasts = 1000

// teller prints events for people, with names as far as it can find them.
type teller struct {
	client adminv1connect.AdminServiceClient
	out    io.Writer
	casts  map[string]*yourmovev1.MatchSummary // by match: who sat where when it was read
	begun  bool
}

func newTeller(client adminv1connect.AdminServiceClient, out io.Writer) *teller {
	return &teller{client: client, out: out, casts: map[string]*yourmovev1.MatchSummary{}}
}

// eventLine has the columns that have one width; what happened is behind them.
const eventLine = "%-20s  %-36s  %-7v  %-4v  %s\n"

func (t *teller) print(ctx context.Context, in *yourmovev1.InboxEvent) error {
	if !t.begun {
		t.begun = true
		if _, err := fmt.Fprintf(t.out, eventLine, "WHEN", "MATCH", "VERSION", "TURN", "EVENT"); err != nil {
			return err
		}
	}
	e := in.GetEvent()
	_, err := fmt.Fprintf(t.out, eventLine, when(e.GetEventTime()), oneLine(in.GetMatchId()), e.GetVersion(), e.GetTurn(),
		oneLine(sentence(e, t.cast(ctx, in))))
	return err
}

// cast finds out who plays in the match of an event. Where that fails ids have to do.
func (t *teller) cast(ctx context.Context, in *yourmovev1.InboxEvent) *yourmovev1.MatchSummary {
	id := in.GetMatchId()
	known := t.casts[id]
	// Whose seat is whose changes with other events than turns.
	if known != nil && (in.GetEvent().GetTurnTaken() != nil || in.GetEvent().GetVersion() <= known.GetVersion()) {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, adminPatience)
	defer cancel()
	res, err := t.client.GetMatch(ctx, &adminv1.GetMatchRequest{MatchId: id})
	if err != nil {
		return known
	}
	if len(t.casts) >= mostCasts {
		clear(t.casts)
	}
	t.casts[id] = res.GetMatch().GetSummary()
	return t.casts[id]
}

// sentence tells an event in one sentence: who did what, and who must act next.
func sentence(e *yourmovev1.Event, cast *yourmovev1.MatchSummary) string {
	who := playerName(e.GetSeat(), e.GetPlayerId(), cast)
	switch k := e.GetKind().(type) {
	case *yourmovev1.Event_PlayerInvited:
		return playerName(0, k.PlayerInvited.GetInvitedBy(), cast) + " invited " + who
	case *yourmovev1.Event_PlayerJoined:
		return who + " joined"
	case *yourmovev1.Event_PlayerLeft:
		return who + " left"
	case *yourmovev1.Event_MatchStarted:
		return happened(e) + nextNames(k.MatchStarted.GetMustAct(), cast)
	case *yourmovev1.Event_TurnTaken:
		return who + " " + happened(e) + nextNames(k.TurnTaken.GetMustAct(), cast)
	case *yourmovev1.Event_PlayerResigned:
		return who + " " + happened(e) + nextNames(k.PlayerResigned.GetMustAct(), cast)
	case *yourmovev1.Event_MatchFinished:
		var said []string
		for _, o := range k.MatchFinished.GetOutcomes() {
			said = append(said, playerName(o.GetSeat(), "", cast)+" "+outcome(o))
		}
		return "finished: " + strings.Join(said, ", ")
	case *yourmovev1.Event_MatchCreated, *yourmovev1.Event_InvitationDeclined:
		return who + " " + happened(e)
	}
	return happened(e)
}

// playerName names somebody: "Anna (seat 1)". Without a player it is who sits there; 0: without the seat.
func playerName(seat int32, id string, cast *yourmovev1.MatchSummary) string {
	name := id
	for _, s := range cast.GetSeats() {
		if s.GetPlayerId() == id && id != "" || id == "" && s.GetSeat() == seat {
			name = s.GetName()
		}
	}
	switch {
	case seat == 0:
		return name
	case name == "":
		return fmt.Sprintf("seat %d", seat)
	}
	return fmt.Sprintf("%s (seat %d)", name, seat)
}

// nextNames says who must act now.
func nextNames(seats []int32, cast *yourmovev1.MatchSummary) string {
	var names []string
	for _, seat := range seats {
		names = append(names, playerName(seat, "", cast))
	}
	if len(names) == 0 {
		return ""
	}
	return "; next: " + strings.Join(names, ", ")
}
