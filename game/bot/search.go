package bot

import (
	"errors"
	"fmt"
	"time"

	"yourmove/game"
)

// defaultDepth is how many moves a playout goes on behind the tree. Where the rules can estimate, a short look at what
// follows and an estimate tell more, for less, than a long game of random moves.
const (
	defaultDepth   = 200
	estimatedDepth = 1
)

// Budget is how much a Search may think about one move: until the first of its bounds is reached.
type Budget struct {
	// Playouts is how many games it plays in its head; 0: as many as Time allows. With Playouts alone the choices repeat
	// with the seed, on any machine.
	Playouts int
	// Time that it takes, by the clock Now; 0: as long as the playouts take.
	Time time.Duration
	Now  func() time.Time
	// Depth is how many random moves a playout goes on for behind the part of the game that the Search remembers. A game
	// that is not over by then is worth what the rules estimate, or a draw. 0: 200, or 1 if the rules can estimate.
	Depth int
}

// Search plays the game out many times in its head and plays the move that it came back to most often: a Monte Carlo
// tree search over what its player may know. Each playout begins with another position imagined from the view where
// something is hidden (information sets, as Cowling, Powley and Whitehouse describe in "Information Set Monte Carlo Tree
// Search", 2012), and meets with its own chance. Every seat plays for itself. Seats that act at the same time act one
// after the other in its head, its own first, so it fears that they know what it does. A seat that may act and need not
// does nothing in its head. It is not for use by several goroutines at once.
//
// While it chooses it remembers one node, some 400 bytes, for each playout, and nothing between two choices. A playout
// takes as long as the rules take to list and play its moves.
type Search struct {
	thinker
	budget Budget
}

// NewSearch returns a Search for a game. It fails if the rules are no game.Imaginer and game.MoveLister, and if the
// budget is none.
func NewSearch(rules game.Rules, seed [32]byte, b Budget) (*Search, error) {
	t, err := newThinker(rules, seed)
	if err != nil {
		return nil, err
	}
	if t.lister == nil {
		return nil, fmt.Errorf("the rules of %s do not list moves (game.MoveLister): a bot cannot search", rules.Info().Name)
	}
	switch {
	case b.Playouts < 0 || b.Time < 0 || b.Depth < 0:
		return nil, errors.New("a budget of less than nothing")
	case b.Playouts == 0 && b.Time == 0:
		return nil, errors.New("a budget without end: set Playouts or Time")
	case b.Time > 0 && b.Now == nil:
		return nil, errors.New("a budget of time needs a clock: set Now")
	}
	if b.Depth == 0 {
		if b.Depth = defaultDepth; t.estimator != nil {
			b.Depth = estimatedDepth
		}
	}
	return &Search{thinker: t, budget: b}, nil
}

// Choose picks among the legal moves. Where the view is none that the rules know it picks any.
func (s *Search) Choose(sight Sight) (move string, ok bool) {
	if len(sight.Legal) < 2 {
		return first(sight.Legal)
	}
	s.begin(sight)
	t := tree{thinker: &s.thinker, sight: sight, depth: s.budget.Depth, low: 1}
	for more := s.budget.counter(); more(); {
		if err := t.playout(); err != nil {
			break
		}
	}
	if best := t.best(); best != "" {
		return best, true
	}
	return sight.Legal[s.rng.IntN(len(sight.Legal))], true
}

// counter returns a function that counts a playout and says whether there is budget for it. The first one always is
// made: a late clock is no reason to play anything.
func (b Budget) counter() func() bool {
	n := 0
	var until time.Time
	if b.Time > 0 {
		until = b.Now().Add(b.Time)
	}
	return func() bool {
		n++
		switch {
		case n == 1:
			return true
		case b.Playouts > 0 && n > b.Playouts:
			return false
		}
		return b.Time == 0 || b.Now().Before(until)
	}
}
