// Package aside runs short work on a stack of its own. A goroutine that waits for hours keeps the stack that its deepest
// call once needed: a signature that was verified, or a read of the database, doubled what an open stream costs in memory
// (docs/benchmarks.md). So who will wait long lets another goroutine go deep. That costs about half a microsecond.
package aside

import (
	"fmt"
	"runtime/debug"
)

// Do runs fn on another goroutine and returns when it has returned. A panic of fn is the caller's, with the stack on
// which it happened in its text. fn must not end its goroutine.
func Do(fn func()) {
	done := make(chan string)
	go func() { done <- guarded(fn) }()
	if panicked := <-done; panicked != "" {
		panic(panicked)
	}
}

// guarded calls fn and returns what it panicked with, if it did.
func guarded(fn func()) (panicked string) {
	defer func() {
		if r := recover(); r != nil {
			panicked = fmt.Sprintf("%v\n%s", r, debug.Stack())
		}
	}()
	fn()
	return ""
}
