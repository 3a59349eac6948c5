package uci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

const (
	// defaultPatience is how long an engine may take for an answer, beyond the time that it was given to think.
	defaultPatience = 30 * time.Second
	// farewell is how long an engine may take to end after it was asked to.
	farewell = 2 * time.Second
	// interruption is how long an interruption of the engine may come before our own.
	interruption = 50 * time.Millisecond
	// heard is how many lines may wait to be read.
	heard = 64
)

// Options say how an engine is started.
type Options struct {
	// Settings are given to it before the first game. One that the engine does not know, or a value that it does not
	// declare to take, is an error.
	Settings []Setting
	// Patience is how long it may take for an answer, beyond the time that it was given to think; 0: 30 seconds.
	Patience time.Duration
}

// Setting is an option of an engine, "Hash" for example. A button has no value.
type Setting struct{ Name, Value string }

// Engine is a running engine. It is for one goroutine at a time.
type Engine struct {
	// Name is what the engine calls itself, else its path.
	Name string

	cmd      *exec.Cmd
	kill     context.CancelFunc
	in       io.WriteCloser
	lines    chan string
	gone     chan struct{} // closed when the process has ended; then end and errors may be read
	end      error
	errors   tail
	patience time.Duration
}

// Start starts the program at path and waits until it is ready. The engine ends with ctx, or when Close is called.
func Start(ctx context.Context, path string, o Options) (*Engine, error) {
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	life, kill := context.WithCancel(ctx)
	e := &Engine{
		Name: path, cmd: exec.CommandContext(life, path), kill: kill, lines: make(chan string, heard), gone: make(chan struct{}),
		patience: o.Patience,
	}
	// Should it leave a child behind that holds its pipes, they are closed all the same.
	e.cmd.WaitDelay = farewell
	e.cmd.Stdout = &splitter{line: e.hear(life)}
	e.cmd.Stderr = &e.errors
	var err error
	if e.in, err = e.cmd.StdinPipe(); err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		kill()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	go func() {
		e.end = e.cmd.Wait()
		close(e.gone)
	}()
	if err := e.introduce(ctx, o.Settings); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// hear passes lines on to whoever asked, as long as the engine may live.
func (e *Engine) hear(life context.Context) func(string) error {
	return func(line string) error {
		select {
		case e.lines <- line:
			return nil
		case <-life.Done():
			return life.Err()
		}
	}
}

// Close asks the engine to end, ends it if it does not, and waits for that. More than once does no harm.
func (e *Engine) Close() {
	_ = e.say("quit")
	_ = e.in.Close()
	patience := time.NewTimer(farewell)
	defer patience.Stop()
	for {
		select {
		case <-e.lines: // it may be in the middle of a word
			continue
		case <-e.gone:
		case <-patience.C:
		}
		break
	}
	e.kill()
	<-e.gone
}

// ask says something and listens until a line satisfies answers. An engine that takes longer than thinking and the
// patience together is ended.
func (e *Engine) ask(ctx context.Context, question string, thinking time.Duration, answers func(line string) bool) error {
	if err := e.say(question); err != nil {
		return e.failure(ctx, question)
	}
	limit := thinking + e.patience
	patience := time.NewTimer(limit)
	defer patience.Stop()
	for {
		select {
		case line := <-e.lines:
			if answers(line) {
				return nil
			}
		case <-e.gone:
			// It may have answered and ended at once.
			for len(e.lines) > 0 {
				if answers(<-e.lines) {
					return nil
				}
			}
			return e.failure(ctx, question)
		case <-patience.C:
			e.kill()
			<-e.gone
			return fmt.Errorf("the engine %s was ended: it had not answered %q within %v", e.Name, question, limit)
		case <-ctx.Done():
			e.kill()
			<-e.gone
			return ctx.Err()
		}
	}
}

// say sends a line.
func (e *Engine) say(line string) error {
	_, err := io.WriteString(e.in, line+"\n")
	return err
}

// failure says how an engine ended, or closed its ears, that should not have.
func (e *Engine) failure(ctx context.Context, question string) error {
	// Its own end tells more than ours would.
	select {
	case <-e.gone:
	case <-time.After(farewell):
	}
	e.kill()
	<-e.gone
	// Who interrupts us at a terminal interrupts the engine as well; which is noticed first is chance.
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(interruption):
	}
	how := "without an error"
	if e.end != nil {
		how = e.end.Error()
	}
	err := fmt.Errorf("the engine %s ended at %q: %s", e.Name, question, how)
	if last := e.errors.String(); last != "" {
		err = fmt.Errorf("%w; its last words: %s", err, last)
	}
	return err
}

// splitter is a writer that passes on whole lines.
type splitter struct {
	line func(string) error
	rest []byte
}

// longestLine bounds what an engine can make us keep.
const longestLine = 1 << 20

// Write cuts at the ends of lines.
func (s *splitter) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		line, rest, ok := bytes.Cut(s.rest, []byte("\n"))
		if !ok {
			break
		}
		if err := s.line(strings.TrimSpace(string(line))); err != nil {
			return 0, err
		}
		s.rest = rest
	}
	if len(s.rest) > longestLine {
		return 0, errors.New("a line without an end")
	}
	return len(p), nil
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

// longestTail is how much that is, in bytes.
const longestTail = 300

// Write keeps the last bytes.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-longestTail):]
	return len(p), nil
}

// String returns them on one line.
func (t *tail) String() string { return strings.Join(strings.Fields(string(t.text)), " ") }
