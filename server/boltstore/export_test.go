package boltstore

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"
)

// AfterCommit makes the store call fn after each commit of bbolt and before anybody may know of it.
func (o Options) AfterCommit(fn func()) Options { o.hooks.afterCommit = fn; return o }

// InsteadOfCommit makes the store call fn where it would commit a transaction of bbolt.
func (o Options) InsteadOfCommit(fn func(*bolt.Tx) error) Options { o.hooks.commit = fn; return o }

// Ends makes the store write the ends of inboxes this often, and remember no more than so many beyond it.
func (o Options) Ends(every time.Duration, most int) Options {
	o.hooks.flushEvery, o.hooks.maxEnds = every, most
	return o
}

// SchemaVersion is the present one.
func SchemaVersion() int { return len(migrations) }

// DB gives access to the file below the store.
func (s *Store) DB() *bolt.DB { return s.db }

// Spoil changes a record so that its checksum no longer fits.
func Spoil(s *Store, bucket string, at func(record []byte)) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		id := uint64(tx.ID())
		tx.OnCommit(func() { s.markDurable(id) }) // else readers wait for it
		b := tx.Bucket([]byte(bucket))
		k, v := b.Cursor().First()
		record := append([]byte(nil), v...)
		at(record)
		return b.Put(append([]byte(nil), k...), record)
	})
}

// SetSchema writes another version of the schema.
func SetSchema(db *bolt.DB, version byte) error {
	return db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(metaSchema, sealed(metaSchema, []byte{version}))
	})
}

// CloseFile takes the file away from bbolt.
func (s *Store) CloseFile() error { return s.file.Close() }

// Mark is the position up to which the rows of inboxes are right.
func Mark(s *Store) (mark uint64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error { mark, err = getCount(tx, bucketMeta, metaMark); return err })
	return mark, err
}

// PositionKey is the key of a record of the log.
func PositionKey(position uint64) []byte { return positionKey(position) }

// Get reads the body of a record.
func Get(s *Store, bucket string, key []byte) (body []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		b, err := get(tx, []byte(bucket), key)
		body = bytes.Clone(b)
		return err
	})
	return body, err
}

// Put writes a record with a checksum that fits; without a body it removes it.
func Put(s *Store, bucket string, key, body []byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		id := uint64(tx.ID())
		tx.OnCommit(func() { s.markDurable(id) }) // else readers wait for it
		if body == nil {
			return tx.Bucket([]byte(bucket)).Delete(key)
		}
		return tx.Bucket([]byte(bucket)).Put(key, sealed(key, body))
	})
}
