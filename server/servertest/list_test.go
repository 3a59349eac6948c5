package servertest_test

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

func idsOf(list []*pb.Match) []string {
	var ids []string
	for _, m := range list {
		ids = append(ids, matchOf(m))
	}
	return ids
}

// all reads every page of a list.
func (p *player) all(t *testing.T, r *pb.ListMatchesRequest) []string {
	t.Helper()
	var ids []string
	for range 100 {
		l := p.list(t, r)
		ids = append(ids, idsOf(l.GetMatches())...)
		if l.GetNextPageToken() == "" {
			return ids
		}
		r = proto.CloneOf(r)
		r.PageToken = l.GetNextPageToken()
	}
	t.Fatal("the list does not end")
	return nil
}

func standings(list []*pb.Match) []pb.Standing {
	var out []pb.Standing
	for _, m := range list {
		out = append(out, m.GetSummary().GetStanding())
	}
	return out
}

func TestListIsInOrderOfUrgency(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := servertest.New(t, servertest.Options{Now: c.Now, Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	step := func() { c.forward(time.Second) }
	seen := ann.newGame(t, "drill", bob) // over, and by ann's own act
	ann.play(t, seen, "win")
	step()
	unseenFirst, unseenLast := ann.newGame(t, "drill", bob), ann.newGame(t, "drill", bob)
	for _, id := range []string{unseenFirst, unseenLast} {
		step()
		bob.resign(t, id)
	}
	gathering := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill"}))
	waitingOld, waitingNew := ann.newGame(t, "drill", bob), ann.newGame(t, "relay", bob)
	step()
	ann.play(t, waitingOld, "pass")
	step()
	ann.pass(t, waitingNew, nil, 2)
	mineNew, mineOld := ann.newGame(t, "drill", bob), ann.newGame(t, "drill", bob)
	for _, id := range []string{mineNew, mineOld} {
		ann.play(t, id, "pass")
	}
	for _, id := range []string{mineOld, mineNew} {
		step()
		bob.play(t, id, "pass")
	}
	invited := matchOf(bob.create(t, &pb.CreateMatchRequest{Game: "drill", InvitePlayerIds: []string{ann.id}}))

	l := ann.list(t, &pb.ListMatchesRequest{})
	want := []string{invited, mineOld, mineNew, waitingNew, waitingOld, gathering, unseenLast, unseenFirst, seen}
	if got := idsOf(l.GetMatches()); !slices.Equal(got, want) {
		t.Errorf("the order is %v, with the standings %v", got, standings(l.GetMatches()))
	}
	const (
		isInvited, mine, waits = pb.Standing_STANDING_INVITED, pb.Standing_STANDING_MY_TURN, pb.Standing_STANDING_WAITING
		gathers                = pb.Standing_STANDING_GATHERING
		unread, read           = pb.Standing_STANDING_FINISHED_UNSEEN, pb.Standing_STANDING_FINISHED
	)
	if got := standings(l.GetMatches()); !slices.Equal(got, []pb.Standing{isInvited, mine, mine, waits, waits, gathers, unread, unread, read}) {
		t.Errorf("the standings are %v", got)
	}
	if got := fmt.Sprint(l.GetCounts()); got != fmt.Sprint([]*pb.StandingCount{
		{Standing: isInvited, Count: 1}, {Standing: mine, Count: 2}, {Standing: waits, Count: 2}, {Standing: gathers, Count: 1},
	}) {
		t.Errorf("the counts are %v", got)
	}
	if !l.GetServerTime().AsTime().Equal(c.Now()) {
		t.Errorf("the server's time is said to be %v", l.GetServerTime().AsTime())
	}
	if got := idsOf(ann.list(t, &pb.ListMatchesRequest{Game: "relay"}).GetMatches()); !slices.Equal(got, []string{waitingNew}) {
		t.Errorf("of one game %v is listed", got)
	}
	for size := int32(1); size <= 4; size++ {
		if got := ann.all(t, &pb.ListMatchesRequest{PageSize: size}); !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %v", size, got)
		}
	}
}

func TestPagesStayStable(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := servertest.New(t, servertest.Options{Now: c.Now, Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	var want []string
	for range 7 {
		c.forward(time.Second)
		id := ann.newGame(t, "drill", bob)
		ann.play(t, id, "win")
		want = append([]string{id}, want...)
	}
	first := ann.list(t, &pb.ListMatchesRequest{PageSize: 3})
	c.forward(time.Second)
	late := ann.newGame(t, "drill", bob)
	ann.play(t, late, "win")
	rest := ann.all(t, &pb.ListMatchesRequest{PageSize: 3, PageToken: first.GetNextPageToken()})
	if got := append(idsOf(first.GetMatches()), rest...); !slices.Equal(got, want) {
		t.Errorf("a match that ended between two pages moved the others: %v", got)
	}
	if l := ann.list(t, &pb.ListMatchesRequest{PageSize: 3, PageToken: first.GetNextPageToken()}); len(l.GetCounts()) != 0 {
		t.Error("a later page has counts")
	}

	// Archived ones are another list; a page of which all were put away is not empty, but the next one that has some.
	for _, id := range want[:5] {
		must(ann.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id}))(t)
	}
	if got := ann.all(t, &pb.ListMatchesRequest{PageSize: 2}); !slices.Equal(got, append([]string{late}, want[5:]...)) {
		t.Errorf("without the archived ones: %v", got)
	}
	if got := ann.all(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_ARCHIVED, PageSize: 2}); !slices.Equal(got, want[:5]) {
		t.Errorf("the archived ones: %v", got)
	}
	if got := bob.all(t, &pb.ListMatchesRequest{PageSize: 100}); len(got) != 8 {
		t.Errorf("ann's archiving left bob %d of 8 matches", len(got))
	}
	must(ann.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: want[0], Unarchive: true}))(t)
	if got := ann.all(t, &pb.ListMatchesRequest{}); !slices.Equal(got, append([]string{late, want[0]}, want[5:]...)) {
		t.Errorf("after one was put back: %v", got)
	}
}

