package gametest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

// hat is a small honest game with secrets, for two to four: each seat draws a word from a hat that others may not
// see, passes three times (or gives the word away by "show"), and then the highest one wins. Its flaws are switched on
// one by one: the suite must find each.
type hat struct {
	game.JSON[*hats]
	game.NoOptions
	flaw flaw
}

type flaw string

const (
	none            flaw = ""
	leakyView       flaw = "a view that shows another seat's word"
	leakyEvent      flaw = "an event that shows a word"
	leakySummary    flaw = "a summary that shows a word"
	leakyDraw       flaw = "a drawing that shows a word"
	mutatingPlay    flaw = "a Play that changes the position given"
	mutatingRefusal flaw = "a refused move that changes the position given"
	mutatingLeave   flaw = "a Leave that changes the position given"
	sharing         flaw = "positions that share memory"
	endless         flaw = "a game that never ends"
	stuck           flaw = "a game in which nobody must act"
	forgetful       flaw = "an end that leaves a seat out"
	twice           flaw = "an end that names a seat twice"
	lossy           flaw = "an encoding that loses a field"
	fickle          flaw = "moves judged by something outside the arguments"
	lying           flaw = "a list with an illegal move"
	panics          flaw = "a panic on an odd move"
	panicsForGone   flaw = "a panic when one who left looks on"
	badOptions      flaw = "a Check that takes everything"
	badName         flaw = "a name that the API cannot say"
	badDefault      flaw = "a default move that is refused"
	twoLines        flaw = "a summary of two lines"
	bareView        flaw = "a view that is no object"
	foreignReason   flaw = "a refusal with the reason of another layer"
	blind           flaw = "imagining that refuses its own view"
	swapping        flaw = "imagining that changes the viewer's own word"
	hasty           flaw = "imagining that gives another seat the turn"
	premature       flaw = "imagining that ends the game"
	timid           flaw = "imagining in which there is less to play"
	moody           flaw = "imagining that draws from outside its chance"
	borrowing       flaw = "imagining that keeps the bytes it was given"
	gullible        flaw = "imagining that takes what is no view"
	fragile         flaw = "imagining that panics on an altered view"
	slamming        flaw = "a Close that changes the position given"
	jammed          flaw = "a closed position that cannot be drawn"
	reopening       flaw = "imagining that opens what is closed"
	boundless       flaw = "an estimate above 1"
	uncountable     flaw = "an estimate that is not a number"
)

type hats struct {
	Seats  []int
	Words  map[int]string
	Passes int
	// Shown lists the seats whose word is out.
	Shown map[int]bool
	Note  int
	// Closed: the match is over, and all words are out.
	Closed bool
	// Twist and Kept come of flawed imagining alone.
	Twist flaw
	Kept  []byte
}

func (h *hats) clone() *hats {
	c := *h
	c.Shown = map[int]bool{}
	for k, v := range h.Shown {
		c.Shown[k] = v
	}
	c.Seats = append([]int(nil), h.Seats...)
	return &c
}

func (r hat) Info() game.Info {
	name := "hat"
	if r.flaw == badName {
		name = "The Hat!"
	}
	return game.Info{Name: name, Title: "Hat", Version: 1, MinSeats: 2, MaxSeats: 4, Notation: `"pass" or "show"`}
}

func (r hat) Check(o game.Options, seats int) (game.Options, error) {
	if r.flaw == badOptions {
		return nil, nil
	}
	return r.NoOptions.Check(o, seats)
}

func (r hat) Setup(_ game.Options, seats []int, c *game.Chance) (game.Position, error) {
	h := &hats{Seats: append([]int(nil), seats...), Words: map[int]string{}, Shown: map[int]bool{}}
	for _, s := range seats {
		h.Words[s] = fmt.Sprintf("<word %08d>", c.IntN(1e8))
	}
	return h, nil
}

func (h *hats) next() int { return h.Seats[h.Passes%len(h.Seats)] }

var outside atomic.Int64 // what a flawed game looks at beside its arguments

