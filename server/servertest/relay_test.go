package servertest_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

func TestRelayState(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "relay", bob)
	players, turns := []*player{ann, bob}, 0
	for _, st := range []*pb.RelayState{
		textState("first"), textState(strings.Repeat("é", server.MaxState/2)), dataState(bytes.Repeat([]byte{0, 0xff}, server.MaxState/2)), nil,
		textState("small"),
	} {
		mover, next := players[turns%2], players[(turns+1)%2]
		before := mover.get(t, id).GetState()
		res := mover.pass(t, id, st, int32((turns+1)%2)+1)
		turns++
		if st == nil { // the former one stays, and nothing was sent that could be left out
			st = before
			if !proto.Equal(res.GetMatch().GetState(), st) {
				t.Error("a turn without a state is not answered with the one there is")
			}
		} else if res.GetMatch().GetState() != nil {
			t.Error("the state is sent back to who sent it")
		}
		for _, p := range []*player{mover, next} {
			if got := p.get(t, id).GetState(); !proto.Equal(got, st) {
				t.Errorf("the state became %d bytes of %.20q", proto.Size(got), got)
			}
		}
	}
	v := ann.version(t, id)
	for _, st := range []*pb.RelayState{textState(strings.Repeat("x", server.MaxState+1)), dataState(make([]byte, server.MaxState+1))} {
		_, err := bob.SubmitTurn(t.Context(), relay(id, v, st, 1))
		refused(t, err, connect.CodeResourceExhausted, game.PayloadTooBig)
		_, err = bob.CreateMatch(t.Context(), &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", State: st})
		refused(t, err, connect.CodeResourceExhausted, game.PayloadTooBig)
	}
	if got := ann.get(t, id); got.GetState().GetText() != "small" || got.GetSummary().GetVersion() != v {
		t.Errorf("a refused state left %v", got)
	}
	m := ann.create(t, &pb.CreateMatchRequest{Game: "relay", State: dataState(make([]byte, server.MaxState))})
	if got := ann.get(t, matchOf(m)).GetState().GetData(); len(got) != server.MaxState {
		t.Errorf("the first state became %d bytes", len(got))
	}
}

func TestRelayStateIsNotListedNorShownToWhoLooksIn(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, eve := signIn(t, s, "ann"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, State: textState("secret plans")})
	seen := &record{}
	for _, m := range []*pb.Match{
		eve.get(t, matchOf(m)), eve.list(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "relay", View: pb.ListView_LIST_VIEW_FULL}).GetMatches()[0],
		ann.list(t, &pb.ListMatchesRequest{}).GetMatches()[0],
	} {
		seen.message(m)
	}
	seen.without(t, "the state", "secret plans")
	if got := ann.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL}).GetMatches()[0].GetState().GetText(); got != "secret plans" {
		t.Errorf("a full list shows its player the state %q", got)
	}
}

func TestRelayTurnWaitsAtAnEmptySeat(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := servertest.New(t, servertest.Options{Now: c.Now, AccessLifetime: 24 * time.Hour})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	m := ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE})
	id := matchOf(m)
	if m.GetSummary().GetStanding() != pb.Standing_STANDING_MY_TURN {
		t.Fatalf("the creator's standing is %v", m.GetSummary().GetStanding())
	}
	ann.pass(t, id, textState("hello"), 2)
	if got := ann.get(t, id).GetSummary(); got.GetStanding() != pb.Standing_STANDING_WAITING || len(got.GetMustAct()) != 1 || got.GetMustAct()[0] != 2 {
		t.Errorf("after the creator's turn: %v", got)
	}
	c.forward(3 * time.Hour)
	joined := bob.join(t, id).GetMatch()
	if joined.GetSummary().GetStanding() != pb.Standing_STANDING_MY_TURN || joined.GetState().GetText() != "hello" {
		t.Errorf("who joins is shown %v", joined)
	}
	c.forward(time.Minute)
	res := bob.pass(t, id, nil, 1)
	if took := res.GetEvents()[0].GetTurnTaken().GetTimeTaken().AsDuration(); took != time.Minute {
		t.Errorf("the turn took %v: who was not there did not think", took)
	}
}

