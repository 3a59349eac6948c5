package clientsim

import (
	"slices"
	"strings"
	"testing"
)

// TestFollowReadsHabits reads one move as different people wrote it.
func TestFollowReadsHabits(t *testing.T) {
	const (
		castling  = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
		rooks     = "4k3/8/8/8/8/8/R6R/4K3 w - - 0 1"
		pinned    = "4k3/8/8/8/1b6/2N5/8/4K1N1 w - - 0 1"
		passing   = "4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2"
		promoting = "3rk3/4P3/8/8/8/8/8/4K3 b - - 0 1"
		capturing = "3rk3/2P5/8/8/8/8/7P/4K3 w - - 0 1"
		queens    = "7k/8/8/8/7Q/8/8/K3Q2Q w - - 0 1"
	)
	for _, tt := range []struct{ fen, text, want string }{
		{usualStart, "e4", "e2e4"},
		{usualStart, "Pe4", "e2e4"},
		{usualStart, "e2-e4", "e2e4"},
		{usualStart, "e2e4", "e2e4"},
		{usualStart, "Nf3", "g1f3"},
		{usualStart, "Ngf3", "g1f3"},
		{usualStart, "N1f3", "g1f3"},
		{usualStart, "Ng1-f3", "g1f3"},
		{usualStart, "Nxf3+", "g1f3"},
		{usualStart, "Nbf3", ""},
		{usualStart, "N2f3", ""},
		{usualStart, "e5", ""},
		{usualStart, "e4=Q", ""},
		{usualStart, "O-O", ""},
		{castling, "O-O", "e1g1"},
		{castling, "0-0", "e1g1"},
		{castling, "o-o", "e1g1"},
		{castling, "0-0-0+", "e1c1"},
		{castling, "O-O-O", "e1c1"},
		{rooks, "Rd2", ""},
		{rooks, "Rad2", "a2d2"},
		{rooks, "Rhd2", "h2d2"},
		{rooks, "Rb2", ""},
		{pinned, "Ne2", "g1e2"}, // the other knight may not move
		{passing, "exd6", "e5d6"},
		{passing, "ed6e.p.", "e5d6"},
		{passing, "e5:d6ep", "e5d6"},
		{passing, "ed6:", "e5d6"},
		{promoting, "Kxe7", "e8e7"},
		{capturing, "cxd8=Q#", "c7d8q"},
		{capturing, "cd8N", "c7d8n"},
		{capturing, "cd8:Q+", "c7d8q"},
		{capturing, "c8/R", "c7c8r"},
		{capturing, "cxd8", ""},
		{queens, "Qh4e4", "h4e4"},
		{queens, "Qhe4", ""},
		{queens, "Qee4", "e1e4"},
		{queens, "Q4e4", "h4e4"},
		{queens, "--", ""},
	} {
		r := Record{Tags: map[string]string{"FEN": tt.fen}, Moves: []string{tt.text}, Lines: []int{1}, Result: "*"}
		c, err := r.follow()
		if tt.want == "" && err == nil {
			t.Errorf("%s in %s is %s", tt.text, tt.fen, c.uci)
		}
		if tt.want != "" && (err != nil || !slices.Equal(c.uci, []string{tt.want})) {
			t.Errorf("%s in %s: %v, %v, want %s", tt.text, tt.fen, c.uci, err, tt.want)
		}
	}
}

