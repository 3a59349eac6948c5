package servertest_test

import (
	"fmt"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// send makes a call of whichever method the request belongs to.
func send(t *testing.T, p *player, req proto.Message) (answer, error) {
	ctx := t.Context()
	switch r := req.(type) {
	case *pb.CreateMatchRequest:
		return p.CreateMatch(ctx, r)
	case *pb.JoinMatchRequest:
		return p.JoinMatch(ctx, r)
	case *pb.InvitePlayersRequest:
		return p.InvitePlayers(ctx, r)
	case *pb.DeclineInvitationRequest:
		return p.DeclineInvitation(ctx, r)
	case *pb.LeaveMatchRequest:
		return p.LeaveMatch(ctx, r)
	case *pb.StartMatchRequest:
		return p.StartMatch(ctx, r)
	case *pb.CancelMatchRequest:
		return p.CancelMatch(ctx, r)
	case *pb.SubmitTurnRequest:
		return p.SubmitTurn(ctx, r)
	case *pb.ResignRequest:
		return p.Resign(ctx, r)
	}
	return nil, fmt.Errorf("%T is no call that changes a match", req)
}

// ledger has the calls that were carried out, with their first answers.
type ledger struct {
	t     *testing.T
	calls []made
}

type made struct {
	by    *player
	req   proto.Message
	other proto.Message // the same request_id with another request
	first answer
}

// do makes a call for the first time; other is another request with its request_id.
func (l *ledger) do(by *player, req, other proto.Message) answer {
	l.t.Helper()
	res, err := send(l.t, by, req)
	if err != nil {
		l.t.Fatalf("%T: %v", req, err)
	}
	l.calls = append(l.calls, made{by, req, other, res})
	return res
}

// repeat makes all calls again, on the server given, and as other requests.
func (l *ledger) repeat(when string, s *servertest.Server) {
	l.t.Helper()
	for _, c := range l.calls {
		what := fmt.Sprintf("%s: a repeat of %T", when, c.req)
		by := c.by.on(s)
		res, err := send(l.t, by, c.req)
		if err != nil {
			l.t.Errorf("%s: %v", what, err)
			continue
		}
		sameAnswer(l.t, what, res, c.first)
		if r, ok := c.req.(*pb.SubmitTurnRequest); ok {
			again := proto.CloneOf(r)
			again.ExpectedVersion += 1000 // no part of what was asked
			sameAnswer(l.t, what+" with another expected_version", must(send(l.t, by, again))(l.t), c.first)
		}
		_, err = send(l.t, by, c.other)
		refused(l.t, err, connect.CodeAlreadyExists, game.RequestReused)
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servertest.New(t, servertest.Options{Dir: dir})
	restart := func() {
		s.Close()
		s = servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys})
	}
	ann, bob, carl := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "carl")
	dora, eve := signIn(t, s, "dora"), signIn(t, s, "eve")
	l := &ledger{t: t}

	// Two matches, so that each call that changes one is made: the first is called off, the second played.
	off := &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", Seat: 1, Title: "off", Labels: map[string]string{"a": "1", "b": "2"}}
	offOther := proto.CloneOf(off)
	offOther.Labels["b"] = "3"
	offID := matchOf(l.do(ann, off, offOther).(*pb.CreateMatchResponse).GetMatch())
	cancel := newID()
	l.do(ann, &pb.CancelMatchRequest{MatchId: offID, RequestId: cancel}, &pb.LeaveMatchRequest{MatchId: offID, RequestId: cancel})

	create := &pb.CreateMatchRequest{
		RequestId: newID(), Game: "relay", MinSeats: 2, MaxSeats: 5, Seat: 1, Access: pb.Access_ACCESS_BY_CODE,
		StartRule: pb.StartRule_START_RULE_BY_CALL, State: textState("first"),
	}
	other := proto.CloneOf(create)
	other.State = dataState([]byte("first"))
	m := l.do(ann, create, other).(*pb.CreateMatchResponse).GetMatch()
	id, code := matchOf(m), m.GetJoinCode()
	join := func(p *player, seat int32) {
		req := newID()
		l.do(p, &pb.JoinMatchRequest{JoinCode: code, RequestId: req, Seat: seat}, &pb.JoinMatchRequest{JoinCode: code, RequestId: req, Seat: 5})
	}
	join(bob, 2)
	join(eve, 3)
	join(dora, 0)
	leave := newID()
	l.do(dora, &pb.LeaveMatchRequest{MatchId: id, RequestId: leave}, &pb.DeclineInvitationRequest{MatchId: id, RequestId: leave})
	invite := newID()
	l.do(ann, &pb.InvitePlayersRequest{MatchId: id, RequestId: invite, PlayerIds: []string{carl.id}},
		&pb.InvitePlayersRequest{MatchId: id, RequestId: invite, PlayerIds: []string{dora.id}})
	decline := newID()
	l.do(carl, &pb.DeclineInvitationRequest{MatchId: id, RequestId: decline}, &pb.LeaveMatchRequest{MatchId: id, RequestId: decline})
	start := newID()
	l.do(ann, &pb.StartMatchRequest{MatchId: id, RequestId: start}, &pb.CancelMatchRequest{MatchId: id, RequestId: start})
	submit := relay(id, ann.version(t, id), textState("second"), 2)
	submit.Moves = []*pb.Move{{Text: "e4"}}
	submitOther := proto.CloneOf(submit)
	submitOther.Moves[0].Text = "d4"
	l.do(ann, submit, submitOther)
	resign := newID()
	l.do(eve, &pb.ResignRequest{MatchId: id, RequestId: resign},
		&pb.ResignRequest{MatchId: id, RequestId: resign, Relay: &pb.RelayTurn{State: textState("x")}})

	l.repeat("at once", s)
	restart()
	l.repeat("after a restart", s)
	ann, bob = ann.on(s), bob.on(s)
	for i := range 70 { // more than the match itself remembers
		p, next := bob, int32(1)
		if i%2 == 1 {
			p, next = ann, 2
		}
		p.pass(t, id, nil, next)
	}
	l.repeat("after later turns", s)
	restart()
	l.repeat("after later turns and a restart", s)
	ann, bob = ann.on(s), bob.on(s)
	end := turn(id, bob.version(t, id))
	end.Relay = &pb.RelayTurn{Outcomes: []*pb.Outcome{{Seat: 1, Result: pb.Result_RESULT_WON}, {Seat: 2, Result: pb.Result_RESULT_LOST}}}
	endOther := proto.CloneOf(end)
	endOther.Relay.Outcomes[0].Result, endOther.Relay.Outcomes[1].Result = pb.Result_RESULT_LOST, pb.Result_RESULT_WON
	l.do(bob, end, endOther)
	l.repeat("after the end", s)
	restart()
	l.repeat("after the end and a restart", s)
	if v := ann.on(s).version(t, id); v != l.calls[len(l.calls)-1].first.GetVersion() {
		t.Errorf("repeats brought the match to version %d", v)
	}
}

