package chess_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"yourmove/game"
	"yourmove/game/chess"
)

const (
	kiwipete  = "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"
	position3 = "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1"
	position4 = "r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1"
	position5 = "rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8"
	position6 = "r4rk1/1pp1qppp/p1np1n2/2b1p1B1/2B1P1b1/P1NP1N2/1PP1QPPP/R4RK1 w - - 0 10"
)

// TestPerft counts the games of up to four moves from the positions of chessprogramming.org, "Perft Results". Moves are
// listed and played as texts. Those of the last ply are only counted: TestPlayAgreesWithLegalMoves holds list and Play
// against each other.
func TestPerft(t *testing.T) {
	for _, c := range []struct {
		name, fen string
		nodes     []int // by depth
	}{
		{"initial", initial, []int{20, 400, 8902, 197281}},
		{"kiwipete", kiwipete, []int{48, 2039, 97862, 4085603}},
		{"position 3", position3, []int{14, 191, 2812, 43238}},
		{"position 4", position4, []int{6, 264, 9467, 422333}},
		{"position 5", position5, []int{44, 1486, 62379, 2103487}},
		{"position 6", position6, []int{46, 2079, 89890, 3894594}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := make([]int, len(c.nodes))
			perft(t, start(t, c.fen), got)
			if !slices.Equal(got, c.nodes) {
				t.Errorf("%v games of one move, of two …; should be %v", got, c.nodes)
			}
		})
	}
}

// perft adds the number of moves from p to nodes[0], of the moves after those to nodes[1], and so on.
func perft(t *testing.T, p game.Position, nodes []int) {
	legal := rules.LegalMoves(p, turn(p))
	nodes[0] += len(legal)
	if len(nodes) == 1 {
		return
	}
	for _, mv := range legal {
		next, err := do(p, mv)
		if err != nil {
			t.Fatalf("%s is listed in %s: %v", mv, view(t, p).FEN, err)
		}
		perft(t, next, nodes[1:])
	}
}

// TestPlayAgreesWithLegalMoves tries every text that looks like a move, on positions of random games. What is listed is
// played. What is not is refused with a reason, and no such reason is found against what is listed.
func TestPlayAgreesWithLegalMoves(t *testing.T) {
	texts := everyMove()
	rng := rand.New(rand.NewPCG(1, 1851))
	const checkingPawn = "8/8/8/3k4/3pP3/8/8/4K3 b - e3 0 1" // which is captured en passant
	for _, fen := range []string{initial, kiwipete, position3, position4, position5, position6, checkingPawn} {
		p := start(t, fen)
		for range 12 {
			legal := rules.LegalMoves(p, turn(p))
			var played []string
			for _, text := range texts {
				_, err := do(p, text)
				if err == nil {
					played = append(played, text)
				}
				if why := chess.Reason(p, text); (why == "") != (err == nil) {
					t.Errorf("%s, %s: %v, and the reason is %q", view(t, p).FEN, text, err, why)
				}
			}
			if !slices.Equal(played, legal) {
				t.Fatalf("%s: played %v, listed %v", view(t, p).FEN, played, legal)
			}
			for range 1 + rng.IntN(6) {
				if legal = rules.LegalMoves(p, turn(p)); len(legal) == 0 {
					break
				}
				p, _ = do(p, legal[rng.IntN(len(legal))])
			}
			if rules.Outcomes(p) != nil {
				p = start(t, fen)
			}
		}
	}
}

// everyMove lists all texts from a1a1 to h8h8q, in alphabetical order; with a promotion only to the last ranks.
func everyMove() []string {
	var squares, list []string
	for _, file := range "abcdefgh" {
		for _, rank := range "12345678" {
			squares = append(squares, string([]rune{file, rank}))
		}
	}
	for _, from := range squares {
		for _, to := range squares {
			list = append(list, from+to)
			if to[1] == '1' || to[1] == '8' {
				list = append(list, from+to+"b", from+to+"n", from+to+"q", from+to+"r")
			}
		}
	}
	return list
}

