package battleship

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"yourmove/game"
)

// Imagine takes what view shows and draws a fleet for a board that stands and is not shown: one that would have given
// the same answer to every shot. Ships that are being placed by another seat are left out, as if none stood yet.
func (r Rules) Imagine(data []byte, viewer int, c *game.Chance) (game.Position, error) {
	var v view
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("a view of battleship: %w", err)
	}
	var p position
	for i := range p.boards {
		b := v.Boards[fmt.Sprint(i+1)]
		if err := p.boards[i].imagine(b, c); err != nil {
			return nil, fmt.Errorf("a view of battleship: the board of seat %d: %w", i+1, err)
		}
	}
	if err := p.checkShots(); err != nil {
		return nil, fmt.Errorf("a view of battleship: %w", err)
	}
	p.closed = v.Phase == over && r.Outcomes(p) == nil
	if !reflect.DeepEqual(r.View(p, viewer), v) {
		return nil, fmt.Errorf("a view of battleship: nothing looks to viewer %d like %s", viewer, data)
	}
	return p, nil
}

// imagine reads a board off its view, and draws the ships if they are not shown.
func (d *side) imagine(b board, c *game.Chance) error {
	for _, name := range b.Shots {
		at, ok := parseSquare(name)
		if !ok || d.order(at) > 0 {
			return fmt.Errorf("shot at %q", name)
		}
		d.shots += string([]byte{byte(at)})
	}
	for _, text := range b.Ships {
		kind, s, ok := parseShip(text)
		if !ok {
			return fmt.Errorf("%q is not a ship", text)
		}
		if err := d.place(kind, s); err != nil {
			return err
		}
	}
	if b.Ready && b.Ships == nil {
		return d.drawFleet(b, c)
	}
	return nil
}

// tries is how often a fleet is drawn blindly before it is searched for.
const tries = 400

// drawing is what is known of a fleet that is to be drawn.
type drawing struct {
	chance *game.Chance
	// order is which shot it was that met each square, from 1; 0 for none.
	order [size * size]int
	// hits must be covered by the fleet, misses may not.
	hits, misses squares
	// berths are, for each kind, the places in which a ship by itself would have given the answers that there were.
	berths [len(fleet)][]berth
}

// drawFleet draws ships that explain the shots on d, which have been read, as b tells them.
func (d *side) drawFleet(b board, c *game.Chance) error {
	w := drawing{chance: c}
	for i, shot := range []byte(d.shots) {
		w.order[shot] = i + 1
		if b.at(square(shot)) == 'x' {
			w.hits.add(square(shot))
		} else {
			w.misses.add(square(shot))
		}
	}
	for kind, f := range fleet {
		sunkBy := 0
		if at, ok := parseSquare(b.Sunk[f.name]); ok {
			sunkBy = w.order[at]
		}
		if w.berths[kind] = w.explain(kind, sunkBy); w.berths[kind] == nil {
			return fmt.Errorf("there is no place for the %s", f.name)
		}
	}
	f, ok := w.blindly()
	if !ok {
		f, ok = w.search(choice{}, []int{0, 1, 2, 3, 4}, squares{})
	}
	if !ok {
		return errors.New("no fleet explains the hits")
	}
	for kind, b := range f {
		d.ships[kind] = b.ship
	}
	return nil
}

// explain lists the places of a ship that are without a miss, and whose last square was met by the shot with the number
// sunkBy; 0 is a ship that floats.
func (w *drawing) explain(kind, sunkBy int) []berth {
	var list []berth
	for _, b := range berths[kind] {
		if !b.meets(w.misses) && w.last(b) == sunkBy {
			list = append(list, b)
		}
	}
	return list
}

// last is the shot that took the last square of a place, 0 while one is left.
func (w *drawing) last(b berth) int {
	last := 0
	for i := range fleet[b.kind].length {
		n := w.order[b.square(i)]
		if n == 0 {
			return 0
		}
		last = max(last, n)
	}
	return last
}

// choice has a place for each kind of ship.
type choice [len(fleet)]berth

// blindly draws each ship by itself until they happen to explain all hits without lying upon each other. So each fleet
// that is possible is as likely as another; but with many hits it may not come to pass.
func (w *drawing) blindly() (f choice, ok bool) {
draw:
	for range tries {
		var taken squares
		for kind, list := range w.berths {
			f[kind] = list[w.chance.IntN(len(list))]
			if f[kind].meets(taken) {
				continue draw
			}
			taken = taken.or(f[kind].squares)
		}
		if w.hits.without(taken).empty() {
			return f, true
		}
	}
	return f, false
}

// search places the kinds that are left so that they explain the hits not taken yet. It gives up only what cannot be, and
// so finds a fleet where there is one. The places that explain most hits come first: one ship on two hits is far likelier
// than two ships side by side.
func (w *drawing) search(f choice, left []int, taken squares) (choice, bool) {
	unexplained := w.hits.without(taken)
	if len(left) == 0 {
		return f, unexplained.empty()
	}
	options, ok := w.options(left, taken, unexplained)
	if !ok {
		return f, false
	}
	w.chance.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
	slices.SortStableFunc(options, func(a, b berth) int { return b.and(unexplained).count() - a.and(unexplained).count() })
	for _, b := range options {
		f[b.kind] = b
		rest := slices.DeleteFunc(slices.Clone(left), func(kind int) bool { return kind == b.kind })
		if found, ok := w.search(f, rest, taken.or(b.squares)); ok {
			return found, true
		}
	}
	return f, false
}

// options lists places of which one must be taken: every ship must lie somewhere, and on every hit must lie a ship, and of
// these it takes the case with the fewest places. ok is false where the kinds that are left cannot explain all hits.
func (w *drawing) options(left []int, taken, unexplained squares) (options []berth, ok bool) {
	var free []berth
	var onHit [size * size]int // how many of the free places are on a hit
	explained := 0             // how many hits the ships explain at most
	for _, kind := range left {
		first, most := len(free), 0
		for _, b := range w.berths[kind] {
			if b.meets(taken) {
				continue
			}
			free = append(free, b)
			hits := b.and(unexplained)
			most = max(most, hits.count())
			for ; !hits.empty(); hits.remove(hits.first()) {
				onHit[hits.first()]++
			}
		}
		explained += most
		switch n := len(free) - first; {
		case n == 0:
			return nil, false
		case options == nil || n < len(options):
			options = free[first:]
		}
	}
	if explained < unexplained.count() {
		return nil, false
	}
	fewest, hit := len(options), square(0)
	for open := unexplained; !open.empty(); open.remove(open.first()) {
		if at := open.first(); onHit[at] < fewest {
			fewest, hit = onHit[at], at
		}
	}
	if fewest < len(options) {
		options = slices.DeleteFunc(free, func(b berth) bool { return !b.has(hit) })
	}
	return options, fewest > 0
}

// Estimate compares the squares of the two fleets that were not hit.
func (Rules) Estimate(p game.Position, seat int) float64 {
	pos := p.(position)
	own, other := pos.boards[seat-1].whole(), pos.boards[2-seat].whole()
	return float64(own) / float64(own+other)
}

// whole counts the squares of the fleet that were not hit, whether it stands or not.
func (d *side) whole() int {
	n := 0
	for kind, s := range d.ships {
		for i := range fleet[kind].length {
			if !s.placed || d.order(s.square(i)) == 0 {
				n++
			}
		}
	}
	return n
}
