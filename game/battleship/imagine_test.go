package battleship_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/battleship"
)

// shots says how a seat shoots in a test: at random, or by hunting round its hits as people do.
type shots func(rng *rand.Rand, p game.Position, seat int) string

func blindly(rng *rand.Rand, p game.Position, seat int) string {
	moves := battleship.Rules{}.LegalMoves(p, seat)
	return moves[rng.IntN(len(moves))]
}

// sharply hits with most shots, so that there are many hits at a time whose ships are not sunk.
func sharply(rng *rand.Rand, p game.Position, seat int) string {
	for range 6 {
		move := blindly(rng, p, seat)
		if played, err := (battleship.Rules{}).Play(p, seat, move, game.Moment{}, nil); err == nil && played.Chance != "miss" {
			return move
		}
	}
	return blindly(rng, p, seat)
}

// each calls f with the positions of random games.
func each(t testing.TB, games int, how shots, f func(seed uint64, p game.Position)) {
	t.Helper()
	var r battleship.Rules
	for seed := range uint64(games) {
		rng := rand.New(rand.NewPCG(seed, 8))
		p, err := r.Setup(nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		f(seed, p)
		for seat := 2; seat > 0; seat-- {
			played, err := r.Play(p, seat, "random", game.Moment{}, game.NewChance(game.Seed{byte(seat)}, seed))
			if err != nil {
				t.Fatal(err)
			}
			p = played.Position
			f(seed, p)
		}
		for seat := 1; r.Outcomes(p) == nil; seat = 3 - seat {
			p = play(t, p, seat, how(rng, p, seat)).Position
			f(seed, p)
		}
	}
}

// TestImagine: whatever is imagined from a view of a real position looks the same to the viewer, before, during and after
// the shooting.
func TestImagine(t *testing.T) {
	for name, how := range map[string]shots{"blindly": blindly, "sharply": sharply} {
		t.Run(name, func(t *testing.T) {
			var r battleship.Rules
			others := 0
			each(t, 5, how, func(seed uint64, p game.Position) {
				for viewer := range 3 {
					view := viewOf(t, p, viewer)
					got, err := r.Imagine(view, viewer, game.NewChance(game.Seed{}, seed))
					if err != nil {
						t.Fatalf("seed %d, viewer %d: %s: %v", seed, viewer, view, err)
					}
					if again := viewOf(t, got, viewer); string(again) != string(view) {
						t.Fatalf("seed %d, viewer %d: imagined\n%s\nfrom\n%s", seed, viewer, again, view)
					}
					if encoded(t, got) != encoded(t, p) {
						others++
					}
				}
			})
			if others < 250 {
				t.Errorf("only %d imagined positions were not the real one", others)
			}
		})
	}
}

// TestImagineAnswers: a fleet that is imagined would have given the same answer to every shot, in the same order.
func TestImagineAnswers(t *testing.T) {
	first, second := strings.Fields("a6 a7 a5 a8 a9 b9 a10 g7 j7 j2 j10 i10 h10 d8"), strings.Fields("c3 c4 c5 e1 a3 b3 b4 a4 j10")
	real, answers := shoot(t, at(t, fleets), first, second)
	seen := map[string]bool{}
	for v := range uint64(200) {
		p, err := battleship.Rules{}.Imagine(viewOf(t, real, 1), 1, game.NewChance(game.Seed{}, v))
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(encoded(t, p), "/")
		seen[parts[2]] = true
		_, again := shoot(t, at(t, parts[0]+"//"+parts[2]+"/"), first, second)
		if strings.Join(again, ",") != strings.Join(answers, ",") {
			t.Fatalf("%s would have answered\n%q, and the answers were\n%q", parts[2], again, answers)
		}
	}
	if len(seen) < 20 {
		t.Errorf("200 drawings saw only %d fleets", len(seen))
	}
}

// TestImagineLikely: fleets are imagined about as often as they are likely. Counted by pairs of places, and without regard
// to the other ships, two hits on g7 and h7 are one ship in 82 of 100 fleets: one ship lies on both in 0.085 of all
// placements, two ships in 0.018.
func TestImagineLikely(t *testing.T) {
	const drawings = 1000
	one := 0
	count := map[string]int{}
	p, _ := shoot(t, at(t, fleets), []string{"g7", "h7"}, []string{"j10", "j9"})
	for v := range uint64(drawings) {
		q, err := battleship.Rules{}.Imagine(viewOf(t, p, 1), 1, game.NewChance(game.Seed{}, v))
		if err != nil {
			t.Fatal(err)
		}
		for _, ship := range look(t, q, 2).Boards["2"].Ships {
			if covers(t, ship, "g7") && covers(t, ship, "h7") {
				one++
			}
			if strings.HasPrefix(ship, "destroyer") {
				count[ship]++
			}
		}
	}
	if one < drawings*76/100 || one > drawings*88/100 {
		t.Errorf("two hits side by side were one ship in %d of %d", one, drawings)
	}
	for ship, n := range count {
		if n > drawings/4 {
			t.Errorf("%s was drawn %d times in %d", ship, n, drawings)
		}
	}
	if len(count) < 100 {
		t.Errorf("the destroyer was drawn in only %d places", len(count))
	}
}

// covers reports whether a ship on an otherwise empty board takes a square.
func covers(t *testing.T, ship, square string) bool {
	t.Helper()
	p := play(t, at(t, "---------------//---------------/"), 1, ship).Position
	return look(t, p, 1).Boards["1"].Rows[square[1]-'1'][square[0]-'a'] == '#'
}

func TestImagineRefuses(t *testing.T) {
	real := string(viewOf(t, at(t, midway), 1))
	if _, err := (battleship.Rules{}).Imagine([]byte(real), 1, chance()); err != nil {
		t.Fatal(err)
	}
	swap := func(was, is string) string {
		if !strings.Contains(real, was) {
			t.Fatalf("%s is not in %s", was, real)
		}
		return strings.Replace(real, was, is, 1)
	}
	for name, view := range map[string]string{
		"nothing":                   "",
		"another game":              `{"rows":["..X",".O.","X.."],"next":"O"}`,
		"no boards":                 `{"phase":"placing"}`,
		"another phase":             swap("shooting", "over"),
		"another one next":          swap(`"next":2`, `"next":1`),
		"a shot off the board":      swap(`"a7"`, `"k7"`),
		"a shot twice":              swap(`"a7"`, `"a6"`),
		"a shot nobody saw":         swap(`"a7",`, ``),
		"a ship over the edge":      swap("carrier a1 across", "carrier g1 across"),
		"a ship of no kind":         swap("carrier a1", "canoe a1"),
		"ships on each other":       swap("carrier a1", "carrier a2"),
		"a ship elsewhere":          swap("cruiser a3 across", "cruiser a10 across"),
		"a ship missing":            swap(`"cruiser a3 across",`, ""),
		"sunk by another shot":      swap(`"carrier":"a10"`, `"carrier":"a9"`),
		"sunk without hits":         swap(`"carrier":"a10"`, `"carrier":"a10","cruiser":"a9"`),
		"not sunk after all":        swap(`"sunk":{"carrier":"a10"}`, `"sunk":{}`),
		"a row too few":             swap(`,"x.........","x.........","x.........","x.........","x........."`, `,"x.........","x.........","x.........","x........."`),
		"a short row":               swap(`"##x##....."`, `"##x"`),
		"a board that is not ready": swap(`"2":{"ready":true`, `"2":{"ready":false`),
		"hits that no fleet has":    swap(`"x.........","x.........","x.........","x.........","x........."`, `"x.........","x.........","o.........","x.........","x........."`),
	} {
		if p, err := (battleship.Rules{}).Imagine([]byte(view), 1, chance()); err == nil {
			t.Errorf("%s: imagined as %s", name, encoded(t, p))
		}
	}
	if _, err := (battleship.Rules{}).Imagine([]byte(real), 2, chance()); err == nil {
		t.Error("the view of seat 1 was taken for one of seat 2")
	}
}

// FuzzMoves plays what it is told and asks of each position that it comes to whether it can be read again and shown, and
// whether what a viewer is shown can be imagined.
func FuzzMoves(f *testing.F) {
	f.Add(uint64(1), "carrier a1 across\nrandom\nrandom\na1\nb2")
	f.Add(uint64(2), strings.Join(placing1, "\n")+"\n"+strings.Join(placing2, "\n")+"\na6\na1\na7\nj10\na8\nj9\na9\nj8\na10\nb1")
	f.Add(uint64(3), "carrier j10 down\ncarrier j6 down\ncarrier j5 down\ndestroyer j9 down")
	f.Fuzz(func(t *testing.T, seed uint64, script string) {
		var r battleship.Rules
		p, err := r.Setup(nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, move := range strings.Split(script, "\n") {
			if i == 250 || r.Outcomes(p) != nil {
				break
			}
			seat := 1
			if r.Duty(p, 1) == game.Waits {
				seat = 2
			}
			played, err := r.Play(p, seat, move, game.Moment{}, game.NewChance(game.Seed{}, seed+uint64(i)))
			if err != nil {
				continue
			}
			p = played.Position
			if got := encoded(t, at(t, encoded(t, p))); got != encoded(t, p) {
				t.Fatalf("%s is read as %s", encoded(t, p), got)
			}
			viewer := i % 3
			view := viewOf(t, p, viewer)
			q, err := r.Imagine(view, viewer, game.NewChance(game.Seed{}, seed))
			if err != nil || string(viewOf(t, q, viewer)) != string(view) {
				t.Fatalf("viewer %d: %s is imagined as %v (%v)", viewer, view, q, err)
			}
		}
	})
}

// FuzzImagine: whatever comes as a view is refused, or imagined as something that looks like it; in bounded time.
func FuzzImagine(f *testing.F) {
	for viewer := range 3 {
		f.Add(viewOf(f, at(f, midway), viewer), viewer)
		f.Add(viewOf(f, at(f, placed1), viewer), viewer)
	}
	f.Fuzz(func(t *testing.T, view []byte, viewer int) {
		p, err := battleship.Rules{}.Imagine(view, viewer, chance())
		if err != nil {
			return
		}
		if _, err := (battleship.Rules{}).Imagine(viewOf(t, p, viewer), viewer, chance()); err != nil {
			t.Errorf("%s, imagined from %s, cannot be imagined again: %v", encoded(t, p), view, err)
		}
	})
}

func BenchmarkImagine(b *testing.B) {
	for name, how := range map[string]shots{"blindly": blindly, "sharply": sharply} {
		var views [][]byte
		each(b, 20, how, func(_ uint64, p game.Position) {
			if v := look(b, p, 1); v.Phase == "shooting" {
				views = append(views, viewOf(b, p, 1))
			}
		})
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				i++
				if _, err := (battleship.Rules{}).Imagine(views[i%len(views)], 1, game.NewChance(game.Seed{}, uint64(i))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkShooting plays games at random from the first shot on; ns/shot is what one costs that looks for the end, the
// legal moves and whose turn it is.
func BenchmarkShooting(b *testing.B) {
	var r battleship.Rules
	rng := rand.New(rand.NewPCG(1, 2))
	start := at(b, fleets)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		p := start
		for seat := 1; r.Outcomes(p) == nil; seat = 3 - seat {
			if r.Duty(p, seat) != game.MustAct {
				b.Fatal("not on turn")
			}
			p = play(b, p, seat, blindly(rng, p, seat)).Position
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/shot")
}
