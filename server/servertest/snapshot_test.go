package servertest_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// known is what a client knows of a match.
type known struct {
	version  uint64
	standing pb.Standing
}

// shelf is a client's list of matches.
type shelf map[string]known

// snapshot takes the whole list anew and returns its cursor.
func (p *player) snapshot(t testing.TB) (shelf, string) {
	t.Helper()
	list, cursor := shelf{}, ""
	for token := ""; ; {
		page := must(p.ListMatches(t.Context(), &pb.ListMatchesRequest{PageSize: 2, PageToken: token}))(t)
		if token == "" {
			cursor = page.GetCursor()
		} else if page.GetCursor() != "" {
			t.Error("a later page has a cursor, which is not from before the list was read")
		}
		for _, m := range page.GetMatches() {
			sum := m.GetSummary()
			list[sum.GetMatchId()] = known{sum.GetVersion(), sum.GetStanding()}
		}
		if token = page.GetNextPageToken(); token == "" {
			return list, cursor
		}
	}
}

// apply follows events, as clients do: a version that is known already is skipped.
func (l shelf) apply(t testing.TB, events []*pb.InboxEvent) {
	t.Helper()
	for _, e := range events {
		id, v := e.GetMatchId(), e.GetEvent().GetVersion()
		was, here := l[id]
		switch {
		case here && v <= was.version:
		case e.GetStanding() == 0:
			delete(l, id)
		default:
			l[id] = known{v, e.GetStanding()}
		}
	}
}

// TestSnapshotAndEventsMissNothing: while four play without a pause, clients take snapshots at any moment, follow the
// events from their cursors on, and in the end know what a new snapshot shows.
func TestSnapshotAndEventsMissNothing(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	four := []*player{signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "carl"), signIn(t, s, "dora")}
	var clients, games sync.WaitGroup
	over := make(chan struct{})
	type follower struct {
		list   shelf
		cursor string
	}
	followers := make([][]*follower, len(four))
	for i, p := range four {
		p := p.phone(t, s)
		clients.Go(func() { // a snapshot after the other, for as long as they play, each followed for a while
			for round := 0; ; round++ {
				f := &follower{}
				if round%2 == 0 {
					f.list, f.cursor = p.snapshot(t)
				} else { // match by match
					list, cursor := p.snapshot(t)
					f.list, f.cursor = shelf{}, cursor
					for id := range list {
						if res, err := p.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id}); err == nil && res.GetMatch().GetSummary().GetMySeat() > 0 {
							sum := res.GetMatch().GetSummary()
							f.list[id] = known{sum.GetVersion(), sum.GetStanding()}
						}
					}
				}
				followers[i] = append(followers[i], f)
				for _, f := range followers[i] {
					res := must(p.ListEvents(t.Context(), &pb.ListEventsRequest{Cursor: f.cursor, PageSize: 3}))(t)
					f.list.apply(t, res.GetEvents())
					f.cursor = res.GetCursor()
				}
				select {
				case <-over:
					return
				default:
				}
			}
		})
	}
	for i, host := range four {
		games.Go(func() {
			guest, third := four[(i+1)%4], four[(i+2)%4]
			for n := range 5 {
				m := host.create(t, &pb.CreateMatchRequest{
					Game: "drill", MinSeats: 2, MaxSeats: 3, Seat: 1, StartRule: pb.StartRule_START_RULE_BY_CALL, InvitePlayerIds: []string{guest.id, third.id},
				})
				id := matchOf(m)
				guest.join(t, id)
				if n%2 == 0 {
					must(third.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
				} else {
					third.join(t, id)
					must(third.LeaveMatch(t.Context(), &pb.LeaveMatchRequest{MatchId: id, RequestId: newID()}))(t)
				}
				must(host.StartMatch(t.Context(), &pb.StartMatchRequest{MatchId: id, RequestId: newID()}))(t)
				host.play(t, id, "pass")
				guest.play(t, id, "pass")
				if n%2 == 0 {
					host.play(t, id, "win")
				}
			}
		})
	}
	games.Wait()
	close(over)
	clients.Wait()
	for i, p := range four {
		want, _ := p.snapshot(t)
		if len(followers[i]) < 2 {
			t.Errorf("%d snapshots were taken", len(followers[i]))
		}
		for n, f := range followers[i] {
			rest, _ := p.inbox(t, f.cursor, 500)
			f.list.apply(t, rest)
			if !maps.Equal(f.list, want) {
				t.Errorf("player %d, snapshot %d: the client knows\n%v, there is\n%v", i, n, f.list, want)
			}
		}
	}
}

// The cursor of GetMatch is from before the match was read: what is committed after the answer comes, from it on.
func TestGetMatchHasACursor(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	for _, newer := range []uint64{0, 1 << 40} { // unchanged, too
		got := must(bob.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, IfNewerThan: newer}))(t)
		v := ann.play(t, id, "more").GetVersion()
		if list, _ := bob.inbox(t, got.GetCursor(), 500); len(list) != 1 || list[0].GetEvent().GetVersion() != v {
			t.Errorf("after the snapshot bob is told %v, not version %d", list, v)
		}
	}
}

