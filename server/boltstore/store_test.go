package boltstore_test

import (
	"context"
	"fmt"
	"testing"

	"yourmove/server"
	"yourmove/server/boltstore"
	"yourmove/server/storetest"
)

// checked lets the suite look for broken invariants.
type checked struct{ *boltstore.Store }

func (c checked) Problems(ctx context.Context) (list []string, err error) {
	_, err = c.Check(ctx, nil, func(p boltstore.Problem) { list = append(list, fmt.Sprintf("%s: %s %s", p.Kind, p.Match, p.Detail)) })
	return list, err
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) server.Store {
		return checked{openIn(t, dir, boltstore.Options{NoSync: true})}
	})
}

// openIn opens the store in a directory, and makes it the first time. It is closed when the test ends.
func openIn(t testing.TB, dir string, o boltstore.Options) *boltstore.Store {
	t.Helper()
	exists, err := boltstore.Exists(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !exists {
		if err := boltstore.Create(dir, o); err != nil {
			t.Fatal(err)
		}
	}
	s, err := boltstore.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // closed twice is as good as once
	return s
}
