package chess_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"yourmove/game"
)

var update = flag.Bool("update", false, "write testdata anew")

var (
	white = game.PlayerID{1}
	black = game.PlayerID{2}
	began = time.Date(1992, 11, 4, 23, 30, 0, 0, time.FixedZone("", 3600))
)

// match is a game in the making.
type match struct {
	t      *testing.T
	m      game.Match
	events []game.Event
}

func newMatch(t *testing.T, title string, options game.Options) *match {
	t.Helper()
	g := &match{t: t}
	g.take(game.Create(rules, game.NewMatch{
		ID: game.MatchID{1}, Creator: white, Seat: 1, LapseAfter: game.LapseAfter,
		Settings: game.Settings{Game: "chess", Options: options, Title: title},
	}, began))
	g.take(g.m.Join(rules, black, 0, began))
	return g
}

func (g *match) take(c game.Change, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
	g.m, g.events = c.Match, append(g.events, c.Events...)
}

func (g *match) play(moves ...string) *match {
	g.t.Helper()
	for _, mv := range moves {
		player := white
		if g.m.Place(2).Duty == game.MustAct {
			player = black
		}
		g.take(g.m.Submit(rules, player, game.Turn{Expected: g.m.Version, Moves: []game.PlayedMove{{Text: mv}}}, began))
	}
	return g
}

func (g *match) resign(player game.PlayerID) *match {
	g.t.Helper()
	g.take(g.m.Resign(rules, player, nil, began))
	return g
}

// pgn returns the match's notation with these players' names.
func (g *match) pgn(names ...string) string {
	g.t.Helper()
	known := map[game.PlayerID]string{}
	for i, name := range names {
		known[[]game.PlayerID{white, black}[i]] = name
	}
	text, media := rules.Notation(g.m, g.events, known)
	if media != "application/vnd.chess-pgn" {
		g.t.Errorf("media type %q", media)
	}
	return text
}

// TestNotation compares a whole game, which goes on, with what stands in testdata.
func TestNotation(t *testing.T) {
	const file = "testdata/fischer_spassky_1992.pgn"
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := newMatch(t, `F/S Return Match "of the \ century"`, nil).play(fischerSpassky(t)...).
		pgn("Fischer, Robert J.", "Spassky, Boris V.")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got != string(want) {
		t.Errorf("%s", got)
	}
	for line := range strings.Lines(got) {
		if len(line) > 80 {
			t.Errorf("a line of more than 79 characters: %s", line)
		}
	}
}

