package bot

import (
	"slices"

	"yourmove/game"
)

const (
	// samples is how many positions Greedy looks at for each move where something is hidden or left to chance.
	samples = 24
	// mostReplies is how many replies of opponents Greedy looks at for one choice.
	mostReplies = 4000
)

// Greedy looks one move ahead. It wins if it can; else it plays the move after which it stands best by the rules'
// Estimate, and shuns one after which an opponent can win at once. Without an Estimator any such move is as good as
// another. Where something is hidden or left to chance it goes by the average of some positions that may be. It is not
// for use by several goroutines at once.
//
// It keeps a few positions for each legal move while it chooses, and nothing between two choices.
type Greedy struct {
	thinker
	replies int // that may still be looked at
}

// NewGreedy returns a Greedy for a game, whose choices repeat with the seed. It fails if the rules are no game.Imaginer.
func NewGreedy(rules game.Rules, seed [32]byte) (*Greedy, error) {
	t, err := newThinker(rules, seed)
	if err != nil {
		return nil, err
	}
	return &Greedy{thinker: t}, nil
}

// candidate is a move and what may come of it.
type candidate struct {
	move  string
	worth float64
	after []game.Position
}

// Choose picks among the legal moves. Where the view is none that the rules know it picks any.
func (g *Greedy) Choose(s Sight) (move string, ok bool) {
	if len(s.Legal) < 2 {
		return first(s.Legal)
	}
	g.begin(s)
	g.replies = mostReplies
	worlds := g.worlds(s.View)
	list := make([]candidate, len(s.Legal))
	for i, n := range g.rng.Perm(len(s.Legal)) { // of equal moves any comes first
		list[i] = g.try(s.Legal[n], worlds)
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		switch {
		case a.worth > b.worth:
			return -1
		case a.worth < b.worth:
			return 1
		}
		return 0
	})
	// Danger only takes away, so those worth less than the best one that was looked at need no look.
	best, most := 0, -1.0
	for i, c := range list {
		if c.worth <= most {
			break
		}
		if worth := c.worth * (1 - g.danger(c.after)); worth > most {
			best, most = i, worth
		}
	}
	return list[best].move, true
}

// first returns the only move, if there is one.
func first(legal []string) (string, bool) {
	if len(legal) == 0 {
		return "", false
	}
	return legal[0], true
}

// worlds imagines some positions that may be behind the view: one if nothing is hidden, none if the rules do not know
// the view.
func (g *Greedy) worlds(view []byte) []game.Position {
	var list []game.Position
	for len(list) < samples {
		p, err := g.imaginer.Imagine(view, g.seat, g.chance)
		if err != nil {
			return nil
		}
		list = append(list, p)
		if !g.drawn() {
			break
		}
	}
	return list
}

// try plays a move in each world, several times where it brings chance with it.
func (g *Greedy) try(move string, worlds []game.Position) candidate {
	c := candidate{move: move}
	sum := 0.0
	for _, p := range worlds {
		for range samples / len(worlds) {
			played, err := g.rules.Play(p, g.seat, move, game.Moment{}, g.chance)
			if err != nil {
				break // it is legal in the match, and not in this world
			}
			chancy := g.drawn()
			sum += g.worth(played.Position, g.rules.Outcomes(played.Position), g.seat)
			c.after = append(c.after, played.Position)
			if !chancy {
				break
			}
		}
	}
	if len(c.after) > 0 {
		c.worth = sum / float64(len(c.after))
	}
	return c
}

// danger is in how many of the positions, from 0 to 1, an opponent can play a move that ends the game to the bot's loss.
func (g *Greedy) danger(positions []game.Position) float64 {
	if g.lister == nil || len(positions) == 0 {
		return 0
	}
	bad := 0
	for _, p := range positions {
		if g.canLose(p) {
			bad++
		}
	}
	return float64(bad) / float64(len(positions))
}

// canLose reports whether one reply to p makes the bot lose.
func (g *Greedy) canLose(p game.Position) bool {
	if g.rules.Outcomes(p) != nil {
		return false
	}
	seat := g.acting(p)
	if seat == 0 || seat == g.seat {
		return false
	}
	for _, move := range g.lister.LegalMoves(p, seat) {
		if g.replies--; g.replies < 0 {
			return false
		}
		played, err := g.rules.Play(p, seat, move, game.Moment{}, g.chance)
		if err != nil {
			continue
		}
		if outcomes := g.rules.Outcomes(played.Position); outcomes != nil && g.worth(played.Position, outcomes, g.seat) < 0.5 {
			return true
		}
	}
	return false
}
