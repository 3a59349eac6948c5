package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"yourmove/game"
)

const (
	refreshLabel = "yourmove refresh v1"
	refreshMAC   = 24 // bytes of the MAC that go into a token
	refreshSize  = 16 + 8 + refreshMAC
)

// IssueRefresh returns the refresh token of a session with this number. It is derived, not stored: asked again, it
// returns the same text, which is what makes a repeated refresh harmless.
//
//	base64url(session id, 16 bytes ‖ generation, 8 bytes big-endian ‖ the MAC of both, 24 bytes)
func (k *Keys) IssueRefresh(session SessionID, generation uint64) string {
	return base64.RawURLEncoding.EncodeToString(k.refreshToken(session, generation))
}

// ParseRefresh returns the session and the number of a refresh token that IssueRefresh made with the same secret. Else
// it returns a *game.Error: TokenInvalid. Whether the token is still good for something, Rotate says.
func (k *Keys) ParseRefresh(token string) (session SessionID, generation uint64, err error) {
	// The length first, so that the decoder finds no room for the line breaks that it would skip.
	if len(token) == base64.RawURLEncoding.EncodedLen(refreshSize) {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err == nil && len(raw) == refreshSize {
			copy(session[:], raw)
			generation = binary.BigEndian.Uint64(raw[16:])
			if hmac.Equal(raw, k.refreshToken(session, generation)) {
				return session, generation, nil
			}
		}
	}
	return SessionID{}, 0, game.Refuse(game.TokenInvalid, "the refresh token is not valid: sign in again")
}

func (k *Keys) refreshToken(session SessionID, generation uint64) []byte {
	raw := binary.BigEndian.AppendUint64(session[:], generation)
	mac := hmac.New(sha256.New, k.refresh[:])
	mac.Write([]byte(refreshLabel))
	mac.Write(raw)
	return append(raw, mac.Sum(nil)[:refreshMAC]...)
}

// Verdict is what a presented refresh token comes to.
type Verdict int

const (
	// End the session: the token is so old that somebody else must have a copy of the session's tokens.
	End Verdict = iota
	// Renew: give out the next token and store its number.
	Renew
	// Repeat: give out the last token again; nothing changes.
	Repeat
)

// Rotate says what to do with a presented refresh token of a session whose last token given out has the number issued,
// and the number of the token to answer with.
//
//	presented == issued      Renew: its use proves that it arrived, so the one before is dead from now on
//	presented == issued - 1  Repeat: the answer with its successor got lost, or has not arrived yet
//	presented <  issued - 1  End: its successor has been used, so whoever has the successor is not who presents this
//	presented >  issued      Renew: the MAC proves that we gave it out, so the store was restored from an older backup
//
// A client holds the last token given out or, while no answer has reached it, the one before: never an older one. So it
// may repeat a refresh, run several at once, lose any answer and be killed before it has saved one; each time it gets
// the same successor, which it has at the latest when it uses it. It must only let a refresh end (by an answer or its
// timeout) before it presents the successor: access tokens last for minutes and calls for seconds, so clients do that
// without trying.
//
// A copied token helps a thief only while he keeps in step: as soon as he or the owner is two tokens ahead, the other's
// next refresh ends the session for both. No rule that forgives a lost answer can be stricter, because a thief's first
// refresh looks exactly like the owner's second.
func Rotate(issued, presented uint64) (next uint64, verdict Verdict) {
	switch {
	case presented >= issued:
		return presented + 1, Renew
	case presented+1 == issued:
		return issued, Repeat
	default:
		return 0, End
	}
}
