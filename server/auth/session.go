package auth

import "yourmove/game"

// SessionID names a session, one signed-in installation of a player: the 16 bytes of a UUID.
type SessionID [16]byte

// String writes the id as a UUID in lower case.
func (id SessionID) String() string { return game.PlayerID(id).String() } // written as all our ids are

// IsZero reports whether id names no session.
func (id SessionID) IsZero() bool { return id == SessionID{} }

// ParseSessionID reads a UUID with its four hyphens, in either case.
func ParseSessionID(s string) (SessionID, error) {
	id, err := game.ParsePlayerID(s)
	return SessionID(id), err
}
