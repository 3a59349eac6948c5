package uci

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// A player looks soon after its own move whether there is an answer, then less and less often.
const (
	firstWait   = 10 * time.Millisecond
	longestWait = time.Second
)

// page is how many events an answer has at most.
const page = 50

// claim is the move that claims a draw.
const claim = "claim"

// Play plays a match of chess, in which the client has a seat, with an engine until the match is over, and returns it as
// it is then. It fails if the engine does, or if the server refuses the engine's move; the match then waits for the
// player.
//
// The engine picks the moves. A draw that can be claimed is claimed, unless the engine believes to stand better.
func Play(ctx context.Context, c *clientsim.Client, match string, e *Engine, l Limit) (*pb.Match, error) {
	if err := e.NewGame(ctx); err != nil {
		return nil, err
	}
	p := &player{client: c, engine: e, limit: l, match: match}
	wait := firstWait
	for {
		m, err := p.look(ctx)
		switch s := m.GetSummary(); {
		case err != nil:
			return nil, err
		case m == nil:
			if err := clientsim.Sleep(ctx, wait); err != nil {
				return nil, err
			}
			wait = min(2*wait, longestWait)
			continue
		case s.GetGame() != "chess":
			return nil, fmt.Errorf("match %s is one of %s: engines play chess", match, s.GetGame())
		case s.GetMySeat() == 0:
			return nil, fmt.Errorf("match %s has no seat of this player", match)
		case s.GetState() == pb.MatchState_MATCH_STATE_FINISHED, s.GetState() == pb.MatchState_MATCH_STATE_CANCELLED:
			return m, nil
		case s.GetStanding() == pb.Standing_STANDING_MY_TURN:
			if err := p.move(ctx, m); err != nil {
				return nil, err
			}
		default:
			p.idle = s.GetVersion()
		}
		wait = firstWait
	}
}

// player is a client with an engine in one match.
type player struct {
	client *clientsim.Client
	engine *Engine
	limit  Limit
	match  string
	// moves are all up to the version seen.
	moves []string
	seen  uint64
	// idle is the version up to which there is nothing to do.
	idle uint64
}

// look reads the match and the moves since the last look; nil when it is no newer than idle.
func (p *player) look(ctx context.Context) (*pb.Match, error) {
	for idle := p.idle; ; idle = 0 {
		got, err := p.client.GetMatch(ctx, &pb.GetMatchRequest{
			MatchId: p.match, LegalMoves: true, SinceVersion: &p.seen, IfNewerThan: idle,
		})
		if err != nil {
			return nil, fmt.Errorf("read the match: %w", err)
		}
		for _, e := range got.GetEvents() {
			for _, mv := range e.GetTurnTaken().GetMoves() {
				p.moves = append(p.moves, mv.GetText())
			}
			p.seen = e.GetVersion()
		}
		// After a full page there may be more, and the match may go on meanwhile: the last one has its newest state.
		if len(got.GetEvents()) < page {
			return got.GetMatch(), nil
		}
	}
}

// move lets the engine think and takes the turn.
func (p *player) move(ctx context.Context, m *pb.Match) error {
	best, err := p.engine.Think(ctx, Position{FEN: text(m.GetOptions().GetFields()["fen"]), Moves: p.moves}, p.limit)
	if err != nil {
		return err
	}
	move := best.Move
	if best.Score <= 0 && slices.Contains(m.GetLegalMoves(), claim) {
		move = claim
	}
	_, err = p.client.SubmitTurn(ctx, &pb.SubmitTurnRequest{
		MatchId: p.match, ExpectedVersion: m.GetSummary().GetVersion(), Moves: []*pb.Move{{Text: move}},
	})
	switch clientsim.Reason(err) {
	case game.MatchOver, game.VersionStale:
		return nil // the opponent gave up, or another device of this player moved, while the engine thought
	}
	if err != nil {
		return fmt.Errorf("%s plays %.20q in %s: %w", p.engine.Name, move, text(m.GetView().GetFields()["fen"]), err)
	}
	return nil
}

func text(v *structpb.Value) string { return v.GetStringValue() }