func TestPageTokens(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	var id string
	for range 3 {
		id = ann.newGame(t, "drill", bob)
		ann.play(t, id, "more")
		ann.play(t, id, "win")
		ann.create(t, &pb.CreateMatchRequest{Game: "drill"})
	}
	own := &pb.ListMatchesRequest{PageSize: 1}
	open := &pb.ListMatchesRequest{PageSize: 1, Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"}
	mine, opened := ann.list(t, own).GetNextPageToken(), bob.list(t, open).GetNextPageToken()
	if mine == "" || opened == "" {
		t.Fatal("there is no second page")
	}
	bad := func(p *player, r *pb.ListMatchesRequest, token string) {
		t.Helper()
		r = proto.CloneOf(r)
		r.PageToken = token
		_, err := p.ListMatches(t.Context(), r)
		refused(t, err, connect.CodeInvalidArgument, game.BadPageToken)
	}
	bad(bob, own, mine)
	bad(ann, open, opened)
	bad(ann, open, mine)
	bad(bob, own, opened)
	bad(ann, &pb.ListMatchesRequest{Game: "drill"}, mine)
	bad(ann, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_ARCHIVED}, mine)
	for _, token := range []string{"A", "AAAAAAAAAAAA", "%%%", mine + "A", mine[1:], strings.ToUpper(mine), "A" + mine[1:]} {
		bad(ann, own, token)
	}
	turns := must(ann.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id, PageSize: 1}))(t).GetNextPageToken()
	bad(ann, own, turns)
	for _, token := range []string{mine, "x", turns + "A"} {
		_, err := ann.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id, PageToken: token})
		refused(t, err, connect.CodeInvalidArgument, game.BadPageToken)
	}
	// Whoever works out the checksum gets no further than to another refusal.
	for _, filter := range []pb.MatchFilter{pb.MatchFilter_MATCH_FILTER_MINE, pb.MatchFilter_MATCH_FILTER_OPEN} {
		for _, place := range []string{"x", strings.Repeat("x", 7), strings.Repeat("x", 100)} {
			sum := crc32.ChecksumIEEE([]byte(fmt.Sprintf("%d drill %s\x00%s", filter, ann.id, place)))
			forged := append([]byte(place), byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
			bad(ann, &pb.ListMatchesRequest{Filter: filter, Game: "drill"}, base64.RawURLEncoding.EncodeToString(forged))
		}
	}
	_, err := ann.ListMatches(t.Context(), &pb.ListMatchesRequest{PageSize: 101})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
}

