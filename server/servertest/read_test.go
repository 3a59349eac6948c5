package servertest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

func TestGetMatch(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}, drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "tictactoe", bob)
	ann.play(t, id, "b2")
	v := ann.version(t, id)
	read := func(p *player, r *pb.GetMatchRequest) *pb.GetMatchResponse {
		r.MatchId = id
		return must(p.GetMatch(t.Context(), r))(t)
	}
	t.Run("legal moves", func(t *testing.T) {
		if got := read(bob, &pb.GetMatchRequest{LegalMoves: true}).GetMatch().GetLegalMoves(); len(got) != 8 || slices.Contains(got, "b2") {
			t.Errorf("bob may play %v", got)
		}
		if got := read(ann, &pb.GetMatchRequest{LegalMoves: true}).GetMatch().GetLegalMoves(); len(got) != 0 {
			t.Errorf("ann, who waits, may play %v", got)
		}
		if got := read(bob, &pb.GetMatchRequest{}).GetMatch().GetLegalMoves(); len(got) != 0 {
			t.Errorf("not asked for: %v", got)
		}
	})
	t.Run("drawing", func(t *testing.T) {
		if got := read(bob, &pb.GetMatchRequest{Drawing: true}).GetMatch().GetDrawing(); !strings.Contains(got, "2 .X.") {
			t.Errorf("the drawing is %q", got)
		}
		if got := read(bob, &pb.GetMatchRequest{}).GetMatch().GetDrawing(); got != "" {
			t.Errorf("not asked for: %q", got)
		}
	})
	t.Run("if newer", func(t *testing.T) {
		// One who knows of a later version knows it from before a backup was put back.
		for than, unchanged := range map[uint64]bool{0: false, v - 1: false, v: true, v + 1: false} {
			got := read(ann, &pb.GetMatchRequest{IfNewerThan: than})
			if got.GetUnchanged() != unchanged || (got.GetMatch() == nil) != unchanged || got.GetServerTime() == nil {
				t.Errorf("newer than %d of %d: %v", than, v, got)
			}
		}
	})
	t.Run("events since", func(t *testing.T) {
		since := func(n uint64) []*pb.Event { return read(bob, &pb.GetMatchRequest{SinceVersion: &n}).GetEvents() }
		for n := range v {
			numbered(t, since(n), n+1, v)
		}
		if got := append(since(v), since(v+5)...); len(got) != 0 {
			t.Errorf("after the last event there are %v", got)
		}
		if got := read(bob, &pb.GetMatchRequest{}).GetEvents(); len(got) != 0 {
			t.Errorf("not asked for: %v", got)
		}
	})
	t.Run("50 events at most", func(t *testing.T) {
		long := ann.newGame(t, "drill", bob)
		for range 60 {
			ann.play(t, long, "more")
		}
		total, since := ann.version(t, long), uint64(0)
		var all []*pb.Event
		for since < total {
			got := must(bob.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: long, SinceVersion: &since}))(t).GetEvents()
			if len(got) != int(min(50, total-since)) {
				t.Fatalf("after %d of %d there are %d events", since, total, len(got))
			}
			all = append(all, got...)
			since = got[len(got)-1].GetVersion()
		}
		numbered(t, all, 1, total)
		if rep := bob.replay(t, long).GetEvents(); !slices.EqualFunc(rep, all, func(a, b *pb.Event) bool { return proto.Equal(a, b) }) {
			t.Error("the replay tells other events")
		}
		for _, size := range []int32{1, 7, 59, 60, 0} {
			var turns []*pb.Event
			for token := ""; ; {
				page := must(bob.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: long, PageSize: size, PageToken: token}))(t)
				turns = append(turns, page.GetTurns()...)
				if token = page.GetNextPageToken(); token == "" {
					break
				}
			}
			numbered(t, turns, total-59, total)
		}
	})
}

