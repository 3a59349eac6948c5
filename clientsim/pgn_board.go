package clientsim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/corentings/chess/v2"
)

// usualStart is the position in which a game of chess begins.
const usualStart = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"

// fenForm is what a FEN looks like.
var fenForm = regexp.MustCompile(`^[1-8KQRBNPkqrbnp]{1,8}(/[1-8KQRBNPkqrbnp]{1,8}){7} [wb] (-|[KQkq]{1,4}) (-|[a-h][36]) [0-9]{1,3} [0-9]{1,4}$`)

// readingFEN guards the library's FEN reader, which keeps the ranks in a variable that all its callers share.
var readingFEN sync.Mutex

// parseFEN reads a position. The library takes whatever it is given, and fails for want of room where there are more
// pieces than a game can bring: those are refused. What else cannot stand on a board is the server's to say.
func parseFEN(fen string) (*chess.Position, error) {
	if !fenForm.MatchString(fen) {
		return nil, errors.New("that is no FEN")
	}
	pieces, _, _ := strings.Cut(fen, " ")
	for _, side := range []string{"KQRBNP", "kqrbnp"} {
		count := func(i int) int { return strings.Count(pieces, side[i:i+1]) }
		if count(0) != 1 {
			return nil, fmt.Errorf("it has %d of the king %s", count(0), side[:1])
		}
		pawns := count(5) + max(0, count(1)-1)
		for i := 2; i < 5; i++ {
			pawns += max(0, count(i)-2)
		}
		if pawns > 8 {
			return nil, fmt.Errorf("it has more of %s than eight pawns can be promoted to", side[1:5])
		}
	}
	readingFEN.Lock()
	defer readingFEN.Unlock()
	pos := new(chess.Position)
	return pos, pos.UnmarshalText([]byte(fen))
}

// board is a position as a FEN has it, in fields.
type board struct {
	pieces, turn, castling string
	// square is the one that a pawn has just passed over, if it can be taken there; passed is it in any case.
	square, passed string
	half, full     string
}

// boardOf takes a position apart.
func boardOf(pos *chess.Position) board {
	b := fieldsOf(pos.String())
	b.square = "-"
	if slices.ContainsFunc(pos.ValidMoves(), func(m chess.Move) bool { return m.HasTag(chess.EnPassant) }) {
		b.square = b.passed
	}
	return b
}

// fieldsOf takes a FEN apart; what it lacks is empty.
func fieldsOf(fen string) board {
	f := append(strings.Fields(fen), make([]string, 6)...)
	castling := strings.Split(f[2], "")
	slices.Sort(castling)
	return board{pieces: f[0], turn: f[1], castling: strings.Join(castling, ""), square: f[3], passed: f[3], half: f[4], full: f[5]}
}

// repeated is what two positions share that count as the same.
func (b board) repeated() string {
	return b.pieces + " " + b.turn + " " + b.castling + " " + b.square
}

// matches says whether a server's FEN is this position. A square that was passed over by a pawn may be told although
// nobody can take there: some write it always.
func (b board) matches(fen string) error {
	got, want := fieldsOf(fen), b
	if want.square == "-" && got.square == b.passed {
		got.square = "-"
	}
	got.passed, want.passed = "", ""
	if len(strings.Fields(fen)) != 6 || got != want {
		return fmt.Errorf("the position is %q, not %q", fen, b)
	}
	return nil
}

// String writes the position as a FEN.
func (b board) String() string {
	return b.repeated() + " " + b.half + " " + b.full
}

// mover is whose turn it is, 0 for White.
func (b board) mover() int {
	if b.turn == "b" {
		return 1
	}
	return 0
}

// numbered writes a move from this position with its number: "12.Qe2", "12...Qe7".
func (b board) numbered(move string) string {
	if b.mover() == 1 {
		return b.full + "..." + move
	}
	return b.full + "." + move
}
