package fakeserver

import (
	"strings"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// playMove carries out a turn on a match whose turn it is.
func playMove(m *yourmovev1.Match, req *yourmovev1.SubmitTurnRequest) error {
	move := req.GetMoves()[0].GetText()
	switch m.GetSummary().GetGame() {
	case "tictactoe":
		return playTicTacToe(m, move)
	case "pig":
		return playPig(m, move)
	case "chess":
		return playChess(m)
	default:
		return playRelay(m, req.GetRelay())
	}
}

// pass gives the turn to the other seat.
func pass(m *yourmovev1.Match) {
	m.Summary.Turn++
	m.Summary.MustAct = []int32{3 - m.Summary.MustAct[0]}
}

// finish ends the match.
func finish(m *yourmovev1.Match) {
	m.Summary.State, m.Summary.MustAct = yourmovev1.MatchState_MATCH_STATE_FINISHED, nil
	m.Summary.EndTime = timestamppb.Now()
}

func illegal(message string) error {
	return Refuse(connect.CodeFailedPrecondition, "ILLEGAL_MOVE", message, 0)
}

// playTicTacToe ends with the full board: who has three in a row makes no difference to a client's loop.
func playTicTacToe(m *yourmovev1.Match, move string) error {
	if len(move) != 2 || move[0] < 'a' || move[0] > 'c' || move[1] < '1' || move[1] > '3' {
		return Refuse(connect.CodeInvalidArgument, "MALFORMED_MOVE", "not a square", 0)
	}
	row, col := int('3'-move[1]), int(move[0]-'a')
	rows := m.View.GetFields()["rows"].GetListValue()
	var next []any
	for i, r := range rows.GetValues() {
		s := r.GetStringValue()
		if i == row {
			if s[col] != '.' {
				return illegal("the square is taken")
			}
			s = s[:col] + string("XO"[m.Summary.MustAct[0]-1]) + s[col+1:]
		}
		next = append(next, s)
	}
	m.View = view(map[string]any{"rows": next, "next": "?"})
	pass(m)
	if !strings.Contains(next[0].(string)+next[1].(string)+next[2].(string), ".") {
		finish(m)
	}
	return nil
}

// chessMoves is how long a game of chess is. The fake takes any move: it does not know the rules.
const chessMoves = 86

func playChess(m *yourmovev1.Match) error {
	pass(m)
	if m.Summary.Turn > chessMoves {
		finish(m)
	}
	return nil
}

// playPig rolls fives and ends at the third hold.
func playPig(m *yourmovev1.Match, move string) error {
	total := m.View.GetFields()["turn_total"].GetNumberValue()
	switch {
	case move == "roll":
		total += 5
	case move == "hold" && total > 0:
		total = 0
		pass(m)
	default:
		return illegal("roll, or hold what was rolled")
	}
	m.View = view(map[string]any{"turn_total": total})
	if m.Summary.Turn == 4 {
		finish(m)
	}
	return nil
}

func playRelay(m *yourmovev1.Match, turn *yourmovev1.RelayTurn) error {
	switch {
	case turn.GetState() == nil || (len(turn.GetNextSeats()) > 0) == (len(turn.GetOutcomes()) > 0):
		return Refuse(connect.CodeInvalidArgument, "INVALID_FIELD", "a state, and next seats or outcomes", 0)
	case len(turn.GetOutcomes()) == 2:
		finish(m)
		return nil
	case len(turn.GetNextSeats()) == 1 && turn.GetNextSeats()[0].GetSeat() == 3-m.Summary.MustAct[0]:
		pass(m)
		return nil
	}
	return illegal("the other seat, or outcomes of both")
}
