package auth

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
)

// claimsKey is where a call's Claims are in its context.
type claimsKey struct{}

// ClaimsFrom returns the claims of the caller whom Interceptor let in. A call that needs no token has none.
func ClaimsFrom(ctx context.Context) (Claims, bool) {
	c, ok := ctx.Value(claimsKey{}).(Claims)
	return c, ok
}

// Interceptor lets calls in that bring a valid access token of a session which has not ended, before their body is read
// or decoded. The procedures in public ("/package.Service/Method") need none, and theirs is not looked at: a client
// whose token has expired must be able to refresh it.
//
// Refusals are *game.Error (TokenMissing, TokenInvalid, TokenExpired, SessionEnded); an interceptor outside of this one
// gives them their codes. The token is taken from the header "Authorization: Bearer …" and from nowhere else: what
// stands in a URL ends up in logs.
func Interceptor(access *Access, revoked *Revoked, now func() time.Time, public map[string]bool) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			if public[spec.Procedure] {
				return next(ctx, spec, stream)
			}
			token, err := bearer(ctx)
			if err != nil {
				return err
			}
			claims, err := access.Verify(token, now())
			if err != nil {
				return err
			}
			if revoked.Has(claims.Session) {
				return game.Refuse(game.SessionEnded, "the session has ended: sign in again")
			}
			return next(context.WithValue(ctx, claimsKey{}, claims), spec, stream)
		}
	}
}

// bearer returns the token in a call's header.
func bearer(ctx context.Context) (string, error) {
	var values []string
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		values = info.RequestHeader().Values("Authorization")
	}
	switch len(values) {
	case 0:
		return "", game.Refuse(game.TokenMissing, "this call needs the header Authorization: Bearer ACCESS_TOKEN")
	case 1:
	default: // which of them counts would depend on who reads
		return "", game.Refuse(game.TokenInvalid, "more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", game.Refuse(game.TokenMissing, "this call needs the header Authorization: Bearer ACCESS_TOKEN")
	}
	return token, nil
}
