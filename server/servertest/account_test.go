package servertest_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// whoAmI asks with a session's access token, and returns the refusal.
func whoAmI(t *testing.T, p *player, s *servertest.Server, ses *pb.Session) error {
	t.Helper()
	_, err := p.with(s, ses).account.GetPlayer(t.Context(), &pb.GetPlayerRequest{})
	return err
}

func refresh(t *testing.T, s *servertest.Server, token string) (*pb.Session, error) {
	res, err := anonymous(s).RefreshSession(t.Context(), &pb.RefreshSessionRequest{RefreshToken: token})
	return res.GetSession(), err
}

func TestOneSecretIsOneAccount(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	secret := newSecret()
	answers, errs := make([]*pb.SignInResponse, 20), make([]error, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i], errs[i] = anonymous(s).SignIn(t.Context(), guest(secret, "")) })
	}
	wg.Wait()
	created := 0
	sessions := map[string]bool{}
	for i, res := range answers {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if res.GetCreated() {
			created++
		}
		if res.GetPlayer().GetPlayerId() != answers[0].GetPlayer().GetPlayerId() {
			t.Fatal("one secret made two accounts")
		}
		sessions[res.GetSession().GetSessionId()] = true
	}
	if created != 1 || len(sessions) != len(answers) {
		t.Errorf("%d sign-ins made the account, %d sessions were opened by %d", created, len(sessions), len(answers))
	}
	again := must(anonymous(s).SignIn(t.Context(), guest(secret, "another name")))(t)
	if again.GetCreated() || again.GetPlayer().GetName() != answers[0].GetPlayer().GetName() {
		t.Errorf("a later sign-in answers %v", again)
	}
	if len(again.GetPlayer().GetIdentities()) != 1 || again.GetPlayer().GetIdentities()[0].GetKind() != "guest" {
		t.Errorf("the identities are %v", again.GetPlayer().GetIdentities())
	}
	if other := must(anonymous(s).SignIn(t.Context(), guest(newSecret(), "")))(t); !other.GetCreated() {
		t.Error("another secret made no account")
	}
	_, err := anonymous(s).SignIn(t.Context(), guest(secret[:31], ""))
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servertest.New(t, servertest.Options{Dir: dir})
	for _, restarts := range []bool{false, true} {
		restart := func() {
			if restarts {
				s.Close()
				s = servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys})
			}
		}
		p := signIn(t, s, "ann")
		first := p.session.GetRefreshToken()
		lost := must(refresh(t, s, first))(t)
		restart()
		second := must(refresh(t, s, first))(t) // the answer got lost: the same again
		if second.GetRefreshToken() != lost.GetRefreshToken() || second.GetSessionId() != p.session.GetSessionId() {
			t.Error("a repeated refresh gives another token")
		}
		if second.GetRefreshToken() == first {
			t.Error("the refresh token was not replaced")
		}
		if err := whoAmI(t, p, s, second); err != nil {
			t.Error("the new access token:", err)
		}
		third := must(refresh(t, s, second.GetRefreshToken()))(t)
		restart()
		_, err := refresh(t, s, first) // its successor was used: somebody has a copy
		refused(t, err, connect.CodeUnauthenticated, game.SessionEnded)
		restart()
		_, err = refresh(t, s, third.GetRefreshToken())
		refused(t, err, connect.CodeUnauthenticated, game.SessionEnded)
		refused(t, whoAmI(t, p, s, third), connect.CodeUnauthenticated, game.SessionEnded)
	}
	for _, token := range []string{"x", strings.Repeat("A", 64), strings.Repeat("é", 40)} {
		_, err := refresh(t, s, token)
		refused(t, err, connect.CodeUnauthenticated, game.TokenInvalid)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := servertest.New(t, servertest.Options{Dir: dir})
	p := signIn(t, s, "ann")
	other := must(anonymous(s).SignIn(t.Context(), guest(p.secret, "")))(t).GetSession()
	must(p.account.SignOut(t.Context(), &pb.SignOutRequest{}))(t)
	check := func() {
		t.Helper()
		refused(t, whoAmI(t, p, s, p.session), connect.CodeUnauthenticated, game.SessionEnded)
		_, err := refresh(t, s, p.session.GetRefreshToken())
		refused(t, err, connect.CodeUnauthenticated, game.SessionEnded)
		if err := whoAmI(t, p, s, other); err != nil {
			t.Error("the player's other session:", err)
		}
	}
	check()
	s.Close()
	s = servertest.New(t, servertest.Options{Dir: dir, Keys: s.Keys})
	check()
}

