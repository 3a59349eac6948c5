package clientsim_test

import (
	"cmp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestClosedViewsAreChecked: bots say so when a match that somebody gave up is still shown as it was before.
func TestClosedViewsAreChecked(t *testing.T) {
	for name, lies := range map[string]bool{"as it is": false, "as it was": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			match := ""                          // the first one is lied about
			last := map[int32]*structpb.Struct{} // by seat
			lie := func(res any) {
				s, ok := res.(shown)
				if !ok || s.GetMatch().GetView() == nil || !lies {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				m, seat := s.GetMatch(), s.GetMatch().GetSummary().GetMySeat()
				if match = cmp.Or(match, m.GetSummary().GetMatchId()); match != m.GetSummary().GetMatchId() {
					return
				}
				switch m.GetSummary().GetState() {
				case pb.MatchState_MATCH_STATE_ACTIVE:
					last[seat] = m.GetView()
				case pb.MatchState_MATCH_STATE_FINISHED:
					if last[seat] != nil {
						m.View = last[seat]
					}
				}
			}
			// With this seed somebody gives up while they shoot, when both have looked at the match that goes on.
			s := servertest.New(t, servertest.Options{Rules: rules})
			st := populate(t, clientsim.Options{
				Transport: liar{s.Transport(), lie}, Seed: 3, Players: 2, Matches: 1, Finish: 1, Resign: 0.05,
				Mix: []clientsim.Kind{{Game: "battleship", Seats: 2}}, Personalities: []clientsim.Weighted{{}},
			})
			if st.Resigned == 0 {
				t.Fatalf("nobody gave up: %+v", st)
			}
			noticed := false
			for _, v := range st.Found {
				if noticed = noticed || strings.Contains(v.String(), "when the match was given up; by the rules the view is"); !lies {
					t.Error(v)
				}
			}
			if noticed != lies {
				t.Errorf("noticed: %v, among %v", noticed, st.Found)
			}
		})
	}
}
