package servertest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	"yourmove/game/battleship"
	"yourmove/game/chess"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// drawn reads a match with its drawing and legal moves.
func (p *player) drawn(t *testing.T, id string) *pb.Match {
	t.Helper()
	return must(p.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: id, Drawing: true, LegalMoves: true}))(t).GetMatch()
}

// TestNothingIsHiddenInTheEnd: when somebody gave a match up, or it was called off, its fleets are shown to everybody
// wherever the match is shown, and not before.
func TestNothingIsHiddenInTheEnd(t *testing.T) {
	t.Parallel()
	const operator = 0
	for _, c := range []struct {
		name   string
		by     int // the seat that gives up, or operator
		placed bool
		want   string // the summary
		ships  []int  // how many are shown of each fleet
	}{
		{"seat 1 gives up", 1, true, "seat 1 has 5 ships left, seat 2 has 4 ships left", []int{5, 5}},
		{"seat 2 gives up", 2, true, "seat 1 has 5 ships left, seat 2 has 4 ships left", []int{5, 5}},
		{"an operator calls it off", operator, true, "seat 1 has 5 ships left, seat 2 has 4 ships left", []int{5, 5}},
		{"while ships are placed", 1, false, "seat 1 has 5 ships left, seat 2 has not placed its ships", []int{5, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := servertest.New(t, servertest.Options{Rules: []game.Rules{battleship.Rules{}}})
			admin := adminv1connect.NewAdminServiceClient(connect.NewClient(s.AdminTransport()))
			ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
			id := matchOf(ann.create(t, &pb.CreateMatchRequest{Game: "battleship", Seat: 1, Spectators: true}))
			bob.join(t, id)
			ann.play(t, id, "carrier a1 across", "battleship a2 across", "cruiser a3 across", "submarine a4 across", "destroyer a5 across")
			bob.play(t, id, "destroyer j1 down")
			if c.placed {
				bob.play(t, id, "carrier a6 down", "battleship g7 across", "cruiser d8 across", "submarine h10 across")
				ann.play(t, id, "j1")
				bob.play(t, id, "j10")
				ann.play(t, id, "j2")
			}
			for viewer, p := range []*player{eve, ann, bob} {
				for seat := 1; seat <= 2; seat++ {
					if n := len(shipsOf(p.drawn(t, id), seat)); n > 0 != (seat == viewer) {
						t.Errorf("viewer %d is shown %d ships of seat %d during the match", viewer, n, seat)
					}
				}
				if text := p.drawn(t, id).GetDrawing(); strings.Contains(text, "#") != (viewer > 0) {
					t.Errorf("viewer %d is shown during the match\n%s", viewer, text)
				}
			}
			var told *pb.Match
			switch c.by {
			case operator:
				told = must(admin.CancelMatch(t.Context(), &adminv1.CancelMatchRequest{MatchId: id}))(t).GetMatch()
			case 1:
				told = ann.resign(t, id).GetMatch()
			case 2:
				told = bob.resign(t, id).GetMatch()
			}
			shown := []*pb.Match{told, must(admin.GetMatch(t.Context(), &adminv1.GetMatchRequest{MatchId: id}))(t).GetMatch()}
			for _, p := range []*player{ann, bob, eve} {
				shown = append(shown, p.drawn(t, id), p.replay(t, id).GetMatch())
			}
			for _, p := range []*player{ann, bob} {
				shown = append(shown, p.list(t, &pb.ListMatchesRequest{View: pb.ListView_LIST_VIEW_FULL}).GetMatches()[0])
			}
			for i, m := range shown {
				view := m.GetView().GetFields()
				if view["phase"].GetStringValue() != "over" || view["next"] != nil || m.GetSummary().GetSummary() != c.want || m.LegalMoves != nil {
					t.Errorf("answer %d shows, of a match that is over, %v", i, m)
				}
				ships := []int{len(shipsOf(m, 1)), len(shipsOf(m, 2))}
				if !slices.Equal(ships, c.ships) {
					t.Errorf("answer %d shows %v ships, want %v", i, ships, c.ships)
				}
				// Drawn are all squares of ships that were placed and not hit; the destroyer was.
				squares := 17 + 2
				if c.placed {
					squares = 17 + 17 - 2
				}
				if n := strings.Count(m.GetDrawing(), "#"); m.GetDrawing() != "" && n != squares {
					t.Errorf("answer %d draws %d squares of ships, not %d:\n%s", i, n, squares, m.GetDrawing())
				}
			}
			list := must(admin.ListMatches(t.Context(), &adminv1.ListMatchesRequest{}))(t).GetMatches()
			if got := list[0].GetSummary(); got != c.want {
				t.Errorf("listed as %q, want %q", got, c.want)
			}
		})
	}
}

// shipsOf lists the ships of a seat that a view of battleship shows.
func shipsOf(m *pb.Match, seat int) []string {
	var list []string
	board := m.GetView().GetFields()["boards"].GetStructValue().GetFields()[fmt.Sprint(seat)]
	for _, ship := range board.GetStructValue().GetFields()["ships"].GetListValue().GetValues() {
		list = append(list, ship.GetStringValue())
	}
	return list
}

func TestNobodyIsToMoveInAGameGivenUp(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{chess.Rules{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "chess", bob)
	ann.play(t, id, "e2e4")
	bob.play(t, id, "e7e5")
	before := ann.drawn(t, id)
	if before.GetView().GetFields()["turn"].GetStringValue() != "white" || len(before.GetLegalMoves()) == 0 ||
		!strings.Contains(before.GetDrawing()+before.GetSummary().GetSummary(), "to move") {
		t.Errorf("before: %v", before)
	}
	ann.resign(t, id)
	for _, p := range []*player{ann, bob} {
		m := p.drawn(t, id)
		text := m.GetDrawing() + m.GetSummary().GetSummary()
		if m.GetView().GetFields()["turn"] != nil || m.LegalMoves != nil || strings.Contains(text, "to move") {
			t.Errorf("after: %v", m)
		}
		if was := before.GetView().GetFields()["fen"].GetStringValue(); m.GetView().GetFields()["fen"].GetStringValue() != was {
			t.Errorf("the board was %s, and is %v", was, m.GetView())
		}
	}
}