func TestAccessTokenExpires(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := servertest.New(t, servertest.Options{Now: c.Now, AccessLifetime: 10 * time.Minute})
	p := signIn(t, s, "ann")
	if got, want := p.session.GetAccessExpireTime().AsTime(), c.Now().Add(10*time.Minute); !got.Equal(want) {
		t.Errorf("the token is said to end at %v, not %v", got, want)
	}
	c.forward(10*time.Minute - time.Millisecond)
	if err := whoAmI(t, p, s, p.session); err != nil {
		t.Error("just before its end:", err)
	}
	c.forward(time.Millisecond)
	refused(t, whoAmI(t, p, s, p.session), connect.CodeUnauthenticated, game.TokenExpired)
	ses := must(refresh(t, s, p.session.GetRefreshToken()))(t)
	if err := whoAmI(t, p, s, ses); err != nil {
		t.Error("after a refresh:", err)
	}
	for token, reason := range map[string]game.Reason{
		"":                               game.TokenMissing,
		"nonsense":                       game.TokenInvalid,
		ses.GetAccessToken() + "x":       game.TokenInvalid,
		ses.GetRefreshToken():            game.TokenInvalid,
		signInElsewhere(t, "ann", c.Now): game.TokenInvalid,
	} {
		refused(t, whoAmI(t, p, s, &pb.Session{AccessToken: token}), connect.CodeUnauthenticated, reason)
	}
}

// signInElsewhere returns a token of another server, with keys of its own.
func signInElsewhere(t *testing.T, name string, now func() time.Time) string {
	return signIn(t, servertest.New(t, servertest.Options{Now: now}), name).session.GetAccessToken()
}

func TestBlockedInviterIsNotTold(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	bob.block(t, ann)
	bob.block(t, ann) // twice does no harm
	invite := func(id string) *pb.InvitePlayersResponse {
		return must(ann.InvitePlayers(t.Context(), &pb.InvitePlayersRequest{MatchId: id, RequestId: newID(), PlayerIds: []string{bob.id}}))(t)
	}
	for _, access := range []pb.Access{pb.Access_ACCESS_INVITED, pb.Access_ACCESS_PUBLIC, pb.Access_ACCESS_BY_CODE} {
		m := ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, MaxSeats: 3, Access: access, Spectators: access == pb.Access_ACCESS_BY_CODE})
		res := invite(matchOf(m))
		seat := res.GetMatch().GetSummary().GetSeats()[1]
		if seat.GetState() != pb.SeatState_SEAT_STATE_INVITED || seat.GetPlayerId() != bob.id || len(res.GetEvents()) != 1 {
			t.Errorf("%v: the inviter is answered %v", access, res)
		}
		unseen(t, bob, matchOf(m))
		if code := m.GetJoinCode(); code != "" {
			_, err := bob.GetMatch(t.Context(), &pb.GetMatchRequest{JoinCode: code})
			refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
			_, err = bob.JoinMatch(t.Context(), &pb.JoinMatchRequest{JoinCode: code, RequestId: newID()})
			refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
		}
	}
	// The one who blocked has matches, too, and the blocked one does not find them.
	unseen(t, ann, matchOf(bob.create(t, &pb.CreateMatchRequest{Game: "drill", Spectators: true})))
	if l := bob.list(t, &pb.ListMatchesRequest{}); len(l.GetMatches()) != 1 || len(l.GetCounts()) != 1 {
		t.Errorf("bob is listed %v", l)
	}
	for _, p := range []*player{ann, bob} {
		if l := p.list(t, &pb.ListMatchesRequest{Filter: pb.MatchFilter_MATCH_FILTER_OPEN, Game: "drill"}); len(l.GetMatches()) != 0 {
			t.Errorf("open matches are listed across a block: %v", l)
		}
	}
	if p := must(ann.account.GetPlayer(t.Context(), &pb.GetPlayerRequest{PlayerId: bob.id}))(t).GetPlayer(); len(p.GetBlockedPlayerIds()) != 0 || len(p.GetIdentities()) != 0 {
		t.Errorf("ann is told of bob: %v", p)
	}
	// Invitations made after the block was taken back arrive; the old ones stay what they were.
	must(bob.account.UnblockPlayer(t.Context(), &pb.UnblockPlayerRequest{PlayerId: ann.id}))(t)
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "drill", Seat: 1, Access: pb.Access_ACCESS_INVITED, InvitePlayerIds: []string{bob.id}}))
	bob.join(t, id)
}

