// Package gametest is the suite that every game's Rules pass. One line runs it:
//
//	func TestRules(t *testing.T) { gametest.Run(t, mygame.Rules{}) }
//
// It plays random matches from seeds that it prints when something is wrong, through the same state machine that the
// server uses, with late starts, gaps between the seats and players who give up. On the way it asks, of each position:
//
//	purity.go    do Play and Leave leave the position that they were given as it was, refused moves above all?
//	             does the same move with the same chance lead to the same position?
//	             is a position the same after Encode and Decode?
//	sane.go      does somebody have to act until the game is over? does the end name everybody once?
//	secrets.go   does a view, or an event as shown to others, hold anything that only one seat may know?
//	imagine.go   is a position imagined from a seat's view the real one in all that the seat can tell, and is what is no
//	             view refused? is an estimate a number from 0 to 1?
//	close.go     can a position be shown, and imagined back, as of a match that somebody gave up?
//	playout.go   does the match end within a bound, and does it replay to the same match?
package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"yourmove/game"
)

// T is what the suite needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Config says how the suite plays a game. What is left zero has the default given.
type Config struct {
	// Options are those of a match; none unless given.
	Options game.Options
	// Playouts is how many matches are played for each number of seats; 8.
	Playouts int
	// Bound is how many turns and resignations a match may take before it counts as endless; 2,000.
	Bound int
	// Seed is where the seeds of the playouts are counted from; 1. One that the suite printed repeats that playout first.
	Seed uint64
	// Moves proposes moves, at least one of them legal, for Rules without LegalMoves. What it proposes may be refused.
	Moves func(p game.Position, seat int, rng *rand.Rand) []string
}

// Run plays matches of the rules and reports what a server could not live with. Each config is a round of its own: rules
// with options are run with several. Without one the default is run.
func Run(t T, rules game.Rules, configs ...Config) {
	t.Helper()
	if err := guard(func() error { return checkInfo(rules) }); err != nil {
		t.Errorf("gametest: %v", err)
		return
	}
	if len(configs) == 0 {
		configs = []Config{{}}
	}
	for _, cfg := range configs {
		cfg.fill()
		if err := guard(func() error { return checkOptions(rules, cfg.Options) }); err != nil {
			t.Errorf("gametest: options %q: %v", cfg.Options, err)
			continue
		}
		runConfig(t, rules, cfg)
	}
}

// runConfig stops at the first failure for each number of seats: the others would say the same again.
func runConfig(t T, rules game.Rules, cfg Config) {
	t.Helper()
	info := rules.Info()
	for seats := info.MinSeats; seats <= info.MaxSeats; seats++ {
		for i := range cfg.Playouts {
			seed := cfg.Seed + uint64(i)
			if err := guard(func() error { return newPlayout(rules, cfg, seats, seed).run() }); err != nil {
				t.Errorf("gametest: %s, %d seats, options %q, Config.Seed %d: %v", info.Name, seats, cfg.Options, seed, err)
				break
			}
		}
	}
}

func (cfg *Config) fill() {
	if cfg.Playouts == 0 {
		cfg.Playouts = 8
	}
	if cfg.Bound == 0 {
		cfg.Bound = 2000
	}
	if cfg.Seed == 0 {
		cfg.Seed = 1
	}
}

// guard makes a panic of the rules an error like any other: it would take the server's call down.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// checkInfo asks whether the rules can be registered.
func checkInfo(rules game.Rules) error {
	info := rules.Info()
	if _, err := game.NewRegistry(rules); err != nil {
		return err
	}
	if info.Title == "" || info.Notation == "" {
		return fmt.Errorf("rules.Info: Title and Notation are for people and may not be empty: %+v", info)
	}
	return nil
}

// checkOptions asks whether Check fills in defaults once and for all, and refuses what it does not know.
func checkOptions(rules game.Rules, o game.Options) error {
	for seats := rules.Info().MinSeats; seats <= rules.Info().MaxSeats; seats++ {
		filled, err := rules.Check(bytes.Clone(o), seats)
		if err != nil {
			return fmt.Errorf("rules.Check refuses them for %d seats: %w", seats, err)
		}
		if len(filled) > 0 && !isObject(filled) {
			return fmt.Errorf("rules.Check makes %q of them, which is no JSON object", filled)
		}
		again, err := rules.Check(bytes.Clone(filled), seats)
		if err != nil || !bytes.Equal(filled, again) {
			return fmt.Errorf("rules.Check makes %q of them, and of that %q (%v)", filled, again, err)
		}
	}
	for _, bad := range []string{`{"no such option":1}`, `[]`, `nonsense`, `{`} {
		if got, err := rules.Check(game.Options(bad), rules.Info().MinSeats); err == nil {
			return fmt.Errorf("rules.Check accepts %q as %q", bad, got)
		}
	}
	return nil
}

func isObject(b []byte) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(b, &fields) == nil && fields != nil
}
