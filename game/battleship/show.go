package battleship

import (
	"fmt"
	"strings"

	"yourmove/game"
)

// view is what a viewer may know.
type view struct {
	Phase phase `json:"phase"`
	// Next is the seat to shoot, while there is shooting.
	Next int `json:"next,omitempty"`
	// Boards has the board of each seat, by its number.
	Boards map[string]board `json:"boards"`
}

// board is one of the two boards.
type board struct {
	// Ready: all its ships are placed. Of how many are, others are not told before the end.
	Ready bool `json:"ready"`
	// Rows are written from the top: x hit, o miss, # a ship that was not hit, where it is shown, and . the rest.
	Rows []string `json:"rows"`
	// Shots are the squares shot at, in order.
	Shots []string `json:"shots"`
	// Sunk has the ships that were sunk, with the square of the shot that sank them.
	Sunk map[string]string `json:"sunk,omitempty"`
	// Ships are the moves that place the ships, where they are shown.
	Ships []string `json:"ships,omitempty"`
}

// View shows a seat its own ships, and everybody the shots and what came of them. Where a sunk ship lay is not told beyond
// that. When a fleet is lost or somebody gave up, everything is shown to all: then nothing can be gained by it, players at a
// table check each other so, and the hidden moves of a match that is over are shown as well.
func (Rules) View(p game.Position, viewer int) any {
	pos := p.(position)
	v := view{Phase: pos.phase(), Boards: map[string]board{}}
	if v.Phase == shooting {
		v.Next = pos.next()
	}
	for i := range pos.boards {
		v.Boards[fmt.Sprint(i+1)] = pos.boards[i].board(i+1 == viewer || v.Phase == over)
	}
	return v
}

// Close shows both fleets, as far as they were placed.
func (Rules) Close(p game.Position) game.Position {
	pos := p.(position)
	pos.closed = true
	return pos
}

// at is what the rows show of a square, 0 if they are none of these rules.
func (b board) at(at square) byte {
	row, column := int(at)/size, int(at)%size
	if row >= len(b.Rows) || column >= len(b.Rows[row]) {
		return 0
	}
	return b.Rows[row][column]
}

// board shows the board, with the ships if they may be known.
func (d *side) board(ships bool) board {
	b := board{Ready: d.stands(), Rows: d.rows(ships), Shots: make([]string, len(d.shots))}
	for i := range b.Shots {
		b.Shots[i] = square(d.shots[i]).String()
	}
	for kind, s := range d.ships {
		if n := d.sunkBy(kind); n > 0 {
			if b.Sunk == nil {
				b.Sunk = map[string]string{}
			}
			b.Sunk[fleet[kind].name] = b.Shots[n-1]
		}
		if ships && s.placed {
			b.Ships = append(b.Ships, s.text(kind))
		}
	}
	return b
}

func (d *side) rows(ships bool) []string {
	var cells [size * size]byte
	for at := range cells {
		_, taken := d.shipAt(square(at))
		shot := d.order(square(at)) > 0
		switch {
		case shot && taken:
			cells[at] = 'x'
		case shot:
			cells[at] = 'o'
		case taken && ships:
			cells[at] = '#'
		default:
			cells[at] = '.'
		}
	}
	rows := make([]string, size)
	for i := range rows {
		rows[i] = string(cells[i*size : (i+1)*size])
	}
	return rows
}

// Draw draws the viewer's own board on the left and the other on the right, with a line on each fleet under them.
func (Rules) Draw(p game.Position, viewer int) string {
	pos := p.(position)
	left, right := 1, 2
	if viewer == 2 {
		left, right = 2, 1
	}
	names := map[int]string{1: "seat 1", 2: "seat 2"}
	if viewer > 0 {
		names[left] = "you"
	}
	rows := func(seat int) []string { return pos.boards[seat-1].rows(seat == viewer || pos.phase() == over) }
	leftRows, rightRows := rows(left), rows(right)

	const letters = "   a b c d e f g h i j"
	var text strings.Builder
	fmt.Fprintf(&text, "   %-*s   %s\n%s   %s\n", len(letters), names[left], names[right], letters, letters)
	for i := range size {
		fmt.Fprintf(&text, "%2d %s   %2d %s\n", i+1, spaced(leftRows[i]), i+1, spaced(rightRows[i]))
	}
	for _, seat := range []int{left, right} {
		fmt.Fprintf(&text, "%s: %s\n", names[seat], pos.boards[seat-1].state(seat == viewer, pos.phase()))
	}
	return text.String()
}

func spaced(row string) string { return strings.Join(strings.Split(row, ""), " ") }

// state tells of a fleet: what is afloat and sunk or, while it is placed, whether it stands. Its owner is told what is
// missing; everybody is, of a match that ended before.
func (d *side) state(own bool, now phase) string {
	var missing, sunk []string
	for kind, f := range fleet {
		if !d.ships[kind].placed {
			missing = append(missing, fmt.Sprintf("%s (%d)", f.name, f.length))
		} else if d.sunk(kind) {
			sunk = append(sunk, f.name)
		}
	}
	switch {
	case missing != nil && now == over:
		return "not placed: " + strings.Join(missing, ", ")
	case missing != nil && own:
		return "to place: " + strings.Join(missing, ", ")
	case missing != nil:
		return "placing ships"
	case sunk != nil:
		return fmt.Sprintf("%d of %d ships afloat, sunk: %s", d.afloat(), len(fleet), strings.Join(sunk, ", "))
	}
	return "all ships afloat"
}

// Summary says who is ready, or how many ships each seat has left.
func (Rules) Summary(p game.Position) string {
	pos := p.(position)
	left := func(d *side) string {
		switch {
		case pos.phase() == placing && d.stands():
			return "is ready"
		case pos.phase() == placing:
			return "is placing ships"
		case !d.stands():
			return "has not placed its ships"
		case d.afloat() == 1:
			return "has 1 ship left"
		}
		return fmt.Sprintf("has %d ships left", d.afloat())
	}
	return "seat 1 " + left(&pos.boards[0]) + ", seat 2 " + left(&pos.boards[1])
}
