package aside_test

import (
	"strings"
	"testing"

	"yourmove/server/aside"
)

func TestDo(t *testing.T) {
	n := 0
	for range 100 {
		aside.Do(func() { aside.Do(func() { n++ }) })
	}
	if n != 100 {
		t.Errorf("%d of 100 were done when Do returned", n)
	}
}

func TestPanic(t *testing.T) {
	defer func() {
		text, _ := recover().(string)
		if !strings.HasPrefix(text, "no\n") || !strings.Contains(text, "TestPanic") {
			t.Errorf("the caller's panic is %q", text)
		}
	}()
	aside.Do(func() { panic("no") })
	t.Error("Do returned")
}

func BenchmarkDo(b *testing.B) {
	for b.Loop() {
		aside.Do(func() {})
	}
}
