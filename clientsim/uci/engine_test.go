package uci_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yourmove/clientsim/uci"
	"yourmove/clientsim/uci/ucitest"
)

func TestMain(m *testing.M) {
	ucitest.Main()
	os.Exit(m.Run())
}

// start starts an engine that ends with the test.
func start(t *testing.T, b ucitest.Behaviour, o uci.Options) *uci.Engine {
	t.Helper()
	e, err := uci.Start(t.Context(), ucitest.Engine(t, b), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func TestEngineAnswers(t *testing.T) {
	e := start(t, ucitest.Plays, uci.Options{Settings: []uci.Setting{{Name: "hash", Value: "32"}, {Name: "Clear Hash"}}})
	if e.Name != "Fake plays" {
		t.Errorf("it calls itself %q", e.Name)
	}
	for range 2 {
		if err := e.NewGame(t.Context()); err != nil {
			t.Fatal(err)
		}
		// It mates, and sees what the moves since the start have led to.
		best, err := e.Think(t.Context(), uci.Position{Moves: strings.Fields("f2f3 e7e5 g2g4")}, uci.Limit{Depth: 1})
		if err != nil || best.Move != "d8h4" || best.Score != 0 {
			t.Errorf("%+v, %v, want d8h4", best, err)
		}
		best, err = e.Think(t.Context(), uci.Position{FEN: "7k/8/6K1/8/8/8/8/R7 w - - 0 1"}, uci.Limit{})
		if err != nil || best.Move != "a1a8" {
			t.Errorf("%+v, %v, want a1a8", best, err)
		}
	}
	e.Close()
	e.Close()
	if _, err := e.Think(t.Context(), uci.Position{}, uci.Limit{}); err == nil {
		t.Error("an engine that was closed still thinks")
	}
}

func TestEngineTellsItsScore(t *testing.T) {
	e := start(t, ucitest.Boasts, uci.Options{})
	best, err := e.Think(t.Context(), uci.Position{}, uci.Limit{MoveTime: time.Millisecond})
	if err != nil || best.Score != 35 {
		t.Errorf("%+v, %v, want a score of 35", best, err)
	}
}

func TestEnginesThatFail(t *testing.T) {
	for _, tt := range []struct {
		how      ucitest.Behaviour
		patience time.Duration
		want     string
	}{
		{ucitest.Dies, 0, `the engine Fake dies ended at "go movetime 1": exit status 3; its last words: out of coffee`},
		{ucitest.Hangs, 2 * time.Second, `the engine Fake hangs was ended: it had not answered "go movetime 1" within 2.001s`},
		{ucitest.Resigns, 0, "the engine Fake resigns has no move"},
	} {
		t.Run(string(tt.how), func(t *testing.T) {
			e := start(t, tt.how, uci.Options{Patience: tt.patience})
			_, err := e.Think(t.Context(), uci.Position{}, uci.Limit{MoveTime: time.Millisecond})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestEnginesThatDoNotStart(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, tt := range []struct {
		name string
		path func(t *testing.T) string
		o    uci.Options
		want string
	}{
		{"no program", program(none), uci.Options{}, "start the engine: fork/exec " + none + ": no such file or directory"},
		{"no engine", program("cat"), uci.Options{Patience: 100 * time.Millisecond}, `the engine cat was ended: it had not answered "uci" within 100ms`},
		{"mute", fake(ucitest.Mute), uci.Options{Patience: 300 * time.Millisecond}, `was ended: it had not answered "uci" within 300ms`},
		{"ends at once", program("true"), uci.Options{}, `the engine true ended at "uci": without an error`},
		{"leaves", fake(ucitest.Leaves), uci.Options{}, `ended at "uci": without an error`},
		{"no such option", fake(ucitest.Plays), uci.Options{Settings: []uci.Setting{{Name: "Hashh", Value: "1"}}},
			`the engine Fake plays has no option "Hashh"; it has Hash, Clear Hash, Skill Level`},
		{"out of range", fake(ucitest.Plays), uci.Options{Settings: []uci.Setting{{Name: "Hash", Value: "32"}, {Name: "skill level", Value: "99"}}},
			`the engine Fake plays takes for its option "Skill Level" a number from 0 to 20, not "99"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := uci.Start(t.Context(), tt.path(t), tt.o)
			if err == nil {
				e.Close()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
		})
	}
}

func program(path string) func(*testing.T) string { return func(*testing.T) string { return path } }

func fake(b ucitest.Behaviour) func(*testing.T) string {
	return func(t *testing.T) string { return ucitest.Engine(t, b) }
}

// TestEngineEndsWithItsContext: whoever waits is told the context's own error, and the process is gone.
func TestEngineEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	e, err := uci.Start(ctx, ucitest.Engine(t, ucitest.Hangs), uci.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := e.Think(ctx, uci.Position{}, uci.Limit{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestEngineIsEnded: Close does not wait for an engine that does not want to end.
func TestEngineIsEnded(t *testing.T) {
	e := start(t, ucitest.Stays, uci.Options{})
	begun := time.Now()
	e.Close()
	if took := time.Since(begun); took < time.Second || took > time.Minute {
		t.Errorf("it took %v to end it: it has two seconds to do so by itself", took)
	}
}

func TestLimitAndPosition(t *testing.T) {
	for _, tt := range []struct {
		got  string
		want string
	}{
		{uci.Limit{}.String(), "go movetime 100"},
		{uci.Limit{MoveTime: time.Microsecond}.String(), "go movetime 1"},
		{uci.Limit{MoveTime: 2 * time.Second}.String(), "go movetime 2000"},
		{uci.Limit{Nodes: 5000, Depth: 3}.String(), "go nodes 5000 depth 3"},
		{uci.Position{}.String(), "position startpos"},
		{uci.Position{Moves: []string{"e2e4", "e7e5"}}.String(), "position startpos moves e2e4 e7e5"},
		{uci.Position{FEN: "x"}.String(), "position fen x"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
