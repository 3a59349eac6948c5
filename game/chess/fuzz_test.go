package chess_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"yourmove/game"
)

// FuzzPlay: whatever a player sends, it is a legal move, a claim, or refused with a reason, and the position stays as
// it was.
func FuzzPlay(f *testing.F) {
	for _, text := range []string{"e2e4", "e7e8q", "e1g1", "e5d6", "claim", "claim g1f3", "claim ", "a1a1", "", "O-O", "e2e4\x00"} {
		for n := range uint8(4) {
			f.Add(n, text)
		}
	}
	positions := []game.Position{
		play(f, initial, dance+dance), start(f, kiwipete), start(f, position5), play(f, initial, "f2f3 e7e5 g2g4 d8h4"),
	}
	f.Fuzz(func(t *testing.T, n uint8, text string) {
		p := positions[int(n)%len(positions)]
		_, before, _ := rules.Encode(p)
		next, err := do(p, text)
		if _, after, _ := rules.Encode(p); !bytes.Equal(before, after) {
			t.Fatalf("%q changed the position that it was played in", text)
		}
		var refusal *game.Error
		switch {
		case err == nil:
			if !slices.Contains(rules.LegalMoves(p, turn(p)), text) && !strings.HasPrefix(text, "claim ") {
				t.Errorf("%q was played and is not legal", text)
			}
			if strings.HasPrefix(text, "claim") && rules.Outcomes(next) == nil {
				t.Errorf("%q was right and the game goes on", text)
			}
		case !errors.As(err, &refusal) || refusal.Reason != game.MalformedMove && refusal.Reason != game.IllegalMove:
			t.Errorf("%q: %v", text, err)
		case len(refusal.Detail) > 300:
			t.Errorf("%q: refused at length: %s", text, refusal.Detail)
		}
	})
}

// FuzzOptions: a position that may be set up can be played, kept and shown.
func FuzzOptions(f *testing.F) {
	for _, fen := range []string{
		initial, kiwipete, position3, position4, position5, position6, "", "8/8/8/8 w - - 0 1",
		"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 2", "R6R/3Q4/1Q4Q1/4Q3/2Q4Q/Q4Q2/pp1Q4/kBNN1KB1 w - - 0 1",
	} {
		f.Add(fen)
	}
	f.Fuzz(func(t *testing.T, fen string) {
		o, err := game.FormatOptions(map[string]string{"fen": fen})
		if err != nil {
			t.Fatal(err)
		}
		filled, err := rules.Check(o, 2)
		if err != nil {
			return
		}
		if again, err := rules.Check(filled, 2); err != nil || !bytes.Equal(again, filled) {
			t.Fatalf("%s becomes %s and then %s (%v)", o, filled, again, err)
		}
		p, err := rules.Setup(filled, []int{1, 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		legal := rules.LegalMoves(p, turn(p))
		if len(legal) == 0 || rules.Outcomes(p) != nil {
			t.Fatalf("%s cannot be played", filled)
		}
		for _, mv := range legal {
			next, err := do(p, mv)
			if err != nil {
				t.Fatalf("%s in %s: %v", mv, filled, err)
			}
			imagined, err := imagine(next)
			if err != nil || rules.View(imagined, 1) != rules.View(next, 1) {
				t.Fatalf("%s in %s cannot be imagined: %v", mv, filled, err)
			}
		}
	})
}

// FuzzImagine: a view that is none is refused; what is accepted shows as it was.
func FuzzImagine(f *testing.F) {
	f.Add(initial, "", "", 0)
	f.Add("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 4 3", "g1f3 g8f6 f3g1 f6g8", "", 2)
	f.Add("7k/8/8/8/8/8/8/R5K1 w - - 100 90", "", "draw claimed: 50 moves", 0)
	f.Add("4k3/8/8/8/8/8/8/4K3 w - - 9 9", "e8e1 e1e8", "insufficient material", 0)
	f.Fuzz(func(t *testing.T, fen, reversible, ended string, repetitions int) {
		data, err := game.FormatOptions(map[string]any{
			"fen": fen, "turn": "white", "reversible": reversible, "ended": ended, "repetitions": repetitions,
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := rules.Imagine(data, 1, nil)
		if err != nil {
			return
		}
		again, err := imagine(p)
		if err != nil || rules.View(again, 1) != rules.View(p, 1) {
			t.Errorf("%s is imagined as %+v, and that as %+v (%v)", data, rules.View(p, 1), again, err)
		}
	})
}

// FuzzDecode: bytes that are no position are refused; what is accepted can be shown.
func FuzzDecode(f *testing.F) {
	for _, fen := range []string{initial, kiwipete, position3} {
		_, data, _ := rules.Encode(play(f, fen, ""))
		f.Add(data)
	}
	_, data, _ := rules.Encode(play(f, initial, dance))
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := rules.Decode(1, data)
		if err != nil {
			return
		}
		rules.View(p, 0)
		rules.Draw(p, 2)
		if _, again, err := rules.Encode(p); err != nil || len(again) > len(data) {
			t.Errorf("%x was decoded and encodes to %x (%v)", data, again, err)
		}
	})
}
