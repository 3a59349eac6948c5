// Package uci lets chess engines that speak the Universal Chess Interface play on a server as ordinary players.
//
//	engine.go  starts an engine, speaks with it, and ends it
//	talk.go    the words of the protocol
//	option.go  what an engine lets its users set
//	player.go  plays a match with one, through the public API
//
// The protocol is that of Stefan Meyer-Kahlen's description of April 2006. The chess library that the rules use has a
// package for it too, which does not do here: its calls take no context, so that one waits for ever for an engine that
// hangs, and take the end of a dead engine's output for an answer.
package uci
