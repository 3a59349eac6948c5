package chess_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"yourmove/game"
	"yourmove/game/chess"
	"yourmove/game/gametest"
)

var rules chess.Rules

const initial = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"

// TestRules plays few random games, because they are long, and more that begin near an end.
func TestRules(t *testing.T) {
	few := gametest.Config{Playouts: 2}
	endgame := gametest.Config{Options: options("8/P5k1/8/8/8/8/p5K1/8 w - - 0 60"), Playouts: 4}
	claims := gametest.Config{Options: options("4k2r/8/8/8/8/8/8/R3K3 w Qk - 96 60"), Playouts: 6}
	gametest.Run(t, rules, few, endgame, claims)
}

func options(fen string) game.Options {
	return game.Options(fmt.Sprintf(`{"fen":%q}`, fen))
}

// start returns the position of a FEN.
func start(t testing.TB, fen string) game.Position {
	t.Helper()
	p, err := rules.Setup(options(fen), []int{1, 2}, nil)
	if err != nil {
		t.Fatalf("%s: %v", fen, err)
	}
	return p
}

// turn returns the seat that is to move.
func turn(p game.Position) int {
	if rules.Duty(p, 1) == game.MustAct {
		return 1
	}
	return 2
}

// do plays one text for the seat to move.
func do(p game.Position, text string) (game.Position, error) {
	played, err := rules.Play(p, turn(p), text, game.Moment{}, nil)
	return played.Position, err
}

// play plays moves from a FEN, and fails on one that is refused.
func play(t testing.TB, fen, moves string) game.Position {
	t.Helper()
	p := start(t, fen)
	for i, mv := range strings.Fields(moves) {
		next, err := do(p, mv)
		if err != nil {
			t.Fatalf("%s: move %d, %s: %v", fen, i+1, mv, err)
		}
		p = next
	}
	return p
}

// shown is the view as a client reads it.
type shown struct {
	FEN, Turn, Reversible, Claim, Ended string
	Check                               bool
	Repetitions                         int
}

