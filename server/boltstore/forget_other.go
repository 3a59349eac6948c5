//go:build !linux

package boltstore

// forget does nothing where the kernel cannot be told to drop what it remembers of a file.
func forget(string) {}
