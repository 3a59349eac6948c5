// Package terminal is "yourmove play": a person plays matches in a terminal, as any other player does, through the
// public API.
//
//	play.go     from what was asked for to a match, and to the next one
//	wish.go     a new match as it was asked for, and what can be refused without asking the server
//	lobby.go    finds or makes a match, and opens a table for it
//	list.go     the matches that go on and the games that there are, to choose from
//	table.go    one match, from the first look to its end; turn.go: what the person types there
//	news.go     what others did: when it is told, and when it can wait
//	hear.go     listens at the server, so that nobody need look all the time
//	rival.go    bots that take the other seats
//	home.go     whose secrets lie where
//	house.go    the server of one's own, shared by all terminals of its owner
//	console.go  lines in, text out
//	input.go    what a line means, and which moves are near to it
//	words.go    sentences about a match
//	paint.go    drawings and names in colour
package terminal
