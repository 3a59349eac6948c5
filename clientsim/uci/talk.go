package uci

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit says how long an engine thinks about a move: until the first of those that are set. The zero Limit is a tenth of
// a second.
type Limit struct {
	MoveTime time.Duration
	// Nodes and Depth (in plies) are counted by the engine.
	Nodes, Depth int
}

// String writes the limit as the command go takes it.
func (l Limit) String() string {
	if l == (Limit{}) {
		l.MoveTime = 100 * time.Millisecond
	}
	text := "go"
	if l.MoveTime > 0 {
		text += fmt.Sprintf(" movetime %d", max(1, l.MoveTime.Milliseconds()))
	}
	if l.Nodes > 0 {
		text += fmt.Sprintf(" nodes %d", l.Nodes)
	}
	if l.Depth > 0 {
		text += fmt.Sprintf(" depth %d", l.Depth)
	}
	return text
}

// Position is what an engine is asked about: the start, and the moves since, by which it sees repetitions.
type Position struct {
	// FEN is the start; empty: the usual one.
	FEN string
	// Moves in UCI notation.
	Moves []string
}

// String writes the position as the command position takes it.
func (p Position) String() string {
	text := "position startpos"
	if p.FEN != "" {
		text = "position fen " + p.FEN
	}
	if len(p.Moves) > 0 {
		text += " moves " + strings.Join(p.Moves, " ")
	}
	return text
}

// Best is an engine's answer.
type Best struct {
	// Move is in UCI notation.
	Move string
	// Score is how much better the engine believes to stand, in hundredths of a pawn, 0 if it does not say; ±Mate: it
	// mates, or is mated.
	Score int
}

// Mate is the score of a mate that the engine sees, whoever is to be mated.
const Mate = 100_000

// introduce learns the engine's name and options and sets those of the caller.
func (e *Engine) introduce(ctx context.Context, settings []Setting) error {
	var options []option
	err := e.ask(ctx, "uci", 0, func(line string) bool {
		if name, ok := strings.CutPrefix(line, "id name "); ok {
			e.Name = strings.TrimSpace(name)
		}
		if o, ok := readOption(line); ok {
			options = append(options, o)
		}
		return line == "uciok"
	})
	if err != nil {
		return err
	}
	for _, s := range settings {
		text, err := e.set(options, s)
		if err != nil {
			return err
		}
		if err := e.say(text); err != nil {
			return e.failure(ctx, text)
		}
	}
	return e.ready(ctx)
}

// set returns the command that sets one of the engine's options, or why there is none.
func (e *Engine) set(options []option, s Setting) (string, error) {
	var names []string
	for _, o := range options {
		if strings.EqualFold(o.name, s.Name) {
			if !o.takes(s.Value) {
				return "", fmt.Errorf("the engine %s takes for its option %q %s, not %q", e.Name, o.name, o.values(), s.Value)
			}
			return o.set(s.Value), nil
		}
		names = append(names, o.name)
	}
	return "", fmt.Errorf("the engine %s has no option %q; it has %s", e.Name, s.Name, strings.Join(names, ", "))
}

func (e *Engine) ready(ctx context.Context) error {
	return e.ask(ctx, "isready", 0, func(line string) bool { return line == "readyok" })
}

// NewGame tells the engine that what follows belongs to another game.
func (e *Engine) NewGame(ctx context.Context) error {
	if err := e.say("ucinewgame"); err != nil {
		return e.failure(ctx, "ucinewgame")
	}
	return e.ready(ctx)
}

// Think asks for the best move of whoever is to move in p. It fails if the engine has none, ends, or does not answer in
// time; in the last two cases it has ended and is of no more use.
func (e *Engine) Think(ctx context.Context, p Position, l Limit) (Best, error) {
	if err := e.say(p.String()); err != nil {
		return Best{}, e.failure(ctx, "position")
	}
	var best Best
	err := e.ask(ctx, l.String(), l.MoveTime, func(line string) bool {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == "bestmove" {
			best.Move = words[1]
			return true
		}
		if len(words) > 1 && words[0] == "info" && words[1] != "string" {
			best.heed(words)
		}
		return false
	})
	if err != nil {
		return Best{}, err
	}
	if best.Move == "(none)" || best.Move == "0000" {
		return Best{}, errors.New("the engine " + e.Name + " has no move: it takes the game for over")
	}
	return best, nil
}

// heed takes the score from a line of information about the best line of play.
func (b *Best) heed(info []string) {
	if i := slices.Index(info, "multipv"); i > 0 && i+1 < len(info) && info[i+1] != "1" {
		return
	}
	i := slices.Index(info, "score")
	if i < 0 || i+2 >= len(info) {
		return
	}
	n, err := strconv.Atoi(info[i+2])
	switch {
	case err != nil:
	case info[i+1] == "cp":
		b.Score = n
	case info[i+1] == "mate" && n > 0:
		b.Score = Mate
	case info[i+1] == "mate":
		b.Score = -Mate
	}
}
