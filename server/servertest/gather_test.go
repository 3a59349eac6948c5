package servertest_test

import (
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	join := func(p *player, id, code string) error {
		_, err := p.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: id, JoinCode: code, RequestId: newID()})
		return err
	}
	create := func(access pb.Access, spectators bool) (id, code string) {
		m := ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 3, Access: access, Spectators: spectators, InvitePlayerIds: []string{bob.id}})
		return matchOf(m), m.GetJoinCode()
	}
	t.Run("public", func(t *testing.T) {
		id, _ := create(pb.Access_ACCESS_PUBLIC, false)
		eve.join(t, id)
		refused(t, join(eve, id, ""), connect.CodeFailedPrecondition, game.AlreadySeated)
		bob.join(t, id)
		refused(t, join(bob, id, ""), connect.CodeFailedPrecondition, game.AlreadySeated)
	})
	t.Run("by code", func(t *testing.T) {
		id, code := create(pb.Access_ACCESS_BY_CODE, false)
		refused(t, join(eve, id, ""), connect.CodeNotFound, game.NoSuchMatch)
		refused(t, join(eve, "", "ABCDEFGHJK"), connect.CodeNotFound, game.NoSuchMatch)
		refused(t, join(eve, id, code), connect.CodeInvalidArgument, game.InvalidField)
		refused(t, join(eve, "", ""), connect.CodeInvalidArgument, game.InvalidField)
		if err := join(eve, "", code); err != nil {
			t.Error("with the code:", err)
		}
		bob.join(t, id) // an invitation needs no code
		late := signIn(t, s, "late")
		refused(t, join(late, "", code), connect.CodeFailedPrecondition, game.MatchFull)
	})
	t.Run("by code, watched", func(t *testing.T) {
		id, code := create(pb.Access_ACCESS_BY_CODE, true)
		refused(t, join(eve, id, ""), connect.CodeFailedPrecondition, game.MatchFull)
		if seat := ann.get(t, id).GetSummary().GetSeats()[2]; seat.GetState() != pb.SeatState_SEAT_STATE_EMPTY {
			t.Errorf("who may watch took a seat without the code: %v", seat)
		}
		if err := join(eve, "", code); err != nil {
			t.Error("with the code:", err)
		}
	})
	t.Run("invited", func(t *testing.T) {
		id, _ := create(pb.Access_ACCESS_INVITED, false)
		refused(t, join(eve, id, ""), connect.CodeNotFound, game.NoSuchMatch)
		if sum := bob.get(t, id).GetSummary(); sum.GetStanding() != pb.Standing_STANDING_INVITED || sum.GetSeats()[1].GetInvitedBy() != ann.id {
			t.Errorf("who is invited is shown %v", sum)
		}
		bob.join(t, id)
		watched, _ := create(pb.Access_ACCESS_INVITED, true)
		refused(t, join(eve, watched, ""), connect.CodeFailedPrecondition, game.MatchFull)
	})
	t.Run("a seat of one's choice", func(t *testing.T) {
		id, _ := create(pb.Access_ACCESS_PUBLIC, false)
		take := func(p *player, seat int32) error {
			_, err := p.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: id, RequestId: newID(), Seat: seat})
			return err
		}
		refused(t, take(eve, 1), connect.CodeFailedPrecondition, game.SeatTaken)
		refused(t, take(eve, 2), connect.CodeFailedPrecondition, game.SeatTaken) // kept for bob
		refused(t, take(eve, 4), connect.CodeInvalidArgument, game.InvalidField)
		refused(t, take(bob, 3), connect.CodeFailedPrecondition, game.SeatTaken)
		if err := take(eve, 3); err != nil {
			t.Error("a free one:", err)
		}
	})
}

