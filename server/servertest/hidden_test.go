package servertest_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	"yourmove/game/battleship"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// eavesdropper keeps all that the doors tell a player, byte for byte.
type eavesdropper struct {
	*player
	rec   *record
	begin string
	// unheard is the same player, whose calls are not kept.
	unheard *player
	// views: also the matches as they are now.
	views bool
	// stream is open from the beginning on; heard is how much it has told.
	stream *ear
	heard  int
}

func eavesdrop(t *testing.T, s *servertest.Server, p *player, views bool) *eavesdropper {
	e := &eavesdropper{rec: &record{}, begin: p.cursor(t), unheard: p, views: views}
	same := *p
	same.interceptors = append(slices.Clone(p.interceptors), e.rec.listen)
	e.player = same.phone(t, s)
	d := byStream
	if views {
		d = byStreamWithViews
	}
	e.stream = listen(t, e.phone(t, s), e.begin, d)
	return e
}

// listenAll asks every door for all that there is, from the beginning.
func (e *eavesdropper) listenAll(t *testing.T, id string) {
	t.Helper()
	views := e.views
	all, _ := e.inbox(t, e.begin, 500)
	for _, size := range []int32{3, 500} {
		for cursor, more := e.begin, true; more; {
			page := must(e.ListEvents(t.Context(), &pb.ListEventsRequest{Cursor: cursor, PageSize: size, Views: views}))(t)
			must(e.WaitEvents(t.Context(), &pb.WaitEventsRequest{Cursor: cursor, PageSize: size, Views: views, Wait: durationpb.New(0)}))(t)
			cursor, more = page.GetCursor(), page.GetMore()
		}
	}
	e.stream.next(t, len(all)-e.heard)
	e.heard = len(all)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	since := uint64(0)
	st := must(e.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: id, SinceVersion: &since, Views: views}))(t)
	if _, err := st.Receive(); err == nil {
		for version := e.unheard.version(t, id); since < version; {
			m := must(st.Receive())(t)
			since = m.GetVersion()
		}
	}
}

// leaky is battleship that shows the moves of others to the viewer shows, who may not know them.
type leaky struct {
	battleship.Rules
	shows int
}

func (l leaky) Redact(mv game.PlayedMove, seat, viewer int) game.PlayedMove {
	if viewer == l.shows {
		return mv
	}
	return l.Rules.Redact(mv, seat, viewer)
}

// glassy is battleship whose views are those of seat 1, whoever looks.
type glassy struct{ battleship.Rules }

func (g glassy) View(p game.Position, _ int) any { return g.Rules.View(p, 1) }

