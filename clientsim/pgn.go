package clientsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Record is one game of a PGN collection, as it was written down. Nothing of it was judged by the rules of chess.
type Record struct {
	// Game counts the games of the collection from 1; Line is where this one begins.
	Game, Line int
	// Tags are the tag pairs ("White", "Result" …).
	Tags map[string]string
	// Moves are in algebraic notation as the record has them, without marks such as "!?". Lines are where they stand.
	Moves []string
	Lines []int
	// Result ends the record: "1-0", "0-1", "1/2-1/2", or "*" for none.
	Result string
}

// Results, as PGN writes them.
const (
	whiteWon = "1-0"
	blackWon = "0-1"
	drawn    = "1/2-1/2"
	noResult = "*"
)

// PGNError says what is wrong with one game of a collection.
type PGNError struct {
	Game, Line int
	// Name says who played, as far as the tags could be read.
	Name   string
	Reason string
}

// Error names the game and the line.
func (e *PGNError) Error() string {
	return fmt.Sprintf("game %d, line %d: %s", e.Game, e.Line, e.Reason)
}

// ReadPGN reads a collection of games. Comments, annotations and variations are skipped. A game that cannot be read is
// left out and reading goes on with the next; the error joins one *PGNError for each of those.
func ReadPGN(r io.Reader) ([]Record, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read games: %w", err)
	}
	p := &pgnReader{text: bytes.TrimPrefix(text, []byte("\uFEFF")), line: 1}
	var records []Record
	var bad []error
	for n := 1; ; n++ {
		p.space()
		if p.at >= len(p.text) {
			return records, errors.Join(bad...)
		}
		rec := Record{Game: n, Line: p.line, Tags: map[string]string{}}
		if err := p.game(&rec); err != nil {
			err.Game, err.Name = n, rec.name()
			bad = append(bad, err)
			p.resume()
			continue
		}
		records = append(records, rec)
	}
}

// san is a move in algebraic notation with the habits of older records: zeros for letters in castling, a colon (before
// or behind the square) or nothing for captures, both squares in full, other signs of promotion and check. "--" is no
// move at all, written as one. The groups are the piece, the file and the rank that it comes from, where it goes, what it
// becomes; or else castling.
var san = regexp.MustCompile(`^(?:([KQRBNP]?)([a-h]?)([1-8]?)[x:-]?([a-h][1-8]):?(?:[=/]?([QRBN]))?(?:e\.?p\.?)?` +
	`|([O0o]-[O0o](?:-[O0o])?)|--)(?:\+\+?|#|ch\.?|mate)?$`)

// remarks are words behind a move that say what the move shows by itself.
var remarks = []string{"e.p.", "e.p", "ep", "+", "++", "#", "ch", "ch.", "mate"}

type pgnReader struct {
	text []byte
	at   int
	line int
	// begun is where the reader stood, and in which line, before what it could not read.
	begun, begunLine int
	// cutShort: that is the first tag of the next game.
	cutShort bool
}

func (p *pgnReader) fail(line int, format string, args ...any) *PGNError {
	return &PGNError{Line: line, Reason: fmt.Sprintf(format, args...)}
}

// game reads tag pairs and moves up to the result.
func (p *pgnReader) game(rec *Record) *PGNError {
	variations, variationLine := 0, 0
	moving := false
	for {
		p.space()
		p.begun, p.begunLine = p.at, p.line
		if p.at >= len(p.text) {
			if variations > 0 {
				return p.fail(variationLine, "a variation does not end")
			}
			return p.fail(p.line, "the game ends without a result")
		}
		switch c := p.text[p.at]; c {
		case '[':
			if moving {
				p.cutShort = true
			}
			if variations > 0 {
				return p.fail(variationLine, "a variation does not end")
			}
			if moving {
				return p.fail(p.line, "the game ends without a result")
			}
			if err := p.tag(rec); err != nil {
				return err
			}
		case '{':
			if !p.skipPast('}') {
				return p.fail(p.begunLine, "a comment does not end")
			}
		case ';':
			p.skipPast('\n')
		case '(':
			if variations == 0 {
				variationLine = p.line
			}
			variations++
			p.at++
		case ')':
			if variations == 0 {
				return p.fail(p.line, "a variation ends that did not begin")
			}
			variations--
			p.at++
		default:
			moving = true
			word, line := p.word(), p.line
			if variations > 0 {
				continue
			}
			switch word {
			case whiteWon, blackWon, drawn, noResult:
				rec.Result = word
				if tag, ok := rec.Tags["Result"]; ok && tag != word {
					return p.fail(line, "the tag says %.20q, the moves end with %s", tag, word)
				}
				return nil
			}
			if word = bare(word); word == "" || slices.Contains(remarks, word) {
				continue
			}
			if !san.MatchString(word) {
				return p.fail(line, "%.20q is not a move", word)
			}
			rec.Moves, rec.Lines = append(rec.Moves, word), append(rec.Lines, line)
		}
	}
}

