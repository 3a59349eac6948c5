package terminal

import (
	"strings"
	"unicode"
)

// paint puts colours on text; false: there are none.
type paint bool

// The styles, as the parameters of an escape sequence.
const (
	dim     = "2"
	bold    = "1"
	alarm   = "1;31"
	water   = "34"
	changed = "7" // light and dark exchanged; added to another style
)

// seatStyles are the colours of the seats; later ones begin anew.
var seatStyles = []string{"1;36", "1;33", "1;35", "1;32"}

func (p paint) style(style, s string) string {
	if !p || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// bold makes text stand out.
func (p paint) bold(s string) string { return p.style(bold, s) }

// dim makes text stand back.
func (p paint) dim(s string) string { return p.style(dim, s) }

// seat writes a name in the colour of its seat.
func (p paint) seat(seat int32, s string) string { return p.style(seatStyle(seat), s) }

func seatStyle(seat int32) string {
	return seatStyles[(max(seat, 1)-1)%int32(len(seatStyles))]
}

// drawable is a drawing without what would steer the terminal and without lines that hold nothing at its end.
func drawable(text string) string {
	lines := strings.Split(strings.TrimRight(text, " \n"), "\n")
	for i, l := range lines {
		lines[i] = clean(l)
	}
	return strings.Join(lines, "\n")
}

// drawing colours a text drawing, and marks where it differs from the one before.
//
// It knows no game. Lines that are made of signs alone are those of a board: X and capitals are of seat 1, O and small
// letters of seat 2, x is a hit, o a miss; what frames the board or numbers its squares stands back. Other lines stay
// as they are.
func (p paint) drawing(text, before string) string {
	if !p {
		return text
	}
	lines, old := strings.Split(text, "\n"), strings.Split(before, "\n")
	for i, line := range lines {
		was := line
		if len(old) == len(lines) && len(old[i]) == len(line) {
			was = old[i]
		}
		switch {
		case isScale(line):
			lines[i] = p.dim(line)
		case isBoard(line):
			lines[i] = p.board(line, was)
		}
	}
	return strings.Join(lines, "\n")
}

// board colours a line of signs.
func (p paint) board(line, was string) string {
	var b strings.Builder
	for at := 0; at < len(line); {
		end := at + 1 // of signs that look the same
		for end < len(line) && look(line, was, end) == look(line, was, at) {
			end++
		}
		b.WriteString(p.style(look(line, was, at), line[at:end]))
		at = end
	}
	return b.String()
}

// look is the style of one sign.
func look(line, was string, at int) string {
	style := signStyle(rune(line[at]))
	if style != "" && line[at] != was[at] {
		style += ";" + changed
	}
	return style
}

// isScale reports whether a line only names columns: abc or 1 2 3, for one board or several.
func isScale(line string) bool {
	signs := strings.ReplaceAll(line, " ", "")
	if len(signs) < 3 {
		return false
	}
	for i := 1; i < len(signs); i++ {
		if step := int(signs[i]) - int(signs[i-1]); step != 1 && step != -1 && signs[i] != signs[0] {
			return false
		}
	}
	return true
}

// isBoard reports whether a line has nothing but signs.
func isBoard(line string) bool {
	words := strings.Fields(line)
	for _, w := range words {
		if len(w) > 1 && strings.Trim(w, ".XOxo#*~|+-=_0123456789") != "" || w[0] >= 0x80 {
			return false
		}
	}
	return len(words) > 0
}

// signStyle is the colour of a sign on a board.
func signStyle(r rune) string {
	switch {
	case r == ' ':
		return ""
	case r == 'x' || r == '*':
		return alarm
	case r == 'o' || r == '~':
		return water
	case r == '#':
		return bold
	case r == 'O' || unicode.IsLower(r):
		return seatStyle(2)
	case unicode.IsUpper(r):
		return seatStyle(1)
	}
	return dim
}
