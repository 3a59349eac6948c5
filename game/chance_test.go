package game_test

import (
	"fmt"
	"slices"
	"testing"

	"yourmove/game"
)

// TestChanceVectors fixes what chance decides: another generator, or another way of drawing from it, would judge the
// matches that are already stored otherwise.
func TestChanceVectors(t *testing.T) {
	counting := game.Seed{}
	for i := range counting {
		counting[i] = byte(i)
	}
	for _, c := range []struct {
		seed    game.Seed
		version uint64
		want    string
	}{
		{game.Seed{}, 1, "867e1a80fa632779 37c72b526bb721cf 1 1 6 4 1 6 5 6 4 4 3 6 773042219 2047826624711635794 3832576736293811663 6397509849712340692 5495136542406682146 [7 9 8 6 3 4 0 5 1 2]"},
		{game.Seed{}, 2, "fe3876fa61f9040e 037f35c568733143 1 4 1 6 1 4 6 2 3 5 4 4 871795902 2163912050303728404 2765526256326860208 2711172700182969306 2271199655377687073 [5 6 2 7 1 4 0 9 3 8]"},
		{counting, 1, "9d17756af6f2f8c5 312ef6cc254e7e6a 3 1 1 3 4 4 2 4 5 3 3 2 629905067 4223282911455033210 5265178369602567863 4117354664434583505 3176255606948425451 [4 2 5 8 9 7 6 0 3 1]"},
		{counting, 1 << 40, "1890f21ffa42e7c6 52f4078b9aaee275 5 1 5 2 4 4 4 1 6 1 2 2 900599636 4041695395721863765 92028972360037139 2213392732480590804 4942704481521739821 [6 9 0 1 4 7 2 8 5 3]"},
	} {
		ch := game.NewChance(c.seed, c.version)
		got := fmt.Sprintf("%016x %016x", ch.Uint64(), ch.Uint64())
		for range 12 {
			got += fmt.Sprintf(" %d", ch.Die(6))
		}
		got += fmt.Sprintf(" %d", ch.IntN(1_000_000_007))
		for range 4 {
			got += fmt.Sprintf(" %d", ch.IntN(3<<61)) // every fourth number is one to draw again
		}
		deck := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		ch.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		if got += fmt.Sprint(" ", deck); got != c.want {
			t.Errorf("seed %x, version %d:\n%s, want\n%s", c.seed[:4], c.version, got, c.want)
		}
	}
}

// TestChanceRepeats: the same seed and event number draw the same, others do not.
func TestChanceRepeats(t *testing.T) {
	seen := map[uint64]string{}
	for _, seed := range []game.Seed{{}, {1}, {31: 1}} {
		for version := range uint64(100) {
			first := game.NewChance(seed, version).Uint64()
			if game.NewChance(seed, version).Uint64() != first {
				t.Fatalf("seed %x version %d does not repeat", seed, version)
			}
			what := fmt.Sprintf("seed %x version %d", seed, version)
			if before, ok := seen[first]; ok {
				t.Fatalf("%s and %s begin alike", before, what)
			}
			seen[first] = what
		}
	}
}

// chiSquare sums the squared differences from an even spread; the seed is fixed, so the bound is never met by luck.
func chiSquare(counts []int) float64 {
	n := 0
	for _, c := range counts {
		n += c
	}
	even, sum := float64(n)/float64(len(counts)), 0.0
	for _, c := range counts {
		sum += (float64(c) - even) * (float64(c) - even) / even
	}
	return sum
}

func TestDieIsEven(t *testing.T) {
	counts := make([]int, 6)
	// As matches draw: one roll of each event's own chance, not many of one.
	for version := range uint64(30_000) {
		n := game.NewChance(game.Seed{7}, version).Die(6)
		if n < 1 || n > 6 {
			t.Fatalf("a die shows %d", n)
		}
		counts[n-1]++
	}
	if x := chiSquare(counts); x > 20.5 { // one in a thousand, with 5 degrees of freedom
		t.Errorf("%v: chi-square %.1f", counts, x)
	}
}

func TestShuffleIsEven(t *testing.T) {
	index := map[string]int{}
	var counts []int
	ch := game.NewChance(game.Seed{8}, 1)
	for range 24_000 {
		deck := []byte("abcd")
		ch.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		if i, ok := index[string(deck)]; ok {
			counts[i]++
			continue
		}
		index[string(deck)] = len(counts)
		counts = append(counts, 1)
	}
	if len(counts) != 24 {
		t.Fatalf("%d orders of 24", len(counts))
	}
	if x := chiSquare(counts); x > 49.7 { // one in a thousand, with 23 degrees of freedom
		t.Errorf("%v: chi-square %.1f", counts, x)
	}
}

func TestChanceBounds(t *testing.T) {
	ch := game.NewChance(game.Seed{}, 1)
	for range 100 {
		if n := ch.IntN(1); n != 0 {
			t.Fatalf("IntN(1) is %d", n)
		}
		if n := ch.Die(1); n != 1 {
			t.Fatalf("Die(1) is %d", n)
		}
		if n := ch.IntN(3 << 61); n < 0 || n >= 3<<61 { // a quarter of all draws must be drawn again
			t.Fatalf("IntN(3<<61) is %d", n)
		}
	}
	for _, n := range []int{0, 1} {
		ch.Shuffle(n, func(i, j int) { t.Errorf("of %d things %d and %d were swapped", n, i, j) })
	}
	for _, n := range []int{0, -1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("IntN(%d) did not panic", n)
				}
			}()
			ch.IntN(n)
		}()
	}
	deck := make([]int, 52)
	for i := range deck {
		deck[i] = i
	}
	ch.Shuffle(len(deck), func(i, j int) {
		if i < 0 || j < 0 || i >= len(deck) || j > i {
			t.Fatalf("swaps %d and %d", i, j)
		}
		deck[i], deck[j] = deck[j], deck[i]
	})
	slices.Sort(deck)
	for i, n := range deck {
		if i != n {
			t.Fatalf("card %d was lost: %v", i, deck)
		}
	}
}
