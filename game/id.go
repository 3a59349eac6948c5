package game

import (
	"encoding/hex"
	"errors"
)

// MatchID names a match: the 16 bytes of a UUID.
type MatchID [16]byte

// PlayerID names a player: the 16 bytes of a UUID. The zero PlayerID is nobody.
type PlayerID [16]byte

// String writes the id as a UUID in lower case.
func (id MatchID) String() string { return uuidText(id) }

// String writes the id as a UUID in lower case.
func (id PlayerID) String() string { return uuidText(id) }

// IsZero reports whether id is nobody.
func (id PlayerID) IsZero() bool { return id == PlayerID{} }

// ParseMatchID reads a UUID with its four hyphens, in either case.
func ParseMatchID(s string) (MatchID, error) { return parseUUID(s) }

// ParsePlayerID reads a UUID with its four hyphens, in either case.
func ParsePlayerID(s string) (PlayerID, error) { return parseUUID(s) }

func uuidText(id [16]byte) string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

func parseUUID(s string) ([16]byte, error) {
	var id [16]byte
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, errors.New("not a UUID")
	}
	n := 0
	for _, part := range [...]string{s[0:8], s[9:13], s[14:18], s[19:23], s[24:36]} {
		w, err := hex.Decode(id[n:], []byte(part))
		if err != nil {
			return [16]byte{}, errors.New("not a UUID")
		}
		n += w
	}
	return id, nil
}
