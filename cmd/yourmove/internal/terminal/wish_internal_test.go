package terminal

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/game/all"
)

// TestRequest: what was asked for with a game does not hold for another one.
func TestRequest(t *testing.T) {
	s := &session{o: Options{Players: 4, Seat: 3, Settings: &structpb.Struct{}}, asked: "pig"}
	if r := s.request("pig"); r.GetMinSeats() != 4 || r.GetMaxSeats() != 4 || r.GetSeat() != 3 || r.GetOptions() == nil {
		t.Errorf("the game that was asked for: %v", r)
	}
	if r := s.request("chess"); r.GetMinSeats() != 0 || r.GetMaxSeats() != 0 || r.GetSeat() != DefaultSeat || r.GetOptions() != nil {
		t.Errorf("another game: %v", r)
	}
}

// TestForesee: what cannot be is refused in words for people, without a server.
func TestForesee(t *testing.T) {
	settings := func(field string, value any) *structpb.Struct {
		s, err := structpb.NewStruct(map[string]any{field: value})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		o    Options
		want string // empty: it may be
	}{
		{Options{}, ""},
		{Options{Game: "connect-four", Seat: 2}, ""},
		{Options{Game: "pig", Players: 8, Seat: 8, Settings: settings("target", 50)}, ""},
		{Options{Game: "nope", Server: "https://example.com"}, ""}, // that one may have it
		{Options{Game: "nope"}, `there is no game "nope" here; there are battleship, chess, connectfour, pig and tictactoe`},
		{Options{Game: "chess", Players: 4}, "Chess is for 2 players, not for 4"},
		{Options{Game: "pig", Players: 99}, "Pig is for 2 to 8 players, not for 99"},
		{Options{Game: "pig", Seat: 3}, "there is no seat 3 in Pig with 2 players"},
		{Options{Game: "pig", Settings: settings("target", 1)}, "a new match: target: from 10 to 1000"},
		{Options{Game: "pig", Settings: settings("target", 10.5)}, "a new match: options: target: a whole number, not 10.5"},
		{Options{Game: "pig", Settings: settings("fen", "x")}, `a new match: options: "fen" is none of them; there are: target`},
		{Options{As: "a\nb"}, "is no name"},
		{Options{As: "\u202eanna", Server: "https://example.com"}, "is no name"},
		{Options{As: " "}, "is no name"},
		{Options{As: strings.Repeat("a", 65)}, "is no name"},
	} {
		c.o.Rules = all.Games()
		err := (&session{o: c.o}).foresee()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}
