package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/bot"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// board is what a player sees of a tic-tac-toe board, its rows from the top.
func board(t testing.TB, rows string) bot.Sight {
	t.Helper()
	seat := 1 + strings.Count(rows, "X") - strings.Count(rows, "O")
	view, err := json.Marshal(map[string]any{"rows": strings.Split(rows, "/"), "next": "XO"[seat-1 : seat]})
	if err != nil {
		t.Fatal(err)
	}
	p, err := tictactoe.Rules{}.Imagine(view, seat, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bot.Sight{Game: "tictactoe", Seat: seat, View: view, Legal: tictactoe.Rules{}.LegalMoves(p, seat)}
}

// TestThinkersSeeOneMoveAhead: both bots that think win at once where they can, and else keep the other from it.
func TestThinkersSeeOneMoveAhead(t *testing.T) {
	for _, tt := range []struct{ name, rows, want string }{
		{"wins", "OO./.../XX.", "c1"},
		{"wins as O", "OO./X../XX.", "c3"},
		{"wins rather than defends", "XX./.../OO.", "c3"},
		{"defends", "X../..O/XO.", "a2"},
		{"defends as O", "XX./.O./...", "c3"},
	} {
		for name, c := range map[string]bot.Chooser{
			"greedy": greedy(t, tictactoe.Rules{})(1), "search": search(t, tictactoe.Rules{}, 400)(1),
		} {
			if move, ok := c.Choose(board(t, tt.rows)); move != tt.want || !ok {
				t.Errorf("%s %s in %s: played %q, want %q", name, tt.name, tt.rows, move, tt.want)
			}
		}
	}
}

// TestGreedyHasNoFavourite: of equal moves it plays each.
func TestGreedyHasNoFavourite(t *testing.T) {
	g := greedy(t, tictactoe.Rules{})(2)
	count := map[string]int{}
	for range 60 {
		move, _ := g.Choose(board(t, "X../.O./..X"))
		count[move]++
	}
	for _, move := range []string{"a1", "c3"} { // the free corners
		if count[move] == 0 {
			t.Errorf("%s was never played: %v", move, count)
		}
	}
}

// TestGreedyDaresAsMuchAsItPays: in pig it is worth to roll until about 20 points are at stake, and to stop when that wins.
func TestGreedyDaresAsMuchAsItPays(t *testing.T) {
	for _, tt := range []struct {
		score, turn int
		want        string
	}{{0, 0, "roll"}, {0, 9, "roll"}, {0, 40, "hold"}, {88, 12, "hold"}, {88, 2, "roll"}} {
		view := fmt.Sprintf(`{"target":100,"scores":{"1":40,"2":%d},"next":2,"turn_total":%d}`, tt.score, tt.turn)
		g := greedy(t, pig.Rules{})(3)
		if move, _ := g.Choose(bot.Sight{Seat: 2, View: []byte(view), Legal: []string{"roll", "hold"}}); move != tt.want {
			t.Errorf("with %d points and %d at stake: %q, want %q", tt.score, tt.turn, move, tt.want)
		}
	}
}

// TestThinkersRepeatWithTheirSeed: the same seed and the same sights, the same moves.
func TestThinkersRepeatWithTheirSeed(t *testing.T) {
	for name, rules := range map[string]game.Rules{"tictactoe": tictactoe.Rules{}, "pig": pig.Rules{}, "sealed": sealed{}} {
		for kind, of := range map[string]func(byte) bot.Chooser{"greedy": greedy(t, rules), "search": search(t, rules, 60)} {
			played := func(seed byte) []string {
				rec := &recorder{Chooser: of(seed)}
				contest(t, rules, 9, rec, random(9))
				return rec.moves
			}
			if a, b := played(1), played(1); !slices.Equal(a, b) {
				t.Errorf("%s %s: the same seed played %v and %v", kind, name, a, b)
			}
			differ := false
			for seed := range byte(20) {
				differ = differ || !slices.Equal(played(1), played(2+seed))
			}
			if !differ && name != "sealed" { // in which there is one good move
				t.Errorf("%s %s: 21 seeds played the same", kind, name)
			}
		}
	}
}

// recorder notes what a chooser plays.
type recorder struct {
	bot.Chooser
	moves []string
}

func (r *recorder) Choose(s bot.Sight) (string, bool) {
	move, ok := r.Chooser.Choose(s)
	r.moves = append(r.moves, move)
	return move, ok
}

// TestThinkersPlayOnlyWhatIsListed: whatever the rules would allow, and whatever they say of the view.
func TestThinkersPlayOnlyWhatIsListed(t *testing.T) {
	open := board(t, ".../.../...")
	for name, c := range map[string]bot.Chooser{
		"greedy": greedy(t, tictactoe.Rules{})(4), "search": search(t, tictactoe.Rules{}, 50)(4),
	} {
		for _, tt := range []struct {
			name  string
			view  string
			legal []string
		}{
			{"a part of the moves", string(open.View), []string{"a1", "c2"}},
			{"one move", string(open.View), []string{"b2"}},
			{"no move", string(open.View), nil},
			{"moves that the rules refuse", string(open.View), []string{"z9", "pass"}},
			{"one that they refuse", string(open.View), []string{"z9", "a1"}},
			{"a view that is none", `{"rows":7}`, []string{"a1", "c2"}},
		} {
			move, ok := c.Choose(bot.Sight{Seat: 1, View: []byte(tt.view), Legal: tt.legal})
			if ok != (len(tt.legal) > 0) || ok && !slices.Contains(tt.legal, move) {
				t.Errorf("%s, %s: played %q, %v", name, tt.name, move, ok)
			}
			if tt.name == "one that they refuse" && move != "a1" {
				t.Errorf("%s: played %q, which the rules refuse", name, move)
			}
		}
	}
}

// bare are rules that do not help bots.
type bare struct{ game.Rules }

// unlisted are rules that imagine and do not list.
type unlisted struct {
	game.Rules
	game.Imaginer
}

func TestThinkersSayWhatTheyMiss(t *testing.T) {
	one := bot.Budget{Playouts: 1}
	if _, err := bot.NewGreedy(bare{tictactoe.Rules{}}, [32]byte{}); err == nil || !strings.Contains(err.Error(), "game.Imaginer") {
		t.Errorf("greedy without Imaginer: %v", err)
	}
	if _, err := bot.NewSearch(bare{tictactoe.Rules{}}, [32]byte{}, one); err == nil || !strings.Contains(err.Error(), "game.Imaginer") {
		t.Errorf("search without Imaginer: %v", err)
	}
	some := unlisted{tictactoe.Rules{}, tictactoe.Rules{}}
	if _, err := bot.NewSearch(some, [32]byte{}, one); err == nil || !strings.Contains(err.Error(), "game.MoveLister") {
		t.Errorf("search without MoveLister: %v", err)
	}
	g, err := bot.NewGreedy(some, [32]byte{}) // which needs none
	if err != nil {
		t.Fatal(err)
	}
	if move, _ := g.Choose(board(t, "OO./.../XX.")); move != "c1" {
		t.Errorf("greedy without MoveLister played %q", move)
	}
}
