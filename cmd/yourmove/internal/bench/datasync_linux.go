package bench

import (
	"os"
	"syscall"
)

// datasync makes what was written to f durable, without what a reader doesn't need.
func datasync(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
