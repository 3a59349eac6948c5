package server

import (
	"slices"

	"yourmove/game"
)

// ToldOf lists whom a change of a match concerns: everybody who sits in it, sat in it or is openly invited, and those
// who did so before it. before is the zero Match for a new one. It is what goes with the commit of the change.
func ToldOf(before, after game.Match) []Told {
	told := make([]Told, 0, len(after.Places)+1)
	for i, pl := range after.Places {
		if !pl.Player.IsZero() && after.SeatOf(pl.Player) == i+1 {
			told = append(told, Told{pl.Player, after.PlaysIn(pl.Player), standing(after, pl.Player, Private{})})
		}
	}
	for i, pl := range before.Places {
		gone := !pl.Player.IsZero() && before.SeatOf(pl.Player) == i+1 &&
			!slices.ContainsFunc(told, func(t Told) bool { return t.Player == pl.Player })
		if gone {
			told = append(told, Told{pl.Player, before.PlaysIn(pl.Player), NoStanding})
		}
	}
	return told
}

// toldTo returns how a commit was told a player; the zero Told if it was not.
func toldTo(list []Told, player game.PlayerID) Told {
	for _, t := range list {
		if t.Player == player {
			return t
		}
	}
	return Told{}
}
