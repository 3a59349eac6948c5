package chess

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"yourmove/game"
)

// view is what everybody is shown. Chess hides nothing: with Reversible it is all that a position is.
type view struct {
	// FEN is the position; its en passant square is there only if a pawn can be captured.
	FEN string `json:"fen"`
	// Turn is white or black while the game goes on.
	Turn string `json:"turn,omitempty"`
	// Check: the side to move is in check.
	Check bool `json:"check,omitempty"`
	// Reversible are the last moves of both sides that might be moved back: a repetition can only come of them.
	Reversible string `json:"reversible,omitempty"`
	// Repetitions counts how often the position has been on the board, from the second time on.
	Repetitions int `json:"repetitions,omitempty"`
	// Claim is why the side to move may claim a draw now.
	Claim string `json:"claim,omitempty"`
	// Ended is how the game ended.
	Ended string `json:"ended,omitempty"`
}

// View shows everything.
func (p *position) View() any { return p.view() }

func (p *position) view() view {
	v := view{FEN: p.fen(), Check: p.check(), Ended: p.ended.String()}
	if len(p.past) > 0 {
		moves := make([]byte, 0, 5*len(p.past))
		for _, m := range p.past {
			moves = append(appendMove(moves, m), ' ')
		}
		v.Reversible = string(moves[:len(moves)-1])
	}
	if n := p.occurrences(); n > 1 {
		v.Repetitions = n
	}
	if p.goesOn() {
		v.Turn = strings.ToLower(p.turn.String())
		v.Claim = strings.TrimPrefix(p.claimable().String(), claimedPrefix)
	}
	return v
}

// Close returns the position with nobody to move, and no draw to claim.
func (Rules) Close(at game.Position) game.Position {
	p := *at.(*position)
	p.closed = true
	return &p
}

// Imagine returns the position that the view shows: there is but one.
func (Rules) Imagine(data []byte, _ int, _ *game.Chance) (game.Position, error) {
	var v view
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	p, err := v.position()
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	if p.view() != v {
		return nil, errors.New("view: it contradicts itself")
	}
	return p, nil
}

// position takes the reversible moves back from the end and plays them again, which shows whether they are legal.
func (v view) position() (*position, error) {
	p, err := parseFEN(v.FEN)
	if err != nil {
		return nil, err
	}
	past := strings.Fields(v.Reversible)
	if len(past) > int(p.clock) {
		return nil, errors.New("the clock does not know of so many moves")
	}
	moves := make([]move, len(past))
	for i, text := range slices.Backward(past) {
		m, ok := parseMove(text)
		if !ok {
			return nil, fmt.Errorf("%.10q is no move", text)
		}
		moves[i] = m
		p.board[m.from], p.board[m.to] = p.board[m.to], empty
		p.turn = p.turn.other()
		p.number -= int(p.turn)
		p.clock--
	}
	for _, m := range moves {
		if p, err = p.after(m); err != nil {
			return nil, err
		}
	}
	if strings.HasPrefix(v.Ended, claimedPrefix) {
		p.ended = claimedThreefold
		if v.Ended == claimedFifty.String() {
			p.ended = claimedFifty
		}
		return p, nil
	}
	p.settle()
	p.closed = p.ended == notEnded && v.Turn == ""
	return p, nil
}

// status says who is to move and what he has to mind, or how the game ended.
func (p *position) status() string {
	switch {
	case p.ended == checkmate:
		return fmt.Sprintf("checkmate, %s has won", p.turn.other())
	case p.ended != notEnded:
		return "drawn, " + p.ended.String()
	case p.closed && p.check():
		return fmt.Sprintf("not played out, %s in check", p.turn)
	case p.closed:
		return "not played out"
	}
	s := p.turn.String() + " to move"
	if p.check() {
		s += ", check"
	}
	if c := p.claimable(); c != notEnded {
		s += ", " + strings.TrimPrefix(c.String(), claimedPrefix) + " can be claimed"
	}
	return s
}

// Summary says which move it is and how things stand.
func (Rules) Summary(at game.Position) string {
	p := at.(*position)
	return fmt.Sprintf("move %d, %s", p.number, p.status())
}

// Draw draws the board as the viewer sees it: seat 2 has Black before him, everybody else White. White's pieces are
// capitals.
func (Rules) Draw(at game.Position, viewer int) string {
	p := at.(*position)
	var out strings.Builder
	files := "  a b c d e f g h\n"
	if viewer == black.seat() {
		files = "  h g f e d c b a\n"
	}
	for i := range 64 {
		sq := square(i ^ 56) // from a8 on
		if viewer == black.seat() {
			sq = square(i ^ 7) // from h1 on
		}
		if i%8 == 0 {
			out.WriteByte('1' + byte(sq.rank()))
		}
		out.WriteByte(' ')
		out.WriteByte(p.board[sq])
		if i%8 == 7 {
			out.WriteByte('\n')
		}
	}
	out.WriteString(files)
	out.WriteString(p.status())
	out.WriteByte('\n')
	return out.String()
}
