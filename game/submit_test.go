package game_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// seated creates a match with ann in seat 1 and lets the others join.
func seated(t *testing.T, r game.Rules, s game.Settings, others ...string) game.Match {
	t.Helper()
	if r != nil {
		s.Game = r.Info().Name
	} else {
		s.Game = game.Relay
	}
	n := game.NewMatch{Settings: s, Seed: game.Seed{2}, Creator: named("ann"), Seat: 1, LapseAfter: game.LapseAfter}
	m := must(t)(game.Create(r, n, epoch))
	for _, name := range others {
		m = must(t)(m.Join(r, named(name), 0, epoch))
	}
	return m
}

// must returns the match after a command that may not be refused.
func must(t *testing.T) func(game.Change, error) game.Match {
	return func(c game.Change, err error) game.Match {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c.Match
	}
}

// turn is a turn of these moves, decided on the version.
func turn(expected uint64, moves ...string) game.Turn {
	tn := game.Turn{Expected: expected}
	for _, mv := range moves {
		tn.Moves = append(tn.Moves, game.PlayedMove{Text: mv})
	}
	return tn
}

func reasonOf(err error) game.Reason {
	var e *game.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// TestStale has each case in which expected_version is, and is not, stale. ann looks at the match, then something
// happens, and then she submits what she decided on.
func TestStale(t *testing.T) {
	three := game.Settings{MinSeats: 3, MaxSeats: 3}
	play := func(r game.Rules, who string, moves ...string) func(*testing.T, game.Match) game.Match {
		return func(t *testing.T, m game.Match) game.Match {
			t.Helper()
			return must(t)(m.Submit(r, named(who), turn(m.Version, moves...), epoch))
		}
	}
	resign := func(r game.Rules, who string) func(*testing.T, game.Match) game.Match {
		return func(t *testing.T, m game.Match) game.Match {
			t.Helper()
			return must(t)(m.Resign(r, named(who), nil, epoch))
		}
	}
	none := func(_ *testing.T, m game.Match) game.Match { return m }
	for _, c := range []struct {
		name    string
		rules   game.Rules
		match   func(*testing.T) game.Match
		happens []func(*testing.T, game.Match) game.Match
		version func(seen uint64) uint64
		move    string
		want    game.Reason
	}{
		{name: "nothing happened", rules: tictactoe.Rules{}, move: "a1"},
		{name: "the version before the turn began", rules: tictactoe.Rules{}, move: "a1", want: game.VersionStale,
			version: func(seen uint64) uint64 { return seen - 1 }},
		{name: "no version", rules: tictactoe.Rules{}, move: "a1", want: game.VersionStale, version: func(uint64) uint64 { return 0 }},
		{name: "a version from the future", rules: tictactoe.Rules{}, move: "a1", want: game.VersionStale,
			version: func(seen uint64) uint64 { return seen + 1 }},
		{name: "a new turn", rules: tictactoe.Rules{}, move: "c3", want: game.VersionStale,
			happens: []func(*testing.T, game.Match) game.Match{play(tictactoe.Rules{}, "ann", "a1")}},
		{name: "new turns, and it is hers again", rules: tictactoe.Rules{}, move: "c3", want: game.VersionStale,
			happens: []func(*testing.T, game.Match) game.Match{play(tictactoe.Rules{}, "ann", "a1"), play(tictactoe.Rules{}, "bob", "b2")}},
		{name: "her own act in the same turn", rules: pig.Rules{}, move: "hold", want: game.VersionStale,
			happens: []func(*testing.T, game.Match) game.Match{play(pig.Rules{}, "ann", "roll")}},
		{name: "her own act in a turn of all", rules: auction{}, move: "taunt", want: game.VersionStale,
			match:   func(t *testing.T) game.Match { return seated(t, auction{}, three, "bob", "cat") },
			happens: []func(*testing.T, game.Match) game.Match{play(auction{}, "ann", "bid 4")}},
		{name: "another's move in a turn of all", rules: auction{}, move: "bid 4",
			match:   func(t *testing.T) game.Match { return seated(t, auction{}, three, "bob", "cat") },
			happens: []func(*testing.T, game.Match) game.Match{play(auction{}, "bob", "bid 9"), play(auction{}, "cat", "bid 9"), play(auction{}, "bob", "taunt")}},
		{name: "somebody who is not on turn resigned", rules: pig.Rules{}, move: "roll",
			match:   func(t *testing.T) game.Match { return seated(t, pig.Rules{}, three, "bob", "cat") },
			happens: []func(*testing.T, game.Match) game.Match{resign(pig.Rules{}, "cat")}},
		{name: "the last whom a turn of all waited for resigned", rules: auction{}, move: "taunt", want: game.VersionStale,
			match: func(t *testing.T) game.Match {
				m := seated(t, auction{}, three, "bob", "cat")
				return play(auction{}, "bob", "bid 2")(t, play(auction{}, "ann", "bid 1")(t, m))
			},
			happens: []func(*testing.T, game.Match) game.Match{resign(auction{}, "cat")}},
		{name: "joins", rules: auction{}, move: "bid 4",
			match: func(t *testing.T) game.Match {
				return seated(t, auction{}, game.Settings{MinSeats: 3, MaxSeats: 3, Start: game.AtOnce})
			},
			happens: []func(*testing.T, game.Match) game.Match{
				func(t *testing.T, m game.Match) game.Match {
					return must(t)(m.Join(auction{}, named("bob"), 3, epoch))
				},
			}},
		{name: "an invitation, and no to it", rules: auction{}, move: "bid 4",
			match: func(t *testing.T) game.Match {
				return seated(t, auction{}, game.Settings{MinSeats: 2, MaxSeats: 2, Start: game.AtOnce})
			},
			happens: []func(*testing.T, game.Match) game.Match{
				func(t *testing.T, m game.Match) game.Match {
					return must(t)(m.Invite(named("ann"), invitees([]string{"bob"}), epoch))
				},
				func(t *testing.T, m game.Match) game.Match { return must(t)(m.Decline(named("bob"), epoch)) },
			}},
		{name: "an invitation that lapsed while another is open", rules: auction{}, move: "bid 4",
			match: func(t *testing.T) game.Match {
				m := seated(t, auction{}, game.Settings{MinSeats: 3, MaxSeats: 3, Start: game.AtOnce})
				m = must(t)(m.Invite(named("ann"), invitees([]string{"bob"}), epoch))
				return must(t)(m.Invite(named("ann"), invitees([]string{"cat"}), epoch.Add(time.Hour)))
			},
			happens: []func(*testing.T, game.Match) game.Match{
				func(t *testing.T, m game.Match) game.Match {
					c, ok := m.LapseNow(epoch.Add(game.LapseAfter))
					if !ok {
						t.Fatal("nothing was due")
					}
					return c.Match
				},
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.match == nil {
				c.match = func(t *testing.T) game.Match {
					return seated(t, c.rules, game.Settings{MinSeats: 2, MaxSeats: 2}, "bob")
				}
			}
			if c.happens == nil {
				c.happens = []func(*testing.T, game.Match) game.Match{none}
			}
			m := c.match(t)
			expected := m.Version
			if c.version != nil {
				expected = c.version(expected)
			}
			for _, happen := range c.happens {
				m = happen(t, m)
			}
			_, err := m.Submit(c.rules, named("ann"), turn(expected, c.move), epoch)
			if reasonOf(err) != c.want || (err == nil) != (c.want == "") {
				t.Fatalf("%v, want %q", err, c.want)
			}
			var e *game.Error
			if errors.As(err, &e) && (e.Version != m.Version || e.Turn != m.Turn) {
				t.Errorf("the refusal tells version %d, turn %d; the match is at %d, %d", e.Version, e.Turn, m.Version, m.Turn)
			}
		})
	}
}

// TestOrder: of several things that are wrong with a turn the one that docs/api.md names first is told.
func TestOrder(t *testing.T) {
	r := tictactoe.Rules{}
	gathering := seated(t, r, game.Settings{})
	active := seated(t, r, game.Settings{}, "bob")
	finished := must(t)(active.Resign(r, named("ann"), nil, epoch))
	dropped := must(t)(seated(t, pig.Rules{}, game.Settings{MinSeats: 3, MaxSeats: 3}, "bob", "cat").Resign(pig.Rules{}, named("bob"), nil, epoch))
	relay := seated(t, nil, game.Settings{}, "bob")
	for _, c := range []struct {
		name   string
		m      game.Match
		r      game.Rules
		player string
		turn   game.Turn
		want   game.Reason
	}{
		{"seated before finished", finished, r, "eve", turn(99, "d4"), game.NotSeated},
		{"finished before stale", finished, r, "bob", turn(99, "d4"), game.MatchOver},
		{"finished, also for the one who resigned", finished, r, "ann", turn(99, "d4"), game.MatchOver},
		{"not started before stale", gathering, r, "ann", turn(99, "d4"), game.NotStarted},
		{"dropped before stale", dropped, pig.Rules{}, "bob", turn(99, "d4"), game.NotSeated},
		{"stale before turn", active, r, "bob", turn(99, "d4"), game.VersionStale},
		{"turn before legal", active, r, "bob", turn(active.Version, "d4"), game.NotYourTurn},
		{"turn before missing rules", active, nil, "bob", turn(active.Version, "d4"), game.NotYourTurn},
		{"missing rules before legal", active, nil, "ann", turn(active.Version, "d4"), game.RulesMissing},
		{"no move", active, r, "ann", turn(active.Version), game.InvalidField},
		{"a relay turn under rules", active, r, "ann", game.Turn{Expected: active.Version, Relay: &game.RelayTurn{}}, game.InvalidField},
		{"malformed", active, r, "ann", turn(active.Version, "d4"), game.MalformedMove},
		{"all or none: a second move is malformed before the turn was over", active, r, "ann", turn(active.Version, "a1", "d4"), game.IllegalMove},
		{"no relay turn in relay mode", relay, nil, "ann", turn(relay.Version, "e4"), game.InvalidField},
		{"turn before that", relay, nil, "bob", turn(relay.Version, "e4"), game.NotYourTurn},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.m.Submit(c.r, named(c.player), c.turn, epoch)
			if reasonOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if !reflect.DeepEqual(got, game.Change{}) {
				t.Errorf("a refusal with a change: %+v", got)
			}
		})
	}
}

