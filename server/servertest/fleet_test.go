package servertest_test

import (
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	"yourmove/game/battleship"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestFleetsAreHidden looks for where ships lie, in moves, drafts and views, in all that the others are told of a match
// by any call, and finds it there once the match is over.
func TestFleetsAreHidden(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{battleship.Rules{}}})
	sees := []*record{{}, {}, {}} // what ann, bob and a spectator are told
	var players []*player
	for i, name := range []string{"ann", "bob", "eve"} {
		players = append(players, signIn(t, s, name, sees[i].listen))
	}
	ann, bob := players[0], players[1]
	admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport(), sees[2].listen))
	id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "battleship", Seat: 1, Spectators: true}))
	bob.join(t, id)
	look := func() {
		for _, p := range players {
			for _, call := range []string{"ListTurns", "GetReplay"} {
				_ = matchCalls[call](t.Context(), p, id)
			}
			// Without legal moves: before a seat has placed its carrier they name every place for one.
			since := uint64(0)
			must(p.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, Drawing: true, SinceVersion: &since}))(t)
			p.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL})
		}
		must(admin.GetMatch(t.Context(), &adminv1.GetMatchRequest{MatchId: id}))(t)
		must(admin.ListMatches(t.Context(), &adminv1.ListMatchesRequest{}))(t)
	}
	fleets := map[*player][]string{
		ann: {"carrier a1 across", "battleship a2 across", "cruiser a3 across", "submarine a4 across", "destroyer a5 across"},
		bob: {"carrier a6 down", "battleship g7 across", "cruiser d8 across", "submarine h10 across", "destroyer j1 down"},
	}
	drafts := map[*player]string{ann: "carrier c3 down", bob: "carrier e5 down"}
	for p, ships := range fleets {
		must(p.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: drafts[p]}}}}))(t)
		look()
		p.play(t, id, ships[0])
		look()
		p.play(t, id, ships[1:]...) // several at once
		look()
	}
	for i, square := range []string{"j1", "a1", "a10", "j9"} { // two hits, nothing sunk
		players[i%2].play(t, id, square)
		look()
	}
	for i, p := range players {
		for owner, ships := range fleets {
			if owner != p {
				sees[i].without(t, "where another seat's ships lie", append(ships, drafts[owner])...)
			}
		}
	}

	// The control: what was looked for is found once the match is over. A draft never is.
	ann.resign(t, id)
	look()
	for i, p := range players {
		for owner, ships := range fleets {
			if !contains(sees[i], ships[0]) {
				t.Errorf("viewer %d is not told %q when the match is over", i, ships[0])
			}
			if owner != p {
				sees[i].without(t, "another seat's draft", drafts[owner])
			}
		}
	}
}
