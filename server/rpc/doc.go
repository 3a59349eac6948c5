// Package rpc turns protobuf into calls on package server, and refusals into codes. It knows Connect and the generated
// code; it decides nothing.
//
//	handler.go   the chain of interceptors and the HTTP handler    convert.go  answers: views, events, players
//	errors.go    reason → code, and what else an error carries     request.go  requests: ids, moves, relay turns
//	match.go  player.go  admin.go  the services
package rpc
