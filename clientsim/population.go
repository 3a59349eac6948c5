package clientsim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	// Mix is what is played, each kind of table as likely as another; nil: MixOf the Registry.
	Mix []Kind
	// Personalities are dealt to the players by their shares; nil: DefaultPersonalities.
	Personalities []Weighted
	// Doors are how players hear of what happens, each of them the door of as many as another; nil: all Look. Those by
	// another door keep their inbox open for the whole run.
	Doors []Door
	// Cut is how long a connection lasts on average that a player by the door Mixed cuts; 0: 20 times Poll.
	Cut time.Duration
	// Day is how long a day is, for the hours of personalities; 0: 24 hours. Each player lives somewhere on the globe.
	Day time.Duration
	// Finish ends the run after so many finished matches; 0: only ctx does.
	Finish int
	// Poll is how long a bot that waits for others waits before it looks again; 0: 50 ms.
	Poll time.Duration
	// Resign is how likely a bot gives up each time that it looks, whatever its personality.
	Resign float64
	// Luck is how bad everybody's network is at least.
	Luck Luck
	// Patience is how long a call is repeated while there is no answer; 0: a minute.
	Patience time.Duration
	// Registry has the rules that bots think with, by which they check what they are shown, and by which finished matches
	// are played again. nil: all play at random and check what can be checked without rules.
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

// MixOf is every game of a registry that bots can play, because its rules list the moves, with as few players as it can
// have and, if it can have more, with up to four, and relay mode. A nil registry has no games.
func MixOf(games *game.Registry) []Kind {
	kinds := []Kind{{relayGame, 2}, {relayGame, 3}}
	if games == nil {
		return kinds
	}
	infos := games.Infos()
	slices.SortFunc(infos, func(a, b game.Info) int { return strings.Compare(a.Name, b.Name) })
	for _, info := range infos {
		rules, _ := games.Newest(info.Name)
		if _, lists := rules.(game.MoveLister); !lists {
			continue
		}
		if fewest := max(info.MinSeats, 2); fewest <= info.MaxSeats {
			kinds = append(kinds, Kind{info.Name, fewest})
		}
		if most := min(info.MaxSeats, 4); most > max(info.MinSeats, 2) {
			kinds = append(kinds, Kind{info.Name, most})
		}
	}
	return kinds
}

// Population is many simulated players in many matches at once.
type Population struct {
	opts    Options
	players []player
	scores  scores
	turns   atomic.Uint64
	restart chan struct{}

	mu     sync.Mutex // guards all below
	tables int        // begun so far
	active []int      // tables of each player

	hearing sync.Mutex // guards inboxes
	inboxes []heardBy
}

// player is a client and who sits behind it.
type player struct {
	*Client
	who  Personality
	zone float64
	door Door
}

// NewPopulation checks the options; Run begins to play.
func NewPopulation(o Options) (*Population, error) {
	if o.Players == 0 {
		o.Players = 16
	}
	if o.Matches == 0 {
		o.Matches = 8
	}
	if len(o.Personalities) == 0 {
		o.Personalities = DefaultPersonalities
	}
	if o.Mix == nil {
		o.Mix = MixOf(o.Registry)
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
	personalities, err := deal(o.Personalities, o.Players, o.Seed)
	if err != nil {
		return nil, err
	}
	doors, err := dealDoors(o.Doors, o.Players, o.Seed)
	if err != nil {
		return nil, err
	}
	p := &Population{opts: o, restart: make(chan struct{}, 1), active: make([]int, o.Players)}
	p.scores.s = Stats{Seed: o.Seed, Games: map[string]int{}, Personalities: tallies(o.Personalities, personalities)}
	for i, who := range personalities {
		c := NewClient(o.Transport, ClientOptions{
			Seed: o.Seed, Number: i, Name: playerName(i, who), Luck: o.Luck.and(who.Luck), Patience: o.Patience, count: &p.scores.luck,
		})
		c.opts.Tell = func(match, what string) { p.tell(Violation{Match: match, Player: c.PlayerID(), What: what}) }
		p.players = append(p.players, player{c, who, o.Seed.rng("zone", i).Float64(), doors[i]})
	}
	return p, nil
}

// playerName is what people call the player with this number.
func playerName(i int, who Personality) string {
	if who.Name == "" {
		return fmt.Sprintf("Bot %d", i+1)
	}
	return fmt.Sprintf("Bot %d, %s", i+1, who.Name)
}

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
	defer p.hangUp()
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
	errs := make([]error, len(p.players))
	slots := make(chan struct{}, 16)
	for i, c := range p.players {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = c.SignIn(ctx); errs[i] == nil {
				p.scores.change(func(s *Stats) { s.Players++ })
				errs[i] = p.listen(ctx, c)
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
		if s := p.scores.snapshot(); s.Violations >= maxViolations {
			giveUp(fmt.Errorf("%w after %d violations, the first: %v", errGiveUp, s.Violations, s.Found[0]))
		}
	}
}

// next takes the next table and its players; nil when enough are finished or being played.
func (p *Population) next() (*table, []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.scores.snapshot()
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
		t.players = append(t.players, p.players[i])
	}
	p.scores.change(func(s *Stats) { s.Running++ })
	return t, seats
}

// pick draws players who are not in too many matches.
func (p *Population) pick(rng *rand.Rand, n int) []int {
	var picked []int
	for _, i := range rng.Perm(len(p.players)) {
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