func TestRelayFallbacksAndOutcomes(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	id := ann.newGame(t, "relay", bob, eve)
	v := ann.version(t, id)
	none, both := relay(id, v, nil), relay(id, v, nil, 2)
	both.Relay.Outcomes = []*pb.Outcome{{Seat: 1, Result: pb.Result_RESULT_WON}}
	moves := relay(id, v, nil, 2)
	moves.Moves = []*pb.Move{{Text: "a"}, {Text: "b"}}
	negative := relay(id, v, nil, 2)
	negative.Relay.NextSeats[0].TimeLimit = durationpb.New(-time.Second)
	for _, r := range []*pb.SubmitTurnRequest{turn(id, v, "move alone"), none, both, moves, negative, relay(id, v, nil, 2, 2), relay(id, v, nil, 4), relay(id, v, nil, 0)} {
		_, err := ann.SubmitTurn(t.Context(), r)
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	}
	_, err := bob.SubmitTurn(t.Context(), relay(id, v, textState("mine"), 2))
	refused(t, err, connect.CodeFailedPrecondition, game.NotYourTurn)

	// Himself first: saved and seen, the turn goes on.
	ann.pass(t, id, textState("half a turn"), 1, 3, 2)
	if m := bob.get(t, id); m.GetState().GetText() != "half a turn" || m.GetSummary().GetTurn() != 1 || m.GetSummary().GetMustAct()[0] != 1 {
		t.Errorf("after a part of a turn: %v", m)
	}
	r := relay(id, ann.version(t, id), nil, 3, 2)
	r.Relay.NextSeats[0].TimeLimit = durationpb.New(48 * time.Hour)
	must(ann.SubmitTurn(t.Context(), r))(t)
	next := bob.get(t, id).GetNextSeats()
	if len(next) != 2 || next[0].GetSeat() != 3 || next[0].GetTimeLimit().AsDuration() != 48*time.Hour || next[1].GetSeat() != 2 {
		t.Errorf("the turn passes on to %v", next)
	}

	// In turn a resignation names who is next; the fallbacks leave out who is gone.
	_, err = eve.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID()})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	_, err = eve.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID(), Relay: &pb.RelayTurn{NextSeats: []*pb.NextSeat{{Seat: 3}}}})
	refused(t, err, connect.CodeFailedPrecondition, game.IllegalMove)
	_, err = bob.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID(), Relay: &pb.RelayTurn{State: textState("out of turn")}})
	refused(t, err, connect.CodeFailedPrecondition, game.NotYourTurn)
	must(eve.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID(), Relay: &pb.RelayTurn{
		State: textState("farewell"), NextSeats: []*pb.NextSeat{{Seat: 3}, {Seat: 2}},
	}}))(t)
	m := bob.get(t, id)
	if m.GetState().GetText() != "farewell" || m.GetSummary().GetStanding() != pb.Standing_STANDING_MY_TURN ||
		m.GetSummary().GetSeats()[2].GetState() != pb.SeatState_SEAT_STATE_DROPPED {
		t.Errorf("after a resignation: %v", m)
	}
	_, err = eve.SubmitTurn(t.Context(), relay(id, m.GetSummary().GetVersion(), nil, 1))
	refused(t, err, connect.CodePermissionDenied, game.NotSeated)

	// Only the mover may end it, with one outcome for every seat still in.
	end := turn(id, m.GetSummary().GetVersion())
	score := 3.5
	for _, list := range [][]*pb.Outcome{
		{{Seat: 1, Result: pb.Result_RESULT_WON}},
		{{Seat: 1, Result: pb.Result_RESULT_WON}, {Seat: 3, Result: pb.Result_RESULT_LOST}},
		{{Seat: 1, Result: pb.Result_RESULT_WON}, {Seat: 1, Result: pb.Result_RESULT_LOST}},
		{{Seat: 1, Result: pb.Result_RESULT_WON}, {Seat: 2, Result: pb.Result_RESULT_LOST}, {Seat: 3, Result: pb.Result_RESULT_LOST}},
	} {
		end.Relay = &pb.RelayTurn{Outcomes: list}
		_, err := bob.SubmitTurn(t.Context(), end)
		refused(t, err, connect.CodeFailedPrecondition, game.IllegalMove)
	}
	end.Relay = &pb.RelayTurn{Outcomes: []*pb.Outcome{
		{Seat: 2, Result: pb.Result_RESULT_WON, Place: 1, Score: &score}, {Seat: 1, Result: pb.Result_RESULT_LOST, Place: 2},
	}}
	_, err = ann.SubmitTurn(t.Context(), proto.CloneOf(end))
	refused(t, err, connect.CodeFailedPrecondition, game.NotYourTurn)
	must(bob.SubmitTurn(t.Context(), end))(t)
	over := ann.get(t, id).GetSummary()
	if over.GetState() != pb.MatchState_MATCH_STATE_FINISHED || len(over.GetMustAct()) != 0 {
		t.Fatalf("after the end: %v", over)
	}
	want := []*pb.Outcome{
		{Seat: 1, Result: pb.Result_RESULT_LOST, Place: 2, Ending: pb.Ending_ENDING_DECLARED},
		{Seat: 2, Result: pb.Result_RESULT_WON, Place: 1, Score: &score, Ending: pb.Ending_ENDING_DECLARED},
		{Seat: 3, Result: pb.Result_RESULT_LOST, Place: 3, Ending: pb.Ending_ENDING_RESIGNED},
	}
	for i, o := range want {
		if got := over.GetSeats()[i].GetOutcome(); !proto.Equal(got, o) {
			t.Errorf("seat %d came out %v, not %v", i+1, got, o)
		}
	}
	if seed := ann.replay(t, id).GetSeed(); len(seed) != 0 {
		t.Error("a relay match has no randomness, yet a seed is told")
	}
}

func TestLastOneLeftWins(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	for _, name := range []string{"relay", "drill"} {
		id := ann.newGame(t, name, bob, eve)
		eve.resign(t, id)
		if got := ann.get(t, id).GetSummary(); got.GetState() != pb.MatchState_MATCH_STATE_ACTIVE || got.GetStanding() != pb.Standing_STANDING_MY_TURN {
			t.Errorf("%s: after one of three resigned: %v", name, got)
		}
		bob.resign(t, id)
		got := ann.get(t, id).GetSummary()
		if got.GetState() != pb.MatchState_MATCH_STATE_FINISHED || got.GetSeats()[0].GetOutcome().GetResult() != pb.Result_RESULT_WON {
			t.Errorf("%s: after two of three resigned: %v", name, got)
		}
		_, err := bob.Resign(t.Context(), &pb.ResignRequest{MatchId: id, RequestId: newID()})
		refused(t, err, connect.CodeFailedPrecondition, game.MatchOver)
	}
}
