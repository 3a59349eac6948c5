package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/types/known/emptypb"

	"yourmove/game"
	"yourmove/server/auth"
)

const (
	private = "/yourmove.test.v1.TestService/Private"
	stream  = "/yourmove.test.v1.TestService/Stream"
	open    = "/yourmove.test.v1.TestService/Open"
)

// door is a server over HTTP, without a socket, whose procedures keep who called.
type door struct {
	access  *auth.Access
	revoked *auth.Revoked
	now     time.Time
	mux     *http.ServeMux

	// What the last call came to.
	refusal error       // what the interceptor, or the handler, returned
	claims  auth.Claims // what the handler found
	known   bool
	called  bool
}

func newDoor(t testing.TB) *door {
	d := &door{now: now, mux: http.NewServeMux()}
	clock := func() time.Time { return d.now }
	d.access, d.revoked = auth.NewAccess(newKeys(t, 1), 0), auth.NewRevoked(clock)
	watch := func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			d.refusal = next(ctx, spec, stream)
			var refusal *game.Error
			if errors.As(d.refusal, &refusal) {
				return connect.NewError(connect.CodeUnauthenticated, string(refusal.Reason))
			}
			return d.refusal
		}
	}
	server := connect.NewServer(watch, auth.Interceptor(d.access, d.revoked, clock, map[string]bool{open: true}))
	handler := func(ctx context.Context, _ connect.Spec, stream connect.ServerStream) error {
		d.called = true
		d.claims, d.known = auth.ClaimsFrom(ctx)
		if err := stream.Receive(&emptypb.Empty{}); err != nil {
			return err
		}
		return stream.Send(&emptypb.Empty{})
	}
	for procedure, kind := range map[string]connect.StreamType{
		private: connect.StreamTypeUnary, stream: connect.StreamTypeServer, open: connect.StreamTypeUnary,
	} {
		server.Register(connect.Method{
			Spec:    connect.Spec{StreamType: kind, IdempotencyLevel: connect.IdempotencyNoSideEffects, Procedure: procedure},
			Handler: handler,
		})
	}
	connecthttp.Mount(d.mux, server)
	return d
}

// body tells whether it was read.
type body struct {
	io.Reader
	read bool
}

func (b *body) Read(p []byte) (int, error) {
	b.read = true
	return b.Reader.Read(p)
}

// post calls a procedure with these Authorization headers and an empty request.
func (d *door) post(procedure, contentType string, authorization ...string) (*httptest.ResponseRecorder, *body) {
	content := []byte("{}")
	switch contentType {
	case "application/proto":
		content = nil
	case "application/grpc", "application/grpc-web":
		content = []byte{0, 0, 0, 0, 0}
	case "application/connect+json":
		content = append([]byte{0, 0, 0, 0, 2}, content...)
	}
	b := &body{Reader: bytes.NewReader(content)}
	req := httptest.NewRequest(http.MethodPost, procedure, b)
	req.ProtoMajor, req.ProtoMinor = 2, 0
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Te", "trailers")
	for _, a := range authorization {
		req.Header.Add("Authorization", a)
	}
	return d.serve(req), b
}

func (d *door) serve(req *http.Request) *httptest.ResponseRecorder {
	d.refusal, d.claims, d.known, d.called = nil, auth.Claims{}, false, false
	rec := httptest.NewRecorder()
	d.mux.ServeHTTP(rec, req)
	return rec
}

// kinds are the content types by which each procedure is called: unary and stream, in all protocols.
var kinds = []struct{ procedure, contentType string }{
	{private, "application/json"}, {private, "application/proto"}, {private, "application/grpc"}, {private, "application/grpc-web"},
	{stream, "application/connect+json"}, {stream, "application/grpc"}, {stream, "application/grpc-web"},
}

func TestInterceptorLetsIn(t *testing.T) {
	d := newDoor(t)
	token := issue(t, d.access, d.now)
	want := auth.Claims{Player: player, Session: session, Expires: now.Truncate(time.Second).Add(auth.DefaultLifetime)}
	for _, k := range kinds {
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER "} {
			d.post(k.procedure, k.contentType, scheme+token)
			if d.refusal != nil || !d.known || d.claims != want {
				t.Errorf("%s as %s: claims %v, error %v", k.procedure, k.contentType, d.claims, d.refusal)
			}
		}
	}
}

func TestInterceptorRefuses(t *testing.T) {
	d := newDoor(t)
	good := "Bearer " + issue(t, d.access, d.now)
	other, _, err := d.access.Issue(player, auth.SessionID{0xee}, d.now)
	if err != nil {
		t.Fatal(err)
	}
	d.revoked.Add(auth.SessionID{0xee}, d.now.Add(d.access.Lifetime()))

	for what, c := range map[string]struct {
		authorization []string
		want          game.Reason
	}{
		"no header":           {nil, game.TokenMissing},
		"an empty header":     {[]string{""}, game.TokenMissing},
		"a scheme alone":      {[]string{"Bearer"}, game.TokenMissing},
		"a scheme and space":  {[]string{"Bearer "}, game.TokenMissing},
		"another scheme":      {[]string{"Basic YTpi"}, game.TokenMissing},
		"a token alone":       {[]string{strings.TrimPrefix(good, "Bearer ")}, game.TokenMissing},
		"garbage":             {[]string{"Bearer garbage"}, game.TokenInvalid},
		"alg none":            {[]string{"Bearer eyJhbGciOiJub25lIn0.e30."}, game.TokenInvalid},
		"two spaces":          {[]string{"Bearer  " + strings.TrimPrefix(good, "Bearer ")}, game.TokenInvalid},
		"two tokens":          {[]string{good + ", " + good}, game.TokenInvalid},
		"two headers":         {[]string{good, good}, game.TokenInvalid},
		"two headers, no use": {[]string{"", good}, game.TokenInvalid},
		"a refresh token":     {[]string{"Bearer " + newKeys(t, 1).IssueRefresh(session, 1)}, game.TokenInvalid},
		"expired":             {[]string{"Bearer " + issue(t, d.access, d.now.Add(-time.Hour))}, game.TokenExpired},
		"an ended session":    {[]string{"Bearer " + other}, game.SessionEnded},
	} {
		for _, k := range kinds {
			t.Run(what+" "+k.procedure+" "+k.contentType, func(t *testing.T) {
				rec, body := d.post(k.procedure, k.contentType, c.authorization...)
				wantReason(t, d.refusal, c.want)
				if d.called || body.read {
					t.Errorf("handler called: %t, body read: %t", d.called, body.read)
				}
				if k.contentType == "application/json" && rec.Code != http.StatusUnauthorized {
					t.Errorf("status %d: %s", rec.Code, rec.Body)
				}
			})
		}
	}
}

