package servertest_test

import (
	"fmt"
	"slices"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/tictactoe"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestTheLastTurnTellsHowItEnded: by every way in which an event is told, the turn that ended a match has the outcomes
// that MatchFinished has, and no other turn has any.
func TestTheLastTurnTellsHowItEnded(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}, tictactoe.Rules{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	before := bob.cursor(t)
	won, drawn, passed := ann.newGame(t, "drill", bob), ann.newGame(t, "tictactoe", bob), ann.newGame(t, "relay", bob)
	ann.play(t, won, "pass")
	last := turn(won, bob.version(t, won), "more", "win")
	first := must(bob.SubmitTurn(t.Context(), last))(t)
	repeat := must(bob.SubmitTurn(t.Context(), last))(t)
	for i, square := range []string{"a1", "b1", "c1", "b2", "a2", "a3", "b3", "c2", "c3"} {
		[]*player{ann, bob}[i%2].play(t, drawn, square)
	}
	ann.pass(t, passed, textState("x"), 2)
	score := 2.5
	end := turn(passed, bob.version(t, passed))
	end.Relay = &pb.RelayTurn{Outcomes: []*pb.Outcome{{Seat: 1, Result: pb.Result_RESULT_NONE, Place: 2}, {Seat: 2, Result: pb.Result_RESULT_WON, Place: 1, Score: &score}}}
	must(bob.SubmitTurn(t.Context(), end))(t)

	inbox, _ := bob.inbox(t, before, 500)
	zero := uint64(0)
	for _, id := range []string{won, drawn, passed} {
		ways := map[string][]*pb.Event{
			"the inbox": of(inbox, id), "a watch": ann.watch(t, id, 0).over(t, isOver), "the replay": ann.replay(t, id).GetEvents(),
			"GetMatch": must(ann.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, SinceVersion: &zero}))(t).GetEvents(),
		}
		if id == won {
			ways["the answer"], ways["the repeated answer"] = first.GetEvents(), repeat.GetEvents()
		}
		for way, events := range ways {
			n := len(events)
			finished, taken := events[n-1].GetMatchFinished(), events[n-2].GetTurnTaken()
			if len(finished.GetOutcomes()) != 2 || len(taken.GetOutcomes()) != 2 || len(taken.GetMustAct()) > 0 ||
				!slices.EqualFunc(finished.GetOutcomes(), taken.GetOutcomes(), func(a, b *pb.Outcome) bool { return proto.Equal(a, b) }) {
				t.Errorf("%s tells the end as\n%v\n%v", way, events[n-2], events[n-1])
			}
			for _, e := range events[:n-2] {
				if len(e.GetTurnTaken().GetOutcomes()) > 0 {
					t.Errorf("%s tells outcomes with %v", way, e)
				}
			}
		}
	}
}

// Who took a turn is told its request_id, on all his phones and by every door; nobody else is. Everybody is told who
// acted and who must act next.
func TestTurnsTellWhoActed(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Spectators: true}))
	bob.join(t, id)
	from, version := map[*player]string{ann: ann.cursor(t), bob: bob.cursor(t)}, ann.version(t, id)
	watches := map[*player]*watching{}
	for _, p := range []*player{ann, bob, eve} {
		watches[p] = p.phone(t, s).watch(t, id, version)
	}
	requests := map[uint64]string{} // of ann
	mover := map[uint64]*player{}
	mustAct := map[uint64]int32{}
	for i, move := range []string{"pass", "more", "pass", "more", "win"} {
		p := []*player{ann, bob, bob, ann, ann}[i]
		r := turn(id, p.version(t, id), move)
		res := must(p.SubmitTurn(t.Context(), r))(t)
		v := res.GetEvents()[0].GetVersion()
		requests[v], mover[v], mustAct[v] = r.GetRequestId(), p, []int32{2, 2, 1, 1, 0}[i]
	}
	check := func(way string, p *player, events []*pb.Event) {
		t.Helper()
		turns := 0
		for _, e := range events {
			taken := e.GetTurnTaken()
			if taken == nil {
				continue
			}
			turns++
			want := ""
			if mover[e.GetVersion()] == p {
				want = requests[e.GetVersion()]
			}
			if taken.GetRequestId() != want {
				t.Errorf("%s: of version %d the request is %q, want %q", way, e.GetVersion(), taken.GetRequestId(), want)
			}
			next := append(taken.GetMustAct(), 0)[0]
			if taken.GetActedBy() != pb.ActedBy_ACTED_BY_PLAYER || e.GetPlayerId() != mover[e.GetVersion()].id || next != mustAct[e.GetVersion()] ||
				e.GetEventTime() == nil || taken.GetTimeTaken() == nil || e.GetTurn() == 0 || len(taken.GetMoves()) != 1 {
				t.Errorf("%s: a turn is told as %v", way, e)
			}
		}
		if turns != len(mover) {
			t.Errorf("%s tells %d turns", way, turns)
		}
	}
	for _, p := range []*player{ann, bob} {
		for _, q := range []*player{p, p.phone(t, s)} {
			list, _ := q.inbox(t, from[p], 500)
			check("the inbox", p, of(list, id))
			check("a stream", p, of(listen(t, q, from[p], byStream).next(t, len(list)), id))
			check("a wait", p, of(listen(t, q, from[p], byWait(2)).next(t, len(list)), id))
		}
	}
	for p, w := range watches {
		check("a watch", p, w.over(t, isOver))
	}
}

