package rpc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestReadsByGET calls every method by GET: reads answer, and are kept out of caches; the others are turned away.
func TestReadsByGET(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	var made pb.CreateMatchResponse
	w.call(t, anna, "CreateMatch", &pb.CreateMatchRequest{RequestId: requestID(1), Game: "relay"}, &made)
	body := fmt.Sprintf(`{"matchId":%q}`, made.GetMatch().GetSummary().GetMatchId())
	reads := 0
	for _, m := range methods() {
		t.Run(m.name(), func(t *testing.T) {
			in := body
			if m.desc.Input().Fields().ByName("match_id") == nil {
				in = "{}"
			}
			g, err := w.send(t.Context(), sent{protocol: connectGet, method: m, json: true, body: []byte(in), token: anna})
			if err != nil {
				t.Fatal(err)
			}
			if !m.read() {
				if g.http != http.StatusMethodNotAllowed {
					t.Errorf("HTTP status %d", g.http)
				}
				return
			}
			reads++
			if g.code != "OK" || g.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s, Cache-Control %q", g.code, g.message, g.header.Get("Cache-Control"))
			}
		})
	}
	if reads != 8 {
		t.Errorf("%d reads, want ListGames, GetMatch, ListMatches, ListTurns, GetReplay, GetPlayer, ListEvents, WaitEvents", reads)
	}
	w.calm(t)
}

func (w *wire) do(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := w.h1.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res
}

