package game_test

import (
	"fmt"
	"time"

	"yourmove/game"
	"yourmove/game/tictactoe"
)

// A match is played in memory: each command returns the match after it and the events that tell of it. The instant, the
// ids and the seed are the caller's, so the same calls always make the same match.
func Example() {
	rules := tictactoe.Rules{}
	ann, bob := game.PlayerID{1}, game.PlayerID{2}
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

	c, err := game.Create(rules, game.NewMatch{
		ID: game.MatchID{1}, Settings: game.Settings{Game: "tictactoe"}, Seed: game.Seed{1}, Creator: ann, Seat: 1, LapseAfter: game.LapseAfter,
	}, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	if c, err = c.Match.Join(rules, bob, 0, now); err != nil {
		fmt.Println(err)
		return
	}
	m := c.Match
	fmt.Println(m.State, "at version", m.Version)

	players := []game.PlayerID{ann, bob}
	for i, move := range []string{"b2", "b2", "a1", "c2", "c1", "a2"} {
		turn := game.Turn{Expected: m.Version, Moves: []game.PlayedMove{{Text: move}}}
		c, err := m.Submit(rules, players[(m.Turn-1)%2], turn, now.Add(time.Duration(i)*time.Minute))
		if err != nil {
			fmt.Println(err) // m is as it was: try another move
			continue
		}
		m = c.Match
		for _, e := range c.Events {
			if end, ok := e.Fact.(game.MatchFinished); ok {
				fmt.Println(m.State, "after turn", e.Turn, "- seat 1 won:", end.Outcomes[0].Result == game.Won)
			}
		}
	}
	p, err := m.Decode(rules)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(rules.Draw(p, 0))
	// Output:
	// active at version 3
	// ILLEGAL_MOVE: b2 is taken
	// finished after turn 5 - seat 1 won: true
	// 3 ...
	// 2 XXX
	// 1 O.O
	//   abc
}
