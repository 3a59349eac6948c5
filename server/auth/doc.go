// Package auth turns tokens into callers. It keeps no accounts and no sessions: the server and its store do.
//
// A session has two tokens. The access token goes with every call, lives for minutes and is checked without the store:
// it is signed. The refresh token gets new ones, goes with one call alone and is checked against the session that the
// store keeps.
//
//	keys.go      the secrets of a server            keyfile.go   the file they live in
//	access.go    access tokens, signed              cache.go     those verified before, within a bound
//	refresh.go   refresh tokens, and which is valid revoked.go   sessions that ended before their access tokens did
//	interceptor.go   from a call's header to the caller in its context
package auth
