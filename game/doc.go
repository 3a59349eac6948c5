// Package game says what a match is and what may happen next.
//
// A match is gathering → active → finished, or cancelled on the way. Each command (Create, Join, Submit, Resign …) is a
// pure function of the match, its arguments, the instant and the match's seed: it returns a Change, the match after it
// and the events that tell of it, or an *Error that says why not, and leaves the match it was called on as it was.
// Nothing in here knows a clock, a disk or a goroutine, so a match replays from its settings, its seed and its commands.
//
// A game is decided by its Rules; in relay mode the players decide and the match only knows whose turn it is.
//
//	match.go    what a match and its seats are          gather.go  create, join, invite, leave, start, cancel
//	event.go    what is told of it                      submit.go  a turn under rules; relay.go: a turn without
//	rules.go    what a game author writes               resign.go  giving up, and how a match ends
//	chance.go   randomness that can be replayed         show.go    what a viewer may know
//	error.go    the reasons for a refusal               replay.go  the same match again from its events
package game
