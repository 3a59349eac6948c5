package clientsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"yourmove/game"
	"yourmove/game/bot"
)

// Mind is how a player chooses his moves in games with rules.
type Mind string

// The minds. One that needs more of the rules than they offer, or rules that nobody gave to it, plays at random.
const (
	RandomMind Mind = "random"
	GreedyMind Mind = "greedy"
	SearchMind Mind = "search"
)

// Personality is how a player behaves. The zero Personality plays at random, at once and at any time of the day.
type Personality struct {
	// Name is for people, and for Stats.
	Name string
	// Mind chooses the moves; empty: RandomMind.
	Mind Mind
	// Playouts is how many games a SearchMind plays in its head for each move; 0: 100.
	Playouts int
	// Think is how long it takes over a turn.
	Think Think
	// Hours are when it plays. Thinking goes on in bed; the answer waits for the morning.
	Hours Hours
	// Vanish is how often it puts the phone away.
	Vanish Vanish
	// Resign is how likely it gives up instead of taking a turn, from 0 to 1.
	Resign float64
	// Luck is how bad its network is, beyond that of the whole population.
	Luck Luck
}

// Think is how long a player takes over a turn: half of the turns take less than the Median, and one in six takes longer
// than e to the power of Spread times as long, as it is with people. No turn takes longer than 20 times the Median.
type Think struct {
	Median time.Duration
	Spread float64
}

// Hours are a part of the day, in hours from 0 to 24 by the player's own clock; From 22 To 6 is a night. The zero Hours
// are all day.
type Hours struct{ From, To float64 }

// Vanish is how a player leaves a match alone.
type Vanish struct {
	// Chance is how likely he puts the phone away instead of taking a turn, from 0 to 1.
	Chance float64
	// For is how long he stays away, on average.
	For time.Duration
	// Quit is how likely he does not come back to play, from 0 to 1: he gives up when he is back.
	Quit float64
}

// Weighted is a Personality and its share of a population.
type Weighted struct {
	Personality
	// Weight counts against the sum of all; 0 is 1.
	Weight int
}

// DefaultPersonalities play as fast as they can, at any time: some at random, some greedily, some by search.
var DefaultPersonalities = []Weighted{
	{Personality{Name: "random"}, 2},
	{Personality{Name: "greedy", Mind: GreedyMind}, 2},
	{Personality{Name: "search", Mind: SearchMind, Playouts: 100}, 1},
}

// People are personalities as an app meets them, for a day of the given length: 24 hours, or less to see whole days go
// by. All that takes them time is scaled with it. Nobody sleeps for more than eight hours, so that any two of them are
// awake together for a part of each day, wherever they live.
func People(day time.Duration) []Weighted {
	minutes := func(n float64) time.Duration { return time.Duration(n / 24 / 60 * float64(day)) }
	return []Weighted{
		{Personality{Name: "hasty", Think: Think{minutes(0.5), 0.5}, Resign: 0.002, Luck: BadLuck}, 2},
		{Personality{Name: "casual", Mind: GreedyMind, Think: Think{minutes(5), 1}, Vanish: Vanish{0.02, minutes(120), 0.2}}, 3},
		{Personality{Name: "early bird", Mind: GreedyMind, Think: Think{minutes(1), 0.5}, Hours: Hours{5, 21}}, 2},
		{Personality{Name: "night owl", Mind: SearchMind, Playouts: 50, Think: Think{minutes(3), 1}, Hours: Hours{12, 4}}, 1},
		{Personality{Name: "devoted", Mind: SearchMind, Playouts: 200, Think: Think{minutes(2), 0.7}}, 2},
	}
}

// String says for people how the personality plays: "greedy, 3m0s a turn, from 5 to 21 o'clock".
func (p Personality) String() string {
	parts := []string{string(cmp.Or(p.Mind, RandomMind))}
	add := func(is bool, format string, args ...any) {
		if is {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	if p.Mind == SearchMind {
		parts[0] = fmt.Sprintf("search, %d playouts", p.playouts())
	}
	add(p.Think.Median > 0, "%v a turn", p.Think.Median.Round(time.Millisecond))
	add(p.Hours != Hours{}, "from %v to %v o'clock", p.Hours.From, p.Hours.To)
	add(p.Vanish.Chance > 0, "walks away now and then")
	add(p.Vanish.Chance*p.Vanish.Quit > 0 || p.Resign > 0, "may give up")
	add(p.Luck != Luck{}, "on a bad network")
	return strings.Join(parts, ", ")
}

// check says what is wrong with a personality.
func (p Personality) check() error {
	bad := func(share float64) bool { return !(share >= 0 && share <= 1) }
	switch {
	case p.Mind != "" && p.Mind != RandomMind && p.Mind != GreedyMind && p.Mind != SearchMind:
		return fmt.Errorf("personality %q: no mind is called %q", p.Name, p.Mind)
	case p.Playouts < 0 || p.Think.Median < 0 || !(p.Think.Spread >= 0) || p.Vanish.For < 0:
		return fmt.Errorf("personality %q: less than nothing", p.Name)
	case bad(p.Hours.From/24) || bad(p.Hours.To/24):
		return fmt.Errorf("personality %q: hours from %v to %v", p.Name, p.Hours.From, p.Hours.To)
	case bad(p.Vanish.Chance) || bad(p.Vanish.Quit) || bad(p.Resign):
		return fmt.Errorf("personality %q: a chance that is not from 0 to 1", p.Name)
	}
	return nil
}

// chooser makes the mind; rules nil: there are none that it could think with.
func (p Personality) chooser(rules game.Rules, key [32]byte) bot.Chooser {
	if rules != nil {
		switch p.Mind {
		case GreedyMind:
			if c, err := bot.NewGreedy(rules, key); err == nil {
				return c
			}
		case SearchMind:
			if c, err := bot.NewSearch(rules, key, bot.Budget{Playouts: p.playouts()}); err == nil {
				return c
			}
		}
	}
	return bot.NewRandom(key)
}

func (p Personality) playouts() int {
	if p.Playouts == 0 {
		return 100
	}
	return p.Playouts
}

// deal gives each of n players a personality, from a deck that has each by its weight and is shuffled whenever it has
// been dealt out: the shares are as they should be, the order is the seed's.
func deal(list []Weighted, n int, seed Seed) ([]Personality, error) {
	var deck []Personality
	for _, w := range list {
		if err := w.check(); err != nil {
			return nil, err
		}
		if w.Weight < 0 {
			return nil, fmt.Errorf("personality %q has weight %d", w.Name, w.Weight)
		}
		deck = append(deck, slices.Repeat([]Personality{w.Personality}, max(w.Weight, 1))...)
	}
	rng := seed.rng("personalities")
	players := make([]Personality, n)
	for i := range players {
		if i%len(deck) == 0 {
			rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		players[i] = deck[i%len(deck)]
	}
	return players, nil
}
