package servertest_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestDoorsOverTheWire opens streams and waits by every protocol: the first message comes before anything happens, what
// happens comes while the stream is open, a sign-out ends it with its reason and the code OK, and nothing on the way is
// told to hold messages back.
func TestDoorsOverTheWire(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	url := s.Start()
	for name, client := range httpClients(t) {
		for protocol, opts := range map[string][]connecthttp.Option{
			"Connect": nil, "Connect in JSON": {connecthttp.WithProtoJSON()}, "gRPC": {connecthttp.WithGRPC()}, "gRPC-Web": {connecthttp.WithGRPCWeb()},
		} {
			if name == "h1" && protocol == "gRPC" {
				continue // gRPC needs HTTP/2
			}
			t.Run(name+" "+protocol, func(t *testing.T) {
				phone := bob.phone(t, s)
				p := phone.over(connecthttp.NewTransport(client, url, opts...), phone.session)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				streaming, info := connect.NewClientContext(ctx)
				before := bob.cursor(t)
				st := must(p.StreamEvents(streaming, &pb.StreamEventsRequest{Cursor: before}))(t)
				watch := must(p.WatchMatch(ctx, &pb.WatchMatchRequest{MatchId: id}))(t)
				if m, w := must(st.Receive())(t), must(watch.Receive())(t); m.GetReady() == nil || w.GetReady() == nil || m.GetCursor() != before {
					t.Errorf("at first there is %v and %v", m, w)
				}
				for range 3 {
					version := ann.play(t, id, "more").GetVersion()
					m, w := must(st.Receive())(t), must(watch.Receive())(t)
					if list := m.GetEvents().GetEvents(); len(list) != 1 || list[0].GetEvent().GetVersion() != version || w.GetVersion() != version {
						t.Errorf("of version %d there is %v and %v", version, m, w)
					}
				}
				for header, want := range map[string]string{"X-Accel-Buffering": "no", "Cache-Control": "no-store"} {
					if got := info.ResponseHeader().Get(header); got != want {
						t.Errorf("%s is %q, not %q", header, got, want)
					}
				}
				all, _ := bob.inbox(t, before, 500)
				got, _ := byWait(2).some(t, p, before, len(all))
				sameInbox(t, "by wait", got, all)
				if m := must(st.Receive())(t); m.GetEnd().GetReason() != isReplaced { // the wait took its place
					t.Errorf("after a wait of the same session there is %v", m)
				}
				must(p.account.SignOut(ctx, &pb.SignOutRequest{}))(t)
				if w := must(watch.Receive())(t); w.GetEnd().GetReason() != isSignedOut {
					t.Errorf("after the sign-out there is %v", w)
				}
				_, ended := st.Receive()
				_, watched := watch.Receive()
				if !errors.Is(ended, io.EOF) || !errors.Is(watched, io.EOF) {
					t.Errorf("behind the end there is %v and %v", ended, watched)
				}
			})
		}
	}
}
