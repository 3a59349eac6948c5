package bot

import (
	"math"

	"yourmove/game"
)

// explore is how much a Search tries what looked worse: the weight of the doubt in UCB1, as a share of the distance between
// the best and the worst reward that there were. Where estimates hardly differ, a small difference counts.
const explore = 0.3

// tree is what a Search remembers while it chooses: which moves, played one after the other, led to what. Its nodes stand
// for moves and not for positions, because the same moves may lead to several positions.
type tree struct {
	*thinker
	sight Sight
	depth int
	root  node
	// open is the position behind the view if nothing is hidden.
	open game.Position
	// low and high bound the bot's rewards in all playouts.
	low, high float64
	// path is the way of the playout at hand; untried, of a node, the indexes of moves that have no node yet.
	path    []*node
	untried []int
}

// node is a move of a seat in the tree.
type node struct {
	step
	// met is how often it could have been played, tried how often it was, and sum the rewards of its seat for that.
	met, tried int
	sum        float64
	next       map[step]*node
}

// step is a move and who plays it: the same moves may be another seat's to follow, as after a throw of dice.
type step struct {
	seat int
	move string
}

// playout plays one game in the head: through the tree as far as it goes, one move beyond it, and on at random. It fails
// if the rules do not know the view.
func (t *tree) playout() error {
	p, err := t.imagine()
	if err != nil {
		return err
	}
	n, seat, legal := &t.root, t.sight.Seat, t.sight.Legal
	t.path = t.path[:0]
	outcomes := t.rules.Outcomes(p)
	for grown := false; !grown && seat > 0 && len(legal) > 0; {
		child, after := t.descend(n, p, seat, legal)
		if child == nil {
			break
		}
		t.path = append(t.path, child)
		p, n, grown = after, child, child.tried == 0
		if outcomes = t.rules.Outcomes(p); outcomes != nil {
			break
		}
		if seat = t.acting(p); seat > 0 {
			legal = t.lister.LegalMoves(p, seat)
		}
	}
	if outcomes == nil {
		p, outcomes = t.random(p)
	}
	t.learn(p, outcomes)
	return nil
}

// imagine returns a position behind the view: the same each time if nothing is hidden.
func (t *tree) imagine() (game.Position, error) {
	if t.open != nil {
		return t.open, nil
	}
	p, err := t.imaginer.Imagine(t.sight.View, t.seat, t.chance)
	if err == nil && !t.chance.Drawn() { // the first time; afterwards something always was
		t.open = p
	}
	return p, err
}

// descend plays one move of seat in p: one that was not tried yet, else the most promising. A listed move that this
// world refuses is left out: the list is the match's, the world is imagined.
func (t *tree) descend(n *node, p game.Position, seat int, legal []string) (*node, game.Position) {
	child := t.pick(n, seat, legal)
	played, err := t.rules.Play(p, seat, child.move, game.Moment{}, t.chance)
	if err == nil {
		return child, played.Position
	}
	for _, i := range t.rng.Perm(len(legal)) {
		if played, err = t.rules.Play(p, seat, legal[i], game.Moment{}, t.chance); err == nil {
			return n.child(step{seat, legal[i]}), played.Position
		}
	}
	return nil, nil
}

// pick chooses among legal moves of seat.
func (t *tree) pick(n *node, seat int, legal []string) *node {
	t.untried = t.untried[:0]
	var best *node
	most := math.Inf(-1)
	doubt := explore * (t.high - t.low)
	met, log := 0, 0.0 // in open games all have been met as often: one logarithm does
	for i, move := range legal {
		c := n.next[step{seat, move}]
		if c == nil || c.tried == 0 {
			t.untried = append(t.untried, i)
			continue
		}
		c.met++
		if len(t.untried) > 0 {
			continue // one of those comes first
		}
		if c.met != met {
			met, log = c.met, math.Log(float64(c.met))
		}
		if v := c.sum/float64(c.tried) + doubt*math.Sqrt(log/float64(c.tried)); v > most {
			best, most = c, v
		}
	}
	if len(t.untried) == 0 {
		return best
	}
	return n.child(step{seat, legal[t.untried[t.rng.IntN(len(t.untried))]]})
}

// child returns the node of a move after n, a new one if it has none.
func (n *node) child(s step) *node {
	c := n.next[s]
	if c == nil {
		c = &node{step: s, met: 1}
		if n.next == nil {
			n.next = map[step]*node{}
		}
		n.next[s] = c
	}
	return c
}

// random plays on from p with random moves, until the end or the bound.
func (t *tree) random(p game.Position) (game.Position, []game.Outcome) {
	for range t.depth {
		seat := t.acting(p)
		if seat == 0 {
			break
		}
		legal := t.lister.LegalMoves(p, seat)
		if len(legal) == 0 {
			break
		}
		played, err := t.rules.Play(p, seat, legal[t.rng.IntN(len(legal))], game.Moment{}, t.chance)
		if err != nil {
			break
		}
		p = played.Position
		if outcomes := t.rules.Outcomes(p); outcomes != nil {
			return p, outcomes
		}
	}
	return p, nil
}

// learn tells each node of the path what its seat got in the end.
func (t *tree) learn(p game.Position, outcomes []game.Outcome) {
	var worth [game.MaxSeats + 1]float64
	for _, seat := range t.seats {
		worth[seat] = t.worth(p, outcomes, seat)
	}
	t.low, t.high = min(t.low, worth[t.seat]), max(t.high, worth[t.seat])
	for _, n := range t.path {
		n.tried++
		n.sum += worth[n.seat]
	}
}

// best returns the move that was tried most often; of two, the one that did better. Empty: none was.
func (t *tree) best() string {
	var best *node
	for _, move := range t.sight.Legal {
		c := t.root.next[step{t.sight.Seat, move}]
		if c == nil || c.tried == 0 {
			continue
		}
		if best == nil || c.tried > best.tried || c.tried == best.tried && c.sum > best.sum {
			best = c
		}
	}
	if best == nil {
		return ""
	}
	return best.move
}
