// Package bot chooses moves for players that nobody sits behind. A bot sees what its player sees, a view and the list
// of legal moves, and nothing else: what it plays could have been played by a person with the same app.
//
//	bot.go      what a bot sees, and Random, which plays any legal move
//	greedy.go   Greedy looks one move ahead
//	search.go   Search plays the game out many times in its head; tree.go: what it remembers of that
//	thinker.go  what both need: positions imagined from a view, and what a position is worth
//
// A beginner has a chance against Greedy; Search is as strong as the budget that it is given.
package bot

import "math/rand/v2"

// Sight is what a player sees when it is his turn.
type Sight struct {
	// Game is the game's name.
	Game string
	// Seat is the player's own, from 1.
	Seat int
	// Seats are those that are still in play, ascending; nil: as many as the game has at most.
	Seats []int
	// View is the position as the player may know it, JSON.
	View []byte
	// Legal lists the moves that he may play.
	Legal []string
}

// Chooser picks a move.
type Chooser interface {
	// Choose returns one of the legal moves. ok is false when there is none that it would play.
	Choose(s Sight) (move string, ok bool)
}

// Random plays any legal move, each as likely as another. It is not for use by several goroutines at once.
type Random struct{ rng *rand.Rand }

// NewRandom returns a Random whose choices repeat with the seed, on any machine.
func NewRandom(seed [32]byte) *Random { return &Random{rand.New(rand.NewChaCha8(seed))} }

// Choose picks among the legal moves.
func (r *Random) Choose(s Sight) (move string, ok bool) {
	if len(s.Legal) == 0 {
		return "", false
	}
	return s.Legal[r.rng.IntN(len(s.Legal))], true
}
