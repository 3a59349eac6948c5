package bench

import (
	"context"
	"fmt"

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
	req := &yourmovev1.SubmitTurnRequest{MatchId: m.id, ExpectedVersion: m.version, RequestId: uuid.NewString()}
	if err := m.mover(m, p.rng, req); err != nil {
		return err
	}
	ctx, err := p.as(ctx, m.accounts[m.actor-1])
	if err != nil {
		return err
	}
	res, err := p.matchService.SubmitTurn(ctx, req)
	if err != nil {
		return err
	}
	return m.learn(res.GetMatch())
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
	if m.mover = moversByGame[m.game]; m.mover == nil {
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
	req := &yourmovev1.CreateMatchRequest{
		RequestId: uuid.NewString(), Game: game, Seat: 1, Access: yourmovev1.Access_ACCESS_BY_CODE,
		MinSeats: int32(len(accounts)), MaxSeats: int32(len(accounts)),
	}
	if game == relay {
		req.State = relayState(0)
	}
	as, err := p.as(ctx, accounts[0])
	if err != nil {
		return nil, err
	}
	var res *yourmovev1.CreateMatchResponse
	err = p.setup(ctx, func() (err error) {
		res, err = p.matchService.CreateMatch(as, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create a match: %w", err)
	}
	m.id = res.GetMatch().GetSummary().GetMatchId()
	for seat, a := range accounts[1:] {
		as, err := p.as(ctx, a)
		if err != nil {
			return nil, err
		}
		req := &yourmovev1.JoinMatchRequest{JoinCode: res.GetMatch().GetJoinCode(), RequestId: uuid.NewString(), Seat: int32(seat + 2)}
		var joined *yourmovev1.JoinMatchResponse
		err = p.setup(ctx, func() (err error) {
			joined, err = p.matchService.JoinMatch(as, req)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("join match %s: %w", m.id, err)
		}
		if err := m.learn(joined.GetMatch()); err != nil {
			return nil, err
		}
	}
	if m.actor == 0 {
		return nil, fmt.Errorf("match %s did not start", m.id)
	}
	return m, nil
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
