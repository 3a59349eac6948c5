package bot_test

import (
	"fmt"
	"slices"
	"testing"

	"yourmove/game/bot"
)

func play(seed byte, n int) []string {
	r := bot.NewRandom([32]byte{seed})
	var moves []string
	for range n {
		move, _ := r.Choose(bot.Sight{Legal: []string{"a1", "b2", "c3"}})
		moves = append(moves, move)
	}
	return moves
}

func TestRandomRepeatsWithItsSeed(t *testing.T) {
	if a, b := play(1, 50), play(1, 50); !slices.Equal(a, b) {
		t.Errorf("the same seed played %v and %v", a, b)
	}
	if a, b := play(1, 50), play(2, 50); slices.Equal(a, b) {
		t.Error("two seeds played the same 50 moves")
	}
}

func TestRandomPlaysEveryLegalMoveAndNoOther(t *testing.T) {
	count := map[string]int{}
	for _, move := range play(3, 3000) {
		count[move]++
	}
	for _, move := range []string{"a1", "b2", "c3"} {
		if count[move] < 800 {
			t.Errorf("%s was played %d times in 3000", move, count[move])
		}
		delete(count, move)
	}
	if len(count) > 0 {
		t.Errorf("also played: %v", count)
	}
}

func TestRandomWithoutMoves(t *testing.T) {
	if move, ok := bot.NewRandom([32]byte{}).Choose(bot.Sight{}); ok {
		t.Errorf("chose %q where nothing is legal", move)
	}
}

func ExampleNewRandom() {
	var c bot.Chooser = bot.NewRandom([32]byte{7})
	move, ok := c.Choose(bot.Sight{Game: "pig", Seat: 1, Legal: []string{"roll"}})
	fmt.Println(move, ok)
	// Output: roll true
}
