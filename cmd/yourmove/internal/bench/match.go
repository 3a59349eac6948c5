package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// match is what a player knows of one from the last answer: enough for the next turn without asking.
type match struct {
	id       string
	game     string
	accounts []*account // by seat, from 0
	mover    mover

	version uint64
	turn    uint64
	actor   int // the seat that must act; 0: it is over
	view    *structpb.Struct
}

// learn takes what an answer tells of the match.
func (m *match) learn(res *yourmovev1.Match) error {
	s := res.GetSummary()
	m.version, m.turn, m.view, m.actor = s.GetVersion(), s.GetTurn(), res.GetView(), 0
	if s.GetState() == yourmovev1.MatchState_MATCH_STATE_ACTIVE && len(s.GetMustAct()) > 0 {
		m.actor = int(s.GetMustAct()[0])
	}
	if m.actor > len(m.accounts) {
		return fmt.Errorf("match %s waits for seat %d, of which nothing is known", m.id, m.actor)
	}
	return nil
}

// submit takes one turn.
func (p *player) submit(ctx context.Context, m *match) error {
	_, err := p.take(ctx, m)
	return err
}

// taken is a turn that was answered: its event, when it was sent and when the answer came.
type taken struct {
	event          turnID
	sent, answered time.Time
}

// turnID names the event of a turn.
type turnID struct {
	match   string
	version uint64
}

// take takes one turn and tells how that went.
func (p *player) take(ctx context.Context, m *match) (taken, error) {
	// Nobody else acts in the match, and the first event of an answer is the turn's.
	t := taken{event: turnID{m.id, m.version + 1}}
	req := &yourmovev1.SubmitTurnRequest{MatchId: m.id, ExpectedVersion: m.version, RequestId: uuid.NewString()}
	if err := m.mover(m, p.rng, req); err != nil {
		return t, err
	}
	ctx, err := p.as(ctx, m.accounts[m.actor-1])
	if err != nil {
		return t, err
	}
	t.sent = time.Now()
	res, err := p.matchService.SubmitTurn(ctx, req)
	if err != nil {
		return t, err
	}
	t.answered = time.Now()
	return t, m.learn(res.GetMatch())
}

// read asks how a match stands.
func (p *player) read(ctx context.Context, m *match) error {
	ctx, err := p.as(ctx, m.accounts[0])
	if err != nil {
		return err
	}
	var res *yourmovev1.GetMatchResponse
	err = p.setup(ctx, func() (err error) {
		res, err = p.matchService.GetMatch(ctx, &yourmovev1.GetMatchRequest{MatchId: m.id})
		return err
	})
	if err != nil {
		return fmt.Errorf("read match %s: %w", m.id, err)
	}
	m.game = res.GetMatch().GetSummary().GetGame()
	if m.mover == nil {
		m.mover = moversByGame[m.game]
	}
	if m.mover == nil {
		return fmt.Errorf("match %s: the bench can play %s, not %q", m.id, Games(), m.game)
	}
	return m.learn(res.GetMatch())
}

// replace puts a new match between the same accounts in the place of one that is over.
func (p *player) replace(ctx context.Context, m *match) error {
	created, err := p.create(ctx, m.game, m.accounts)
	if err != nil {
		return err
	}
	*m = *created
	return nil
}

// create makes a match and seats the accounts in their order.
func (p *player) create(ctx context.Context, game string, accounts []*account) (*match, error) {
	m := &match{game: game, accounts: accounts, mover: moversByGame[game]}
	return m, p.begin(ctx, m, &yourmovev1.CreateMatchRequest{Game: game})
}

// createEndless makes a match in relay mode that never ends, and that others may watch if they are to.
func (p *player) createEndless(ctx context.Context, accounts []*account, spectators bool) (*match, error) {
	m := &match{game: relay, accounts: accounts, mover: passOn}
	return m, p.begin(ctx, m, &yourmovev1.CreateMatchRequest{Game: relay, Spectators: spectators})
}

// begin creates the match and seats its accounts in their order.
func (p *player) begin(ctx context.Context, m *match, req *yourmovev1.CreateMatchRequest) error {
	accounts := m.accounts
	req.RequestId, req.Seat, req.Access = uuid.NewString(), 1, yourmovev1.Access_ACCESS_BY_CODE
	req.MinSeats, req.MaxSeats = int32(len(accounts)), int32(len(accounts))
	if m.game == relay {
		req.State = relayState(0)
	}
	as, err := p.as(ctx, accounts[0])
	if err != nil {
		return err
	}
	var res *yourmovev1.CreateMatchResponse
	err = p.setup(ctx, func() (err error) {
		res, err = p.matchService.CreateMatch(as, req)
		return err
	})
	if err != nil {
		return fmt.Errorf("create a match: %w", err)
	}
	m.id = res.GetMatch().GetSummary().GetMatchId()
	for seat, a := range accounts[1:] {
		as, err := p.as(ctx, a)
		if err != nil {
			return err
		}
		req := &yourmovev1.JoinMatchRequest{JoinCode: res.GetMatch().GetJoinCode(), RequestId: uuid.NewString(), Seat: int32(seat + 2)}
		var joined *yourmovev1.JoinMatchResponse
		err = p.setup(ctx, func() (err error) {
			joined, err = p.matchService.JoinMatch(as, req)
			return err
		})
		if err != nil {
			return fmt.Errorf("join match %s: %w", m.id, err)
		}
		if err := m.learn(joined.GetMatch()); err != nil {
			return err
		}
	}
	if m.actor == 0 {
		return fmt.Errorf("match %s did not start", m.id)
	}
	return nil
}

// perPair is how many matches two accounts of the bench have at the same time: fewer than people may.
const perPair = 50

// createShare makes the player's matches, between accounts that are its own.
func (p *player) createShare(ctx context.Context, game string, n int, admin adminv1connect.AdminServiceClient) error {
	var pair []*account
	for i := range n {
		if i%perPair == 0 {
			pair = []*account{newAccount(), newAccount()}
			for _, a := range pair {
				if admin == nil {
					break
				}
				if err := p.markBot(ctx, admin, a); err != nil {
					return err
				}
			}
		}
		m, err := p.create(ctx, game, pair)
		if err != nil {
			return err
		}
		p.matches = append(p.matches, m)
	}
	return nil
}
