package boltstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"yourmove/server"
)

// cursorKeyLen is the length of the key that proves that a cursor is ours.
const cursorKeyLen = 32

// Epoch returns the present course of the database's life.
func (s *Store) Epoch(ctx context.Context) (e server.Epoch, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		var err error
		e, err = epochOf(tx)
		return err
	})
	return e, err
}

func epochOf(tx *bolt.Tx) (e server.Epoch, err error) {
	if e.ID, err = getCount(tx, bucketMeta, metaEpoch); err != nil {
		return e, err
	}
	key, err := get(tx, bucketMeta, metaCursors)
	if err != nil {
		return e, err
	}
	if len(key) != cursorKeyLen || e.ID == 0 {
		return e, damaged(bucketMeta, metaCursors, "there is no epoch, or no key of cursors")
	}
	e.Key = [cursorKeyLen]byte(key)
	return e, nil
}

// newEpoch begins another course. Its number is random: what is counted twice from the same copy would meet again.
func newEpoch(tx *bolt.Tx) (uint64, error) {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	id := max(binary.BigEndian.Uint64(b[:])>>1, 1)
	return id, tx.Bucket(bucketMeta).Put(metaEpoch, sealed(metaEpoch, binary.AppendUvarint(nil, id)))
}

// NewEpoch makes all cursors of the database in dir expire: their owners take a snapshot and go on from it. Do so after
// a backup was put back, because what was told after it was made is not in it. It returns the epochs before and after. No
// process may have the database open.
func NewEpoch(dir string, o Options) (before, after uint64, err error) {
	s, err := Open(dir, o)
	if err != nil {
		return 0, 0, err
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		was, err := epochOf(tx)
		if err != nil {
			return err
		}
		before = was.ID
		after, err = newEpoch(tx)
		return err
	})
	if err = errors.Join(err, s.Close()); err != nil {
		return 0, 0, fmt.Errorf("change the epoch of the database in %s: %w", dir, err)
	}
	return before, after, nil
}