// TestFollowKnowsHowGamesEnd looks at the position after one move.
func TestFollowKnowsHowGamesEnd(t *testing.T) {
	for _, tt := range []struct{ fen, text, end, result string }{
		{"7k/8/6K1/8/8/8/8/R7 w - - 0 1", "Ra8", endCheckmate, whiteWon},
		{"7K/8/6k1/8/8/8/8/r7 b - - 0 1", "Ra8", endCheckmate, blackWon},
		{"7k/8/6K1/8/8/8/8/R7 w - - 149 100", "Ra8", endCheckmate, whiteWon}, // mate goes before the 75th move
		{"7k/8/6K1/8/8/8/8/R7 w - - 149 100", "Ra7", endSeventyFive, drawn},
		{"7k/8/6K1/8/8/8/8/R7 w - - 148 100", "Ra7", endUnknown, noResult},
		{"7k/5K2/8/8/8/8/8/6Q1 w - - 0 1", "Qg6", endStalemate, drawn},
		{"4k3/8/8/8/8/8/4p3/4K3 w - - 0 1", "Kxe2", endMaterial, drawn},
		{"4k1n1/8/8/8/8/8/4p3/4K3 w - - 0 1", "Kxe2", endMaterial, drawn},
		{"4k1nn/8/8/8/8/8/4p3/4K3 w - - 0 1", "Kxe2", endUnknown, noResult},
		{"4k1n1/8/8/8/8/8/4p3/4K1N1 w - - 0 1", "Kxe2", endUnknown, noResult},
		{"4k1b1/8/8/8/8/8/4p3/4K3 w - - 0 1", "Kxe2", endMaterial, drawn},
		{"4k1b1/8/8/8/8/8/4p3/4KB2 w - - 0 1", "Kxe2", endMaterial, drawn}, // both bishops on light squares
		{"4k1b1/8/8/8/8/8/4p3/4K1B1 w - - 0 1", "Kxe2", endUnknown, noResult},
		{"4k1b1/8/8/8/8/8/4p3/4K1N1 w - - 0 1", "Kxe2", endUnknown, noResult},
		{"4k3/7p/8/8/8/8/4p3/4K3 w - - 0 1", "Kxe2", endUnknown, noResult},
	} {
		r := Record{Tags: map[string]string{"FEN": tt.fen}, Moves: []string{tt.text}, Lines: []int{1}, Result: tt.result}
		c, err := r.follow()
		if err != nil || c.end != tt.end || c.result != tt.result {
			t.Errorf("%s in %s: ended by %q with %q, %v, want %q with %q", tt.text, tt.fen, c.end, c.result, err, tt.end, tt.result)
		}
	}
}

func TestBoardMatches(t *testing.T) {
	follow := func(moves string) board {
		list := strings.Fields(moves)
		c, err := Record{Moves: list, Lines: make([]int, len(list)), Result: "*"}.follow()
		if err != nil {
			t.Fatal(err)
		}
		return c.final
	}
	passed, takable := follow("e4"), follow("e4 a6 e5 d5")
	const board1, board2 = "rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR", "rnbqkbnr/1pp1pppp/p7/3pP3/8/8/PPPP1PPP/RNBQKBNR"
	for _, tt := range []struct {
		b    board
		fen  string
		same bool
	}{
		{passed, board1 + " b KQkq - 0 1", true},
		{passed, board1 + " b KQkq e3 0 1", true},
		{passed, board1 + " b KQkq d3 0 1", false},
		{passed, board1 + " b kqKQ - 0 1", true},
		{passed, board1 + " b KQk - 0 1", false},
		{passed, board1 + " w KQkq - 0 1", false},
		{passed, board1 + " b KQkq - 1 1", false},
		{passed, board1 + " b KQkq - 0 2", false},
		{passed, board1 + " b KQkq -", false},
		{passed, board2 + " b KQkq - 0 1", false},
		{passed, "", false},
		{takable, board2 + " w KQkq d6 0 3", true},
		{takable, board2 + " w KQkq - 0 3", false},
	} {
		if err := tt.b.matches(tt.fen); (err == nil) != tt.same {
			t.Errorf("%s and %s: %v, want them the same: %v", tt.b, tt.fen, err, tt.same)
		}
	}
}

// FuzzFollow: whatever a record sets up and plays, it is refused or followed to its end.
func FuzzFollow(f *testing.F) {
	f.Add(usualStart, "e4 e5 Nf3")
	f.Add("rnbqkbnr/ppp1p1pp/8/3pPp2/8/8/PPPP1PPP/RNBQKBNR w KQkq f6 0 3", "exf6 -- O-O")
	f.Add("r3k2r/8/8/8/8/8/8/R3K2R b KQkq -", "O-O-O O-O")
	f.Add("8/8/8/8/8/8/8/8 w - - 0 1", "a4")
	f.Add("QQQQQQQQ/QQQQQQQQ/QQQQQQQQ/QQQQQQQQ/QQQQQQQQ/QQQQQQQQ/QQQQQQQQ/Q6K w - - 0 1", "Qa4")
	f.Add("Q6Q/1Q4Q1/2Q2Q2/3QQ3/3QQ3/2Q2Q2/1Q4Q1/Q2K1k1Q w - - 0 1", "Qa4")
	f.Add("4k3/P7/8/8/8/8/8/4K2P w - e3 0 1", "a8 hxg2")
	f.Fuzz(func(t *testing.T, fen, moves string) {
		list := strings.Fields(moves)
		c, err := Record{Tags: map[string]string{"FEN": fen}, Moves: list, Lines: make([]int, len(list)), Result: "*"}.follow()
		if err == nil && (len(c.uci) != len(list) || len(c.san) != len(list) || c.final.pieces == "") {
			t.Errorf("%d moves became %+v", len(list), c)
		}
	})
}