func TestAuthenticationComesBeforeDecoding(t *testing.T) {
	d := newDoor(t)
	call := func(authorization ...string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, private, strings.NewReader("{not json"))
		req.Header.Set("Content-Type", "application/json")
		if len(authorization) > 0 {
			req.Header.Set("Authorization", authorization[0])
		}
		return d.serve(req)
	}
	if rec := call(); rec.Code != http.StatusUnauthorized {
		t.Errorf("without a token: status %d, want that the body was not looked at", rec.Code)
	}
	if rec := call("Bearer " + issue(t, d.access, d.now)); rec.Code != http.StatusBadRequest {
		t.Errorf("with a token: status %d, want the body's fault", rec.Code)
	}
}

func TestTokenInTheQueryStringIsNotLookedAt(t *testing.T) {
	d := newDoor(t)
	token := issue(t, d.access, d.now)
	query := url.Values{"connect": {"v1"}, "encoding": {"json"}, "base64": {"1"}, "message": {base64.RawURLEncoding.EncodeToString([]byte("{}"))}}
	get := func() *httptest.ResponseRecorder {
		return d.serve(httptest.NewRequest(http.MethodGet, private+"?"+query.Encode(), nil))
	}
	for _, name := range []string{"access_token", "token", "authorization", "Authorization", "bearer"} {
		for _, value := range []string{token, "Bearer " + token} {
			query.Set(name, value)
			if rec := get(); rec.Code != http.StatusUnauthorized {
				t.Errorf("%s in the query string: status %d", name, rec.Code)
			}
			wantReason(t, d.refusal, game.TokenMissing)
			query.Del(name)
		}
	}
	// The same call with a header is fine: it was the token's place that was wrong.
	req := httptest.NewRequest(http.MethodGet, private+"?"+query.Encode(), nil)
	req.Header.Set("Authorization", "Bearer "+token)
	if rec := d.serve(req); rec.Code != http.StatusOK || !d.known {
		t.Errorf("with a header: status %d: %s", rec.Code, rec.Body)
	}
}

func TestPublicProceduresNeedNoToken(t *testing.T) {
	d := newDoor(t)
	good := "Bearer " + issue(t, d.access, d.now)
	expired := "Bearer " + issue(t, d.access, d.now.Add(-time.Hour))
	for _, authorization := range [][]string{nil, {"Bearer garbage"}, {expired}, {good}} {
		rec, _ := d.post(open, "application/json", authorization...)
		if rec.Code != http.StatusOK || !d.called || d.known {
			t.Errorf("%v: status %d, called %t, with claims %t", authorization, rec.Code, d.called, d.known)
		}
	}
}

// TestSignOutCountsAtOnce: the token was good, and in the cache, until its session ended; it stays refused for as long
// as it would have lived.
func TestSignOutCountsAtOnce(t *testing.T) {
	d := newDoor(t)
	authorization := "Bearer " + issue(t, d.access, d.now)
	if d.post(private, "application/json", authorization); d.refusal != nil {
		t.Fatal(d.refusal)
	}
	d.revoked.Add(session, d.now.Add(d.access.Lifetime()))
	for range 16 {
		d.post(private, "application/json", authorization)
		want := game.SessionEnded
		if d.now.Sub(now) >= auth.DefaultLifetime {
			want = game.TokenExpired
		}
		wantReason(t, d.refusal, want)
		d.now = d.now.Add(time.Minute)
	}
}

func TestWithoutCallInfo(t *testing.T) {
	d := newDoor(t)
	guard := auth.Interceptor(d.access, d.revoked, time.Now, nil)
	err := guard(func(context.Context, connect.Spec, connect.ServerStream) error { return nil })(t.Context(), connect.Spec{Procedure: private}, nil)
	wantReason(t, err, game.TokenMissing)
	if _, ok := auth.ClaimsFrom(t.Context()); ok {
		t.Error("claims in a context that nobody put them in")
	}
}

// TestRefusalOnTheWire shows that what a caller reads holds nothing of the token.
func TestRefusalOnTheWire(t *testing.T) {
	d := newDoor(t)
	rec, _ := d.post(private, "application/json", "Bearer secret-looking-text")
	var answer struct{ Code, Message string }
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Code != "unauthenticated" || answer.Message != "TOKEN_INVALID" {
		t.Errorf("answered %s", rec.Body)
	}
	if strings.Contains(d.refusal.Error(), "secret-looking") {
		t.Errorf("the refusal quotes the token: %v", d.refusal)
	}
}
