package servertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// matchCalls are all calls that name a match, none of which may tell whether one exists that the caller may not see.
var matchCalls = map[string]func(ctx context.Context, p *player, id string) error{
	"JoinMatch": func(ctx context.Context, p *player, id string) error {
		_, err := p.JoinMatch(ctx, &pb.JoinMatchRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"JoinMatch in a seat": func(ctx context.Context, p *player, id string) error {
		_, err := p.JoinMatch(ctx, &pb.JoinMatchRequest{MatchId: id, RequestId: newID(), Seat: 16})
		return err
	},
	"InvitePlayers": func(ctx context.Context, p *player, id string) error {
		_, err := p.InvitePlayers(ctx, &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{p.id}})
		return err
	},
	"DeclineInvitation": func(ctx context.Context, p *player, id string) error {
		_, err := p.DeclineInvitation(ctx, &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"LeaveMatch": func(ctx context.Context, p *player, id string) error {
		_, err := p.LeaveMatch(ctx, &pb.LeaveMatchRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"StartMatch": func(ctx context.Context, p *player, id string) error {
		_, err := p.StartMatch(ctx, &pb.StartMatchRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"CancelMatch": func(ctx context.Context, p *player, id string) error {
		_, err := p.CancelMatch(ctx, &pb.CancelMatchRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"GetMatch": func(ctx context.Context, p *player, id string) error {
		since := uint64(0)
		_, err := p.GetMatch(ctx, &pb.GetMatchRequest{MatchId: id, SinceVersion: &since, LegalMoves: true, Drawing: true})
		return err
	},
	"GetMatch if newer": func(ctx context.Context, p *player, id string) error {
		_, err := p.GetMatch(ctx, &pb.GetMatchRequest{MatchId: id, IfNewerThan: 1 << 40})
		return err
	},
	"SubmitTurn": func(ctx context.Context, p *player, id string) error {
		_, err := p.SubmitTurn(ctx, turn(id, 1, "pass"))
		return err
	},
	"SubmitTurn in relay mode": func(ctx context.Context, p *player, id string) error {
		_, err := p.SubmitTurn(ctx, relay(id, 1, textState("x"), 1))
		return err
	},
	"SaveDraft": func(ctx context.Context, p *player, id string) error {
		_, err := p.SaveDraft(ctx, &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: "x"}}}})
		return err
	},
	"ListTurns": func(ctx context.Context, p *player, id string) error {
		_, err := p.ListTurns(ctx, &pb.ListTurnsRequest{MatchId: id})
		return err
	},
	"ListTurns with a token": func(ctx context.Context, p *player, id string) error {
		_, err := p.ListTurns(ctx, &pb.ListTurnsRequest{MatchId: id, PageToken: "AAAAAAAAAAAAAAAA"})
		return err
	},
	"Resign": func(ctx context.Context, p *player, id string) error {
		_, err := p.Resign(ctx, &pb.ResignRequest{MatchId: id, RequestId: newID()})
		return err
	},
	"ArchiveMatch": func(ctx context.Context, p *player, id string) error {
		_, err := p.ArchiveMatch(ctx, &pb.ArchiveMatchRequest{MatchId: id})
		return err
	},
	"GetReplay": func(ctx context.Context, p *player, id string) error {
		_, err := p.GetReplay(ctx, &pb.GetReplayRequest{MatchId: id})
		return err
	},
}

// told writes all that an error tells: code, message and details, byte for byte.
func told(err error) string {
	var e *connect.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	s := fmt.Sprintf("%v %q", e.Code(), e.Message())
	for _, d := range e.Details() {
		s += fmt.Sprintf(" %s %x", d.Type, d.Value)
	}
	return s
}

// unseen checks that no call tells the player whether the match exists.
func unseen(t *testing.T, p *player, id string) {
	t.Helper()
	for name, call := range matchCalls {
		err := call(t.Context(), p, id)
		refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
		if got, want := told(err), told(call(t.Context(), p, newID())); got != want {
			t.Errorf("%s: a match that may not be seen is told as\n%s, one that does not exist as\n%s", name, got, want)
		}
	}
}

func TestOthersMatchesAreAsIfTheyDidNotExist(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	for _, name := range []string{"drill", "relay"} {
		t.Run(name, func(t *testing.T) {
			invited := func() string {
				return matchOf(ann.create(t, &pb.CreateMatchRequest{
					Game: name, Seat: 1, Access: pb.Access_ACCESS_INVITED, InvitePlayerIds: []string{bob.id},
				}))
			}
			gathering := invited()
			unseen(t, eve, gathering)
			active := invited()
			bob.join(t, active)
			unseen(t, eve, active)
			bob.resign(t, active)
			unseen(t, eve, active)
			unseen(t, eve, matchOf(ann.create(t, &pb.CreateMatchRequest{Game: name, Access: pb.Access_ACCESS_BY_CODE})))
			unseen(t, eve, ann.newGame(t, name, bob)) // public, and full
			must(bob.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: gathering, RequestId: newID()}))(t)
			unseen(t, bob, gathering)
		})
	}
	for _, f := range []pb.MatchFilter{pb.MatchFilter_MATCH_FILTER_MINE, pb.MatchFilter_MATCH_FILTER_ARCHIVED, pb.MatchFilter_MATCH_FILTER_OPEN} {
		if l := eve.list(t, &pb.ListMatchesRequest{Filter: f, Game: "drill"}); len(l.GetMatches()) > 0 || len(l.GetCounts()) > 0 {
			t.Errorf("%v: eve is listed %v", f, l)
		}
	}
}

func TestSpectatorReadsAndDoesNotPlay(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Spectators: true}))
	bob.join(t, id)
	ann.play(t, id, "pass")
	must(bob.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: "win"}}}}))(t)
	for _, call := range []string{"GetMatch", "ListTurns", "GetReplay"} {
		if err := matchCalls[call](t.Context(), eve, id); err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
	m := eve.get(t, id)
	if m.GetSummary().GetMySeat() != 0 || m.GetSummary().GetStanding() != 0 || m.GetDraft() != nil || m.GetSummary().GetHasDraft() {
		t.Errorf("a spectator is shown %v", m)
	}
	for _, call := range []string{"SubmitTurn", "SaveDraft", "Resign", "ArchiveMatch", "InvitePlayers", "DeclineInvitation", "LeaveMatch", "StartMatch", "CancelMatch"} {
		refused(t, matchCalls[call](t.Context(), eve, id), connect.CodePermissionDenied, game.NotSeated)
	}
}

