package clientsim

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"yourmove/game/battleship"
	pb "yourmove/proto/gen/yourmove/v1"
)

// toldInFull is how an inbox tells history to a player, from its event first on: all that was told at once has one batch.
func toldInFull(t *testing.T, first uint64, player string) (*witness, []sound, *told) {
	t.Helper()
	list := history()
	for _, e := range list {
		if taken := e.GetTurnTaken(); taken != nil {
			taken.ActedBy = pb.ActedBy_ACTED_BY_PLAYER
		}
	}
	list[4].GetTurnTaken().Outcomes = list[5].GetMatchFinished().GetOutcomes()
	list[2].EventTime, list[5].EventTime = list[1].EventTime, list[4].EventTime // joined and started, played and finished
	got := &told{}
	w := newWitness("m", player, got.tell)
	w.log.relay, w.last = true, &pb.MatchSummary{Game: relayGame, MySeat: 1}
	w.log.read(0, list, got.tell)
	s := storyOf(w.log.events, player)
	var sounds []sound
	for _, e := range w.log.events[first-1:] {
		end := e.GetVersion()
		if end == 2 || end == 5 {
			end++
		}
		p := s.places[end]
		sounds = append(sounds, sound{batch: int(end), event: &pb.InboxEvent{
			MatchId: "m", Game: relayGame, MySeat: p.seat, Standing: p.standing(), Event: proto.CloneOf(e),
		}})
	}
	if len(*got) > 0 {
		t.Fatalf("the history itself is told to be wrong: %q", *got)
	}
	return w, sounds, got
}

