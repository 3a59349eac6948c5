package bot_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/bot"
	"yourmove/game/connectfour"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// TestStrength: each kind of bot beats the one below it. BenchmarkSearchAgainstGreedy has more games.
func TestStrength(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rules  game.Rules
		games  int
		a, b   func(byte) bot.Chooser
		points int // at least, two for a win and one for a draw
	}{
		{"connect four, search against greedy", connectfour.Rules{}, 12, search(t, connectfour.Rules{}, 1000), greedy(t, connectfour.Rules{}), 20},
		{"connect four, greedy against random", connectfour.Rules{}, 20, greedy(t, connectfour.Rules{}), random, 38},
		{"tic-tac-toe, greedy against random", tictactoe.Rules{}, 40, greedy(t, tictactoe.Rules{}), random, 66},
		{"pig, greedy against random", pig.Rules{}, 20, greedy(t, pig.Rules{}), random, 36},
		{"pig, search against random", pig.Rules{}, 20, search(t, pig.Rules{}, 200), random, 34},
	} {
		t.Run(tt.name, func(t *testing.T) {
			score := match(t, tt.rules, tt.games, tt.a, tt.b)
			if 2*score.won+score.drawn < tt.points {
				t.Errorf("%+v, want at least %d points of %d", score, tt.points, 2*tt.games)
			}
		})
	}
}

// TestSearchDoesNotLoseTicTacToe: with some thousand playouts it sees the whole game, against anybody.
func TestSearchDoesNotLoseTicTacToe(t *testing.T) {
	for name, b := range map[string]func(byte) bot.Chooser{"greedy": greedy(t, tictactoe.Rules{}), "random": random} {
		if score := match(t, tictactoe.Rules{}, 12, search(t, tictactoe.Rules{}, 2000), b); score.lost > 0 {
			t.Errorf("against %s: %+v", name, score)
		}
	}
}

// TestThinkersKnowWhatTheyDoNotKnow: one ball under four cups is found once in four times, so a draw is better than a
// guess. Were one position imagined once, the ball would seem to be in plain sight.
func TestThinkersKnowWhatTheyDoNotKnow(t *testing.T) {
	view := []byte(`{"answer":"","cup":""}`)
	for name, of := range map[string]func(byte) bot.Chooser{"greedy": greedy(t, cups{}), "search": search(t, cups{}, 200)} {
		drew := 0
		for n := range byte(20) {
			if move, _ := of(n).Choose(bot.Sight{Seat: 1, View: view, Legal: cupsMoves}); move == "draw" {
				drew++
			}
		}
		if drew < 18 { // a few positions may happen to agree
			t.Errorf("%s asked for a draw in %d of 20 games", name, drew)
		}
	}
}

// TestThinkersActAtTheSameTime: the highest bid wins whoever has bid, and some seats are empty.
func TestThinkersActAtTheSameTime(t *testing.T) {
	for _, bids := range []string{`["open","open","open"]`, `["sealed","open","open"]`, `["sealed","open","sealed"]`} {
		view := []byte(`{"seats":[1,2,4],"bids":` + bids + `}`)
		s := search(t, sealed{}, 300)(1)
		if move, _ := s.Choose(bot.Sight{Seat: 2, Seats: []int{1, 2, 4}, View: view, Legal: []string{"1", "2", "3"}}); move != "3" {
			t.Errorf("with bids %s: played %q, want 3", bids, move)
		}
	}
}

// TestSearchAmongSeveral: everybody plays for himself.
func TestSearchAmongSeveral(t *testing.T) {
	won := 0
	for n := range byte(10) {
		outcomes, _ := contest(t, pig.Rules{}, n, random(n), search(t, pig.Rules{}, 100)(n), random(n+50), random(n+100))
		if outcomes[1].Result == game.Won {
			won++
		}
	}
	if won < 7 {
		t.Errorf("one who thinks won %d of 10 games of pig against three who do not", won)
	}
}

// clock goes on by a step each time that it is read.
type clock struct {
	now  time.Time
	step time.Duration
	read int
}

func (c *clock) Now() time.Time {
	c.read++
	c.now = c.now.Add(c.step)
	return c.now
}

func TestSearchKeepsToItsTime(t *testing.T) {
	sight := board(t, ".../.../...")
	for _, tt := range []struct {
		name   string
		budget bot.Budget
		reads  int
	}{
		{"until the time is up", bot.Budget{Time: 100 * time.Millisecond}, 100},
		{"the playouts end first", bot.Budget{Time: 100 * time.Millisecond, Playouts: 10}, 10},
		{"one playout takes longer than all the time", bot.Budget{Time: time.Microsecond}, 2},
	} {
		c := clock{step: time.Millisecond}
		tt.budget.Now = c.Now
		s, err := bot.NewSearch(tictactoe.Rules{}, [32]byte{}, tt.budget)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Choose(sight); !ok || c.read < tt.reads-1 || c.read > tt.reads+1 {
			t.Errorf("%s: the clock was read %d times, want about %d", tt.name, c.read, tt.reads)
		}
	}
}

func TestBudgets(t *testing.T) {
	for _, b := range []bot.Budget{
		{}, {Playouts: -1}, {Time: time.Second}, {Time: -time.Second, Now: time.Now}, {Playouts: 1, Depth: -1},
	} {
		if _, err := bot.NewSearch(tictactoe.Rules{}, [32]byte{}, b); err == nil {
			t.Errorf("%+v was accepted", b)
		}
	}
}

func ExampleNewSearch() {
	var rules tictactoe.Rules
	s, err := bot.NewSearch(rules, [32]byte{7}, bot.Budget{Playouts: 500})
	if err != nil {
		fmt.Println(err) // the rules do not imagine, or list no moves: play at random
		return
	}
	view, err := json.Marshal(map[string]any{"rows": []string{"O.O", ".X.", "X.."}, "next": "X"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Choose(bot.Sight{Seat: 1, Seats: []int{1, 2}, View: view, Legal: []string{"b1", "c1", "a2", "c2", "b3"}}))
	// Output: b3 true
}
