package game

// Show returns an event as viewer (a seat, or 0 for a spectator) may know it; over says whether the match is over, when
// everything may be known. It never looks at the position: what was shown once stays the same until the end.
func (e Event) Show(r Rules, viewer int, over bool) Event {
	taken, ok := e.Fact.(TurnTaken)
	if !ok || over || e.Seat == viewer {
		return e
	}
	shown := make([]PlayedMove, len(taken.Moves))
	for i, mv := range taken.Moves {
		shown[i] = mv.Show(r, e.Seat, viewer)
	}
	taken.Moves = shown
	e.Fact = taken
	return e
}

// Show returns a move of seat as viewer may know it before the match is over. Without rules nobody can say what is
// secret: r nil hides every move of a ruled match; relay mode has no secrets and does not ask.
func (mv PlayedMove) Show(r Rules, seat, viewer int) PlayedMove {
	if seat == viewer {
		return mv
	}
	if r == nil {
		return PlayedMove{Hidden: true}
	}
	mv = r.Redact(mv, seat, viewer)
	if mv.Hidden {
		return PlayedMove{Hidden: true}
	}
	return mv
}
