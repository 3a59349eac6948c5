package clientsim

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "yourmove/proto/gen/yourmove/v1"
)

// history is a short relay match: created, joined, started, two turns, the end.
func history() []*pb.Event {
	taken := func(request, move string, must ...int32) *pb.Event_TurnTaken {
		return &pb.Event_TurnTaken{TurnTaken: &pb.TurnTaken{
			RequestId: request, Moves: []*pb.PlayedMove{{Text: move}}, MustAct: must,
		}}
	}
	list := []*pb.Event{
		{Seat: 1, PlayerId: "anna", Kind: &pb.Event_MatchCreated{MatchCreated: &pb.MatchCreated{}}},
		{Seat: 2, PlayerId: "bert", Kind: &pb.Event_PlayerJoined{PlayerJoined: &pb.PlayerJoined{}}},
		{Turn: 1, Kind: &pb.Event_MatchStarted{MatchStarted: &pb.MatchStarted{MustAct: []int32{1}}}},
		{Turn: 1, Seat: 1, PlayerId: "anna", Kind: taken("r1", "e4", 2)},
		{Turn: 2, Seat: 2, PlayerId: "bert", Kind: taken("", "e5")},
		{Turn: 2, Kind: &pb.Event_MatchFinished{MatchFinished: &pb.MatchFinished{Outcomes: []*pb.Outcome{
			{Seat: 1, Result: pb.Result_RESULT_WON}, {Seat: 2, Result: pb.Result_RESULT_LOST},
		}}}},
	}
	for i, e := range list {
		e.Version, e.EventTime = uint64(i+1), &timestamppb.Timestamp{Seconds: int64(100 + i)}
	}
	return list
}

// told collects what a witness says.
type told []string

func (l *told) tell(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func TestEventLog(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(e []*pb.Event)
		want   string // empty: nothing is told
	}{
		{"as it is", func([]*pb.Event) {}, ""},
		{"time goes back", func(e []*pb.Event) { e[4].EventTime.Seconds = 50 }, "before event 4"},
		{"turns go back", func(e []*pb.Event) { e[5].Turn = 1 }, "belongs to turn 1"},
		{"a number is used twice", func(e []*pb.Event) { e[4].Version = 4 }, "after event 4 comes event 4"},
		{"created again", func(e []*pb.Event) { e[1].Kind = e[0].Kind }, "a match is created once"},
		{"not created", func(e []*pb.Event) { e[0].Kind = e[1].Kind }, "a match is created once"},
		{"started again", func(e []*pb.Event) { e[3].Kind = e[2].Kind }, "started twice"},
		{"acted before the start", func(e []*pb.Event) { e[1].Kind = e[3].Kind }, "acted before the start"},
		{"out of turn", func(e []*pb.Event) { e[4].Seat = 1 }, "seat 1 acted while [2] had to"},
		{"nobody acted", func(e []*pb.Event) { e[4].PlayerId = "" }, "does not say who acted"},
		{"after the end", func(e []*pb.Event) { e[4], e[5].Version = proto.CloneOf(e[5]), 6; e[4].Version = 5 }, "after the match had ended by event 5"},
		{"an outcome twice", func(e []*pb.Event) { e[5].GetMatchFinished().Outcomes[1].Seat = 1 }, "no result for each seat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := history()
			tt.change(list)
			var got told
			l := eventLog{relay: true}
			l.read(0, list, got.tell)
			if tt.want == "" && len(got) > 0 || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEventLogComparesWhatIsToldTwice(t *testing.T) {
	var got told
	l := eventLog{relay: true}
	list := history()
	// The answer to a turn is known before the events in between have been read.
	l.see(list[3], got.tell)
	l.read(0, list[:3], got.tell)
	l.read(3, list[3:], got.tell)
	l.read(0, history(), got.tell)
	if len(got) > 0 {
		t.Fatalf("told %q", got)
	}
	other := history()[4]
	other.GetTurnTaken().Moves[0].Text = "c5"
	l.see(other, got.tell)
	early := eventLog{relay: true}
	early.see(other, got.tell)
	early.read(0, history(), got.tell)
	if len(got) != 2 || !strings.Contains(got[0], "event 5 was") || !strings.Contains(got[1], "event 5 was") {
		t.Errorf("told %q, want that event 5 changed, twice", got)
	}
}

func TestEventLogLetsHiddenMovesComeToLight(t *testing.T) {
	var got told
	list := history()
	list[4].GetTurnTaken().Moves[0] = &pb.PlayedMove{Hidden: true}
	l := eventLog{relay: true}
	l.read(0, list, got.tell)
	l.read(0, history(), got.tell)
	if len(got) > 0 {
		t.Errorf("told %q", got)
	}
	if mv := l.turns[1].GetTurnTaken().GetMoves()[0]; mv.GetHidden() || mv.GetText() != "e5" {
		t.Errorf("the turn is still known as %v", l.turns[1])
	}
	list = history()
	list[4].GetTurnTaken().MustAct = []int32{1}
	l.see(list[4], got.tell)
	if len(got) != 1 {
		t.Errorf("told %q, want that event 5 changed", got)
	}
	got, list = nil, history()
	list[3].GetTurnTaken().Moves[0] = &pb.PlayedMove{Hidden: true}
	l.see(list[3], got.tell)
	if len(got) != 1 {
		t.Errorf("told %q, want that event 4 was hidden again", got)
	}
}

func TestAccounts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(w *witness, e []*pb.Event)
		want   string
	}{
		{"as it is", func(*witness, []*pb.Event) {}, ""},
		{"vanished", func(w *witness, _ []*pb.Event) { w.mine["r2"] = &deed{acknowledged: true, version: 9} }, "request r2 was acknowledged with version 9 and is not in the history"},
		{"no answer, not carried out", func(w *witness, _ []*pb.Event) { w.mine["r2"] = &deed{} }, ""},
		{"twice", func(w *witness, e []*pb.Event) { e[4] = proto.CloneOf(e[3]); e[4].Version = 5 }, "repeats the turn of request r1"},
		{"refused", func(w *witness, _ []*pb.Event) { w.mine["r1"].refused = errors.New("no") }, "a turn that was refused: no"},
		{"another move", func(w *witness, _ []*pb.Event) { w.mine["r1"].moves[0].Text = "d4" }, "not the turn that was submitted"},
		{"not mine", func(w *witness, e []*pb.Event) { e[4].PlayerId = "anna" }, "this player did not submit"},
		{"a leak", func(w *witness, e []*pb.Event) { e[4].GetTurnTaken().RequestId = "r7" }, "another player's request_id"},
		{"resigned for nothing", func(w *witness, _ []*pb.Event) { w.resigned = true }, "the player resigned: true; the history has it 0 times"},
		{"did not resign", func(w *witness, e []*pb.Event) {
			e[4] = &pb.Event{Version: 5, Turn: 2, Seat: 1, PlayerId: "anna", EventTime: e[4].EventTime, Kind: &pb.Event_PlayerResigned{PlayerResigned: &pb.PlayerResigned{}}}
		}, "the player resigned: false; the history has it 1 times"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got told
			w := newWitness("m", "anna", got.tell)
			w.mine["r1"] = &deed{moves: []*pb.Move{{Text: "e4"}}, acknowledged: true, version: 4}
			list := history()
			tt.change(w, list)
			w.log.read(0, list, func(string, ...any) {})
			w.accounts()
			if tt.want == "" && len(got) > 0 || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("told %q, want %q", got, tt.want)
			}
		})
	}
}