func view(t testing.TB, p game.Position) (v shown) {
	t.Helper()
	data, err := json.Marshal(rules.View(p, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// refused checks that err is a refusal with this reason and these words in it.
func refused(t *testing.T, what string, err error, reason game.Reason, words string) {
	t.Helper()
	var e *game.Error
	if !errors.As(err, &e) || e.Reason != reason || !strings.Contains(e.Detail, words) {
		t.Errorf("%s: %v, want %s with %q", what, err, reason, words)
	}
}

// dance brings the usual first position back after four moves.
const dance = " g1f3 g8f6 f3g1 f6g8 "

func TestEndings(t *testing.T) {
	const (
		fiveMinus1 = dance + dance + dance + "g1f3 g8f6 f3g1"
		kingTakes  = "d5e4" // of a pawn, in the positions of insufficient material
	)
	for _, c := range []struct {
		name, fen, moves, ended string
		winner                  int
	}{
		{"mate by Black", initial, "f2f3 e7e5 g2g4 d8h4", "checkmate", 2},
		{"mate by White", initial, "e2e4 e7e5 d1h5 b8c6 f1c4 g8f6 h5f7", "checkmate", 1},
		{ // Edward Lasker v Thomas, London 1912, as it could have ended
			"mate by castling", initial,
			"d2d4 e7e6 g1f3 f7f5 b1c3 g8f6 c1g5 f8e7 g5f6 e7f6 e2e4 f5e4 c3e4 b7b6 f3e5 e8g8 f1d3 c8b7 d1h5 d8e7 " +
				"h5h7 g8h7 e4f6 h7h6 e5g4 h6g5 h2h4 g5f4 g2g3 f4f3 d3e2 f3g2 h1h2 g2g1 e1c1",
			"checkmate", 1,
		},
		{"mate by promotion", "6k1/4Pppp/8/8/8/8/8/6K1 w - - 0 1", "e7e8r", "checkmate", 1},
		{ // Gundersen v Faul, Melbourne 1928
			"mate en passant", initial,
			"e2e4 e7e6 d2d4 d7d5 e4e5 c7c5 c2c3 c5d4 c3d4 f8b4 b1c3 b8c6 g1f3 g8e7 f1d3 e8g8 d3h7 g8h7 f3g5 h7g6 " +
				"h2h4 c6d4 d1g4 f7f5 h4h5 g6h6 g5e6 g7g5 h5g6",
			"checkmate", 1,
		},
		{"stalemate", "7k/8/6K1/8/8/8/8/5Q2 w - - 0 1", "f1f7", "stalemate", 0},
		{
			"stalemate with all pieces", initial,
			"e2e3 a7a5 d1h5 a8a6 h5a5 h7h5 h2h4 a6h6 a5c7 f7f6 c7d7 e8f7 d7b7 d8d3 b7b8 d3h7 b8c8 f7g6 c8e6",
			"stalemate", 0,
		},
		{"two kings", "8/8/8/3k4/4P3/8/8/4K3 b - - 0 1", kingTakes, "insufficient material", 0},
		{"a bishop", "8/8/8/3k4/4P3/8/8/B3K3 b - - 0 1", kingTakes, "insufficient material", 0},
		{"a knight", "8/8/8/3k4/4P3/8/8/N3K3 b - - 0 1", kingTakes, "insufficient material", 0},
		{"bishops on dark squares", "1b6/8/8/3k4/4P3/8/8/B3K3 b - - 0 1", kingTakes, "insufficient material", 0},
		{"three bishops on dark squares", "1b6/8/8/3k4/4P3/8/8/B1B1K3 b - - 0 1", kingTakes, "insufficient material", 0},
		{"bishops on both colours", "2b5/8/8/3k4/4P3/8/8/B3K3 b - - 0 1", kingTakes, "", 0},
		{"two bishops", "8/8/8/3k4/4P3/8/8/B3KB2 b - - 0 1", kingTakes, "", 0},
		{"two knights", "8/8/8/3k4/4P3/8/8/N3K2N b - - 0 1", kingTakes, "", 0},
		{"a knight each", "n7/8/8/3k4/4P3/8/8/N3K3 b - - 0 1", kingTakes, "", 0},
		{"bishop and knight", "n7/8/8/3k4/4P3/8/8/B3K3 b - - 0 1", kingTakes, "", 0},
		{"a rook", "8/8/8/3k4/4P3/8/8/R3K3 b - - 0 1", kingTakes, "", 0},
		{"a pawn", "8/8/8/3k4/4P3/8/P7/4K3 b - - 0 1", kingTakes, "", 0},
		{"four times", initial, fiveMinus1, "", 0},
		{"five times", initial, fiveMinus1 + " f6g8", "fivefold repetition", 0},
		{"75 moves less one of Black's", "7k/8/8/8/8/8/8/R5K1 w - - 148 90", "a1a2", "", 0},
		{"75 moves", "7k/8/8/8/8/8/8/R5K1 w - - 148 90", "a1a2 h8g8", "75 moves", 0},
		{"75 moves end with a pawn's", "7k/8/8/8/8/8/P7/R5K1 w - - 149 90", "a2a3", "", 0},
		{"75 moves end with a capture", "7k/8/8/8/8/8/b7/R5K1 w - - 149 90", "a1a2", "", 0},
		{"the 75th move mates", "7k/8/6K1/8/8/8/8/R7 w - - 149 90", "a1a8", "checkmate", 1},
		{"the 75th move stalemates", "7k/8/6K1/8/8/8/8/5Q2 w - - 149 90", "f1f7", "stalemate", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, c.fen, c.moves)
			var want []game.Outcome
			switch {
			case c.winner > 0:
				want = game.WonBy(c.winner, 2)
			case c.ended != "":
				want = game.DrawnBy(2)
			}
			if got := rules.Outcomes(p); !reflect.DeepEqual(got, want) {
				t.Errorf("outcomes %+v, want %+v", got, want)
			}
			v := view(t, p)
			if v.Ended != c.ended {
				t.Errorf("ended %q, want %q", v.Ended, c.ended)
			}
			if c.ended == "" {
				return
			}
			if v.Turn != "" || v.Claim != "" || rules.LegalMoves(p, turn(p)) != nil {
				t.Errorf("the game is over, and there is something to do: %+v", v)
			}
			_, err := do(p, "e2e4")
			refused(t, "a move after the end", err, game.IllegalMove, "the game is over: "+c.ended)
			_, err = do(p, "claim")
			refused(t, "a claim after the end", err, game.IllegalMove, "the game is over: "+c.ended)
		})
	}
}

// TestClaims: what the player to move claims, and what comes of it.
func TestClaims(t *testing.T) {
	const (
		threefold = "draw claimed: threefold repetition"
		fifty     = "draw claimed: 50 moves"
		rooks     = "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1"
		kings     = " e1e2 e8e7 e2e1 e7e8 "
		walk      = " e8d8 e1d1 d8e8 d1e1 "
		lone      = "7k/8/8/8/8/8/P7/R5K1 w - - "
	)
	for _, c := range []struct {
		name, fen, moves, claim, ended, refusal string
	}{
		{"at the start", initial, "", "claim", "", "the position has occurred once (it takes 3 times), and each side has 0 moves"},
		{"the second time", initial, dance, "claim", "", "has occurred 2 times (it takes 3 times), and each side has 2 moves in a row"},
		{"the third time", initial, dance + dance, "claim", threefold, ""},
		{"the fourth time", initial, dance + dance + dance, "claim", threefold, ""},
		{"by the move", initial, dance + "g1f3 g8f6 f3g1", "claim f6g8", threefold, ""},
		{"by the move, without it", initial, dance + "g1f3 g8f6 f3g1", "claim", "", "has occurred 2 times"},
		{"by another move", initial, dance + "g1f3 g8f6 f3g1", "claim f6d5", "", "would occur once"},
		{"by a pawn's move", initial, dance + dance, "claim e2e4", "", "would occur once (it takes 3 times), and each side has 0 moves"},
		{"by an illegal move", initial, dance + dance, "claim e2e5", "", "a pawn does not move from e2 to e5"},
		{"not in succession", initial, "g1f3 g8f6 f3g1 f6g8 b1c3 b8c6 c3b1 c6b8", "claim", threefold, ""},
		{
			"the third time, once with the other side to move", "4k3/8/8/8/8/8/8/R3K3 w - - 0 1",
			"a1a2 e8e7 a2a3 e7e8 a3a1 e8e7 a1a2 e7e8 a2a1", "claim", "", "has occurred 2 times",
		},
		{"castling lost on the way", rooks, kings + kings, "claim", "", "has occurred 2 times"},
		{"castling lost before", rooks, kings + kings + kings, "claim", threefold, ""},
		{"one castling lost on the way", rooks, "h1h2 h8h7 h2h1 h7h8 h1h2 h8h7 h2h1 h7h8", "claim", "", "has occurred 2 times"},
		// Black could capture a3 when the squares were so for the first time.
		{"an en passant let go", "4k3/8/8/8/1p6/8/P7/4K3 w - - 0 1", "a2a4" + walk + walk, "claim", "", "has occurred 2 times"},
		{"an en passant let go before", "4k3/8/8/8/1p6/8/P7/4K3 w - - 0 1", "a2a4" + walk + walk + walk, "claim", threefold, ""},
		// Here the pawn on b4 could not: it is pinned.
		{
			"no en passant, by a pin", "1k6/8/8/8/1p6/8/P7/1R2K3 w - - 0 1",
			"a2a4 b8a8 e1d1 a8b8 d1e1 b8a8 e1d1 a8b8 d1e1", "claim", threefold, "",
		},
		{"no pawn beside it", "4k3/8/8/8/2p5/8/P7/4K3 w - - 0 1", "a2a4" + walk + walk, "claim", threefold, ""},
		{"49 moves and a half", lone + "99 80", "", "claim", "", "each side has 49 moves in a row"},
		{"50 moves", lone + "100 80", "", "claim", fifty, ""},
		{"50 moves with the move", lone + "99 80", "", "claim g1g2", fifty, ""},
		{"50 moves not with a pawn's move", lone + "100 80", "", "claim a2a3", "", "each side has 0 moves"},
		{"both at once", lone + "100 80", "g1g2 h8g8 g2g1 g8h8 g1g2 h8g8 g2g1 g8h8", "claim", threefold, ""},
		{"1 move", lone + "2 80", "", "claim", "", "each side has 1 move in a row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(t, c.fen, c.moves)
			before := view(t, p)
			if listed := slices.Contains(rules.LegalMoves(p, turn(p)), "claim"); listed != (before.Claim != "") {
				t.Errorf("listed: %v, while the view has %q to claim", listed, before.Claim)
			}
			drawn, err := do(p, c.claim)
			if c.claim == "claim" && (err == nil) != (before.Claim != "") {
				t.Errorf("the view has %q to claim, and what comes of it is %v", before.Claim, err)
			}
			if c.refusal != "" {
				refused(t, c.claim, err, game.IllegalMove, c.refusal)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			after := view(t, drawn)
			if after.Ended != c.ended || after.FEN != before.FEN {
				t.Errorf("ended %q at %s, want %q at %s", after.Ended, after.FEN, c.ended, before.FEN)
			}
			if got := rules.Outcomes(drawn); !reflect.DeepEqual(got, game.DrawnBy(2)) {
				t.Errorf("outcomes %+v", got)
			}
			if rules.Outcomes(p) != nil {
				t.Error("the claim ended the position that it was made in")
			}
		})
	}
}

func TestOutOfTurn(t *testing.T) {
	p := play(t, initial, dance+dance)
	for _, text := range []string{"e7e5", "claim", "claim g8f6"} {
		_, err := rules.Play(p, 2, text, game.Moment{}, nil)
		refused(t, text, err, game.IllegalMove, "it is White's turn")
	}
	if rules.Duty(p, 1) != game.MustAct || rules.Duty(p, 2) != game.Waits {
		t.Error("Black has something to do in White's turn")
	}
	if p = play(t, initial, "e2e4"); rules.Duty(p, 2) != game.MustAct || rules.Duty(p, 1) != game.Waits {
		t.Error("after 1. e4 it is not Black's turn")
	}
}

// TestSiblings: moves tried from one position know nothing of each other.
func TestSiblings(t *testing.T) {
	p := start(t, initial)
	for _, mv := range strings.Fields(dance + dance + dance) {
		var tried []game.Position
		var views []any
		for _, other := range rules.LegalMoves(p, turn(p)) {
			next, err := do(p, other)
			if err != nil {
				t.Fatal(err)
			}
			tried, views = append(tried, next), append(views, rules.View(next, 0))
		}
		for i, next := range tried {
			if got := rules.View(next, 0); got != views[i] {
				t.Fatalf("other moves were tried, and %+v became %+v", views[i], got)
			}
		}
		p, _ = do(p, mv)
	}
}

// TestAtOnce: a position may be asked by many at once. It is for the race detector.
func TestAtOnce(t *testing.T) {
	p := start(t, kiwipete)
	var group sync.WaitGroup
	for _, mv := range []string{"e1g1", "e1c1", "d5e6", "e2a6", "e1e3"} {
		group.Go(func() {
			_, err := do(p, mv)
			if legal := slices.Contains(rules.LegalMoves(p, 1), mv); legal != (err == nil) {
				t.Errorf("%s is listed: %v; played: %v", mv, legal, err)
			}
		})
	}
	group.Wait()
}