func TestHearing(t *testing.T) {
	at := func(s []sound, v int) *pb.InboxEvent { return s[v-1].event }
	for _, tt := range []struct {
		name   string
		change func(s []sound) []sound
		want   string // empty: nothing is told
		count  Hearing
	}{
		{"as it is", func(s []sound) []sound { return s }, "", Hearing{Events: 6}},
		{"an event is dropped", func(s []sound) []sound { return slices.Delete(s, 3, 4) }, "tells of event 5 and not of event 4", Hearing{Events: 5, Gaps: 1}},
		{"the first is dropped", func(s []sound) []sound { return s[1:] }, "tells of event 2 and not of event 1", Hearing{Events: 5, Gaps: 1}},
		{"the end is dropped", func(s []sound) []sound { return s[:4] }, "does not tell of event 5 and what comes after, of 6", Hearing{Events: 4, Gaps: 2}},
		{"all are dropped", func([]sound) []sound { return nil }, "does not tell of event 1", Hearing{Gaps: 6}},
		{"an event is doubled", func(s []sound) []sound { return slices.Insert(s, 4, s[3]) }, "event 4 again", Hearing{Events: 7, Repeats: 1}},
		{"the last is doubled", func(s []sound) []sound { return append(s, s[5]) }, "event 6 again", Hearing{Events: 7, Repeats: 1}},
		{"two are swapped", func(s []sound) []sound { s[3], s[4] = s[4], s[3]; return s }, "event 4, which comes before event 6", Hearing{Events: 6, Gaps: 1, Repeats: 1}},
		{"an event of nowhere", func(s []sound) []sound { at(s, 6).Event.Version = 7; return s }, "tells of event 7 in a match of 6", Hearing{Events: 6, Gaps: 1}},
		{"another move", func(s []sound) []sound { at(s, 5).Event.GetTurnTaken().Moves[0].Text = "c5"; return s }, "event 5 was told by the inbox as", Hearing{Events: 6}},
		{"no request_id", func(s []sound) []sound { at(s, 4).Event.GetTurnTaken().RequestId = ""; return s }, "event 4 was told by the inbox as", Hearing{Events: 6}},
		{"a move is hidden", func(s []sound) []sound {
			at(s, 5).Event.GetTurnTaken().Moves[0] = &pb.PlayedMove{Hidden: true}
			return s
		}, "nothing to hide in relay mode", Hearing{Events: 6}},
		{"another game", func(s []sound) []sound { at(s, 3).Game = "chess"; return s }, `of a game of "chess"`, Hearing{Events: 6}},
		{"another's turn", func(s []sound) []sound { at(s, 4).Standing = pb.Standing_STANDING_MY_TURN; return s }, "event 4 was told with the standing STANDING_MY_TURN", Hearing{Events: 6}},
		{"it goes on", func(s []sound) []sound { at(s, 5).Standing = pb.Standing_STANDING_MY_TURN; return s }, "event 5 was told with the standing", Hearing{Events: 6}},
		{"the end is no news", func(s []sound) []sound { at(s, 6).Standing = pb.Standing_STANDING_FINISHED; return s }, "event 6 was told with the standing", Hearing{Events: 6}},
		{"another seat", func(s []sound) []sound { at(s, 4).MySeat = 2; return s }, "event 4 was told to seat 2, the player had 1", Hearing{Events: 6}},
		{"the end by itself", func(s []sound) []sound { s[5].batch = 99; return s }, "event 5, but not at once with event 6", Hearing{Events: 6}},
		{"a snapshot before", func(s []sound) []sound { return append([]sound{{snapshot: 3}}, s[3:]...) }, "", Hearing{Events: 3}},
		{"a snapshot that overlaps", func(s []sound) []sound { return append([]sound{{snapshot: 3}}, s[2:]...) }, "", Hearing{Events: 4}},
		{"a gap behind a snapshot", func(s []sound) []sound { return append([]sound{{snapshot: 3}}, s[4:]...) }, "tells of event 5 and not of event 4", Hearing{Events: 2, Gaps: 1}},
		{"a gap in the overlap", func(s []sound) []sound { return append([]sound{{snapshot: 4}, s[1]}, s[3:]...) }, "tells of event 4 and not of event 3", Hearing{Events: 4, Gaps: 1}},
		{"a reset", func(s []sound) []sound { return slices.Replace(s, 2, 4, sound{snapshot: 4}) }, "", Hearing{Events: 4, Resets: 1}},
		{"a reset that repeats", func(s []sound) []sound { return slices.Insert(s, 4, sound{snapshot: 4}, s[3]) }, "event 4 again", Hearing{Events: 7, Resets: 1, Repeats: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, sounds, got := toldInFull(t, 1, "anna")
			h := w.hears(tt.change(sounds))
			if tt.want == "" && len(*got) > 0 || tt.want != "" && !strings.Contains(strings.Join(*got, "\n"), tt.want) {
				t.Errorf("told %q, want %q", *got, tt.want)
			}
			if h != tt.count {
				t.Errorf("counted %+v, want %+v", h, tt.count)
			}
		})
	}
}

// TestHearingBeginsWithTheCommit: what is told to one who joins begins with his joining; to one who was invited when the
// match was created, with its creation.
func TestHearingBeginsWithTheCommit(t *testing.T) {
	w, sounds, got := toldInFull(t, 2, "bert")
	for _, s := range sounds { // the request_id is anna's, whose turn it was
		if taken := s.event.GetEvent().GetTurnTaken(); taken != nil {
			taken.RequestId = ""
		}
	}
	w.log.events[3].GetTurnTaken().RequestId = ""
	w.last.MySeat = 2
	if h := w.hears(sounds); len(*got) > 0 || h.Events != 5 {
		t.Errorf("%+v, told %q", h, *got)
	}
	if w.hears(sounds[1:]); !strings.Contains(strings.Join(*got, "\n"), "event 3 and not of event 2") {
		t.Errorf("that he joined was not told, and nobody noticed: %q", *got)
	}

	w, _, _ = toldInFull(t, 1, "bert")
	w.log.events[1].Kind = &pb.Event_PlayerInvited{PlayerInvited: &pb.PlayerInvited{InvitedBy: "anna"}}
	if s := storyOf(w.log.events, "bert"); s.first != 1 {
		t.Errorf("the invited player hears from event %d on", s.first)
	}
}

