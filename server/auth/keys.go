package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// maxKeys is how many signing keys are kept. Access tokens live for minutes: whatever was signed eight rotations ago
// is long over.
const maxKeys = 8

// Keys are the secrets of a server: signing keys for access tokens and the secret that refresh tokens are derived from.
// They do not change once made, so any number of goroutines may use them.
type Keys struct {
	signing []signingKey // the first signs, all verify; never empty
	refresh [32]byte
}

// signingKey is an Ed25519 key. Its id is made from its public half, so that a damaged key does not fit its id.
type signingKey struct {
	id      string
	private ed25519.PrivateKey
}

// NewKeys makes keys that live in no file: for tests and demonstrations, whose tokens may end with the process.
func NewKeys(rand io.Reader) (*Keys, error) {
	k, err := newSigningKey(rand)
	if err != nil {
		return nil, err
	}
	keys := &Keys{signing: []signingKey{k}}
	if _, err := io.ReadFull(rand, keys.refresh[:]); err != nil {
		return nil, fmt.Errorf("make a refresh secret: %w", err)
	}
	return keys, nil
}

// Rotated returns keys that sign with a new key and still verify what the newest of the old ones signed. Refresh tokens
// stay valid: a new secret for them would end every session.
func (k *Keys) Rotated(rand io.Reader) (*Keys, error) {
	first, err := newSigningKey(rand)
	if err != nil {
		return nil, err
	}
	signing := append([]signingKey{first}, k.signing...)
	return &Keys{signing: signing[:min(len(signing), maxKeys)], refresh: k.refresh}, nil
}

// Format writes the type alone, whatever the verb: keys that were printed by mistake have not leaked.
func (Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "auth.Keys") }

// public returns the key that verifies what the key with this id signed.
func (k *Keys) public(id string) (ed25519.PublicKey, bool) {
	for _, s := range k.signing {
		if s.id == id {
			return s.private.Public().(ed25519.PublicKey), true
		}
	}
	return nil, false
}

func newSigningKey(rand io.Reader) (signingKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(rand, seed); err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	return signingKeyFrom(seed), nil
}

func signingKeyFrom(seed []byte) signingKey {
	private := ed25519.NewKeyFromSeed(seed)
	return signingKey{id: fingerprint(private.Public().(ed25519.PublicKey)), private: private}
}

// fingerprint is the first 16 hex digits of the SHA-256 of b.
func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