// The author is told the id of his request with the event, others are not.
func TestRequestIDIsToldToItsAuthor(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	req := turn(id, ann.version(t, id), "pass")
	must(ann.SubmitTurn(t.Context(), req))(t)
	told := func(p *player) string {
		return must(p.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id}))(t).GetTurns()[0].GetTurnTaken().GetRequestId()
	}
	if told(ann) != req.GetRequestId() || told(bob) != "" {
		t.Errorf("ann is told %q, bob %q", told(ann), told(bob))
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	save := func(p *player, id string, d *pb.Draft) error {
		_, err := p.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: d})
		return err
	}
	words := func(moves ...string) *pb.Draft {
		d := &pb.Draft{}
		for _, mv := range moves {
			d.Moves = append(d.Moves, &pb.Move{Text: mv})
		}
		return d
	}
	has := func(p *player, id string, want *pb.Draft) {
		t.Helper()
		m := p.get(t, id)
		if m.GetSummary().GetHasDraft() != (want != nil) || (m.GetDraft() != nil) != (want != nil) {
			t.Errorf("a draft is there: %v, and should be: %v", m.GetDraft(), want)
			return
		}
		got := proto.CloneOf(m.GetDraft())
		if want != nil && got.GetSaveTime() == nil {
			t.Error("the draft was saved at no time")
		}
		if want != nil {
			got.SaveTime = nil
		}
		if !proto.Equal(got, want) {
			t.Errorf("the draft is %v, not %v", got, want)
		}
	}
	t.Run("goes with one's own turn only", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		v := ann.version(t, id)
		for _, d := range []*pb.Draft{words("more", "win"), words("not even a word of this game")} {
			if err := save(bob, id, d); err != nil {
				t.Fatal(err)
			}
			has(bob, id, d)
		}
		has(ann, id, nil)
		if now := ann.version(t, id); now != v {
			t.Errorf("a draft made version %d of %d", now, v)
		}
		ann.play(t, id, "pass")
		has(bob, id, words("not even a word of this game"))
		if !bob.list(t, &pb.ListMatchesRequest{}).GetMatches()[0].GetSummary().GetHasDraft() {
			t.Error("the list does not tell of the draft")
		}
		if got := bob.play(t, id, "pass").GetMatch(); got.GetDraft() != nil || got.GetSummary().GetHasDraft() {
			t.Errorf("the draft outlives its turn: %v", got.GetDraft())
		}
		has(bob, id, nil)
		ann.play(t, id, "pass")
		has(bob, id, nil)
		if err := save(bob, id, words("win")); err != nil {
			t.Fatal(err)
		}
		for _, none := range []*pb.Draft{nil, {}} {
			if err := save(bob, id, none); err != nil {
				t.Fatal(err)
			}
			has(bob, id, nil)
		}
		bob.play(t, id, "win")
		refused(t, save(ann, id, words("win")), connect.CodeFailedPrecondition, game.MatchOver)
	})
	t.Run("4 KiB of moves", func(t *testing.T) {
		id := ann.newGame(t, "drill", bob)
		half := strings.Repeat("x", server.MaxMoves/2)
		if err := save(ann, id, words(half, half)); err != nil {
			t.Fatal(err)
		}
		has(ann, id, words(half, half))
		refused(t, save(ann, id, words(half, half, "x")), connect.CodeResourceExhausted, game.PayloadTooBig)
		has(ann, id, words(half, half))
		refused(t, save(ann, id, &pb.Draft{State: textState("x")}), connect.CodeInvalidArgument, game.InvalidField)
	})
	t.Run("64 KiB of relay state", func(t *testing.T) {
		id := ann.newGame(t, "relay", bob)
		for _, st := range []*pb.RelayState{textState(strings.Repeat("x", server.MaxState)), dataState(make([]byte, server.MaxState))} {
			if err := save(bob, id, &pb.Draft{State: st}); err != nil {
				t.Fatal(err)
			}
			has(bob, id, &pb.Draft{State: st})
		}
		refused(t, save(bob, id, &pb.Draft{State: dataState(make([]byte, server.MaxState+1))}), connect.CodeResourceExhausted, game.PayloadTooBig)
		ann.pass(t, id, nil, 2)
		has(bob, id, &pb.Draft{State: dataState(make([]byte, server.MaxState))})
		bob.pass(t, id, nil, 1)
		has(bob, id, nil)
	})
	t.Run("survives a restart", func(t *testing.T) {
		dir := t.TempDir()
		s := servertest.New(t, servertest.Options{Dir: dir})
		ann := signIn(t, s, "ann")
		id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "relay"}))
		if err := save(ann, id, words("later")); err != nil {
			t.Fatal(err)
		}
		s.Close()
		ann = ann.on(servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys}))
		has(ann, id, words("later"))
	})
}

func TestListGames(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}, drill{version: 2}, drill{version: 1}, pick{}}})
	ann := signIn(t, s, "ann")
	var got []string
	for _, g := range must(ann.ListGames(t.Context(), &pb.ListGamesRequest{}))(t).GetGames() {
		got = append(got, fmt.Sprintf("%s %d %d-%d", g.GetName(), g.GetRulesetVersion(), g.GetMinSeats(), g.GetMaxSeats()))
	}
	if want := []string{"drill 2 2-4", "pick 1 2-4", "tictactoe 1 2-2"}; !slices.Equal(got, want) {
		t.Errorf("the games are %v", got)
	}
}