// changed asks what changed since a cursor, and checks the answer against a new snapshot.
func changed(t *testing.T, p *player, before shelf, since string) (changes shelf, gone []string) {
	t.Helper()
	res := p.list(t, &pb.ListMatchesRequest{ChangedSince: since, PageSize: 1})
	if res.GetNextPageToken() != "" || res.GetCursor() == "" {
		t.Errorf("changes are on one page, with a cursor: %v", res)
	}
	after, _ := p.snapshot(t)
	changes, want := shelf{}, shelf{}
	for _, m := range res.GetMatches() {
		sum := m.GetSummary()
		changes[sum.GetMatchId()] = known{sum.GetVersion(), sum.GetStanding()}
	}
	for id, k := range after {
		if before[id].version != k.version {
			want[id] = k
		}
	}
	if !maps.Equal(changes, want) {
		t.Errorf("what changed is\n%v, and it is told as\n%v", want, changes)
	}
	for id := range before {
		if _, still := after[id]; !still && !slices.Contains(res.GetGoneMatchIds(), id) {
			t.Errorf("that match %s is gone is not told: %v", id, res.GetGoneMatchIds())
		}
	}
	for _, id := range res.GetGoneMatchIds() {
		if _, still := after[id]; still {
			t.Errorf("match %s is told as gone, and it is there", id)
		}
	}
	if list, _ := p.inbox(t, res.GetCursor(), 500); len(list) > 0 {
		t.Errorf("behind the changes there is %v", list)
	}
	return changes, res.GetGoneMatchIds()
}

func TestChangedSince(t *testing.T) {
	t.Parallel()
	g := newStage(t)
	ann, bob := g.ann, g.bob
	invite := func() string {
		return matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay", MaxSeats: 4, Seat: 1, InvitePlayerIds: []string{bob.id}}))
	}
	declined, left, lapses, quiet := invite(), invite(), invite(), invite()
	bob.join(t, left)
	bob.join(t, quiet)
	played, finished := ann.newGame(t, "drill", bob), ann.newGame(t, "drill", bob)
	put := ann.newGame(t, "drill", bob)
	before, since := bob.snapshot(t)

	if changes, gone := changed(t, bob, before, since); len(changes)+len(gone) > 0 {
		t.Errorf("nothing changed, and %v and %v are told", changes, gone)
	}
	must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: declined, RequestId: newID()}))(t)
	must(bob.LeaveMatch(t.Context(), &pb.LeaveMatchRequest{MatchId: left, RequestId: newID()}))(t)
	ann.play(t, played, "more")
	ann.play(t, played, "pass")
	ann.play(t, finished, "win")
	fresh := invite()
	passing := invite() // comes and goes
	must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: passing, RequestId: newID()}))(t)
	changes, gone := changed(t, bob, before, since)
	if len(changes) != 3 || changes[played].standing != pb.Standing_STANDING_MY_TURN || changes[finished].standing != pb.Standing_STANDING_FINISHED_UNSEEN ||
		changes[fresh].standing != pb.Standing_STANDING_INVITED {
		t.Errorf("what changed is %v", changes)
	}
	slices.Sort(gone)
	if want := []string{declined, left, passing}; !slices.Equal(gone, slices.Sorted(slices.Values(want))) {
		t.Errorf("gone are %v, not %v", gone, want)
	}

	// One that is over and was put away meanwhile is among them: who has it in his list must know.
	ann.play(t, put, "win")
	must(bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: put}))(t)
	res := bob.list(t, &pb.ListMatchesRequest{ChangedSince: since, View: pb.ListView_LIST_VIEW_FULL})
	i := slices.IndexFunc(res.GetMatches(), func(m *pb.Match) bool { return matchOf(m) == put })
	if i < 0 || res.GetMatches()[i].GetSummary().GetStanding() != pb.Standing_STANDING_ARCHIVED || res.GetMatches()[i].GetView() == nil {
		t.Errorf("the archived match is not told: %v", res)
	}
	if first := res.GetMatches()[0].GetSummary().GetStanding(); first != pb.Standing_STANDING_INVITED {
		t.Errorf("the first is %v, not the most urgent one", first)
	}

	// What nobody answered lapses.
	before, since = bob.snapshot(t)
	g.clock.forward(15 * 24 * time.Hour)
	for n := 1; n > 0; {
		var err error
		if n, err = g.s.Service.LapseDue(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	changes, gone = changed(t, bob, before, since)
	if slices.Sort(gone); !slices.Equal(gone, slices.Sorted(slices.Values([]string{lapses, fresh}))) || changes[quiet].standing != pb.Standing_STANDING_FINISHED_UNSEEN {
		t.Errorf("when invitations lapsed, %v changed and %v are gone", changes, gone)
	}
}

func TestChangedSinceGoesAlone(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	var since, token string
	for range 3 {
		id := ann.newGame(t, "drill", bob)
		ann.play(t, id, "win")
	}
	page := ann.list(t, &pb.ListMatchesRequest{PageSize: 1})
	if since, token = page.GetCursor(), page.GetNextPageToken(); token == "" {
		t.Fatal("there is no second page")
	}
	for name, r := range map[string]*pb.ListMatchesRequest{
		"archived ones": {Filter: pb.MatchFilter_MATCH_FILTER_ARCHIVED},
		"open ones":     {Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"},
		"one game":      {Game: "drill"},
		"a later page":  {PageToken: token},
	} {
		r.ChangedSince = since
		_, err := ann.ListMatches(t.Context(), r)
		if refused(t, err, connect.CodeInvalidArgument, game.InvalidField); err == nil {
			t.Error(name)
		}
	}
	for _, r := range []*pb.ListMatchesRequest{{}, {Filter: pb.MatchFilter_MATCH_FILTER_MINE, View: pb.ListView_LIST_VIEW_FULL, PageSize: 100}} {
		r.ChangedSince = since
		must(ann.ListMatches(t.Context(), r))(t)
	}
	if got := ann.list(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"}).GetCursor(); got != "" {
		t.Errorf("a list of open matches has the cursor %q", got)
	}
}
