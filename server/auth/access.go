package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"yourmove/game"
	"yourmove/server/aside"
)

// DefaultLifetime is how long an access token is valid.
const DefaultLifetime = 15 * time.Minute

const (
	issuer   = "yourmove"
	maxToken = 2 << 10 // ours have some 350 bytes
	// maxCached bounds the cache of verified tokens: some 10 MB. It is as many players as call within a quarter of an
	// hour; beyond that, tokens are verified again.
	maxCached = 100_000
)

// Claims are what an access token says of its bearer.
type Claims struct {
	Player  game.PlayerID
	Session SessionID
	// Expires is the first instant at which the token is refused.
	Expires time.Time
}

// Access issues and verifies access tokens: JWTs signed with Ed25519. Any number of goroutines may use it.
type Access struct {
	keys     *Keys
	lifetime time.Duration
	parser   *jwt.Parser
	verified *cache
}

// NewAccess returns an Access whose tokens live as long as told, in whole seconds; less than one means DefaultLifetime.
func NewAccess(keys *Keys, lifetime time.Duration) *Access {
	return newAccess(keys, lifetime, maxCached)
}

func newAccess(keys *Keys, lifetime time.Duration, cached int) *Access {
	if lifetime = lifetime.Truncate(time.Second); lifetime <= 0 {
		lifetime = DefaultLifetime
	}
	return &Access{
		keys:     keys,
		lifetime: lifetime,
		// Time is judged in Verify: it arrives there as an argument.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
			jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		verified: newCache(cached),
	}
}

// Lifetime is how long after a session's end one of its access tokens can still be presented.
func (a *Access) Lifetime() time.Duration { return a.lifetime }

// wireClaims are the claims as the token has them.
type wireClaims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// Issue makes an access token and tells when it expires.
func (a *Access) Issue(player game.PlayerID, session SessionID, now time.Time) (token string, expires time.Time, err error) {
	issued := time.Unix(now.Unix(), 0).UTC() // tokens count whole seconds
	expires = issued.Add(a.lifetime)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, wireClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: player.String(),
			IssuedAt: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(expires),
		},
		Session: session.String(),
	})
	key := a.keys.signing[0]
	t.Header["kid"] = key.id
	token, err = t.SignedString(key.private)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an access token: %w", err)
	}
	return token, expires, nil
}

// Verify returns what a token says, if it is one that we gave out and it has not expired. Else it returns a *game.Error:
// TokenInvalid or TokenExpired. It does not know of sessions that have ended: Revoked does.
func (a *Access) Verify(token string, now time.Time) (Claims, error) {
	// Base64 decoders skip line breaks, so a token with some would be another text with the same meaning.
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return Claims{}, badAccess(errors.New("too long, or broken into lines"))
	}
	// A digest takes less memory than the token, and a lookup of it tells nobody how much of a token he guessed.
	sum := sha256.Sum256([]byte(token))
	claims, ok := a.verified.get(sum)
	if !ok {
		var err error
		aside.Do(func() { claims, err = a.parse(token) }) // deep, and the call may wait for long
		if err != nil {
			return Claims{}, badAccess(err)
		}
	}
	if !now.Before(claims.Expires) {
		return Claims{}, game.Refuse(game.TokenExpired, "the access token has expired: refresh the session")
	}
	if !ok {
		a.verified.put(sum, claims)
	}
	return claims, nil
}

// parse verifies the signature and reads the claims, whatever the time.
func (a *Access) parse(token string) (Claims, error) {
	var wire wireClaims
	_, err := a.parser.ParseWithClaims(token, &wire, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		key, ok := a.keys.public(id)
		if !ok {
			return nil, errors.New("unknown key id")
		}
		return key, nil
	})
	if err != nil {
		return Claims{}, err
	}
	if wire.Issuer != issuer || wire.IssuedAt == nil || wire.ExpiresAt == nil {
		return Claims{}, errors.New("not an access token of this server")
	}
	player, err := game.ParsePlayerID(wire.Subject)
	if err != nil {
		return Claims{}, fmt.Errorf("sub: %w", err)
	}
	session, err := ParseSessionID(wire.Session)
	if err != nil {
		return Claims{}, fmt.Errorf("sid: %w", err)
	}
	// A lifetime that was made shorter counts for tokens given out before, too. Revoked rests on that: it forgets a
	// session one lifetime after its end.
	expires := wire.IssuedAt.Add(a.lifetime)
	if wire.ExpiresAt.Before(expires) {
		expires = wire.ExpiresAt.Time
	}
	return Claims{Player: player, Session: session, Expires: expires.UTC()}, nil
}

// badAccess refuses a token; why is for the log alone.
func badAccess(why error) error {
	return &game.Error{Reason: game.TokenInvalid, Detail: "the access token is not valid: refresh the session, or sign in again", Err: why}
}
