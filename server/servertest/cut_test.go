package servertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

var errCut = errors.New("the connection was cut")

// cuts says of the n-th message, from 1, whether the connection is cut behind it, and whether it still arrived.
type cuts func(n int) (cut, lost bool)

// cutting is a door whose connection is cut: it goes on from the last cursor that arrived.
func cutting(d door, at cuts) door {
	return func(ctx context.Context, p *player, cursor string, tell func([]*pb.InboxEvent, string) error) error {
		for n := 0; ; {
			err := d(ctx, p, cursor, func(events []*pb.InboxEvent, behind string) error {
				n++
				cut, lost := at(n)
				if !lost {
					cursor = behind
					if err := tell(events, behind); err != nil {
						return err
					}
				}
				if cut {
					return errCut
				}
				return nil
			})
			if !errors.Is(err, errCut) {
				return err
			}
		}
	}
}

// watchCut watches a match to its end, over connections that are cut.
func (p *player) watchCut(ctx context.Context, id string, at cuts) (events []*pb.Event, err error) {
	n, version := 0, uint64(0)
	once := func() (over bool, err error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		st, err := p.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: id, SinceVersion: &version})
		if err != nil {
			return false, err
		}
		for first := true; ; first = false {
			m, err := st.Receive()
			if err != nil {
				return false, err
			}
			if first != (m.GetReady() != nil) {
				return false, fmt.Errorf("message %v is not where it should be", m)
			}
			n++
			cut, lost := at(n)
			if !lost {
				events, version = append(events, m.GetEvents().GetEvents()...), m.GetVersion()
				if m.GetEnd() != nil {
					return true, nil
				}
			}
			if cut {
				return false, nil
			}
		}
	}
	for over := false; !over; {
		if over, err = once(); err != nil {
			return events, err
		}
	}
	return events, nil
}

// cutWatch is a watch over connections that are cut; told is to be read once done has its error.
type cutWatch struct {
	told []*pb.Event
	done chan error
}

// TestCutAtEveryMessage cuts the connections of twelve players: that of player n behind the n-th message and every
// twelfth after it, so that together they are cut behind every one. Turns are taken in step with what all have heard, so
// that each makes a message of its own.
func TestCutAtEveryMessage(t *testing.T) {
	t.Parallel()
	const many, turns = 12, 26
	s := servertest.New(t, servertest.Options{})
	type listener struct {
		*player
		begin   string
		ears    map[string]*ear
		heard   map[string][]*pb.InboxEvent
		watches map[string]*cutWatch
	}
	var all []*listener
	for i := range many {
		p := signIn(t, s, fmt.Sprint("p", i))
		l := &listener{
			player: p, begin: p.cursor(t), ears: map[string]*ear{}, heard: map[string][]*pb.InboxEvent{},
			watches: map[string]*cutWatch{},
		}
		arrived := func(n int) (bool, bool) { return n%many == (i+1)%many, false }
		lost := func(n int) (bool, bool) { return n%many == (i+1)%many, n%many == (i+1)%many }
		for name, d := range map[string]door{
			"stream": cutting(byStream, arrived), "stream, the last message lost": cutting(byStream, lost),
			"wait by 1, answers lost": cutting(byWait(1), lost), "wait, answers lost": cutting(byWait(500), lost),
		} {
			l.ears[name] = listen(t, p.phone(t, s), l.begin, d)
		}
		all = append(all, l)
	}
	id := matchOf(all[0].create(t, &pb.CreateMatchRequest{Game: "relay", Seat: 1, MinSeats: many, MaxSeats: many}))
	version := uint64(1)
	step := func(joined int) {
		t.Helper()
		for _, l := range all[:joined] {
			for name, e := range l.ears {
				for list := l.heard[name]; len(list) == 0 || list[len(list)-1].GetEvent().GetVersion() < version; l.heard[name] = list {
					list = append(list, e.next(t, 1)...)
				}
			}
		}
	}
	step(1)
	for i, l := range all[1:] {
		version = l.join(t, id).GetVersion()
		step(i + 2)
	}
	for i, l := range all {
		for name, loses := range map[string]bool{"watch": false, "watch, the last message lost": true} {
			w := &cutWatch{done: make(chan error, 1)}
			l.watches[name] = w
			p := l.phone(t, s)
			go func() {
				var err error
				w.told, err = p.watchCut(t.Context(), id, func(n int) (cut, lost bool) {
					cut = n%many == (i+1)%many
					return cut, cut && loses
				})
				w.done <- err
			}()
		}
	}
	for i := range turns {
		mover := all[i%many]
		r := relay(id, version, textState(fmt.Sprint("turn ", i)), int32((i+1)%many+1))
		version = must(mover.SubmitTurn(t.Context(), r))(t).GetVersion()
		step(many)
	}
	end := turn(id, version)
	end.Relay = &pb.RelayTurn{}
	for i := range all {
		end.Relay.Outcomes = append(end.Relay.Outcomes, &pb.Outcome{Seat: int32(i + 1), Result: pb.Result_RESULT_DRAWN})
	}
	version = must(all[turns%many].SubmitTurn(t.Context(), end))(t).GetVersion()
	step(many)

	log := all[0].replay(t, id).GetEvents()
	numbered(t, log, 1, version)
	for i, l := range all {
		want, _ := l.inbox(t, l.begin, 500)
		if n := len(want); n < turns || want[n-1].GetEvent().GetVersion() != version {
			t.Fatalf("player %d is told %d events", i, n)
		}
		for name, got := range l.heard {
			sameInbox(t, fmt.Sprintf("player %d by %s", i, name), got, want)
		}
		for name, w := range l.watches {
			select {
			case err := <-w.done:
				if err != nil {
					t.Fatalf("player %d by %s: %v", i, name, err)
				}
			case <-time.After(patience):
				t.Fatalf("player %d by %s: it does not end", i, name)
			}
			for j, e := range w.told { // the authors alone are told their request_id
				if e = proto.CloneOf(e); e.GetTurnTaken() != nil && e.GetPlayerId() == l.id && i > 0 {
					e.GetTurnTaken().RequestId = ""
				}
				if i > 0 && log[j].GetTurnTaken() != nil {
					log[j].GetTurnTaken().RequestId = ""
				}
				if !proto.Equal(e, log[j]) {
					t.Fatalf("player %d by %s: event %d is %v, not %v", i, name, j+1, e, log[j])
				}
			}
			if len(w.told) != len(log) {
				t.Errorf("player %d by %s: %d events of %d", i, name, len(w.told), len(log))
			}
		}
	}
}
