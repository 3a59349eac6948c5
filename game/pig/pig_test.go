package pig_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
	"yourmove/game/pig"
)

func TestRules(t *testing.T) {
	gametest.Run(t, pig.Rules{},
		gametest.Config{Playouts: 3}, // a hundred points are a long way for those who hold at random
		gametest.Config{Options: game.Options(`{"target":10}`), Playouts: 24})
}

// at decodes a position: seats with their scores, whose turn it is by index, and what he has rolled.
func at(t *testing.T, target int, seats, scores string, next, turn int) game.Position {
	t.Helper()
	data := fmt.Sprintf(`{"target":%d,"seats":%s,"scores":%s,"next":%d,"turn":%d}`, target, seats, scores, next, turn)
	p, err := pig.Rules{}.Decode(1, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text(t *testing.T, p game.Position) string {
	t.Helper()
	_, data, err := pig.Rules{}.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// chanceOf finds a chance whose next die shows the number.
func chanceOf(t *testing.T, die int) func() *game.Chance {
	t.Helper()
	for v := range uint64(1000) {
		if game.NewChance(game.Seed{}, v).Die(6) == die {
			return func() *game.Chance { return game.NewChance(game.Seed{}, v) }
		}
	}
	t.Fatalf("no chance shows %d", die)
	return nil
}

func TestRoll(t *testing.T) {
	for die := 1; die <= 6; die++ {
		p := at(t, 100, "[1,2]", "[30,40]", 0, 12)
		played, err := pig.Rules{}.Play(p, 1, "roll", game.Moment{}, chanceOf(t, die)())
		if err != nil {
			t.Fatal(err)
		}
		want := at(t, 100, "[1,2]", "[30,40]", 0, 12+die)
		if die == 1 {
			want = at(t, 100, "[1,2]", "[30,40]", 1, 0) // the turn is lost, with all that was rolled in it
		}
		if text(t, played.Position) != text(t, want) || played.SameTurn != (die > 1) || played.Chance != fmt.Sprint(die) {
			t.Errorf("a %d: %s, the same turn %v, chance %q; want %s", die, text(t, played.Position), played.SameTurn, played.Chance, text(t, want))
		}
	}
}

func TestHold(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, want game.Position
		seat         int
		over         bool
	}{
		{"keeps", at(t, 100, "[1,2]", "[30,40]", 0, 12), at(t, 100, "[1,2]", "[42,40]", 1, 0), 1, false},
		{"last seat: round to the first", at(t, 100, "[1,2]", "[30,40]", 1, 5), at(t, 100, "[1,2]", "[30,45]", 0, 0), 2, false},
		{"over a gap", at(t, 100, "[1,2,4]", "[0,0,0]", 1, 5), at(t, 100, "[1,2,4]", "[0,5,0]", 2, 0), 2, false},
		{"nothing", at(t, 100, "[1,2]", "[30,40]", 0, 0), at(t, 100, "[1,2]", "[30,40]", 1, 0), 1, false},
		{"one short", at(t, 100, "[1,2]", "[95,40]", 0, 4), at(t, 100, "[1,2]", "[99,40]", 1, 0), 1, false},
		{"exactly", at(t, 100, "[1,2]", "[95,40]", 0, 5), at(t, 100, "[1,2]", "[100,40]", 1, 0), 1, true},
		{"more", at(t, 100, "[1,2]", "[95,40]", 0, 9), at(t, 100, "[1,2]", "[104,40]", 1, 0), 1, true},
	} {
		played, err := pig.Rules{}.Play(c.before, c.seat, "hold", game.Moment{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if text(t, played.Position) != text(t, c.want) || played.SameTurn || played.Chance != "" {
			t.Errorf("%s: %s, %+v; want %s", c.name, text(t, played.Position), played, text(t, c.want))
		}
		if over := (pig.Rules{}).Outcomes(played.Position) != nil; over != c.over {
			t.Errorf("%s: over %v", c.name, over)
		}
	}
}

// TestRolledIsNotHeld: the target counts once it is held, not when it has been rolled.
func TestRolledIsNotHeld(t *testing.T) {
	if got := (pig.Rules{}).Outcomes(at(t, 100, "[1,2]", "[95,40]", 0, 30)); got != nil {
		t.Errorf("outcomes before holding: %+v", got)
	}
}

func TestPlaces(t *testing.T) {
	got := pig.Rules{}.Outcomes(at(t, 100, "[1,2,4,5,8]", "[70,101,70,12,0]", 2, 0))
	var lines string
	for _, o := range got {
		lines += fmt.Sprintf("seat %d result %d place %d score %v ending %d\n", o.Seat, o.Result, o.Place, *o.Score, o.Ending)
	}
	want := `seat 1 result 2 place 2 score 70 ending 1
seat 2 result 1 place 1 score 101 ending 1
seat 4 result 2 place 2 score 70 ending 1
seat 5 result 2 place 4 score 12 ending 1
seat 8 result 2 place 5 score 0 ending 1
`
	if lines != want {
		t.Errorf("got\n%swant\n%s", lines, want)
	}
}

func TestRefusedMoves(t *testing.T) {
	p := at(t, 100, "[1,2,4]", "[0,0,0]", 2, 5)
	for _, c := range []struct {
		seat int
		move string
		want game.Reason
	}{
		{4, "", game.MalformedMove}, {4, "Roll", game.MalformedMove}, {4, "roll ", game.MalformedMove}, {4, "6", game.MalformedMove},
		{1, "roll", game.IllegalMove}, {2, "hold", game.IllegalMove}, {3, "hold", game.IllegalMove},
	} {
		_, err := pig.Rules{}.Play(p, c.seat, c.move, game.Moment{}, chanceOf(t, 2)())
		var e *game.Error
		if !errors.As(err, &e) || e.Reason != c.want {
			t.Errorf("%q by seat %d: %v, want %s", c.move, c.seat, err, c.want)
		}
	}
}

func TestLeave(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, want game.Position
		leaves       int
		same         bool
	}{
		{"in turn", at(t, 100, "[1,2,4]", "[1,2,3]", 1, 9), at(t, 100, "[1,4]", "[1,3]", 1, 0), 2, false},
		{"in turn, the last seat", at(t, 100, "[1,2,4]", "[1,2,3]", 2, 9), at(t, 100, "[1,2]", "[1,2]", 0, 0), 4, false},
		{"in turn, the first seat", at(t, 100, "[1,2,4]", "[1,2,3]", 0, 9), at(t, 100, "[2,4]", "[2,3]", 0, 0), 1, false},
		{"a seat before", at(t, 100, "[1,2,4]", "[1,2,3]", 1, 9), at(t, 100, "[2,4]", "[2,3]", 0, 9), 1, true},
		{"a seat after", at(t, 100, "[1,2,4]", "[1,2,3]", 1, 9), at(t, 100, "[1,2]", "[1,2]", 1, 9), 4, true},
	} {
		played, err := pig.Rules{}.Leave(c.before, c.leaves, nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if text(t, played.Position) != text(t, c.want) || played.SameTurn != c.same {
			t.Errorf("%s: %s, the same turn %v; want %s", c.name, text(t, played.Position), played.SameTurn, text(t, c.want))
		}
	}
	if _, err := (pig.Rules{}).Leave(at(t, 100, "[1,2,4]", "[1,2,3]", 1, 9), 3, nil); err == nil {
		t.Error("a seat that is not in play left")
	}
}

func TestOptions(t *testing.T) {
	for options, want := range map[string]string{
		"": `{"target":100}`, "{}": `{"target":100}`, `{"target":10}`: `{"target":10}`, `{"target":1000}`: `{"target":1000}`,
		`{"target":9}`: "", `{"target":1001}`: "", `{"target":-5}`: "", `{"target":50.5}`: "", `{"target":"50"}`: "", `{"dice":2}`: "",
		`{"target":50} x`: "",
	} {
		got, err := pig.Rules{}.Check(game.Options(options), 2)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("options %q: %q, %v; want %q", options, got, err, want)
		}
	}
}

func TestShown(t *testing.T) {
	var r pig.Rules
	p := at(t, 100, "[1,2,4]", "[10,20,30]", 2, 9)
	view, err := json.Marshal(r.View(p, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(view), `{"next":4,"scores":{"1":10,"2":20,"4":30},"target":100,"turn_total":9}`; got != want {
		t.Errorf("view %s, want %s", got, want)
	}
	if got, want := r.Summary(p), "10:20:30 of 100, 9 at stake"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	for turn, want := range map[int]string{0: "roll", 9: "hold"} {
		if mv, ok := r.DefaultMove(at(t, 100, "[1,2]", "[0,0]", 0, turn), 1); mv != want || !ok {
			t.Errorf("with %d rolled the default is %q, want %q", turn, mv, want)
		}
	}
}
