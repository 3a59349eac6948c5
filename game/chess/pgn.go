package chess

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	lib "github.com/corentings/chess/v2"

	"yourmove/game"
)

// pgnWidth is how long a line of moves may be: PGN wants less than 80 characters (8.2.1).
const pgnWidth = 79

// Notation writes the match in Portable Game Notation, as "export format" has it: the seven tags that each game has,
// SetUp and FEN where it did not begin as usual, Termination, and the moves. What ended the game and is no move, a claim
// or a resignation, stands in a comment before the result.
func (Rules) Notation(m game.Match, events []game.Event, names map[game.PlayerID]string) (text, mediaType string) {
	const media = "application/vnd.chess-pgn"
	p, err := (*position)(nil).Start(m.Options)
	if err != nil {
		return "", media
	}
	var out strings.Builder
	tag := func(name, value string) { fmt.Fprintf(&out, "[%s \"%s\"]\n", name, tagValue(value)) }
	date := "????.??.??"
	if !m.Started.IsZero() {
		date = m.Started.UTC().Format("2006.01.02")
	}
	result := pgnResult(m)
	tag("Event", orUnknown(m.Title))
	tag("Site", "?")
	tag("Date", date)
	tag("Round", "-")
	tag("White", orUnknown(seatName(m, white, names)))
	tag("Black", orUnknown(seatName(m, black, names)))
	tag("Result", result)
	if fen := p.fen(); fen != startFEN {
		tag("SetUp", "1")
		tag("FEN", fen)
	}
	tag("Termination", termination(m))
	out.WriteByte('\n')
	wrap(&out, append(movetext(p, events), result))
	return out.String(), media
}

// movetext lists numbers, moves and comments, to be written with a space or a line's end between them. Where an event
// cannot be played it stops with a comment.
func movetext(p *position, events []game.Event) []string {
	var words []string
	comment := func(text string) { words = append(words, strings.Fields("{"+text+"}")...) }
	for _, e := range events {
		switch f := e.Fact.(type) {
		case game.TurnTaken:
			for _, mv := range f.Moves {
				next, err := p.Play(e.Seat, mv.Text)
				if err != nil {
					comment(fmt.Sprintf("the record cannot be read from event %d on", e.Version))
					return words
				}
				uci, claimed := strings.CutPrefix(mv.Text, "claim")
				m, isMove := parseMove(strings.TrimSpace(uci))
				switch {
				case claimed && isMove:
					comment(fmt.Sprintf("%s, with %s", next.ended, p.san(m)))
				case claimed:
					comment(next.ended.String())
				default:
					if p.turn == white {
						words = append(words, strconv.Itoa(p.number)+".")
					} else if len(words) == 0 {
						words = append(words, strconv.Itoa(p.number)+"...")
					}
					words = append(words, p.san(m))
				}
				p = next
			}
		case game.PlayerResigned:
			comment(side(e.Seat-1).String() + " resigns")
		}
	}
	return words
}

// san writes a legal move in Standard Algebraic Notation.
func (p *position) san(m move) string {
	return lib.AlgebraicNotation{}.Encode(p.find(m))
}

// wrap writes words as lines that are not too long.
func wrap(out *strings.Builder, words []string) {
	length := 0
	for _, w := range words {
		switch {
		case length == 0:
		case length+1+len(w) > pgnWidth:
			out.WriteByte('\n')
			length = 0
		default:
			out.WriteByte(' ')
			length++
		}
		out.WriteString(w)
		length += len(w)
	}
	out.WriteByte('\n')
}

// tagValue escapes what would end a tag's value; a control character becomes a space.
func tagValue(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

func seatName(m game.Match, s side, names map[game.PlayerID]string) string {
	if len(m.Places) < s.seat() {
		return ""
	}
	return names[m.Place(s.seat()).Player]
}

// pgnResult is the match's result, "*" while there is none.
func pgnResult(m game.Match) string {
	if len(m.Places) > 0 && m.Places[0].Outcome != nil {
		switch m.Places[0].Outcome.Result {
		case game.Won:
			return "1-0"
		case game.Lost:
			return "0-1"
		case game.Drawn:
			return "1/2-1/2"
		}
	}
	return "*"
}

// termination is one of PGN's words for how a game ended (9.8.1).
func termination(m game.Match) string {
	switch {
	case m.State == game.Cancelled:
		return "abandoned"
	case m.State != game.Finished:
		return "unterminated"
	}
	for _, pl := range m.Places {
		if pl.Outcome == nil {
			continue
		}
		switch pl.Outcome.Ending {
		case game.EndTimedOut:
			return "time forfeit"
		case game.EndDropped:
			return "abandoned"
		case game.EndByOperator:
			return "adjudication"
		}
	}
	return "normal"
}