// TestStandingAfterEachCommit: each event says what the match was to its reader after its whole commit: the same as a
// read of the match says at that time, and nothing once he is no longer part of it.
func TestStandingAfterEachCommit(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, carl := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "carl")
	const (
		none, invited, my, waiting = pb.Standing_STANDING_UNSPECIFIED, pb.Standing_STANDING_INVITED, pb.Standing_STANDING_MY_TURN, pb.Standing_STANDING_WAITING
		gathering, unseen, over    = pb.Standing_STANDING_GATHERING, pb.Standing_STANDING_FINISHED_UNSEEN, pb.Standing_STANDING_FINISHED
		untold                     = pb.Standing(-1)
	)
	id := ""
	steps := []struct {
		name            string
		do              func()
		ann, bob, third pb.Standing
	}{
		{"create and invite", func() {
			id = matchOf(ann.create(t, &pb.CreateMatchRequest{
				Game: "drill", Seat: 1, MinSeats: 2, MaxSeats: 3, Access: pb.Access_ACCESS_INVITED, InvitePlayerIds: []string{bob.id, carl.id},
			}))
		}, gathering, invited, invited},
		{"join", func() { bob.join(t, id) }, gathering, gathering, invited},
		{"decline", func() {
			must(carl.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
		}, gathering, gathering, none},
		{"invite again", func() {
			must(bob.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{carl.id}}))(t)
		}, gathering, gathering, invited},
		{"join", func() { carl.join(t, id) }, my, waiting, waiting}, // and start
		{"the same turn goes on", func() { ann.play(t, id, "more") }, my, waiting, waiting},
		{"pass", func() { ann.play(t, id, "pass") }, waiting, my, waiting},
		{"resign out of turn", func() { ann.resign(t, id) }, waiting, my, waiting},
		{"win", func() { bob.play(t, id, "win") }, unseen, over, unseen},
		{"another match, left", func() {
			id = matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 3}))
			bob.join(t, id)
			must(bob.LeaveMatch(t.Context(), &pb.LeaveMatchRequest{MatchId: id, RequestId: newID()}))(t)
		}, gathering, none, untold},
		{"called off", func() {
			must(ann.CancelMatch(t.Context(), &pb.CancelMatchRequest{MatchId: id, RequestId: newID()}))(t)
		}, over, untold, untold},
	}
	for _, step := range steps {
		players := []*player{ann, bob, carl}
		var before []string
		for _, p := range players {
			before = append(before, p.cursor(t))
		}
		step.do()
		for i, want := range []pb.Standing{step.ann, step.bob, step.third} {
			list, _ := players[i].inbox(t, before[i], 500)
			if want == untold {
				if len(list) > 0 {
					t.Errorf("%s: player %d is told %v", step.name, i, list)
				}
				continue
			}
			if len(list) == 0 {
				t.Errorf("%s: player %d is told nothing", step.name, i)
				continue
			}
			last := list[len(list)-1]
			if last.GetStanding() != want {
				t.Errorf("%s: to player %d it is %v, want %v", step.name, i, last.GetStanding(), want)
			}
			for _, e := range list { // those of the same commit say the same
				if e.GetEvent().GetEventTime().AsTime().Equal(last.GetEvent().GetEventTime().AsTime()) && step.name == "win" && e.GetStanding() != want {
					t.Errorf("%s: player %d is told %v", step.name, i, e)
				}
			}
			if want != none {
				if got := players[i].standing(t, id); got != want {
					t.Errorf("%s: player %d reads %v, want %v", step.name, i, got, want)
				}
			}
		}
	}
}

