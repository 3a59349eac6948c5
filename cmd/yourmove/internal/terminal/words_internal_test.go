package terminal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/structpb"

	pb "yourmove/proto/gen/yourmove/v1"
)

const (
	won, lost, drawn = pb.Result_RESULT_WON, pb.Result_RESULT_LOST, pb.Result_RESULT_DRAWN
	played, resigned = pb.Ending_ENDING_PLAYED, pb.Ending_ENDING_RESIGNED
)

// seats makes a summary, for the first of these players.
func seats(names ...string) *pb.MatchSummary {
	s := &pb.MatchSummary{MySeat: 1, State: pb.MatchState_MATCH_STATE_ACTIVE}
	for i, name := range names {
		s.Seats = append(s.Seats, &pb.Seat{Seat: int32(i + 1), PlayerId: name, Name: name})
	}
	return s
}

func outcome(place int32, r pb.Result, e pb.Ending, score ...float64) *pb.Outcome {
	o := &pb.Outcome{Place: place, Result: r, Ending: e}
	if len(score) > 0 {
		o.Score = &score[0]
	}
	return o
}

func TestResult(t *testing.T) {
	for _, c := range []struct {
		outcomes []*pb.Outcome
		want     string
	}{
		{[]*pb.Outcome{outcome(1, won, played), outcome(2, lost, played)}, "You won."},
		{[]*pb.Outcome{outcome(2, lost, played), outcome(1, won, played)}, "Ben won."},
		{[]*pb.Outcome{outcome(1, drawn, played), outcome(1, drawn, played)}, "It is a draw."},
		{[]*pb.Outcome{outcome(2, lost, played, 87), outcome(1, won, played, 102.5)}, "Ben won, 102.5 to 87."},
		{[]*pb.Outcome{outcome(2, lost, pb.Ending_ENDING_TIMED_OUT), outcome(1, won, played)}, "You ran out of time. Ben won."},
		{[]*pb.Outcome{outcome(3, lost, resigned), outcome(1, won, played, 50), outcome(2, lost, played, 20)},
			"Ben won.\n  1. Ben  50\n  2. Cleo  20\n  3. you  (gave up)"},
	} {
		s := seats("Anna", "Ben", "Cleo")
		s.State = pb.MatchState_MATCH_STATE_FINISHED
		for i, o := range c.outcomes {
			o.Seat, s.Seats[i].Outcome = int32(i+1), o
		}
		if got := (words{s: s}).result(); got != c.want {
			t.Errorf("%v: %q, want %q", c.outcomes, got, c.want)
		}
	}
	s := seats("Anna")
	s.State = pb.MatchState_MATCH_STATE_CANCELLED
	if got := (words{s: s}).result(); got != "The match was called off." {
		t.Errorf("cancelled: %q", got)
	}
}

func TestPlayed(t *testing.T) {
	w := words{s: seats("Anna", "ben", "")}
	roll := &pb.PlayedMove{Text: "roll", Chance: "4"}
	for _, c := range []struct {
		seat  int32
		moves []*pb.PlayedMove
		want  string
	}{
		{1, []*pb.PlayedMove{{Text: "b2"}}, "You played b2."},
		{1, []*pb.PlayedMove{{Text: "play oak-7"}, {Text: "bid 2"}}, "You played oak-7, bid 2."},
		{2, []*pb.PlayedMove{roll, roll, {Text: "hold"}}, "ben played roll (4), roll (4), hold."},
		{2, []*pb.PlayedMove{{Hidden: true}}, "ben made a move that you cannot see."},
		{2, []*pb.PlayedMove{{Hidden: true}, {Hidden: true}}, "ben made 2 moves that you cannot see."},
		{3, []*pb.PlayedMove{{Text: "\x1b[2Jb2"}}, "seat 3 played [2Jb2."},
	} {
		if got := w.played(c.seat, c.moves); got != c.want {
			t.Errorf("%v: %q, want %q", c.moves, got, c.want)
		}
	}
}

func TestTurn(t *testing.T) {
	for want, must := range map[string][]int32{
		"your turn": {1, 2}, "Ben's turn": {2}, "the turn of Ben and Cleo": {2, 3}, "nobody's turn": nil,
	} {
		s := seats("Anna", "Ben", "Cleo")
		s.MustAct = must
		if got := (words{s: s}).turn(); got != want {
			t.Errorf("%v must act: %q, want %q", must, got, want)
		}
	}
}

func TestPosition(t *testing.T) {
	view, err := structpb.NewStruct(map[string]any{
		"next": 2, "target": 100, "turn_total": 7, "scores": map[string]any{"1": 12, "2": 40}, "hand": []any{"2H", "QS"}, "open": true, "trump": nil,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `  hand        2H QS
  next        Ben
  open        yes
  scores      you: 12, Ben: 40
  target      100
  trump       -
  turn total  7`
	if got := (words{s: seats("Anna", "Ben")}).position(view); got != want {
		t.Errorf("shown as\n%s\nwant\n%s", got, want)
	}
}

func TestRefusal(t *testing.T) {
	for message, want := range map[string]string{
		"b2 is taken": "b2 is taken.", "column a is full": "Column a is full.", "": "That was refused.", "which one?": "Which one?",
		`a move is "offer seat 2 oak-7"`: `A move is "offer seat 2 oak-7".`, // as it is typed
	} {
		if got := refusalText(connect.NewError(connect.CodeInvalidArgument, message)); got != want {
			t.Errorf("%q is told as %q, want %q", message, got, want)
		}
	}
	if got := refusalText(errors.New("lost")); got != "That was refused." {
		t.Errorf("another error is told as %q", got)
	}
}

func TestSeating(t *testing.T) {
	s := seats("Anna", "Hard bot", "", "Cleo")
	if got, want := (words{s: s}).seating(), "Seat 1 is you, seat 2 is Hard bot and seat 4 is Cleo."; got != want {
		t.Errorf("seated as %q, want %q", got, want)
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "just now", 59 * time.Second: "just now", time.Minute: "1 min ago", 59*time.Minute + 59*time.Second: "59 min ago",
		time.Hour: "1 h ago", 23 * time.Hour: "23 h ago", 24 * time.Hour: "1 day ago", 47 * time.Hour: "1 day ago", 100 * time.Hour: "4 days ago",
	} {
		if got := ago(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for s, want := range map[string]string{"": "", "abcdef": "abcdef", "abcdefg": "abc...", "éàüöäë": "éàüöäë", "éàüöäëx": "éàü..."} {
		if got := cut(s, 6); got != want {
			t.Errorf("%q is cut to %q, want %q", s, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for _, line := range strings.Split(wrapped(long)+"\n"+fill(strings.Fields(long), "    "), "\n") {
		if len(line) > width || strings.HasSuffix(line, " ") {
			t.Errorf("a line of %d columns: %q", len(line), line)
		}
	}
	if got := fill([]string{"a", "b b"}, "  "); got != "  a, b b" {
		t.Errorf("filled as %q", got)
	}
}
