package servertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// scrape reads the operators' metrics.
func scrape(t *testing.T, s *servertest.Server) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.Admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("metrics are answered %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

const missingMetric = `yourmove_ruleset_missing_matches{`

func TestMatchStaysWithItsRuleset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servertest.New(t, servertest.Options{Dir: dir, Rules: []game.Rules{drill{version: 1}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	old := ann.newGame(t, "drill", bob)
	s.Close()

	logs := &record{}
	s = servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys, Rules: []game.Rules{drill{version: 1}, drill{version: 2}}, Log: logs.logger()})
	ann, bob = ann.on(s), bob.on(s)
	young := ann.newGame(t, "drill", bob)
	for id, version := range map[string]int32{old: 1, young: 2} {
		if got := ann.get(t, id).GetSummary().GetRulesetVersion(); got != version {
			t.Errorf("the match is under version %d, not %d", got, version)
		}
	}
	_, err := ann.SubmitTurn(t.Context(), turn(old, ann.version(t, old), "hop"))
	refused(t, err, connect.CodeInvalidArgument, game.MalformedMove)
	ann.play(t, old, "pass")
	ann.play(t, young, "hop")
	if strings.Contains(scrape(t, s), missingMetric) || contains(logs, "ruleset") {
		t.Error("a ruleset is said to be missing")
	}
}

func TestMissingRuleset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servertest.New(t, servertest.Options{Dir: dir, Rules: []game.Rules{drill{version: 1}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	active, over := ann.newGame(t, "drill", bob), ann.newGame(t, "drill", bob)
	gathering := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1}))
	first := turn(active, ann.version(t, active), "pass")
	answer := must(ann.SubmitTurn(t.Context(), first))(t)
	bob.play(t, active, "pass")
	ann.play(t, over, "win")
	s.Close()

	logs := &record{}
	s = servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys, Rules: []game.Rules{drill{version: 2}}, Log: logs.logger()})
	ann, bob = ann.on(s), bob.on(s)

	t.Run("it can be read", func(t *testing.T) {
		m := ann.get(t, active)
		if !m.GetRulesetMissing() || m.GetView() != nil || m.GetSummary().GetSummary() != "" {
			t.Errorf("the match is shown as %v", m)
		}
		if m.GetSummary().GetStanding() != pb.Standing_STANDING_MY_TURN || m.GetSummary().GetTurn() != 3 {
			t.Errorf("its summary is %v", m.GetSummary())
		}
		if got := ann.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL}).GetMatches(); len(got) != 3 {
			t.Errorf("%d of 3 matches are listed", len(got))
		}
		// Without its rules nobody can say what of it is secret: all but one's own moves are hidden.
		turns := must(ann.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: active}))(t).GetTurns()
		if len(turns) != 2 || turns[0].GetTurnTaken().GetMoves()[0].GetText() != "pass" || !turns[1].GetTurnTaken().GetMoves()[0].GetHidden() {
			t.Errorf("its turns are %v", turns)
		}
		numbered(t, ann.replay(t, active).GetEvents(), 1, m.GetSummary().GetVersion())
		if rep := bob.replay(t, over); len(rep.GetSeed()) != 32 || rep.GetEvents()[3].GetTurnTaken().GetMoves()[0].GetText() != "win" {
			t.Errorf("the match that is over is told as %v", rep)
		}
	})
	t.Run("it cannot be played", func(t *testing.T) {
		_, err := ann.SubmitTurn(t.Context(), turn(active, ann.version(t, active), "pass"))
		refused(t, err, connect.CodeFailedPrecondition, game.RulesMissing)
		_, err = bob.Resign(t.Context(), &pb.ResignRequest{MatchId: active, RequestId: newID()})
		refused(t, err, connect.CodeFailedPrecondition, game.RulesMissing)
		_, err = bob.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: gathering, RequestId: newID()})
		refused(t, err, connect.CodeFailedPrecondition, game.RulesMissing)
		sameAnswer(t, "a repeat", must(ann.SubmitTurn(t.Context(), first))(t), answer)
		if v := ann.version(t, active); v != answer.GetVersion()+1 {
			t.Errorf("refused calls brought it to version %d", v)
		}
	})
	t.Run("the operator is told", func(t *testing.T) {
		admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport()))
		missing := map[pb.MatchState]uint64{}
		for _, c := range must(admin.Stats(t.Context(), &adminv1.StatsRequest{}))(t).GetMatches() {
			if c.GetGame() == "drill" && c.GetRulesetVersion() == 1 && c.GetRulesetMissing() {
				missing[c.GetState()] = c.GetCount()
			}
		}
		if missing[pb.MatchState_MATCH_STATE_ACTIVE] != 1 || missing[pb.MatchState_MATCH_STATE_GATHERING] != 1 {
			t.Errorf("the stats tell of %v", missing)
		}
		if want := missingMetric + `game="drill",ruleset="1"} 2`; !strings.Contains(scrape(t, s), want) {
			t.Errorf("the metrics lack %s", want)
		}
		if !contains(logs, `"game":"drill","ruleset":1,"state":"active","matches":1`) {
			t.Errorf("the log does not name them: %s", logs.data.String())
		}
		must(admin.CancelMatch(t.Context(), &adminv1.CancelMatchRequest{MatchId: active}))(t)
		if want := missingMetric + `game="drill",ruleset="1"} 1`; !strings.Contains(scrape(t, s), want) {
			t.Errorf("the metrics lack %s", want)
		}
	})
}
