package pig_test

import (
	"testing"

	"yourmove/game"
	"yourmove/game/pig"
)

func TestDraw(t *testing.T) {
	for _, c := range []struct {
		name, want string
		position   game.Position
		viewer     int
	}{
		{"a player who waits", "you       10\nseat 2    20\nseat 4     0\nto roll: seat 4, 9 at stake; 100 win\n",
			at(t, 100, "[1,2,4]", "[10,20,0]", 2, 9), 1},
		{"a player who rolls", "seat 1     0\nyou       20\nto roll: you, 0 at stake; 1000 win\n", at(t, 1000, "[1,2]", "[0,20]", 1, 0), 2},
		{"a spectator", "seat 1     0\nseat 2     0\nto roll: seat 1, 4 at stake; 100 win\n", at(t, 100, "[1,2]", "[0,0]", 0, 4), 0},
		{"at the end", "you      101\nseat 2    20\n100 win\n", at(t, 100, "[1,2]", "[101,20]", 1, 0), 1},
	} {
		if got := (pig.Rules{}).Draw(c.position, c.viewer); got != c.want {
			t.Errorf("%s is shown\n%swant\n%s", c.name, got, c.want)
		}
	}
}
