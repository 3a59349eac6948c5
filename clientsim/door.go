package clientsim

import (
	"fmt"
	"slices"
)

// Door is how a player hears of what happens.
type Door int

// The doors.
const (
	// Look asks for the match every now and then.
	Look Door = iota
	// LongPoll waits at the inbox, one call after the other.
	LongPoll
	// Stream keeps a stream of the inbox open.
	Stream
	// Mixed takes any of them, another one at each connection, and cuts its own connections.
	Mixed
)

// AllDoors are all of them.
var AllDoors = []Door{Look, LongPoll, Stream, Mixed}

var doorNames = []string{"look", "long-poll", "stream", "mixed"}

// String returns the door's word.
func (d Door) String() string {
	if d < Look || d > Mixed {
		return fmt.Sprintf("door %d", int(d))
	}
	return doorNames[d]
}

// dealDoors gives each of n players a door, as many of each as of another, in an order that the seed makes.
func dealDoors(doors []Door, n int, seed Seed) ([]Door, error) {
	if len(doors) == 0 {
		return make([]Door, n), nil
	}
	deck := slices.Clone(doors)
	for _, d := range deck {
		if d < Look || d > Mixed {
			return nil, fmt.Errorf("there is no %v", d)
		}
	}
	rng := seed.rng("doors")
	var players []Door
	for len(players) < n {
		rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		players = append(players, deck...)
	}
	return players[:n], nil
}
