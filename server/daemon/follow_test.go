package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server"
)

// follower hears a player's inbox by one door, over all restarts of the server, with one session. Its cursor is that of
// the last message that it dealt with.
type follower struct {
	door   server.Door
	token  string
	cursor string
	heard  []*pb.InboxEvent
	// opened is how often it came back, resets how often it was told that its cursor leads nowhere.
	opened, resets int
}

// begin signs the follower in and lets it listen from now on.
func (f *follower) begin(ctx context.Context, url string, l *ledger) error {
	var err error
	if f.token, err = l.session(ctx, url); err != nil {
		return err
	}
	now, err := f.client(url, &http.Transport{}).ListEvents(ctx, &pb.ListEventsRequest{})
	f.cursor = now.GetCursor()
	return err
}

func (f *follower) client(url string, over *http.Transport) yourmovev1connect.EventServiceClient {
	return events(url, over, f.token)
}

// follow listens until enough reports that it has heard what it should, ctx is done, or the server is gone.
func (f *follower) follow(ctx context.Context, url string, enough func() bool) error {
	over := &http.Transport{}
	defer over.CloseIdleConnections()
	f.opened++
	listen := f.wait
	if f.door == server.DoorStream {
		listen = f.stream
	}
	err := listen(ctx, f.client(url, over), enough)
	if why := refusal(err); why == "CURSOR_EXPIRED" || why == "BAD_CURSOR" {
		f.resets++
	}
	return err
}

func (f *follower) wait(ctx context.Context, c yourmovev1connect.EventServiceClient, enough func() bool) error {
	for !enough() {
		res, err := c.WaitEvents(ctx, &pb.WaitEventsRequest{Cursor: f.cursor})
		if err != nil {
			return err
		}
		if res.GetEnd() != nil {
			return fmt.Errorf("the wait was ended: %v", res.GetEnd())
		}
		f.heard, f.cursor = append(f.heard, res.GetEvents()...), res.GetCursor()
	}
	return nil
}

func (f *follower) stream(ctx context.Context, c yourmovev1connect.EventServiceClient, enough func() bool) error {
	s, err := c.StreamEvents(ctx, &pb.StreamEventsRequest{Cursor: f.cursor})
	if err != nil {
		return err
	}
	defer s.Close()
	for !enough() {
		m, err := s.Receive()
		if err != nil {
			return err
		}
		if m.GetEnd() != nil {
			return fmt.Errorf("the stream was ended: %v", m.GetEnd())
		}
		f.heard, f.cursor = append(f.heard, m.GetEvents().GetEvents()...), m.GetCursor()
	}
	return nil
}

// compare tells what the follower has missed of the match's own log, heard twice, or heard otherwise.
func (f *follower) compare(match string, log []*pb.Event) (gaps, repeats int, err error) {
	next := 0
	for _, e := range f.heard {
		switch {
		case e.GetMatchId() != match:
			return 0, 0, fmt.Errorf("it heard of match %s, the player's is %s", e.GetMatchId(), match)
		case next > 0 && e.GetEvent().GetVersion() <= log[next-1].GetVersion():
			repeats++
			continue
		}
		for next < len(log) && log[next].GetVersion() < e.GetEvent().GetVersion() {
			gaps++
			next++
		}
		if next == len(log) {
			return 0, 0, fmt.Errorf("it heard of event %d, which is not in the log", e.GetEvent().GetVersion())
		}
		if !proto.Equal(e.GetEvent(), log[next]) {
			return 0, 0, fmt.Errorf("it heard %v, the log has %v", e.GetEvent(), log[next])
		}
		next++
	}
	return gaps + len(log) - next, repeats, nil
}

// last is the version up to which it has heard.
func (f *follower) last() uint64 {
	if len(f.heard) == 0 {
		return 0
	}
	return f.heard[len(f.heard)-1].GetEvent().GetVersion()
}

// refusal returns the reason of a refused call; empty: it has none.
func refusal(err error) string {
	var ce *connect.Error
	if !errors.As(err, &ce) {
		return ""
	}
	for _, d := range ce.Details() {
		if m, err := connectproto.UnmarshalErrorDetail(d); err == nil {
			if info, ok := m.(*errdetails.ErrorInfo); ok {
				return info.GetReason()
			}
		}
	}
	return ""
}
