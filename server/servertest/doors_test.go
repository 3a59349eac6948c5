package servertest_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// TestDoorsTellTheSame plays all kinds of matches, several at once, while every player listens at every door, and
// compares what they were told: with each other, with the matches' own logs, and with whom each commit concerned.
func TestDoorsTellTheSame(t *testing.T) {
	t.Parallel()
	g := newStage(t)
	doors := map[string]door{
		"stream": byStream, "stream with views": byStreamWithViews, "wait by 1": byWait(1), "wait by 7": byWait(7), "wait by 500": byWait(500),
	}
	begin, ears := map[string]string{}, map[string]map[string]*ear{}
	for name, p := range g.players() {
		begin[name], ears[name] = p.cursor(t), map[string]*ear{}
		for where, d := range doors {
			ears[name][where] = listen(t, p.phone(t, g.s), begin[name], d)
		}
	}
	played := g.play(t, scenes)
	played = append(played, g.play(t, map[string]func(*scene){"lapse": lapse})...)

	inboxes := map[string][]*pb.InboxEvent{}
	for name, p := range g.players() {
		all, end := p.inbox(t, begin[name], 500)
		inboxes[p.id] = all
		for _, size := range []int32{1, 7} {
			list, last := p.inbox(t, begin[name], size)
			sameInbox(t, fmt.Sprintf("%s by pages of %d", name, size), list, all)
			if last != end {
				t.Errorf("%s: pages of %d end at another cursor", name, size)
			}
		}
		for where, e := range ears[name] {
			sameInbox(t, name+" by "+where, e.next(t, len(all)), all)
		}
		for where, d := range doors { // the same afterwards, from the beginning
			sameInbox(t, name+" later by "+where, listen(t, p.phone(t, g.s), begin[name], d).next(t, len(all)), all)
		}
	}
	if len(inboxes[g.eve.id]) != 0 || len(inboxes[g.fred.id]) != 0 {
		t.Errorf("who has no seat is told %v, who is invited and is not to know %v", inboxes[g.eve.id], inboxes[g.fred.id])
	}
	hidden := 0
	for _, c := range played {
		c.t = t
		hidden += c.compare(inboxes)
	}
	if hidden < 20 {
		t.Errorf("%d moves were hidden and are known now: there should be more", hidden)
	}
}

// compare compares what was told of a match with its own log. It returns how many moves were hidden then and are not now.
func (c *scene) compare(inboxes map[string][]*pb.InboxEvent) (hidden int) {
	log := c.witness.replay(c.t, c.id).GetEvents()
	last := log[len(log)-1].GetVersion()
	numbered(c.t, log, 1, last)
	concerns := c.concerns(log)
	for _, p := range c.players() {
		var told []hearsAs
		for _, e := range inboxes[p.id] {
			if e.GetMatchId() == c.id {
				told = append(told, hearsAs{e.GetEvent().GetVersion(), e.GetMySeat()})
			}
		}
		if !slices.Equal(told, concerns[p.id]) {
			c.t.Errorf("of %s a player is told %v, and it concerned him as %v", c.id, told, concerns[p.id])
		}
	}
	for _, w := range c.watched {
		p := w.who
		if n := len(w.events); n == 0 {
			c.t.Errorf("a watcher of %s is told nothing", c.id)
			continue
		} else if w.want == isOver {
			numbered(c.t, w.events, 1, last)
		} else {
			numbered(c.t, w.events, 1, uint64(n))
		}
		// Each event of the inbox is in what was watched, as long as that went, and the same.
		for _, e := range of(inboxes[p.id], c.id) {
			if v := e.GetVersion(); v <= uint64(len(w.events)) && !proto.Equal(e, w.events[v-1]) {
				c.t.Errorf("watched and in the inbox differ:\n%v\n%v", w.events[v-1], e)
			}
		}
		now, mine := log, false
		if w.want == isOver {
			now, mine = p.replay(c.t, c.id).GetEvents(), true
			var since []*pb.Event
			for v := uint64(0); v < last; v = uint64(len(since)) {
				since = append(since, must(p.GetMatch(c.t.Context(), &pb.GetMatchRequest{MatchId: c.id, SinceVersion: &v}))(c.t).GetEvents()...)
			}
			if !sameEvents(since, now) {
				c.t.Errorf("GetMatch and GetReplay of %s differ", c.id)
			}
		}
		for i, e := range w.events {
			is := proto.CloneOf(now[i])
			for j, mv := range e.GetTurnTaken().GetMoves() {
				if mv.GetHidden() && !is.GetTurnTaken().GetMoves()[j].GetHidden() {
					is.GetTurnTaken().Moves[j] = mv
					hidden++
				}
			}
			if !mine && e.GetTurnTaken() != nil {
				is.GetTurnTaken().RequestId = e.GetTurnTaken().GetRequestId()
			}
			if !proto.Equal(e, is) {
				c.t.Errorf("told then and known now differ:\n%v\n%v", e, is)
			}
		}
	}
	return hidden
}
