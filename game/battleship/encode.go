package battleship

import (
	"errors"
	"fmt"
	"strings"

	"yourmove/game"
)

// A position is written in four parts with strokes between: the ships of seat 1, the shots that it received, and both for
// seat 2:
//
//	a1>c2vd5>g0>j1v/b4c7/a2>b2>---e4v---/
//
// Ships stand in the order of fleet, by their left or upper end, > across or v down, or --- while missing. Shots stand in
// their order. The tenth row is written 0, so that a square takes two letters.

// Encode writes a position.
func (Rules) Encode(p game.Position) (int, []byte, error) {
	pos := p.(position)
	text := make([]byte, 0, 40+2*len(pos.boards[0].shots)+2*len(pos.boards[1].shots))
	for i, d := range pos.boards {
		if i > 0 {
			text = append(text, '/')
		}
		for _, s := range d.ships {
			switch {
			case !s.placed:
				text = append(text, "---"...)
			case s.down:
				text = append(appendSquare(text, s.at), 'v')
			default:
				text = append(appendSquare(text, s.at), '>')
			}
		}
		text = append(text, '/')
		for _, at := range []byte(d.shots) {
			text = appendSquare(text, square(at))
		}
	}
	return 1, text, nil
}

func appendSquare(text []byte, at square) []byte {
	return append(text, 'a'+byte(at)%size, '0'+(byte(at)/size+1)%10)
}

// cutSquare reads a square of two letters off the text.
func cutSquare(text string) (at square, rest string, ok bool) {
	if len(text) < 2 || text[0] < 'a' || text[0] >= 'a'+size || text[1] < '0' || text[1] > '9' {
		return 0, text, false
	}
	row := (text[1] - '0' + 9) % 10
	return square(row*size + text[0] - 'a'), text[2:], true
}

// Decode reads what Encode wrote, and refuses what no match leads to.
func (Rules) Decode(version int, data []byte) (game.Position, error) {
	if version != 1 {
		return nil, fmt.Errorf("unknown encoding version %d of a position", version)
	}
	parts := strings.Split(string(data), "/")
	if len(parts) != 4 {
		return nil, fmt.Errorf("a position of battleship has four parts, not %d", len(parts))
	}
	var p position
	for i := range p.boards {
		if err := p.boards[i].decode(parts[2*i], parts[2*i+1]); err != nil {
			return nil, fmt.Errorf("the board of seat %d: %w", i+1, err)
		}
	}
	if err := p.checkShots(); err != nil {
		return nil, err
	}
	return p, nil
}

func (d *side) decode(ships, shots string) error {
	if len(ships) != 3*len(fleet) {
		return fmt.Errorf("%q are not %d ships", ships, len(fleet))
	}
	for kind := range fleet {
		text := ships[3*kind : 3*kind+3]
		if text == "---" {
			continue
		}
		at, way, ok := cutSquare(text)
		if !ok || way != ">" && way != "v" {
			return fmt.Errorf("%q is not a ship", text)
		}
		if err := d.place(kind, ship{placed: true, down: way == "v", at: at}); err != nil {
			return err
		}
	}
	var order []byte
	for shots != "" {
		at, rest, ok := cutSquare(shots)
		if !ok {
			return fmt.Errorf("%q does not begin with a square", shots)
		}
		order, shots = append(order, byte(at)), rest
	}
	d.shots = string(order)
	return d.checkShots()
}

// checkShots asks whether each square was shot at once, while there was something to sink.
func (d *side) checkShots() error {
	for i := range len(d.shots) {
		before := side{ships: d.ships, shots: d.shots[:i]}
		if at := square(d.shots[i]); before.order(at) > 0 || before.lost() {
			return fmt.Errorf("shot %d, at %s, cannot have been fired", i+1, at)
		}
	}
	return nil
}

// checkShots asks whether the seats shot in turn, with both fleets placed and until one was lost.
func (p position) checkShots() error {
	first, second := len(p.boards[1].shots), len(p.boards[0].shots)
	switch {
	case first != second && first != second+1:
		return fmt.Errorf("%d shots of seat 1 and %d of seat 2 do not come of taking turns", first, second)
	case first > 0 && p.phase() == placing:
		return errors.New("shots before both fleets stand")
	case first == second && p.boards[1].lost():
		return errors.New("a shot of seat 2 after its fleet was lost")
	case first > second && p.boards[0].lost():
		return errors.New("a shot of seat 1 after its fleet was lost")
	}
	return nil
}