// TestHearingKnowsWhatIsHidden: by the rules, or where there are none, by what the match showed at the time.
func TestHearingKnowsWhatIsHidden(t *testing.T) {
	const placed = "place A1 right B1 right C1 right D1 right E1 right"
	hidden := []*pb.PlayedMove{{Hidden: true}}
	for _, withRules := range []bool{true, false} {
		for _, leaks := range []bool{true, false} {
			w, sounds, got := toldInFull(t, 1, "anna")
			w.log.relay, w.last.Game = false, "battleship"
			for _, s := range sounds {
				s.event.Game = "battleship"
			}
			all, inbox := w.log.events[4].GetTurnTaken(), sounds[4].event.GetEvent().GetTurnTaken()
			early := proto.CloneOf(w.log.events[4])
			early.GetTurnTaken().Moves = hidden
			all.Moves, inbox.Moves = []*pb.PlayedMove{{Text: placed}}, hidden
			if leaks {
				inbox.Moves = all.Moves
			}
			mine := w.log.events[3].GetTurnTaken()
			mine.Moves = []*pb.PlayedMove{{Text: placed}}
			sounds[3].event.GetEvent().GetTurnTaken().Moves = mine.Moves
			w.log.early = []*pb.Event{early}
			if withRules {
				w.rules.rules, w.log.early = battleship.Rules{}, nil
			}
			w.hears(sounds)
			if leaks != strings.Contains(strings.Join(*got, "\n"), "event 5") || !leaks && len(*got) > 0 {
				t.Errorf("rules %v, leaks %v: told %q", withRules, leaks, *got)
			}
		}
	}
}

func TestBatchesAreChecked(t *testing.T) {
	entry := func(match string, version uint64, view *pb.Match) *pb.InboxEvent {
		return &pb.InboxEvent{MatchId: match, Standing: pb.Standing_STANDING_WAITING, Match: view, Event: &pb.Event{
			Version: version, Kind: &pb.Event_PlayerJoined{PlayerJoined: &pb.PlayerJoined{}},
		}}
	}
	view := func(match string, version uint64) *pb.Match {
		return &pb.Match{Summary: &pb.MatchSummary{MatchId: match, Version: version}}
	}
	for _, tt := range []struct {
		name   string
		events []*pb.InboxEvent
		cursor string
		views  bool
		want   string
	}{
		{"nothing", nil, "c", true, ""},
		{"two matches", []*pb.InboxEvent{entry("a", 1, nil), entry("b", 1, view("b", 2)), entry("a", 2, view("a", 2))}, "c", true, ""},
		{"no cursor", nil, "", false, "no cursor"},
		{"no match", []*pb.InboxEvent{entry("", 1, nil)}, "c", false, "tells of nothing"},
		{"no event", []*pb.InboxEvent{{MatchId: "a"}}, "c", false, "tells of nothing"},
		{"no view", []*pb.InboxEvent{entry("a", 1, nil)}, "c", true, "has no view"},
		{"a view too many", []*pb.InboxEvent{entry("a", 1, view("a", 2)), entry("a", 2, view("a", 2))}, "c", true, "has a view and should not"},
		{"a view unasked", []*pb.InboxEvent{entry("a", 1, view("a", 2))}, "c", false, "has a view and should not"},
		{"another's view", []*pb.InboxEvent{entry("a", 1, view("b", 2))}, "c", true, "the view of another match"},
		{"an old view", []*pb.InboxEvent{entry("a", 3, view("a", 2))}, "c", true, "or of one that is older"},
	} {
		var got []string
		checkBatch(tt.events, tt.cursor, tt.views, func(_, what string) { got = append(got, what) })
		if tt.want == "" && len(got) > 0 || tt.want != "" && !strings.Contains(strings.Join(got, "\n"), tt.want) {
			t.Errorf("%s: told %q, want %q", tt.name, got, tt.want)
		}
	}
}
