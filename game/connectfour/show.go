package connectfour

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"strings"

	"yourmove/game"
)

// view is what everybody may know.
type view struct {
	// Rows are written from the top: X, O, and '.' for a free square.
	Rows [rows]string `json:"rows"`
	// Next is whose disc is to fall; empty after the end.
	Next string `json:"next,omitempty"`
	// Winning are the squares of the lines that won, a1 (lower left) to g6, column by column.
	Winning []string `json:"winning,omitempty"`
}

// View shows the rows from the top, who is next, and where somebody has won.
func (b board) View() any {
	var v view
	for i := range v.Rows {
		v.Rows[i] = b.row(rows - 1 - i)
	}
	if _, over := b.Result(); !over {
		v.Next = b.colour()
	}
	for line := b.winning(); line != 0; line &= line - 1 {
		i := bits.TrailingZeros64(line)
		v.Winning = append(v.Winning, string([]byte{'a' + byte(i/height), '1' + byte(i%height)}))
	}
	return v
}

func (b board) row(r int) string {
	var text [columns]byte
	for c := range text {
		text[c] = b.at(c, r)
	}
	return string(text[:])
}

// colour is that of the next disc.
func (b board) colour() string { return colours[b.ToMove()-1 : b.ToMove()] }

// Draw draws the board as it stands on the table, with the columns' letters under it.
func (Rules) Draw(p game.Position, _ int) string {
	b := p.(board)
	var text strings.Builder
	for r := rows - 1; r >= 0; r-- {
		text.WriteString("| " + strings.Join(strings.Split(b.row(r), ""), " ") + " |\n")
	}
	text.WriteString("+---------------+\n  a b c d e f g\n")
	return text.String()
}

// Summary says how far the game is, and who is next or how it ended.
func (Rules) Summary(p game.Position) string {
	b := p.(board)
	state := b.colour() + " is next"
	if winner, over := b.Result(); winner > 0 {
		state = colours[winner-1:winner] + " has four in a row"
	} else if over {
		state = "a draw"
	}
	return fmt.Sprintf("%d of %d discs, %s", b.discs(), columns*rows, state)
}

// Imagine reads the position off the view: it hides nothing.
func (Rules) Imagine(data []byte, _ int, _ *game.Chance) (game.Position, error) {
	var v view
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("a view of connect four: %w", err)
	}
	var b board
	for c := range columns {
		for r := range rows {
			row := v.Rows[rows-1-r]
			if len(row) != columns {
				return nil, fmt.Errorf("a view of connect four: row %q is not %d squares", row, columns)
			}
			seat := strings.IndexByte(colours, row[c])
			if seat < 0 {
				break // a disc that hangs above is not taken over, so that the views below differ
			}
			b[seat] |= square(c, r)
		}
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("a view of connect four: %w", err)
	}
	if !reflect.DeepEqual(b.View(), v) {
		return nil, fmt.Errorf("a view of connect four: no position is shown as %s", data)
	}
	return b, nil
}

// lines are the 69 ways to have four in a row.
var lines = func() (all []uint64) {
	for c := range columns {
		for r := range rows {
			for _, d := range [][2]int{{0, 1}, {1, 0}, {1, -1}, {1, 1}} {
				endColumn, endRow := c+3*d[0], r+3*d[1]
				if endColumn >= columns || endRow < 0 || endRow >= rows {
					continue
				}
				line := uint64(0)
				for i := range 4 {
					line |= square(c+i*d[0], r+i*d[1])
				}
				all = append(all, line)
			}
		}
	}
	return all
}()

// worth is what a line is worth that has so many discs of one seat and none of the other.
var worth = [5]int{0, 1, 4, 16, 0}

// Estimate weighs the lines that each seat can still fill.
func (Rules) Estimate(p game.Position, seat int) float64 {
	b := p.(board)
	lead := 0
	for _, line := range lines {
		own, other := bits.OnesCount64(b[seat-1]&line), bits.OnesCount64(b[2-seat]&line)
		switch {
		case other == 0:
			lead += worth[own]
		case own == 0:
			lead -= worth[other]
		}
	}
	// The scale is measured: from a lead of 40 about 72 of 100 games that go on at random are won, and the curve says 73.
	return 1 / (1 + math.Exp(-float64(lead)/40))
}
