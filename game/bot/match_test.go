package bot_test

import (
	"encoding/json"
	"testing"

	"yourmove/game"
	"yourmove/game/bot"
	"yourmove/game/connectfour"
)

// contest plays one match between choosers, seat 1 first, and returns how it came out and how many moves were chosen.
// Whoever chooses what is not listed fails the test.
func contest(t testing.TB, rules game.Rules, seed byte, choosers ...bot.Chooser) (outcomes []game.Outcome, moves int) {
	t.Helper()
	var seats []int
	for i := range choosers {
		seats = append(seats, i+1)
	}
	options, err := rules.Check(nil, len(seats))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Setup(options, seats, game.NewChance(game.Seed{seed}, 1))
	if err != nil {
		t.Fatal(err)
	}
	for outcomes = rules.Outcomes(p); outcomes == nil; outcomes = rules.Outcomes(p) {
		acted := false
		for i, c := range choosers {
			if outcomes != nil || rules.Duty(p, seats[i]) != game.MustAct {
				continue
			}
			view, err := json.Marshal(rules.View(p, seats[i]))
			if err != nil {
				t.Fatal(err)
			}
			move, ok := c.Choose(bot.Sight{
				Game: rules.Info().Name, Seat: seats[i], Seats: seats, View: view, Legal: rules.(game.MoveLister).LegalMoves(p, seats[i]),
			})
			if !ok {
				t.Fatalf("seat %d has no move in %s", seats[i], view)
			}
			moves++
			played, err := rules.Play(p, seats[i], move, game.Moment{}, game.NewChance(game.Seed{seed}, uint64(1+moves)))
			if err != nil {
				t.Fatalf("seat %d played %q in %s: %v", seats[i], move, view, err)
			}
			p, acted = played.Position, true
			outcomes = rules.Outcomes(p)
		}
		if !acted {
			t.Fatal("nobody must act")
		}
	}
	return outcomes, moves
}

// tally counts how the first of two choosers came out.
type tally struct{ won, drawn, lost, moves int }

// match plays games between two kinds of choosers, which begin in turn; each game has choosers of its own, made from its
// number.
func match(t testing.TB, rules game.Rules, games int, a, b func(n byte) bot.Chooser) tally {
	t.Helper()
	var score tally
	for n := range games {
		seat, choosers := 1+n%2, []bot.Chooser{a(byte(n)), b(byte(n))}
		if seat == 2 {
			choosers[0], choosers[1] = choosers[1], choosers[0]
		}
		outcomes, moves := contest(t, rules, byte(n), choosers...)
		score.moves += moves
		switch outcomes[seat-1].Result {
		case game.Won:
			score.won++
		case game.Drawn:
			score.drawn++
		default:
			score.lost++
		}
	}
	return score
}

func greedy(t testing.TB, rules game.Rules) func(byte) bot.Chooser {
	return func(n byte) bot.Chooser {
		g, err := bot.NewGreedy(rules, [32]byte{1, n})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
}

func search(t testing.TB, rules game.Rules, playouts int) func(byte) bot.Chooser {
	return func(n byte) bot.Chooser {
		s, err := bot.NewSearch(rules, [32]byte{2, n}, bot.Budget{Playouts: playouts})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func random(n byte) bot.Chooser { return bot.NewRandom([32]byte{3, n}) }

// BenchmarkSearchAgainstGreedy plays 100 games of connect four, each side beginning 50 of them, with 1,000 playouts a
// move of Search. The time for a move is that of both sides together.
func BenchmarkSearchAgainstGreedy(b *testing.B) {
	var rules connectfour.Rules
	moves := 0
	for b.Loop() {
		score := match(b, rules, 100, search(b, rules, 1000), greedy(b, rules))
		moves += score.moves
		b.ReportMetric(float64(score.won), "won_percent")
		b.ReportMetric(float64(score.drawn), "drawn_percent")
		b.ReportMetric(float64(score.lost), "lost_percent")
	}
	b.ReportMetric(2*float64(b.Elapsed().Microseconds())/1000/float64(moves), "ms/move")
}

// BenchmarkPlayout is one playout from the first position of connect four.
func BenchmarkPlayout(b *testing.B) {
	var rules connectfour.Rules
	p, err := rules.Setup(nil, []int{1, 2}, nil)
	if err != nil {
		b.Fatal(err)
	}
	view, err := json.Marshal(rules.View(p, 1))
	if err != nil {
		b.Fatal(err)
	}
	s, err := bot.NewSearch(rules, [32]byte{}, bot.Budget{Playouts: b.N})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	s.Choose(bot.Sight{Seat: 1, Seats: []int{1, 2}, View: view, Legal: rules.LegalMoves(p, 1)})
}
