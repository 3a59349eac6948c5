package servertest_test

import (
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// atTheSameTime makes n calls and returns what they failed with.
func atTheSameTime(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	return errs
}

func TestQuotaOfActiveMatches(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	const most = 100
	reqs := make([]*pb.CreateMatchRequest, most+10)
	ids := make([]string, len(reqs))
	create := func(i int) error {
		reqs[i] = &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", Seat: 1}
		res, err := ann.CreateMatch(t.Context(), reqs[i])
		ids[i] = matchOf(res.GetMatch())
		return err
	}
	made := -1
	count := 0
	for i, err := range atTheSameTime(len(reqs), create) {
		if err != nil {
			refused(t, err, connect.CodeResourceExhausted, game.Quota)
			continue
		}
		count++
		made = i
	}
	if count != most {
		t.Fatalf("%d matches were made, %d may be under way", count, most)
	}
	theirs := matchOf(bob.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, InvitePlayerIds: []string{ann.id}}))
	join := func() error {
		_, err := ann.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: theirs, RequestId: newID()})
		return err
	}
	refused(t, join(), connect.CodeResourceExhausted, game.Quota)
	if again := must(ann.CreateMatch(t.Context(), reqs[made]))(t); matchOf(again.GetMatch()) != ids[made] {
		t.Error("a repeat beyond the quota is not the first match")
	}
	must(ann.CancelMatch(t.Context(), &pb.CancelMatchRequest{MatchId: ids[made], RequestId: newID()}))(t)
	if err := join(); err != nil {
		t.Error("after a match was over:", err)
	}
	refused(t, create(made), connect.CodeResourceExhausted, game.Quota)
	bob.pass(t, theirs, nil, 2)
	ann.pass(t, theirs, nil, 1) // playing goes on
	admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport()))
	must(admin.MarkBot(t.Context(), &adminv1.MarkBotRequest{PlayerId: ann.id}))(t)
	if err := create(made); err != nil {
		t.Error("a bot's quota is another:", err)
	}
}

func TestQuotaOfInvitations(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	guests := make([]*player, 15)
	for i := range guests {
		guests[i] = signIn(t, s, "guest")
	}
	guests[0].block(t, ann) // whose invitation counts as any other
	room := func() string {
		return matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MinSeats: 2, MaxSeats: 16, StartRule: pb.StartRule_START_RULE_BY_CALL}))
	}
	invite := func(id string, whom ...*player) error {
		r := &pb.InvitePlayersRequest{MatchId: id, RequestId: newID()}
		for _, p := range whom {
			r.PlayerIds = append(r.PlayerIds, p.id)
		}
		_, err := ann.InvitePlayers(t.Context(), r)
		return err
	}
	first, second := room(), room()
	for _, err := range []error{invite(first, guests...), invite(second, guests[:4]...)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	refused(t, invite(second, guests[4:6]...), connect.CodeResourceExhausted, game.Quota) // 19 and 2
	if err := invite(second, guests[4]); err != nil {
		t.Fatal("the twentieth:", err)
	}
	refused(t, invite(second, guests[5]), connect.CodeResourceExhausted, game.Quota)
	_, err := ann.CreateMatch(t.Context(), &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", InvitePlayerIds: []string{guests[1].id}})
	refused(t, err, connect.CodeResourceExhausted, game.Quota)
	guests[1].create(t, &pb.CreateMatchRequest{Game: "relay", InvitePlayerIds: []string{ann.id}}) // it counts as the inviter's
	must(guests[2].DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: second, RequestId: newID()}))(t)
	if err := invite(second, guests[5]); err != nil {
		t.Error("after one was declined:", err)
	}
	guests[3].join(t, second)
	if err := invite(second, guests[6]); err != nil {
		t.Error("after one was accepted:", err)
	}
	refused(t, invite(second, guests[7]), connect.CodeResourceExhausted, game.Quota)
	must(ann.StartMatch(t.Context(), &pb.StartMatchRequest{MatchId: second, RequestId: newID()}))(t)
	if err := invite(room(), guests[7:12]...); err != nil {
		t.Error("after the others ended with the start:", err)
	}
}

func TestQuotaOfBlocks(t *testing.T) {
	t.Parallel()
	limits := server.DefaultLimits()
	if limits.Blocked != 1000 {
		t.Errorf("%d players may be blocked", limits.Blocked)
	}
	limits.Blocked = 2
	s := servertest.New(t, servertest.Options{Limits: limits})
	ann := signIn(t, s, "ann")
	first, second, third := signIn(t, s, "a"), signIn(t, s, "b"), signIn(t, s, "c")
	ann.block(t, first)
	ann.block(t, second)
	_, err := ann.account.BlockPlayer(t.Context(), &pb.BlockPlayerRequest{PlayerId: third.id})
	refused(t, err, connect.CodeResourceExhausted, game.Quota)
	ann.block(t, first)
	must(ann.account.UnblockPlayer(t.Context(), &pb.UnblockPlayerRequest{PlayerId: first.id}))(t)
	ann.block(t, third)
}

const days = 24 * time.Hour

func TestLapse(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := servertest.New(t, servertest.Options{Now: c.Now, AccessLifetime: 365 * days, Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	lapse := func(limit, want int) {
		t.Helper()
		if n := must(s.Service.LapseDue(t.Context(), limit))(t); n != want {
			t.Errorf("%d matches changed, not %d", n, want)
		}
	}
	state := func(id string, want pb.MatchState) []*pb.Event {
		t.Helper()
		if got := ann.get(t, id).GetSummary().GetState(); got != want {
			t.Errorf("the match is %v, not %v", got, want)
		}
		return ann.replay(t, id).GetEvents()
	}
	const (
		gathering, active, cancelled = pb.MatchState_MATCH_STATE_GATHERING, pb.MatchState_MATCH_STATE_ACTIVE, pb.MatchState_MATCH_STATE_CANCELLED
	)
	invite := func(id string, whom *player) {
		must(ann.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{whom.id}}))(t)
	}
	kept := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, InvitePlayerIds: []string{bob.id}, MaxSeats: 3}))
	c.forward(time.Second)
	alone := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1}))
	waits := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE}))
	ann.pass(t, waits, nil, 2)
	full := ann.newGame(t, "drill", bob)
	c.forward(10 * days)
	must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: kept, RequestId: newID()}))(t)
	invite(kept, eve)
	c.forward(4*days - time.Second - time.Millisecond)
	lapse(10, 0)
	c.forward(time.Second)
	lapse(10, 0) // only the first match's time is up, and an invitation keeps that alive
	c.forward(time.Millisecond)
	lapse(1, 1) // the one in front stands in nobody's way
	lapse(1, 1)
	lapse(1, 0)
	for _, id := range []string{alone, waits} {
		events := state(id, cancelled)
		if got := events[len(events)-1].GetMatchCancelled().GetReason(); got != pb.CancelReason_CANCEL_REASON_LAPSED {
			t.Errorf("it was cancelled because of %v", got)
		}
	}
	state(kept, gathering)
	state(full, active)
	c.forward(10 * days)
	lapse(10, 1)
	events := state(kept, cancelled)
	if n := len(events); !events[n-2].GetInvitationDeclined().GetLapsed() || events[n-2].GetPlayerId() != eve.id {
		t.Errorf("the invitation's end is told as %v", events[n-2])
	}
	c.forward(365*days - 25*days)
	lapse(10, 0)
	state(full, active)
}
