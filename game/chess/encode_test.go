package chess_test

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	lib "github.com/corentings/chess/v2"
	"pgregory.net/rapid"

	"yourmove/game"
)

// walk plays up to n moves, drawn from t, from one of the positions.
func walk(t *rapid.T, n int) game.Position {
	fen := rapid.SampledFrom([]string{initial, kiwipete, position3, position4, position5, position6}).Draw(t, "fen")
	p, err := rules.Setup(options(fen), []int{1, 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, n).Draw(t, "moves") {
		legal := rules.LegalMoves(p, turn(p))
		if len(legal) == 0 {
			break
		}
		if p, err = do(p, rapid.SampledFrom(legal).Draw(t, "move")); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// same fails unless two positions are the same in all that can be asked of them.
func same(t *rapid.T, what string, a, b game.Position) {
	t.Helper()
	if va, vb := rules.View(a, 0), rules.View(b, 0); va != vb {
		t.Fatalf("%s: view %+v, was %+v", what, vb, va)
	}
	if !reflect.DeepEqual(rules.Outcomes(a), rules.Outcomes(b)) {
		t.Fatalf("%s: outcomes %+v, were %+v", what, rules.Outcomes(b), rules.Outcomes(a))
	}
	for seat := 1; seat <= 2; seat++ {
		if !reflect.DeepEqual(rules.LegalMoves(a, seat), rules.LegalMoves(b, seat)) || rules.Duty(a, seat) != rules.Duty(b, seat) {
			t.Fatalf("%s: seat %d has other moves", what, seat)
		}
	}
	_, da, _ := rules.Encode(a)
	_, db, _ := rules.Encode(b)
	if !bytes.Equal(da, db) {
		t.Fatalf("%s: encoded as %x, was %x", what, db, da)
	}
}

// TestRoundTrips: a position is the same after Encode and Decode, and when it is imagined from its view.
func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := walk(t, 40)
		version, data, err := rules.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := rules.Decode(version, data)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "decoded", p, decoded)
		imagined, err := imagine(p)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "imagined", p, imagined)
	})
}

func TestDecodeRefuses(t *testing.T) {
	_, data, _ := rules.Encode(play(t, initial, dance))
	for n := range data {
		if n == len(data)-8 || n > len(data)-8 && n%2 == len(data)%2 {
			continue // only past moves are missing
		}
		if _, err := rules.Decode(1, data[:n]); err == nil {
			t.Errorf("accepts the first %d bytes of %d", n, len(data))
		}
	}
	for at, b := range map[int]byte{0: 0xff, 1: 64, 2: 8, 13: 0xff, 15: 0x11, len(data) - 1: 64, len(data) - 2: 200} {
		bad := bytes.Clone(data)
		bad[at] = b
		if _, err := rules.Decode(1, bad); err == nil {
			t.Errorf("accepts %#x as byte %d", b, at)
		}
	}
	if _, err := rules.Decode(2, data); err == nil {
		t.Error("accepts version 2")
	}
}

// TestEncodedSize: a match's head, which holds the position, is written with each turn.
func TestEncodedSize(t *testing.T) {
	p := start(t, initial)
	most, sum, n := 0, 0, 0
	for _, mv := range fischerSpassky(t) {
		var err error
		if p, err = do(p, mv); err != nil {
			t.Fatal(err)
		}
		_, data, _ := rules.Encode(p)
		most, sum, n = max(most, len(data)), sum+len(data), n+1
	}
	t.Logf("%d plies: %d bytes at most, %d on average", n, most, sum/n)
	if n != 85 || most > 64 {
		t.Errorf("%d plies, %d bytes at most, want 85 and up to 64", n, most)
	}
	p = start(t, "r3k2r/pppppppp/8/8/8/8/PPPPPPPP/R3K2R w - - 0 1")
	for range 149 {
		p = shuffle(t, p)
	}
	_, data, _ := rules.Encode(p)
	t.Logf("149 plies that can be taken back: %d bytes", len(data))
	if len(data) > 350 {
		t.Errorf("149 plies that can be taken back: %d bytes, want up to 350", len(data))
	}
}

// shuffle moves a king or rook along its first rank, so that the game goes on.
func shuffle(t *testing.T, p game.Position) game.Position {
	t.Helper()
	for _, mv := range rules.LegalMoves(p, turn(p)) {
		if mv[1] == '1' || mv[1] == '8' {
			if q, err := do(p, mv); err == nil && rules.Outcomes(q) == nil {
				return q
			}
		}
	}
	t.Fatalf("no move but to the end: %+v", view(t, p))
	return nil
}

// fischerSpassky returns the moves of a game of 85 plies.
func fischerSpassky(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/fischer_spassky_1992.pgn")
	if err != nil {
		t.Fatal(err)
	}
	_, movetext, _ := strings.Cut(string(text), "\n\n")
	pos := lib.StartingPosition()
	var list []string
	for _, word := range strings.Fields(movetext) {
		if strings.HasSuffix(word, ".") || word == "*" {
			continue
		}
		mv, err := lib.AlgebraicNotation{}.Decode(pos, word)
		if err != nil {
			t.Fatal(err)
		}
		list, pos = append(list, lib.UCINotation{}.Encode(pos, mv)), pos.Update(mv)
	}
	return list
}