func (r hat) Play(p game.Position, seat int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	h := p.(*hats)
	if move != "pass" && move != "show" {
		switch r.flaw {
		case mutatingRefusal:
			h.Note++
		case panics:
			panic("what is this?")
		case foreignReason:
			return game.Played{}, game.Refuse(game.Quota, "no")
		}
		return game.Played{}, game.Malformed("pass or show")
	}
	if h.next() != seat {
		return game.Played{}, game.Illegal("not now")
	}
	n := h.clone()
	switch r.flaw {
	case mutatingPlay:
		h.Note++
	case sharing:
		n.Shown = h.Shown
	case fickle:
		n.Note = int(outside.Add(1))
	}
	n.Passes++
	played := game.Played{Position: n}
	if move == "show" {
		n.Shown[seat], played.Chance = true, n.Words[seat]
	} else if r.flaw == leakyEvent {
		played.Chance = n.Words[seat]
	}
	return played, nil
}

func (r hat) Leave(p game.Position, seat int, _ *game.Chance) (game.Played, error) {
	h := p.(*hats)
	n := h.clone()
	if r.flaw == mutatingLeave {
		h.Note++
	}
	n.Seats, n.Passes = nil, 0
	for _, s := range h.Seats {
		if s != seat {
			n.Seats = append(n.Seats, s)
		}
	}
	return game.Played{Position: n}, nil
}

func (r hat) Duty(p game.Position, seat int) game.Duty {
	h := p.(*hats)
	next := h.next()
	if h.Twist == hasty {
		next = h.Seats[(h.Passes+1)%len(h.Seats)]
	}
	if next == seat && (r.flaw != stuck || h.Passes < 2) {
		return game.MustAct
	}
	return game.Waits
}

func (r hat) Outcomes(p game.Position) []game.Outcome {
	h := p.(*hats)
	if h.Passes < 3*len(h.Seats) && h.Twist != premature || r.flaw == endless {
		return nil
	}
	best := h.Seats[0]
	for _, s := range h.Seats {
		if h.Words[s] > h.Words[best] {
			best = s
		}
	}
	var list []game.Outcome
	for _, s := range h.Seats {
		o := game.Outcome{Seat: s, Result: game.Lost, Ending: game.EndPlayed}
		if s == best {
			o.Result = game.Won
		}
		list = append(list, o)
	}
	switch r.flaw {
	case forgetful:
		return list[1:]
	case twice:
		return append(list, list[0])
	}
	return list
}

func (r hat) View(p game.Position, viewer int) any {
	h := p.(*hats)
	if r.flaw == bareView {
		return h.Passes
	}
	words := map[int]string{}
	over := h.Closed || h.Passes >= 3*len(h.Seats)
	for s, w := range h.Words {
		if s == viewer || h.Shown[s] || over || r.flaw == leakyView && viewer == 2 && s == 1 {
			words[s] = w
		}
	}
	if r.flaw == panicsForGone && viewer > 0 {
		_ = h.Seats[viewer-1]
	}
	return map[string]any{"words": words, "seats": h.Seats, "passes": h.Passes, "shown": h.Shown, "closed": h.Closed}
}

func (r hat) Close(p game.Position) game.Position {
	h := p.(*hats)
	if r.flaw != slamming {
		h = h.clone()
	}
	h.Closed = true
	return h
}

// Imagine draws the words that the viewer does not see.
func (r hat) Imagine(view []byte, viewer int, c *game.Chance) (game.Position, error) {
	var h hats
	if r.flaw == blind {
		return nil, errors.New("what is this?")
	}
	if err := json.Unmarshal(view, &h); err != nil && r.flaw != gullible {
		return nil, err
	}
	if (len(h.Seats) < 2 || h.Words == nil || h.Shown == nil || h.Passes < 0) && r.flaw != gullible && r.flaw != fragile {
		return nil, errors.New("no view of a hat")
	}
	if r.flaw == fragile {
		_ = h.Seats[1]
	}
	for _, seat := range h.Seats {
		if h.Words[seat] == "" && h.Words != nil {
			h.Words[seat] = fmt.Sprintf("<word %08d>", c.IntN(1e8))
		}
	}
	switch r.flaw {
	case swapping:
		h.Words[viewer] = fmt.Sprintf("<word %08d>", c.IntN(1e8))
	case hasty, premature, timid:
		h.Twist = r.flaw
	case reopening:
		h.Closed = false
	case moody:
		h.Note = int(outside.Add(1))
	case borrowing:
		h.Kept = view
	}
	return &h, nil
}

