package clientsim

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// maxViolations is how many violations are kept; all are counted. maxResults is how many of the last results are.
const (
	maxViolations = 100
	maxResults    = 8
)

// Violation is something that a player was shown and that cannot be, or a call that failed and should not have.
type Violation struct {
	Seed   Seed   `json:"seed"`
	Match  string `json:"match,omitempty"`
	Game   string `json:"game,omitempty"`
	Player string `json:"player,omitempty"`
	What   string `json:"what"`
}

// String writes it in one line.
func (v Violation) String() string {
	return fmt.Sprintf("seed %v, %s match %s, player %s: %s", v.Seed, v.Game, v.Match, v.Player, v.What)
}

// Finished is a match that is over.
type Finished struct {
	Match string `json:"match"`
	Game  string `json:"game"`
	// Result is for people: "seat 2 won".
	Result string `json:"result"`
	Turns  int    `json:"turns"`
}

// Tally is how the players with one personality are doing in games with rules.
type Tally struct {
	Personality string `json:"personality"`
	// Players have it. They had Played seats in matches that are over, and Won with so many of them.
	Players int `json:"players"`
	Played  int `json:"played"`
	Won     int `json:"won"`
}

// tallies begins to count, in the order in which the personalities were given.
func tallies(list []Weighted, players []Personality) []Tally {
	var all []Tally
	for _, w := range list {
		if slices.ContainsFunc(all, func(t Tally) bool { return t.Personality == w.Name }) {
			continue
		}
		t := Tally{Personality: w.Name}
		for _, p := range players {
			if p.Name == w.Name {
				t.Players++
			}
		}
		all = append(all, t)
	}
	return all
}

// Stats is how a Population is doing.
type Stats struct {
	Seed Seed `json:"seed"`
	// Players have signed in.
	Players int `json:"players"`
	// Running matches, Finished ones in all and by game, and turns taken in all of them.
	Running  int            `json:"running"`
	Finished int            `json:"matches_finished"`
	Games    map[string]int `json:"games"`
	Turns    uint64         `json:"turns"`
	// Resigned players, and restarts of the server.
	Resigned int `json:"resigned"`
	Restarts int `json:"restarts"`
	// Personalities of the players, in the order of Options.
	Personalities []Tally `json:"personalities"`
	// Newest is the match that was created last; empty before the first.
	Newest string `json:"newest,omitempty"`
	// Last are the last results, the newest first.
	Last []Finished `json:"last,omitempty"`
	Luck LuckCount  `json:"luck"`
	// Heard counts the events that came by each door but Look. Cuts are connections that players cut on purpose, Resets
	// snapshots that they took because a cursor led nowhere.
	Heard  map[string]uint64 `json:"heard"`
	Cuts   uint64            `json:"cuts"`
	Resets uint64            `json:"resets"`
	// Compared events were told as the matches tell them. Gaps are events that an inbox did not tell, Repeats those that it
	// told again or too late.
	Compared int `json:"compared"`
	Gaps     int `json:"gaps"`
	Repeats  int `json:"repeats"`
	// Violations in all; the first of them are in Found.
	Violations int         `json:"violations"`
	Found      []Violation `json:"found,omitempty"`
}

// scores keeps Stats for those who play and those who look on.
type scores struct {
	luck luckCounters

	mu sync.Mutex // guards s
	s  Stats
}

func (c *scores) change(f func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *scores) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Games = maps.Clone(c.s.Games)
	s.Last = append([]Finished(nil), c.s.Last...)
	s.Found = append([]Violation(nil), c.s.Found...)
	s.Personalities = slices.Clone(c.s.Personalities)
	s.Luck = c.luck.count()
	return s
}

func (c *scores) violation(v Violation) {
	c.change(func(s *Stats) {
		s.Violations++
		if len(s.Found) < maxViolations {
			s.Found = append(s.Found, v)
		}
	})
}

func (c *scores) finished(f Finished, resigned int) {
	c.change(func(s *Stats) {
		s.Finished++
		s.Games[f.Game]++
		s.Resigned += resigned
		s.Last = append([]Finished{f}, s.Last...)
		if len(s.Last) > maxResults {
			s.Last = s.Last[:maxResults]
		}
	})
}

// heard counts what an inbox told of a match.
func (c *scores) heard(h Hearing) {
	c.change(func(s *Stats) {
		s.Compared += h.Events
		s.Gaps += h.Gaps
		s.Repeats += h.Repeats
	})
}

// played counts a seat of a player with this personality.
func (c *scores) played(personality string, won bool) {
	c.change(func(s *Stats) {
		i := slices.IndexFunc(s.Personalities, func(t Tally) bool { return t.Personality == personality })
		s.Personalities[i].Played++
		if won {
			s.Personalities[i].Won++
		}
	})
}
