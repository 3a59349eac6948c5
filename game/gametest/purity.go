package gametest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"yourmove/game"
)

// garbage are texts that are moves in hardly any game. Where one is a move, that is fine too.
var garbage = []string{
	"", " ", "\x00", "\xff\xfe", "-1", "0", "99999999999999999999", "a0", "z9", "nonsense", "pass\n", "{}", "[]", "null", "é½–🂡",
	`"`, strings.Repeat("a", 4096),
}

// kept is a position with what it encoded to when it was first seen: rules that alter a position in place, its parents
// or its children included, are found by encoding it again.
type kept struct {
	p    game.Position
	code int
	data []byte
	what string
}

func keep(rules game.Rules, p game.Position, what string) (kept, error) {
	code, data, err := rules.Encode(p)
	if err != nil {
		return kept{}, fmt.Errorf("rules.Encode %s: %w", what, err)
	}
	return kept{p, code, bytes.Clone(data), what}, nil
}

// same fails if the position is no longer what it was.
func (k kept) same(rules game.Rules, after string) error {
	now, err := keep(rules, k.p, k.what)
	if err != nil {
		return err
	}
	if now.code != k.code || !bytes.Equal(now.data, k.data) {
		return fmt.Errorf("%s changed %s: from %q to %q", after, k.what, k.data, now.data)
	}
	return nil
}

// checkEncoding asks whether a position survives its encoding.
func checkEncoding(rules game.Rules, k kept) error {
	p, err := rules.Decode(k.code, bytes.Clone(k.data))
	if err != nil {
		return fmt.Errorf("rules.Decode %q: %w", k.data, err)
	}
	again, err := keep(rules, p, "the decoded position")
	if err != nil {
		return err
	}
	if again.code != k.code || !bytes.Equal(again.data, k.data) {
		return fmt.Errorf("rules.Encode and Decode make version %d %q of version %d %q", again.code, again.data, k.code, k.data)
	}
	if _, err := rules.Decode(k.code+1, bytes.Clone(k.data)); err == nil {
		return fmt.Errorf("rules.Decode accepts the unknown encoding version %d", k.code+1)
	}
	return nil
}

// tried is a move that was tried twice on one position, with the same chance both times.
type tried struct {
	game.Played
	err error
}

// try plays a move twice: both times the same must come of it, and neither may change the position.
func try(rules game.Rules, k kept, seat int, move string, at game.Moment, chance func() *game.Chance) (tried, error) {
	what := fmt.Sprintf("Play of %.40q by seat %d", move, seat)
	var results [2]tried
	var positions [2]kept
	for i := range results {
		played, err := rules.Play(k.p, seat, move, at, chance())
		if err := k.same(rules, what); err != nil {
			return tried{}, err
		}
		results[i] = tried{played, err}
		if err == nil {
			if positions[i], err = keep(rules, played.Position, "the position after "+what); err != nil {
				return tried{}, err
			}
		}
	}
	a, b := results[0], results[1]
	switch {
	case (a.err == nil) != (b.err == nil):
		return tried{}, fmt.Errorf("%s: once %v, once %v", what, a.err, b.err)
	case a.err != nil:
		return a, nil
	case a.SameTurn != b.SameTurn || a.Chance != b.Chance:
		return tried{}, fmt.Errorf("%s: once %+v, once %+v with the same chance", what, a.Played, b.Played)
	}
	// The first of the two must not have been reached by the second.
	if err := positions[0].same(rules, "a second "+what); err != nil {
		return tried{}, err
	}
	if !bytes.Equal(positions[0].data, positions[1].data) {
		return tried{}, fmt.Errorf("%s: once %q, once %q with the same chance", what, positions[0].data, positions[1].data)
	}
	return a, checkEncoding(rules, positions[0])
}

// checkRefusals tries what is hardly a move: whatever the rules say to it, the position stays as it was.
func checkRefusals(rules game.Rules, k kept, seat int, chance func() *game.Chance) error {
	for _, text := range garbage {
		got, err := try(rules, k, seat, text, game.Moment{}, chance)
		if err != nil {
			return err
		}
		var refusal *game.Error
		if errors.As(got.err, &refusal) && refusal.Reason != game.MalformedMove && refusal.Reason != game.IllegalMove {
			return fmt.Errorf("rules.Play of %.40q: reason %s is not for rules to give", text, refusal.Reason)
		}
	}
	return nil
}

// checkListed asks whether every move that the rules list, and the default one, is one that they accept.
func (po *playout) checkListed(k kept, seat int, at time.Time) error {
	var list []string
	if l, ok := po.rules.(game.MoveLister); ok {
		list = slices.Clone(l.LegalMoves(k.p, seat))
		if err := k.same(po.rules, "LegalMoves"); err != nil {
			return err
		}
		if len(list) == 0 && po.rules.Duty(k.p, seat) == game.MustAct {
			return fmt.Errorf("seat %d must act and LegalMoves lists nothing in %q", seat, k.data)
		}
	}
	seen := map[string]bool{}
	for _, move := range list {
		if seen[move] {
			return fmt.Errorf("rules.LegalMoves lists %q twice in %q", move, k.data)
		}
		seen[move] = true
	}
	if d, ok := po.rules.(game.Defaulter); ok {
		move, ok := d.DefaultMove(k.p, seat)
		if err := k.same(po.rules, "DefaultMove"); err != nil {
			return err
		}
		if ok {
			list = append(list, move)
		}
	}
	// A game with hundreds of moves would make the suite slow: a dozen of them, drawn anew in each position, do.
	po.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, move := range list[:min(12, len(list))] {
		got, err := try(po.rules, k, seat, move, game.Moment{At: at}, po.chance)
		if err != nil {
			return err
		}
		if got.err != nil {
			return fmt.Errorf("seat %d is offered %q in %q, and then refused it: %w", seat, move, k.data, got.err)
		}
	}
	return nil
}

// checkLeave lets each seat leave in turn, where two others would play on.
func checkLeave(rules game.Rules, k kept, seats []int, chance func() *game.Chance) error {
	if len(seats) < 3 {
		return nil
	}
	for i, seat := range seats {
		played, err := rules.Leave(k.p, seat, chance())
		if err != nil {
			return fmt.Errorf("rules.Leave of seat %d from %q: %w", seat, k.data, err)
		}
		if err := k.same(rules, fmt.Sprintf("Leave of seat %d", seat)); err != nil {
			return err
		}
		left := slices.Delete(slices.Clone(seats), i, i+1)
		if err := checkSane(rules, played.Position, left); err != nil {
			return fmt.Errorf("after Leave of seat %d from %q: %w", seat, k.data, err)
		}
	}
	return nil
}
