package clientsim

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// Judge plays a match that is over again, by the rules and from the seed that its replay tells, and fails if anything in
// the history does not follow: a move, what chance decided, who had to act, the result. Relay matches and games that the
// registry does not have are not judged.
func Judge(games *game.Registry, r *pb.GetReplayResponse) error {
	s := r.GetMatch().GetSummary()
	rules, ok := games.Find(s.GetGame(), int(s.GetRulesetVersion()))
	if !ok {
		return nil
	}
	n, err := newMatch(r)
	if err != nil {
		return err
	}
	events := make([]game.Event, len(r.GetEvents()))
	for i, e := range r.GetEvents() {
		if events[i], err = eventOf(e); err != nil {
			return fmt.Errorf("event %d: %w", e.GetVersion(), err)
		}
	}
	if len(events) == 0 {
		return errors.New("a replay without events")
	}
	m, err := game.Replay(rules, n, events)
	if err != nil {
		return err
	}
	if m.State != game.State(s.GetState()) || m.Turn != s.GetTurn() || m.Version != s.GetVersion() {
		return fmt.Errorf("played again, the match is %v in turn %d at version %d; it was %v in turn %d at version %d",
			m.State, m.Turn, m.Version, s.GetState(), s.GetTurn(), s.GetVersion())
	}
	return nil
}

// newMatch reads what created a match.
func newMatch(r *pb.GetReplayResponse) (game.NewMatch, error) {
	m, s := r.GetMatch(), r.GetMatch().GetSummary()
	n := game.NewMatch{LapseAfter: game.LapseAfter, Settings: game.Settings{
		Game: s.GetGame(), MinSeats: int(m.GetMinSeats()), MaxSeats: len(s.GetSeats()), Access: game.Access(m.GetAccess()),
		Start: game.StartRule(m.GetStartRule()), Spectators: m.GetSpectators(), Rated: s.GetRated(), Title: s.GetTitle(), Labels: s.GetLabels(),
	}}
	if copy(n.Seed[:], r.GetSeed()) != len(n.Seed) {
		return n, fmt.Errorf("the replay of a match that is over has a seed of %d bytes", len(r.GetSeed()))
	}
	var err error
	if n.ID, err = game.ParseMatchID(s.GetMatchId()); err != nil {
		return n, fmt.Errorf("match %q: %w", s.GetMatchId(), err)
	}
	if n.Creator, err = playerID(m.GetCreatorId()); err != nil {
		return n, err
	}
	if m.GetOptions() != nil {
		if n.Options, err = protojson.Marshal(m.GetOptions()); err != nil {
			return n, fmt.Errorf("options: %w", err)
		}
	}
	return n, nil
}

func playerID(text string) (game.PlayerID, error) {
	if text == "" {
		return game.PlayerID{}, nil
	}
	id, err := game.ParsePlayerID(text)
	if err != nil {
		return id, fmt.Errorf("player %q: %w", text, err)
	}
	return id, nil
}

// eventOf reads an event as the core writes it.
func eventOf(e *pb.Event) (game.Event, error) {
	out := game.Event{Version: e.GetVersion(), At: e.GetEventTime().AsTime(), Turn: e.GetTurn(), Seat: int(e.GetSeat())}
	var err error
	if out.Player, err = playerID(e.GetPlayerId()); err != nil {
		return out, err
	}
	switch k := e.GetKind().(type) {
	case *pb.Event_MatchCreated:
		out.Fact = game.MatchCreated{}
	case *pb.Event_PlayerInvited:
		by, err := playerID(k.PlayerInvited.GetInvitedBy())
		if err != nil {
			return out, err
		}
		out.Fact = game.PlayerInvited{By: by}
	case *pb.Event_PlayerJoined:
		out.Fact = game.PlayerJoined{}
	case *pb.Event_InvitationDeclined:
		out.Fact = game.InvitationDeclined{Lapsed: k.InvitationDeclined.GetLapsed()}
	case *pb.Event_PlayerLeft:
		out.Fact = game.PlayerLeft{}
	case *pb.Event_MatchStarted:
		out.Fact = game.MatchStarted{MustAct: seats(k.MatchStarted.GetMustAct())}
	case *pb.Event_TurnTaken:
		t := k.TurnTaken
		f := game.TurnTaken{SameTurn: t.GetSameTurn(), MustAct: seats(t.GetMustAct()), Taken: t.GetTimeTaken().AsDuration()}
		for _, mv := range t.GetMoves() {
			f.Moves = append(f.Moves, playedMove(mv))
		}
		f.Outcomes = endOf(t.GetOutcomes())
		out.Fact = f
	case *pb.Event_PlayerResigned:
		out.Fact = game.PlayerResigned{MustAct: seats(k.PlayerResigned.GetMustAct())}
	case *pb.Event_MatchFinished:
		out.Fact = game.MatchFinished{Outcomes: endOf(k.MatchFinished.GetOutcomes())}
	case *pb.Event_MatchCancelled:
		out.Fact = game.MatchCancelled{Reason: game.CancelReason(k.MatchCancelled.GetReason())}
	default:
		return out, fmt.Errorf("%T is hidden or unknown in a match that is over", k)
	}
	return out, nil
}

// endOf reads how a match ended.
func endOf(list []*pb.Outcome) []game.Outcome {
	var out []game.Outcome
	for _, o := range list {
		out = append(out, game.Outcome{
			Seat: int(o.GetSeat()), Result: game.Result(o.GetResult()), Place: int(o.GetPlace()), Score: o.Score,
			Ending: game.Ending(o.GetEnding()),
		})
	}
	return out
}

func playedMove(mv *pb.PlayedMove) game.PlayedMove {
	played := game.PlayedMove{Text: mv.GetText(), Chance: mv.GetChance(), Hidden: mv.GetHidden()}
	if len(mv.GetData()) > 0 {
		played.Data = mv.GetData()
	}
	return played
}

func seats(list []int32) []int {
	var out []int
	for _, n := range list {
		out = append(out, int(n))
	}
	return out
}