// The first answer of a call that only its author may understand stays his: dice are not rolled anew, and what was
// hidden from others is in his own events.
func TestRepeatOfARoll(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "pick", bob)
	l := &ledger{t: t}
	for range 5 {
		req := turn(id, ann.version(t, id), "peek")
		other := proto.CloneOf(req)
		other.Moves[0].Text = "pick a"
		l.do(ann, req, other)
	}
	if mv := l.calls[0].first.GetEvents()[0].GetTurnTaken(); mv.GetMoves()[0].GetChance() == "" || mv.GetRequestId() == "" {
		t.Errorf("the author is told %v", mv)
	}
	l.repeat("at once", s)
}

func TestRefusedCallIsJudgedAnew(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	req := turn(id, bob.version(t, id), "pass")
	_, err := bob.SubmitTurn(t.Context(), req)
	refused(t, err, connect.CodeFailedPrecondition, game.NotYourTurn)
	ann.play(t, id, "pass")
	_, err = bob.SubmitTurn(t.Context(), req)
	refused(t, err, connect.CodeAborted, game.VersionStale)
	req.ExpectedVersion++
	req.Moves[0].Text = "wait" // nothing was kept of the request_id: it may even ask for something else
	_, err = bob.SubmitTurn(t.Context(), req)
	refused(t, err, connect.CodeFailedPrecondition, game.IllegalMove)
	req.Moves[0].Text = "pass"
	must(bob.SubmitTurn(t.Context(), req))(t)
}

