package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/daemon"
)

// TestReadTimeoutEndsNoWait: the time that the server gives for reading a request runs out several times while a wait
// and a stream are open. Both go on, and hear of what happens afterwards.
func TestReadTimeoutEndsNoWait(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(protocolName(h2), func(t *testing.T) {
			l := startLive(t, liveOptions{times: daemon.Times{Read: 300 * time.Millisecond}})
			tb := l.seat(t, 1)
			over := network(h2)
			t.Cleanup(over.CloseIdleConnections)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			stream, first, err := openStream(ctx, events(l.url, over, l.token(t, tb.players[0])), &pb.StreamEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			type answer struct {
				*pb.WaitEventsResponse
				err error
			}
			waited := make(chan answer, 1)
			go func() {
				// The client's own deadline would make the server answer half a second before it.
				res, err := events(l.url, over, l.token(t, tb.players[0])).WaitEvents(context.WithoutCancel(ctx),
					&pb.WaitEventsRequest{Cursor: first.GetCursor(), Wait: durationpb.New(55 * time.Second)})
				waited <- answer{res, err}
			}()
			await(t, "the wait is open", func() bool { return l.Service.OpenDoors(server.DoorWait) == 1 })
			for range 3 {
				awaitReadTimeout(t, l, tb.token)
			}
			select {
			case a := <-waited:
				t.Fatalf("the wait ended with %v, %v", a.WaitEventsResponse, a.err)
			default:
			}
			if err := tb.turn(ctx, 0); err != nil {
				t.Fatal(err)
			}
			if a := <-waited; a.err != nil || len(a.GetEvents()) != 1 {
				t.Errorf("the wait was answered with %v, %v", a.WaitEventsResponse, a.err)
			}
			if m, err := stream.Receive(); err != nil || len(m.GetEvents().GetEvents()) != 1 {
				t.Errorf("the stream told %v, %v", m, err)
			}
			cancel()
			_ = stream.Close()
		})
	}
}

// awaitReadTimeout sends half a request and waits until the server has had enough of it. The connection ends with that:
// what came later would be taken for another request.
func awaitReadTimeout(t *testing.T, l *live, token string) {
	t.Helper()
	for _, call := range []string{"MatchService/ListMatches", "EventService/ListEvents"} {
		host := strings.TrimPrefix(l.url, "http://")
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		fmt.Fprintf(conn, "POST /yourmove.v1.%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"+
			"Authorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", call, host, token)
		var late net.Error
		if said, err := io.ReadAll(conn); errors.As(err, &late) && late.Timeout() {
			t.Fatalf("%s: the server said %q and waits for the rest of the request, or for another", call, said)
		}
	}
}
