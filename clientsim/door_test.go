package clientsim_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestWholeMatchesByEachDoor: matches whose players hear of each other by the inbox alone, over a bad network. What the
// inbox told is compared with the matches.
func TestWholeMatchesByEachDoor(t *testing.T) {
	for _, door := range []clientsim.Door{clientsim.LongPoll, clientsim.Stream, clientsim.Mixed} {
		t.Run(door.String(), func(t *testing.T) {
			t.Parallel()
			s := servertest.New(t, servertest.Options{Rules: rules})
			st := populate(t, clientsim.Options{
				Transport: s.Transport(), Seed: 9, Players: 12, Finish: 16, Luck: clientsim.BadLuck, Resign: 0.003,
				Doors: []clientsim.Door{door}, Cut: 10 * time.Millisecond, Personalities: []clientsim.Weighted{{}},
			})
			for _, v := range st.Found {
				t.Error(v)
			}
			for _, g := range []string{"tictactoe", "pig", "battleship", "relay"} {
				if st.Games[g] == 0 {
					t.Errorf("no match of %s was finished: %v", g, st.Games)
				}
			}
			// Each event is told to each of at least two players, some after a match in which nobody plays any more.
			if heard := st.Heard[door.String()]; st.Compared < 2*int(st.Turns) || heard < uint64(st.Compared) {
				t.Errorf("%d events heard, %d compared after %d turns", heard, st.Compared, st.Turns)
			}
			if st.Gaps+st.Repeats > 0 || st.Resets > 0 || len(st.Heard) != 1 {
				t.Errorf("heard %v, %d gaps, %d repeats, %d resets", st.Heard, st.Gaps, st.Repeats, st.Resets)
			}
			if cuts := door == clientsim.Mixed; cuts != (st.Cuts > 0) || st.Luck.Dropped == 0 {
				t.Errorf("%d connections were cut; luck %+v", st.Cuts, st.Luck)
			}
		})
	}
}

