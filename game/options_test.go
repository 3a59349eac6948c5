package game_test

import (
	"testing"

	"yourmove/game"
)

func TestParseOptions(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "{}": true, `{"n":4}`: true, ` {"n":4} `: true, `{"m":4}`: false, `{"n":"4"}`: false, `{"n":4`: false,
		`{"n":4}{`: false, `{"n":4} {"n":5}`: false, "[]": false, "4": false, " ": false, "n": false,
	} {
		var into struct {
			N int `json:"n"`
		}
		if err := game.ParseOptions(game.Options(text), &into); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestOptionsRefused: what is said can be understood by somebody who knows neither Go nor the rules' code.
func TestOptionsRefused(t *testing.T) {
	type options struct {
		Sides  uint      `json:"sides"`
		Target int       `json:"target"`
		Name   string    `json:"name,omitempty"`
		Open   bool      `json:"open"`
		Odds   float64   `json:"odds"`
		Heaps  []int     `json:"heaps"`
		Clock  *struct{} `json:"clock"`
		Secret int       `json:"-"`
		hidden int
	}
	const names = "sides, target, name, open, odds, heaps, clock"
	for text, want := range map[string]string{
		`{"target":10.5}`:      "options: target: a whole number, not 10.5",
		`{"target":"10"}`:      "options: target: a whole number, not a text",
		`{"target":1e99}`:      "options: target: a whole number, not 1e99",
		`{"sides":-1}`:         "options: sides: a whole number from 0, not -1",
		`{"odds":[]}`:          "options: odds: a number, not a list",
		`{"name":7}`:           "options: name: a text, not a number",
		`{"open":{}}`:          "options: open: true or false, not an object",
		`{"heaps":true}`:       "options: heaps: a list, not true or false",
		`{"heaps":[1,"2"]}`:    "options: heaps: a whole number, not a text",
		`{"clock":7}`:          "options: clock: an object, not a number",
		`{"fen":7,"target":7}`: `options: "fen" is none of them; there are: ` + names,
		`{"hidden":7}`:         `options: "hidden" is none of them; there are: ` + names,
		`{"Secret":7}`:         `options: "Secret" is none of them; there are: ` + names,
		`[1]`:                  "the options are not a JSON object",
		`null`:                 "the options are not a JSON object",
		`{"target":10`:         "the options are not a JSON object",
		`{"TARGET":10}`:        "",
		`{"heaps":null}`:       "",
	} {
		got := ""
		if err := game.ParseOptions(game.Options(text), &options{hidden: 1}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if _, err := (game.NoOptions{}).Check(game.Options(`{"fen":7}`), 2); err == nil || err.Error() != `options: "fen": there are none` {
		t.Errorf("a game without options: %v", err)
	}
	var all map[string]int
	if err := game.ParseOptions(game.Options(`{"a":1}`), &all); err != nil || all["a"] != 1 {
		t.Errorf("any field: %v, %v", all, err)
	}
}
