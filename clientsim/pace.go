package clientsim

import (
	"math"
	"math/rand/v2"
	"time"
)

// pace says when a bot takes each of its turns. All is drawn from the seed when a turn begins, so that it does not
// depend on how often the bot looks.
type pace struct {
	Personality
	// day is how long a day is, and zone where on the globe the player lives: the part of a day by which his clock is
	// ahead.
	day  time.Duration
	zone float64
	rng  *rand.Rand

	turn  [2]uint64 // the one that due and quits are about
	due   time.Time
	quits bool
}

// next returns when the turn that the player has at now is taken, and whether he gives up then. A turn is told by what
// stays the same until he acts.
func (p *pace) next(turn [2]uint64, now time.Time) (due time.Time, quits bool) {
	if turn != p.turn {
		p.turn, p.due = turn, now.Add(p.think())
		p.quits = p.rng.Float64() < p.Resign
		if vanishes, forGood := p.rng.Float64() < p.Vanish.Chance, p.rng.Float64() < p.Vanish.Quit; vanishes {
			p.due = p.due.Add(time.Duration(p.rng.ExpFloat64() * float64(p.Vanish.For)))
			p.quits = p.quits || forGood
		}
		p.due = p.open(p.due)
	}
	return p.due, p.quits
}

// longestThought is how many times the median a turn takes at most.
const longestThought = 20

func (p *pace) think() time.Duration {
	times := math.Exp(p.Think.Spread * p.rng.NormFloat64())
	return time.Duration(min(times, longestThought) * float64(p.Think.Median))
}

// open returns the first instant from t on that is within the hours.
func (p *pace) open(t time.Time) time.Time {
	length := math.Mod(p.Hours.To-p.Hours.From+24, 24)
	if length == 0 {
		return t
	}
	since := math.Mod(p.hour(t)-p.Hours.From+24, 24)
	if since < length {
		return t
	}
	return t.Add(time.Duration((24 - since) / 24 * float64(p.day)))
}

// hour is what the player's clock shows at t, from 0 to 24.
func (p *pace) hour(t time.Time) float64 {
	of := float64(t.UnixNano()%int64(p.day)) / float64(p.day)
	return math.Mod(of+p.zone, 1) * 24
}
