// Package aside runs short work on a stack of its own. A goroutine that waits for hours keeps the stack that its deepest
// call once needed: a signature that was verified, or a read of the database, doubled what an open stream costs in memory
// (docs/benchmarks.md). So who will wait long lets another goroutine go deep. That costs about half a microsecond.
package aside

// Do runs fn on another goroutine and returns when it has returned. A panic of fn is the caller's.
func Do(fn func()) {
	done := make(chan any)
	go func() { done <- guarded(fn) }()
	if r := <-done; r != nil {
		panic(r)
	}
}

// guarded calls fn and returns what it panicked with. A nil from panic(nil) comes as *runtime.PanicNilError.
func guarded(fn func()) (r any) {
	defer func() { r = recover() }()
	fn()
	return nil
}
