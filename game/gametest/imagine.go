package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"yourmove/game"
)

// imaginations is how many positions are imagined from each view, by the chance of events that come in no match.
const (
	imaginations = 2
	imaginedFrom = 1 << 32
)

// noView are texts that are no view of any game.
var noView = []string{"", "null", "[]", "{}", "7", `"view"`, "nonsense", "{", `{"no such field":1}`, "\xff"}

// checkImagined asks of rules that can imagine positions whether those are what each seat in play is shown of p. over
// says that the match has ended, by its moves or otherwise: nobody has anything to do then.
func (po *playout) checkImagined(k kept, seats []int, over bool) error {
	imaginer, ok := po.rules.(game.Imaginer)
	if !ok {
		return nil
	}
	for _, seat := range seats {
		view, err := clientView(po.rules, k.p, seat)
		if err != nil {
			return err
		}
		for n := range uint64(imaginations) {
			if err := po.checkImagination(imaginer, k, seat, view, seats, n, over); err != nil {
				return fmt.Errorf("rules.Imagine for seat %d from its view %s: %w", seat, view, err)
			}
		}
		if po.rng.IntN(4) > 0 {
			continue // there are many ways to break a view, much the same in each position
		}
		if err := checkBrokenViews(po.rules, imaginer, view, seat); err != nil {
			return err
		}
	}
	return k.same(po.rules, "View or Imagine")
}

