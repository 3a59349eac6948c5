package uci

import "testing"

// TestOptions sets options as engines declare them: the command, or what the option takes.
func TestOptions(t *testing.T) {
	const (
		skill   = "option name Skill Level type spin default 20 min 0 max 20"
		score   = "option name Contempt type spin default 0 min -100 max 100"
		style   = "option name Style type combo default Normal var Solid var Normal var Very Risky"
		ponder  = "option name Ponder type check default false"
		book    = "option name Book File type string default min 3 var a.bin"
		wipe    = "option name Clear Hash type button"
		endless = "option name Nodes type spin default 0 min 0"
		upTo    = "option name Ply type spin max 9"
		seeded  = "option name Seed type spin min none"
		loose   = "option name Other type combo default Normal"
	)
	for _, tt := range []struct{ line, value, command, takes string }{
		{skill, "0", "setoption name Skill Level value 0", ""},
		{skill, "20", "setoption name Skill Level value 20", ""},
		{skill, "21", "", "a number from 0 to 20"},
		{skill, "-1", "", "a number from 0 to 20"},
		{skill, "high", "", "a number from 0 to 20"},
		{skill, "", "", "a number from 0 to 20"},
		{score, "-100", "setoption name Contempt value -100", ""},
		{score, "-101", "", "a number from -100 to 100"},
		{endless, "9000000000", "setoption name Nodes value 9000000000", ""},
		{endless, "-1", "", "a number from 0 on"},
		{upTo, "10", "", "a number up to 9"},
		{seeded, "-5", "setoption name Seed value -5", ""},
		{seeded, "x", "", "a number"},
		{style, "solid", "setoption name Style value Solid", ""},
		{style, "very risky", "setoption name Style value Very Risky", ""},
		{style, "Risky", "", "Solid or Normal or Very Risky"},
		{loose, "whatever", "setoption name Other value whatever", ""},
		{ponder, "True", "setoption name Ponder value true", ""},
		{ponder, "yes", "", "true or false"},
		{book, "b.bin", "setoption name Book File value b.bin", ""},
		{book, "", "setoption name Book File", ""},
		{wipe, "", "setoption name Clear Hash", ""},
		{wipe, "1", "", "no value: it is a button"},
	} {
		o, ok := readOption(tt.line)
		if !ok || o.takes(tt.value) != (tt.takes == "") {
			t.Errorf("%s: takes %q: %v", tt.line, tt.value, o.takes(tt.value))
			continue
		}
		if tt.takes != "" && o.values() != tt.takes {
			t.Errorf("%s: takes %q, want %q", tt.line, o.values(), tt.takes)
		}
		if tt.takes == "" && o.set(tt.value) != tt.command {
			t.Errorf("%s: %q, want %q", tt.line, o.set(tt.value), tt.command)
		}
	}
	if _, ok := readOption("id name option name Hash"); ok {
		t.Error("a name is taken for an option")
	}
}