// TestNoDoorTellsWhereShipsLie looks for the fleets in every byte that the doors tell the opponent, who came late into a
// seat that another one was invited to, that one, and a spectator, before the match is over and, in events, ever after.
// The same is asked of rules that give something away: what they tell is found.
func TestNoDoorTellsWhereShipsLie(t *testing.T) {
	t.Parallel()
	early := []string{"carrier a1 across", "battleship a2 across"}
	late := []string{"cruiser a3 across", "submarine a4 across", "destroyer a5 across"}
	his := []string{"carrier a6 down", "battleship g7 across", "cruiser d8 across", "submarine h10 across", "destroyer j1 down"}
	hers := slices.Concat(early, late)
	// What was placed before bob came he is not told by events. The view of the match as it is now has the last of it.
	type told = map[string][]string
	for name, c := range map[string]struct {
		rules game.Rules
		want  told
	}{
		"as it is":                      {battleship.Rules{}, told{"ann": hers, "bob": his}},
		"shown to spectators":           {leaky{shows: 0}, told{"ann": hers, "bob": slices.Concat(early, his), "carl": early, "eve": slices.Concat(hers, his)}},
		"shown to seat 1":               {leaky{shows: 1}, told{"ann": slices.Concat(hers, his), "bob": his}},
		"shown to seat 2":               {leaky{shows: 2}, told{"ann": hers, "bob": slices.Concat(early[1:], late, his)}},
		"everybody sees as seat 1 does": {glassy{}, told{"ann": hers, "bob": slices.Concat(hers, his), "carl": early, "eve": hers}},
	} {
		t.Run(name, func(t *testing.T) {
			s := servertest.New(t, servertest.Options{Rules: []game.Rules{c.rules}})
			ann, bob, carl, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "carl"), signIn(t, s, "eve")
			ears := map[string]*eavesdropper{}
			for name, p := range map[string]*player{"ann": ann, "bob": bob, "carl": carl, "eve": eve} {
				ears[name] = eavesdrop(t, s, p, true)
			}
			id := matchOf(ann.create(t, &pb.CreateMatchRequest{
				Game: "battleship", Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE, Spectators: true, InvitePlayerIds: []string{carl.id},
			}))
			look := func(names ...string) {
				t.Helper()
				for _, name := range names {
					ears[name].listenAll(t, id)
				}
			}
			for _, ship := range early {
				ann.play(t, id, ship)
				look("eve") // who hears what streams say is told each step anyway
			}
			look("ann", "carl")
			must(carl.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
			bob.join(t, id)
			look("ann", "bob")
			bob.play(t, id, his...)
			for _, ship := range late {
				ann.play(t, id, ship)
				look("eve")
			}
			for i, square := range []string{"j1", "a1", "a10", "j9"} { // two hits, nothing sunk
				[]*player{ann, bob}[i%2].play(t, id, square)
			}
			look("ann", "bob", "eve")
			for name, e := range ears {
				var got []string
				for _, ship := range slices.Concat(hers, his) {
					if contains(e.rec, ship) {
						got = append(got, ship)
					}
				}
				if want := c.want[name]; !slices.Equal(got, want) {
					t.Errorf("%s is told %q, want %q", name, got, want)
				}
			}
			if name != "as it is" {
				return
			}
			// The match is over and everything may be known: what happened then is still told as it was.
			bob.resign(t, id)
			for name, e := range map[string]*player{"ann": ann, "bob": bob, "carl": carl, "eve": eve} {
				after := &eavesdropper{rec: &record{}, begin: ears[name].begin}
				same := *e
				same.interceptors = append(slices.Clone(e.interceptors), after.rec.listen)
				after.player = same.phone(t, s)
				all, _ := e.inbox(t, after.begin, 500)
				listen(t, after.player, after.begin, byStream).next(t, len(all))
				listen(t, after.player, after.begin, byWait(3)).next(t, len(all))
				after.inbox(t, after.begin, 2)
				after.watch(t, id, 0).over(t, isOver)
				foreign := map[string][]string{"ann": his, "bob": hers, "carl": slices.Concat(hers, his), "eve": slices.Concat(hers, his)}[name]
				after.rec.without(t, name+", when the match is over: where another's ships lie", foreign...)
				if !contains(after.rec, "hit") {
					t.Errorf("%s is told nothing", name)
				}
			}
		})
	}
}

// TestSecretsStayWithTheSeatOfThen plays with allies who come late and into seats that others had: each is told what the
// seat that he had at that time could know, by every door, and no more when he has another one.
func TestSecretsStayWithTheSeatOfThen(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}})
	all := map[string]*player{}
	ears := map[string]*eavesdropper{}
	for _, name := range []string{"ann", "bob", "carl", "dora", "eve", "fay"} {
		all[name] = signIn(t, s, name)
		ears[name] = eavesdrop(t, s, all[name], false)
	}
	ann, bob, carl, dora, eve := all["ann"], all["bob"], all["carl"], all["dora"], all["eve"]
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{
		Game: "pick", Seat: 1, MinSeats: 2, MaxSeats: 4, StartRule: pb.StartRule_START_RULE_AT_ONCE, Spectators: true,
		InvitePlayerIds: []string{bob.id, carl.id},
	}))
	who := map[string][]string{} // who may know it, by secret
	play := func(p *player, secret string, names ...string) {
		t.Helper()
		p.play(t, id, "pick "+secret)
		who[secret] = names
		for _, name := range slices.Sorted(maps.Keys(ears)) {
			ears[name].listenAll(t, id)
		}
	}
	play(ann, "one-of-ann", "ann") // her ally is only invited
	must(carl.DeclineInvitation(t.Context(), &pb.DeclineInvitationRequest{MatchId: id, RequestId: newID()}))(t)
	if seat := dora.join(t, id).GetMatch().GetSummary().GetMySeat(); seat != 3 {
		t.Fatalf("dora has seat %d", seat)
	}
	play(dora, "one-of-dora", "ann", "dora")
	bob.join(t, id)
	play(bob, "one-of-bob", "bob")
	if seat := eve.join(t, id).GetMatch().GetSummary().GetMySeat(); seat != 4 {
		t.Fatalf("eve has seat %d", seat)
	}
	play(eve, "one-of-eve", "bob", "eve")
	play(ann, "two-of-ann", "ann", "dora")
	play(eve, "two-of-eve", "bob", "eve")
	dora.resign(t, id)
	play(bob, "two-of-bob", "bob", "eve")    // ends the round
	play(ann, "three-of-ann", "ann", "dora") // who gave up keeps her seat
	for secret, names := range who {
		for name, e := range ears {
			if may := slices.Contains(names, name); contains(e.rec, secret) != may {
				t.Errorf("%s is told %q: %v, may be told: %v", name, secret, !may, may)
			}
		}
	}
}
