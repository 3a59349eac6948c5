package servertest_test

import (
	"strconv"
	"sync"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

const parallel = 50

// submitAll sends requests at the same time and waits for all answers.
func submitAll(t *testing.T, p *player, reqs []*pb.SubmitTurnRequest) ([]*pb.SubmitTurnResponse, []error) {
	answers, errs := make([]*pb.SubmitTurnResponse, len(reqs)), make([]error, len(reqs))
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i, r := range reqs {
		wg.Go(func() {
			<-gate
			answers[i], errs[i] = p.SubmitTurn(t.Context(), r)
		})
	}
	close(gate)
	wg.Wait()
	return answers, errs
}

func TestParallelSubmitsForOneSlot(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "tictactoe", bob)
	before := ann.get(t, id).GetSummary()
	squares := []string{"a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"}
	var reqs []*pb.SubmitTurnRequest
	for i := range parallel {
		reqs = append(reqs, turn(id, before.GetVersion(), squares[i%len(squares)]))
	}
	_, errs := submitAll(t, ann, reqs)
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		meta := refused(t, err, connect.CodeAborted, game.VersionStale)
		if meta["version"] != strconv.FormatUint(before.GetVersion()+1, 10) || meta["turn"] != strconv.FormatUint(before.GetTurn()+1, 10) {
			t.Errorf("the refusal tells of %v; the match went on from version %d, turn %d", meta, before.GetVersion(), before.GetTurn())
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won the slot", won, parallel)
	}
	if after := ann.get(t, id).GetSummary(); after.GetVersion() != before.GetVersion()+1 || after.GetTurn() != before.GetTurn()+1 {
		t.Errorf("after it: version %d, turn %d; before: %d, %d", after.GetVersion(), after.GetTurn(), before.GetVersion(), before.GetTurn())
	}
}

func TestParallelCopiesOfOneRequest(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	req := turn(id, ann.version(t, id), "roll") // a repeat that rolled anew would mostly show
	var reqs []*pb.SubmitTurnRequest
	for range parallel {
		reqs = append(reqs, proto.CloneOf(req))
	}
	answers, errs := submitAll(t, ann, reqs)
	for i := range reqs {
		if errs[i] != nil {
			t.Fatalf("copy %d: %v", i, errs[i])
		}
		if !proto.Equal(answers[i], answers[0]) {
			t.Fatalf("copy %d is answered %v, the first %v", i, answers[i], answers[0])
		}
	}
	turns := must(ann.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id}))(t).GetTurns()
	if len(turns) != 1 || ann.version(t, id) != req.GetExpectedVersion()+1 {
		t.Errorf("%d turns were taken, version %d; the request was made once at version %d", len(turns), ann.version(t, id), req.GetExpectedVersion())
	}
}

func TestExpectedVersion(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}, pick{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	stale := func(t *testing.T, p *player, r *pb.SubmitTurnRequest) {
		t.Helper()
		_, err := p.SubmitTurn(t.Context(), r)
		meta := refused(t, err, connect.CodeAborted, game.VersionStale)
		now := p.get(t, r.GetMatchId()).GetSummary()
		if meta["version"] != strconv.FormatUint(now.GetVersion(), 10) || meta["turn"] != strconv.FormatUint(now.GetTurn(), 10) {
			t.Errorf("the refusal tells of %v, the match is at version %d, turn %d", meta, now.GetVersion(), now.GetTurn())
		}
	}
	fresh := func(t *testing.T, p *player, r *pb.SubmitTurnRequest) {
		t.Helper()
		must(p.SubmitTurn(t.Context(), r))(t)
	}
	atOnce := func(t *testing.T, seats int32) (string, uint64) {
		m := ann.create(t, &pb.CreateMatchRequest{
			Game: "drill", MinSeats: 2, MaxSeats: seats, Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE,
		})
		return matchOf(m), m.GetSummary().GetVersion()
	}

	t.Run("a new turn began", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		v := bob.version(t, id)
		ann.play(t, id, "pass")
		stale(t, bob, turn(id, v, "pass"))
		fresh(t, bob, turn(id, v+1, "pass"))
		stale(t, ann, turn(id, v, "pass"))
	})
	t.Run("the seat itself acted in the same turn", func(t *testing.T) {
		id := ann.newGame(t, "pick", bob)
		v := ann.version(t, id)
		fresh(t, ann, turn(id, v, "peek"))
		stale(t, ann, turn(id, v, "peek"))
		fresh(t, ann, turn(id, v+1, "pick a"))
	})
	t.Run("another seat acted at the same time", func(t *testing.T) {
		id := ann.newGame(t, "pick", bob, eve)
		v := bob.version(t, id)
		fresh(t, ann, turn(id, v, "pick a"))
		fresh(t, eve, turn(id, v, "peek"))
		fresh(t, bob, turn(id, v, "pick b"))
		stale(t, eve, turn(id, v, "pick c"))
		fresh(t, eve, turn(id, v+2, "pick c")) // her own act was v+2
		stale(t, bob, turn(id, v+3, "pick d")) // a new turn began with v+4
	})
	t.Run("a late player joined", func(t *testing.T) {
		id, v := atOnce(t, 2)
		bob.join(t, id)
		fresh(t, ann, turn(id, v, "pass"))
	})
	t.Run("players were invited and declined", func(t *testing.T) {
		id, v := atOnce(t, 3)
		must(ann.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{bob.id}}))(t)
		must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
		fresh(t, ann, turn(id, v, "pass"))
	})
	t.Run("another seat resigned out of turn", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob, eve)
		v := ann.version(t, id)
		eve.resign(t, id)
		fresh(t, ann, turn(id, v, "pass"))
	})
	t.Run("drafts were saved", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		v := ann.version(t, id)
		for _, p := range []*player{ann, bob} {
			must(p.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: "win"}}}}))(t)
		}
		fresh(t, ann, turn(id, v, "pass"))
	})
	t.Run("archiving makes no version", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		ann.play(t, id, "win")
		v := bob.version(t, id)
		must(bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id}))(t)
		if now := bob.version(t, id); now != v {
			t.Errorf("version %d became %d", v, now)
		}
	})
	t.Run("the version is of the future", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		stale(t, ann, turn(id, ann.version(t, id)+1, "pass"))
	})
	t.Run("there is none", func(t *testing.T) {
		_, err := ann.SubmitTurn(t.Context(), turn(ann.newGame(t, "drill", bob), 0, "pass"))
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	})
}