func TestPreviewByCode(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, eve := signIn(t, s, "ann"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{
		Game: "relay", Seat: 1, Access: pb.Access_ACCESS_BY_CODE, Title: "chess at Ann's", State: textState("secret plans"),
	})
	preview := func() (*pb.Match, error) {
		res, err := eve.GetMatch(t.Context(), &pb.GetMatchRequest{JoinCode: m.GetJoinCode()})
		return res.GetMatch(), err
	}
	got := must(preview())(t)
	if got.GetSummary().GetTitle() != "chess at Ann's" || got.GetSummary().GetSeats()[0].GetName() != "ann" || got.GetSummary().GetMySeat() != 0 {
		t.Errorf("the preview is %v", got)
	}
	if got.GetState() != nil {
		t.Errorf("the preview shows the state %v", got.GetState())
	}
	unseen(t, eve, matchOf(m)) // the code opens it, not the id
	must(ann.CancelMatch(t.Context(), &pb.CancelMatchRequest{MatchId: matchOf(m), RequestId: newID()}))(t)
	_, err := preview()
	refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
}

func TestGathering(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve, carl := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve"), signIn(t, s, "carl")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{
		Game: "drill", Seat: 2, MinSeats: 3, MaxSeats: 4, StartRule: pb.StartRule_START_RULE_BY_CALL, InvitePlayerIds: []string{carl.id},
	}))
	start := func(p *player) error {
		_, err := p.StartMatch(t.Context(), &pb.StartMatchRequest{MatchId: id, RequestId: newID()})
		return err
	}
	cancel := func(p *player) error {
		_, err := p.CancelMatch(t.Context(), &pb.CancelMatchRequest{MatchId: id, RequestId: newID()})
		return err
	}
	leave := func(p *player) error {
		_, err := p.LeaveMatch(t.Context(), &pb.LeaveMatchRequest{MatchId: id, RequestId: newID()})
		return err
	}
	seats := func(want ...pb.SeatState) {
		t.Helper()
		for i, seat := range bob.get(t, id).GetSummary().GetSeats() {
			if seat.GetState() != want[i] {
				t.Errorf("seat %d is %v, not %v", i+1, seat.GetState(), want[i])
			}
		}
	}
	const (
		empty, invited, seated = pb.SeatState_SEAT_STATE_EMPTY, pb.SeatState_SEAT_STATE_INVITED, pb.SeatState_SEAT_STATE_SEATED
		declined, left         = pb.SeatState_SEAT_STATE_DECLINED, pb.SeatState_SEAT_STATE_LEFT
	)
	seats(invited, seated, empty, empty)
	refused(t, start(ann), connect.CodeFailedPrecondition, game.TooFewPlayers)
	bob.join(t, id)
	eve.join(t, id)
	seats(invited, seated, seated, seated)
	refused(t, start(bob), connect.CodePermissionDenied, game.NotHost)
	refused(t, cancel(bob), connect.CodePermissionDenied, game.NotHost)
	refused(t, start(carl), connect.CodePermissionDenied, game.NotSeated)
	_, err := bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()})
	refused(t, err, connect.CodePermissionDenied, game.NotSeated) // he accepted
	if err := leave(ann); err != nil {
		t.Fatal("the creator leaves:", err)
	}
	seats(invited, left, seated, seated)
	refused(t, leave(ann), connect.CodePermissionDenied, game.NotSeated)
	ann.join(t, id) // a left seat is empty again, for its last player too, who then is the host again
	refused(t, start(bob), connect.CodePermissionDenied, game.NotHost)
	if err := leave(ann); err != nil {
		t.Fatal(err)
	}
	refused(t, start(eve), connect.CodePermissionDenied, game.NotHost)
	must(carl.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
	seats(declined, left, seated, seated)
	must(bob.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{carl.id}}))(t)
	ann.join(t, id)
	if err := start(ann); err != nil {
		t.Fatal("the host starts:", err)
	}
	seats(declined, seated, seated, seated) // the invitation ended with the start, and its seat stays out of the match
	m := ann.get(t, id).GetSummary()
	if m.GetState() != pb.MatchState_MATCH_STATE_ACTIVE || m.GetTurn() != 1 || m.GetMustAct()[0] != 2 {
		t.Errorf("the started match is %v", m)
	}
	refused(t, start(ann), connect.CodeFailedPrecondition, game.AlreadyStarted)
	refused(t, cancel(ann), connect.CodeFailedPrecondition, game.AlreadyStarted)
	refused(t, leave(bob), connect.CodeFailedPrecondition, game.AlreadyStarted)
	unseen(t, carl, id)
}

