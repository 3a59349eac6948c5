package clientsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// table is one match and the players at it.
type table struct {
	p       *Population
	n       int
	rng     *rand.Rand
	game    string
	players []player
	match   string
}

// run makes the match, lets the bots play it, and compares what they saw. It returns when none of them is at it any
// more. An error that is not that of ctx is one that players should not meet.
func (t *table) run(ctx context.Context) error {
	created, err := t.create(ctx)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	t.match = created.GetMatch().GetSummary().GetMatchId()
	t.p.scores.change(func(s *Stats) { s.Newest = t.match })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	bots := make([]*Bot, len(t.players))
	errs := make([]error, len(t.players))
	replays := make([]*pb.GetReplayResponse, len(t.players))
	for i, c := range t.players {
		bots[i] = NewBot(c.Client, t.match, BotOptions{
			Seed: t.p.opts.Seed, Table: t.n, Seat: i, Poll: t.p.opts.Poll, Resign: t.p.opts.Resign, Door: c.door,
			Personality: c.who, Day: t.p.opts.Day, Zone: c.zone, Registry: t.p.opts.Registry,
			Tell: func(what string) { t.tell(c, what) }, Acted: t.p.acted,
		})
		if i == 0 {
			bots[0].w.answered(created.GetVersion(), created.GetEvents(), created.GetMatch())
		}
		wg.Go(func() {
			if i > 0 {
				errs[i] = bots[i].Join(ctx, created.GetMatch().GetJoinCode())
			}
			if errs[i] == nil {
				replays[i], errs[i] = bots[i].Play(ctx)
			}
			if errs[i] != nil {
				cancel() // the others would wait for this one
			}
		})
	}
	wg.Wait()
	for _, b := range bots {
		t.p.scores.heard(b.Hearing())
	}
	for i, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, errViolated) {
			return fmt.Errorf("player %s: %w", t.players[i].PlayerID(), err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	t.compare(bots, replays)
	return nil
}

func (t *table) tell(c player, what string) {
	t.p.tell(Violation{Match: t.match, Game: t.game, Player: c.PlayerID(), What: what})
}

// create makes the match by one of the many ways to make one.
func (t *table) create(ctx context.Context) (*pb.CreateMatchResponse, error) {
	req := &pb.CreateMatchRequest{
		Game: t.game, MinSeats: int32(len(t.players)), MaxSeats: int32(len(t.players)), Seat: int32(t.rng.IntN(len(t.players) + 1)),
		Access: pb.Access_ACCESS_BY_CODE, Spectators: true, Title: fmt.Sprintf("table %d of seed %v", t.n, t.p.opts.Seed),
		StartRule: [...]pb.StartRule{
			pb.StartRule_START_RULE_WHEN_FULL, pb.StartRule_START_RULE_BY_CALL, pb.StartRule_START_RULE_AT_ONCE,
		}[t.rng.IntN(3)],
	}
	if t.game == relayGame {
		// The creator has the first turn in relay mode, wherever he sits.
		req.State = baton{To: len(t.players) + t.rng.IntN(5*len(t.players))}.state()
	}
	byCode := proto.Clone(req).(*pb.CreateMatchRequest)
	if t.rng.IntN(2) == 0 {
		req.Access = pb.Access_ACCESS_INVITED
		for _, c := range t.players[1:] {
			req.InvitePlayerIds = append(req.InvitePlayerIds, c.PlayerID())
		}
	}
	res, err := t.players[0].CreateMatch(ctx, req)
	if req.Access == pb.Access_ACCESS_INVITED && reasonOf(err) == game.Quota {
		// Too many invitations of this player's are pending: that is no mistake of the server's.
		return t.players[0].CreateMatch(ctx, byCode)
	}
	return res, err
}

// compare checks that all players were told the same story, and that the rules make it the same.
func (t *table) compare(bots []*Bot, replays []*pb.GetReplayResponse) {
	first := bots[0].w.log.public()
	for i, b := range bots[1:] {
		if list := b.w.log.public(); !sameEvents(first, list) {
			t.tell(t.players[i+1], fmt.Sprintf("saw another match than player %s: %v, not %v", t.players[0].PlayerID(), list, first))
		}
	}
	if games := t.p.opts.Registry; games != nil {
		if err := Judge(games, replays[0]); err != nil {
			t.tell(t.players[0], "does not follow from the rules: "+err.Error())
		}
	}
	l := &bots[0].w.log
	resigned := 0
	for _, e := range l.events {
		if e.GetPlayerResigned() != nil {
			resigned++
		}
	}
	t.p.scores.finished(Finished{Match: t.match, Game: t.game, Result: resultText(l.end), Turns: len(l.turns)}, resigned)
	if t.game == relayGame {
		return // it has no winner but by lot
	}
	for i, b := range bots {
		t.p.scores.played(t.players[i].who.Name, mySeat(b.w.last).GetOutcome().GetResult() == pb.Result_RESULT_WON)
	}
}

// resultText says for people how a match ended.
func resultText(end *pb.Event) string {
	if end.GetMatchFinished() == nil {
		return "cancelled"
	}
	var won, drawn, resigned []string
	for _, o := range end.GetMatchFinished().GetOutcomes() {
		seat := fmt.Sprint(o.GetSeat())
		switch o.GetResult() {
		case pb.Result_RESULT_WON:
			won = append(won, seat)
		case pb.Result_RESULT_DRAWN:
			drawn = append(drawn, seat)
		}
		if o.GetEnding() == pb.Ending_ENDING_RESIGNED {
			resigned = append(resigned, seat)
		}
	}
	text := "no winner"
	switch {
	case len(won) > 0:
		text = "seat " + strings.Join(won, ", ") + " won"
	case len(drawn) > 0:
		text = "draw"
	}
	if len(resigned) > 0 {
		text += ", seat " + strings.Join(resigned, ", ") + " resigned"
	}
	return text
}
