package terminal

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
)

// console is the person's side: lines in, text out.
type console struct {
	// lines come one by one; the channel is closed when there are no more.
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
		scan := bufio.NewScanner(in)
		for scan.Scan() {
			select {
			case lines <- scan.Text():
			case <-done:
				return
			}
		}
	}()
	return &console{lines: lines, interactive: interactive, paint: p, out: out}
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