// TestMoves: what special moves make of a position.
func TestMoves(t *testing.T) {
	for _, c := range []struct{ fen, move, want string }{
		// Promotion to each piece, capturing or not.
		{"3r4/4P3/8/8/8/k7/8/4K3 w - - 5 50", "e7e8q", "3rQ3/8/8/8/8/k7/8/4K3 b - - 0 50"},
		{"3r4/4P3/8/8/8/k7/8/4K3 w - - 5 50", "e7e8r", "3rR3/8/8/8/8/k7/8/4K3 b - - 0 50"},
		{"3r4/4P3/8/8/8/k7/8/4K3 w - - 5 50", "e7e8b", "3rB3/8/8/8/8/k7/8/4K3 b - - 0 50"},
		{"3r4/4P3/8/8/8/k7/8/4K3 w - - 5 50", "e7e8n", "3rN3/8/8/8/8/k7/8/4K3 b - - 0 50"},
		{"3r4/4P3/8/8/8/k7/8/4K3 w - - 5 50", "e7d8n", "3N4/8/8/8/8/k7/8/4K3 b - - 0 50"},
		{"4k3/8/K7/8/8/8/2p5/8 b - - 0 50", "c2c1q", "4k3/8/K7/8/8/8/8/2q5 w - - 0 51"},
		// A double step leaves its square only where it can be captured.
		{initial, "e2e4", "rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1"},
		{"4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1", "e2e4", "4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 1"},
		{"4k3/8/8/8/5p2/8/4P3/4K3 w - - 0 1", "e2e4", "4k3/8/8/8/4Pp2/8/8/4K3 b - e3 0 1"},
		{"4k3/8/8/8/3p4/8/4P3/4K3 w - - 0 1", "e2e3", "4k3/8/8/8/3p4/4P3/8/4K3 b - - 0 1"},
		{"4k3/8/8/8/7p/8/P7/4K3 w - - 0 1", "a2a4", "4k3/8/8/8/P6p/8/8/4K3 b - - 0 1"},    // not around the board's edge
		{"8/8/8/8/R2p3k/8/4P3/4K3 w - - 0 1", "e2e4", "8/8/8/8/R2pP2k/8/8/4K3 b - - 0 1"}, // both pawns would leave the rank
		{"3k4/8/8/8/3p4/8/4P3/3RK3 w - - 0 1", "e2e4", "3k4/8/8/8/3pP3/8/8/3RK3 b - - 0 1"},
		{"8/8/8/3k4/3p4/8/4P3/4K3 w - - 0 1", "e2e4", "8/8/8/3k4/3pP3/8/8/4K3 b - e3 0 1"}, // it takes the checking pawn
		// En passant, to either side.
		{"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2", "e5d6", "4k3/8/3P4/8/8/8/8/4K3 b - - 0 2"},
		{"4k3/8/8/4Pp2/8/8/8/4K3 w - f6 0 2", "e5f6", "4k3/8/5P2/8/8/8/8/4K3 b - - 0 2"},
		{"4k3/8/8/8/3pP3/8/8/4K3 b - e3 0 2", "d4e3", "4k3/8/8/8/8/4p3/8/4K3 w - - 0 3"},
		{"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2", "e1e2", "4k3/8/8/3pP3/8/8/4K3/8 b - - 1 2"}, // let go
		// Castling, and what ends it.
		{"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 4 9", "e1g1", "r3k2r/8/8/8/8/8/8/R4RK1 b kq - 5 9"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 4 9", "e1c1", "r3k2r/8/8/8/8/8/8/2KR3R b kq - 5 9"},
		{"r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 4 9", "e8g8", "r4rk1/8/8/8/8/8/8/R3K2R w KQ - 5 10"},
		{"r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 4 9", "e8c8", "2kr3r/8/8/8/8/8/8/R3K2R w KQ - 5 10"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 4 9", "e1e2", "r3k2r/8/8/8/8/8/4K3/R6R b kq - 5 9"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 4 9", "a1b1", "r3k2r/8/8/8/8/8/8/1R2K2R b Kkq - 5 9"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 4 9", "h1h8", "r3k2R/8/8/8/8/8/8/R3K3 b Qq - 0 9"},
		{"r3k2r/8/8/8/8/8/8/R3K2R b KQkq - 4 9", "a8a1", "4k2r/8/8/8/8/8/8/r3K2R w Kk - 0 10"},
		{"1r2k3/8/8/8/8/8/8/R3K3 w Q - 0 1", "e1c1", "1r2k3/8/8/8/8/8/8/2KR4 b - - 1 1"}, // only b1 is attacked
		{"4k3/8/8/8/8/8/6r1/R3K3 w Q - 0 1", "e1c1", "4k3/8/8/8/8/8/6r1/2KR4 b - - 1 1"},
	} {
		if got := view(t, play(t, c.fen, c.move)).FEN; got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.fen, c.move, got, c.want)
		}
	}
}

