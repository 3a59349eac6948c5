package terminal

import (
	"cmp"
	"slices"
	"strings"
)

// verb is what the person wants.
type verb int

const (
	wantsNothing verb = iota
	wantsPlay
	wantsHelp
	wantsMoves
	wantsBoard
	wantsHistory
	wantsResign
	wantsStart
	wantsQuit
)

// verbs are the words for what is no move. A word that is a move of the game is that move.
var verbs = map[string]verb{
	"h": wantsHelp, "help": wantsHelp, "?": wantsMoves, "moves": wantsMoves, "board": wantsBoard, "history": wantsHistory, "resign": wantsResign,
	"start": wantsStart, "q": wantsQuit, "quit": wantsQuit, "exit": wantsQuit,
}

// command is what a line means.
type command struct {
	verb  verb
	moves []string // for wantsPlay, one or more
}

// parse reads a line. legal are the moves that the person may play now; a move that is one of them but for the case of
// its letters becomes it. What is neither a move nor a word for something else is left to the server to judge, in small
// letters if the game has no others.
func parse(line string, legal []string) command {
	line = strings.TrimSpace(line)
	if line == "" {
		return command{}
	}
	if move, ok := among(line, legal); ok {
		return command{wantsPlay, []string{move}}
	}
	if v, ok := verbs[strings.ToLower(line)]; ok {
		return command{verb: v}
	}
	c := command{verb: wantsPlay}
	for _, part := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		move, ok := among(part, legal)
		if !ok && small(legal) {
			move = strings.ToLower(part)
		}
		c.moves = append(c.moves, move)
	}
	if len(c.moves) == 0 {
		return command{}
	}
	return c
}

// small reports whether moves are written in small letters alone.
func small(legal []string) bool {
	return len(legal) > 0 && !slices.ContainsFunc(legal, func(m string) bool { return m != strings.ToLower(m) })
}

// among returns the move as the list has it. One that differs from several in case alone stays as it was typed.
func among(move string, list []string) (string, bool) {
	found, n := move, 0
	for _, l := range list {
		if l == move {
			return l, true
		}
		if strings.EqualFold(l, move) {
			found, n = l, n+1
		}
	}
	if n == 1 {
		return found, true
	}
	return move, false
}

// near returns up to n of the list that somebody may have meant by s, the likeliest first.
func near(s string, list []string, n int) []string {
	type guess struct {
		text string
		far  int
	}
	s = strings.ToLower(s)
	var guesses []guess
	for _, l := range list {
		lower := strings.ToLower(l)
		switch far := distance(s, lower); {
		case strings.HasPrefix(lower, s):
			guesses = append(guesses, guess{l, 0})
		case far <= max(1, len(s)/3):
			guesses = append(guesses, guess{l, far})
		}
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return cmp.Compare(a.far, b.far) })
	var texts []string
	for _, g := range guesses[:min(n, len(guesses))] {
		texts = append(texts, g.text)
	}
	return texts
}

// akin returns those of the list that begin as s does, and are as long: of a move on a board, the others of that piece.
func akin(s string, list []string) []string {
	half := max(2, len(s)/2)
	if len(s) <= half {
		return nil
	}
	var texts []string
	for _, l := range list {
		if len(l) == len(s) && l[:half] == s[:half] {
			texts = append(texts, l)
		}
	}
	return texts
}

// distance is how many letters must be put in, taken out, replaced or swapped with the next one to make b of a.
func distance(a, b string) int {
	var older, old []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		older, old, row = old, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
