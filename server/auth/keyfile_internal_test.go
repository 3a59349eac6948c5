package auth

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestEachBitCounts flips each bit of a key file: what is loaded all the same are the very same keys.
func TestEachBitCounts(t *testing.T) {
	keys, err := NewKeys(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = keys.Rotated(rand.NewChaCha8([32]byte{2})); err != nil {
		t.Fatal(err)
	}
	whole, err := formatKeys(keys)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range len(whole) * 8 {
		data := bytes.Clone(whole)
		data[i/8] ^= 1 << (i % 8)
		got, err := parseKeys(data)
		switch {
		case err != nil:
			refused++
		case !reflect.DeepEqual(got, keys):
			t.Errorf("bit %d of byte %d (%q): other keys were loaded", i%8, i/8, whole[i/8])
		}
	}
	if refused < 1000 {
		t.Errorf("of %d flipped bits only %d were refused", len(whole)*8, refused)
	}
	t.Logf("%d flips, %d refused, the others changed nothing", len(whole)*8, refused)
}
