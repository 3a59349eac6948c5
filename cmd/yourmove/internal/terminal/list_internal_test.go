package terminal

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/game/all"
	pb "yourmove/proto/gen/yourmove/v1"
)

// TestListed: no line of the list is wider than a terminal, and matches that are alike are told apart.
func TestListed(t *testing.T) {
	var out strings.Builder
	s := &session{o: Options{Level: Medium, Rules: all.Games()}, console: &console{out: &out}, games: gamesOf(all.Games())}
	var matches []*pb.MatchSummary
	for i, name := range []string{"Medium bot", "Medium bot", strings.Repeat("long ", 12), "éàüöä"} {
		m := seats("Anna", name, name+" 2")
		m.Game, m.Turn, m.MustAct = "connectfour", uint64(i*i*i*i*i*i+1), []int32{2, 3}
		if i < 2 {
			m.Seats, m.MustAct = m.Seats[:2], []int32{1}
		}
		m.CreateTime = timestamppb.New(time.Now().Add(-2000 * time.Hour))
		if i > 0 {
			m.LastMove = &pb.LastMove{TakeTime: timestamppb.New(time.Now().Add(-30 * time.Second))}
		}
		matches = append(matches, m)
	}
	s.list(matches)
	for _, line := range strings.Split(out.String(), "\n") {
		if utf8.RuneCountInString(line) >= 80 {
			t.Errorf("%d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
	for _, want := range []string{
		"\n   1  Connect Four against Medium bot   your turn         turn 1, 83 days ago\n",
		"\n   2  Connect Four against Medium bot   your turn         turn 2, just now\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}