func TestRefusedMoves(t *testing.T) {
	const rooks = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
	for _, c := range []struct{ fen, move, words string }{
		{initial, "e4e5", "there is no piece on e4"},
		{initial, "e7e5", "the pawn on e7 is Black's"},
		{initial, "e2e2", "the pawn stands on e2 already"},
		{initial, "d1d2", "your own pawn stands on d2"},
		{initial, "e2e5", "a pawn does not move from e2 to e5"},
		{initial, "e2f2", "your own pawn stands on f2"},
		{initial, "e2d3", "there is nothing on d3 that the pawn may capture"},
		{initial, "a2h3", "a pawn does not move from a2 to h3"},
		{initial, "b1b3", "a knight does not move from b1 to b3"},
		{initial, "c1g5", "the way of the bishop from c1 to g5 is not free"},
		{initial, "d1d5", "the way of the queen from d1 to d5 is not free"},
		{initial, "a1b3", "a rook does not move from a1 to b3"},
		{initial, "e1e3", "a king does not move from e1 to e3"},
		{initial, "e2e4q", "only a pawn on the last rank is promoted"},
		{"4k3/8/8/8/8/4p3/4P3/4K3 w - - 0 1", "e2e3", "the way of the pawn from e2 to e3 is not free"},
		{"4k3/8/8/8/8/4p3/4P3/4K3 w - - 0 1", "e2e4", "the way of the pawn from e2 to e4 is not free"},
		{"4k3/8/8/8/4p3/8/4P3/4K3 w - - 0 1", "e2e4", "the way of the pawn from e2 to e4 is not free"},
		{"4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", "e3e5", "a pawn does not move from e3 to e5"},
		{"4k3/8/8/8/8/4P3/8/4K3 w - - 0 1", "e3e2", "a pawn does not move from e3 to e2"},
		{"4k3/P7/8/8/8/8/8/4K3 w - - 0 1", "a7a8", "say to what, a7a8q, a7a8r, a7a8b or a7a8n"},
		{"4k3/4r3/8/8/8/8/4B3/4K3 w - - 0 1", "e2d3", "that would leave your king in check"},
		{"4k3/4r3/8/8/8/8/8/B3K3 w - - 0 1", "a1b2", "your king is in check, and would still be after a1b2"},
		{"4k3/8/8/8/8/8/7r/4K3 w - - 0 1", "e1e2", "your king would be in check on e2"},
		{"8/8/8/8/8/3k4/8/4K2R w - - 0 1", "e1e2", "your king would be in check on e2"},  // by a king
		{"4k3/8/8/3pP3/8/8/8/4K3 w - - 0 2", "e5d6", "there is nothing on d6"},           // the right to it is gone
		{"8/8/8/K2pP2r/8/8/8/4k3 w - d6 0 2", "e5d6", "there is nothing on d6 that the"}, // both pawns would leave the rank
		{rooks, "e1h1", "your own rook stands on h1"},
		{rooks, "e1b1", "a king does not move from e1 to b1"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w kq - 0 1", "e1g1", "castling on the king's side is not possible any more"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w Kkq - 0 1", "e1c1", "castling on the queen's side is not possible any more"},
		{"r3k2r/8/8/8/8/8/8/RN2K1NR w KQkq - 0 1", "e1g1", "your own knight stands on g1"},
		{"r3k2r/8/8/8/8/8/8/RN2K2R w KQkq - 0 1", "e1c1", "there is a piece between king and rook"},
		{"r3kb1r/8/8/8/8/8/8/RN2K2R b KQkq - 0 1", "e8g8", "there is a piece between king and rook"},
		{"4k3/4r3/8/8/8/8/8/R3K2R w KQ - 0 1", "e1g1", "a king in check does not castle"},
		{"4k3/5r2/8/8/8/8/8/R3K2R w KQ - 0 1", "e1g1", "does not castle across f1"},
		{"4k3/3r4/8/8/8/8/8/R3K2R w KQ - 0 1", "e1c1", "does not castle across d1"},
		{"4k3/6r1/8/8/8/8/8/R3K2R w KQ - 0 1", "e1g1", "your king would be in check on g1"},
		{"4k3/2r5/8/8/8/8/8/R3K2R w KQ - 0 1", "e1c1", "your king would be in check on c1"},
		{"4k3/8/8/8/8/8/6p1/R3K2R w KQ - 0 1", "e1g1", "does not castle across f1"}, // a pawn attacks it
		{"8/8/8/8/8/8/6k1/R3K2R w KQ - 0 1", "e1g1", "does not castle across f1"},   // and a king
		{"4k3/8/8/8/8/6n1/8/R3K2R w KQ - 0 1", "e1g1", "does not castle across f1"}, // and a knight
		{"r3k2r/8/8/4R3/8/8/8/4K3 b kq - 0 1", "e8c8", "a king in check does not castle"},
	} {
		_, err := do(start(t, c.fen), c.move)
		refused(t, fmt.Sprintf("%s, %s", c.fen, c.move), err, game.IllegalMove, c.words)
	}
	// A captured rook does not come back with another that takes its place.
	p := play(t, "4k2r/8/8/8/8/7R/6b1/4K2R b Kk - 0 1", "g2h1 h3h1 e8e7")
	_, err := do(p, "e1g1")
	refused(t, "castling with another rook", err, game.IllegalMove, "castling on the king's side is not possible any more")
}

func TestMalformedMoves(t *testing.T) {
	p := start(t, initial)
	for _, text := range []string{
		"", "e2", "e2e", "e2e4x", "e2e4k", "e2e4Q", "e2e4qq", "E2E4", "e2-e4", "e2 e4", " e2e4", "e2e4 ", "i2e4", "e0e4", "e9e4",
		"e2i4", "e2e9", "e4", "Nf3", "O-O", "0000", "claim ", "claim  g1f3", "claimg1f3", "claim g1", "claim g1f3 ", "Claim",
		"claim claim", "claim claim g1f3", "\xff\xfe\xfd\xfc", "é2e4",
	} {
		_, err := do(p, text)
		refused(t, fmt.Sprintf("%q", text), err, game.MalformedMove, "is no move")
	}
}

// TestMostMoves: the position with the most moves there can be, by Nenad Petrović (1964).
func TestMostMoves(t *testing.T) {
	p := start(t, "R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1")
	if n := len(rules.LegalMoves(p, 1)); n != 218 {
		t.Errorf("%d moves, want 218", n)
	}
}

func TestLegalMovesInOrder(t *testing.T) {
	p := play(t, initial, dance+dance)
	list := rules.LegalMoves(p, 1)
	if n := len(list); n != 21 || list[n-1] != "claim" || !slices.IsSorted(list[:n-1]) {
		t.Errorf("%v: want 20 moves in order, then claim", list)
	}
}
