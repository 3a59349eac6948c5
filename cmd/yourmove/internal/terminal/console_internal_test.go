package terminal

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestLines: lines come as they were typed; one that is too long is one line, and is told apart.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", mostLine)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"lines", "a\nb\r\n\n c ", []string{"a", "b", "", " c "}},
		{"the longest", long + "\r\n" + long + "\n" + long, []string{long, long, long}},
		{"one more", long + "x\na", []string{"too long", "a"}},
		{"much longer", strings.Repeat("word ", 40_000) + "\na\n", []string{"too long", "a"}},
		{"longer than the input", long + long + "x", []string{"too long"}},
	} {
		var out bytes.Buffer
		done := make(chan struct{})
		console := newConsole(strings.NewReader(c.in), &out, true, false, done)
		var got []string
		for line := range console.lines {
			if len(line) > mostLine+2 {
				t.Errorf("%s: %d bytes are kept", c.name, len(line))
			}
			if console.tooLong(line) {
				line = "too long"
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %d lines, want %d", c.name, len(got), len(c.want))
		}
		if told := strings.Contains(out.String(), "That line is too long."); told != slices.Contains(c.want, "too long") {
			t.Errorf("%s: it says %q", c.name, out.String())
		}
		close(done)
	}
}
