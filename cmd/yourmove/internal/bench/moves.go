package bench

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// relay is the name of relay mode.
const relay = "relay"

// mover puts a turn of the seat that must act into a request. It knows the match from its last answer alone.
type mover func(m *match, rng *rand.Rand, req *yourmovev1.SubmitTurnRequest) error

// moversByGame are the games that the bench can play.
var moversByGame = map[string]mover{
	"chess": moveChess, "pig": movePig, relay: moveRelay, "tictactoe": moveTicTacToe,
}

// Games names what the bench can play.
func Games() string { return strings.Join(slices.Sorted(maps.Keys(moversByGame)), ", ") }

// moveTicTacToe marks a random empty square. The view has the rows from the top.
func moveTicTacToe(m *match, rng *rand.Rand, req *yourmovev1.SubmitTurnRequest) error {
	var free []string
	rows := m.view.GetFields()["rows"].GetListValue().GetValues()
	for i, r := range rows {
		for j, c := range r.GetStringValue() {
			if c == '.' {
				free = append(free, fmt.Sprintf("%c%d", 'a'+j, len(rows)-i))
			}
		}
	}
	if len(free) == 0 {
		return fmt.Errorf("match %s is on, but no square is free in its view %v", m.id, m.view)
	}
	req.Moves = []*yourmovev1.Move{{Text: free[rng.IntN(len(free))]}}
	return nil
}

// holdAt is the turn total at which a careful player of pig stops.
const holdAt = 20

// movePig rolls until the turn's total is worth keeping.
func movePig(m *match, _ *rand.Rand, req *yourmovev1.SubmitTurnRequest) error {
	total, ok := m.view.GetFields()["turn_total"].GetKind().(*structpb.Value_NumberValue)
	if !ok {
		return fmt.Errorf("match %s: its view %v does not have the turn's total", m.id, m.view)
	}
	move := "roll"
	if total.NumberValue >= holdAt {
		move = "hold"
	}
	req.Moves = []*yourmovev1.Move{{Text: move}}
	return nil
}

// relayLength is after how many turns a relay match of the bench ends in a draw: that of a long game of chess.
const relayLength = 100

// moveRelay passes a small state on to the next seat.
func moveRelay(m *match, _ *rand.Rand, req *yourmovev1.SubmitTurnRequest) error {
	turn := &yourmovev1.RelayTurn{State: relayState(m.turn)}
	if m.turn < relayLength {
		turn.NextSeats = []*yourmovev1.NextSeat{{Seat: int32(m.actor%len(m.accounts) + 1)}}
	} else {
		for seat := range m.accounts {
			turn.Outcomes = append(turn.Outcomes, &yourmovev1.Outcome{Seat: int32(seat + 1), Result: yourmovev1.Result_RESULT_DRAWN})
		}
	}
	req.Relay, req.Moves = turn, []*yourmovev1.Move{{Text: fmt.Sprintf("move %d", m.turn)}}
	return nil
}

// passOn is moveRelay without an end.
func passOn(m *match, _ *rand.Rand, req *yourmovev1.SubmitTurnRequest) error {
	req.Relay = &yourmovev1.RelayTurn{
		State:     relayState(m.turn),
		NextSeats: []*yourmovev1.NextSeat{{Seat: int32(m.actor%len(m.accounts) + 1)}},
	}
	req.Moves = []*yourmovev1.Move{{Text: fmt.Sprintf("move %d", m.turn)}}
	return nil
}

func relayState(turn uint64) *yourmovev1.RelayState {
	return &yourmovev1.RelayState{Content: &yourmovev1.RelayState_Text{
		Text: fmt.Sprintf(`{"turn":%d,"board":"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR"}`, turn),
	}}
}
