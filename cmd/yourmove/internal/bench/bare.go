package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/protobuf/types/known/timestamppb"

	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// bare is the least that a server can do for those who wait: it says that the call is open, and waits. It stands beside
// the real one to show what the protocol costs by itself.
type bare struct {
	yourmovev1connect.UnimplementedPlayerServiceHandler
	yourmovev1connect.UnimplementedEventServiceHandler
}

// Sizes of what the real server hands out, so that requests are as large. The text is random, as compression must not help.
const (
	bareToken  = 348
	bareCursor = 48
)

// randomText returns n characters.
func randomText(n int) string {
	b := make([]byte, n/2)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// SignIn lets everybody in, so that this server has done as much as the real one before its memory is looked at.
func (bare) SignIn(context.Context, *yourmovev1.SignInRequest) (*yourmovev1.SignInResponse, error) {
	return &yourmovev1.SignInResponse{
		Player: &yourmovev1.Player{PlayerId: uuid.NewString()},
		Session: &yourmovev1.Session{
			SessionId: uuid.NewString(), AccessToken: randomText(bareToken), AccessExpireTime: timestamppb.New(time.Now().Add(time.Hour)),
		},
	}, nil
}

// StreamEvents says that it is open, and waits.
func (bare) StreamEvents(ctx context.Context, req *yourmovev1.StreamEventsRequest, s yourmovev1connect.EventServiceStreamEventsServerStream) error {
	err := s.Send(&yourmovev1.StreamEventsResponse{
		Cursor: randomText(bareCursor), ServerTime: timestamppb.Now(),
		Kind: &yourmovev1.StreamEventsResponse_Ready{Ready: &yourmovev1.StreamReady{Heartbeat: req.GetHeartbeat()}},
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

// WaitEvents hands out a cursor, or waits.
func (bare) WaitEvents(ctx context.Context, req *yourmovev1.WaitEventsRequest) (*yourmovev1.WaitEventsResponse, error) {
	cursor := req.GetCursor()
	if cursor == "" {
		cursor = randomText(bareCursor)
	} else {
		t := time.NewTimer(req.GetWait().AsDuration())
		defer t.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.C:
		}
	}
	return &yourmovev1.WaitEventsResponse{Cursor: cursor, ServerTime: timestamppb.Now()}, nil
}

// ServeBare serves calls that wait, and nothing around them: no interceptors, no validation, no store. /metrics has the
// process's own figures. It says where it listens on stdout and stops at the end of stdin.
func ServeBare(stdin io.Reader, stdout io.Writer) error {
	// As the real server does; GOGC and GOMEMLIMIT count more there, too.
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := connect.NewServer()
	yourmovev1connect.RegisterPlayerServiceHandler(server, bare{})
	yourmovev1connect.RegisterEventServiceHandler(server, bare{})
	mux := http.NewServeMux()
	connecthttp.Mount(mux, server)
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return serveUntilEOF(&http.Server{
		// The limits of the real one, but for ReadTimeout, which over HTTP/1.1 would end the waiting.
		Handler: mux, Protocols: bothProtocols(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 3 * time.Minute, MaxHeaderBytes: 32 << 10,
	}, stdin, stdout)
}