func TestLastOneToLeaveCancels(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", Spectators: true}))
	must(ann.LeaveMatch(t.Context(), &pb.LeaveMatchRequest{MatchId: id, RequestId: newID()}))(t)
	if got := ann.get(t, id).GetSummary(); got.GetState() != pb.MatchState_MATCH_STATE_CANCELLED {
		t.Errorf("the match that everybody left is %v", got)
	}
	_, err := ann.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: id, RequestId: newID()})
	refused(t, err, connect.CodeFailedPrecondition, game.MatchOver)
}

func TestInvitePlayersRefusals(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 3, InvitePlayerIds: []string{bob.id}}))
	invite := func(p *player, whom ...string) error {
		_, err := p.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: whom})
		return err
	}
	refused(t, invite(ann, newID()), connect.CodeNotFound, game.NoSuchPlayer)
	refused(t, invite(ann, bob.id), connect.CodeFailedPrecondition, game.AlreadySeated)
	refused(t, invite(ann, ann.id), connect.CodeFailedPrecondition, game.AlreadySeated)
	refused(t, invite(ann), connect.CodeInvalidArgument, game.InvalidField)
	refused(t, invite(ann, eve.id, eve.id), connect.CodeInvalidArgument, game.InvalidField)
	refused(t, invite(bob, eve.id), connect.CodePermissionDenied, game.NotSeated) // invited is not seated
	refused(t, invite(ann, eve.id, signIn(t, s, "x").id), connect.CodeFailedPrecondition, game.MatchFull)
	if seat := ann.get(t, id).GetSummary().GetSeats()[2]; seat.GetState() != pb.SeatState_SEAT_STATE_EMPTY {
		t.Errorf("of an invitation that was refused %v stayed", seat)
	}
	_, err := ann.CreateMatch(t.Context(), &pb.CreateMatchRequest{RequestId: newID(), Game: "relay", InvitePlayerIds: []string{ann.id}})
	refused(t, err, connect.CodeFailedPrecondition, game.AlreadySeated)
}

func TestCreateMatchRefusals(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann := signIn(t, s, "ann")
	for _, r := range []*pb.CreateMatchRequest{
		{Game: "chess9"}, {Game: ""}, {Game: "Drill"}, {Game: "drill", MaxSeats: 5}, {Game: "drill", MinSeats: 1, MaxSeats: 2},
		{Game: "drill", MinSeats: 3, MaxSeats: 2}, {Game: "relay", MaxSeats: 17}, {Game: "relay", MinSeats: 1, MaxSeats: 3},
		{Game: "relay", Seat: 3}, {Game: "relay", Access: 9}, {Game: "relay", StartRule: 9}, {Game: "drill", State: textState("x")},
	} {
		r.RequestId = newID()
		_, err := ann.CreateMatch(t.Context(), r)
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	}
	m := ann.create(t, &pb.CreateMatchRequest{Game: "relay", MaxSeats: 16, Seat: 16})
	if m.GetSummary().GetMySeat() != 16 || len(m.GetSummary().GetSeats()) != 16 || m.GetMinSeats() != 2 {
		t.Errorf("the largest match is %v", m)
	}
}

// People type codes in any case, with hyphens and spaces.
func TestJoinCodeAsPeopleTypeIt(t *testing.T) {
	s := servertest.New(t, servertest.Options{})
	anna, ben := signIn(t, s, "Anna"), signIn(t, s, "Ben")
	m := anna.create(t, &pb.CreateMatchRequest{Game: "relay", Access: pb.Access_ACCESS_BY_CODE})
	code := m.GetJoinCode()
	typed := strings.ToLower(code[:5] + "-" + code[5:] + " ")
	got := must(ben.GetMatch(t.Context(), &pb.GetMatchRequest{JoinCode: typed}))(t)
	if matchOf(got.GetMatch()) != matchOf(m) {
		t.Errorf("the preview of %q is of match %q", typed, matchOf(got.GetMatch()))
	}
	if joined := ben.joinByCode(t, typed); matchOf(joined.GetMatch()) != matchOf(m) {
		t.Errorf("by %q he joined match %q", typed, matchOf(joined.GetMatch()))
	}
}
