package boltstore

import (
	"bytes"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
)

// row is one entry by which something is found. Its body is empty, or the id that it leads to.
type row struct {
	bucket, key, body []byte
}

// record returns what lies in the database for the row.
func (r row) record() []byte {
	if r.body == nil {
		return []byte{}
	}
	return sealed(r.key, r.body)
}

// rowsOf derives the rows by which a match is found.
func rowsOf(m *game.Match) []row {
	var rows []row
	add := func(bucket, key, body []byte) { rows = append(rows, row{bucket, key, body}) }
	over := m.State.Over()
	for i := range m.Places {
		p := &m.Places[i]
		sat := p.State == game.SeatSeated || p.State == game.SeatDropped
		switch {
		case over && sat:
			add(bucketMembers, memberOverKey(p.Player, m.Ended, m.ID), nil)
		case over:
		case p.State == game.SeatSeated:
			add(bucketMembers, memberKey(p.Player, memberSeated, m.ID), nil)
		case p.State == game.SeatDropped || p.State == game.SeatInvited && !p.Silent:
			add(bucketMembers, memberKey(p.Player, memberBeside, m.ID), nil)
		}
		if !over && p.State == game.SeatInvited {
			add(bucketInvitations, invitationKey(p.InvitedBy, m.ID, i+1), nil)
		}
	}
	if m.Access == game.Public && m.Open() {
		add(bucketOpen, openKey(m.Game, m.ID), nil)
	}
	if m.JoinCode != "" {
		add(bucketCodes, []byte(m.JoinCode), m.ID[:])
	}
	if !m.Lapse.IsZero() {
		add(bucketLapses, timeKey(m.Lapse, m.ID), nil)
	}
	return rows
}

// sameRows reports, without deriving them, that a match is still found as it was: so it is after most turns.
func sameRows(old *storev1.MatchHead, m *game.Match) bool {
	if old.GetState() != uint32(m.State) || old.GetLapseMs() != millis(m.Lapse) || len(old.GetPlaces()) != len(m.Places) {
		return false
	}
	for i, was := range old.GetPlaces() {
		p := &m.Places[i]
		if was.GetState() != uint32(p.State) || !sameID(was.GetPlayer(), p.Player) || was.GetSilent() != p.Silent ||
			!sameID(was.GetInvitedBy(), p.InvitedBy) {
			return false
		}
	}
	return true
}

func sameID(stored []byte, id game.PlayerID) bool {
	if id.IsZero() {
		return len(stored) == 0
	}
	return bytes.Equal(stored, id[:])
}

// moveRows adds to a plan what leads from one set of rows to another.
func (p *plan) moveRows(from, to []row) {
	stays := func(r row, in []row) bool {
		for _, o := range in {
			if bytes.Equal(r.key, o.key) && bytes.Equal(r.bucket, o.bucket) {
				return true
			}
		}
		return false
	}
	for _, r := range from {
		if !stays(r, to) {
			p.del(r.bucket, r.key)
		}
	}
	for _, r := range to {
		if !stays(r, from) {
			p.put(r.bucket, r.key, r.record())
		}
	}
}
