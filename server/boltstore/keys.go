package boltstore

import (
	"encoding/binary"
	"time"

	"yourmove/game"
	"yourmove/server"
)

// The buckets; doc.go draws what is in them.
var (
	bucketMeta        = []byte("meta")
	bucketLog         = []byte("log")
	bucketHeads       = []byte("heads")
	bucketPositions   = []byte("positions")
	bucketHistory     = []byte("history")
	bucketCreations   = []byte("creations")
	bucketMembers     = []byte("members")
	bucketInvitations = []byte("invitations")
	bucketOpen        = []byte("open")
	bucketCodes       = []byte("codes")
	bucketLapses      = []byte("lapses")
	bucketCounts      = []byte("counts")
	bucketPrivates    = []byte("privates")
	bucketPlayers     = []byte("players")
	bucketIdentities  = []byte("identities")
	bucketSessions    = []byte("sessions")
	bucketEnded       = []byte("ended")
	bucketInboxes     = []byte("inboxes")
)

// The keys in meta.
var (
	metaSchema   = []byte("schema")
	metaDatabase = []byte("database")
	metaHash     = []byte("hash")
	metaPlayers  = []byte("players")
	metaMark     = []byte("mark")
	metaEpoch    = []byte("epoch")
	metaCursors  = []byte("cursors")
)

// How a player belongs to a match, in the keys of members.
const (
	memberSeated  = 0
	memberBeside  = 1 // openly invited, or dropped from a match that goes on
	memberOver    = 2
	idLen         = 16
	memberLen     = idLen + 1 + idLen
	memberOverLen = idLen + 1 + 8 + idLen
)

// millis writes a time as it is stored; zero is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// instant reads a stored time.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// positionKey sorts the log as it was written.
func positionKey(position uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, position)
}

// pageKey sorts the pages of a match's history by age.
func pageKey(id game.MatchID, page uint32) []byte {
	return binary.BigEndian.AppendUint32(id[:len(id):len(id)], page)
}

func creationKey(key server.RequestKey) []byte {
	return append(key.Player[:len(key.Player):len(key.Player)], key.ID[:]...)
}

// memberPrefix begins the keys of all of a player's matches of one class.
func memberPrefix(player game.PlayerID, class byte) []byte {
	return append(player[:len(player):len(player)], class)
}

func memberKey(player game.PlayerID, class byte, id game.MatchID) []byte {
	return append(memberPrefix(player, class), id[:]...)
}

// memberOverKey sorts a player's matches that are over by their end, the last ended first.
func memberOverKey(player game.PlayerID, ended time.Time, id game.MatchID) []byte {
	key := binary.BigEndian.AppendUint64(memberPrefix(player, memberOver), ^uint64(millis(ended)))
	return append(key, id[:]...)
}

func invitationKey(by game.PlayerID, id game.MatchID, seat int) []byte {
	key := append(by[:len(by):len(by)], id[:]...)
	return append(key, byte(seat))
}

// openPrefix begins the keys of all open matches of a game.
func openPrefix(name string) []byte { return append([]byte(name), 0) }

func openKey(name string, id game.MatchID) []byte { return append(openPrefix(name), id[:]...) }

// timeKey sorts ids by a time.
func timeKey(at time.Time, id [16]byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(millis(at))), id[:]...)
}

func countKey(name string, ruleset int, state game.State) []byte {
	key := binary.BigEndian.AppendUint32(append([]byte(name), 0), uint32(ruleset))
	return append(key, byte(state))
}

func privateKey(id game.MatchID, player game.PlayerID) []byte {
	return append(id[:len(id):len(id)], player[:]...)
}

func identityKey(kind string, subject []byte) []byte {
	return append(append([]byte(kind), 0), subject...)
}

// upTo returns the first key after all those that begin with prefix, or nil when there is none.
func upTo(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