func TestNotationOfEnds(t *testing.T) {
	finished := newMatch(t, "", nil).play("e2e4")
	finished.m.State = game.Finished
	ended := func(result game.Result, by game.Ending) *match {
		g := *finished
		g.m.Places = []game.Place{{Player: white, Outcome: &game.Outcome{Seat: 1, Result: result, Ending: by}}, {Player: black}}
		return &g
	}
	cancelled := newMatch(t, "", nil)
	cancelled.m.State = game.Cancelled
	broken := newMatch(t, "", nil).play("e2e4", "e7e5", "g1f3")
	broken.events = append(broken.events[:4:4], broken.events[5:]...)
	for _, c := range []struct {
		name                       string
		g                          *match
		result, termination, moves string
	}{
		{"nothing played", newMatch(t, "", nil), "*", "unterminated", "*"},
		{
			"mate", newMatch(t, "", nil).play("f2f3", "e7e5", "g2g4", "d8h4"),
			"0-1", "normal", "1. f3 e5 2. g4 Qh4# 0-1",
		},
		{
			"resigned by Black", newMatch(t, "", nil).play("e2e4").resign(black),
			"1-0", "normal", "1. e4 {Black resigns} 1-0",
		},
		{
			"resigned by White in Black's turn", newMatch(t, "", nil).play("e2e4").resign(white),
			"0-1", "normal", "1. e4 {White resigns} 0-1",
		},
		{
			"claimed", newMatch(t, "", nil).play(strings.Fields(dance + dance + "claim")...),
			"1/2-1/2", "normal",
			"1. Nf3 Nf6 2. Ng1 Ng8 3. Nf3 Nf6 4. Ng1 Ng8 {draw claimed: threefold\nrepetition} 1/2-1/2",
		},
		{
			"claimed with the move", newMatch(t, "", options("7k/8/8/8/8/8/8/R5K1 b - - 98 80")).play("h8g8", "claim a1a2"),
			"1/2-1/2", "normal",
			"80... Kg8 {draw claimed: 50 moves, with Ra2} 1/2-1/2",
		},
		{
			"special moves", newMatch(t, "", options("r3k2r/1P6/8/3pP3/8/8/8/R3K2R w KQkq d6 0 1")).
				play("e5d6", "e8g8", "e1c1", "a8a2", "b7b8q", "a2a1"),
			"*", "unterminated",
			"1. exd6 O-O 2. O-O-O Ra2 3. b8=Q Ra1+ *",
		},
		{
			"files to tell pieces apart", newMatch(t, "", options("6k1/8/8/8/1n6/8/R7/R3K2R w - - 0 1")).
				play("h1h2", "b4d5", "a2e2", "d5b4", "h2f2", "b4d5", "a1a2"),
			"*", "unterminated",
			"1. Rhh2 Nd5 2. Rae2 Nb4 3. Rhf2 Nd5 4. Raa2 *",
		},
		{
			"ranks to tell pieces apart", newMatch(t, "", options("6k1/8/8/R7/8/8/8/R3K3 w - - 0 1")).play("a1a3", "g8f8", "a5a4"),
			"*", "unterminated",
			"1. R1a3 Kf8 2. R5a4 *",
		},
		{
			"squares to tell pieces apart", newMatch(t, "", options("6k1/8/8/8/4Q2Q/8/2K5/7Q w - - 0 1")).play("h4e1"),
			"*", "unterminated",
			"1. Qh4e1 *",
		},
		{"on time", ended(game.Lost, game.EndTimedOut), "0-1", "time forfeit", "1. e4 0-1"},
		{"dropped", ended(game.Lost, game.EndDropped), "0-1", "abandoned", "1. e4 0-1"},
		{"by an operator", ended(game.NoResult, game.EndByOperator), "*", "adjudication", "1. e4 *"},
		{"cancelled", cancelled, "*", "abandoned", "*"},
		{
			"an event is missing", broken, "*", "unterminated",
			"1. e4 {the record cannot be read from event 6 on} *",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.g.pgn("A", "B")
			want := "[Event \"?\"]\n[Site \"?\"]\n[Date \"1992.11.04\"]\n[Round \"-\"]\n[White \"A\"]\n[Black \"B\"]\n" +
				"[Result \"" + c.result + "\"]\n"
			if o := string(c.g.m.Options); o != "" {
				want += "[SetUp \"1\"]\n[FEN " + o[len(`{"fen":`):len(o)-len(`}`)] + "]\n"
			}
			want += "[Termination \"" + c.termination + "\"]\n\n" + c.moves + "\n"
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestNotationOfNames: names are the players' own words and must not break out of their tags.
func TestNotationOfNames(t *testing.T) {
	for name, want := range map[string]string{
		"":                    `[White "?"]`,
		"Ann":                 `[White "Ann"]`,
		"A. \"Ann\" O'Neil":   `[White "A. \"Ann\" O'Neil"]`,
		`C:\chess\`:           `[White "C:\\chess\\"]`,
		"x\"]\n[Result \"1-0": `[White "x\"] [Result \"1-0"]`,
		"tab\tnul\x00\u0085":  `[White "tab nul  "]`,
		"Петрович ♔":          `[White "Петрович ♔"]`,
		"\xff":                "[White \"\uFFFD\"]",
	} {
		text := newMatch(t, name, nil).pgn(name)
		lines := strings.Split(text, "\n")
		if lines[4] != want || lines[0] != strings.Replace(want, "White", "Event", 1) {
			t.Errorf("%q: %s, %s, want %s", name, lines[4], lines[0], want)
		}
		if lines[5] != `[Black "?"]` {
			t.Errorf("%q: then comes %s", name, lines[5])
		}
	}
}
