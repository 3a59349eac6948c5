package battleship

import (
	"fmt"
	"strings"

	"yourmove/game"
)

// size is how many rows and columns a board has.
const size = 10

// fleet is what each seat has, the longest ship first. A kind of ship is its index.
var fleet = [...]struct {
	name   string
	length int
}{{"carrier", 5}, {"battleship", 4}, {"cruiser", 3}, {"submarine", 3}, {"destroyer", 2}}

// square counts the squares row by row from the upper left: 10 times the row and the column, both from 0.
type square byte

// squareNames has the name of each square, a1 b1 c1 … j10.
var squareNames = func() (names [size * size]string) {
	for i := range names {
		names[i] = fmt.Sprintf("%c%d", 'a'+i%size, i/size+1)
	}
	return names
}()

// String is the square's name.
func (q square) String() string { return squareNames[q] }

// parseSquare reads a square's name.
func parseSquare(name string) (square, bool) {
	at, ok := game.Square(name, size, size)
	return square(at), ok
}

// ship is where a ship lies: at is its left or upper end.
type ship struct {
	placed, down bool
	at           square
}

// square is the i-th square of the ship, from 0.
func (s ship) square(i int) square {
	if s.down {
		return s.at + square(i*size)
	}
	return s.at + square(i)
}

// fits reports whether the ship, of this kind, lies within the board.
func (s ship) fits(kind int) bool {
	start := int(s.at) % size
	if s.down {
		start = int(s.at) / size
	}
	return start+fleet[kind].length <= size
}

// text is the move that places the ship.
func (s ship) text(kind int) string {
	way := "across"
	if s.down {
		way = "down"
	}
	return fleet[kind].name + " " + s.at.String() + " " + way
}

// parseShip reads a move that places a ship.
func parseShip(text string) (kind int, s ship, ok bool) {
	words := strings.Split(text, " ")
	if len(words) != 3 || words[2] != "across" && words[2] != "down" {
		return 0, ship{}, false
	}
	at, ok := parseSquare(words[1])
	if !ok {
		return 0, ship{}, false
	}
	for kind, f := range fleet {
		if f.name == words[0] {
			return kind, ship{placed: true, down: words[2] == "down", at: at}, true
		}
	}
	return 0, ship{}, false
}

// side is the board of one seat: its ships by kind, and the shots that it received, in order, a byte for each square. The
// order matters: it tells which hits a ship was sunk by.
type side struct {
	ships [len(fleet)]ship
	shots string
}

// stands reports whether all ships are placed.
func (d *side) stands() bool {
	for _, s := range d.ships {
		if !s.placed {
			return false
		}
	}
	return true
}

// shipAt returns the kind of the ship on a square.
func (d *side) shipAt(at square) (kind int, ok bool) {
	for kind, s := range d.ships {
		if !s.placed {
			continue
		}
		for i := range fleet[kind].length {
			if s.square(i) == at {
				return kind, true
			}
		}
	}
	return 0, false
}

// clash finds a square on which a ship would lie on another one. The same ship, which is moved, is not in its own way.
func (d *side) clash(kind int, s ship) (other int, at square, ok bool) {
	for i := range fleet[kind].length {
		if other, ok := d.shipAt(s.square(i)); ok && other != kind {
			return other, s.square(i), true
		}
	}
	return 0, 0, false
}

// place places a ship, or moves it, or says why it cannot lie there.
func (d *side) place(kind int, s ship) error {
	if !s.fits(kind) {
		return game.Illegal("the %s has %d squares and would reach over the edge", fleet[kind].name, fleet[kind].length)
	}
	if other, at, ok := d.clash(kind, s); ok {
		return game.Illegal("your %s is on %s", fleet[other].name, at)
	}
	d.ships[kind] = s
	return nil
}

// room lists all places that are left to a ship.
func (d *side) room(kind int) []ship {
	var list []ship
	for _, b := range berths[kind] {
		if _, _, taken := d.clash(kind, b.ship); !taken {
			list = append(list, b.ship)
		}
	}
	return list
}

// order is which shot it was that met a square, from 1, or 0 if none did.
func (d *side) order(at square) int { return 1 + strings.IndexByte(d.shots, byte(at)) }

// sunk reports whether every square of a ship was hit.
func (d *side) sunk(kind int) bool { return d.sunkBy(kind) > 0 }

// sunkBy is which shot sank a ship, from 1, or 0 while it floats.
func (d *side) sunkBy(kind int) int {
	last := 0
	for i := range fleet[kind].length {
		n := d.order(d.ships[kind].square(i))
		if n == 0 {
			return 0
		}
		last = max(last, n)
	}
	return last
}

// afloat counts the ships that are not sunk.
func (d *side) afloat() int {
	n := 0
	for kind := range fleet {
		if !d.sunk(kind) {
			n++
		}
	}
	return n
}

// lost reports whether all ships are sunk.
func (d *side) lost() bool {
	for kind := range fleet {
		if !d.sunk(kind) {
			return false
		}
	}
	return true
}

// result is what is told of a shot that has met a square.
func (d *side) result(at square) string {
	kind, hit := d.shipAt(at)
	switch {
	case !hit:
		return "miss"
	case d.sunk(kind):
		return "hit and sunk: " + fleet[kind].name
	}
	return "hit"
}

// untouched lists the squares that were not shot at.
func (d *side) untouched() []string {
	var shot [size * size]bool
	for _, at := range []byte(d.shots) {
		shot[at] = true
	}
	list := make([]string, 0, size*size-len(d.shots))
	for at, name := range squareNames {
		if !shot[at] {
			list = append(list, name)
		}
	}
	return list
}