func TestBlockAfterMeeting(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	bob.block(t, ann)
	ann.play(t, id, "pass")
	bob.play(t, id, "pass") // a match under way goes on
	_, err := bob.account.BlockPlayer(t.Context(), &pb.BlockPlayerRequest{PlayerId: bob.id})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	_, err = bob.account.BlockPlayer(t.Context(), &pb.BlockPlayerRequest{PlayerId: newID()})
	refused(t, err, connect.CodeNotFound, game.NoSuchPlayer)
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	set := func(name string) error {
		_, err := ann.account.UpdatePlayer(t.Context(), &pb.UpdatePlayerRequest{Name: &name})
		return err
	}
	for _, name := range []string{
		"", " ", "\u00a0", "\u200b", "a\nb", "a\x00", "a\x7f", "\u202eann", "a\u2066b", "a\u200fb", "\u061c1", "a\u2028b", "a\u0085b",
		strings.Repeat("x", 65), strings.Repeat("é", 32) + "x",
	} {
		refused(t, set(name), connect.CodeInvalidArgument, game.InvalidField)
		if name != "" {
			_, err := anonymous(s).SignIn(t.Context(), guest(newSecret(), name))
			refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
		}
	}
	for _, name := range []string{"a", strings.Repeat("x", 64), strings.Repeat("é", 32), "Ann ♟ Müller", "👩‍👧", "שלום", "1"} {
		if err := set(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if name := must(anonymous(s).SignIn(t.Context(), guest(newSecret(), "")))(t).GetPlayer().GetName(); !strings.HasPrefix(name, "guest-") {
		t.Errorf("a guest without a name is called %q", name)
	}
}

func TestUpdatePlayerChangesWhatIsSent(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	text := func(s string) *string { return &s }
	for _, step := range []struct {
		change             *pb.UpdatePlayerRequest
		name, locale, zone string
	}{
		{&pb.UpdatePlayerRequest{Locale: text("de-AT")}, "ann", "de-AT", ""},
		{&pb.UpdatePlayerRequest{TimeZone: text("Europe/Berlin")}, "ann", "de-AT", "Europe/Berlin"},
		{&pb.UpdatePlayerRequest{Name: text("anna")}, "anna", "de-AT", "Europe/Berlin"},
		{&pb.UpdatePlayerRequest{}, "anna", "de-AT", "Europe/Berlin"},
		{&pb.UpdatePlayerRequest{Locale: text(""), TimeZone: text("")}, "anna", "", ""},
	} {
		p := must(ann.account.UpdatePlayer(t.Context(), step.change))(t).GetPlayer()
		if p.GetName() != step.name || p.GetLocale() != step.locale || p.GetTimeZone() != step.zone {
			t.Errorf("%v makes %v", step.change, p)
		}
	}
	for _, bad := range []*pb.UpdatePlayerRequest{
		{Name: text("x"), TimeZone: text("Mars/Olympus")}, {TimeZone: text("Local")}, {TimeZone: text("../etc/passwd")},
		{Name: text("x"), Locale: text("de_AT")}, {Locale: text("-")},
	} {
		_, err := ann.account.UpdatePlayer(t.Context(), bad)
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	}
	must(ann.account.UpdatePlayer(t.Context(), &pb.UpdatePlayerRequest{Locale: text("fr")}))(t)
	seen := must(bob.account.GetPlayer(t.Context(), &pb.GetPlayerRequest{PlayerId: ann.id}))(t).GetPlayer()
	if seen.GetName() != "anna" || seen.GetLocale() != "" || seen.GetCreateTime() == nil {
		t.Errorf("bob is shown %v", seen)
	}
}

// A phone without randomness makes a secret of equal bytes, which every other such phone makes too.
func TestSecretThatIsNone(t *testing.T) {
	s := servertest.New(t, servertest.Options{})
	for _, b := range []byte{0, 7, 255} {
		_, err := anonymous(s).SignIn(t.Context(), guest(bytes.Repeat([]byte{b}, 32), "Anna"))
		refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	}
}
