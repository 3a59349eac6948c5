package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
)

// console is the person's side: lines in, text out.
type console struct {
	// lines come one by one; the channel is closed when there are no more. One that is too long is cut: see tooLong.
	lines <-chan string
	// interactive: a person types. Else lines come from a file or a program, and are shown as if they had been typed.
	interactive bool
	paint       paint

	mu     sync.Mutex // guards all below
	out    io.Writer
	asking bool // a prompt stands at the end of the last line
}

// newConsole reads lines from in until it ends or done is closed.
func newConsole(in io.Reader, out io.Writer, interactive bool, p paint, done <-chan struct{}) *console {
	lines := make(chan string)
	go func() {
		defer close(lines)
		r := bufio.NewReaderSize(in, mostLine+2) // a line, \r and \n
		for {
			line, err := readLine(r)
			if err != nil {
				return
			}
			select {
			case lines <- line:
			case <-done:
				return
			}
		}
	}()
	return &console{lines: lines, interactive: interactive, paint: p, out: out}
}

// mostLine is how many bytes a line may have.
const mostLine = 64 << 10

// readLine returns the next line without its end. Of one that is longer than mostLine it returns the beginning, longer
// than mostLine too, and skips the rest.
func readLine(r *bufio.Reader) (string, error) {
	part, err := r.ReadSlice('\n')
	line := string(part) // r uses its memory again
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	if err != nil && line == "" {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// tooLong answers a line that nobody can have meant, and reports whether it was one.
func (c *console) tooLong(line string) bool {
	if len(line) <= mostLine {
		return false
	}
	c.heard("...")
	c.say("That line is too long.")
	return true
}

// say prints a line, below the prompt if there is one.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endPrompt()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// close ends the line if a prompt stands on it.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endPrompt()
}

func (c *console) endPrompt() {
	if c.asking {
		c.asking = false
		fmt.Fprintln(c.out)
	}
}

// ask prints a prompt, unless it stands there already.
func (c *console) ask(prompt string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asking {
		c.asking = true
		fmt.Fprint(c.out, prompt+" > ")
	}
}

// prompted reports whether a prompt waits for an answer.
func (c *console) prompted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asking
}

// heard notes that the prompt was answered with a line.
func (c *console) heard(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asking && c.interactive {
		c.asking = false // the person's Enter has ended the line
	} else if c.asking {
		fmt.Fprint(c.out, clean(line))
		c.endPrompt()
	}
}

// clean keeps what others wrote on its line and from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}