func (r hat) Estimate(p game.Position, seat int) float64 {
	h := p.(*hats)
	switch r.flaw {
	case boundless:
		return float64(h.Passes) / 2
	case uncountable:
		return float64(h.Passes-2) / float64(h.Passes-2) // 0/0 now and then
	}
	return 0.5
}

func (r hat) Redact(m game.PlayedMove, _, _ int) game.PlayedMove { return m }

func (r hat) Secrets(p game.Position, seat int) []string {
	if h := p.(*hats); !h.Shown[seat] {
		return []string{h.Words[seat]}
	}
	return nil
}

func (r hat) Encode(p game.Position) (int, []byte, error) {
	h := p.(*hats)
	if r.flaw == lossy && h.Passes == 3 {
		h = h.clone()
		h.Passes = 1000
	}
	data, err := json.Marshal(h)
	return 1, data, err
}

func (r hat) Decode(version int, data []byte) (game.Position, error) {
	p, err := r.JSON.Decode(version, data)
	if err != nil {
		return nil, err
	}
	if h := p.(*hats); r.flaw == lossy && h.Passes == 1000 {
		h.Passes = 2
	}
	return p, nil
}

func (r hat) LegalMoves(p game.Position, _ int) []string {
	moves := []string{"pass", "show"}
	if p.(*hats).Twist == timid {
		moves = moves[:1]
	}
	if r.flaw == lying {
		moves = append(moves, "win")
	}
	return moves
}

func (r hat) DefaultMove(game.Position, int) (string, bool) {
	if r.flaw == badDefault {
		return "resign", true
	}
	return "pass", true
}

func (r hat) Summary(p game.Position) string {
	h := p.(*hats)
	switch r.flaw {
	case leakySummary:
		return fmt.Sprint(h.Words)
	case twoLines:
		return "one\ntwo"
	}
	return fmt.Sprintf("%d passes", h.Passes)
}

func (r hat) Draw(p game.Position, viewer int) string {
	switch h := p.(*hats); {
	case r.flaw == leakyDraw:
		return "seat 1 has " + h.Words[1]
	case r.flaw == jammed && h.Closed:
		panic("nobody is next")
	}
	return "a hat"
}

