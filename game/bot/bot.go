// Package bot chooses moves for players that nobody sits behind. A bot sees what its player sees, a view and the list
// of legal moves, and nothing else: what it plays could have been played by a person with the same app.
package bot

import "math/rand/v2"

// Sight is what a player sees when it is his turn.
type Sight struct {
	// Game is the game's name.
	Game string
	// Seat is the player's own, from 1.
	Seat int
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
