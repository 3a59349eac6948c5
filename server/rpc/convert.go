package rpc

import (
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

// maxLastMove bounds a last move's text in a summary, in bytes.
const maxLastMove = 64

// stamp writes an instant; the zero one is absent.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func ints(list []int) []int32 {
	var out []int32
	for _, n := range list {
		out = append(out, int32(n))
	}
	return out
}

func idText(id game.PlayerID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

func summary(v *server.MatchView) *pb.MatchSummary {
	m := &v.Match
	s := &pb.MatchSummary{
		MatchId: m.ID.String(), Game: m.Game, RulesetVersion: int32(m.Ruleset), Title: m.Title, Labels: m.Labels,
		State: pb.MatchState(m.State), MySeat: int32(v.Viewer), Standing: pb.Standing(v.Standing),
		MustAct: ints(m.MustAct()), Version: m.Version, Turn: m.Turn, Summary: v.Summary, HasDraft: v.Draft != nil,
		CreateTime: stamp(m.Created), EndTime: stamp(m.Ended), Rated: m.Rated,
	}
	for i, pl := range m.Places {
		s.Seats = append(s.Seats, seat(i+1, pl, v.Players))
	}
	if m.Last.Seat > 0 {
		s.LastMove = &pb.LastMove{Seat: int32(m.Last.Seat), Text: cut(m.Last.Move.Text), TakeTime: stamp(m.Last.At)}
	}
	return s
}

// cut shortens a text to maxLastMove bytes, not in the middle of a character.
func cut(text string) string {
	if len(text) <= maxLastMove {
		return text
	}
	n := maxLastMove
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func seat(n int, pl game.Place, players map[game.PlayerID]server.Player) *pb.Seat {
	s := &pb.Seat{
		Seat: int32(n), State: pb.SeatState(pl.State), PlayerId: idText(pl.Player), InvitedBy: idText(pl.InvitedBy),
		Duty: pb.Duty(pl.Duty),
	}
	if p, ok := players[pl.Player]; ok {
		s.Name, s.Bot = p.Name, p.Bot
	}
	if pl.Outcome != nil {
		s.Outcome = outcome(*pl.Outcome)
	}
	return s
}

func outcome(o game.Outcome) *pb.Outcome {
	return &pb.Outcome{
		Seat: int32(o.Seat), Result: pb.Result(o.Result), Place: int32(o.Place), Score: o.Score, Ending: pb.Ending(o.Ending),
	}
}

func outcomes(list []game.Outcome) []*pb.Outcome {
	var out []*pb.Outcome
	for _, o := range list {
		out = append(out, outcome(o))
	}
	return out
}

// jsonStruct reads a JSON object that our own side wrote; nil stays nil.
func jsonStruct(data []byte) (*structpb.Struct, error) {
	if len(data) == 0 {
		return nil, nil
	}
	s := new(structpb.Struct)
	if err := protojson.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("a view or options that are not a JSON object: %w", err)
	}
	return s, nil
}

func relayState(s game.RelayState) *pb.RelayState {
	switch {
	case len(s.Data) == 0:
		return nil
	case s.Text:
		return &pb.RelayState{Content: &pb.RelayState_Text{Text: string(s.Data)}}
	}
	return &pb.RelayState{Content: &pb.RelayState_Data{Data: s.Data}}
}

func match(v *server.MatchView) (*pb.Match, error) {
	if v == nil {
		return nil, nil
	}
	m := &v.Match
	out := &pb.Match{
		Summary: summary(v), LegalMoves: v.Legal, Access: pb.Access(m.Access), StartRule: pb.StartRule(m.Start),
		MinSeats: int32(m.MinSeats), Spectators: m.Spectators, CreatorId: idText(m.Creator), JoinCode: m.JoinCode,
		Drawing: v.Drawing, RulesetMissing: v.RulesMissing, State: relayState(m.Relay), Draft: draft(v.Draft),
	}
	for _, n := range m.Next {
		next := &pb.NextSeat{Seat: int32(n.Seat)}
		if n.Limit > 0 {
			next.TimeLimit = durationpb.New(n.Limit)
		}
		out.NextSeats = append(out.NextSeats, next)
	}
	var err error
	if out.Options, err = jsonStruct(m.Options); err != nil {
		return nil, err
	}
	if out.View, err = jsonStruct(v.View); err != nil {
		return nil, err
	}
	return out, nil
}

func draft(d *server.Draft) *pb.Draft {
	if d == nil {
		return nil
	}
	out := &pb.Draft{SaveTime: stamp(d.Saved)}
	for _, m := range d.Moves {
		out.Moves = append(out.Moves, &pb.Move{Text: m.Text, Data: m.Data})
	}
	if d.State != nil {
		out.State = relayState(*d.State)
	}
	return out
}

func events(list []server.ShownEvent) []*pb.Event {
	var out []*pb.Event
	for _, e := range list {
		out = append(out, event(e))
	}
	return out
}

func event(e server.ShownEvent) *pb.Event {
	out := &pb.Event{
		Version: e.Version, EventTime: stamp(e.At), Turn: e.Turn, Seat: int32(e.Seat), PlayerId: idText(e.Player),
	}
	switch f := e.Fact.(type) {
	case game.MatchCreated:
		out.Kind = &pb.Event_MatchCreated{MatchCreated: &pb.MatchCreated{}}
	case game.PlayerInvited:
		out.Kind = &pb.Event_PlayerInvited{PlayerInvited: &pb.PlayerInvited{InvitedBy: idText(f.By)}}
	case game.PlayerJoined:
		out.Kind = &pb.Event_PlayerJoined{PlayerJoined: &pb.PlayerJoined{}}
	case game.InvitationDeclined:
		out.Kind = &pb.Event_InvitationDeclined{InvitationDeclined: &pb.InvitationDeclined{Lapsed: f.Lapsed}}
	case game.PlayerLeft:
		out.Kind = &pb.Event_PlayerLeft{PlayerLeft: &pb.PlayerLeft{}}
	case game.MatchStarted:
		out.Kind = &pb.Event_MatchStarted{MatchStarted: &pb.MatchStarted{MustAct: ints(f.MustAct)}}
	case game.TurnTaken:
		out.Kind = &pb.Event_TurnTaken{TurnTaken: turnTaken(f, e.RequestID)}
	case game.PlayerResigned:
		out.Kind = &pb.Event_PlayerResigned{PlayerResigned: &pb.PlayerResigned{MustAct: ints(f.MustAct)}}
	case game.MatchFinished:
		out.Kind = &pb.Event_MatchFinished{MatchFinished: &pb.MatchFinished{Outcomes: outcomes(f.Outcomes)}}
	case game.MatchCancelled:
		out.Kind = &pb.Event_MatchCancelled{MatchCancelled: &pb.MatchCancelled{Reason: pb.CancelReason(f.Reason)}}
	case game.Hidden:
		out.Kind = &pb.Event_Hidden{Hidden: &pb.Hidden{}}
	}
	return out
}

func turnTaken(f game.TurnTaken, req server.RequestID) *pb.TurnTaken {
	out := &pb.TurnTaken{
		SameTurn: f.SameTurn, MustAct: ints(f.MustAct), TimeTaken: durationpb.New(f.Taken), Outcomes: outcomes(f.Outcomes),
		ActedBy: pb.ActedBy_ACTED_BY_PLAYER,
	}
	for _, mv := range f.Moves {
		out.Moves = append(out.Moves, &pb.PlayedMove{Text: mv.Text, Data: mv.Data, Chance: mv.Chance, Hidden: mv.Hidden})
	}
	if req != (server.RequestID{}) {
		out.RequestId = game.MatchID(req).String()
	}
	return out
}

// player writes a player for himself (own) or for others.
func player(p server.Player, own bool) *pb.Player {
	out := &pb.Player{PlayerId: p.ID.String(), Name: p.Name, Bot: p.Bot, CreateTime: stamp(p.Created)}
	if !own {
		return out
	}
	out.Locale, out.TimeZone, out.HidePresence = p.Locale, p.TimeZone, p.HidePresence
	for _, i := range p.Identities {
		out.Identities = append(out.Identities, &pb.Identity{Kind: i.Kind, LinkTime: stamp(i.Linked)})
	}
	for _, id := range p.Blocked {
		out.BlockedPlayerIds = append(out.BlockedPlayerIds, id.String())
	}
	return out
}
