// Package chess is chess by the FIDE Laws of Chess taking effect from 1 January 2023 (handbook.fide.com, E012023).
//
//	articles 2, 3         the first position and the moves              library.go
//	5.1.1, 5.2.1          checkmate, stalemate                          position.go
//	5.2.2                 insufficient material                         position.go
//	9.2, 9.3              claims: threefold repetition, 50 moves        position.go
//	9.6.1, 9.6.2          fivefold repetition, 75 moves                 position.go
//
// Of the dead positions of 5.2.2 those without the material to mate end the game; one where pawns are locked for ever
// is left to the players. A wrong claim is refused and costs nothing (9.5.3 would add two minutes to a clock).
//
// Which moves are legal, what position follows one, whether it is mate or stalemate, and how a move is written in PGN
// comes from github.com/corentings/chess/v2. Code of our own says in words why the library has refused a move
// (explain.go), and knows what it does not tell: the draws, and whether there is a check.
package chess

import (
	"fmt"
	"slices"
	"strings"

	"yourmove/game"
)

// Rules are those of chess. Seat 1 is White. A move is written as in UCI, "e2e4" or "e7e8q", castling by the king's
// squares, "e1g1". "claim" claims the draw that there is; "claim g1f3" one that this move would bring about.
//
// The option fen sets up another position to begin from.
type Rules struct{ game.Duel[*position] }

type options struct {
	FEN string `json:"fen,omitempty"`
}

// mostMoves bounds the number of the move that a set-up position begins with.
const mostMoves = 9999

// Info names the game.
func (Rules) Info() game.Info {
	return game.Info{
		Name: "chess", Title: "Chess", Version: 1, MinSeats: 2, MaxSeats: 2,
		Notation: `from square to square, as in UCI: "e2e4", "e7e8q", castling "e1g1"; ` +
			`"claim" claims a draw, "claim g1f3" one that this move would bring about`,
		OptionsHelp: `{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 0 1"}: a position to begin from instead of the usual one`,
	}
}

// Check wants a position that can be played on. The usual one is no option: it is left out.
func (Rules) Check(o game.Options, _ int) (game.Options, error) {
	p, err := (*position)(nil).Start(o)
	if err != nil {
		return nil, err
	}
	fen := p.fen()
	if fen == startFEN {
		return nil, nil
	}
	return game.FormatOptions(options{FEN: fen})
}

// Start returns the first position.
func (*position) Start(o game.Options) (*position, error) {
	var opts options
	if err := game.ParseOptions(o, &opts); err != nil {
		return nil, err
	}
	if opts.FEN == "" {
		opts.FEN = startFEN
	}
	p, err := parseFEN(opts.FEN)
	if err != nil {
		return nil, fmt.Errorf("fen: %w", err)
	}
	if p.number > mostMoves {
		return nil, fmt.Errorf("fen: the number of the move is %d, more than %d", p.number, mostMoves)
	}
	if p.settle(); p.ended != notEnded {
		return nil, fmt.Errorf("fen: the game is already over: %s", p.ended)
	}
	return p, nil
}

// ToMove is the seat whose turn it is, 0 when the game is over.
func (p *position) ToMove() int {
	if !p.goesOn() {
		return 0
	}
	return p.turn.seat()
}

// Moves lists the legal moves in alphabetical order, and last "claim" if there is a draw to claim now. Claims with a
// move are not listed: there is one for each move, and hardly ever a right one.
func (p *position) Moves() []string {
	if !p.goesOn() {
		return nil
	}
	_, legal := p.legal()
	list := make([]string, 0, len(legal)+1)
	for i := range legal {
		list = append(list, moveOf(&legal[i]).String())
	}
	slices.Sort(list)
	if p.claimable() != notEnded {
		list = append(list, "claim")
	}
	return list
}

// Play makes a move or settles a claim.
func (p *position) Play(seat int, text string) (*position, error) {
	uci, claims := strings.CutPrefix(text, "claim ")
	m, ok := parseMove(uci)
	bare := text == "claim"
	switch {
	case !ok && !bare:
		return nil, game.Malformed(
			`%.16q is no move: write it from square to square (e2e4, e7e8q, castling e1g1), or "claim"`, text)
	case p.ended != notEnded:
		return nil, game.Illegal("the game is over: %s", p.ended)
	case seat != p.turn.seat():
		return nil, game.Illegal("it is %s's turn", p.turn)
	case bare:
		return p.claim(p, "has occurred")
	}
	next, err := p.after(m)
	if err != nil {
		return nil, err
	}
	if claims {
		return p.claim(next, "would occur")
	}
	next.settle()
	return next, nil
}

// claim settles a claim for what stands on the board in next: p itself, or the position after the move that the player
// says he will make. The game ends where it is: such a move is not made any more (9.5.2).
func (p *position) claim(next *position, occurs string) (*position, error) {
	drawn := *p
	if drawn.ended = next.claimable(); drawn.ended == notEnded {
		return nil, game.Illegal("no draw to claim: the position %s %s (it takes 3 times), and each side %s",
			occurs, times(next.occurrences()), next.quiet())
	}
	return &drawn, nil
}

// quiet says how long no pawn has moved and no piece was captured.
func (p *position) quiet() string {
	n := "moves"
	if p.clock/2 == 1 {
		n = "move"
	}
	return fmt.Sprintf("has %d %s in a row without a pawn's move or a capture (it takes 50)", p.clock/2, n)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Result tells of checkmate and of the draws.
func (p *position) Result() (winner int, over bool) {
	if p.ended == checkmate {
		winner = p.turn.other().seat()
	}
	return winner, p.ended != notEnded
}