func TestCORS(t *testing.T) {
	for _, dev := range []bool{true, false} {
		t.Run(fmt.Sprintf("dev=%v", dev), func(t *testing.T) {
			w := newWire(t, servertest.Options{Dev: dev})
			path := methodNamed(t, "ListGames").path()
			pre := w.do(t, http.MethodOptions, path, "Origin", "https://game.example",
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
			call := w.do(t, http.MethodGet, path+"?connect=v1&encoding=json&message=%7B%7D", "Origin", "https://game.example")
			if call.StatusCode != http.StatusOK {
				t.Errorf("the call: HTTP status %d", call.StatusCode)
			}
			want := ""
			if dev {
				want = "https://game.example"
				allowed := strings.ToLower(pre.Header.Get("Access-Control-Allow-Headers"))
				for _, h := range []string{"authorization", "content-type", "connect-protocol-version"} {
					if !strings.Contains(allowed, h) {
						t.Errorf("preflight does not allow the header %s: %s", h, allowed)
					}
				}
				if pre.StatusCode != http.StatusNoContent || !strings.Contains(pre.Header.Get("Access-Control-Allow-Methods"), "POST") {
					t.Errorf("preflight: HTTP status %d, %v", pre.StatusCode, pre.Header)
				}
			}
			for _, res := range []*http.Response{pre, call} {
				if got := res.Header.Get("Access-Control-Allow-Origin"); got != want {
					t.Errorf("Access-Control-Allow-Origin %q, want %q", got, want)
				}
				if c := res.Header.Get("Access-Control-Allow-Credentials"); c != "" {
					t.Errorf("Access-Control-Allow-Credentials %q", c)
				}
			}
		})
	}
}

// TestPublicPort looks for what belongs elsewhere.
func TestPublicPort(t *testing.T) {
	for _, dev := range []bool{true, false} {
		t.Run(fmt.Sprintf("dev=%v", dev), func(t *testing.T) {
			w := newWire(t, servertest.Options{Dev: dev})
			status := func(verb, path string) int {
				return w.do(t, verb, path, "Content-Type", "application/grpc-web+proto").StatusCode
			}
			admin := adminv1.File_yourmove_admin_v1_admin_service_proto.Services().Get(0)
			for i := range admin.Methods().Len() {
				path := fmt.Sprintf("/%s/%s", admin.FullName(), admin.Methods().Get(i).Name())
				for _, verb := range []string{http.MethodPost, http.MethodGet} {
					if s := status(verb, path); s != http.StatusNotFound {
						t.Errorf("%s %s: HTTP status %d", verb, path, s)
					}
				}
			}
			for path, onlyDev := range map[string]bool{
				"/debug/pprof/": false, "/debug/pprof/profile": false, "/healthz": true, "/readyz": true, "/metrics": true,
			} {
				if s := status(http.MethodGet, path); (s == http.StatusOK) != (dev && onlyDev) {
					t.Errorf("%s: HTTP status %d", path, s)
				}
			}
			for _, v := range []string{"v1", "v1alpha"} {
				path := "/grpc.reflection." + v + ".ServerReflection/ServerReflectionInfo"
				if s := status(http.MethodPost, path); (s != http.StatusNotFound) != dev {
					t.Errorf("%s: HTTP status %d", path, s)
				}
			}
		})
	}
}

// TestBodyWithoutToken promises a body that never comes: who has no token is answered all the same. Over HTTP/1.1 that
// takes a body beyond 256 KiB; of a smaller one net/http waits for the rest, and throws it away.
func TestBodyWithoutToken(t *testing.T) {
	w := newWire(t, servertest.Options{})
	for _, m := range methods() {
		if m.name() == "SignIn" || m.name() == "RefreshSession" || m.name() == "ListGames" {
			continue
		}
		t.Run(m.name(), func(t *testing.T) {
			g, err := w.send(t.Context(), sent{method: m, json: true, body: []byte("not read, so nobody minds")})
			if err != nil || g.reason() != "TOKEN_MISSING" {
				t.Errorf("a broken body: %v, %s %s", err, g.code, g.message)
			}

			host := strings.TrimPrefix(w.url, "http://")
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 300000\r\n\r\n", m.path(), host)
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.Contains(line, " 401 ") {
				t.Errorf("HTTP/1.1 answered %q, %v", line, err)
			}

			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			body, never := io.Pipe()
			defer never.Close()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+m.path(), body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/grpc")
			res, err := w.h2.Do(req)
			if err != nil {
				t.Fatal("HTTP/2:", err)
			}
			defer res.Body.Close()
			if _, err := io.ReadAll(res.Body); err != nil || res.Trailer.Get("Grpc-Status") != "16" {
				t.Errorf("HTTP/2 answered %v, %v", err, res.Trailer)
			}
		})
	}
}

// TestOptionsNesting bounds what one player can make others decode.
func TestOptionsNesting(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	for depth, want := range map[int]string{15: "", 16: "INVALID_FIELD", 1000: "INVALID_FIELD"} {
		in := fmt.Sprintf(`{"requestId":%q,"game":"relay","options":{"a":%s%s}}`, requestID(depth%100), strings.Repeat("[", depth), strings.Repeat("]", depth))
		if err := protojson.Unmarshal([]byte(in), new(pb.CreateMatchRequest)); err != nil {
			t.Fatal(err)
		}
		g, err := w.send(t.Context(), sent{method: methodNamed(t, "CreateMatch"), json: true, body: []byte(in), token: anna})
		if err != nil || g.reason() != want {
			t.Errorf("%d lists in each other: %v, %s %s", depth, err, g.code, g.message)
		}
	}
}

// A typo in JSON is refused and does not turn into a default: the match would be public.
func TestMistypedJSON(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	for end, want := range map[string]string{
		`"access":"ACCESS_INVITED"`: "", `"access":"INVITED"`: "INVALID_FIELD", `"acess":"ACCESS_INVITED"`: "INVALID_FIELD",
	} {
		in := fmt.Sprintf(`{"requestId":%q,"game":"relay",%s}`, requestID(len(end)), end)
		g, err := w.send(t.Context(), sent{method: methodNamed(t, "CreateMatch"), json: true, body: []byte(in), token: anna})
		if err != nil || g.reason() != want {
			t.Errorf("%s: %v, %s %s %s", in, err, g.code, g.reason(), g.message)
		}
	}
}