// A whole match with dice and hidden moves: until its end nobody is told its seed, nor what another seat has and picks.
func TestSecretsOfAMatch(t *testing.T) {
	t.Parallel()
	all, logs := &record{}, &record{}
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}, Log: logs.logger()})
	sees := []*record{{}, {}, {}} // what ann, bob and a spectator are told
	var players []*player
	for i, name := range []string{"ann", "bob", "eve"} {
		players = append(players, signIn(t, s, name, all.listen, sees[i].listen))
	}
	ann, bob, eve := players[0], players[1], players[2]
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "pick", Seat: 1, Spectators: true}))
	bob.join(t, id)
	mid, err := game.ParseMatchID(id)
	if err != nil {
		t.Fatal(err)
	}
	stored, _, err := s.Store.Match(t.Context(), mid, nil)
	if err != nil {
		t.Fatal(err)
	}
	seed := shapes(stored.Seed[:])
	admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport(), all.listen, sees[2].listen))
	look := func() {
		for _, p := range players {
			for _, call := range []string{"GetMatch", "GetMatch if newer", "ListTurns", "GetReplay", "SubmitTurn", "SaveDraft", "InvitePlayers"} {
				_ = matchCalls[call](t.Context(), p, id)
			}
			p.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL})
		}
		must(admin.GetMatch(t.Context(), &adminv1.GetMatchRequest{MatchId: id}))(t)
		must(admin.ListMatches(t.Context(), &adminv1.ListMatchesRequest{}))(t)
		must(admin.Stats(t.Context(), &adminv1.StatsRequest{}))(t)
	}
	secrets := map[*player][]string{}
	for _, p := range []*player{ann, bob} {
		hand := p.get(t, id).GetView().GetFields()["hand"].GetStringValue()
		if len(hand) != len("hand-0123456789abcdef") {
			t.Fatalf("the hand is %q", hand)
		}
		secrets[p] = []string{hand}
	}
	look()
	for i, p := range []*player{ann, bob, bob, ann, ann} { // the last round is not over
		word := fmt.Sprintf("word-%d-%s", i, newID())
		draft := "draft-" + newID()
		must(p.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: draft}}}}))(t)
		secrets[p] = append(secrets[p], word, draft)
		look()
		p.play(t, id, "peek")
		p.play(t, id, "pick "+word)
		look()
	}
	v := ann.version(t, id)
	for i, p := range players {
		for owner, texts := range secrets {
			if owner != p {
				sees[i].without(t, "what only another seat may know", texts...)
			}
		}
		since := uint64(0)
		numbered(t, must(p.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, SinceVersion: &since}))(t).GetEvents(), 1, v)
		numbered(t, p.replay(t, id).GetEvents(), 1, v)
	}
	for _, turn := range must(eve.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id}))(t).GetTurns() {
		for _, mv := range turn.GetTurnTaken().GetMoves() {
			if !mv.GetHidden() || mv.GetText() != "" || mv.GetChance() != "" {
				t.Errorf("a spectator is told the move %v", mv)
			}
		}
	}
	all.without(t, "the seed", seed...)
	logs.without(t, "the seed", seed...)

	// The control: what was looked for is found once the match is over.
	bob.play(t, id, "pick last")
	rep := eve.replay(t, id)
	numbered(t, rep.GetEvents(), 1, v+2)
	if string(rep.GetSeed()) != string(stored.Seed[:]) {
		t.Errorf("the replay tells the seed %x, it is %x", rep.GetSeed(), stored.Seed)
	}
	for i, text := range seed {
		if _, ok := all.has(text); !ok && (i == 0 || i == 3) {
			t.Errorf("shape %d of the seed would not have been found", i)
		}
	}
	for _, p := range []*player{ann, bob} {
		if word := secrets[p][1]; !contains(sees[2], word) {
			t.Errorf("%q would not have been found", word)
		}
	}
	logs.without(t, "the seed", seed...)
}

