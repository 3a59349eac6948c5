package rpc

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

func matchID(text string) (game.MatchID, error) {
	id, err := game.ParseMatchID(text)
	if err != nil {
		return id, game.Refuse(game.InvalidField, "match_id: not a UUID")
	}
	return id, nil
}

func playerID(text string) (game.PlayerID, error) {
	id, err := game.ParsePlayerID(text)
	if err != nil {
		return id, game.Refuse(game.InvalidField, "player_id: not a UUID")
	}
	return id, nil
}

func playerIDs(texts []string) ([]game.PlayerID, error) {
	var ids []game.PlayerID
	for _, t := range texts {
		id, err := playerID(t)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func requestID(text string) (server.RequestID, error) {
	id, err := game.ParseMatchID(text)
	if err != nil {
		return server.RequestID{}, game.Refuse(game.InvalidField, "request_id: not a UUID")
	}
	return server.RequestID(id), nil
}

// ids reads the two ids that most calls have.
func ids(match, request string) (game.MatchID, server.RequestID, error) {
	id, err := matchID(match)
	if err != nil {
		return id, server.RequestID{}, err
	}
	req, err := requestID(request)
	return id, req, err
}

// maxNesting bounds how deep options nest. What one player sends others have to read, and most decoders of protobuf give
// up at 100 messages within each other; a level of JSON is two or three.
const maxNesting = 16

// nesting returns how many objects and lists are within each other, the outermost included.
func nesting(fields map[string]*structpb.Value) int {
	deepest := 0
	for _, v := range fields {
		deepest = max(deepest, nestingOf(v))
	}
	return 1 + deepest
}

func nestingOf(v *structpb.Value) int {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StructValue:
		return nesting(k.StructValue.GetFields())
	case *structpb.Value_ListValue:
		deepest := 0
		for _, x := range k.ListValue.GetValues() {
			deepest = max(deepest, nestingOf(x))
		}
		return 1 + deepest
	}
	return 0
}

// optionsOf writes options as JSON. encoding/json sorts the names, so the same options always make the same bytes.
func optionsOf(s *structpb.Struct) (game.Options, error) {
	if s == nil {
		return nil, nil
	}
	if nesting(s.GetFields()) > maxNesting {
		return nil, game.Refuse(game.InvalidField, "options: nested deeper than %d levels", maxNesting)
	}
	b, err := json.Marshal(s.AsMap())
	if err != nil {
		return nil, game.Refuse(game.InvalidField, "options: not JSON")
	}
	return b, nil
}

func movesOf(list []*pb.Move) []game.PlayedMove {
	var moves []game.PlayedMove
	for _, m := range list {
		moves = append(moves, game.PlayedMove{Text: m.GetText(), Data: m.GetData()})
	}
	return moves
}

func stateOf(s *pb.RelayState) *game.RelayState {
	switch c := s.GetContent().(type) {
	case *pb.RelayState_Text:
		return &game.RelayState{Data: []byte(c.Text), Text: true}
	case *pb.RelayState_Data:
		return &game.RelayState{Data: c.Data}
	}
	return nil
}

func relayOf(t *pb.RelayTurn) *game.RelayTurn {
	if t == nil {
		return nil
	}
	rt := &game.RelayTurn{State: stateOf(t.GetState())}
	for _, n := range t.GetNextSeats() {
		// Whole milliseconds are what is kept.
		rt.Next = append(rt.Next, game.Next{Seat: int(n.GetSeat()), Limit: n.GetTimeLimit().AsDuration().Truncate(time.Millisecond)})
	}
	for _, o := range t.GetOutcomes() {
		rt.Outcomes = append(rt.Outcomes, game.Outcome{
			Seat: int(o.GetSeat()), Result: game.Result(o.GetResult()), Place: int(o.GetPlace()), Score: o.Score,
		})
	}
	return rt
}
