package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

// walker follows bbolt's pages from the root by reading the file, not its mapping. bbolt trusts its pages: an offset that
// leads out of the file is a fault, which in the goroutine of bbolt's own check ends the process, and pages in a circle
// are a loop without end. So this comes first.
//
// A page has a header of 16 bytes (id, 8; flags, 2; count, 2; overflow, 4) and then count elements of 16 bytes, which
// say where from their own beginning a key lies: in a branch position (4), key size (4) and the page below (8), in a leaf
// flags (4), position (4), key size (4) and value size (4). In the byte order of the machine.
type walker struct {
	ctx      context.Context
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // there are no others
	seen     map[uint64]bool
	report   func(string)
	unsafe   bool // something was found that bbolt cannot be let loose on
}

const (
	pageHeader  = 16
	pageElement = 16
	branchFlag  = 0x01
	leafFlag    = 0x02
	bucketFlag  = 0x01
	bucketSize  = 16 // root page and sequence, before a page that lies in the value itself
)

// walkPages reports what is wrong with the pages that a transaction sees, and whether bbolt can be let loose on them.
func (s *Store) walkPages(ctx context.Context, tx *bolt.Tx, report func(string)) (safe bool, err error) {
	w := &walker{
		ctx: ctx, file: s.file, pageSize: s.pageSize, pages: uint64(tx.Size() / s.pageSize), seen: map[uint64]bool{}, report: report,
	}
	err = w.page(uint64(tx.Cursor().Bucket().Root()))
	return !w.unsafe, err
}

func (w *walker) bad(format string, args ...any) {
	w.unsafe = true
	w.report(fmt.Sprintf(format, args...))
}

// page checks a page and all below it. The error is that of reading.
func (w *walker) page(id uint64) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if id < 2 || id >= w.pages {
		w.bad("page %d of %d is referred to", id, w.pages)
		return nil
	}
	if w.seen[id] {
		w.bad("page %d is referred to twice", id)
		return nil
	}
	w.seen[id] = true
	var header [pageHeader]byte
	if _, err := w.file.ReadAt(header[:], int64(id)*w.pageSize); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	order := binary.NativeEndian
	more := uint64(order.Uint32(header[12:]))
	if order.Uint64(header[:]) != id || id+more >= w.pages {
		w.bad("page %d says that it is page %d, with %d more", id, order.Uint64(header[:]), more)
		return nil
	}
	for i := range more {
		if w.seen[id+1+i] {
			w.bad("page %d reaches into page %d", id, id+1+i)
			return nil
		}
		w.seen[id+1+i] = true
	}
	content := make([]byte, int64(1+more)*w.pageSize)
	if _, err := w.file.ReadAt(content, int64(id)*w.pageSize); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return w.content(id, content)
}

// content checks the elements of a page: that they lie in it, that their keys rise, and what lies below them.
func (w *walker) content(id uint64, b []byte) error {
	order := binary.NativeEndian
	flags, count := order.Uint16(b[8:]), int64(order.Uint16(b[10:]))
	if flags != branchFlag && flags != leafFlag {
		w.bad("page %d is of kind %#x where a branch or a leaf should be", id, flags)
		return nil
	}
	if pageHeader+count*pageElement > int64(len(b)) || flags == branchFlag && count == 0 {
		w.bad("page %d has %d elements", id, count)
		return nil
	}
	var last []byte
	for i := range count {
		at := pageHeader + i*pageElement
		e := b[at:]
		// A branch has no kind and no value, a leaf nothing below.
		key, size := at+int64(order.Uint32(e)), int64(order.Uint32(e[4:]))
		var value int64
		var kind uint32
		if flags == leafFlag {
			kind, key = order.Uint32(e), at+int64(order.Uint32(e[4:]))
			size, value = int64(order.Uint32(e[8:])), int64(order.Uint32(e[12:]))
		}
		if key < pageHeader+count*pageElement || key+size+value > int64(len(b)) {
			w.bad("page %d: element %d lies outside of it", id, i)
			return nil
		}
		k, v := b[key:key+size], b[key+size:key+size+value]
		if i > 0 && bytes.Compare(last, k) >= 0 {
			w.bad("page %d: the key of element %d is not above the one before", id, i)
		}
		last = k
		var err error
		switch {
		case flags == branchFlag:
			err = w.page(order.Uint64(e[8:]))
		case kind&bucketFlag != 0:
			err = w.bucket(id, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket below a leaf; a small one lies in the value itself.
func (w *walker) bucket(id uint64, v []byte) error {
	if len(v) < bucketSize {
		w.bad("page %d: a bucket of %d bytes", id, len(v))
		return nil
	}
	if root := binary.NativeEndian.Uint64(v); root != 0 {
		return w.page(root)
	}
	if len(v) < bucketSize+pageHeader {
		w.bad("page %d: a bucket of %d bytes", id, len(v))
		return nil
	}
	return w.content(id, v[bucketSize:])
}
