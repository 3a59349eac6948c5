// Package clientsim plays whole matches through the public API alone, as many people with many phones would, and checks
// everything that it is shown. It is what the demo runs, what tests of the whole server run, and what replays recorded
// games against a server.
//
//	client.go       one simulated player: signs in, keeps its tokens, repeats what may have got lost
//	luck.go         bad luck on purpose: lost calls, dropped answers, repeats
//	seed.go         all randomness of a run, from one number
//	bot.go          one player in one match; baton.go: what bots pass around in relay mode
//	personality.go  what kinds of players there are; pace.go: when one of them takes its turns
//	witness.go      what one player was shown of a match, and what does not fit; log.go: the same for its events
//	rulebook.go     what one player is shown of a position, against the rules
//	table.go        one match and its bots, from its creation to the comparison of what they saw
//	judge.go        plays a finished match again by its rules
//	population.go   many players in many matches; stats.go: how that goes
//	pgn.go          reads recorded games; pgn_*.go: and understands them
//	replay.go       plays recorded games again; replay_rules.go: under the rules of chess; replay_relay.go: in relay mode
//	uci/            lets chess engines play
//
// A run is made by its seed: who is what kind of player, who plays whom, what is played, how long it takes and which
// calls have bad luck. What a server and a network add of their own, above all the order of things that happen at once,
// does not repeat. Each Violation names the seed.
//
// Time is that of the machine: in a testing/synctest bubble, players who think for hours and sleep at night live whole
// weeks in a moment, with the real server beside them.
package clientsim
