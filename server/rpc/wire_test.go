package rpc_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/daemon"
	"yourmove/server/servertest"
)

// protocol is a way to call.
type protocol int

const (
	connectPost protocol = iota
	connectGet           // reads only
	grpc
	grpcWeb
	protocols
)

func (p protocol) String() string {
	return [...]string{"Connect", "Connect GET", "gRPC", "gRPC-Web"}[p]
}

// method is a call of the API.
type method struct{ desc protoreflect.MethodDescriptor }

func (m method) path() string {
	return "/" + string(m.desc.Parent().FullName()) + "/" + string(m.desc.Name())
}

func (m method) name() string { return string(m.desc.Name()) }

// read reports whether the method is marked NO_SIDE_EFFECTS.
func (m method) read() bool {
	o := m.desc.Options().(*descriptorpb.MethodOptions)
	return o.GetIdempotencyLevel() == descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

func newMessage(d protoreflect.MessageDescriptor) proto.Message {
	t, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		panic(err)
	}
	return t.New().Interface()
}

func (m method) request() proto.Message  { return newMessage(m.desc.Input()) }
func (m method) response() proto.Message { return newMessage(m.desc.Output()) }

// methods lists every call that players may make and that has one answer. (Streams have tests of their own.)
func methods() []method {
	var list []method
	for _, f := range []protoreflect.FileDescriptor{
		pb.File_yourmove_v1_player_service_proto, pb.File_yourmove_v1_match_service_proto, pb.File_yourmove_v1_event_service_proto,
	} {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				if m := s.Methods().Get(j); !m.IsStreamingServer() {
					list = append(list, method{m})
				}
			}
		}
	}
	return list
}

func methodNamed(t testing.TB, name string) method {
	t.Helper()
	for _, m := range methods() {
		if m.name() == name {
			return m
		}
	}
	t.Fatal("no method", name)
	return method{}
}

// lines keeps what was logged.
type lines struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// wire is a real server on loopback and a client for each version of HTTP.
type wire struct {
	*servertest.Server
	url string
	// log is the server's own, httpLog that of net/http, which tells of panics that nobody caught.
	log, httpLog *lines
	h1, h2       *http.Client
}

func newWire(t testing.TB, o servertest.Options) *wire {
	t.Helper()
	w := &wire{log: new(lines), httpLog: new(lines)}
	o.Log = slog.New(slog.NewJSONHandler(w.log, nil))
	w.Server = servertest.New(t, o)
	ts := httptest.NewUnstartedServer(w.Public)
	ts.Config.Protocols = daemon.Protocols()
	ts.Config.ErrorLog = log.New(w.httpLog, "", 0)
	ts.Start()
	t.Cleanup(ts.Close)
	w.url = ts.URL
	client := func(h2 bool) *http.Client {
		p := new(http.Protocols)
		p.SetHTTP1(!h2)
		p.SetUnencryptedHTTP2(h2)
		tr := &http.Transport{Protocols: p, DisableCompression: true, TLSClientConfig: &tls.Config{}, DialContext: (&net.Dialer{}).DialContext}
		t.Cleanup(tr.CloseIdleConnections)
		return &http.Client{Transport: tr}
	}
	w.h1, w.h2 = client(false), client(true)
	return w
}

// sent is a call as it goes over the wire.
type sent struct {
	protocol protocol
	method   method
	json     bool
	body     []byte
	token    string
	// raw: body has gRPC's frames already, whole or broken.
	raw bool
}

// got is the answer: an HTTP status and, where the protocol layer answered, a code, details and a message.
type got struct {
	http    int
	header  http.Header
	code    string // as gRPC's documentation writes it; OK for success
	message string
	details []proto.Message
	body    []byte
}

func (g got) info() *errdetails.ErrorInfo {
	for _, d := range g.details {
		if i, ok := d.(*errdetails.ErrorInfo); ok {
			return i
		}
	}
	return nil
}

func (g got) reason() string { return g.info().GetReason() }

// frame puts a message into gRPC's envelope.
func frame(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(b))), b...)
}

