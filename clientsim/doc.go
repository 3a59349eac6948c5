// Package clientsim plays whole matches through the public API alone, as many people with many phones would, and checks
// everything that it is shown. It is what the demo runs, what tests of the whole server run, and what replays recorded
// games against a server.
//
//	client.go       one simulated player: signs in, keeps its tokens, repeats what may have got lost
//	events.go       its calls of EventService; stream.go: streams that are opened again whenever they break
//	luck.go         bad luck on purpose: lost calls, dropped answers and messages, repeats
//	seed.go         all randomness of a run, from one number
//	bot.go          one player in one match; baton.go: what bots pass around in relay mode
//	door.go         the ways in which a player hears of what happens
//	inbox.go        what one client hears of all its matches; connection.go: by one door after the other
//	listen.go       how a bot hears of its match, and says what is on its screen
//	hearing.go      what the inbox told of a match, against the match; story.go: what the match was to the player when
//	personality.go  what kinds of players there are; pace.go: when one of them takes its turns
//	witness.go      what one player was shown of a match, and what does not fit; log.go: the same for its events
//	rulebook.go     what one player is shown of a position, against the rules
//	table.go        one match and its bots, from its creation to the comparison of what they saw
//	judge.go        plays a finished match again by its rules
//	population.go   many players in many matches; population_doors.go: their inboxes; stats.go: how that goes
//	pgn.go          reads recorded games; pgn_*.go: and understands them
//	replay.go       plays recorded games again; replay_rules.go: under the rules of chess; replay_relay.go: in relay mode
//	uci/            lets chess engines play
//
// A player hears of what happens by a door of his own: he looks at his matches now and then (Look), waits at his inbox
// (LongPoll), listens to a stream of it (Stream), or takes another of these at each connection and cuts his connections at
// any moment (Mixed). Except by Look a bot acts on what it was told, and looks by itself only after a minute of silence. When
// a match is over, what the inbox told of it is compared with the match itself: each event once, in order and without gaps
// from the one on with which the match became the player's, as he could know it then, with the standing that the match had
// for him. Anything else is a violation. A cursor that has expired is answered by a snapshot, which is counted.
//
// A run is made by its seed: who is what kind of player, who plays whom, what is played, how long it takes and which
// calls have bad luck. What a server and a network add of their own, above all the order of things that happen at once,
// does not repeat. Each Violation names the seed.
//
// Time is that of the machine: in a testing/synctest bubble, players who think for hours and sleep at night live whole
// weeks in a moment, with the real server beside them.
package clientsim