func contains(r *record, text string) bool { _, ok := r.has(text); return ok }

// Who is invited to a seat has not taken it: what his allies play is not his to know yet.
func TestInvitedPlayerSeesWhatASpectatorSees(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}})
	ann, eve := signIn(t, s, "ann"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{
		Game: "pick", MinSeats: 2, MaxSeats: 3, Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE,
	})
	id := matchOf(m)
	other := signIn(t, s, "other")
	must(ann.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{other.id, eve.id}}))(t)
	ann.play(t, id, "pick zebra")
	since := uint64(0)
	hidden := func(events []*pb.Event) {
		t.Helper()
		for _, e := range events {
			for _, mv := range e.GetTurnTaken().GetMoves() {
				if !mv.GetHidden() {
					t.Errorf("an invited player is told the move %v", mv)
				}
			}
		}
	}
	got := must(eve.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, SinceVersion: &since}))(t)
	if got.GetMatch().GetSummary().GetMySeat() != 3 || len(got.GetEvents()) != 5 {
		t.Fatalf("eve is invited to seat %d and shown %d events", got.GetMatch().GetSummary().GetMySeat(), len(got.GetEvents()))
	}
	hidden(got.GetEvents())
	hidden(must(eve.ListTurns(t.Context(), &pb.ListTurnsRequest{MatchId: id}))(t).GetTurns())
	hidden(eve.replay(t, id).GetEvents())
	if last := got.GetMatch().GetSummary().GetLastMove().GetText(); last != "" {
		t.Errorf("an invited player is told the last move %q", last)
	}
	eve.join(t, id)
	if mv := eve.replay(t, id).GetEvents()[4].GetTurnTaken().GetMoves()[0]; mv.GetText() != "pick zebra" {
		t.Errorf("an ally is told the move %v", mv)
	}
}

func TestJoinCodeIsShownToSeatedPlayersOnly(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob, carl, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "carl"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{
		Game: "relay", Seat: 1, MaxSeats: 4, Access: pb.Access_ACCESS_BY_CODE, Spectators: true, InvitePlayerIds: []string{carl.id},
	})
	id, code := matchOf(m), m.GetJoinCode()
	if len(code) != 10 {
		t.Fatalf("the join code is %q", code)
	}
	bob.joinByCode(t, code)
	full := func(p *player) string {
		return p.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL}).GetMatches()[0].GetJoinCode()
	}
	for _, p := range []*player{ann, bob} {
		if p.get(t, id).GetJoinCode() != code || full(p) != code || p.replay(t, id).GetMatch().GetJoinCode() != code {
			t.Error("a seated player is not shown the code")
		}
	}
	for _, p := range []*player{carl, eve} {
		if got := p.get(t, id).GetJoinCode() + p.replay(t, id).GetMatch().GetJoinCode(); got != "" {
			t.Errorf("who has no seat is shown the code %q", got)
		}
	}
	if got := full(carl); got != "" {
		t.Errorf("who is invited is listed the code %q", got)
	}
	if got := ann.create(t, &pb.CreateMatchRequest{Game: "relay"}).GetJoinCode(); got != "" {
		t.Errorf("a public match has the code %q", got)
	}
}
