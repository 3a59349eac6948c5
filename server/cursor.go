package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"hash"

	"yourmove/game"
)

// A cursor is a place in one player's inbox, for him alone: a byte that names this form; epoch and position, exclusive-or
// the player's id, as one block of AES; and the first 16 bytes of an HMAC-SHA256 over both and the player. Encrypted,
// because positions count what everybody does, and who holds two of them could read the traffic of the whole server. The
// keys come from one that lies in the store, so a backup that is put back still knows its cursors; whether they lead
// anywhere in it is what the epoch says.
const (
	cursorForm = 1
	cursorBody = 1 + aes.BlockSize
	cursorSum  = 16
)

// newCursorCipher returns what epochs and positions are encrypted with.
func newCursorCipher(key [32]byte) cipher.Block {
	derived := sha256.Sum256(append([]byte("yourmove cursor encryption"), key[:]...))
	block, err := aes.NewCipher(derived[:])
	if err != nil {
		panic(err) // it takes keys of 32 bytes
	}
	return block
}

// sealCursor writes a cursor.
func (s *Service) sealCursor(player game.PlayerID, at Position) string {
	b := make([]byte, 0, cursorBody+sha256.Size)
	b = append(b, cursorForm)
	b = binary.BigEndian.AppendUint64(b, s.epoch.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	subtle.XORBytes(b[1:], b[1:], player[:])
	s.cursorCipher.Encrypt(b[1:], b[1:])
	b = s.cursorMAC(b, player)
	return base64.RawURLEncoding.EncodeToString(b)
}

// cursorMAC appends what proves that a cursor is ours and the player's. Each message of a stream has a cursor, so the
// hashes are used again.
func (s *Service) cursorMAC(body []byte, player game.PlayerID) []byte {
	mac, ok := s.macs.Get().(hash.Hash)
	if !ok {
		mac = hmac.New(sha256.New, s.epoch.Key[:])
	}
	defer s.macs.Put(mac)
	mac.Reset()
	mac.Write(body)
	mac.Write(player[:])
	return mac.Sum(body)[:len(body)+cursorSum]
}

// openCursor reads a cursor of the player.
func (s *Service) openCursor(player game.PlayerID, text string) (Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBody+cursorSum || b[0] != cursorForm ||
		!hmac.Equal(b, s.cursorMAC(b[:cursorBody:cursorBody], player)) {
		return 0, game.Refuse(game.BadCursor, "cursor: not one that you were given; take one of ListMatches")
	}
	var place [aes.BlockSize]byte
	s.cursorCipher.Decrypt(place[:], b[1:cursorBody])
	subtle.XORBytes(place[:], place[:], player[:])
	if binary.BigEndian.Uint64(place[:]) != s.epoch.ID {
		return 0, errExpired()
	}
	return Position(binary.BigEndian.Uint64(place[8:])), nil
}

func errExpired() error {
	return game.Refuse(game.CursorExpired, "cursor: the inbox does not reach back to it; take a snapshot with ListMatches and go on from its cursor")
}
