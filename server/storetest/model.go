package storetest

import (
	"errors"
	"math/rand/v2"
	"slices"

	"yourmove/game"
	"yourmove/game/tictactoe"
	"yourmove/server"
)

// testModel makes random commits, good and stale ones, and compares what the store then tells with a map of matches.
func testModel(k *kit) {
	const seed = 20260102
	rng := rand.New(rand.NewPCG(seed, 1))
	players := make([]game.PlayerID, 4)
	for i := range players {
		players[i] = k.player()
	}
	model := map[game.MatchID][]game.Match{} // every version that was committed
	var ids []game.MatchID
	for step := range 600 {
		p := players[rng.IntN(len(players))]
		now := at(step * 10)
		var ch game.Change
		if len(ids) < 3 || rng.IntN(8) == 0 {
			ch = k.create(p, now, func(n *game.NewMatch) {
				n.Start = game.StartRule(1 + rng.IntN(3))
				n.Access = game.Access(1 + rng.IntN(3))
				if rng.IntN(2) == 0 && p != players[0] {
					n.Invite = []game.Invitee{{Player: players[0], Silent: rng.IntN(2) == 0}}
				}
			})
		} else {
			versions := model[ids[rng.IntN(len(ids))]]
			m := versions[len(versions)-1]
			if rng.IntN(5) == 0 {
				m = versions[rng.IntN(len(versions))] // perhaps stale
			}
			var ok bool
			if ch, ok = k.anything(rng, m, p, now.UnixMilli()%2 == 0, step); !ok {
				continue
			}
		}
		err := k.try(ch)
		versions := model[ch.Match.ID]
		stale := len(versions) > 0 && versions[len(versions)-1].Version != ch.Before
		switch {
		case stale && !errors.Is(err, server.ErrConflict):
			k.Fatalf("seed %d, step %d: a stale commit: %v", seed, step, err)
		case !stale && err != nil:
			k.Fatalf("seed %d, step %d: %v", seed, step, err)
		case !stale:
			if len(versions) == 0 {
				ids = append(ids, ch.Match.ID)
			}
			model[ch.Match.ID] = append(versions, ch.Match)
		}
		if step%150 == 149 {
			k.reopen()
			k.compare(model, ids, players)
		}
	}
}

// anything decides on something that the match allows to the player; ok is false when it does not allow it.
func (k *kit) anything(rng *rand.Rand, m game.Match, p game.PlayerID, silent bool, step int) (ch game.Change, ok bool) {
	now := at(step * 10)
	var err error
	switch rng.IntN(8) {
	case 0:
		ch, err = m.Join(tictactoe.Rules{}, p, 0, now)
	case 1:
		ch, err = m.Decline(p, now)
	case 2:
		ch, err = m.Leave(p, now)
	case 3:
		ch, err = m.Invite(m.Creator, []game.Invitee{{Player: p, Silent: silent}}, now)
	case 4:
		ch, err = m.StartNow(tictactoe.Rules{}, p, now)
	case 5:
		if rng.IntN(3) > 0 {
			return ch, false
		}
		ch, err = m.Resign(tictactoe.Rules{}, p, nil, now)
	default:
		square := string([]byte{'a' + byte(rng.IntN(3)), '1' + byte(rng.IntN(3))})
		ch, err = m.Submit(tictactoe.Rules{}, p, game.Turn{Expected: m.Version, Moves: []game.PlayedMove{{Text: square}}}, now)
	}
	return ch, err == nil
}

// compare reads everything and compares it with the model.
func (k *kit) compare(model map[game.MatchID][]game.Match, ids []game.MatchID, players []game.PlayerID) {
	k.Helper()
	counts := map[game.State]uint64{}
	var open []game.MatchID
	for _, id := range ids {
		m := model[id][len(model[id])-1]
		k.same(k.match(id), m)
		counts[m.State]++
		if m.Access == game.Public && m.Open() {
			open = append([]game.MatchID{id}, open...)
		}
		events, err := k.Events(k.ctx, id, 0, 1000)
		k.ok(err)
		k.same(uint64(len(events)), m.Version)
	}
	k.same(pages(k, 3, func(after server.Place, limit int) ([]game.Match, server.Place, error) {
		return k.OpenMatches(k.ctx, "tictactoe", after, limit)
	}), open)
	c, err := k.Counts(k.ctx)
	k.ok(err)
	for _, n := range c.Matches {
		k.same(n.N, counts[n.State])
	}
	k.same(len(c.Matches), len(counts))
	for _, p := range players {
		var wantCurrent, wantOver []game.MatchID
		for _, id := range ids {
			m := model[id][len(model[id])-1]
			if m.State.Over() && m.PlaysIn(p) > 0 {
				wantOver = append(wantOver, id)
			} else if !m.State.Over() && m.SeatOf(p) > 0 {
				wantCurrent = append(wantCurrent, id)
			}
		}
		current, over := k.own(p)
		for _, list := range [][]game.MatchID{wantCurrent, wantOver, current, over} {
			slices.SortFunc(list, func(a, b game.MatchID) int { return slices.Compare(a[:], b[:]) })
		}
		k.same(current, wantCurrent)
		k.same(over, wantOver)
	}
}