// bare takes the move number and the marks from a word; what is left is a move, or nothing.
func bare(word string) string {
	if word[0] == '$' {
		return ""
	}
	rest := strings.TrimLeft(word, "0123456789")
	if rest == "" || rest[0] == '.' {
		word = strings.TrimLeft(rest, ".")
	}
	return strings.TrimRight(word, "!?")
}

// tag reads [Name "value"].
func (p *pgnReader) tag(rec *Record) *PGNError {
	p.at++
	p.space()
	name := p.while(func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	})
	p.space()
	if name == "" || p.peek() != '"' {
		return p.fail(p.begunLine, "not a tag pair: [Name \"value\"]")
	}
	p.at++
	var value strings.Builder
	for {
		c := p.peek()
		if c == 0 || c == '\n' {
			return p.fail(p.begunLine, "the value of tag %.20s does not end", name)
		}
		p.at++
		if c == '"' {
			break
		}
		if next := p.peek(); c == '\\' && (next == '"' || next == '\\') {
			c = next
			p.at++
		}
		value.WriteByte(c)
	}
	p.space()
	if p.peek() != ']' {
		return p.fail(p.begunLine, "tag %.20s does not end with ]", name)
	}
	p.at++
	rec.Tags[name] = strings.ToValidUTF8(value.String(), "\uFFFD")
	return nil
}

// word reads up to a blank or a character that begins something else; at least one byte.
func (p *pgnReader) word() string {
	from := p.at
	p.at++
	p.while(func(c byte) bool { return c > ' ' && !strings.ContainsRune("{}();[]$", rune(c)) })
	return string(p.text[from:p.at])
}

func (p *pgnReader) while(ok func(byte) bool) string {
	from := p.at
	for p.at < len(p.text) && ok(p.text[p.at]) {
		p.at++
	}
	return string(p.text[from:p.at])
}

// peek returns the next byte, 0 at the end.
func (p *pgnReader) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// space skips blanks, and lines that begin with %, which are for other programs.
func (p *pgnReader) space() {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '%' && (p.at == 0 || p.text[p.at-1] == '\n'):
			p.skipPast('\n')
		case c <= ' ':
			if c == '\n' {
				p.line++
			}
			p.at++
		default:
			return
		}
	}
}

// skipPast skips up to and with the next end; false if there is none.
func (p *pgnReader) skipPast(end byte) bool {
	i := bytes.IndexByte(p.text[p.at:], end)
	if i < 0 {
		p.at = len(p.text)
		return false
	}
	p.line += bytes.Count(p.text[p.at:p.at+i+1], []byte("\n"))
	p.at += i + 1
	return true
}

// resume goes to the next game after one that could not be read: to the tags that cut it short, else to the next tag
// Event that begins a line. It looks from where the trouble began, because a comment without an end has swallowed what
// follows it.
func (p *pgnReader) resume() {
	next := 0
	if !p.cutShort {
		i := bytes.Index(p.text[p.begun:], []byte("\n[Event "))
		if i < 0 {
			p.at = len(p.text)
			return
		}
		next = i + 1
	}
	p.line = p.begunLine + bytes.Count(p.text[p.begun:p.begun+next], []byte("\n"))
	p.at = p.begun + next
	p.cutShort = false
}
