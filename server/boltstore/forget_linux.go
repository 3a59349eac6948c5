package boltstore

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget drops what the kernel remembers of a file that it failed to write, so that whoever opens it next sees what the
// disk has.
func forget(path string) {
	if f, err := os.Open(path); err == nil {
		_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		_ = f.Close()
	}
}
