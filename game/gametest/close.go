package gametest

import (
	"bytes"
	"fmt"

	"yourmove/game"
)

// checkClosed asks of rules that close positions whether k.p, in which the game goes on, can be shown to everybody as of
// a match that is over, and whether a seat's view of it is imagined back. A closed position is neither encoded nor asked
// who must act.
func (po *playout) checkClosed(k kept, seats []int) error {
	closer, ok := po.rules.(game.Closer)
	if !ok || po.rules.Outcomes(k.p) != nil {
		return nil
	}
	closed := closer.Close(k.p)
	if err := k.same(po.rules, "Close"); err != nil {
		return err
	}
	if err := checkShows(po.rules, closed, viewers(po.m), nil); err != nil {
		return fmt.Errorf("after rules.Close of %q: %w", k.data, err)
	}
	if err := k.same(po.rules, "showing what Close made of it"); err != nil {
		return err
	}
	imaginer, ok := po.rules.(game.Imaginer)
	if !ok {
		return nil
	}
	for _, seat := range seats {
		view, err := clientView(po.rules, closed, seat)
		if err != nil {
			return err
		}
		p, err := imaginer.Imagine(bytes.Clone(view), seat, game.NewChance(po.m.Seed, imaginedFrom))
		if err != nil {
			return fmt.Errorf("rules.Imagine for seat %d from its view %s, after rules.Close: refused: %w", seat, view, err)
		}
		// Closed again it must be the same: so is a view recognized as one of a match that is over.
		for _, p := range []game.Position{p, closer.Close(p)} {
			again, err := clientView(po.rules, p, seat)
			if err != nil {
				return err
			}
			if !bytes.Equal(again, view) {
				return fmt.Errorf("rules.Imagine for seat %d, after rules.Close, gives something of which the view is %s, not %s", seat, again, view)
			}
		}
	}
	return k.same(po.rules, "imagining what Close made of it")
}
