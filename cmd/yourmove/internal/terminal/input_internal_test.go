package terminal

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	chess := []string{"e2e4", "e7e8q", "claim"}
	for _, c := range []struct {
		line  string
		legal []string
		want  command
	}{
		{"", chess, command{}},
		{"  \t", chess, command{}},
		{" , ;", chess, command{}},
		{"e2e4", chess, command{wantsPlay, []string{"e2e4"}}},
		{"  E2E4 ", chess, command{wantsPlay, []string{"e2e4"}}},
		{"Z9", chess, command{wantsPlay, []string{"z9"}}}, // the game has no capitals
		{"Z9", []string{"Nf3"}, command{wantsPlay, []string{"Z9"}}},
		{"Z9", nil, command{wantsPlay, []string{"Z9"}}},
		{"bb", []string{"Bb", "bB"}, command{wantsPlay, []string{"bb"}}}, // which of the two nobody can know
		{"roll, roll;hold", []string{"roll", "hold"}, command{wantsPlay, []string{"roll", "roll", "hold"}}},
		{"Carrier A1 across", []string{"carrier a1 across", "random"}, command{wantsPlay, []string{"carrier a1 across"}}},
		{"a,b", []string{"a,b"}, command{wantsPlay, []string{"a,b"}}}, // a move that has a comma itself
		{"?", chess, command{verb: wantsMoves}},
		{"Help", chess, command{verb: wantsHelp}},
		{"h", chess, command{verb: wantsHelp}},
		{"h", []string{"g", "h"}, command{wantsPlay, []string{"h"}}}, // a column
		{"EXIT", chess, command{verb: wantsQuit}},
		{"resign", chess, command{verb: wantsResign}},
		{"resign now", chess, command{wantsPlay, []string{"resign now"}}},
	} {
		if got := parse(c.line, c.legal); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q among %v means %v, want %v", c.line, c.legal, got, c.want)
		}
	}
}

func TestNear(t *testing.T) {
	chess := []string{"e2e3", "e2e4", "d2d4", "g1f3"}
	for _, c := range []struct {
		s    string
		list []string
		want []string
	}{
		{"e2", chess, []string{"e2e3", "e2e4"}},
		{"E2e5", chess, []string{"e2e3", "e2e4"}},
		{"2de4", chess, nil},
		{"d24d", chess, []string{"d2d4"}},
		{"rol", []string{"roll", "hold"}, []string{"roll"}},
		{"hold", []string{"roll", "hold"}, []string{"hold"}},
		{"hlep", []string{"history", "help"}, []string{"help"}},
		{"castle", chess, nil},
		{"a", nil, nil},
	} {
		if got := near(c.s, c.list, 3); !reflect.DeepEqual(got, c.want) {
			t.Errorf("near %q are %v, want %v", c.s, got, c.want)
		}
	}
	if got := near("e2", chess, 1); len(got) != 1 {
		t.Errorf("asked for one, got %v", got)
	}
	if got, want := akin("e2e5", chess), []string{"e2e3", "e2e4"}; !reflect.DeepEqual(got, want) {
		t.Errorf("of that piece are %v, want %v", got, want)
	}
	if got := akin("a1", []string{"a10", "a2"}); got != nil {
		t.Errorf("akin to a square are %v", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"abc", "ab", 1}, {"abc", "axc", 1}, {"abcd", "abdc", 1}, {"kitten", "sitting", 3}} {
		if got, back := distance(c.a, c.b), distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("from %q to %q it is %d, back %d, want %d", c.a, c.b, got, back, c.want)
		}
	}
}
