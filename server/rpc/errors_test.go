package rpc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// eachWay runs a test in every protocol and encoding that a POST can have.
func eachWay(t *testing.T, run func(t *testing.T, p protocol, json bool)) {
	for _, p := range []protocol{connectPost, grpc, grpcWeb} {
		for _, json := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v json=%v", p, json), func(t *testing.T) { run(t, p, json) })
		}
	}
}

// refuse makes a call and returns its answer.
func (w *wire) refuse(t *testing.T, p protocol, json bool, token, name string, in proto.Message) got {
	t.Helper()
	marshal := proto.Marshal
	if json {
		marshal = protojson.Marshal
	}
	body, err := marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.send(t.Context(), sent{protocol: p, method: methodNamed(t, name), json: json, body: body, token: token})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// httpStatus is what the Connect protocol says a code with.
var httpStatus = map[string]int{
	"INVALID_ARGUMENT": 400, "UNAUTHENTICATED": 401, "NOT_FOUND": 404, "ABORTED": 409, "UNAVAILABLE": 503, "INTERNAL": 500,
	"FAILED_PRECONDITION": 400, "RESOURCE_EXHAUSTED": 429,
}

func (g got) want(t *testing.T, p protocol, code, reason string) {
	t.Helper()
	if g.code != code || g.reason() != reason || g.info().GetDomain() != "yourmove" {
		t.Errorf("got %s %s of %q: %s; want %s %s", g.code, g.reason(), g.info().GetDomain(), g.message, code, reason)
	}
	if status := httpStatus[code]; p == connectPost && g.http != status || p != connectPost && g.http != 200 {
		t.Errorf("HTTP status %d", g.http)
	}
	if c := g.header.Get("Cache-Control"); c != "no-store" {
		t.Errorf("Cache-Control %q", c)
	}
}

// TestErrorsOnTheWire looks at one error of each shape.
func TestErrorsOnTheWire(t *testing.T) {
	w := newWire(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
	anna, _ := w.signIn(t, 1)
	ben, _ := w.signIn(t, 2)
	var made pb.CreateMatchResponse
	w.call(t, anna, "CreateMatch", &pb.CreateMatchRequest{
		RequestId: requestID(1), Game: "tictactoe", Seat: 1, Access: pb.Access_ACCESS_PUBLIC,
	}, &made)
	id := made.GetMatch().GetSummary().GetMatchId()
	w.call(t, ben, "JoinMatch", &pb.JoinMatchRequest{MatchId: id, RequestId: requestID(2)}, new(pb.JoinMatchResponse))

	eachWay(t, func(t *testing.T, p protocol, json bool) {
		g := w.refuse(t, p, json, "", "GetMatch", &pb.GetMatchRequest{MatchId: id})
		g.want(t, p, "UNAUTHENTICATED", "TOKEN_MISSING")
		g = w.refuse(t, p, json, "nonsense", "GetMatch", &pb.GetMatchRequest{MatchId: id})
		g.want(t, p, "UNAUTHENTICATED", "TOKEN_INVALID")

		g = w.refuse(t, p, json, "", "SignIn", &pb.SignInRequest{
			Credential: &pb.SignInRequest_GuestSecret{GuestSecret: []byte("short")}, Name: strings.Repeat("x", 65),
		})
		g.want(t, p, "INVALID_ARGUMENT", "INVALID_FIELD")
		wantFields(t, g, "guest_secret", "name")

		g = w.refuse(t, p, json, anna, "UpdatePlayer", &pb.UpdatePlayerRequest{TimeZone: proto.String("Atlantis/Sunken")})
		g.want(t, p, "INVALID_ARGUMENT", "INVALID_FIELD")
		wantFields(t, g, "time_zone")

		g = w.refuse(t, p, json, anna, "SubmitTurn", &pb.SubmitTurnRequest{
			MatchId: id, RequestId: requestID(3), ExpectedVersion: 1, Moves: []*pb.Move{{Text: "a1"}},
		})
		g.want(t, p, "ABORTED", "VERSION_MISMATCH")
		if m := g.info().GetMetadata(); m["version"] != "3" || m["turn"] != "1" {
			t.Errorf("metadata %v", m)
		}

		g = w.refuse(t, p, json, ben, "SubmitTurn", &pb.SubmitTurnRequest{
			MatchId: id, RequestId: requestID(3), ExpectedVersion: 3, Moves: []*pb.Move{{Text: "a1"}},
		})
		g.want(t, p, "FAILED_PRECONDITION", "NOT_YOUR_TURN")

		g = w.refuse(t, p, json, anna, "GetMatch", &pb.GetMatchRequest{MatchId: requestID(9)})
		g.want(t, p, "NOT_FOUND", "NO_SUCH_MATCH")

		g = w.refuse(t, p, json, anna, "UpdatePlayer", &pb.UpdatePlayerRequest{Name: proto.String(strings.Repeat("x", 300<<10))})
		g.want(t, p, "RESOURCE_EXHAUSTED", "PAYLOAD_TOO_LARGE")
	})
	w.calm(t)

	w.Store.Close() // what comes now comes too late
	eachWay(t, func(t *testing.T, p protocol, json bool) {
		g := w.refuse(t, p, json, anna, "GetMatch", &pb.GetMatchRequest{MatchId: id})
		g.want(t, p, "UNAVAILABLE", "DRAINING")
		for _, d := range g.details {
			if r, ok := d.(*errdetails.RetryInfo); ok && r.GetRetryDelay().AsDuration() > 0 {
				return
			}
		}
		t.Errorf("no RetryInfo: %v", g.details)
	})
}

func wantFields(t *testing.T, g got, fields ...string) {
	t.Helper()
	var named []string
	for _, d := range g.details {
		if b, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range b.GetFieldViolations() {
				named = append(named, v.GetField())
				if v.GetDescription() == "" {
					t.Errorf("%s: nothing is said about it", v.GetField())
				}
			}
		}
	}
	if fmt.Sprint(named) != fmt.Sprint(fields) {
		t.Errorf("fields %v are named, want %v", named, fields)
	}
}

// faulty is a game whose rules fail on demand.
type faulty struct{ tictactoe.Rules }

const confidential = "the cause of it, which nobody outside may read"

func (faulty) Info() game.Info {
	i := tictactoe.Rules{}.Info()
	i.Name = "faulty"
	return i
}

func (f faulty) Play(p game.Position, seat int, move string, at game.Moment, c *game.Chance) (game.Played, error) {
	switch move {
	case "panic":
		panic(confidential)
	case "fail":
		return game.Played{Position: errors.New(confidential)}, nil
	}
	return f.Rules.Play(p, seat, move, at, c)
}

func (f faulty) Encode(p game.Position) (int, []byte, error) {
	if err, ok := p.(error); ok {
		return 0, nil, err
	}
	return f.Rules.Encode(p)
}

func (f faulty) Outcomes(p game.Position) []game.Outcome {
	if _, ok := p.(error); ok {
		return nil
	}
	return f.Rules.Outcomes(p)
}

// Draw makes an answer that cannot be sent once c3 is taken.
func (f faulty) Draw(p game.Position, viewer int) string {
	s := f.Rules.Draw(p, viewer)
	if strings.HasPrefix(s, "3 ..X") {
		return confidential + "\xff"
	}
	return s
}

// TestInternal makes the rules panic and fail: the caller gets an id that stands in the log beside the cause, and
// nothing else; the connection and the match go on.
func TestInternal(t *testing.T) {
	w := newWire(t, servertest.Options{Rules: []game.Rules{faulty{}}})
	anna, _ := w.signIn(t, 1)
	ben, _ := w.signIn(t, 2)
	n := 10
	eachWay(t, func(t *testing.T, p protocol, json bool) {
		n += 10
		var made pb.CreateMatchResponse
		w.call(t, anna, "CreateMatch", &pb.CreateMatchRequest{RequestId: requestID(n), Game: "faulty", Seat: 1}, &made)
		id := made.GetMatch().GetSummary().GetMatchId()
		w.call(t, ben, "JoinMatch", &pb.JoinMatchRequest{MatchId: id, RequestId: requestID(n + 1)}, new(pb.JoinMatchResponse))
		turn := func(move string) *pb.SubmitTurnRequest {
			return &pb.SubmitTurnRequest{
				MatchId: id, RequestId: requestID(n + 2), ExpectedVersion: 3, Moves: []*pb.Move{{Text: move}},
			}
		}
		for _, move := range []string{"panic", "fail"} {
			w.wantInternal(t, p, w.refuse(t, p, json, anna, "SubmitTurn", turn(move)))
		}
		w.call(t, anna, "SubmitTurn", turn("c3"), new(pb.SubmitTurnResponse))
		// Now there is an answer that cannot be written: we are to blame, not the caller.
		w.wantInternal(t, p, w.refuse(t, p, json, anna, "GetMatch", &pb.GetMatchRequest{MatchId: id, Drawing: true}))
	})
	if s := w.httpLog.String(); s != "" {
		t.Errorf("net/http had to catch something:\n%s", s)
	}
}

func (w *wire) wantInternal(t *testing.T, p protocol, g got) {
	t.Helper()
	g.want(t, p, "INTERNAL", "INTERNAL")
	id := g.info().GetMetadata()["id"]
	if len(id) != 12 || g.message != "internal error "+id || len(g.details) != 1 {
		t.Errorf("told %q with %v", g.message, g.details)
	}
	if strings.Contains(string(g.body), "cause") || strings.Contains(fmt.Sprint(g.header), "cause") {
		t.Errorf("the cause is told: %q %v", g.body, g.header)
	}
	for _, line := range strings.Split(w.log.String(), "\n") {
		if strings.Contains(line, `"id":"`+id+`"`) {
			if !strings.Contains(line, confidential) && !strings.Contains(line, "UTF-8") {
				t.Errorf("the log has the id without the cause: %s", line)
			}
			return
		}
	}
	t.Errorf("id %s is not in the log", id)
}

// TestUnreadableRequests sends what is no request: it is the caller's fault in every protocol.
func TestUnreadableRequests(t *testing.T) {
	w := newWire(t, servertest.Options{})
	anna, _ := w.signIn(t, 1)
	for name, s := range map[string]sent{
		"broken protobuf":       {body: []byte{0xff, 0xff, 0xff}},
		"broken JSON":           {json: true, body: []byte(`{"player`)},
		"another type in JSON":  {json: true, body: []byte(`{"playerId":[7]}`)},
		"no UTF-8":              {body: []byte("\x0a\x02\xff\xfe")},
		"gRPC, broken protobuf": {protocol: grpc, body: []byte{0xff, 0xff, 0xff}},
		"gRPC, half a prefix":   {protocol: grpc, raw: true, body: []byte{0, 0, 0}},
		"gRPC, too few bytes":   {protocol: grpc, raw: true, body: []byte{0, 0, 0, 0, 9, 1}},
		"gRPC, unknown flags":   {protocol: grpc, raw: true, body: []byte{0x40, 0, 0, 0, 0}},
		"gRPC, compressed":      {protocol: grpc, raw: true, body: []byte{1, 0, 0, 0, 1, 7}},
		"Web, trailers only":    {protocol: grpcWeb, raw: true, body: []byte{0x80, 0, 0, 0, 1, 7}},
		"Web, broken protobuf":  {protocol: grpcWeb, body: []byte{0xff, 0xff, 0xff}},
		"GET, broken protobuf":  {protocol: connectGet, body: []byte{0xff, 0xff, 0xff}},
		"GET, broken JSON":      {protocol: connectGet, json: true, body: []byte("{")},
	} {
		t.Run(name, func(t *testing.T) {
			s.method, s.token = methodNamed(t, "GetPlayer"), anna
			g, err := w.send(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if g.code != "INVALID_ARGUMENT" || g.reason() != "INVALID_FIELD" {
				t.Errorf("got %s %s: %s", g.code, g.reason(), g.message)
			}
		})
	}
	w.calm(t)
}
