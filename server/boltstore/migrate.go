package boltstore

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// migrations lead from each version of the schema to the next: the first makes an empty database version 1. Once
// released, an entry never changes; testdata has a file of each version, which a test opens.
var migrations = []func(*bolt.Tx) error{initial, inboxes}

// initial makes the buckets and the two random values that last as long as the database.
func initial(tx *bolt.Tx) error {
	for _, name := range firstBuckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("bucket %s: %w", name, err)
		}
	}
	meta := tx.Bucket(bucketMeta)
	for _, key := range [][]byte{metaDatabase, metaHash} {
		value := make([]byte, idLen)
		rand.Read(value) //nolint:errcheck // never fails
		if err := meta.Put(key, sealed(key, value)); err != nil {
			return err
		}
	}
	return nil
}

// inboxes makes what keeps inboxes. Commits before it belong to none.
func inboxes(tx *bolt.Tx) error {
	if _, err := tx.CreateBucket(bucketInboxes); err != nil {
		return fmt.Errorf("bucket %s: %w", bucketInboxes, err)
	}
	key := make([]byte, cursorKeyLen)
	rand.Read(key) //nolint:errcheck // never fails
	if err := tx.Bucket(bucketMeta).Put(metaCursors, sealed(metaCursors, key)); err != nil {
		return err
	}
	if _, err := newEpoch(tx); err != nil {
		return err
	}
	return putMark(tx, tx.Bucket(bucketLog).Sequence())
}

// buckets are all of them.
var buckets = append(firstBuckets[:len(firstBuckets):len(firstBuckets)], bucketInboxes)

// firstBuckets are those of schema 1.
var firstBuckets = [][]byte{
	bucketMeta, bucketLog, bucketHeads, bucketPositions, bucketHistory, bucketCreations, bucketMembers, bucketInvitations,
	bucketOpen, bucketCodes, bucketLapses, bucketCounts, bucketPrivates, bucketPlayers, bucketIdentities, bucketSessions,
	bucketEnded,
}

// schemaOf reads the version of the schema; 0: nothing has been made yet.
func schemaOf(tx *bolt.Tx) (uint64, error) {
	if tx.Bucket(bucketMeta) == nil {
		return 0, nil
	}
	return getCount(tx, bucketMeta, metaSchema)
}

// migrate brings the database to the present schema in one transaction.
func migrate(db *bolt.DB) error {
	return db.Update(func(tx *bolt.Tx) error {
		version, err := schemaOf(tx)
		if err != nil {
			return err
		}
		if version > uint64(len(migrations)) {
			return tooNew(version)
		}
		for i := version; i < uint64(len(migrations)); i++ {
			if err := migrations[i](tx); err != nil {
				return fmt.Errorf("migrate to schema %d: %w", i+1, err)
			}
		}
		return tx.Bucket(bucketMeta).Put(metaSchema, sealed(metaSchema, binary.AppendUvarint(nil, uint64(len(migrations)))))
	})
}

func tooNew(version uint64) error {
	return fmt.Errorf("the database has schema %d and this program knows only up to %d: use the program that wrote it, or a newer one",
		version, len(migrations))
}
