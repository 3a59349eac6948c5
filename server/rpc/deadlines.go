package rpc

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/server"
)

// usualWriteTimeout is how long a client may leave a message of a stream where it is. Then the stream is cut: what waits
// for it would only pile up, and it can go on from its cursor.
const usualWriteTimeout = 10 * time.Second

// deadlinesKey is where a call's deadlines are in its context.
type deadlinesKey struct{}

// deadlines are those of the connection under a call. The zero value has none, as within a process.
type deadlines struct {
	rc *http.ResponseController
	// write is how long a message may take.
	write time.Duration
	// until is the write deadline that is set.
	until time.Time
}

// withDeadlines lets calls that take long reach the deadlines of their connection, and bounds their body.
func withDeadlines(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := &deadlines{rc: http.NewResponseController(w)}
		// One copy for both: http.MaxBytesHandler would make another, and an open stream keep it. The request itself stays
		// as it is: net/http looks at its body to tell whether the connection may be used again, and with another one there
		// it would take the rest of a body that came too late for the next request.
		r = r.WithContext(context.WithValue(r.Context(), deadlinesKey{}, d))
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// patient lets a call take as long as it wants: the time that the server gives for reading a request is over. (net/http
// sees to that itself once it has read the body of a call of HTTP/1.1; nothing promises that it will.) write is how long
// each message that it sends may take, 0: the usual time.
func patient(ctx context.Context, write time.Duration) *deadlines {
	if write == 0 {
		write = usualWriteTimeout
	}
	d, ok := ctx.Value(deadlinesKey{}).(*deadlines)
	if !ok {
		return &deadlines{write: write}
	}
	d.write = write
	_ = d.rc.SetReadDeadline(time.Time{}) // where that is not possible there is none
	return d
}

// answersWithin gives the client its time to accept the answer of a call that waits so long.
func (d *deadlines) answersWithin(wait time.Duration) {
	if d.rc != nil {
		_ = d.rc.SetWriteDeadline(time.Now().Add(wait + 2*d.write))
	}
}

// within sends a message and fails if the client does not take it. To set a deadline costs about as much as a small
// message, so it is set for this and the next heartbeat, and again only when little is left of it.
func (d *deadlines) within(beat time.Duration, send func() error) error {
	start := time.Now()
	if d.rc != nil && d.until.Sub(start) < beat+d.write {
		d.until = start.Add(beat + 2*d.write)
		_ = d.rc.SetWriteDeadline(d.until)
	}
	err := send()
	switch {
	case err == nil || connect.CodeOf(err) == connect.CodeInternal: // the latter is about the message, not the connection
		return err
	case time.Since(start) >= d.write:
		return fmt.Errorf("%w: %w: %w", context.Canceled, server.ErrSlow, err)
	}
	return fmt.Errorf("%w: %w", context.Canceled, err)
}

// unbuffered asks proxies to pass each message on at once.
func unbuffered(ctx context.Context) {
	if info, ok := connect.CallInfoForServerContext(ctx); ok {
		info.ResponseHeader().Set("X-Accel-Buffering", "no")
	}
}
