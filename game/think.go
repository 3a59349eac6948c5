package game

// Imaginer is implemented by Rules that can make up a whole position from what one seat is shown of it. With it a bot
// can think ahead and still know no more than its player does.
type Imaginer interface {
	// Imagine returns a position whose View for viewer is view, as JSON. What view does not tell is drawn with c, so that
	// many drawings show what may be. The seat's duty, its legal moves and the outcomes are those of the real position.
	// An error says that view is none that these rules show to a seat.
	Imagine(view []byte, viewer int, c *Chance) (Position, error)
}

// Estimator is implemented by Rules that can say how a seat stands without playing on.
type Estimator interface {
	// Estimate is what seat may hope for in p, a position in which the game goes on: between 0 (as good as lost) and 1
	// (as good as won).
	Estimate(p Position, seat int) float64
}
