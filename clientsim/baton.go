package clientsim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

const relayGame = game.Relay

// baton is what bots pass around in relay mode. Whoever gets it can tell from the match's events whether it is the one
// that the last mover sent.
type baton struct {
	// N counts the turns that were taken. From To on, whoever has the baton ends the match.
	N  int `json:"n"`
	To int `json:"to"`
	// By is the seat that sent it, 0 for the first. Mark is the move that came with it.
	By   int32  `json:"by"`
	Mark string `json:"mark"`
}

func (b baton) state() *pb.RelayState {
	text, err := json.Marshal(b)
	if err != nil {
		panic("clientsim: a baton is always JSON: " + err.Error())
	}
	return &pb.RelayState{Content: &pb.RelayState_Text{Text: string(text)}}
}

// readBaton reads the state of a match and checks that it is what the last mover sent.
func readBaton(m *pb.Match, turns []*pb.Event, tell tell) (baton, error) {
	var b baton
	text := m.GetState().GetText()
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return b, fmt.Errorf("the state of version %d, %.100q, is not what bots send: %w", m.GetSummary().GetVersion(), text, err)
	}
	want := baton{N: len(turns), To: b.To}
	if n := len(turns); n > 0 {
		want.By = turns[n-1].GetSeat()
		if moves := turns[n-1].GetTurnTaken().GetMoves(); len(moves) == 1 {
			want.Mark = moves[0].GetText()
		}
	}
	if b != want {
		tell("the state of version %d is %s; after %d turns, the last by seat %d with %q, it should not be",
			m.GetSummary().GetVersion(), text, want.N, want.By, want.Mark)
	}
	return b, nil
}

// pass makes the turn that follows: to the next seat, to oneself now and then, or the end.
func (b baton) pass(rng *rand.Rand, s *pb.MatchSummary) ([]*pb.Move, *pb.RelayTurn) {
	me := s.GetMySeat()
	mark := fmt.Sprintf("%d by %d: %06x", b.N+1, me, rng.Uint32()>>8)
	b.N, b.By, b.Mark = b.N+1, me, mark
	turn := &pb.RelayTurn{State: b.state()}
	// Who has not joined yet has had no part in it: the end waits for him.
	if b.N >= b.To && openSeats(s) == 0 {
		turn.Outcomes = outcomes(rng, s)
	} else {
		turn.NextSeats = others(s)
		if rng.IntN(8) == 0 {
			turn.NextSeats = append([]*pb.NextSeat{{Seat: me}}, turn.NextSeats...)
		}
	}
	return []*pb.Move{{Text: mark}}, turn
}

// others lists the seats after one's own, in order around the table, without those that are out.
func others(s *pb.MatchSummary) []*pb.NextSeat {
	var list []*pb.NextSeat
	n := len(s.GetSeats())
	for i := 1; i < n; i++ {
		if seat := s.GetSeats()[(int(s.GetMySeat())-1+i)%n]; seat.GetState() != pb.SeatState_SEAT_STATE_DROPPED {
			list = append(list, &pb.NextSeat{Seat: seat.GetSeat()})
		}
	}
	return list
}

// outcomes makes an end: somebody wins, or all draw.
func outcomes(rng *rand.Rand, s *pb.MatchSummary) []*pb.Outcome {
	var list []*pb.Outcome
	for _, seat := range s.GetSeats() {
		if seat.GetState() == pb.SeatState_SEAT_STATE_SEATED {
			score := float64(rng.IntN(100))
			list = append(list, &pb.Outcome{Seat: seat.GetSeat(), Result: pb.Result_RESULT_LOST, Place: 2, Score: &score})
		}
	}
	if winner := rng.IntN(len(list) + 1); winner < len(list) {
		list[winner].Result, list[winner].Place = pb.Result_RESULT_WON, 1
		return list
	}
	for _, o := range list {
		o.Result, o.Place = pb.Result_RESULT_DRAWN, 1
	}
	return list
}