// TestRulesMissing: without its rules a match can be read, invited to, declined and called off, not played.
func TestRulesMissing(t *testing.T) {
	m := seated(t, tictactoe.Rules{}, game.Settings{}, "bob")
	gathering := seated(t, tictactoe.Rules{}, game.Settings{})
	byCall := seated(t, tictactoe.Rules{}, game.Settings{Start: game.ByCall}, "bob")
	for name, call := range map[string]func() (game.Change, error){
		"submit": func() (game.Change, error) { return m.Submit(nil, named("ann"), turn(m.Version, "a1"), epoch) },
		"resign": func() (game.Change, error) { return m.Resign(nil, named("bob"), nil, epoch) },
		"join":   func() (game.Change, error) { return gathering.Join(nil, named("bob"), 0, epoch) },
		"start":  func() (game.Change, error) { return byCall.StartNow(nil, named("ann"), epoch) },
	} {
		if c, err := call(); reasonOf(err) != game.RulesMissing || !reflect.DeepEqual(c, game.Change{}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := gathering.Leave(named("ann"), epoch); err != nil {
		t.Errorf("leave: %v", err)
	}
	if _, err := m.CancelFor(game.ByOperator, epoch); err != nil {
		t.Errorf("an operator cancels: %v", err)
	}
	taken := must(t)(m.Submit(tictactoe.Rules{}, named("ann"), turn(m.Version, "a1"), epoch))
	if got := taken.Last.Move.Show(nil, 1, 2); !got.Hidden || got.Text != "" {
		t.Errorf("nobody can say what is secret, and yet %+v is shown", got)
	}
}

// TestTaken: the time of a turn is from when the seat had to act, and is never negative.
func TestTaken(t *testing.T) {
	m := seated(t, auction{}, game.Settings{}, "bob")
	taken := func(c game.Change, err error) (game.Match, time.Duration) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c.Match, c.Events[0].Fact.(game.TurnTaken).Taken
	}
	at := func(minutes int) time.Time { return epoch.Add(time.Duration(minutes) * time.Minute) }
	m, d := taken(m.Submit(auction{}, named("ann"), turn(m.Version, "bid 1"), at(5)))
	if d != 5*time.Minute {
		t.Errorf("ann took %v", d)
	}
	m, d = taken(m.Submit(auction{}, named("ann"), turn(m.Version, "taunt"), at(7)))
	if d != 0 {
		t.Errorf("nobody waited for a taunt, and yet it took %v", d)
	}
	m, d = taken(m.Submit(auction{}, named("bob"), turn(m.Version, "bid 2"), at(9)))
	if d != 9*time.Minute {
		t.Errorf("bob took %v: ann's bid does not start his time anew", d)
	}
	if _, d = taken(m.Submit(auction{}, named("bob"), turn(m.Version, "bid 2"), at(3))); d != 0 {
		t.Errorf("a clock that went back makes %v", d)
	}
}

// TestNothingGoesBehindARoll: were "roll, hold" refused only where the die ends the turn, and a refusal costs nothing, then
// to ask for both would tell what the die will show.
func TestNothingGoesBehindARoll(t *testing.T) {
	refusals := map[string]bool{}
	ends := map[bool]bool{}
	for i := range byte(40) {
		m := must(t)(game.Create(pig.Rules{}, game.NewMatch{
			Settings: game.Settings{Game: "pig"}, Seed: game.Seed{i}, Creator: named("ann"), Seat: 1, LapseAfter: game.LapseAfter,
		}, epoch))
		m = must(t)(m.Join(pig.Rules{}, named("bob"), 0, epoch))
		for _, moves := range [][]string{{"roll", "hold"}, {"roll", "roll"}, {"roll", "nonsense"}} {
			_, err := m.Submit(pig.Rules{}, named("ann"), turn(m.Version, moves...), epoch)
			if reasonOf(err) != game.IllegalMove {
				t.Fatalf("%q: %v", moves, err)
			}
			refusals[err.Error()] = true
		}
		ends[must(t)(m.Submit(pig.Rules{}, named("ann"), turn(m.Version, "roll"), epoch)).Turn > m.Turn] = true
	}
	if len(refusals) != 1 {
		t.Errorf("the refusals differ: %v", refusals)
	}
	if len(ends) != 2 {
		t.Errorf("of 40 dice all ended the turn, or none: %v", ends)
	}
}

// TestSecretsGoAlone: in a game with secrets a move may only be sent in front of others where the rules say so. Else the
// others would be judged by what it met with.
func TestSecretsGoAlone(t *testing.T) {
	m := seated(t, auction{}, game.Settings{}, "bob")
	for _, moves := range [][]string{{"bid 7", "taunt"}, {"bid 7", "nonsense"}, {"nonsense", "bid 7"}} {
		_, err := m.Submit(auction{}, named("ann"), turn(m.Version, moves...), epoch)
		if reasonOf(err) != game.IllegalMove || !strings.Contains(err.Error(), "move 1: nobody knows what comes of it") {
			t.Errorf("%q: %v", moves, err)
		}
	}
}

// TestShow: what a move hides stays hidden until the match is over, and keeps its number.
func TestShow(t *testing.T) {
	m := seated(t, auction{}, game.Settings{}, "bob")
	c, err := m.Submit(auction{}, named("ann"), turn(m.Version, "bid 7"), epoch)
	if err != nil {
		t.Fatal(err)
	}
	e := c.Events[0]
	for viewer, want := range map[int]game.PlayedMove{0: {Hidden: true}, 1: {Text: "bid 7"}, 2: {Hidden: true}} {
		shown := e.Show(auction{}, viewer, false)
		if got := shown.Fact.(game.TurnTaken).Moves; !reflect.DeepEqual(got, []game.PlayedMove{want}) || shown.Version != e.Version {
			t.Errorf("viewer %d is shown %+v", viewer, got)
		}
		if got := e.Show(auction{}, viewer, true); !reflect.DeepEqual(got, e) {
			t.Errorf("when the match is over viewer %d is shown %+v", viewer, got)
		}
	}
	if got := e.Fact.(game.TurnTaken).Moves[0].Text; got != "bid 7" {
		t.Errorf("showing changed the event itself: %q", got)
	}
}