// clientView is a view as a client of the server gets it: the fields in another order than they were written in, and all
// numbers as floating point.
func clientView(rules game.Rules, p game.Position, seat int) ([]byte, error) {
	view, err := marshal(rules.View(p, seat))
	if err != nil {
		return nil, fmt.Errorf("rules.View for %d: %w", seat, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(view, &fields); err != nil {
		return nil, fmt.Errorf("rules.View for %d is %s: %w", seat, view, err)
	}
	return marshal(fields)
}

// checkImagination asks whether the nth position imagined from a view of k.p is one to play on from, and the same as the
// real one in all that the seat can tell.
func (po *playout) checkImagination(imaginer game.Imaginer, k kept, seat int, view []byte, seats []int, n uint64, over bool) error {
	q, err := po.imagine(imaginer, seat, view, n)
	if err != nil {
		return err
	}
	if n == 0 {
		if again, err := po.imagine(imaginer, seat, view, n); err != nil || !bytes.Equal(q.data, again.data) {
			return fmt.Errorf("gives once %q, once %q (%v) with the same chance", q.data, again.data, err)
		}
	}
	if err := checkEncoding(po.rules, q); err != nil {
		return err
	}
	again, err := clientView(po.rules, q.p, seat)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, view) {
		return fmt.Errorf("gives %q, of which the view is %s", q.data, again)
	}
	if a, b := po.rules.Outcomes(k.p), po.rules.Outcomes(q.p); !reflect.DeepEqual(a, b) {
		return fmt.Errorf("gives %q with the outcomes %+v, not %+v", q.data, b, a)
	}
	if over {
		return nil
	}
	if err := checkSane(po.rules, q.p, seats); err != nil {
		return fmt.Errorf("gives %q: %w", q.data, err)
	}
	if a, b := po.rules.Duty(k.p, seat), po.rules.Duty(q.p, seat); a != b {
		return fmt.Errorf("gives %q with the duty %d, not %d", q.data, b, a)
	}
	return po.checkPlayable(k, q, seat, seats)
}

// imagine imagines a position by the nth chance.
func (po *playout) imagine(imaginer game.Imaginer, seat int, view []byte, n uint64) (kept, error) {
	given := bytes.Clone(view)
	p, err := imaginer.Imagine(given, seat, game.NewChance(po.m.Seed, imaginedFrom+n))
	if err != nil {
		return kept{}, fmt.Errorf("refused: %w", err)
	}
	k, err := keep(po.rules, p, "the imagined position")
	if err != nil {
		return k, err
	}
	clear(given) // it is the caller's: rules that keep it must have copied it
	return k, k.same(po.rules, "writing over the view that it was given")
}

// checkPlayable asks whether the seat has the same legal moves in the imagined position q as in k, and whether everybody
// who must act in q can.
func (po *playout) checkPlayable(k, q kept, seat int, seats []int) error {
	lister, ok := po.rules.(game.MoveLister)
	if !ok {
		return nil
	}
	for _, s := range seats {
		duty := po.rules.Duty(q.p, s)
		if duty == game.Waits {
			continue
		}
		moves := slices.Clone(lister.LegalMoves(q.p, s))
		if s == seat {
			legal := slices.Clone(lister.LegalMoves(k.p, seat))
			slices.Sort(legal)
			slices.Sort(moves)
			if !slices.Equal(legal, moves) {
				return fmt.Errorf("gives %q with the legal moves %q, not %q", q.data, moves, legal)
			}
		}
		if len(moves) == 0 {
			if duty == game.MustAct {
				return fmt.Errorf("gives %q, in which seat %d must act and LegalMoves lists nothing", q.data, s)
			}
			continue
		}
		move := moves[po.rng.IntN(len(moves))]
		got, err := try(po.rules, q, s, move, game.Moment{At: po.now}, po.chance)
		if err != nil {
			return err
		}
		if got.err != nil {
			return fmt.Errorf("gives %q, in which seat %d is offered %q, and then refused it: %w", q.data, s, move, got.err)
		}
	}
	return nil
}

// checkBrokenViews asks whether what is no view is refused, and whether a view that somebody altered is refused, or at
// least leads to a position that can be looked at: a bot that is told nonsense must not fall over.
func checkBrokenViews(rules game.Rules, imaginer game.Imaginer, view []byte, seat int) error {
	for _, text := range append(slices.Clone(noView), string(view[:len(view)-1])) {
		if p, err := imaginer.Imagine([]byte(text), seat, game.NewChance(game.Seed{}, imaginedFrom)); err == nil {
			return fmt.Errorf("rules.Imagine makes %+v of %q, which is no view", p, text)
		}
	}
	for _, text := range altered(view) {
		err := guard(func() error {
			p, err := imaginer.Imagine([]byte(text), seat, game.NewChance(game.Seed{}, imaginedFrom))
			if err != nil {
				return nil
			}
			if rules.Outcomes(p) == nil && rules.Duty(p, seat) != game.Waits {
				if l, ok := rules.(game.MoveLister); ok {
					l.LegalMoves(p, seat)
				}
			}
			_, err = marshal(rules.View(p, seat))
			return err
		})
		if err != nil {
			return fmt.Errorf("rules.Imagine from the altered view %s: %w", text, err)
		}
	}
	return nil
}

// altered takes each field of a view out, and puts something else in its place.
func altered(view []byte) []string {
	var texts []string
	var fields map[string]json.RawMessage
	if json.Unmarshal(view, &fields) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		was := fields[name]
		for _, value := range []string{"", "null", "-1", "1000000", `"?"`, "[]", "{}", "[[]]", `[""]`, "[-1]"} {
			if fields[name] = json.RawMessage(value); value == "" {
				delete(fields, name)
			}
			if text, err := json.Marshal(fields); err == nil {
				texts = append(texts, string(text))
			}
		}
		fields[name] = was
	}
	return texts
}

// checkEstimates asks of rules that can estimate whether they say a number from 0 to 1 for each seat, the same each time.
func checkEstimates(rules game.Rules, k kept, seats []int) error {
	estimator, ok := rules.(game.Estimator)
	if !ok || rules.Outcomes(k.p) != nil {
		return nil
	}
	for _, seat := range seats {
		v := estimator.Estimate(k.p, seat)
		if math.IsNaN(v) || v < 0 || v > 1 {
			return fmt.Errorf("rules.Estimate of %q for seat %d is %v, not from 0 to 1", k.data, seat, v)
		}
		if again := estimator.Estimate(k.p, seat); again != v {
			return fmt.Errorf("rules.Estimate of %q for seat %d is once %v, once %v", k.data, seat, v, again)
		}
	}
	return k.same(rules, "Estimate")
}
