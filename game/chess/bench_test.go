package chess_test

import (
	"encoding/json"
	"testing"

	"yourmove/game"
)

// BenchmarkTurn is what the rules do for one turn that a server takes: it decodes the position, plays, asks how things
// stand, encodes, and shows the mover what he sees. The moves are those of a real game.
func BenchmarkTurn(b *testing.B) {
	moves := fischerSpassky(b)
	p := start(b, initial)
	version, first, err := rules.Encode(p)
	if err != nil {
		b.Fatal(err)
	}
	data, n := first, 0
	b.ReportAllocs()
	for b.Loop() {
		if n == len(moves) {
			data, n = first, 0
		}
		p, err := rules.Decode(version, data)
		if err != nil {
			b.Fatal(err)
		}
		seat := 1 + n%2
		played, err := rules.Play(p, seat, moves[n], game.Moment{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		if rules.Outcomes(played.Position) != nil {
			b.Fatal("over")
		}
		rules.Duty(played.Position, 1)
		rules.Duty(played.Position, 2)
		if _, data, err = rules.Encode(played.Position); err != nil {
			b.Fatal(err)
		}
		rules.Summary(played.Position)
		if _, err := json.Marshal(rules.View(played.Position, seat)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkPlay makes one move of a position whose moves have been listed, as a search does.
func BenchmarkPlay(b *testing.B) {
	p := start(b, kiwipete)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := do(p, "e2a6"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLegalMoves decodes a full board and lists its 48 moves.
func BenchmarkLegalMoves(b *testing.B) {
	version, data, err := rules.Encode(start(b, kiwipete))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := rules.Decode(version, data)
		if err != nil {
			b.Fatal(err)
		}
		rules.LegalMoves(p, 1)
	}
}

// BenchmarkRefusal says why a move is illegal, in a position whose moves have been listed.
func BenchmarkRefusal(b *testing.B) {
	p := start(b, kiwipete)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := do(p, "e1e3"); err == nil {
			b.Fatal("a king does not move like that")
		}
	}
}

// BenchmarkEstimate tells how a seat stands.
func BenchmarkEstimate(b *testing.B) {
	p := start(b, kiwipete)
	b.ReportAllocs()
	for b.Loop() {
		rules.Estimate(p, 1)
	}
}
