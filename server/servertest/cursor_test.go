package servertest_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// badCursor checks that no call takes a cursor.
func badCursor(t *testing.T, p *player, what, cursor string, want game.Reason) {
	t.Helper()
	for call, ask := range cursorCalls {
		err := ask(t.Context(), p, cursor)
		if code, info := reasonOf(err); code != connect.CodeInvalidArgument || info.GetReason() != string(want) {
			t.Errorf("%s: %s answers %v, want %s", what, call, err, want)
		}
	}
}

func TestCursorsCannotBeMadeUp(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "relay", bob)
	ann.pass(t, id, nil, 2)
	cursor := ann.cursor(t)
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(cursor) > 128 {
		t.Fatalf("the cursor %q: %v", cursor, err)
	}
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			other := append([]byte(nil), raw...)
			other[i] ^= bit
			badCursor(t, ann, "an altered one", base64.RawURLEncoding.EncodeToString(other), game.BadCursor)
		}
	}
	for n := range cursor {
		if n > 0 {
			badCursor(t, ann, "a cut one", cursor[:n], game.BadCursor)
		}
	}
	badCursor(t, bob, "another player's", cursor, game.BadCursor)
	elsewhere := servertest.New(t, servertest.Options{Keys: s.Keys})
	carl := signIn(t, elsewhere, "carl")
	badCursor(t, ann, "one of another server", carl.cursor(t), game.BadCursor)
	for _, garbage := range []string{"x", "0", "1:17", cursor + "A", cursor + "=", strings.Repeat("A", len(cursor)), strings.Repeat("\x00", 44), "ümläut", "+/+/"} {
		badCursor(t, ann, "garbage", garbage, game.BadCursor)
	}
	badCursor(t, ann, "a long one", strings.Repeat("A", 129), game.InvalidField)

	// Another phone of the same player may go on with it.
	for call, ask := range cursorCalls {
		if call == "WaitEvents" {
			continue // nothing has happened since: it would wait
		}
		if err := ask(t.Context(), ann.phone(t, s), cursor); err != nil {
			t.Errorf("%s on another phone: %v", call, err)
		}
	}
}

func TestEmptyCursorIsNow(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "relay", bob)
	list := must(bob.ListEvents(t.Context(), &pb.ListEventsRequest{}))(t)
	waited := must(bob.WaitEvents(t.Context(), &pb.WaitEventsRequest{}))(t) // comes at once
	st := must(bob.StreamEvents(t.Context(), &pb.StreamEventsRequest{}))(t)
	ready := must(st.Receive())(t)
	if len(list.GetEvents())+len(waited.GetEvents()) > 0 || list.GetMore() || waited.GetEnd() != nil || ready.GetReady() == nil {
		t.Errorf("an empty cursor tells %v, %v, %v", list, waited, ready)
	}
	version := ann.pass(t, id, nil, 2).GetVersion()
	if m := must(st.Receive())(t); len(m.GetEvents().GetEvents()) != 1 || m.GetEvents().GetEvents()[0].GetEvent().GetVersion() != version {
		t.Errorf("the stream goes on with %v", m)
	}
	for _, cursor := range []string{list.GetCursor(), waited.GetCursor(), ready.GetCursor()} {
		if got, _ := bob.inbox(t, cursor, 500); len(got) != 1 || got[0].GetEvent().GetVersion() != version {
			t.Errorf("from its cursor on there is %v", got)
		}
	}
}

// expired checks which of the calls that read an inbox take a cursor.
func expired(t *testing.T, p *player, what, cursor string, want bool) {
	t.Helper()
	for call, ask := range cursorCalls {
		if call == "AckEvents" || call == "WaitEvents" && !want {
			continue // the one asks for nothing, the other might wait
		}
		err := ask(t.Context(), p, cursor)
		if want {
			refused(t, err, connect.CodeOutOfRange, game.CursorExpired)
		}
		if (err != nil) != want {
			t.Errorf("%s: %s answers %v", what, call, err)
		}
	}
}

func TestInboxKeepsSoManyCommits(t *testing.T) {
	t.Parallel()
	const kept = 5
	limits := server.DefaultLimits()
	limits.InboxCommits = kept
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}, Limits: limits})
	ann, bob, eve := signIn(t, s, "ann"), signIn(t, s, "bob"), signIn(t, s, "eve")
	still := eve.cursor(t)
	id := ann.newGame(t, "drill", bob)
	cursors := []string{bob.cursor(t)}
	for n := 1; n <= 3*kept; n++ {
		ann.play(t, id, "more")
		cursors = append(cursors, bob.cursor(t))
		for i, cursor := range cursors {
			behind := n - i
			expired(t, bob, "a cursor", cursor, behind > kept)
			if behind <= kept {
				for _, size := range []int32{1, 500} {
					list, last := bob.inbox(t, cursor, size)
					if last != cursors[n] {
						t.Errorf("%d commits behind, it ends elsewhere", behind)
					}
					if len(list) != behind {
						t.Errorf("%d commits behind there are %d events", behind, len(list))
					}
				}
			}
		}
	}
	expired(t, eve, "the cursor of one to whom nothing happened", still, false)
}

func TestInboxKeepsForSoLong(t *testing.T) {
	t.Parallel()
	c := newClock()
	limits := server.DefaultLimits()
	limits.InboxAge = 48 * time.Hour
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}, Limits: limits, Now: c.Now, AccessLifetime: 1000 * time.Hour})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	c.forward(time.Hour)
	first := bob.cursor(t)
	ann.play(t, id, "more")
	c.forward(time.Hour)
	second := bob.cursor(t)
	ann.play(t, id, "more")
	third := bob.cursor(t)
	c.forward(limits.InboxAge - time.Hour)
	expired(t, bob, "what happened just so long ago", first, false)
	c.forward(time.Millisecond)
	expired(t, bob, "what happened a moment longer ago", first, true)
	expired(t, bob, "what happened later", second, false)
	c.forward(time.Hour)
	expired(t, bob, "the second", second, true)
	expired(t, bob, "one behind which nothing happened", third, false)
}

// TestCursorsTellNothing: positions count what everybody does. Who holds cursors must not read that off them.
func TestCursorsTellNothing(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	now := func(p *player) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(must(p.ListEvents(t.Context(), &pb.ListEventsRequest{}))(t).GetCursor())
		if err != nil || len(raw) != 33 {
			t.Fatalf("%d bytes, %v", len(raw), err)
		}
		return raw[1:17]
	}
	same := func(a, b []byte) (n int) {
		for i := range a {
			if a[i] == b[i] {
				n++
			}
		}
		return n
	}
	first := now(ann)
	if n := same(first, now(ann)); n != len(first) {
		t.Errorf("one place is written in two ways: %d of %d bytes are the same", n, len(first))
	}
	if n := same(first, now(bob)); n > 4 {
		t.Errorf("the same place of another player has %d of %d bytes in common", n, len(first))
	}
	bob.create(t, &pb.CreateMatchRequest{Game: "relay"})
	if n := same(first, now(ann)); n > 4 {
		t.Errorf("the next place has %d of %d bytes in common", n, len(first))
	}
}
