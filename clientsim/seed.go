package clientsim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// Seed is the number that a whole run is made from.
type Seed uint64

// String writes the seed as it is printed and given again.
func (s Seed) String() string { return fmt.Sprintf("%d", uint64(s)) }

// key derives 32 bytes for one purpose: the same for the same seed, unrelated for another purpose.
func (s Seed) key(what string, n ...int) [32]byte {
	b := binary.BigEndian.AppendUint64([]byte("yourmove clientsim "), uint64(s))
	for _, i := range n {
		b = binary.BigEndian.AppendUint64(b, uint64(i))
	}
	return sha256.Sum256(append(b, what...))
}

func (s Seed) rng(what string, n ...int) *rand.Rand {
	return rand.New(rand.NewChaCha8(s.key(what, n...)))
}

// requestIDs makes request ids. They are drawn from the seed and the session, so that a run with the same seed against a
// server that remembers the former one does not repeat its calls.
func requestIDs(s Seed, session string) *rand.Rand {
	return s.rng("request ids of " + session)
}

// newUUID makes a random UUID (version 4).
func newUUID(rng *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], rng.Uint64())
	binary.BigEndian.PutUint64(b[8:], rng.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
