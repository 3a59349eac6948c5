package bench

import (
	"testing"

	"yourmove/game"
	"yourmove/game/chess"
)

// TestChessGame: the server must take every move of it, and the last one must end the match.
func TestChessGame(t *testing.T) {
	var r chess.Rules
	p, err := r.Setup(nil, []int{1, 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, move := range chessGame {
		if r.Outcomes(p) != nil {
			t.Fatalf("it is over after %d moves of %d", i, len(chessGame))
		}
		played, err := r.Play(p, i%2+1, move, game.Moment{}, nil)
		if err != nil {
			t.Fatalf("move %d, %s: %v", i+1, move, err)
		}
		p = played.Position
	}
	if o := r.Outcomes(p); len(o) != 2 || o[1].Result != game.Won {
		t.Errorf("it ends with %v, not with Black's mate", o)
	}
}
