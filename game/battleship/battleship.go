// Package battleship is the game of hidden fleets that Milton Bradley published in 1967, by the leaflet of the edition
// of 1990: five ships (a carrier of 5 squares, a battleship of 4, a cruiser and a submarine of 3, a destroyer of 2) lie
// level or upright on ten squares by ten, and may touch; then the two take turns with one shot each, hit or miss; who
// first sinks all five wins, and the other has no last shot.
//
// Two things are as with pencil and paper: a hit does not tell which ship was hit, only sinking it does; and the letter
// of a square is its column, a1 being the upper left one.
package battleship

import (
	"strings"

	"yourmove/game"
)

// Rules are those of battleship. Both seats place their ships at the same time, each hidden from everybody else, and
// wait once their fleet stands; when both stand, seat 1 has the first shot.
//
// A move of the first part places a ship by its left or upper end, "carrier a1 across" or "destroyer c4 down". Placing a
// ship again moves it, until the fifth one stands. "random" places all that are missing. A move of the second part is
// a square to shoot at, "c7"; what came of it is told to all: "miss", "hit" or "hit and sunk: cruiser".
type Rules struct {
	game.TwoSeats
	game.NoOptions
}

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{
		Name: "battleship", Title: "Battleship", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: `first a ship by its left or upper end, "carrier a1 across" or "destroyer c4 down" (a1 is upper left), ` +
			`again to move it, or "random" for all that are missing; then a square to shoot at, "c7"`,
	}
}

// position has the two boards.
type position struct {
	boards [2]side // that of seat n is boards[n-1]
	// closed: the match is over, though no fleet was lost.
	closed bool
}

// phase is the part of the game.
type phase string

const (
	placing  phase = "placing"
	shooting phase = "shooting"
	over     phase = "over"
)

func (p position) phase() phase {
	switch {
	case p.closed:
		return over
	case !p.boards[0].stands() || !p.boards[1].stands():
		return placing
	case p.boards[0].lost() || p.boards[1].lost():
		return over
	}
	return shooting
}

// next is the seat to shoot: the second has shot as often as the first, or once less.
func (p position) next() int { return 1 + len(p.boards[1].shots) - len(p.boards[0].shots) }

// Setup returns two empty boards.
func (Rules) Setup(game.Options, []int, *game.Chance) (game.Position, error) { return position{}, nil }

// Play places a ship or shoots.
func (Rules) Play(p game.Position, seat int, move string, _ game.Moment, c *game.Chance) (game.Played, error) {
	pos := p.(position)
	if at, ok := parseSquare(move); ok {
		return pos.shoot(seat, at)
	}
	if move == random {
		return pos.placeRest(seat, c)
	}
	if kind, s, ok := parseShip(move); ok {
		return pos.place(seat, kind, s)
	}
	return game.Played{}, game.Malformed(`%.40q is neither a square as "c7", nor a ship as "carrier a1 across", nor "random"`, move)
}

// random is the move that places what is missing.
const random = "random"

func (p position) place(seat, kind int, s ship) (game.Played, error) {
	own := &p.boards[seat-1]
	if own.stands() {
		return game.Played{}, game.Illegal("your fleet stands")
	}
	if err := own.place(kind, s); err != nil {
		return game.Played{}, err
	}
	return game.Played{Position: p, SameTurn: p.phase() == placing}, nil
}

// placeRest places each missing ship on any of the places left to it. The seat is told where, as of a die that it rolled.
func (p position) placeRest(seat int, c *game.Chance) (game.Played, error) {
	own := &p.boards[seat-1]
	if own.stands() {
		return game.Played{}, game.Illegal("your fleet stands")
	}
	var placed []string
	for kind := range fleet {
		if own.ships[kind].placed {
			continue
		}
		// There is always room. Ships of 5, 4, 3 and 3 squares touch at most 19 of the 20 rows and columns, any other four
		// fewer, and one that no ship touches is free from end to end.
		room := own.room(kind)
		own.ships[kind] = room[c.IntN(len(room))]
		placed = append(placed, own.ships[kind].text(kind))
	}
	return game.Played{Position: p, SameTurn: p.phase() == placing, Chance: strings.Join(placed, ", ")}, nil
}

func (p position) shoot(seat int, at square) (game.Played, error) {
	if p.phase() == placing {
		return game.Played{}, game.Illegal("no shots before both fleets stand")
	}
	if next := p.next(); seat != next {
		return game.Played{}, game.Illegal("it is seat %d's turn", next)
	}
	target := &p.boards[2-seat]
	if target.order(at) > 0 {
		return game.Played{}, game.Illegal("you have shot at %s before", at)
	}
	target.shots += string([]byte{byte(at)})
	return game.Played{Position: p, Chance: target.result(at)}, nil
}

// Duty lets both place, and then shoot in turns.
func (Rules) Duty(p game.Position, seat int) game.Duty {
	pos := p.(position)
	switch pos.phase() {
	case placing:
		if !pos.boards[seat-1].stands() {
			return game.MustAct
		}
	case shooting:
		if pos.next() == seat {
			return game.MustAct
		}
	}
	return game.Waits
}

// Outcomes tells of a fleet that has been sunk.
func (Rules) Outcomes(p game.Position) []game.Outcome {
	pos := p.(position)
	for i, own := range pos.boards {
		if own.lost() {
			return game.WonBy(2-i, 2)
		}
	}
	return nil
}

// Redact shows the shots and hides the rest, so that nothing is shown by mistake. That a hidden move was made is known,
// not whether it was the first ship, the fifth or one that was moved.
func (Rules) Redact(m game.PlayedMove, _, _ int) game.PlayedMove {
	if _, ok := parseSquare(m.Text); ok {
		return m
	}
	return game.PlayedMove{Hidden: true}
}

// Secrets lists where the seat's ships lie that are not sunk, as its view tells it. A ship that the other seat has on the
// very same squares is left out: its text is in that seat's view too.
func (Rules) Secrets(p game.Position, seat int) []string {
	pos := p.(position)
	if pos.phase() == over {
		return nil
	}
	own, other := pos.boards[seat-1], pos.boards[2-seat]
	var texts []string
	for kind, s := range own.ships {
		if s.placed && !own.sunk(kind) && s != other.ships[kind] {
			texts = append(texts, s.text(kind))
		}
	}
	return texts
}

// LegalMoves lists the places for the longest ship that is missing and "random", or the squares that are still to be shot
// at; nothing for a seat that waits.
func (r Rules) LegalMoves(p game.Position, seat int) []string {
	pos := p.(position)
	if r.Duty(p, seat) == game.Waits {
		return nil
	}
	if pos.phase() == shooting {
		return pos.boards[2-seat].untouched()
	}
	own := pos.boards[seat-1]
	var moves []string
	for kind := range fleet {
		if own.ships[kind].placed {
			continue
		}
		for _, s := range own.room(kind) {
			moves = append(moves, s.text(kind))
		}
		break
	}
	return append(moves, random)
}

// DefaultMove places at random, and shoots at the first square that has not been shot at.
func (r Rules) DefaultMove(p game.Position, seat int) (string, bool) {
	pos := p.(position)
	switch {
	case r.Duty(p, seat) == game.Waits:
		return "", false
	case pos.phase() == placing:
		return random, true
	}
	return pos.boards[2-seat].untouched()[0], true
}

// MayFollow lets ships be placed together: what the other seat hides decides nothing before the first shot.
func (Rules) MayFollow(move string) bool {
	_, shot := parseSquare(move)
	return !shot
}