func TestCreateMatchTwiceIsOneMatch(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	req := &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", Access: pb.Access_ACCESS_BY_CODE}
	answers, errs := make([]*pb.CreateMatchResponse, 20), make([]error, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i], errs[i] = ann.CreateMatch(t.Context(), req) })
	}
	wg.Wait()
	for i := range answers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !proto.Equal(answers[i], answers[0]) {
			t.Fatalf("copy %d is answered %v, the first %v", i, answers[i], answers[0])
		}
	}
	if n := len(ann.list(t, &pb.ListMatchesRequest{}).GetMatches()); n != 1 {
		t.Errorf("the request made %d matches", n)
	}
}

// Each field is part of what was asked: no other match is answered with the first one.
func TestCreateMatchWithAnyOtherFieldIsAnotherRequest(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	note := func(text string) *structpb.Struct {
		return &structpb.Struct{Fields: map[string]*structpb.Value{"note": structpb.NewStringValue(text)}}
	}
	first := &pb.CreateMatchRequest{
		RequestId: newID(), Game: "pick", Options: note("a"), MinSeats: 2, MaxSeats: 3, Seat: 1,
		Access: pb.Access_ACCESS_INVITED, Title: "a", Labels: map[string]string{"a": "b"}, InvitePlayerIds: []string{bob.id},
	}
	ann.create(t, proto.CloneOf(first))
	must(ann.CreateMatch(t.Context(), first))(t)
	for i, change := range []func(r *pb.CreateMatchRequest){
		func(r *pb.CreateMatchRequest) { r.Game = "relay" },
		func(r *pb.CreateMatchRequest) { r.Options = note("b") },
		func(r *pb.CreateMatchRequest) { r.Options = nil },
		func(r *pb.CreateMatchRequest) { r.MinSeats = 3 },
		func(r *pb.CreateMatchRequest) { r.MaxSeats = 4 },
		func(r *pb.CreateMatchRequest) { r.Seat = 2 },
		func(r *pb.CreateMatchRequest) { r.Access = pb.Access_ACCESS_PUBLIC },
		func(r *pb.CreateMatchRequest) { r.StartRule = pb.StartRule_START_RULE_BY_CALL },
		func(r *pb.CreateMatchRequest) { r.Spectators = true },
		func(r *pb.CreateMatchRequest) { r.Rated = true },
		func(r *pb.CreateMatchRequest) { r.Title = "b" },
		func(r *pb.CreateMatchRequest) { r.Labels = map[string]string{"b": "a"} },
		func(r *pb.CreateMatchRequest) { r.Labels = nil },
		func(r *pb.CreateMatchRequest) { r.InvitePlayerIds = []string{eve.id} },
		func(r *pb.CreateMatchRequest) { r.InvitePlayerIds = append(r.InvitePlayerIds, eve.id) },
	} {
		r := proto.CloneOf(first)
		change(r)
		if _, err := ann.CreateMatch(t.Context(), r); connect.CodeOf(err) != connect.CodeAlreadyExists {
			t.Errorf("change %d is answered %v", i, err)
		}
	}
}

func TestRequestIDsOfDifferentPlayersDoNotMeet(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	req := newID()
	create := &pb.CreateMatchRequest{RequestId: req, Game: "relay", Seat: 1, MinSeats: 2, MaxSeats: 3}
	id := matchOf(ann.create(t, create))
	if other := matchOf(bob.create(t, create)); other == id {
		t.Fatal("another player's request was answered with ann's match")
	}
	for i, p := range []*player{bob, eve} {
		res := must(p.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: id, RequestId: req}))(t)
		if seat := res.GetMatch().GetSummary().GetMySeat(); seat != int32(i)+2 {
			t.Errorf("player %d sits in seat %d", i, seat)
		}
	}
}
