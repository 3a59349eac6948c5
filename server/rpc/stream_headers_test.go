package rpc_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestStreamHeaders opens streams in every way: proxies are asked to keep nothing back and nothing of it for later, and
// the first message comes at once.
func TestStreamHeaders(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	var made pb.CreateMatchResponse
	w.call(t, anna, "CreateMatch", &pb.CreateMatchRequest{RequestId: requestID(1), Game: "relay"}, &made)
	for _, way := range []struct {
		name, content string
		client        *http.Client
	}{
		{"Connect over HTTP/1.1", "application/connect+proto", w.h1},
		{"Connect over h2c", "application/connect+proto", w.h2},
		{"gRPC over h2c", "application/grpc+proto", w.h2},
		{"gRPC-Web over HTTP/1.1", "application/grpc-web+proto", w.h1},
		{"gRPC-Web over h2c", "application/grpc-web+proto", w.h2},
	} {
		for call, c := range map[string]struct {
			in, out proto.Message
		}{
			"StreamEvents": {&pb.StreamEventsRequest{}, &pb.StreamEventsResponse{}},
			"WatchMatch":   {&pb.WatchMatchRequest{MatchId: made.GetMatch().GetSummary().GetMatchId()}, &pb.WatchMatchResponse{}},
		} {
			t.Run(way.name+" "+call, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				body, err := proto.Marshal(c.in)
				if err != nil {
					t.Fatal(err)
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/yourmove.v1.EventService/"+call, bytes.NewReader(frame(body)))
				if err != nil {
					t.Fatal(err)
				}
				req.Header = http.Header{"Content-Type": {way.content}, "Authorization": {"Bearer " + anna}, "Te": {"trailers"}}
				res, err := way.client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("HTTP status %d", res.StatusCode)
				}
				for name, want := range map[string]string{
					"X-Accel-Buffering": "no", "Cache-Control": "no-store", "Content-Type": way.content, "Content-Length": "",
				} {
					if got := res.Header.Get(name); got != want {
						t.Errorf("%s: %q, want %q", name, got, want)
					}
				}
				head := make([]byte, 5)
				if _, err := io.ReadFull(res.Body, head); err != nil {
					t.Fatal(err)
				}
				first := make([]byte, binary.BigEndian.Uint32(head[1:]))
				if _, err := io.ReadFull(res.Body, first); err != nil || head[0] != 0 {
					t.Fatalf("a first message with flags %d: %v", head[0], err)
				}
				if err := proto.Unmarshal(first, c.out); err != nil {
					t.Fatal(err)
				}
				switch m := c.out.(type) {
				case *pb.StreamEventsResponse:
					if m.GetReady().GetHeartbeat().AsDuration() != 25*time.Second || m.GetCursor() == "" || m.GetServerTime() == nil {
						t.Errorf("the first message is %v", m)
					}
				case *pb.WatchMatchResponse:
					if m.GetReady().GetHeartbeat().AsDuration() != 25*time.Second || m.GetVersion() == 0 || m.GetServerTime() == nil {
						t.Errorf("the first message is %v", m)
					}
				}
			})
		}
	}
	w.calm(t)
}

// TestFrameless: JSON that is sent to a stream as it is to any other call is refused with what is missing.
func TestFrameless(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/yourmove.v1.EventService/StreamEvents", strings.NewReader(`{"cursor":""}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/connect+json"}, "Authorization": {"Bearer " + anna}}
	res, err := w.h1.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !strings.Contains(string(text), "five bytes in front") || !strings.Contains(string(text), "PAYLOAD_TOO_LARGE") {
		t.Errorf("the answer is %q, %v", text, err)
	}
}
