package servertest_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/boltstore"
	"yourmove/server/servertest"
)

// byList is ListEvents, again and again, with pages of a size.
func byList(size int32) door {
	return func(ctx context.Context, p *player, cursor string, tell func([]*pb.InboxEvent, string) error) error {
		for {
			res, err := p.ListEvents(ctx, &pb.ListEventsRequest{Cursor: cursor, PageSize: size})
			if err != nil {
				return err
			}
			cursor = res.GetCursor()
			if err := tell(res.GetEvents(), cursor); err != nil {
				return err
			}
		}
	}
}

// some reads at least n events that are there.
func (d door) some(t testing.TB, p *player, cursor string, n int) (list []*pb.InboxEvent, behind string) {
	t.Helper()
	if n <= 0 {
		return nil, cursor
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	errEnough := errors.New("enough")
	err := d(ctx, p, cursor, func(events []*pb.InboxEvent, at string) error {
		list, behind = append(list, events...), at
		if len(list) >= n {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("after %d of %d events: %v", len(list), n, err)
	}
	return list, behind
}

// cursorCalls are the calls that take a cursor.
var cursorCalls = map[string]func(ctx context.Context, p *player, cursor string) error{
	"ListEvents": func(ctx context.Context, p *player, cursor string) error {
		_, err := p.ListEvents(ctx, &pb.ListEventsRequest{Cursor: cursor})
		return err
	},
	"WaitEvents": func(ctx context.Context, p *player, cursor string) error {
		_, err := p.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: cursor})
		return err
	},
	"StreamEvents": func(ctx context.Context, p *player, cursor string) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		st, err := p.StreamEvents(ctx, &pb.StreamEventsRequest{Cursor: cursor})
		if err != nil {
			return err
		}
		_, err = st.Receive()
		return err
	},
	"ListMatches": func(ctx context.Context, p *player, cursor string) error {
		_, err := p.ListMatches(ctx, &pb.ListMatchesRequest{ChangedSince: cursor})
		return err
	},
	"AckEvents": func(ctx context.Context, p *player, cursor string) error {
		_, err := p.AckEvents(ctx, &pb.AckEventsRequest{Cursor: cursor})
		return err
	},
}

// TestCursorsOutliveRestarts reads a part of each inbox by each door, starts the server again on the same directory,
// plays on, and reads on: nothing is missing and nothing comes twice.
func TestCursorsOutliveRestarts(t *testing.T) {
	t.Parallel()
	g := newStage(t)
	doors := map[string]door{
		"list by 1": byList(1), "list by 7": byList(7), "list by 500": byList(500), "wait by 3": byWait(3), "stream": byStream,
	}
	begin, places, told := map[string]string{}, map[string]string{}, map[string][]*pb.InboxEvent{}
	for name, p := range g.players() {
		begin[name] = p.cursor(t)
		for where := range doors {
			places[name+where] = begin[name]
		}
	}
	read := func(share int) { // so many percent of what there is
		t.Helper()
		for name, p := range g.players() {
			all, _ := p.inbox(t, begin[name], 500)
			for where, d := range doors {
				key := name + where
				list, behind := d.some(t, p, places[key], len(all)*share/100-len(told[key]))
				told[key], places[key] = append(told[key], list...), behind
			}
		}
	}
	names := slices.Sorted(maps.Keys(scenes))
	long := g.ann.newGame(t, "drill", g.bob) // goes on over all of it
	for i := 0; i < len(names); i += 4 {
		part := map[string]func(*scene){}
		for _, name := range names[i:min(i+4, len(names))] {
			part[name] = scenes[name]
		}
		g.play(t, part)
		g.ann.play(t, long, "pass")
		read(60)
		g.bob.play(t, long, "pass")
		g.again(t)
		read(80)
	}
	read(100)
	for name, p := range g.players() {
		all, _ := p.inbox(t, begin[name], 500)
		for where := range doors {
			sameInbox(t, name+" by "+where, told[name+where], all)
		}
	}

	// Another course of the server's life: nobody's cursor leads anywhere, and everybody is told so.
	g.s.Close()
	before, after, err := boltstore.NewEpoch(g.s.Dir, boltstore.Options{})
	if err != nil || before == after {
		t.Fatalf("the epoch %d became %d (%v)", before, after, err)
	}
	g.again(t)
	for name, p := range g.players() {
		for _, cursor := range []string{begin[name], places[name+"stream"]} {
			for call, ask := range cursorCalls {
				err := ask(t.Context(), p, cursor)
				refused(t, err, connect.CodeOutOfRange, game.CursorExpired)
				if err == nil {
					t.Errorf("%s takes a cursor of another epoch", call)
				}
			}
		}
		now := p.list(t, &pb.ListMatchesRequest{}).GetCursor()
		for call, ask := range cursorCalls {
			if call == "WaitEvents" {
				continue // it would wait
			}
			if err := ask(t.Context(), p, now); err != nil {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
	now := g.bob.cursor(t)
	g.ann.play(t, long, "win")
	if list, _ := g.bob.inbox(t, now, 500); len(list) != 2 || list[0].GetEvent().GetTurnTaken() == nil {
		t.Errorf("in the new epoch bob is told %v", list)
	}
}

// A copy of an earlier time does not know what was told after it, and says so.
func TestCursorFromTheFutureHasExpired(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	was := bob.cursor(t)
	s.Close()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(s.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(copied, "yourmove.db"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys, Rules: []game.Rules{drill{}}})
	ann, bob = ann.on(s), bob.on(s)
	ann.play(t, id, "pass")
	list, is := bob.inbox(t, was, 500)
	if len(list) != 1 {
		t.Fatalf("bob is told %v", list)
	}
	old := servertest.New(t, servertest.Options{Dir: copied, Keys: s.Keys, Rules: []game.Rules{drill{}}})
	bob = bob.on(old)
	if list, _ := bob.inbox(t, was, 500); len(list) != 0 {
		t.Errorf("in the copy bob is told %v", list)
	}
	for call, ask := range cursorCalls {
		if call != "AckEvents" { // says what has arrived, and asks for nothing
			refused(t, ask(t.Context(), bob, is), connect.CodeOutOfRange, game.CursorExpired)
		}
	}
}
