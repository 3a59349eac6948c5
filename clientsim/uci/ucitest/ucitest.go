// Package ucitest is a chess engine for tests, in the test's own program: it plays legal moves, or misbehaves as told.
//
//	func TestMain(m *testing.M) { ucitest.Main(); os.Exit(m.Run()) }
//
//	engine, err := uci.Start(ctx, ucitest.Engine(t, ucitest.Dies), uci.Options{})
package ucitest

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/corentings/chess/v2"
)

// Behaviour is what an engine does when it is asked to think.
type Behaviour string

// The behaviours.
const (
	// Plays plays a legal move: mate where there is one, else always the same one in the same game.
	Plays Behaviour = "plays"
	// Blunders plays the shortest match there is, from the usual position, with either side.
	Blunders Behaviour = "blunders"
	// Boasts plays likewise, and believes to stand better.
	Boasts Behaviour = "boasts"
	// Dies ends with exit code 3 and a word on standard error.
	Dies Behaviour = "dies"
	// Hangs does not answer.
	Hangs Behaviour = "hangs"
	// Cheats plays an illegal move.
	Cheats Behaviour = "cheats"
	// Resigns has no move.
	Resigns Behaviour = "resigns"
	// Stays plays, and does not end when it is asked to.
	Stays Behaviour = "stays"
	// Mute does not even answer to "uci".
	Mute Behaviour = "mute"
	// Leaves ends without an error when it is asked its name.
	Leaves Behaviour = "leaves"
)

// variable tells this program to be an engine.
const variable = "YOURMOVE_TEST_ENGINE"

// Engine returns the path of a program that behaves like this for the rest of the test.
func Engine(t testing.TB, b Behaviour) string {
	t.Helper()
	t.Setenv(variable, string(b))
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Main is an engine and does not return if this program was started as one. TestMain calls it first.
func Main() {
	if b := Behaviour(os.Getenv(variable)); b != "" {
		os.Exit(run(b, os.Stdin, os.Stdout))
	}
}

// run speaks the protocol until it is told to quit.
func run(b Behaviour, in io.Reader, out io.Writer) (code int) {
	var position string
	for lines := bufio.NewScanner(in); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch {
		case word == "uci" && b == Leaves:
			return 0
		case word == "uci" && b != Mute:
			fmt.Fprintf(out, "Test engine at your service\nid name Fake %s\nid author nobody\n", b)
			fmt.Fprint(out, "option name Hash type spin default 16 min 1 max 1024\noption name Clear Hash type button\n")
			fmt.Fprint(out, "option name Skill Level type spin default 20 min 0 max 20\nuciok\n")
		case word == "isready":
			fmt.Fprintln(out, "readyok")
		case word == "setoption":
			fmt.Fprintf(out, "info string %s\n", rest)
		case word == "position":
			position = rest
		case word == "go":
			if code := think(b, position, out); code != 0 {
				return code
			}
		case word == "quit" && b == Stays:
			time.Sleep(time.Hour)
		case word == "quit":
			return 0
		}
	}
	return 0
}

func think(b Behaviour, position string, out io.Writer) (code int) {
	fmt.Fprint(out, "info depth 1 multipv 1 score cp 0 nodes 1\ninfo depth 1 multipv 2 score cp -50\ninfo string score cp 70\n")
	switch b {
	case Dies:
		fmt.Fprint(os.Stderr, "out of\n  coffee\n")
		return 3
	case Hangs:
		time.Sleep(time.Hour)
	case Cheats:
		fmt.Fprintln(out, "bestmove a1a8 ponder a8a1")
		return 0
	case Resigns:
		fmt.Fprintln(out, "bestmove (none)")
		return 0
	case Boasts:
		fmt.Fprintln(out, "info depth 2 score cp 35 pv e2e4")
	}
	if b == Blunders {
		_, played, _ := strings.Cut(position, " moves ")
		fmt.Fprintf(out, "bestmove %s\n", blunders[len(strings.Fields(played))%len(blunders)])
		return 0
	}
	move, err := choose(position)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(out, "bestmove %s\n", move)
	return 0
}

// blunders end with mate.
var blunders = []string{"f2f3", "e7e5", "g2g4", "d8h4"}

// choose picks a legal move: mate if there is one, else the one that the game so far stands for.
func choose(position string) (string, error) {
	start, moves, _ := strings.Cut(position, " moves ")
	pos := chess.StartingPosition()
	if fen, ok := strings.CutPrefix(start, "fen "); ok {
		if err := pos.UnmarshalText([]byte(fen)); err != nil {
			return "", err
		}
	}
	for _, text := range strings.Fields(moves) {
		mv, err := legal(pos, text)
		if err != nil {
			return "", err
		}
		pos = pos.Update(mv)
	}
	list := pos.ValidMoves()
	if len(list) == 0 {
		return "(none)", nil
	}
	h := fnv.New32a()
	fmt.Fprint(h, position)
	chosen := &list[int(h.Sum32()%uint32(len(list)))]
	for i := range list {
		if pos.Update(&list[i]).Status() == chess.Checkmate {
			chosen = &list[i]
		}
	}
	return chosen.String(), nil
}

func legal(pos *chess.Position, text string) (*chess.Move, error) {
	list := pos.ValidMoves()
	for i := range list {
		if list[i].String() == text {
			return &list[i], nil
		}
	}
	return nil, fmt.Errorf("%s is not legal in %s", text, pos)
}
