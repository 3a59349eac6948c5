package chess

import (
	"slices"

	lib "github.com/corentings/chess/v2"
)

// position is what is to be known of a game. One that was handed out is never changed.
type position struct {
	board board
	turn  side
	// rights are the castlings that king and rook have not yet forfeited.
	rights rights
	// passed is the square that a pawn has just passed, if it can be captured there; else none. Pawns that nobody can
	// capture leave no trace, because whether one could is what makes two positions the same or not (9.2.3.1).
	passed square
	// clock counts the moves, of both sides, since a pawn moved or a piece was captured.
	clock uint8
	// number is that of the present move; it grows after Black's.
	number int
	// past are the last moves, of both sides, that can be taken back by moving on: since a pawn moved, a piece was
	// captured, a castling was forfeited or an en passant capture let go. No position from before can come again. So the
	// earlier positions themselves, not hashes of them, can be compared, and there are at most 150 of these moves.
	past  []move
	ended ending
	// closed: the match is over, though the moves did not end it.
	closed bool
	// legal asks the library for the position as it has it and for the legal moves: once, because a bot lists the moves
	// and then plays many of them, and listing takes most of the time.
	legal func() (*lib.Position, []lib.Move)
}

// side is White or Black.
type side uint8

const (
	white side = 0
	black side = 1
)

func (s side) seat() int   { return int(s) + 1 }
func (s side) other() side { return 1 - s }

// forward is how far a pawn's step takes it on the board.
func (s side) forward() square { return 8 - 16*square(s) }

// home is the rank on which the pieces of the side begin.
func (s side) home() int { return 7 * int(s) }

// pawns is the rank on which its pawns begin.
func (s side) pawns() int { return 1 + 5*int(s) }

// String returns the side's name.
func (s side) String() string { return [...]string{"White", "Black"}[s] }

// rights are castlings, in the order in which FEN and the library write them.
type rights uint8

const (
	whiteShort rights = 1 << iota
	whiteLong
	blackShort
	blackLong
)

// ending is how a game ended. The numbers are stored.
type ending uint8

const (
	notEnded             ending = 0
	checkmate            ending = 1
	stalemate            ending = 2
	insufficientMaterial ending = 3
	fivefold             ending = 4
	seventyFive          ending = 5
	claimedThreefold     ending = 6
	claimedFifty         ending = 7
)

const claimedPrefix = "draw claimed: "

var endings = [...]string{
	"", "checkmate", "stalemate", "insufficient material", "fivefold repetition", "75 moves",
	claimedPrefix + "threefold repetition", claimedPrefix + "50 moves",
}

// String says in words how the game ended.
func (e ending) String() string { return endings[e] }

// goesOn reports whether somebody is to move.
func (p *position) goesOn() bool { return p.ended == notEnded && !p.closed }

// settle notes how the game has ended, if it has. Checkmate goes before all others (9.6.2).
func (p *position) settle() {
	switch p.library().Status() {
	case lib.Checkmate:
		p.ended = checkmate
		return
	case lib.Stalemate:
		p.ended = stalemate
		return
	}
	switch {
	case p.board.insufficient():
		p.ended = insufficientMaterial
	case p.occurrences() >= 5:
		p.ended = fivefold
	case p.clock >= 2*75:
		p.ended = seventyFive
	}
}

// claimable is the claim that the player to move may make, or notEnded.
func (p *position) claimable() ending {
	switch {
	case p.occurrences() >= 3:
		return claimedThreefold
	case p.clock >= 2*50:
		return claimedFifty
	}
	return notEnded
}

// occurrences counts how often the position has been on the board, now included. It takes the past moves back one by
// one: the rest of what makes positions the same is the same in all of them.
func (p *position) occurrences() int {
	n, b := 1, p.board
	for i, m := range slices.Backward(p.past) {
		b[m.from], b[m.to] = b[m.to], empty
		if (len(p.past)-i)%2 == 0 && b == p.board {
			n++
		}
	}
	return n
}

// check reports whether the side to move is in check. It is for people to see: mate is the library's to tell.
func (p *position) check() bool { return p.board.attacked(p.board.king(p.turn), p.turn.other()) }

// insufficient reports whether no series of moves can lead to mate: bare kings but for one knight, or for bishops that
// all stand on squares of one colour. The library has the same test and keeps it to itself.
func (b *board) insufficient() bool {
	knights, bishops, colours := 0, 0, 0
	for sq, c := range b {
		switch kind(c) {
		case 'p', 'r', 'q':
			return false
		case 'n':
			knights++
		case 'b':
			bishops++
			colours |= 1 << ((sq>>3 + sq) & 1)
		}
	}
	if knights == 0 {
		return colours != 3
	}
	return knights == 1 && bishops == 0
}
