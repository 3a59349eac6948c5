package servertest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// httpClients are clients that speak HTTP/1.1 and HTTP/2 without TLS.
func httpClients(t *testing.T) map[string]*http.Client {
	clients := map[string]*http.Client{}
	for name, set := range map[string]func(*http.Protocols){
		"h1":  func(p *http.Protocols) { p.SetHTTP1(true) },
		"h2c": func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		tr := &http.Transport{Protocols: new(http.Protocols)}
		set(tr.Protocols)
		t.Cleanup(tr.CloseIdleConnections)
		clients[name] = &http.Client{Transport: tr}
	}
	return clients
}

// padded makes a message size bytes long, by a field that nobody knows.
func padded[M proto.Message](m M, size int) M {
	const field = 1000
	room := size - proto.Size(m) - protowire.SizeTag(field)
	n := room - protowire.SizeVarint(uint64(room))
	raw := protowire.AppendTag(nil, field, protowire.BytesType)
	raw = protowire.AppendBytes(raw, make([]byte, n))
	m.ProtoReflect().SetUnknown(raw)
	return m
}

func TestMovesOfATurnAreBounded(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	more := func(n int) []string { return strings.Fields(strings.Repeat("more ", n)) }
	submit := func(moves ...string) error {
		_, err := ann.SubmitTurn(t.Context(), turn(id, ann.version(t, id), moves...))
		return err
	}
	if err := submit(more(16)...); err != nil {
		t.Error("16 moves:", err)
	}
	refused(t, submit(more(17)...), connect.CodeInvalidArgument, game.InvalidField)
	half := "more" + strings.Repeat("x", server.MaxMoves/2-len("more"))
	if err := submit(half, half); err != nil {
		t.Error("4 KiB of moves:", err)
	}
	refused(t, submit(half, half, "more"), connect.CodeResourceExhausted, game.PayloadTooBig)
	refused(t, submit(half, half+"x"), connect.CodeResourceExhausted, game.PayloadTooBig)

	relayed := ann.newGame(t, "relay", bob)
	r := relay(relayed, ann.version(t, relayed), textState(strings.Repeat("x", server.MaxState)), 2)
	r.Moves = []*pb.Move{{Text: strings.Repeat("x", server.MaxMoves/2), Data: make([]byte, server.MaxMoves/2+1)}}
	_, err := ann.SubmitTurn(t.Context(), r)
	refused(t, err, connect.CodeResourceExhausted, game.PayloadTooBig)
	r.Moves[0].Data = r.Moves[0].Data[1:]
	must(ann.SubmitTurn(t.Context(), r))(t)
}

func TestWhatAMatchIsMadeWithIsBounded(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{pick{}}})
	ann := signIn(t, s, "ann")
	create := func(change func(*pb.CreateMatchRequest)) error {
		r := &pb.CreateMatchRequest{RequestId: newID(), Game: "pick"}
		change(r)
		_, err := ann.CreateMatch(t.Context(), r)
		return err
	}
	note := func(n int) func(*pb.CreateMatchRequest) { // as JSON {"note":"…"}, 11 bytes around the text
		return func(r *pb.CreateMatchRequest) {
			r.Options = &structpb.Struct{Fields: map[string]*structpb.Value{"note": structpb.NewStringValue(strings.Repeat("x", n-11))}}
		}
	}
	title := func(n int) func(*pb.CreateMatchRequest) {
		return func(r *pb.CreateMatchRequest) { r.Title = strings.Repeat("x", n) }
	}
	labels := func(n int) func(*pb.CreateMatchRequest) {
		return func(r *pb.CreateMatchRequest) {
			r.Labels = map[string]string{"a": strings.Repeat("x", 99), "b": strings.Repeat("x", n-101)}
		}
	}
	for name, ok := range map[string]func(*pb.CreateMatchRequest){
		"options": note(server.MaxOptions), "title": title(256), "labels": labels(server.MaxLabels),
	} {
		if err := create(ok); err != nil {
			t.Errorf("the largest %s: %v", name, err)
		}
	}
	refused(t, create(note(server.MaxOptions+1)), connect.CodeResourceExhausted, game.PayloadTooBig)
	refused(t, create(title(257)), connect.CodeInvalidArgument, game.InvalidField)
	refused(t, create(labels(server.MaxLabels+1)), connect.CodeResourceExhausted, game.PayloadTooBig)
	refused(t, create(func(r *pb.CreateMatchRequest) {
		r.Options = &structpb.Struct{Fields: map[string]*structpb.Value{"nonsense": structpb.NewBoolValue(true)}}
	}), connect.CodeInvalidArgument, game.InvalidField)
	if server.MaxOptions != 4<<10 || server.MaxLabels != 256 || server.MaxMoves != 4<<10 || server.MaxState != 64<<10 {
		t.Error("the limits are not those that are promised")
	}
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	const most = 256 << 10
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	url := s.Start()
	for name, client := range httpClients(t) {
		for protocol, opts := range map[string][]connecthttp.Option{
			"connect": nil, "connect with gzip": {connecthttp.WithSendGzip()}, "gRPC": {connecthttp.WithGRPC()}, "gRPC-Web": {connecthttp.WithGRPCWeb()},
		} {
			if name == "h1" && protocol == "gRPC" {
				continue // gRPC needs HTTP/2
			}
			t.Run(name+" "+protocol, func(t *testing.T) {
				p := ann.over(connecthttp.NewTransport(client, url, opts...), ann.session)
				ask := func(size int) error {
					_, err := p.account.GetPlayer(t.Context(), padded(&pb.GetPlayerRequest{PlayerId: ann.id}, size))
					return err
				}
				if err := ask(most); err != nil {
					t.Error("256 KiB:", err)
				}
				refused(t, ask(most+1), connect.CodeResourceExhausted, game.PayloadTooBig)
				refused(t, ask(4*most), connect.CodeResourceExhausted, game.PayloadTooBig)
			})
		}
	}
}

// A request that is small on the wire and huge once it is inflated is refused like any other that is too large.
func TestCompressedBombs(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{})
	ann := signIn(t, s, "ann")
	url := s.Start() + "/yourmove.v1.PlayerService/GetPlayer"
	var member bytes.Buffer
	z, _ := gzip.NewWriterLevel(&member, gzip.BestCompression)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	bomb := bytes.Repeat(member.Bytes(), (256<<10)/member.Len()) // about 250 MiB
	for name, client := range httpClients(t) {
		for what, body := range map[string][]byte{"within what may be read": bomb, "beyond": bytes.Repeat(bomb, 4)} {
			t.Run(name+" "+what, func(t *testing.T) {
				status, text := post(t, client, url, ann.session.GetAccessToken(), body)
				if status != http.StatusTooManyRequests || !strings.Contains(text, "resource_exhausted") {
					t.Fatalf("it is answered %d %s", status, text)
				}
			})
		}
	}
}

// post sends a compressed body and returns what is answered.
func post(t *testing.T, client *http.Client, url, token string, body []byte) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/proto")
	req.Header.Set("Content-Encoding", "gzip")
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}