// A match that an operator stopped is news to its players, whoever moved last.
func TestStoppedMatchIsNews(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport()))
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	ann.play(t, id, "pass")
	must(admin.CancelMatch(t.Context(), &adminv1.CancelMatchRequest{MatchId: id}))(t)
	for i, p := range []*player{ann, bob} {
		if got := p.standing(t, id); got != pb.Standing_STANDING_FINISHED_UNSEEN {
			t.Errorf("to player %d the match that an operator stopped is %v", i+1, got)
		}
	}
}

// TestViewsAreOnTheLastEventOfEachMatch: asked for, the match as it is now stands on the last of its events in an answer
// or message, with the relay state; not asked for, nowhere.
func TestViewsAreOnTheLastEventOfEachMatch(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	before := bob.cursor(t)
	first, passed := ann.newGame(t, "drill", bob), ann.newGame(t, "relay", bob)
	left := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", MaxSeats: 3, Access: pb.Access_ACCESS_INVITED, InvitePlayerIds: []string{bob.id}}))
	must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: left, RequestId: newID()}))(t)
	for i := range 3 {
		ann.play(t, first, "more")
		ann.pass(t, passed, textState(fmt.Sprint("state ", i)), 1, 2)
	}
	check := func(way string, list []*pb.InboxEvent) {
		t.Helper()
		last := map[string]int{}
		for i, e := range list {
			last[e.GetMatchId()] = i
		}
		for i, e := range list {
			id := e.GetMatchId()
			switch want := last[id] == i && id != left; {
			case (e.GetMatch() != nil) != want:
				t.Errorf("%s: event %d has a view: %v, want one: %v", way, i, e.GetMatch() != nil, want)
			case want && !proto.Equal(e.GetMatch(), bob.get(t, id)):
				t.Errorf("%s: the view is %v", way, e.GetMatch())
			case want && id == passed && e.GetMatch().GetState().GetText() != "state 2":
				t.Errorf("%s: the state is %v", way, e.GetMatch().GetState())
			}
		}
	}
	for _, size := range []int32{1, 4, 500} {
		for cursor, more := before, true; more; {
			page := must(bob.ListEvents(t.Context(), &pb.ListEventsRequest{Cursor: cursor, PageSize: size, Views: true}))(t)
			check("a page", page.GetEvents())
			wait := must(bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, PageSize: size, Views: true}))(t)
			sameInbox(t, "a wait with views", wait.GetEvents(), page.GetEvents())
			cursor, more = page.GetCursor(), page.GetMore()
		}
	}
	st := must(bob.StreamEvents(t.Context(), &pb.StreamEventsRequest{Cursor: before, Views: true}))(t)
	must(st.Receive())(t)
	all := must(st.Receive())(t).GetEvents().GetEvents()
	check("a stream", all)
	plain, _ := bob.inbox(t, before, 500)
	sameInbox(t, "without views", withoutViews(all), plain)

	since := uint64(0)
	watch := must(bob.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: passed, SinceVersion: &since, Views: true}))(t)
	must(watch.Receive())(t)
	if m := must(watch.Receive())(t); len(m.GetEvents().GetEvents()) == 0 || !proto.Equal(m.GetEvents().GetMatch(), bob.get(t, passed)) {
		t.Errorf("watched with views there is %v", m)
	}
	ann.pass(t, passed, textState("again"), 2)
	if m := must(watch.Receive())(t); len(m.GetEvents().GetEvents()) != 1 || m.GetEvents().GetMatch().GetState().GetText() != "again" {
		t.Errorf("then there is %v", m)
	}
	none := must(bob.WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: passed, SinceVersion: &since}))(t)
	must(none.Receive())(t)
	if m := must(none.Receive())(t); m.GetEvents().GetMatch() != nil {
		t.Errorf("not asked for: %v", m)
	}
}
