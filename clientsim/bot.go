package clientsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/bot"
	pb "yourmove/proto/gen/yourmove/v1"
)

// Bot is one player in one match. It looks, acts when it must, waits otherwise, and checks all that it is shown.
type Bot struct {
	client  *Client
	chooser bot.Chooser // nil until it is known which rules there are to think with
	rng     *rand.Rand
	pace    pace
	opts    BotOptions
	w       *witness
	// known is the version up to which there is nothing left to do.
	known uint64
	// violated: something did not fit.
	violated bool
	// declared is the end that this bot declared in relay mode.
	declared []*pb.Outcome
	// inbox and ear are how it hears of its match; nil: it looks.
	inbox   *Inbox
	ear     *ear
	hearing Hearing
	// late: the match was over when the bot saw it first.
	late bool
	// habits draws when it says what is on the screen; seen: it said so.
	habits *rand.Rand
	seen   bool
}

// BotOptions say how a Bot behaves.
type BotOptions struct {
	// Seed makes its choices, together with Table and Seat.
	Seed        Seed
	Table, Seat int
	// Personality says how it plays and when.
	Personality Personality
	// Day is how long a day is, for the Hours of its Personality, and Zone the part of a day, from 0 to 1, by which its
	// clock is ahead of the machine's in UTC. Day 0: 24 hours.
	Day  time.Duration
	Zone float64
	// Registry has the rules that it thinks with, and checks what it is shown against. nil: it does neither.
	Registry *game.Registry
	// Chooser picks its moves in games with rules, instead of the Personality's Mind.
	Chooser bot.Chooser
	// Door is how it hears that something happened while it waits. By another one than Look it opens the client's inbox
	// while it plays, or shares the one that is open, by whatever door; it compares what that tells with the match.
	Door Door
	// Poll is how long it waits before it looks again, by the door Look; 0: 50 ms.
	Poll time.Duration
	// Resign is how likely it gives up each time that it looks, from 0 to 1.
	Resign float64
	// Tell is given each thing that does not fit; nil: nobody.
	Tell func(what string)
	// Acted is called after each turn that was taken; nil: nobody is.
	Acted func()
}

const (
	// usualPoll is how long a bot waits before it looks again.
	usualPoll = 50 * time.Millisecond
	// patience is how long it trusts its inbox when that is silent: then it looks all the same, and whatever it finds it
	// has not been told. So it is at the end of the match, which is told within that time or was not told.
	patience = time.Minute
)

// NewBot returns a bot that plays for a client in a match.
func NewBot(c *Client, match string, o BotOptions) *Bot {
	if o.Poll <= 0 {
		o.Poll = usualPoll
	}
	if o.Day <= 0 {
		o.Day = 24 * time.Hour
	}
	if o.Acted == nil {
		o.Acted = func() {}
	}
	b := &Bot{client: c, chooser: o.Chooser, rng: o.Seed.rng("bot", o.Table, o.Seat), opts: o}
	b.habits = o.Seed.rng("habits", o.Table, o.Seat)
	b.pace = pace{Personality: o.Personality, day: o.Day, zone: o.Zone, rng: o.Seed.rng("pace", o.Table, o.Seat)}
	b.w = newWitness(match, c.PlayerID(), func(format string, args ...any) {
		b.violated = true
		if o.Tell != nil {
			o.Tell(fmt.Sprintf(format, args...))
		}
	})
	b.w.rules = rulebook{games: o.Registry, seed: o.Seed.key("imagination", o.Table, o.Seat)}
	return b
}

// Match returns the id of the bot's match.
func (b *Bot) Match() string { return b.w.match }

// Join takes a seat, by the match's join code if there is one.
func (b *Bot) Join(ctx context.Context, code string) error {
	req := &pb.JoinMatchRequest{JoinCode: code}
	if code == "" {
		req.MatchId = b.w.match
	}
	res, err := b.client.JoinMatch(ctx, req)
	if err != nil {
		return fmt.Errorf("join: %w", err)
	}
	b.w.answered(res.GetVersion(), res.GetEvents(), res.GetMatch())
	return nil
}

// errViolated ends a bot's play after it was shown something that cannot be: what it would do next rests on it.
var errViolated = errors.New("was shown something that cannot be")

// Play plays until the match is over, and checks its history then. It returns the match as the replay shows it. It
// fails as soon as something that it was shown does not fit.
func (b *Bot) Play(ctx context.Context) (*pb.GetReplayResponse, error) {
	if err := b.listen(ctx); err != nil {
		return nil, err
	}
	defer b.deaf()
	replay, err := b.play(ctx)
	return replay, errors.Join(err, b.puts(ctx))
}

