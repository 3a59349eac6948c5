package terminal

import (
	"strings"
	"testing"
)

// shown makes escape sequences readable: <1;36>X</>.
func shown(s string) string {
	s = strings.ReplaceAll(s, "\x1b[0m", "</>")
	for {
		before, after, found := strings.Cut(s, "\x1b[")
		if !found {
			return s
		}
		style, rest, _ := strings.Cut(after, "m")
		s = before + "<" + style + ">" + rest
	}
}

func TestDrawing(t *testing.T) {
	for _, c := range []struct{ name, before, text, want string }{
		{"squares without gaps", "", "2 .X.\n1 O..\n  abc", "<2>2</> <2>.</><1;36>X</><2>.</>\n<2>1</> <1;33>O</><2>..</>\n<2>  abc</>"},
		{"a frame", "", "| X O |\n+-----+\n  a b c", "<2>|</> <1;36>X</> <1;33>O</> <2>|</>\n<2>+-----+</>\n<2>  a b c</>"},
		{"pieces", "", "8 r n\n1 R N\n  c b a", "<2>8</> <1;33>r</> <1;33>n</>\n<2>1</> <1;36>R</> <1;36>N</>\n<2>  c b a</>"},
		{"shots and ships", "", "10 x o #\n   a b c   a b c", "<2>10</> <1;31>x</> <34>o</> <1>#</>\n<2>   a b c   a b c</>"},
		{"words", "", "you: 3 of 5 ships\nWhite to move", "you: 3 of 5 ships\nWhite to move"},
		{"what has changed", "2 ..\n1 X.", "2 .O\n1 .X", "<2>2</> <2>.</><1;33;7>O</>\n<2>1</> <2;7>.</><1;36;7>X</>"},
		{"another size", "2 ..", "1 X.\n", "<2>1</> <1;36>X</><2>.</>\n"},
		{"signs of more than a byte", "", "♜ ♞", "♜ ♞"},
	} {
		if got := shown(paint(true).drawing(c.text, c.before)); got != c.want {
			t.Errorf("%s: painted as\n%s\nwant\n%s", c.name, got, c.want)
		}
		if got := paint(false).drawing(c.text, c.before); got != c.text {
			t.Errorf("%s: without colours it is %q", c.name, got)
		}
	}
}

func TestDrawable(t *testing.T) {
	if got := drawable("a \x1b[31mb\n  c\r\n \n\n"); got != "a [31mb\n  c" {
		t.Errorf("drawable as %q", got)
	}
	if got := drawable(" \n"); got != "" {
		t.Errorf("nothing is drawable as %q", got)
	}
}
