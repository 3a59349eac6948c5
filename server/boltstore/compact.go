package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// compactBatch is how many bytes of records are copied in one transaction: what is held in memory at once.
const compactBatch = 64 << 20

// Compact writes the database in dir anew, dense and without the pages that are free, compares the copy with it, and puts
// it in its place. It returns the file's sizes before and after, in bytes. No process may have the database open, and the
// disk must have room for the copy. A crash leaves the old file or the new one, whole.
func Compact(dir string, o Options) (before, after int64, err error) {
	s, err := Open(dir, o)
	if err != nil {
		return 0, 0, err
	}
	before, after, err = s.compact(dir)
	if err = errors.Join(err, s.Close()); err != nil {
		return 0, 0, fmt.Errorf("compact the database in %s: %w", dir, err)
	}
	return before, after, nil
}

func (s *Store) compact(dir string) (before, after int64, err error) {
	fresh := s.path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, 0, err // one that was cut short left it
	}
	if err := s.copyTo(fresh); err != nil {
		return 0, 0, errors.Join(err, os.Remove(fresh))
	}
	if before, err = fileSize(s.path); err != nil {
		return 0, 0, err
	}
	if after, err = fileSize(fresh); err != nil {
		return 0, 0, err
	}
	d, err := os.Open(dir)
	if err != nil {
		return 0, 0, err
	}
	defer d.Close()
	if err := os.Rename(fresh, s.path); err != nil {
		return 0, 0, err
	}
	return before, after, d.Sync()
}

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// copyTo makes a dense copy at path that is on the disk and known to be equal.
func (s *Store) copyTo(path string) error {
	dst, err := bolt.Open(path, 0o600, &bolt.Options{
		PageSize: int(s.pageSize), FreelistType: bolt.FreelistMapType, NoSync: true, NoStatistics: true,
	})
	if err != nil {
		return err
	}
	var size int64
	err = guarded(s.log, func() error {
		if err := bolt.Compact(dst, s.db, compactBatch); err != nil {
			return fmt.Errorf("copy to %s: %w", filepath.Base(path), err)
		}
		return s.db.View(func(a *bolt.Tx) error {
			return dst.View(func(b *bolt.Tx) error {
				size = b.Size()
				return sameBuckets(a, b)
			})
		})
	})
	if err = errors.Join(err, dst.Close()); err != nil {
		return err
	}
	return cut(path, size)
}

// cut ends a file where its last page ends, because bbolt enlarges files in large steps, and brings it to the disk.
func cut(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// sameBuckets fails unless two databases hold the same records.
func sameBuckets(a, b *bolt.Tx) error {
	return a.ForEach(func(name []byte, was *bolt.Bucket) error {
		is := b.Bucket(name)
		if is == nil {
			return fmt.Errorf("bucket %s is not in the copy", name)
		}
		if was.Sequence() != is.Sequence() {
			return fmt.Errorf("bucket %s counts to %d, the copy to %d", name, was.Sequence(), is.Sequence())
		}
		left, right := was.Cursor(), is.Cursor()
		k, v := left.First()
		for other, value := right.First(); k != nil || other != nil; other, value = right.Next() {
			if !bytes.Equal(k, other) || !bytes.Equal(v, value) {
				return fmt.Errorf("bucket %s: the copy has key %x where %x should be, or another value", name, other, k)
			}
			k, v = left.Next()
		}
		return nil
	})
}