// TestLiesOfTheInboxAreNoticed changes what a real server tells by its inboxes. Bots that were not told of something
// lose patience, which takes no time here.
func TestLiesOfTheInboxAreNoticed(t *testing.T) {
	tictactoe := clientsim.Kind{Game: "tictactoe", Seats: 2}
	pig, battleship := clientsim.Kind{Game: "pig", Seats: 2}, clientsim.Kind{Game: "battleship", Seats: 2}
	isTurn := func(e *pb.InboxEvent) bool { return e.GetEvent().GetTurnTaken() != nil }
	others := func(e *pb.InboxEvent) bool { return isTurn(e) && e.GetEvent().GetSeat() != e.GetMySeat() }
	for _, tt := range []struct {
		name string
		kind clientsim.Kind
		// lie changes what is told at once, beginning with the event of which is says that it is the one.
		is   func(e *pb.InboxEvent) bool
		lie  func(list []*pb.InboxEvent) []*pb.InboxEvent
		want string
	}{
		{"no lie", tictactoe, isTurn, func(l []*pb.InboxEvent) []*pb.InboxEvent { return l }, ""},
		{"an event is dropped", tictactoe, isTurn, func(l []*pb.InboxEvent) []*pb.InboxEvent { return l[1:] }, "and not of event"},
		{"the end is dropped", tictactoe, func(e *pb.InboxEvent) bool { return e.GetEvent().GetMatchFinished() != nil },
			func(l []*pb.InboxEvent) []*pb.InboxEvent { return l[1:] }, "what comes after"},
		{"an event is doubled", tictactoe, isTurn, func(l []*pb.InboxEvent) []*pb.InboxEvent { return slices.Insert(l, 1, l[0]) }, "again"},
		{"two are swapped", tictactoe, func(e *pb.InboxEvent) bool { return len(e.GetEvent().GetTurnTaken().GetOutcomes()) > 0 },
			func(l []*pb.InboxEvent) []*pb.InboxEvent {
				l[0], l[1] = l[1], l[0] // the turn and the end come at once
				return l
			}, "which comes before"},
		{"the die is changed", pig, func(e *pb.InboxEvent) bool {
			return isTurn(e) && e.GetEvent().GetTurnTaken().GetMoves()[0].GetChance() == "2"
		},
			func(l []*pb.InboxEvent) []*pb.InboxEvent {
				l[0].GetEvent().GetTurnTaken().GetMoves()[0].Chance = "5"
				return l
			}, "was told by the inbox as"},
		{"a hidden move is shown", battleship, func(e *pb.InboxEvent) bool {
			return others(e) && e.GetEvent().GetTurnTaken().GetMoves()[0].GetHidden()
		}, func(l []*pb.InboxEvent) []*pb.InboxEvent {
			l[0].GetEvent().GetTurnTaken().Moves[0] = &pb.PlayedMove{Text: "place A1 right B1 right C1 right D1 right E1 right"}
			return l
		}, "by the rules it may know"},
		{"a move is hidden", battleship, func(e *pb.InboxEvent) bool {
			return others(e) && !e.GetEvent().GetTurnTaken().GetMoves()[0].GetHidden()
		}, func(l []*pb.InboxEvent) []*pb.InboxEvent {
			l[0].GetEvent().GetTurnTaken().Moves[0] = &pb.PlayedMove{Hidden: true}
			return l
		}, "by the rules it may know"},
		{"a wrong standing", tictactoe, isTurn, func(l []*pb.InboxEvent) []*pb.InboxEvent {
			l[0].Standing = pb.Standing_STANDING_INVITED
			return l
		}, "was told with the standing STANDING_INVITED"},
		{"outcomes are left out", tictactoe, func(e *pb.InboxEvent) bool { return len(e.GetEvent().GetTurnTaken().GetOutcomes()) > 0 },
			func(l []*pb.InboxEvent) []*pb.InboxEvent {
				l[0].GetEvent().GetTurnTaken().Outcomes = nil
				return l
			}, "was told with the outcomes []"},
	} {
		for _, door := range []clientsim.Door{clientsim.LongPoll, clientsim.Stream} {
			if tt.kind == battleship && door == clientsim.LongPoll {
				continue // it is long, and what is told does not depend on the door
			}
			t.Run(tt.name+" by "+door.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var told atomic.Bool
					change := func(list *[]*pb.InboxEvent) {
						i := slices.IndexFunc(*list, tt.is)
						if i >= 0 && !told.Swap(true) {
							*list = append((*list)[:i:i], tt.lie((*list)[i:])...)
						}
					}
					s := servertest.New(t, servertest.Options{Rules: rules})
					p, err := clientsim.NewPopulation(clientsim.Options{
						Transport: liar{s.Transport(), func(res any) {
							switch r := res.(type) {
							case *pb.WaitEventsResponse:
								change(&r.Events)
							case *pb.StreamEventsResponse:
								if r.GetEvents() != nil {
									change(&r.GetEvents().Events)
								}
							}
						}},
						Seed: 4, Players: 4, Matches: 1, Finish: 1, Mix: []clientsim.Kind{tt.kind}, Poll: time.Millisecond,
						Registry: registry(t), Personalities: []clientsim.Weighted{{}}, Doors: []clientsim.Door{door},
					})
					if err != nil {
						t.Fatal(err)
					}
					begun := time.Now()
					if err := p.Run(t.Context()); err != nil {
						t.Error(err)
					}
					st, took := p.Stats(), time.Since(begun)
					if !told.Load() {
						t.Fatal("there was no occasion to lie")
					}
					if tt.want == "" {
						if st.Violations != 0 || st.Finished != 1 || took > time.Second {
							t.Errorf("without a lie, in %v: %+v", took, st)
						}
						return
					}
					if !slices.ContainsFunc(st.Found, func(v clientsim.Violation) bool {
						return strings.Contains(v.What, tt.want) && strings.Contains(v.String(), "seed 4")
					}) {
						t.Errorf("not noticed: want %q among %v", tt.want, st.Found)
					}
				})
			})
		}
	}
}
