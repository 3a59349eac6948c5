package boltstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	"yourmove/server"
)

// sumLen is the length of the checksum before every body.
const sumLen = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// seal fills in the checksum of a record whose first sumLen bytes were left free for it.
func seal(key, record []byte) []byte {
	binary.BigEndian.PutUint32(record, checksum(key, record[sumLen:]))
	return record
}

// sealed makes a record of a body.
func sealed(key, body []byte) []byte {
	return seal(key, append(make([]byte, sumLen, sumLen+len(body)), body...))
}

// unseal returns the body of a record, which lies in the mapped file: nothing of it may outlive the transaction.
func unseal(bucket, key, record []byte) ([]byte, error) {
	if len(record) < sumLen {
		return nil, damaged(bucket, key, "it has %d bytes", len(record))
	}
	body := record[sumLen:]
	if binary.BigEndian.Uint32(record) != checksum(key, body) {
		return nil, damaged(bucket, key, "its checksum does not fit")
	}
	return body, nil
}

// damaged names a record that cannot be read.
func damaged(bucket, key []byte, format string, args ...any) error {
	return fmt.Errorf("%w: bucket %s, key %x: %s", server.ErrDamaged, bucket, key, fmt.Sprintf(format, args...))
}

// get returns the body of a record, nil when there is none.
func get(tx *bolt.Tx, bucket, key []byte) ([]byte, error) {
	record := tx.Bucket(bucket).Get(key)
	if record == nil {
		return nil, nil
	}
	return unseal(bucket, key, record)
}

// getMessage reads a record into m and reports whether there is one. Unmarshalling copies.
func getMessage(tx *bolt.Tx, bucket, key []byte, m proto.Message) (bool, error) {
	body, err := get(tx, bucket, key)
	if err != nil || body == nil {
		return false, err
	}
	return true, parse(bucket, key, body, m)
}

func parse(bucket, key, body []byte, m proto.Message) error {
	if err := proto.Unmarshal(body, m); err != nil {
		return damaged(bucket, key, "%v", err)
	}
	return nil
}

// getID reads a record that is an id.
func getID(tx *bolt.Tx, bucket, key []byte) (id [16]byte, found bool, err error) {
	body, err := get(tx, bucket, key)
	if err != nil || body == nil {
		return id, false, err
	}
	if len(body) != idLen {
		return id, false, damaged(bucket, key, "it is not an id")
	}
	return [16]byte(body), true, nil
}

// getCount reads a record that is a number, 0 when there is none.
func getCount(tx *bolt.Tx, bucket, key []byte) (uint64, error) {
	body, err := get(tx, bucket, key)
	if err != nil || body == nil {
		return 0, err
	}
	n, size := binary.Uvarint(body)
	if size != len(body) {
		return 0, damaged(bucket, key, "it is not a number")
	}
	return n, nil
}

// encode writes a message with room for its checksum before it and spare bytes after it.
func encode(m proto.Message, spare int) ([]byte, error) {
	// Deterministic: the same record gives the same bytes, so that copies of a database can be compared.
	opts := proto.MarshalOptions{Deterministic: true}
	return opts.MarshalAppend(make([]byte, sumLen, sumLen+opts.Size(m)+spare), m)
}