func (b *Bot) play(ctx context.Context) (*pb.GetReplayResponse, error) {
	first := b.w.last == nil
	for {
		m, err := b.look(ctx)
		if err != nil {
			return nil, err
		}
		s := m.GetSummary()
		b.late, first = b.late || first && over(s), false
		switch {
		case b.violated:
			return nil, errViolated
		case m == nil: // nothing new
			err = b.wait(ctx)
		case over(s):
			return b.review(ctx)
		case s.GetStanding() == pb.Standing_STANDING_MY_TURN:
			err = b.turn(ctx, m)
		case b.mayStart(m):
			err = b.start(ctx)
		case b.losesHeart(s):
			err = b.resign(ctx, m)
		default:
			b.known = s.GetVersion()
			err = b.wait(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
}

// look reads the match, with all events since the last look; nil when nothing happened since b.known.
func (b *Bot) look(ctx context.Context) (*pb.Match, error) {
	since := b.w.log.version()
	got, err := b.client.GetMatch(ctx, &pb.GetMatchRequest{
		MatchId: b.w.match, LegalMoves: true, SinceVersion: &since, IfNewerThan: b.known,
	})
	if err != nil {
		return nil, fmt.Errorf("read the match: %w", err)
	}
	if got.GetUnchanged() {
		if b.known == 0 || got.GetMatch() != nil || len(got.GetEvents()) > 0 {
			b.w.tell("unchanged since version %d, and yet: %v", b.known, got)
		}
		return nil, nil
	}
	m := got.GetMatch()
	b.w.saw(m)
	b.w.listed(m)
	b.w.log.read(since, got.GetEvents(), b.w.tell)
	// What is missing of a long history, page by page; the match may go on meanwhile.
	for len(got.GetEvents()) == maxEvents {
		since = b.w.log.version()
		if got, err = b.client.GetMatch(ctx, &pb.GetMatchRequest{
			MatchId: b.w.match, LegalMoves: true, SinceVersion: &since,
		}); err != nil {
			return nil, fmt.Errorf("read the match: %w", err)
		}
		m = got.GetMatch()
		b.w.saw(m)
		b.w.listed(m)
		b.w.log.read(since, got.GetEvents(), b.w.tell)
	}
	b.w.caughtUp()
	return m, nil
}

// turn waits as long as the personality takes over this turn, and looks again then: the match may have gone on. Else it
// acts, or gives up.
func (b *Bot) turn(ctx context.Context, m *pb.Match) error {
	s := m.GetSummary()
	// Others may act in the same turn, and so may this one: its own acts tell one decision from the next.
	due, quits := b.pace.next([2]uint64{s.GetTurn(), uint64(len(b.w.mine)) + 1}, time.Now())
	if wait := time.Until(due); wait > 0 {
		b.known = 0
		return Sleep(ctx, wait)
	}
	if b.losesHeart(s) || quits && mayGiveUp(s) {
		return b.resign(ctx, m)
	}
	return b.act(ctx, m)
}

// act takes the turn.
func (b *Bot) act(ctx context.Context, m *pb.Match) error {
	s := m.GetSummary()
	if err := b.sees(ctx, s); err != nil {
		return err
	}
	req := &pb.SubmitTurnRequest{
		MatchId: b.w.match, ExpectedVersion: s.GetVersion(), RequestId: b.client.NewRequestID(),
	}
	if s.GetGame() == relayGame {
		baton, err := readBaton(m, b.w.log.turns, b.w.tell)
		if err != nil {
			return err
		}
		req.Moves, req.Relay = baton.pass(b.rng, s)
	} else {
		move, err := b.choose(m)
		if err != nil {
			return fmt.Errorf("version %d: %w", s.GetVersion(), err)
		}
		req.Moves = []*pb.Move{{Text: move}}
	}
	b.w.submits(req.GetRequestId(), req.GetMoves())
	res, err := b.client.SubmitTurn(ctx, req)
	if err != nil {
		if ctx.Err() == nil && !transient(err) {
			b.w.mine[req.GetRequestId()].refused = err
		}
		return b.overtaken(ctx, s, err)
	}
	b.w.acknowledged(req.GetRequestId(), res)
	b.declared = req.GetRelay().GetOutcomes()
	b.opts.Acted()
	return nil
}

// choose asks the mind for a move.
func (b *Bot) choose(m *pb.Match) (string, error) {
	s := m.GetSummary()
	if b.chooser == nil {
		var rules game.Rules
		if b.opts.Registry != nil {
			rules, _ = b.opts.Registry.Find(s.GetGame(), int(s.GetRulesetVersion()))
		}
		b.chooser = b.opts.Personality.chooser(rules, b.opts.Seed.key("moves", b.opts.Table, b.opts.Seat))
	}
	view, err := m.GetView().MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("the view: %w", err)
	}
	move, ok := b.chooser.Choose(bot.Sight{
		Game: s.GetGame(), Seat: int(s.GetMySeat()), Seats: inPlay(m), View: view, Legal: m.GetLegalMoves(),
	})
	if !ok {
		return "", fmt.Errorf("seat %d must act and has no move among %v", s.GetMySeat(), m.GetLegalMoves())
	}
	return move, nil
}

// losesHeart draws whether to give up now.
func (b *Bot) losesHeart(s *pb.MatchSummary) bool {
	return mayGiveUp(s) && b.rng.Float64() < b.opts.Resign
}

// mayGiveUp reports whether the player has something to give up. Nobody does while seats are still to be taken.
func mayGiveUp(s *pb.MatchSummary) bool {
	return s.GetState() == pb.MatchState_MATCH_STATE_ACTIVE && mySeat(s).GetState() == pb.SeatState_SEAT_STATE_SEATED && openSeats(s) == 0
}

// resign gives up. In relay mode one whose turn it is says who is next, if several play on.
func (b *Bot) resign(ctx context.Context, m *pb.Match) error {
	s := m.GetSummary()
	req := &pb.ResignRequest{MatchId: b.w.match}
	if next := others(s); s.GetGame() == relayGame && s.GetStanding() == pb.Standing_STANDING_MY_TURN && len(next) > 1 {
		req.Relay = &pb.RelayTurn{NextSeats: next}
	}
	res, err := b.client.Resign(ctx, req)
	if err != nil {
		return b.overtaken(ctx, s, err)
	}
	b.w.resigned = true
	b.w.answered(res.GetVersion(), res.GetEvents(), res.GetMatch())
	return nil
}

// overtaken makes sure that a refusal was for something that happened meanwhile; then the bot looks again.
func (b *Bot) overtaken(ctx context.Context, was *pb.MatchSummary, refusal error) error {
	switch connect.CodeOf(refusal) {
	case connect.CodeAborted, connect.CodeFailedPrecondition:
	case connect.CodeInvalidArgument:
		// In relay mode what a resignation brings depends on whose turn it is.
		if was.GetGame() != relayGame {
			return refusal
		}
	default:
		return refusal
	}
	b.known = 0
	m, err := b.look(ctx)
	if err != nil {
		return err
	}
	if m.GetSummary().GetVersion() == was.GetVersion() {
		return fmt.Errorf("refused although nothing had happened since version %d: %w", was.GetVersion(), refusal)
	}
	return nil
}

// mayStart reports whether the match waits for this player's word.
func (b *Bot) mayStart(m *pb.Match) bool {
	s := m.GetSummary()
	return s.GetState() == pb.MatchState_MATCH_STATE_GATHERING && m.GetStartRule() == pb.StartRule_START_RULE_BY_CALL &&
		m.GetCreatorId() == b.w.player && openSeats(s) == 0
}

func (b *Bot) start(ctx context.Context) error {
	res, err := b.client.StartMatch(ctx, &pb.StartMatchRequest{MatchId: b.w.match})
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	b.w.answered(res.GetVersion(), res.GetEvents(), res.GetMatch())
	return nil
}

// review checks the history of a match that is over, by both ways in which it is told.
func (b *Bot) review(ctx context.Context) (*pb.GetReplayResponse, error) {
	replay, err := b.client.GetReplay(ctx, b.w.match)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	b.w.saw(replay.GetMatch())
	b.w.log.read(0, replay.GetEvents(), b.w.tell)
	if uint64(len(replay.GetEvents())) != replay.GetMatch().GetSummary().GetVersion() {
		b.w.tell("the replay of version %d has %d events", replay.GetMatch().GetSummary().GetVersion(), len(replay.GetEvents()))
	}
	b.w.caughtUp()
	turns, err := b.listTurns(ctx)
	if err != nil {
		return nil, err
	}
	b.w.sameTurns(turns)
	b.w.accounts()
	b.checkDeclared(b.w.log.end.GetMatchFinished().GetOutcomes())
	if err := b.compare(ctx); err != nil {
		return nil, err
	}
	if err := b.seesEnd(ctx); err != nil {
		return nil, err
	}
	if b.violated {
		return nil, errViolated
	}
	return replay, nil
}

func (b *Bot) listTurns(ctx context.Context) ([]*pb.Event, error) {
	var turns []*pb.Event
	for token := ""; ; {
		page, err := b.client.ListTurns(ctx, &pb.ListTurnsRequest{MatchId: b.w.match, PageToken: token})
		if err != nil {
			return nil, fmt.Errorf("list the turns: %w", err)
		}
		turns = append(turns, page.GetTurns()...)
		if token = page.GetNextPageToken(); token == "" {
			return turns, nil
		}
		if len(page.GetTurns()) == 0 {
			return nil, errors.New("list the turns: an empty page says that there is another")
		}
	}
}

// checkDeclared checks that the match ended as this bot declared, if it did.
func (b *Bot) checkDeclared(ended []*pb.Outcome) {
	for _, d := range b.declared {
		d = proto.Clone(d).(*pb.Outcome)
		d.Ending = pb.Ending_ENDING_DECLARED
		found := false
		for _, o := range ended {
			found = found || proto.Equal(o, d)
		}
		if !found {
			b.w.tell("seat %d was declared %v; the match ended with %v", d.GetSeat(), d, ended)
		}
	}
}