func TestOpenMatches(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve, carl := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve"), signIn(t, s, "carl")
	eve.block(t, carl)
	var want []string
	add := func(p *player, r *pb.CreateMatchRequest) string {
		r.Game = "drill"
		return matchOf(p.create(t, r))
	}
	for range 5 {
		want = append([]string{add(ann, &pb.CreateMatchRequest{})}, want...)
		add(eve, &pb.CreateMatchRequest{})
		add(bob, &pb.CreateMatchRequest{})
		add(ann, &pb.CreateMatchRequest{Access: pb.Access_ACCESS_BY_CODE})
		add(ann, &pb.CreateMatchRequest{Access: pb.Access_ACCESS_INVITED})
		ann.create(t, &pb.CreateMatchRequest{Game: "relay"})
		ann.newGame(t, "drill", bob)
	}
	atOnce := add(ann, &pb.CreateMatchRequest{Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE})
	ann.play(t, atOnce, "pass")
	want = append([]string{atOnce}, want...)
	add(ann, &pb.CreateMatchRequest{Seat: 1, InvitePlayerIds: []string{bob.id}}) // no seat is empty
	bob.block(t, eve)
	for _, size := range []int32{1, 2, 4, 100} {
		got := bob.all(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill", PageSize: size})
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %d of %d: %v", size, len(got), len(want), got)
		}
	}
	if got := carl.all(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"}); len(got) != len(want)+5 {
		t.Errorf("carl is listed %d open matches: ann's %d and bob's 5 are his to join, eve's are not", len(got), len(want))
	}
	for _, id := range want[:2] {
		carl.join(t, id)
	}
	if got := bob.all(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"}); !slices.Equal(got, want[2:]) {
		t.Errorf("after two were taken: %v", got)
	}
	_, err := bob.ListMatches(t.Context(), &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
}

func TestFullViewsEndAtHalfAMegabyte(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
	ann := signIn(t, s, "ann")
	board := ann.newGame(t, "tictactoe", signIn(t, s, "bob"))
	for range 12 {
		ann.create(t, &pb.CreateMatchRequest{Game: "relay", State: dataState(make([]byte, server.MaxState))})
	}
	full := ann.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL})
	views := 0
	for _, m := range full.GetMatches() {
		if matchOf(m) == board && m.GetView() == nil {
			t.Errorf("the view is left out: %v", m)
		}
		if m.GetState() != nil {
			views++
		}
	}
	if len(full.GetMatches()) != 13 || views < 7 || views > 8 || proto.Size(full) > 600<<10 {
		t.Errorf("%d of 13 matches, %d states of 64 KiB, %d bytes", len(full.GetMatches()), views, proto.Size(full))
	}
	for _, m := range ann.list(t, &pb.ListMatchesRequest{}).GetMatches() {
		if m.GetView() != nil || m.GetState() != nil || m.GetOptions() != nil || m.GetDrawing() != "" {
			t.Fatalf("a summary has more than a summary: %v", m)
		}
	}
}

func TestSummaryOfTwoSeatsIsSmall(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "Annabella"), signIn(t, s, "Bartholo")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{
		Game: "drill", Seat: 1, Rated: true, Title: "Friday evening", Labels: map[string]string{"league": "7b"},
	}))
	bob.join(t, id)
	for range 20 {
		ann.play(t, id, "pass a2a4")
		bob.play(t, id, "pass e7e5")
	}
	must(ann.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: "win"}}}}))(t)
	check := func(p *player) {
		t.Helper()
		if n := proto.Size(p.list(t, &pb.ListMatchesRequest{}).GetMatches()[0]); n > 400 {
			t.Errorf("the summary has %d bytes", n)
		}
	}
	check(ann)
	ann.play(t, id, "win")
	check(bob)
}

func TestFinishedMatchIsSeenThenPutAway(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	is := func(p *player, id string, want pb.Standing) {
		t.Helper()
		if got := p.get(t, id).GetSummary().GetStanding(); got != want {
			t.Errorf("the standing is %v, not %v", got, want)
		}
	}
	id := ann.newGame(t, "drill", bob)
	_, err := bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id})
	refused(t, err, connect.CodeFailedPrecondition, game.MatchNotOver)
	ann.play(t, id, "win")
	is(ann, id, pb.Standing_STANDING_FINISHED) // by her own act
	is(bob, id, pb.Standing_STANDING_FINISHED_UNSEEN)
	is(bob, id, pb.Standing_STANDING_FINISHED_UNSEEN) // to read it is not to mark it
	for _, step := range []struct {
		back bool
		want pb.Standing
	}{{false, pb.Standing_STANDING_ARCHIVED}, {false, pb.Standing_STANDING_ARCHIVED}, {true, pb.Standing_STANDING_FINISHED}} {
		res := must(bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id, Unarchive: step.back}))(t)
		if res.GetStanding() != step.want {
			t.Errorf("archiving answers %v, not %v", res.GetStanding(), step.want)
		}
		is(bob, id, step.want)
	}
	is(ann, id, pb.Standing_STANDING_FINISHED)

	cancelled := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", MaxSeats: 3}))
	bob.join(t, cancelled)
	must(ann.CancelMatch(t.Context(), &pb.CancelMatchRequest{MatchId: cancelled, RequestId: newID()}))(t)
	is(ann, cancelled, pb.Standing_STANDING_FINISHED)
	is(bob, cancelled, pb.Standing_STANDING_FINISHED_UNSEEN)

	resigned := ann.newGame(t, "drill", bob)
	bob.resign(t, resigned)
	is(bob, resigned, pb.Standing_STANDING_FINISHED)
	is(ann, resigned, pb.Standing_STANDING_FINISHED_UNSEEN)
}
