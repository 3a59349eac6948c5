package bot

import (
	"fmt"
	"math/rand/v2"

	"yourmove/game"
)

// thinker is what the bots that think ahead have in common.
type thinker struct {
	rules     game.Rules
	imaginer  game.Imaginer
	lister    game.MoveLister // nil: the rules do not list moves
	estimator game.Estimator  // nil: the rules do not estimate
	rng       *rand.Rand
	seed      game.Seed
	draws     uint64
	// Of the choice in hand:
	chance *game.Chance
	seat   int
	seats  []int
}

func newThinker(rules game.Rules, seed [32]byte) (thinker, error) {
	t := thinker{rules: rules, rng: rand.New(rand.NewChaCha8(seed)), seed: seed}
	var ok bool
	if t.imaginer, ok = rules.(game.Imaginer); !ok {
		return t, fmt.Errorf("the rules of %s cannot imagine a position from a view (game.Imaginer): a bot cannot think ahead", rules.Info().Name)
	}
	t.lister, _ = rules.(game.MoveLister)
	t.estimator, _ = rules.(game.Estimator)
	return t, nil
}

// begin takes up a choice.
func (t *thinker) begin(s Sight) {
	t.draw()
	t.seat, t.seats = s.Seat, s.Seats
	if len(t.seats) == 0 {
		t.seats = nil
		for i := range t.rules.Info().MaxSeats {
			t.seats = append(t.seats, i+1)
		}
	}
}

// draw takes up another chance, from which nothing was drawn. The numbers of a match's events are small: those of a bot's
// imagination begin where they never come.
func (t *thinker) draw() {
	t.draws++
	t.chance = game.NewChance(t.seed, 1<<32+t.draws)
}

// drawn reports whether anything was drawn since the last time that it was asked. So a bot need not know which games have
// dice or secrets.
func (t *thinker) drawn() bool {
	if !t.chance.Drawn() {
		return false
	}
	t.draw()
	return true
}

// acting returns a seat that the position waits for, the bot's own before all others; 0 if there is none.
func (t *thinker) acting(p game.Position) int {
	first := 0
	for _, seat := range t.seats {
		if t.rules.Duty(p, seat) != game.MustAct {
			continue
		}
		if seat == t.seat {
			return seat
		}
		if first == 0 {
			first = seat
		}
	}
	return first
}

// sure is how near to 0 and 1 the worth of a position may come while the game goes on: an end is worth more than any
// hope for it.
const sure = 0.001

// worth is what p is to seat, from 0 (lost) to 1 (won). outcomes are those of p.
func (t *thinker) worth(p game.Position, outcomes []game.Outcome, seat int) float64 {
	if outcomes != nil {
		for _, o := range outcomes {
			if o.Seat == seat {
				return reward(o, len(outcomes))
			}
		}
		return 0 // out of the match
	}
	if t.estimator == nil {
		return 0.5
	}
	return min(max(t.estimator.Estimate(p, seat), sure), 1-sure)
}

// reward is what an outcome is to its seat, one of so many: 1 for a win, ½ for a draw, and for those who lost, by their
// places, from just under ½ down to 0 for the last. Of two, the loser gets 0.
func reward(o game.Outcome, seats int) float64 {
	switch {
	case o.Result == game.Won:
		return 1
	case o.Result == game.Lost && o.Place > 0:
		return max(0, 0.5*float64(seats-o.Place)/float64(max(seats-1, 1)))
	case o.Result == game.Lost:
		return 0
	}
	return 0.5
}