// recorder is a T that keeps what is reported.
type recorder struct{ reports []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

// TestHonest: the suite has nothing to say about the game without a flaw.
func TestHonest(t *testing.T) { gametest.Run(t, hat{}) }

// TestFlaws is the negative control: the suite must find each flaw, and say what it is.
func TestFlaws(t *testing.T) {
	for flaw, says := range map[flaw]string{
		leakyView: "only seat 1 may know", leakyEvent: "Redact", leakySummary: "Summary", leakyDraw: "only seat 1 may know",
		mutatingPlay: "changed the position", mutatingRefusal: "changed the position", mutatingLeave: "Leave of seat",
		sharing: "changed the position", endless: "endless", stuck: "nobody must act", forgetful: "Outcomes names",
		twice: "Outcomes names", lossy: "Encode and Decode", fickle: "with the same chance", lying: "then refused it",
		panics: "panic: what is this?", panicsForGone: "panic", badOptions: "Check", badName: "The Hat!",
		badDefault: `offered "resign"`, twoLines: "more than a line", bareView: "no JSON object", foreignReason: "QUOTA",
		blind: "refused: what is this?", swapping: "of which the view is", hasty: "with the duty 0, not 1", premature: "with the outcomes",
		timid: "with the legal moves", moody: "with the same chance", borrowing: "writing over the view that it was given changed",
		slamming: "Close changed", jammed: "panic: nobody is next", reopening: "gives something of which the view is",
		gullible: "which is no view", fragile: "panic", boundless: "not from 0 to 1", uncountable: "NaN",
	} {
		t.Run(string(flaw), func(t *testing.T) {
			var r recorder
			gametest.Run(&r, hat{flaw: flaw}, gametest.Config{Bound: 200})
			if len(r.reports) == 0 {
				t.Fatal("the suite found nothing")
			}
			if all := strings.Join(r.reports, "\n"); !strings.Contains(all, says) {
				t.Errorf("the suite says nothing of %q, but:\n%s", says, all)
			}
			for _, report := range r.reports {
				if flaw != badName && flaw != badOptions && !strings.Contains(report, "Config.Seed ") {
					t.Errorf("no seed in the report %s", report)
				}
			}
		})
	}
}

// TestSeedRepeats: the seed in a report leads to the same report again, alone.
func TestSeedRepeats(t *testing.T) {
	report := func(cfg gametest.Config) string {
		var r recorder
		gametest.Run(&r, hat{flaw: forgetful}, cfg)
		if len(r.reports) == 0 {
			t.Fatal("nothing was found")
		}
		return r.reports[0]
	}
	first := report(gametest.Config{Seed: 40})
	var seed uint64
	if _, after, ok := strings.Cut(first, "Config.Seed "); !ok {
		t.Fatalf("no seed in %s", first)
	} else if _, err := fmt.Sscanf(after, "%d:", &seed); err != nil {
		t.Fatal(err)
	}
	if again := report(gametest.Config{Seed: seed, Playouts: 1}); again != first {
		t.Errorf("first:\n%s\nthen:\n%s", first, again)
	}
}

// words is a game without LegalMoves: any word of lower-case letters that has not been said is a move; after ten words
// it is a draw.
type words struct {
	game.JSON[[]string]
	game.Open
	game.TwoSeats
	game.NoOptions
}

func (words) Info() game.Info {
	return game.Info{Name: "words", Title: "Words", Version: 1, MinSeats: 2, MaxSeats: 2, Notation: "a word"}
}

func (words) Setup(game.Options, []int, *game.Chance) (game.Position, error) { return []string{}, nil }

func (words) Play(p game.Position, _ int, move string, _ game.Moment, _ *game.Chance) (game.Played, error) {
	said := p.([]string)
	if move == "" || len(move) > 20 || strings.Trim(move, "abcdefghijklmnopqrstuvwxyz") != "" {
		return game.Played{}, game.Malformed("not a word")
	}
	for _, w := range said {
		if w == move {
			return game.Played{}, errors.New("that was said")
		}
	}
	return game.Played{Position: append(append([]string{}, said...), move)}, nil
}

func (words) Duty(p game.Position, seat int) game.Duty {
	if len(p.([]string))%2 == seat-1 {
		return game.MustAct
	}
	return game.Waits
}

func (words) Outcomes(p game.Position) []game.Outcome {
	if len(p.([]string)) < 10 {
		return nil
	}
	return game.DrawnBy(2)
}

func (words) View(p game.Position, _ int) any { return map[string]any{"said": p} }

// TestMoves: rules without LegalMoves are played with proposed moves, of which some are refused; without any the suite
// says what is missing.
func TestMoves(t *testing.T) {
	propose := func(_ game.Position, _ int, rng *rand.Rand) []string {
		return []string{"a", "2", strings.Repeat("b", 1+rng.IntN(20)), string(rune('c' + rng.IntN(20))), "zz", "zzz", "zzzz"}
	}
	gametest.Run(t, words{}, gametest.Config{Moves: propose})
	var r recorder
	gametest.Run(&r, words{})
	if len(r.reports) == 0 || !strings.Contains(r.reports[0], "Config.Moves") {
		t.Errorf("without moves: %q", r.reports)
	}
}
