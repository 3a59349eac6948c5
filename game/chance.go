package game

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// Seed is where all randomness of a match comes from: 256 bits, secret until the match is over.
type Seed [32]byte

// Chance is the randomness of one event of a match: the ChaCha8 generator (C2SP chacha8rand) keyed with
// SHA-256("yourmove chance v1" ‖ seed ‖ version as 8 bytes, big-endian). It repeats on any machine and any version of
// Go, because what is made of its numbers is written here and not left to a library that may change.
type Chance struct {
	src  *rand.ChaCha8
	init func() *rand.ChaCha8
}

// NewChance returns the randomness of the event with this number in the match with this seed.
func NewChance(seed Seed, version uint64) *Chance {
	// Most events draw nothing: the generator (300 bytes and a hash) is made by the first draw.
	return &Chance{init: func() *rand.ChaCha8 {
		buf := append([]byte("yourmove chance v1"), seed[:]...)
		return rand.NewChaCha8(sha256.Sum256(binary.BigEndian.AppendUint64(buf, version)))
	}}
}

// Drawn reports whether anything was drawn.
func (c *Chance) Drawn() bool { return c.src != nil }

// Uint64 draws 64 random bits.
func (c *Chance) Uint64() uint64 {
	if c.src == nil {
		c.src = c.init()
	}
	return c.src.Uint64()
}

// IntN draws evenly from 0 to n-1; n must be at least 1. (Lemire, "Fast Random Integer Generation in an Interval", 2019.)
func (c *Chance) IntN(n int) int {
	if n < 1 {
		panic("game: IntN of less than 1")
	}
	hi, lo := bits.Mul64(c.Uint64(), uint64(n))
	if lo < uint64(n) {
		for threshold := -uint64(n) % uint64(n); lo < threshold; {
			hi, lo = bits.Mul64(c.Uint64(), uint64(n))
		}
	}
	return int(hi)
}

// Die rolls a die: evenly from 1 to sides.
func (c *Chance) Die(sides int) int { return 1 + c.IntN(sides) }

// Shuffle puts n things into random order, each order as likely as another (Fisher and Yates); swap exchanges two.
func (c *Chance) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, c.IntN(i+1))
	}
}
