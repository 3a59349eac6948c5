package pig

import (
	"fmt"
	"strings"

	"yourmove/game"
)

// Draw writes a line a seat with what it holds, and below them whose turn it is. The viewer is "you".
func (Rules) Draw(p game.Position, viewer int) string {
	t := p.(table)
	name := func(seat int) string {
		if seat == viewer {
			return "you"
		}
		return fmt.Sprintf("seat %d", seat)
	}
	var b strings.Builder
	for i, seat := range t.Seats {
		fmt.Fprintf(&b, "%-6s %5d\n", name(seat), t.Scores[i])
	}
	if (Rules{}).Outcomes(p) == nil {
		fmt.Fprintf(&b, "to roll: %s, %d at stake; ", name(t.Seats[t.Next]), t.Turn)
	}
	fmt.Fprintf(&b, "%d win\n", t.Target)
	return b.String()
}
