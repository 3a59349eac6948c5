package game_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

// race is a duel: by turns both add 1 or 2, and who reaches ten wins; eleven is a draw.
type race struct {
	game.JSON[sum]
	game.Duel[sum]
}

type sum struct{ N, Turn int }

func (race) Info() game.Info {
	return game.Info{Name: "race", Title: "Race", Version: 1, MinSeats: 2, MaxSeats: 2, Notation: "1 or 2"}
}

func (sum) Start(game.Options) (sum, error) { return sum{Turn: 1}, nil }
func (s sum) ToMove() int                   { return s.Turn }
func (s sum) Moves() []string               { return []string{"1", "2"} }
func (s sum) View() any                     { return s }

func (s sum) Play(seat int, move string) (sum, error) {
	n := slices.Index(s.Moves(), move) + 1
	if n == 0 {
		return s, game.Malformed("1 or 2")
	}
	return sum{s.N + n, 3 - seat}, nil
}

func (s sum) Result() (winner int, over bool) {
	if s.N == 10 {
		return 3 - s.Turn, true
	}
	return 0, s.N > 10
}

func TestDuel(t *testing.T) {
	gametest.Run(t, race{})
	var r race
	p, err := r.Setup(nil, []int{1, 2}, nil)
	if err != nil || p != (sum{Turn: 1}) {
		t.Fatalf("begins with %+v, %v", p, err)
	}
	played, err := r.Play(p, 1, "2", game.Moment{}, nil)
	if err != nil || !reflect.DeepEqual(played, game.Played{Position: sum{2, 2}}) {
		t.Errorf("a move leads to %+v, %v", played, err)
	}
	var e *game.Error
	if _, err := r.Play(p, 1, "3", game.Moment{}, nil); !errors.As(err, &e) || e.Reason != game.MalformedMove {
		t.Errorf("what the position refuses: %v", err)
	}
	for _, c := range []struct {
		p    sum
		want []game.Outcome
	}{
		{sum{9, 1}, nil}, {sum{10, 1}, game.WonBy(2, 2)}, {sum{10, 2}, game.WonBy(1, 2)}, {sum{11, 1}, game.DrawnBy(2)},
	} {
		if got := r.Outcomes(c.p); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v, want %+v", c.p, got, c.want)
		}
	}
	for seat, want := range map[int]game.Duty{1: game.Waits, 2: game.MustAct} {
		if got := r.Duty(sum{3, 2}, seat); got != want {
			t.Errorf("the duty of seat %d is %d", seat, got)
		}
	}
}

func TestSquares(t *testing.T) {
	all := game.Squares(4, 12, func(int) bool { return true })
	if len(all) != 48 || all[0] != "a1" || all[3] != "d1" || all[4] != "a2" || all[47] != "d12" {
		t.Errorf("the squares of a board of four columns are %v", all)
	}
	for want, name := range all {
		if at, ok := game.Square(name, 4, 12); !ok || at != want {
			t.Errorf("%s is square %d, %v, not %d", name, at, ok, want)
		}
	}
	if got := fmt.Sprint(game.Squares(3, 2, func(at int) bool { return at%2 == 1 })); got != "[b1 a2 c2]" {
		t.Errorf("every other square is %s", got)
	}
	for _, name := range []string{"", "a", "1", "a0", "a13", "e1", "`1", "A1", "a01", "a+1", "a-1", " a1", "a1 ", "a1x", "aa1", "é1", "a99999999999999999999"} {
		if at, ok := game.Square(name, 4, 12); ok {
			t.Errorf("%q is square %d", name, at)
		}
	}
}

func TestByScore(t *testing.T) {
	for _, c := range []struct {
		scores []int
		want   string
	}{
		{[]int{3, 7, 5}, "2:lost3 4:won1 5:lost2"},
		{[]int{7, 3, 7}, "2:drawn1 4:lost3 5:drawn1"},
		{[]int{1, 0, 0}, "2:won1 4:lost2 5:lost2"},
		{[]int{-1, -1, -1}, "2:drawn1 4:drawn1 5:drawn1"},
	} {
		got := ""
		for i, o := range game.ByScore([]int{2, 4, 5}, c.scores) {
			word := map[game.Result]string{game.Won: "won", game.Lost: "lost", game.Drawn: "drawn"}[o.Result]
			got += fmt.Sprintf(" %d:%s%d", o.Seat, word, o.Place)
			if *o.Score != float64(c.scores[i]) || o.Ending != game.EndPlayed {
				t.Errorf("scores %v: %+v", c.scores, o)
			}
		}
		if got != " "+c.want {
			t.Errorf("scores %v:%s, want %s", c.scores, got, c.want)
		}
	}
}
