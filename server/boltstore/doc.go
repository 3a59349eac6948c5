// Package boltstore keeps everything that the server knows in one bbolt file. It is the server.Store for one machine.
//
// A data directory holds yourmove.db and MANIFEST, a small JSON file that says that there must be a database. In the file:
//
//	v2 ── meta         "schema" -> uvarint; "database" -> its random id; "hash" -> the key of the request hashes;
//	   │               "players" -> how many there are, uvarint; "mark" -> the position up to which inboxes is right,
//	   │               uvarint; "epoch" -> its random number, uvarint; "cursors" -> the key that proves cursors
//	   ├─ log          <position> -> LogRecord: one commit of one match, its events and its request, whom it was told,
//	   │               and for each of them links to earlier entries of his inbox
//	   ├─ heads        <match id> -> MatchHead: the match as it is now, and where its recent commits lie in the log
//	   ├─ positions    <match id> -> the position or relay state, where it is larger than 1 KiB
//	   ├─ history      <match id> <page, 4 bytes> -> Commits: 32 earlier commits of the match
//	   ├─ creations    <player id> <request id> -> match id: what this CreateMatch made
//	   ├─ members      <player id> <0: seated> <match id> -> empty                     of a match that is not over
//	   │               <player id> <1: openly invited, or dropped> <match id> -> empty of a match that is not over
//	   │               <player id> <2: sat> <^unix ms of the end> <match id> -> empty  of a match that is over
//	   ├─ invitations  <inviter's player id> <match id> <seat, 1 byte> -> empty: not answered, silent ones included
//	   ├─ open         <game> NUL <match id> -> empty: public, with a free seat
//	   ├─ codes        <join code> -> match id, also once it is over: a repeated join finds it by its code
//	   ├─ lapses       <unix ms> <match id> -> empty
//	   ├─ counts       <game> NUL <ruleset, 4 bytes> <state, 1 byte> -> how many matches, uvarint
//	   ├─ privates     <match id> <player id> -> Private
//	   ├─ players      <player id> -> Player
//	   ├─ identities   <kind> NUL <subject> -> player id
//	   ├─ sessions     <session id> -> Session
//	   ├─ ended        <unix ms of the end> <session id> -> empty
//	   └─ inboxes      <player id> -> InboxEnd: the last entry of his inbox at the mark, or a later one
//
// Positions in the log, times and numbers in keys are 8 bytes, big-endian, where nothing else is said, so that keys sort
// as what they stand for. Positions rise and are never used again (they come from the bucket's sequence); gaps mean nothing.
// Match and player ids are version 7 UUIDs: they sort by age. Every value that is not empty is a CRC32C (4 bytes,
// big-endian, over key and body) and a body; every read checks it, because bbolt has no checksums of its own on what it
// stores. The records named here are the messages of yourmove.store.v1.
//
// What costs is not bytes but pages: every random key that a commit touches is a page copied and written. So the log is
// the store of events, the record of requests and the source of inboxes in one; a turn writes to its end, which
// a whole batch shares, and to one page of heads. Events(after) and repeats of requests are found by the list of a
// match's commits: a head holds the latest, and each time it has 32 they move to a page of history. The list has 32 bits
// of a keyed hash of each request; the log record itself decides.
//
// An inbox is a chain through the log, read backwards from its end. Each entry has a number, from 1, the position of the
// entry before it, and that of its anchor: the last entry before it whose number is a multiple of 64. A reader goes from
// anchor to anchor to where he was, and reads from there. Nothing is taken out of an inbox: what is no longer kept is
// counted from its end when it is read. The ends of inboxes are in memory; every two seconds those that changed are
// written, a few with each transaction, and then the mark; a start reads what came after the mark from the log.
// A reader looks for an end in memory before he begins his transaction: where it was forgotten, its row is in every
// later one.
//
// Members, invitations, open, codes, lapses, counts, identities and ended are derived from heads, players and sessions,
// and inboxes from the log; Check derives them again.
//
//	open.go     creating and opening a data directory   writer.go   one goroutine, many commits a transaction
//	migrate.go  the schema's versions                   apply.go    what one commit checks and puts
//	store.go    reading what is durable                 index.go    the rows by which matches are found
//	matches.go  reading matches, lists.go many          players.go  players, sessions, private records
//	inbox.go    reading inboxes                         ends.go     where they end, in memory and in rows
//	epoch.go    what cursors are proved with            compact.go  writing the file anew
//	encode.go   records to and from Go, events.go those of the log
//	check.go    everything that must be true; check_inbox.go: inboxes; pages.go: the pages below
package boltstore
