package servertest_test

import (
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/structpb"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
)

// scene is one match as it is played by script.
type scene struct {
	*stage
	t  *testing.T
	id string
	// witness may read the match when it is over.
	witness *player
	// silent are players who are not told that they are invited.
	silent  []*player
	watched []*watching
}

// watch watches the match from its beginning, to be ended for this reason.
func (c *scene) watch(p *player, want pb.EndReason) *watching {
	w := p.watch(c.t, c.id, 0)
	c.watched = append(c.watched, w)
	w.want = want
	return w
}

const (
	isOver   = pb.EndReason_END_REASON_MATCH_OVER
	isHidden = pb.EndReason_END_REASON_MATCH_HIDDEN
)

// scenes are the scripts. Each plays one match to its end.
var scenes = map[string]func(c *scene){
	"three in a row": func(c *scene) {
		c.seat(&pb.CreateMatchRequest{Game: "tictactoe", Spectators: true}, c.ann, c.bob)
		c.watch(c.eve, isOver)
		for i, square := range []string{"a1", "b1", "a2", "b2", "a3"} {
			[]*player{c.ann, c.bob}[i%2].play(c.t, c.id, square)
		}
	},
	"dice": func(c *scene) {
		target := &structpb.Struct{Fields: map[string]*structpb.Value{"target": structpb.NewNumberValue(10)}}
		c.seat(&pb.CreateMatchRequest{Game: "pig", Options: target}, c.ann, c.bob)
		for next, move := int32(1), "roll"; ; {
			m := []*player{c.ann, c.bob}[next-1].play(c.t, c.id, move).GetMatch().GetSummary()
			if len(m.GetMustAct()) == 0 {
				return
			}
			if move == "roll" && next == m.GetMustAct()[0] {
				move = "hold"
			} else {
				move = "roll"
			}
			next = m.GetMustAct()[0]
		}
	},
	"hidden fleets": func(c *scene) {
		c.seat(&pb.CreateMatchRequest{Game: "battleship", Spectators: true}, c.ann, c.bob)
		c.watch(c.eve, isOver)
		c.ann.play(c.t, c.id, "carrier a1 across", "battleship a2 across")
		c.bob.play(c.t, c.id, "random")
		c.ann.play(c.t, c.id, "cruiser a3 across", "submarine a4 across", "destroyer a5 across")
		for _, square := range []string{"a1", "b7", "j1"} {
			c.ann.play(c.t, c.id, square)
			c.bob.play(c.t, c.id, square)
		}
		c.bob.resign(c.t, c.id)
	},
	"four, with secrets between allies": func(c *scene) {
		four := []*player{c.ann, c.bob, c.carl, c.dora}
		c.seat(&pb.CreateMatchRequest{Game: "pick", Spectators: true}, four...)
		c.watch(c.eve, isOver)
		for round := range pickRounds {
			if round == 1 {
				c.dora.resign(c.t, c.id)
				four = four[:3]
			}
			for i, p := range four {
				p.play(c.t, c.id, "peek")
				p.play(c.t, c.id, fmt.Sprintf("pick word-%d-%d", round, i))
			}
		}
	},
	"four, of whom two give up": func(c *scene) {
		c.seat(&pb.CreateMatchRequest{Game: "drill"}, c.ann, c.bob, c.carl, c.dora)
		c.ann.play(c.t, c.id, "more", "more", "roll")
		c.dora.resign(c.t, c.id)
		c.bob.resign(c.t, c.id)
		c.carl.play(c.t, c.id, "win")
	},
	"passed around": func(c *scene) {
		c.seat(&pb.CreateMatchRequest{Game: "relay", Spectators: true, State: textState("begin")}, c.ann, c.bob, c.carl)
		c.watch(c.eve, isOver)
		c.ann.pass(c.t, c.id, textState("half a turn"), 1, 2)
		c.ann.pass(c.t, c.id, dataState([]byte{0, 1, 2}), 2)
		c.bob.pass(c.t, c.id, nil, 3, 1)
		end := turn(c.id, c.carl.version(c.t, c.id))
		end.Relay = &pb.RelayTurn{State: textState("the end"), Outcomes: []*pb.Outcome{
			{Seat: 1, Result: pb.Result_RESULT_LOST}, {Seat: 2, Result: pb.Result_RESULT_DRAWN}, {Seat: 3, Result: pb.Result_RESULT_WON},
		}}
		must(c.carl.SubmitTurn(c.t.Context(), end))(c.t)
	},
	"invitations": func(c *scene) {
		c.silent = []*player{c.fred}
		c.create(c.ann, &pb.CreateMatchRequest{
			Game: "relay", MaxSeats: 5, Seat: 1, Access: pb.Access_ACCESS_INVITED, StartRule: pb.StartRule_START_RULE_BY_CALL,
			InvitePlayerIds: []string{c.bob.id, c.fred.id, c.carl.id, c.dora.id},
		})
		c.watch(c.ann, isOver)
		c.watch(c.bob, isOver)
		c.watch(c.carl, isHidden)
		c.bob.join(c.t, c.id)
		must(c.carl.DeclineInvitation(c.t.Context(), &pb.DeclineInvitationRequest{MatchId: c.id, RequestId: newID()}))(c.t)
		c.dora.join(c.t, c.id)
		before := c.watch(c.dora, isHidden)
		must(c.dora.LeaveMatch(c.t.Context(), &pb.LeaveMatchRequest{MatchId: c.id, RequestId: newID()}))(c.t)
		must(c.bob.InvitePlayers(c.t.Context(), &pb.InvitePlayersRequest{MatchId: c.id, RequestId: newID(), PlayerIds: []string{c.carl.id, c.dora.id}}))(c.t)
		c.dora.join(c.t, c.id)
		before.over(c.t, isHidden)
		c.watch(c.dora, isOver)
		must(c.ann.StartMatch(c.t.Context(), &pb.StartMatchRequest{MatchId: c.id, RequestId: newID()}))(c.t) // carl and fred did not answer
		c.dora.resign(c.t, c.id)
		c.bob.resign(c.t, c.id)
	},
	"by code": func(c *scene) {
		m := c.create(c.ann, &pb.CreateMatchRequest{Game: "drill", Seat: 2, MaxSeats: 2, Access: pb.Access_ACCESS_BY_CODE})
		c.watch(c.ann, isOver)
		c.carl.joinByCode(c.t, m.GetJoinCode())
		c.watch(c.carl, isOver)
		c.carl.play(c.t, c.id, "win")
	},
	"begun before the others came": func(c *scene) {
		c.silent = []*player{c.fred}
		c.create(c.ann, &pb.CreateMatchRequest{
			Game: "pick", Seat: 1, MinSeats: 2, MaxSeats: 4, StartRule: pb.StartRule_START_RULE_AT_ONCE, InvitePlayerIds: []string{c.bob.id, c.carl.id},
		})
		c.watch(c.ann, isOver)
		c.watch(c.bob, isHidden)
		c.watch(c.carl, isOver)
		must(c.ann.InvitePlayers(c.t.Context(), &pb.InvitePlayersRequest{MatchId: c.id, RequestId: newID(), PlayerIds: []string{c.fred.id}}))(c.t)
		c.ann.play(c.t, c.id, "pick early")
		must(c.bob.DeclineInvitation(c.t.Context(), &pb.DeclineInvitationRequest{MatchId: c.id, RequestId: newID()}))(c.t)
		c.dora.join(c.t, c.id) // in the seat that bob did not want
		c.watch(c.dora, isOver)
		c.dora.play(c.t, c.id, "pick late")
		c.carl.join(c.t, c.id)
		c.carl.play(c.t, c.id, "pick later")
		for _, p := range []*player{c.ann, c.carl, c.dora} {
			p.resign(c.t, c.id)
		}
	},
	"called off": func(c *scene) {
		c.create(c.ann, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 3, InvitePlayerIds: []string{c.bob.id}})
		c.carl.join(c.t, c.id)
		for _, p := range []*player{c.ann, c.bob, c.carl} {
			c.watch(p, isOver)
		}
		must(c.ann.CancelMatch(c.t.Context(), &pb.CancelMatchRequest{MatchId: c.id, RequestId: newID()}))(c.t)
	},
	"left by all": func(c *scene) {
		c.create(c.ann, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 3, Spectators: true})
		c.watch(c.eve, isOver)
		c.bob.join(c.t, c.id)
		c.watch(c.bob, isOver) // he left, and may still look on
		for _, p := range []*player{c.ann, c.bob} {
			must(p.LeaveMatch(c.t.Context(), &pb.LeaveMatchRequest{MatchId: c.id, RequestId: newID()}))(c.t)
		}
	},
	"stopped by an operator": func(c *scene) {
		c.seat(&pb.CreateMatchRequest{Game: "drill"}, c.bob, c.ann)
		c.bob.play(c.t, c.id, "pass")
		admin := adminv1connect.NewAdminServiceClient(connect.NewClient(c.s.AdminTransport()))
		must(admin.CancelMatch(c.t.Context(), &adminv1.CancelMatchRequest{MatchId: c.id}))(c.t)
	},
}

// lapse is the script of a match that nobody came to. It puts the clock forward, so nothing else may be under way.
func lapse(c *scene) {
	c.silent = []*player{c.fred}
	c.create(c.ann, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MaxSeats: 4, InvitePlayerIds: []string{c.bob.id, c.fred.id}})
	c.watch(c.ann, isOver)
	c.watch(c.bob, isHidden)
	c.clock.forward(15 * 24 * time.Hour)
	if n, err := c.s.Service.LapseDue(c.t.Context(), 10); n != 1 || err != nil {
		c.t.Errorf("%d matches lapsed (%v)", n, err)
	}
}

// seat makes a match with these players in its seats, all of whom watch it to its end.
func (c *scene) seat(r *pb.CreateMatchRequest, players ...*player) {
	n := int32(len(players))
	r.Seat, r.MinSeats, r.MaxSeats = 1, n, n
	c.create(players[0], r)
	for _, p := range players[1:] {
		p.join(c.t, c.id)
	}
	for _, p := range players {
		c.watch(p, isOver)
	}
}

func (c *scene) create(p *player, r *pb.CreateMatchRequest) *pb.Match {
	m := p.create(c.t, r)
	c.id, c.witness = matchOf(m), p
	return m
}