// send makes a call. An error is a failure of the connection, not a refusal.
func (w *wire) send(ctx context.Context, s sent) (got, error) {
	req, client, err := w.newRequest(ctx, s)
	if err != nil {
		return got{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return got{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return got{}, fmt.Errorf("read the answer: %w", err)
	}
	g := got{http: res.StatusCode, header: res.Header, body: body, code: "OK"}
	switch {
	case s.protocol == connectPost || s.protocol == connectGet:
		err = g.readConnect()
	case res.StatusCode != http.StatusOK:
		g.code = "" // turned away before the protocol layer
	default:
		err = g.readGRPC(res.Trailer)
	}
	if err == nil && g.code == "OK" {
		err = g.readable(s)
	}
	return g, err
}

func (w *wire) newRequest(ctx context.Context, s sent) (*http.Request, *http.Client, error) {
	codec, client, target, body := "proto", w.h1, w.url+s.method.path(), s.body
	if s.json {
		codec = "json"
	}
	header := http.Header{}
	verb := http.MethodPost
	switch s.protocol {
	case connectPost:
		header.Set("Content-Type", "application/"+codec)
	case connectGet:
		verb, body = http.MethodGet, nil
		target += "?" + url.Values{
			"connect": {"v1"}, "encoding": {codec}, "base64": {"1"},
			"message": {base64.RawURLEncoding.EncodeToString(s.body)},
		}.Encode()
	case grpc:
		client = w.h2
		header.Set("Content-Type", "application/grpc+"+codec)
		header.Set("TE", "trailers")
	case grpcWeb:
		header.Set("Content-Type", "application/grpc-web+"+codec)
	}
	if (s.protocol == grpc || s.protocol == grpcWeb) && !s.raw {
		body = frame(body)
	}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	req, err := http.NewRequestWithContext(ctx, verb, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = header
	return req, client, nil
}

// readConnect reads a Connect error.
func (g *got) readConnect() error {
	if g.http == http.StatusOK {
		return nil
	}
	if g.header.Get("Content-Type") != "application/json" {
		g.code = "" // turned away before the protocol layer
		return nil
	}
	var e struct {
		Code, Message string
		Details       []struct{ Type, Value string }
	}
	if err := json.Unmarshal(g.body, &e); err != nil {
		return fmt.Errorf("an error that is not JSON: %w: %q", err, g.body)
	}
	g.code, g.message = strings.ToUpper(e.Code), e.Message
	for _, d := range e.Details {
		raw, err := base64.RawStdEncoding.DecodeString(d.Value)
		if err != nil {
			return fmt.Errorf("a detail that is not base64: %w", err)
		}
		if err := g.detail(&anypb.Any{TypeUrl: "type.googleapis.com/" + d.Type, Value: raw}); err != nil {
			return err
		}
	}
	return nil
}

func (g *got) detail(a *anypb.Any) error {
	m, err := a.UnmarshalNew()
	if err != nil {
		return fmt.Errorf("a detail that cannot be read: %w", err)
	}
	g.details = append(g.details, m)
	return nil
}

// codeNames are gRPC's codes by number.
var codeNames = []string{
	"OK", "CANCELED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
	"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
	"DATA_LOSS", "UNAUTHENTICATED",
}

// readGRPC takes the frames apart and reads the status, from trailers, from headers or from gRPC-Web's last frame.
func (g *got) readGRPC(trailer http.Header) error {
	status := trailer
	if status.Get("Grpc-Status") == "" {
		status = g.header
	}
	rest := g.body
	g.body = nil
	for len(rest) > 0 {
		if len(rest) < 5 || int(binary.BigEndian.Uint32(rest[1:])) > len(rest)-5 {
			return fmt.Errorf("a broken frame: %x", rest)
		}
		n := int(binary.BigEndian.Uint32(rest[1:]))
		if rest[0]&0x80 != 0 {
			h, err := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(rest[5:5+n]), strings.NewReader("\r\n")))).ReadMIMEHeader()
			if err != nil {
				return fmt.Errorf("broken trailers: %w", err)
			}
			status = http.Header(h)
		} else {
			g.body = rest[5 : 5+n]
		}
		rest = rest[5+n:]
	}
	n, err := strconv.Atoi(status.Get("Grpc-Status"))
	if err != nil || n < 0 || n >= len(codeNames) {
		return fmt.Errorf("no status: %q", status.Get("Grpc-Status"))
	}
	g.code = codeNames[n]
	if g.message, err = url.PathUnescape(status.Get("Grpc-Message")); err != nil {
		return fmt.Errorf("a message that cannot be read: %w", err)
	}
	bin := status.Get("Grpc-Status-Details-Bin")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(bin, "="))
	if err != nil {
		return fmt.Errorf("details that are not base64: %w", err)
	}
	var st spb.Status
	if err := proto.Unmarshal(raw, &st); err != nil {
		return fmt.Errorf("details that cannot be read: %w", err)
	}
	for _, a := range st.GetDetails() {
		if err := g.detail(a); err != nil {
			return err
		}
	}
	return nil
}

// readable reports what is wrong with an answer that claims success.
func (g *got) readable(s sent) error {
	unmarshal := proto.Unmarshal
	if s.json {
		unmarshal = protojson.Unmarshal
	}
	if err := unmarshal(g.body, s.method.response()); err != nil {
		return fmt.Errorf("an answer that cannot be read: %w: %.200q", err, g.body)
	}
	return nil
}

// call makes a call that should work and reads its answer.
func (w *wire) call(t testing.TB, token, name string, in, out proto.Message) {
	t.Helper()
	body, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.send(t.Context(), sent{method: methodNamed(t, name), body: body, token: token})
	if err != nil || g.code != "OK" {
		t.Fatalf("%s: %v %s %s", name, err, g.code, g.message)
	}
	if err := proto.Unmarshal(g.body, out); err != nil {
		t.Fatal(err)
	}
}

// signIn makes a guest and returns his token and id.
func (w *wire) signIn(t testing.TB, secret byte) (token, player string) {
	t.Helper()
	var res pb.SignInResponse
	w.call(t, "", "SignIn", &pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: append(bytes.Repeat([]byte{secret}, 31), ^secret)}}, &res)
	return res.GetSession().GetAccessToken(), res.GetPlayer().GetPlayerId()
}

// calm fails the test if the server logged a failure of its own.
func (w *wire) calm(t testing.TB) {
	t.Helper()
	if s := w.log.String(); strings.Contains(s, `"level":"ERROR"`) {
		t.Errorf("the server logged a failure of its own:\n%s", s)
	}
	if s := w.httpLog.String(); s != "" {
		t.Errorf("net/http complained:\n%s", s)
	}
}

func requestID(n int) string { return game.MatchID{0: 0xAB, 6: 0x40, 8: 0x80, 15: byte(n)}.String() }
