package auth_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/server/auth"
)

var (
	now     = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	player  = game.PlayerID{1, 2, 3, 15: 9}
	session = auth.SessionID{4, 5, 6, 15: 7}
)

// seeded is a source of keys that gives the same ones in each run.
func seeded(n byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{n}) }

func newKeys(t testing.TB, seed byte) *auth.Keys {
	t.Helper()
	keys, err := auth.NewKeys(seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func issue(t testing.TB, a *auth.Access, at time.Time) string {
	t.Helper()
	token, _, err := a.Issue(player, session, at)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// wantReason fails the test unless err is a refusal with this reason.
func wantReason(t testing.TB, err error, want game.Reason) {
	t.Helper()
	var refusal *game.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v, want a refusal with %s", err, want)
	}
	if refusal.Reason != want {
		t.Fatalf("refused with %v, want %s", err, want)
	}
}
