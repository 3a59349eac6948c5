package battleship_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/battleship"
)

var (
	ann   = game.PlayerID{1}
	bob   = game.PlayerID{2}
	epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// table is a match between ann in seat 1 and bob in seat 2, with all that was told in it.
type table struct {
	testing.TB
	m      game.Match
	events []game.Event
}

func sit(t testing.TB, seed byte) *table {
	t.Helper()
	tb := &table{TB: t}
	tb.take(game.Create(battleship.Rules{}, game.NewMatch{
		Settings: game.Settings{Game: "battleship"}, Seed: game.Seed{seed}, Creator: ann, Seat: 1, LapseAfter: game.LapseAfter,
	}, epoch))
	tb.take(tb.m.Join(battleship.Rules{}, bob, 2, epoch))
	return tb
}

func (tb *table) take(c game.Change, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.m, tb.events = c.Match, append(tb.events, c.Events...)
}

// submit submits moves that a player decided on when the match was at a version.
func (tb *table) submit(who game.PlayerID, version uint64, moves ...string) (game.Change, error) {
	turn := game.Turn{Expected: version}
	for _, mv := range moves {
		turn.Moves = append(turn.Moves, game.PlayedMove{Text: mv})
	}
	return tb.m.Submit(battleship.Rules{}, who, turn, epoch)
}

// play submits moves that must be accepted.
func (tb *table) play(who game.PlayerID, moves ...string) {
	tb.Helper()
	tb.take(tb.submit(who, tb.m.Version, moves...))
}

func (tb *table) position() game.Position {
	tb.Helper()
	p, err := tb.m.Decode(battleship.Rules{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func reasonOf(err error) game.Reason {
	var e *game.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// TestSetupTogether: both place at the same time, in any order, one ship or all in one turn. Nobody's placing makes what
// the other decided on stale, and the shooting begins with seat 1 in a turn of its own.
func TestSetupTogether(t *testing.T) {
	for name, order := range map[string][]struct {
		who   game.PlayerID
		moves []string
	}{
		"ann all at once, then bob":       {{ann, placing1}, {bob, placing2}},
		"bob all at once, then ann":       {{bob, placing2}, {ann, placing1}},
		"ann one by one, then bob":        {{ann, placing1[:1]}, {ann, placing1[1:2]}, {ann, placing1[2:4]}, {ann, placing1[4:]}, {bob, placing2}},
		"by turns":                        {{ann, placing1[:2]}, {bob, placing2[3:]}, {ann, placing1[2:]}, {bob, placing2[:3]}},
		"bob ready, ann changes her mind": {{ann, []string{"carrier f6 down", "carrier j6 down"}}, {bob, placing2}, {ann, placing1}},
	} {
		t.Run(name, func(t *testing.T) {
			tb := sit(t, 1)
			if got := fmt.Sprint(tb.m.MustAct()); got != "[1 2]" {
				t.Fatalf("seats %s must act first", got)
			}
			seen := map[game.PlayerID]uint64{ann: tb.m.Version, bob: tb.m.Version} // each looks again after an act of his own only
			for i, o := range order {
				tb.take(tb.submit(o.who, seen[o.who], o.moves...))
				seen[o.who] = tb.m.Version
				if last := i == len(order)-1; tb.m.Turn != 1 && !last || tb.m.Turn != 2 && last {
					t.Fatalf("turn %d after %v", tb.m.Turn, o.moves)
				}
			}
			if got := encoded(t, tb.position()); got != fleets {
				t.Errorf("set up as %s, want %s", got, fleets)
			}
			if got := fmt.Sprint(tb.m.MustAct()); got != "[1]" {
				t.Errorf("seats %s must act after the set-up", got)
			}
			if _, err := tb.submit(ann, seen[ann]-1, "a6"); order[len(order)-1].who == ann && reasonOf(err) != game.VersionStale {
				t.Errorf("a shot decided on before the shooting began: %v", err)
			}
			tb.play(ann, "a6")
			tb.play(bob, "a1")
		})
	}
}

// TestSetupRefusals: the turn of a seat is over once its fleet stands, and nothing of a refused turn is kept.
func TestSetupRefusals(t *testing.T) {
	for _, c := range []struct {
		name  string
		moves []string
		want  game.Reason
	}{
		{"a sixth ship", append(placing1[:5:5], "carrier a9 across"), game.IllegalMove},
		{"a shot behind the placing", append(placing1[:5:5], "a1"), game.IllegalMove},
		{"at random twice", []string{"random", "random"}, game.IllegalMove},
		{"a bad ship at the end", []string{placing1[0], placing1[1], "cruiser a1 down"}, game.IllegalMove},
		{"a ship moved in between", []string{placing1[0], placing1[1], "carrier a10 across", "random"}, ""},
	} {
		tb := sit(t, 1)
		before := encoded(t, tb.position())
		change, err := tb.submit(ann, tb.m.Version, c.moves...)
		if reasonOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err != nil && (change.Events != nil || encoded(t, tb.position()) != before) {
			t.Errorf("%s: refused, and yet something happened", c.name)
		}
	}
	tb := sit(t, 1)
	tb.play(ann, placing1...)
	if _, err := tb.submit(ann, tb.m.Version, "a6"); reasonOf(err) != game.NotYourTurn {
		t.Errorf("a shot while bob places: %v", err)
	}
	tb.play(bob, "random")
	if _, err := tb.submit(bob, tb.m.Version, "a6"); reasonOf(err) != game.NotYourTurn {
		t.Errorf("bob shoots first: %v", err)
	}
	if _, err := tb.submit(ann, tb.m.Version, "a6", "a7"); reasonOf(err) != game.IllegalMove {
		t.Errorf("two shots in a turn: %v", err)
	}
}

// shown is all that a viewer is shown of the match as it is now, and of these events as they look while it goes on, or
// when it is over.
func (tb *table) shown(viewer int, events []game.Event, over bool) string {
	tb.Helper()
	var r battleship.Rules
	p := tb.position()
	texts := []string{string(viewOf(tb, p, viewer)), r.Draw(p, viewer), r.Summary(p)}
	for _, e := range events {
		texts = append(texts, fmt.Sprintf("%+v", e.Show(r, viewer, over)))
	}
	return strings.Join(texts, "\n")
}

// telling is whatever says where a ship lies, or that it was drawn, in a view, an event or a drawing.
var telling = regexp.MustCompile(`(carrier|battleship|cruiser|submarine|destroyer) [a-j][0-9]+ (across|down)|random|#`)

// TestHidden plays whole matches, placed ship by ship, by several in a turn and at random, and looks after every turn for
// anything in what others are shown that tells where a ship lies: not for what does, for all that could. At the end
// everything is there.
func TestHidden(t *testing.T) {
	var r battleship.Rules
	for seed := range byte(2) {
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		tb := sit(t, seed)
		for !tb.m.State.Over() {
			seats := tb.m.MustAct()
			seat := seats[rng.IntN(len(seats))]
			moves := r.LegalMoves(tb.position(), seat)
			submit := []string{moves[rng.IntN(len(moves))]}
			if tb.m.Turn == 1 && rng.IntN(3) == 0 && submit[0] != "random" && !strings.HasPrefix(submit[0], "destroyer") {
				submit = append(submit, "random")
			}
			told := len(tb.events)
			tb.play([]game.PlayerID{ann, bob}[seat-1], submit...)
			for viewer := range 3 {
				tb.checkHidden(viewer, tb.events[told:])
			}
		}
		if tb.m.Turn < 40 {
			t.Fatalf("a match of %d turns shows little", tb.m.Turn)
		}
		tb.checkRevealed()
	}
}

// checkHidden looks for the fleets of others in what a viewer is shown of the position and of new events.
func (tb *table) checkHidden(viewer int, events []game.Event) {
	tb.Helper()
	if tb.m.State.Over() {
		return
	}
	if events[0].Seat == viewer {
		events = nil // he knows what he did
	}
	shown := tb.shown(viewer, events, false)
	if last := tb.m.Last; last.Seat != viewer {
		shown += fmt.Sprintf("%+v", last.Move.Show(battleship.Rules{}, last.Seat, viewer))
	}
	if viewer > 0 { // his own ships are no secret to him
		v := look(tb, tb.position(), viewer)
		if other := v.Boards[fmt.Sprint(3-viewer)]; strings.Contains(strings.Join(other.Rows, ""), "#") {
			tb.Fatalf("viewer %d is shown the other board as %q", viewer, other.Rows)
		}
		for _, s := range append(v.Boards[fmt.Sprint(viewer)].Ships, "#") {
			shown = strings.ReplaceAll(shown, s, "")
		}
	}
	if found := telling.FindString(shown); found != "" {
		tb.Fatalf("viewer %d is shown %q in\n%s", viewer, found, shown)
	}
}

// checkRevealed asks whether everything is shown to everybody of a match that is over.
func (tb *table) checkRevealed() {
	tb.Helper()
	for viewer := range 3 {
		shown := tb.shown(viewer, tb.events, true)
		for _, e := range tb.events {
			taken, ok := e.Fact.(game.TurnTaken)
			if ok && !strings.Contains(shown, taken.Moves[0].Text) {
				tb.Errorf("viewer %d is not shown %q when the match is over", viewer, taken.Moves[0].Text)
			}
		}
		v := look(tb, tb.position(), viewer)
		for seat := 1; seat <= 2; seat++ {
			if b := v.Boards[fmt.Sprint(seat)]; v.Phase != "over" || len(b.Ships) != 5 {
				tb.Errorf("viewer %d is shown the fleet of seat %d as %v when it is %s", viewer, seat, b.Ships, v.Phase)
			}
		}
	}
}

// TestProgressHidden: how far the other has come with placing is nowhere to be seen but in the number of turns that he
// took, which may have moved the same ship.
func TestProgressHidden(t *testing.T) {
	show := func(moves ...string) string {
		tb := sit(t, 1)
		for _, mv := range moves {
			tb.play(ann, mv)
		}
		return tb.shown(2, tb.events, false)
	}
	three := show(placing1[0], placing1[1], placing1[2])
	if one := show(placing1[0], "carrier c5 down", "carrier a9 across"); three != one {
		t.Errorf("with three ships placed bob is shown\n%s\nwith one ship placed thrice\n%s", three, one)
	}
	if all := show("destroyer j9 down", placing1[1], "random"); three == all {
		t.Error("bob cannot see that ann is ready")
	}
}

// TestReplay: the chance of "random" comes from the match, so that it replays.
func TestReplay(t *testing.T) {
	tb := sit(t, 5)
	tb.play(bob, placing2[2], "random")
	tb.play(ann, "random")
	tb.play(ann, "e5")
	made := game.NewMatch{
		Settings: game.Settings{Game: "battleship"}, Seed: game.Seed{5}, Creator: ann, Seat: 1, LapseAfter: game.LapseAfter,
	}
	again, err := game.Replay(battleship.Rules{}, made, tb.events)
	if err != nil || string(again.Position) != string(tb.m.Position) {
		t.Errorf("replays to %q (%v), not %q", again.Position, err, tb.m.Position)
	}
}