// Each call below has several things wrong with it; the one that is checked first is told. None leaves anything behind.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	hidden := ann.newGame(t, "drill", bob)
	watched := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Spectators: true}))
	gathering := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1}))
	bob.join(t, watched)
	over := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Spectators: true}))
	bob.join(t, over)
	accepted := turn(over, ann.version(t, over), "pass")
	first := must(ann.SubmitTurn(t.Context(), accepted))(t)
	bob.play(t, over, "win")

	const future = 1 << 40
	for _, c := range []struct {
		name   string
		by     *player
		match  string
		v      uint64
		move   string
		code   connect.Code
		reason game.Reason
	}{
		{"visible before seated", eve, hidden, future, "nonsense", connect.CodeNotFound, game.NoSuchMatch},
		{"seated before finished", eve, over, future, "nonsense", connect.CodePermissionDenied, game.NotSeated},
		{"finished before stale", ann, over, future, "nonsense", connect.CodeFailedPrecondition, game.MatchOver},
		{"started before stale", ann, gathering, future, "nonsense", connect.CodeFailedPrecondition, game.NotStarted},
		{"stale before turn", bob, watched, future, "nonsense", connect.CodeAborted, game.VersionStale},
		{"turn before legal", bob, watched, 3, "nonsense", connect.CodeFailedPrecondition, game.NotYourTurn},
		{"malformed", ann, watched, 3, "nonsense", connect.CodeInvalidArgument, game.MalformedMove},
		{"illegal", ann, watched, 3, "wait", connect.CodeFailedPrecondition, game.IllegalMove},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.by.SubmitTurn(t.Context(), turn(c.match, c.v, c.move))
			refused(t, err, c.code, c.reason)
		})
	}
	t.Run("repeat before all", func(t *testing.T) {
		accepted.ExpectedVersion = future
		sameAnswer(t, "the repeat", must(ann.SubmitTurn(t.Context(), accepted))(t), first)
	})
	if v := ann.version(t, watched); v != 3 {
		t.Errorf("refused calls brought the match to version %d", v)
	}
}

func TestMovesOfATurnAreAllPlayedOrNone(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	v := ann.version(t, id)
	for _, moves := range [][]string{{"more", "more", "wait"}, {"pass", "pass"}, {"win", "pass"}} {
		_, err := ann.SubmitTurn(t.Context(), turn(id, v, moves...))
		refused(t, err, connect.CodeFailedPrecondition, game.IllegalMove)
	}
	_, err := ann.SubmitTurn(t.Context(), turn(id, v, "more", "nonsense"))
	refused(t, err, connect.CodeInvalidArgument, game.MalformedMove)
	_, err = ann.SubmitTurn(t.Context(), turn(id, v))
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	if m := ann.get(t, id); m.GetSummary().GetVersion() != v || m.GetView().GetFields()["moves"].GetNumberValue() != 0 {
		t.Fatalf("refused turns left %v behind", m)
	}
	res := ann.play(t, id, "more", "more", "pass")
	if len(res.GetEvents()) != 1 || len(res.GetEvents()[0].GetTurnTaken().GetMoves()) != 3 || res.GetVersion() != v+1 {
		t.Errorf("three moves of one turn made %v", res.GetEvents())
	}
}
