package chess_test

import (
	"strings"
	"testing"

	"yourmove/game"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct{ options, want string }{
		{``, ``},
		{`{}`, ``},
		{`{"fen":""}`, ``},
		{`{"fen":"` + initial + `"}`, ``},
		{`{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 3 17"}`, `{"fen":"4k3/8/8/8/8/8/4P3/4K3 w - - 3 17"}`},
		{`{"fen":" 4k3/8/8/8/8/8/4P3/4K3  b  -  - "}`, `{"fen":"4k3/8/8/8/8/8/4P3/4K3 b - - 0 1"}`},
		{`{"fen":"4k3/8/44/8/8/8/4P3/4K3 b - - 0 1"}`, `{"fen":"4k3/8/8/8/8/8/4P3/4K3 b - - 0 1"}`},
		{`{"fen":"r3k2r/8/8/8/8/8/8/R3K2R w qKkQ - 0 1"}`, `{"fen":"r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"}`},
		// A passed square stays only where a capture is possible.
		{`{"fen":"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2"}`, `{"fen":"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2"}`},
		{`{"fen":"4k3/8/8/3p4/4P3/8/8/4K3 w - d6 0 2"}`, `{"fen":"4k3/8/8/3p4/4P3/8/8/4K3 w - - 0 2"}`},
		{`{"fen":"4k3/8/8/K2pP2r/8/8/8/8 w - d6 0 2"}`, `{"fen":"4k3/8/8/K2pP2r/8/8/8/8 w - - 0 2"}`},
	} {
		got, err := rules.Check(game.Options(c.options), 2)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s (%v), want %s", c.options, got, err, c.want)
		}
	}
}

// TestRefusedPositions: the second text is part of what is said of them.
func TestRefusedPositions(t *testing.T) {
	const rest = " w - - 0 1"
	for _, c := range [][2]string{
		{"startpos", "six fields"},
		{initial + " 1", "six fields"},
		{"8/8/8/8/8/8/8" + rest, "7 ranks"},
		{"8/8/8/8/8/8/8/8/8" + rest, "9 ranks"},
		{"4k3/9/8/8/8/8/4P3/4K3" + rest, "is no piece"},
		{"4k3/0/8/8/8/8/4P3/4K3" + rest, "is no piece"},
		{"4k3/X7/8/8/8/8/4P3/4K3" + rest, "'X' is no piece"},
		{"4k3/7/8/8/8/8/4P3/4K3" + rest, "rank 7 has 7 squares"},
		{"4k3/8/8/8/8/8/4P3/4K3R" + rest, "rank 1 has 9 squares"},
		{"4k3/8888/8/8/8/8/4P3/4K3" + rest, "rank 7 has 32 squares"},
		{"8/8/8/8/8/8/4P3/4K3" + rest, "Black has 0 kings"},
		{"4k3/8/8/8/8/8/4P3/8" + rest, "White has 0 kings"},
		{"4k3/8/8/8/8/8/4P3/3KK3" + rest, "White has 2 kings"},
		{"4k3/8/8/8/8/8/8/4K2P" + rest, "pawn on rank 1"},
		{"4k2P/8/8/8/8/8/8/4K3" + rest, "pawn on rank 8"},
		{"4k3/8/8/8/8/P7/PPPPPPPP/4K3" + rest, "White has 9 pawns"},
		{"4k3/8/8/8/8/Q7/PPPPPPPP/3QK3" + rest, "White has more pieces than eight pawns"},
		{"nnnnk3/nnnnnnn1/8/8/8/8/8/4K2R" + rest, "Black has more pieces than eight pawns"},
		{"4k3/8/8/8/8/8/4P3/4K3 x - - 0 1", "w or b"},
		{"4k3/8/8/8/8/8/4P3/4K3 W - - 0 1", "w or b"},
		{"4k3/8/8/8/8/8/4R3/4K3 w - - 0 1", "it is White's turn, and Black is in check"},
		{"4k3/4r3/8/8/8/8/8/4K3 b - - 0 1", "it is Black's turn, and White is in check"},
		{"8/8/8/8/8/3k4/3K4/7R w - - 0 1", "it is White's turn, and Black is in check"}, // kings side by side
		{"r3k2r/8/8/8/8/8/8/R3K2R w KK - 0 1", "castling is some of KQkq"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w HA - 0 1", "castling is some of KQkq"},
		{"r3k2r/8/8/8/8/8/8/R3K2R w K- - 0 1", "castling is some of KQkq"},
		{"r3k2r/8/8/8/8/8/8/R3K3 w K - 0 1", "castling K without a king on e1 and a rook on h1"},
		{"r3k2r/8/8/8/8/8/8/R4K2 w Q - 0 1", "castling Q without a king on e1 and a rook on a1"},
		{"r3k1r1/8/8/8/8/8/8/R3K3 w k - 0 1", "castling k without a king on e8 and a rook on h8"},
		{"1r2k3/8/8/8/8/8/8/R3K3 w q - 0 1", "castling q without a king on e8 and a rook on a8"},
		{"4k3/8/8/3pP3/8/8/8/4K3 w - d5 0 2", "the square that a pawn of Black has just passed"},
		{"4k3/8/8/3pP3/8/8/8/4K3 w - d3 0 2", "the square that a pawn of Black has just passed"},
		{"4k3/8/8/3pP3/8/8/8/4K3 w - x 0 2", "the square that a pawn of Black has just passed"},
		{"4k3/8/8/3pP3/8/8/8/4K3 w - e6 0 2", "no pawn of Black has just passed e6"},
		{"4k3/3p4/8/3pP3/8/8/8/4K3 w - d6 0 2", "no pawn of Black has just passed d6"},
		{"4k3/8/3n4/3pP3/8/8/8/4K3 w - d6 0 2", "no pawn of Black has just passed d6"},
		{"4k3/8/8/8/3pP3/8/8/4K3 b - e6 0 2", "the square that a pawn of White has just passed"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - x 1", "moves since a pawn moved"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - -1 1", "moves since a pawn moved"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - 151 1", "moves since a pawn moved"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - 0 0", "the number of the move"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - 0 10000", "more than 9999"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - 0 99999999999999999999", "the number of the move"},
		{"7k/5Q2/6K1/8/8/8/8/8 b - - 0 1", "already over: stalemate"},
		{"R6k/8/6K1/8/8/8/8/8 b - - 0 1", "already over: checkmate"},
		{"4k3/8/8/8/8/8/8/4KB2 w - - 0 1", "already over: insufficient material"},
		{"4k3/8/8/8/8/8/4P3/4K3 w - - 150 90", "already over: 75 moves"},
		{strings.Repeat("8/", 1000), ""},
	} {
		got, err := rules.Check(options(c[0]), 2)
		if err == nil || !strings.HasPrefix(err.Error(), "fen: ") || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %s, %v, want fen: … %s", c[0], got, err, c[1])
		}
		if _, err := rules.Setup(options(c[0]), []int{1, 2}, nil); err == nil {
			t.Errorf("%s: Setup makes a position of it", c[0])
		}
	}
	for _, o := range []string{`{"fen":1}`, `{"FEN ":""}`, `[]`, `{"fen":""} x`} {
		if got, err := rules.Check(game.Options(o), 2); err == nil {
			t.Errorf("%s: accepted as %s", o, got)
		}
	}
}
