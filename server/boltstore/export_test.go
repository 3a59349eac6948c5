package boltstore

import bolt "go.etcd.io/bbolt"

// AfterCommit makes the store call fn after each commit of bbolt and before anybody may know of it.
func (o Options) AfterCommit(fn func()) Options { o.hooks.afterCommit = fn; return o }

// InsteadOfCommit makes the store call fn where it would commit a transaction of bbolt.
func (o Options) InsteadOfCommit(fn func(*bolt.Tx) error) Options { o.hooks.commit = fn; return o }

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
