package gametest

import (
	"fmt"
	"slices"

	"yourmove/game"
)

// checkSane asks whether somebody must act or the game is over, and whether the end names everybody once.
func checkSane(rules game.Rules, p game.Position, seats []int) error {
	outcomes := rules.Outcomes(p)
	if outcomes != nil {
		return checkOutcomes(outcomes, seats)
	}
	awaited := false
	for seat := 1; seat <= game.MaxSeats; seat++ {
		if !slices.Contains(seats, seat) {
			continue // the match does not ask for the others
		}
		switch d := rules.Duty(p, seat); d {
		case game.MustAct:
			awaited = true
		case game.MayAct, game.Waits:
		default:
			return fmt.Errorf("rules.Duty of seat %d is %d", seat, d)
		}
	}
	if !awaited {
		return fmt.Errorf("the game is not over and nobody must act, of seats %v", seats)
	}
	return nil
}

func checkOutcomes(outcomes []game.Outcome, seats []int) error {
	var named []int
	for _, o := range outcomes {
		named = append(named, o.Seat)
		if o.Result < game.Won || o.Result > game.NoResult {
			return fmt.Errorf("outcome %+v: no such result", o)
		}
		if o.Ending < game.EndPlayed || o.Ending > game.EndByOperator {
			return fmt.Errorf("outcome %+v: no such ending", o)
		}
		if o.Place < 0 || o.Place > game.MaxSeats {
			return fmt.Errorf("outcome %+v: no such place", o)
		}
	}
	slices.Sort(named)
	if !slices.Equal(named, seats) {
		return fmt.Errorf("rules.Outcomes names seats %v, while %v are playing", named, seats)
	}
	return nil
}
