package tictactoe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"yourmove/game"
)

// Imagine reads the board back: nothing is hidden.
func (r Rules) Imagine(view []byte, _ int, _ *game.Chance) (game.Position, error) {
	var v struct {
		Rows []board `json:"rows"`
		Next string  `json:"next"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	if len(v.Rows) != 3 || len(v.Rows[0]) != 3 || len(v.Rows[1]) != 3 || len(v.Rows[2]) != 3 {
		return nil, errors.New("view: not three rows of three")
	}
	b := v.Rows[2] + v.Rows[1] + v.Rows[0]
	x, o := strings.Count(string(b), "X"), strings.Count(string(b), "O")
	if x+o+strings.Count(string(b), ".") != 9 || x != o && x != o+1 {
		return nil, fmt.Errorf("view: %s is no board that X and O filled in turn", b)
	}
	if r.Outcomes(b) == nil && v.Next != "XO"[b.ToMove()-1:b.ToMove()] {
		return nil, fmt.Errorf("view: %q is not next", v.Next)
	}
	return b, nil
}

// Estimate counts the lines that only one side can still fill, those with more of its marks for more.
func (Rules) Estimate(p game.Position, seat int) float64 {
	b, sum := p.(board), 0
	for _, l := range lines {
		marks := [3]int{}
		for _, at := range l {
			marks[strings.IndexByte(".XO", b[at])]++
		}
		if mine, theirs := marks[seat], marks[3-seat]; theirs == 0 {
			sum += mine * mine
		} else if mine == 0 {
			sum -= theirs * theirs
		}
	}
	return min(max(0.5+float64(sum)/40, 0), 1) // lines with two marks are few: 40 is out of reach
}
