package clientsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
)

// mostActive is how many matches a player is in at once: some less than a server allows.
const mostActive = 90

// Options say what a Population is.
type Options struct {
	// Transport reaches the server. It is shared by all players.
	Transport connect.Transport
	// Seed makes everything that is drawn.
	Seed Seed
	// Players in all, and Matches at once; 0: 16 and 8.
	Players, Matches int
	// Mix is what is played, each kind of table as likely as another; nil: DefaultMix.
	Mix []Kind
	// Finish ends the run after so many finished matches; 0: only ctx does.
	Finish int
	// Poll is how long a bot that waits for others waits before it looks again; 0: 50 ms.
	Poll time.Duration
	// Resign is how likely a bot gives up instead of looking on or taking a turn.
	Resign float64
	// Luck is how bad the network is.
	Luck Luck
	// Patience is how long a call is repeated while there is no answer; 0: a minute.
	Patience time.Duration
	// Registry has the rules by which finished matches are played again; nil: they are not.
	Registry *game.Registry
	// Restart stops the server and starts it again. It is called after every RestartEvery turns, while the bots go on
	// playing; nil: never.
	Restart      func(context.Context) error
	RestartEvery uint64
}

// Kind is a game and how many play it.
type Kind struct {
	Game  string
	Seats int
}

// DefaultMix is every game that there are rules for, and relay mode.
var DefaultMix = []Kind{
	{"tictactoe", 2}, {"tictactoe", 2}, {"pig", 2}, {"pig", 3}, {"pig", 4}, {relayGame, 2}, {relayGame, 3}, {relayGame, 4},
}

// Population is many simulated players in many matches at once.
type Population struct {
	opts    Options
	clients []*Client
	scores  scores
	turns   atomic.Uint64
	restart chan struct{}

	mu     sync.Mutex // guards all below
	tables int        // begun so far
	active []int      // tables of each player
}

// NewPopulation checks the options; Run begins to play.
func NewPopulation(o Options) (*Population, error) {
	if o.Players == 0 {
		o.Players = 16
	}
	if o.Matches == 0 {
		o.Matches = 8
	}
	if o.Mix == nil {
		o.Mix = DefaultMix
	}
	most := 0
	for _, k := range o.Mix {
		if k.Seats < 2 || k.Seats > game.MaxSeats {
			return nil, fmt.Errorf("%s with %d seats: from 2 to %d play", k.Game, k.Seats, game.MaxSeats)
		}
		most = max(most, k.Seats)
	}
	// However the tables fall, the next one must find players who are not in mostActive matches.
	if least := most + o.Matches*most/mostActive; o.Players < least {
		return nil, fmt.Errorf("%d matches at once with up to %d seats need at least %d players, not %d", o.Matches, most, least, o.Players)
	}
	p := &Population{opts: o, restart: make(chan struct{}, 1), active: make([]int, o.Players)}
	p.scores.s = Stats{Seed: o.Seed, Games: map[string]int{}}
	for i := range o.Players {
		c := NewClient(o.Transport, ClientOptions{
			Seed: o.Seed, Number: i, Name: fmt.Sprintf("Bot %d", i+1), Luck: o.Luck, Patience: o.Patience, count: &p.scores.luck,
		})
		c.opts.Tell = func(match, what string) { p.tell(Violation{Match: match, Player: c.PlayerID(), What: what}) }
		p.clients = append(p.clients, c)
	}
	return p, nil
}

// Stats tells how it goes. It may be called at any time, by anyone.
func (p *Population) Stats() Stats { return p.scores.snapshot() }

// Run plays until ctx is done or enough matches are finished, and leaves nothing running. Matches that ctx cuts short
// stay as they are on the server. What players should not have seen is in Stats; the error says why a run could not go
// on, and is nil when ctx was done.
func (p *Population) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := p.run(ctx, cancel)
	if cause := context.Cause(ctx); errors.Is(cause, errGiveUp) {
		return cause
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// errGiveUp ends a run that makes no sense any more.
var errGiveUp = errors.New("clientsim gives up")

func (p *Population) run(ctx context.Context, giveUp context.CancelCauseFunc) error {
	if err := p.signIn(ctx); err != nil {
		return err
	}
	playing, done := context.WithCancel(ctx)
	var restarts, tables sync.WaitGroup
	if p.opts.Restart != nil && p.opts.RestartEvery > 0 {
		restarts.Go(func() { p.restarts(playing, giveUp) })
	}
	for range p.opts.Matches {
		tables.Go(func() { p.host(ctx, giveUp) })
	}
	tables.Wait()
	done()
	restarts.Wait()
	return nil
}

// signIn opens every player's session, some at once.
func (p *Population) signIn(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, len(p.clients))
	slots := make(chan struct{}, 16)
	for i, c := range p.clients {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = c.SignIn(ctx); errs[i] == nil {
				p.scores.change(func(s *Stats) { s.Players++ })
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// host lets one table after the other play.
func (p *Population) host(ctx context.Context, giveUp context.CancelCauseFunc) {
	for ctx.Err() == nil {
		t, seats := p.next()
		if t == nil {
			return
		}
		err := t.run(ctx)
		p.leave(seats)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if !errors.Is(err, errViolated) { // what that was has been told
			p.tell(Violation{Match: t.match, Game: t.game, What: err.Error()})
		}
		if s := p.Stats(); s.Violations >= maxViolations {
			giveUp(fmt.Errorf("%w after %d violations, the first: %v", errGiveUp, s.Violations, s.Found[0]))
		}
	}
}

// next takes the next table and its players; nil when enough are finished or being played.
func (p *Population) next() (*table, []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.Stats()
	if p.opts.Finish > 0 && s.Finished+s.Running >= p.opts.Finish {
		return nil, nil
	}
	n := p.tables
	p.tables++
	rng := p.opts.Seed.rng("table", n)
	kind := p.opts.Mix[rng.IntN(len(p.opts.Mix))]
	t := &table{p: p, n: n, rng: rng, game: kind.Game}
	seats := p.pick(rng, kind.Seats)
	for _, i := range seats {
		t.players = append(t.players, p.clients[i])
	}
	p.scores.change(func(s *Stats) { s.Running++ })
	return t, seats
}

// pick draws players who are not in too many matches.
func (p *Population) pick(rng *rand.Rand, n int) []int {
	var picked []int
	for _, i := range rng.Perm(len(p.clients)) {
		if len(picked) < n && p.active[i] < mostActive {
			p.active[i]++
			picked = append(picked, i)
		}
	}
	return picked
}

func (p *Population) leave(seats []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range seats {
		p.active[i]--
	}
	p.scores.change(func(s *Stats) { s.Running-- })
}

func (p *Population) tell(v Violation) {
	v.Seed = p.opts.Seed
	p.scores.violation(v)
}

// acted counts a turn, and asks for a restart of the server when it is time for one.
func (p *Population) acted() {
	p.scores.change(func(s *Stats) { s.Turns++ })
	if n := p.turns.Add(1); p.opts.RestartEvery > 0 && n%p.opts.RestartEvery == 0 {
		select {
		case p.restart <- struct{}{}:
		default: // one is due already
		}
	}
}

// restarts restarts the server whenever it is asked for. One that has begun is completed: ctx is not the server's.
func (p *Population) restarts(ctx context.Context, giveUp context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.restart:
		}
		if err := p.opts.Restart(context.WithoutCancel(ctx)); err != nil {
			giveUp(fmt.Errorf("%w: restart the server: %w", errGiveUp, err))
			return
		}
		p.scores.change(func(s *Stats) { s.Restarts++ })
	}
}
