package terminal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/bot"
	pb "yourmove/proto/gen/yourmove/v1"
)

// Level is how well a bot plays.
type Level string

// The levels.
const (
	// Easy plays any legal move.
	Easy Level = "easy"
	// Medium looks one move ahead.
	Medium Level = "medium"
	// Hard plays the game out many times in its head.
	Hard Level = "hard"
)

// hardPlayouts and hardTime bound what Hard thinks about one move.
const (
	hardPlayouts = 2000
	hardTime     = 2 * time.Second
)

// ParseLevel reads a level by its name, or by that of the way in which it chooses.
func ParseLevel(s string) (Level, error) {
	switch s {
	case "easy", "random":
		return Easy, nil
	case "medium", "greedy":
		return Medium, nil
	case "hard", "search":
		return Hard, nil
	}
	return "", fmt.Errorf("easy, medium or hard, not %q", s)
}

// title begins the name of a bot of this level.
func (l Level) title() string {
	switch l {
	case Easy:
		return "Easy bot"
	case Hard:
		return "Hard bot"
	}
	return "Medium bot"
}

// chooser makes what chooses a bot's moves. It is of a lower level than was asked for where the rules do not let a bot
// think: those that this program does not have, to begin with.
func chooser(l Level, rules game.Rules, seed [32]byte) (bot.Chooser, Level) {
	if rules != nil && l == Hard {
		budget := bot.Budget{Playouts: hardPlayouts, Time: hardTime, Now: time.Now}
		if c, err := bot.NewSearch(rules, seed, budget); err == nil {
			return c, Hard
		}
	}
	if rules != nil && l != Easy {
		if c, err := bot.NewGreedy(rules, seed); err == nil {
			return c, Medium
		}
	}
	return bot.NewRandom(seed), Easy
}

// rulesOf finds a version of the rules of a game; nil: it is not among these.
func rulesOf(rules []game.Rules, name string, version int32) game.Rules {
	for _, r := range rules {
		if info := r.Info(); info.Name == name && info.Version == int(version) {
			return r
		}
	}
	return nil
}

// botSeed derives the seed of the n-th bot from that of the program.
func botSeed(seed uint64, n int) [32]byte {
	b := binary.BigEndian.AppendUint64([]byte("yourmove play "), seed)
	return sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(n)))
}

// bell rings for all who play one match in this process, so that each need not wait for its next look to see what
// another one did.
type bell struct{ ears []chan struct{} }

// ear returns what is told of each ring; several rings may be one. All ears are made before the first ring.
func (b *bell) ear() <-chan struct{} {
	c := make(chan struct{}, 1)
	b.ears = append(b.ears, c)
	return c
}

func (b *bell) ring() {
	for _, c := range b.ears {
		select {
		case c <- struct{}{}:
		default: // it has not heard the last one yet
		}
	}
}

// rival is a bot in one match. It has an account of its own, and knows what any player in its seat would know.
type rival struct {
	client *clientsim.Client
	match  string
	moves  bot.Chooser
	poll   time.Duration // between two looks, unless it hears the bell
	bell   *bell
	ear    <-chan struct{}
	// hearing rings the bell when something happens at the server.
	hearing *hearing
	// stopped: it plays no more, though the match goes on.
	stopped atomic.Bool
}

// errNoMoves: it is a bot's turn, and the server lists nothing that it could play.
var errNoMoves = errors.New("the game lists no moves")

// play takes the seat that is kept for the bot and plays until the match is over or ctx is done.
func (r *rival) play(ctx context.Context) error {
	for known := uint64(0); ; {
		got, err := r.client.GetMatch(ctx, &pb.GetMatchRequest{MatchId: r.match, LegalMoves: true, IfNewerThan: known})
		if err != nil {
			return err
		}
		s := got.GetMatch().GetSummary()
		switch {
		case isOver(s):
			return nil
		case s.GetStanding() == pb.Standing_STANDING_INVITED:
			_, err = r.client.JoinMatch(ctx, &pb.JoinMatchRequest{MatchId: r.match})
			r.bell.ring()
		case s.GetStanding() == pb.Standing_STANDING_MY_TURN:
			err = r.act(ctx, got.GetMatch())
			r.bell.ring()
		default:
			if s != nil {
				known = s.GetVersion()
			}
			err = r.wait(ctx, r.hearing.pace(r.poll))
		}
		// What is refused was for something that happened meanwhile: look again, though not at once.
		if code := connect.CodeOf(err); err != nil && (code == connect.CodeAborted || code == connect.CodeFailedPrecondition) {
			err = r.wait(ctx, r.poll)
		}
		if err != nil {
			return err
		}
	}
}

// wait waits for the bell, at most for a while.
func (r *rival) wait(ctx context.Context, longest time.Duration) error {
	again := time.NewTimer(longest)
	defer again.Stop()
	select {
	case <-r.ear:
	case <-again.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (r *rival) act(ctx context.Context, m *pb.Match) error {
	s := m.GetSummary()
	view, err := m.GetView().MarshalJSON()
	if err != nil {
		return fmt.Errorf("what the bot is shown: %w", err)
	}
	sight := bot.Sight{Game: s.GetGame(), Seat: int(s.GetMySeat()), View: view, Legal: m.GetLegalMoves()}
	for _, seat := range s.GetSeats() {
		if seat.GetState() == pb.SeatState_SEAT_STATE_SEATED {
			sight.Seats = append(sight.Seats, int(seat.GetSeat()))
		}
	}
	move, ok := r.moves.Choose(sight)
	if !ok {
		return errNoMoves
	}
	_, err = r.client.SubmitTurn(ctx, &pb.SubmitTurnRequest{
		MatchId: r.match, ExpectedVersion: s.GetVersion(), Moves: []*pb.Move{{Text: move}},
	})
	return err
}

func isOver(s *pb.MatchSummary) bool {
	return s.GetState() == pb.MatchState_MATCH_STATE_FINISHED || s.GetState() == pb.MatchState_MATCH_STATE_CANCELLED
}
