package clientsim

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/corentings/chess/v2"
)

// By what games end: by the rules of chess alone, then by what players say.
const (
	endCheckmate   = "checkmate"
	endStalemate   = "stalemate"
	endMaterial    = "insufficient material"
	endFivefold    = "fivefold repetition"
	endSeventyFive = "75 moves"

	endResigned = "resigned"
	endAgreed   = "agreed"
	endUnknown  = "unknown"
)

// course is a recorded game as the rules of chess have it: a second opinion to that of a server.
type course struct {
	// start is the position that the record sets up, as a FEN; empty: the usual one, which begun is then.
	start string
	begun board
	// uci and san are the moves, in the server's notation and in algebraic notation as it is written today.
	uci, san []string
	// first is who moves first, 0 for White.
	first int
	// final is the position after the last move.
	final board
	// end is by what it ended; over: by the rules, with its last move.
	end  string
	over bool
	// result is what a server can know of it: none where a draw was agreed.
	result string
}

// follow plays a record by the rules of chess and says what in it cannot be.
func (r Record) follow() (course, error) {
	c := course{}
	if err := r.playable(); err != nil {
		return c, err
	}
	c.start = r.setUp()
	pos, err := parseFEN(cmp.Or(c.start, usualStart))
	if err != nil {
		return c, fmt.Errorf("the set-up position %.100q: %w", c.start, err)
	}
	c.begun = boardOf(pos)
	c.first, c.final = c.begun.mover(), c.begun
	times := map[string]int{c.final.repeated(): 1}
	for i, text := range r.Moves {
		if c.over {
			return c, &lineError{r.Lines[i], fmt.Errorf("%s: the game was over before, by %s", c.final.numbered(text), c.end)}
		}
		mv, err := findMove(pos, text)
		if err != nil {
			return c, &lineError{r.Lines[i], fmt.Errorf("%s: %w", c.final.numbered(text), err)}
		}
		c.uci = append(c.uci, chess.UCINotation{}.Encode(pos, mv))
		c.san = append(c.san, chess.AlgebraicNotation{}.Encode(pos, mv))
		pos = pos.Update(mv)
		c.final = boardOf(pos)
		times[c.final.repeated()]++
		c.end, c.result = ended(pos, times[c.final.repeated()])
		c.over = c.end != ""
	}
	switch {
	case c.over && c.result != r.Result:
		return c, &lineError{
			r.Lines[len(r.Lines)-1], fmt.Errorf("the record ends with %s, the game by %s with %s", r.Result, c.end, c.result),
		}
	case c.over:
	case r.Result == noResult:
		c.end, c.result = endUnknown, noResult
	case r.Result == drawn:
		c.end, c.result = endAgreed, noResult
	default:
		c.end, c.result = endResigned, r.Result
	}
	return c, nil
}

// playable refuses what is no game of chess with moves.
func (r Record) playable() error {
	switch v := strings.ToLower(r.Tags["Variant"]); v {
	case "", "standard", "chess", "normal", "from position":
	default:
		return fmt.Errorf("the variant %.40q is not the chess that is played here", r.Tags["Variant"])
	}
	if len(r.Moves) == 0 {
		return errors.New("the record has no moves")
	}
	return nil
}

// setUp returns the position that a record sets up. Some leave out the clocks.
func (r Record) setUp() string {
	if r.Tags["SetUp"] == "0" {
		return ""
	}
	fields := strings.Fields(r.Tags["FEN"])
	if len(fields) == 4 {
		fields = append(fields, "0", "1")
	}
	return strings.Join(fields, " ")
}

// findMove returns the legal move that a text means. Signs for captures and checks are not looked at: records leave
// them out.
func findMove(pos *chess.Position, text string) (*chess.Move, error) {
	part := san.FindStringSubmatch(text)
	switch {
	case part == nil:
		return nil, errors.New("not a move")
	case strings.HasPrefix(text, "--"):
		return nil, errors.New("a null move: chess knows none")
	}
	var found []chess.Move
	for _, mv := range pos.ValidMoves() {
		if meansMove(part, pos, &mv) {
			found = append(found, mv)
		}
	}
	switch len(found) {
	case 1:
		return &found[0], nil
	case 0:
		return nil, fmt.Errorf("not legal in %s", pos)
	}
	names := make([]string, len(found))
	for i, mv := range found {
		names[i] = chess.AlgebraicNotation{}.Encode(pos, &mv)
	}
	return nil, fmt.Errorf("ambiguous in %s: %s", pos, strings.Join(names, " or "))
}

// meansMove reports whether the parts of a move's text fit a legal move.
func meansMove(part []string, pos *chess.Position, mv *chess.Move) bool {
	switch len(part[6]) {
	case len("O-O"):
		return mv.HasTag(chess.KingSideCastle)
	case len("O-O-O"):
		return mv.HasTag(chess.QueenSideCastle)
	}
	piece := strings.ToUpper(pos.Board().Piece(mv.S1()).Type().String())
	from, to := mv.S1().String(), mv.S2().String()
	return piece == pieceLetter(part[1]) && strings.HasPrefix(from, part[2]) && strings.HasSuffix(from, part[3]) &&
		to == part[4] && (part[5] == "" || part[5] == strings.ToUpper(mv.Promo().String()))
}

// pieceLetter is the letter of a piece; pawns have none in most records.
func pieceLetter(letter string) string {
	if letter == "" {
		return "P"
	}
	return letter
}

// ended says by what the rules end a game, and with what result, in a position that has been on the board so many times;
// empty: it goes on.
func ended(pos *chess.Position, times int) (end, result string) {
	switch pos.Status() {
	case chess.Checkmate:
		if pos.Turn() == chess.White {
			return endCheckmate, blackWon
		}
		return endCheckmate, whiteWon
	case chess.Stalemate:
		return endStalemate, drawn
	}
	switch {
	case !sufficientMaterial(pos.Board()):
		return endMaterial, drawn
	case times >= 5:
		return endFivefold, drawn
	case pos.HalfMoveClock() >= 150:
		return endSeventyFive, drawn
	}
	return "", ""
}

// sufficientMaterial reports whether any sequence of moves could mate: not with a single knight, nor with bishops that
// all stand on one colour.
func sufficientMaterial(b *chess.Board) bool {
	knights, bishops := 0, [2]int{}
	for sq, p := range b.SquareMap() {
		switch p.Type() {
		case chess.Queen, chess.Rook, chess.Pawn:
			return true
		case chess.Knight:
			knights++
		case chess.Bishop:
			bishops[(int(sq.File())+int(sq.Rank()))%2]++
		}
	}
	all := bishops[0] + bishops[1]
	return knights > 1 || knights == 1 && all > 0 || bishops[0] > 0 && bishops[1] > 0
}
