package servertest_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/chess"
	"yourmove/game/connectfour"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// Bounds of what an app needs at its start, in bytes of protobuf before any compression.
const (
	fullListBytes    = 16 << 10
	changedListBytes = 6 << 10
)

// TestAppStart: the app of a player in 40 matches was away for three days, in which 120 events came in 12 of them. One
// call brings what changed and where to go on, and it is small; so is the whole list.
func TestAppStart(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}, chess.Rules{}, connectfour.Rules{}}})
	anna := signIn(t, s, "Annabelle-Marie")
	var rivals []*player
	for i := range 8 {
		rivals = append(rivals, signIn(t, s, fmt.Sprintf("rival-number-%d", i)))
	}
	games := []string{"chess", "connectfour", "tictactoe"}
	var ids []string
	for i := range 40 {
		ids = append(ids, anna.newGame(t, games[i%len(games)], rivals[i%len(rivals)]))
	}
	full := anna.list(t, &pb.ListMatchesRequest{})
	if n := proto.Size(full); len(full.GetMatches()) != 40 || n > fullListBytes {
		t.Errorf("a list of %d matches has %d bytes, at most %d are wanted", len(full.GetMatches()), n, fullListBytes)
	}
	events := 0
	for i := 0; events < 120; i++ {
		n := i % 12
		who := []*player{anna, rivals[n%len(rivals)]}[i/12%2]
		got := must(who.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: ids[n], LegalMoves: true}))(t).GetMatch()
		if len(got.GetLegalMoves()) == 0 {
			continue // it is over: somebody had three in a row
		}
		res := must(who.SubmitTurn(t.Context(), turn(ids[n], got.GetSummary().GetVersion(), got.GetLegalMoves()[0])))(t)
		events += len(res.GetEvents())
	}
	changed := anna.list(t, &pb.ListMatchesRequest{ChangedSince: full.GetCursor()})
	if n := proto.Size(changed); len(changed.GetMatches()) != 12 || n > changedListBytes {
		t.Errorf("a list of %d changed matches has %d bytes, at most %d are wanted", len(changed.GetMatches()), n, changedListBytes)
	}
	if none := must(anna.ListEvents(t.Context(), &pb.ListEventsRequest{Cursor: changed.GetCursor()}))(t); len(none.GetEvents()) > 0 {
		t.Errorf("behind the list there are still %v", none.GetEvents())
	}
	t.Logf("%d bytes for 40 matches, %d bytes for the 12 that changed by %d events", proto.Size(full), proto.Size(changed), events)
}
