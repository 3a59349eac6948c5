package game

import (
	"encoding/json"
	"errors"
	"fmt"
)

// JSON gives Rules whose position is a P the methods Encode and Decode; embed it.
type JSON[P any] struct{}

// Encode writes p as JSON, encoding version 1.
func (JSON[P]) Encode(p Position) (int, []byte, error) {
	data, err := json.Marshal(p.(P))
	return 1, data, err
}

// Decode reads what Encode wrote.
func (JSON[P]) Decode(version int, data []byte) (Position, error) {
	var p P
	if version != 1 {
		return nil, fmt.Errorf("unknown encoding version %d of a position", version)
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, err
	}
	return p, nil
}

// Text gives Rules whose position is a text P the methods Encode and Decode; embed it.
type Text[P ~string] struct{}

// Encode writes p as it is, encoding version 1.
func (Text[P]) Encode(p Position) (int, []byte, error) { return 1, []byte(p.(P)), nil }

// Decode reads what Encode wrote.
func (Text[P]) Decode(version int, data []byte) (Position, error) {
	if version != 1 {
		return nil, fmt.Errorf("unknown encoding version %d of a position", version)
	}
	return P(data), nil
}

// Open gives Rules of a game without secrets the methods Redact, Secrets and MayFollow; embed it.
type Open struct{}

// Redact shows the move as it is.
func (Open) Redact(m PlayedMove, _, _ int) PlayedMove { return m }

// Secrets lists none.
func (Open) Secrets(Position, int) []string { return nil }

// MayFollow lets moves be sent together: nothing that is hidden decides what comes of one. (Where chance does, the match
// sees to it.)
func (Open) MayFollow(string) bool { return true }

// TwoSeats gives Rules for exactly two players the method Leave; embed it.
type TwoSeats struct{}

// Leave is never asked: when one of two leaves, nobody is left to play on.
func (TwoSeats) Leave(Position, int, *Chance) (Played, error) {
	return Played{}, errors.New("one player alone cannot play on")
}

// NoOptions gives Rules that take no options the method Check; embed it.
type NoOptions struct{}

// Check refuses every option.
func (NoOptions) Check(o Options, _ int) (Options, error) {
	return nil, ParseOptions(o, &struct{}{})
}

// WonBy is the outcome of a game between two seats that one of them won by its moves.
func WonBy(winner, seats int) []Outcome {
	list := make([]Outcome, seats)
	for i := range list {
		list[i] = Outcome{Seat: i + 1, Result: Lost, Place: 2, Ending: EndPlayed}
	}
	list[winner-1].Result, list[winner-1].Place = Won, 1
	return list
}

// DrawnBy is the outcome of a game that ended in a draw between all seats.
func DrawnBy(seats int) []Outcome {
	list := make([]Outcome, seats)
	for i := range list {
		list[i] = Outcome{Seat: i + 1, Result: Drawn, Place: 1, Ending: EndPlayed}
	}
	return list
}

// ByScore are the outcomes of a game in which the most points win; scores are those of the seats, in the same order. Who
// has as many as another shares his place; who shares the first one has drawn, and all behind it have lost.
func ByScore(seats, scores []int) []Outcome {
	list := make([]Outcome, len(seats))
	for i, seat := range seats {
		score, equal := float64(scores[i]), 0
		list[i] = Outcome{Seat: seat, Result: Lost, Place: 1, Score: &score, Ending: EndPlayed}
		for _, s := range scores {
			if s > scores[i] {
				list[i].Place++
			}
			if s == scores[i] {
				equal++
			}
		}
		switch {
		case list[i].Place == 1 && equal == 1:
			list[i].Result = Won
		case list[i].Place == 1:
			list[i].Result = Drawn
		}
	}
	return list
}
