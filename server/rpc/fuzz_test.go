package rpc_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	"yourmove/game"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// What stands for an id that only a running server knows. It is as long as the id, so it can be replaced in a message
// of either encoding.
var placeholders = []string{
	"00000000-0000-4000-8000-0000000000a1", // Anna, who calls
	"00000000-0000-4000-8000-0000000000a2", // Ben
	"00000000-0000-4000-8000-0000000000b1", // tic-tac-toe, Anna's turn
	"00000000-0000-4000-8000-0000000000b2", // relay, Anna's turn
	"00000000-0000-4000-8000-0000000000b3", // Ben's, public and open
	"00000000-0000-4000-8000-0000000000b4", // Anna's, gathering, by code
	"00000000-0000-4000-8000-0000000000b5", // Ben's alone: Anna may not see it
	"00000000-0000-4000-8000-0000000000b6", // cancelled
}

// notUTF8 stands for four bytes that are no UTF-8: the encoders would not write them.
const notUTF8 = "#8U#"

// target is a server with something to aim at.
type target struct {
	*wire
	token, refresh string
	real           []string
	joinCode       string
}

func newTarget(t testing.TB) *target {
	x := &target{wire: newWire(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}, Dev: true})}
	x.signInAgain(t)
	ben, benID := x.signIn(t, 2)
	var me pb.GetPlayerResponse
	x.call(t, x.token, "GetPlayer", &pb.GetPlayerRequest{}, &me)
	x.real = []string{me.GetPlayer().GetPlayerId(), benID}
	n := 100
	create := func(token string, in *pb.CreateMatchRequest, joined bool) *pb.Match {
		n++
		in.RequestId = requestID(n)
		var made pb.CreateMatchResponse
		x.call(t, token, "CreateMatch", in, &made)
		id := made.GetMatch().GetSummary().GetMatchId()
		if joined {
			x.call(t, ben, "JoinMatch", &pb.JoinMatchRequest{MatchId: id, RequestId: requestID(n)}, new(pb.JoinMatchResponse))
		}
		x.real = append(x.real, id)
		return made.GetMatch()
	}
	create(x.token, &pb.CreateMatchRequest{Game: "tictactoe", Seat: 1}, true)
	create(x.token, &pb.CreateMatchRequest{Game: "relay", Seat: 1}, true)
	create(ben, &pb.CreateMatchRequest{Game: "relay", MaxSeats: 16}, false)
	x.joinCode = create(x.token, &pb.CreateMatchRequest{Game: "tictactoe", Access: pb.Access_ACCESS_BY_CODE}, false).GetJoinCode()
	create(ben, &pb.CreateMatchRequest{Game: "tictactoe", Access: pb.Access_ACCESS_INVITED}, false)
	over := create(x.token, &pb.CreateMatchRequest{Game: "relay"}, false).GetSummary().GetMatchId()
	x.call(t, x.token, "CancelMatch", &pb.CancelMatchRequest{MatchId: over, RequestId: requestID(99)}, new(pb.CancelMatchResponse))
	return x
}

func (x *target) signInAgain(t testing.TB) {
	var res pb.SignInResponse
	x.call(t, "", "SignIn", &pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: append(bytes.Repeat([]byte{1}, 31), 2)}}, &res)
	x.token, x.refresh = res.GetSession().GetAccessToken(), res.GetSession().GetRefreshToken()
}

// aim puts real ids for placeholders.
func (x *target) aim(body []byte) []byte {
	for i, p := range placeholders {
		body = bytes.ReplaceAll(body, []byte(p), []byte(x.real[i]))
	}
	return bytes.ReplaceAll(body, []byte(notUTF8), []byte("\xff\xfe\x80\xc0"))
}

// hit makes a call and checks what must be so whatever it brings: a refusal is one of ours or of the protocol's, never
// INTERNAL or UNKNOWN; the answer can be read; nothing panicked; the connection can be used again.
func (x *target) hit(t testing.TB, s sent) got {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s.token, s.body = x.token, x.aim(s.body)
	g, err := x.send(ctx, s)
	if err != nil {
		t.Fatalf("%v %s (json %v): %v\nbody %q", s.protocol, s.method.name(), s.json, err, s.body)
	}
	switch g.code {
	case "INTERNAL", "UNKNOWN", "DATA_LOSS", "CANCELED", "DEADLINE_EXCEEDED":
		t.Errorf("%v %s (json %v): %s %s\nbody %q", s.protocol, s.method.name(), s.json, g.code, g.message, s.body)
	case "", "OK", "UNIMPLEMENTED": // "": turned away before the protocol layer, like a GET of what is no read
	default:
		if g.reason() == "" {
			t.Errorf("%v %s (json %v): %s without a reason: %s\nbody %q", s.protocol, s.method.name(), s.json, g.code, g.message, s.body)
		}
	}
	if g.http >= 500 && g.code != "UNAVAILABLE" {
		t.Errorf("HTTP status %d", g.http)
	}
	x.calm(t)
	if s.method.name() == "SignOut" || g.reason() == "SESSION_ENDED" {
		x.signInAgain(t)
	}
	again, err := x.send(ctx, sent{protocol: s.protocol % connectGet, method: methodNamed(t, "ListGames")})
	if s.protocol >= grpc {
		again, err = x.send(ctx, sent{protocol: s.protocol, method: methodNamed(t, "ListGames")})
	}
	if err != nil || again.code != "OK" {
		t.Errorf("after it the connection is of no use: %v %s", err, again.code)
	}
	return g
}

// seeds has a request that works, or nearly, for every method.
var seeds = map[string][]string{
	"SignIn":         {`{"guestSecret":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","name":"Zoë","installation":"phone"}`},
	"RefreshSession": {`{"refreshToken":"AaIKINHZe4GJBi5CZm2DlAAAAAAAAAABiLh_hy1kIb7UuFSpLswEJe-ck9sfIgPC"}`},
	"SignOut":        {`{}`},
	"GetPlayer":      {`{"playerId":"$A2"}`, `{}`},
	"UpdatePlayer":   {`{"name":"a\u202eb","locale":"de-AT","timeZone":"Europe/Vienna"}`},
	"BlockPlayer":    {`{"playerId":"$A2"}`},
	"UnblockPlayer":  {`{"playerId":"$A2"}`},
	"ListGames":      {`{}`},
	"CreateMatch": {
		`{"requestId":"$B6","game":"tictactoe","seat":2,"access":"ACCESS_INVITED","invitePlayerIds":["$A2"],"title":"\u0000","labels":{"a":"b"}}`,
		`{"requestId":"$B5","game":"relay","minSeats":2,"maxSeats":16,"startRule":3,"options":{"a":[[{}],null,1e300,"NaN"]},"state":{"text":"x"}}`,
	},
	"JoinMatch":         {`{"matchId":"$B3","requestId":"$B1","seat":2}`, `{"joinCode":"ABCDEFGHJK","requestId":"$B1"}`},
	"InvitePlayers":     {`{"matchId":"$B4","requestId":"$B2","playerIds":["$A2"]}`},
	"DeclineInvitation": {`{"matchId":"$B4","requestId":"$B3"}`},
	"LeaveMatch":        {`{"matchId":"$B4","requestId":"$B4"}`},
	"StartMatch":        {`{"matchId":"$B4","requestId":"$B5"}`},
	"CancelMatch":       {`{"matchId":"$B4","requestId":"$B6"}`},
	"GetMatch":          {`{"matchId":"$B1","legalMoves":true,"sinceVersion":"0","ifNewerThan":"18446744073709551615"}`, `{"joinCode":"A"}`},
	"ListMatches":       {`{"filter":3,"game":"relay","view":2,"pageSize":100}`, `{"pageToken":"AAAAAAAA"}`},
	"SubmitTurn": {
		`{"matchId":"$B1","requestId":"$A1","expectedVersion":"3","moves":[{"text":"a1"}]}`,
		`{"matchId":"$B2","requestId":"$A1","expectedVersion":"3","moves":[{"data":"/w=="}],"relay":{"state":{"data":"AA=="},"nextSeats":[{"seat":1,"timeLimit":"1s"}]}}`,
		`{"matchId":"$B2","requestId":"$A2","expectedVersion":"3","relay":{"outcomes":[{"seat":1,"result":1,"score":"NaN"},{"seat":2,"result":2,"place":2}]}}`,
	},
	"SaveDraft":    {`{"matchId":"$B1","draft":{"moves":[{"text":"b2"}],"saveTime":"2026-01-01T00:00:00Z"}}`, `{"matchId":"$B2","draft":{"state":{"text":""}}}`},
	"ListTurns":    {`{"matchId":"$B1","pageSize":1}`},
	"Resign":       {`{"matchId":"$B2","requestId":"$B1","relay":{"nextSeats":[{"seat":2}]}}`, `{"matchId":"$B1","requestId":"$B1"}`},
	"ArchiveMatch": {`{"matchId":"$B6","unarchive":true}`},
	"GetReplay":    {`{"matchId":"$B6"}`},
	"ListEvents":   {`{"views":true,"pageSize":500}`, `{"cursor":"AYPQB-Jivm2TKSeGeDJzLP-AZoZhCTJEllhLJNFMxRhk"}`},
	"WaitEvents":   {`{"wait":"55s","views":true}`, `{"cursor":"AYPQB-Jivm2TKSeGeDJzLP-AZoZhCTJEllhLJNFMxRhk","wait":"0s"}`},
	"AckEvents":    {`{"cursor":"AAAA","seen":{"matchId":"$B1","version":"18446744073709551615"}}`, `{"seen":{"matchId":"$B6","version":"9"}}`, `{"seen":{}}`},
}

// seed puts the placeholders, which are easier to read as $A1, into a seed.
func seed(s string) []byte {
	for _, p := range placeholders {
		s = strings.ReplaceAll(s, "$"+strings.ToUpper(p[len(p)-2:]), p)
	}
	return []byte(s)
}

// FuzzCalls turns bytes into a call of any method in any protocol and encoding, through the real handler.
func FuzzCalls(f *testing.F) {
	all := methods()
	for i, m := range all {
		if len(seeds[m.name()]) == 0 {
			f.Fatalf("%s has no seed", m.name())
		}
		for _, s := range seeds[m.name()] {
			msg := m.request()
			if err := protojson.Unmarshal(seed(s), msg); err != nil {
				f.Fatalf("seed of %s: %v", m.name(), err)
			}
			bin, err := proto.Marshal(msg)
			if err != nil {
				f.Fatal(err)
			}
			for p := range protocols {
				f.Add(byte(i), byte(p), false, false, bin)
				f.Add(byte(i), byte(p), true, false, seed(s))
			}
			f.Add(byte(i), byte(grpc), false, true, frame(bin))
			f.Add(byte(i), byte(grpcWeb), false, true, frame(bin)[:4])
		}
	}
	x := newTarget(f)
	f.Fuzz(func(t *testing.T, method, way byte, json, raw bool, body []byte) {
		p := protocol(way % byte(protocols))
		if len(body) > 400<<10 || p == connectGet && len(body) > 16<<10 { // a URL of more is turned away by net/http
			return
		}
		x.hit(t, sent{method: all[int(method)%len(all)], protocol: p, json: json, raw: raw, body: body})
	})
}

// TestRandomCalls calls every method in every protocol and encoding with messages that are built as they should be
// and filled as they should not.
func TestRandomCalls(t *testing.T) {
	x := newTarget(t)
	worked := map[string]bool{}
	for n, m := range methods() {
		for p := range protocols {
			if p == connectGet && !m.read() {
				continue
			}
			t.Run(fmt.Sprintf("%s %v", m.name(), p), func(t *testing.T) {
				gen := rapid.Custom(func(r *rapid.T) proto.Message {
					msg := m.request()
					fill(r, msg.ProtoReflect(), x, rapid.SampledFrom([]int{0, 0, 1, 4}).Draw(r, "badness"), 3)
					return msg
				})
				for i := range 24 {
					msg := gen.Example(i + 100*int(p) + 1000*n)
					json := i%2 == 1
					marshal := proto.Marshal
					if json {
						marshal = protojson.Marshal
					}
					body, err := marshal(msg)
					if err != nil {
						continue // JSON cannot say it: a Duration of a million years
					}
					if p == connectGet && len(body) > 16<<10 {
						continue
					}
					g := x.hit(t, sent{method: m, protocol: p, json: json, body: body})
					if g.code == "OK" {
						worked[m.name()] = true
					}
				}
			})
		}
	}
	if len(worked) < 15 {
		t.Errorf("only %v ever worked: the messages are no longer nearly right", worked)
	}
}

// fill sets fields of a message to values that are right, nearly right or far off: bad of ten are not right.
func fill(r *rapid.T, m protoreflect.Message, x *target, bad, deep int) {
	if v, ok := m.Interface().(*structpb.Value); ok {
		if bad == 0 || rapid.Bool().Draw(r, "true") {
			v.Kind = &structpb.Value_BoolValue{BoolValue: true}
			return
		}
		v.Kind = &structpb.Value_NumberValue{NumberValue: rapid.SampledFrom([]float64{0, -1, math.MaxFloat64, math.NaN(), math.Inf(-1)}).Draw(r, "float")}
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if rapid.IntRange(0, 9).Draw(r, "leave out") < max(bad, optional(f)) {
			continue
		}
		switch {
		case f.IsMap():
			mp := m.Mutable(f).Map()
			for range rapid.IntRange(0, 3).Draw(r, "pairs") {
				k := scalar(r, f.MapKey(), x, bad).MapKey()
				if f.MapValue().Message() == nil {
					mp.Set(k, scalar(r, f.MapValue(), x, bad))
				} else if v := mp.NewValue(); deep > 0 {
					fill(r, v.Message(), x, bad, deep-1)
					mp.Set(k, v)
				}
			}
		case f.IsList():
			l := m.Mutable(f).List()
			for range rapid.SampledFrom([]int{1, 1, 1, 0, 2, 17}[:1+bad]).Draw(r, "length") {
				if f.Message() == nil {
					l.Append(scalar(r, f, x, bad))
				} else if v := l.NewElement(); deep > 0 {
					fill(r, v.Message(), x, bad, deep-1)
					l.Append(v)
				}
			}
		case f.Message() != nil:
			if deep > 0 {
				fill(r, m.Mutable(f).Message(), x, bad, deep-1)
			}
		default:
			m.Set(f, scalar(r, f, x, bad))
		}
	}
}

// optional returns of ten messages how many should do without a field.
func optional(f protoreflect.FieldDescriptor) int {
	switch f.Name() {
	case "match_id", "request_id", "game", "expected_version", "guest_secret", "refresh_token", "player_id", "player_ids", "moves":
		return 0
	case "join_code", "relay", "options", "state", "page_token":
		return 8
	}
	return 5
}

// scalar draws a value of a field's type: a good one most of the time where the field's name tells what is good.
func scalar(r *rapid.T, f protoreflect.FieldDescriptor, x *target, bad int) protoreflect.Value {
	good := rapid.IntRange(0, 9).Draw(r, "good") >= bad
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(r, "bool"))
	case protoreflect.EnumKind:
		n := rapid.Int32Range(0, int32(f.Enum().Values().Len()-1)).Draw(r, "enum")
		if !good {
			n = rapid.SampledFrom([]int32{-1, 99, math.MaxInt32, math.MinInt32}).Draw(r, "no enum")
		}
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.Int32Kind:
		if good {
			return protoreflect.ValueOfInt32(rapid.Int32Range(0, 2).Draw(r, "small"))
		}
		return protoreflect.ValueOfInt32(rapid.SampledFrom([]int32{0, 1, 2, 2, 3, 16, 17, 100, -1, math.MaxInt32, math.MinInt32}).Draw(r, "int32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.SampledFrom([]int64{0, 1, 60, -1, 315_576_000_000, math.MaxInt64, math.MinInt64}).Draw(r, "int64"))
	case protoreflect.Uint64Kind:
		if good {
			return protoreflect.ValueOfUint64(rapid.Uint64Range(1, 4).Draw(r, "version"))
		}
		return protoreflect.ValueOfUint64(rapid.SampledFrom([]uint64{0, 1, 2, 3, 3, 4, 5, math.MaxInt64, math.MaxUint64}).Draw(r, "uint64"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.SampledFrom([]float64{0, 0.5, math.NaN(), math.Inf(1), -math.MaxFloat64}).Draw(r, "double"))
	case protoreflect.BytesKind:
		if good {
			return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(r, "secret"))
		}
		return protoreflect.ValueOfBytes(rapid.SampledFrom([][]byte{nil, {0}, bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{255}, 5000)}).Draw(r, "bytes"))
	default:
		return protoreflect.ValueOfString(text(r, string(f.Name()), good, x))
	}
}

func text(r *rapid.T, field string, good bool, x *target) string {
	if good {
		switch field {
		case "match_id":
			return rapid.SampledFrom(placeholders[2:]).Draw(r, "match")
		case "player_id":
			return rapid.SampledFrom(placeholders[:2]).Draw(r, "player")
		case "player_ids", "invite_player_ids":
			return placeholders[1]
		case "request_id":
			return requestID(rapid.IntRange(0, 255).Draw(r, "request"))
		case "game":
			return rapid.SampledFrom([]string{"relay", "tictactoe"}).Draw(r, "game")
		case "text":
			return rapid.SampledFrom([]string{"a1", "b2", "c3"}).Draw(r, "move")
		case "locale":
			return "de-AT"
		case "time_zone":
			return "Europe/Vienna"
		case "name", "installation", "title":
			return rapid.SampledFrom([]string{"x", "Zoë", "😀 e\u0301"}).Draw(r, "name")
		case "join_code":
			return x.joinCode
		case "refresh_token":
			return x.refresh
		case "page_token":
			return pageToken(r)
		}
	}
	return rapid.SampledFrom([]string{
		"", "x", "\x00", "a\r\nb", "\u202edrow\u2066", notUTF8, "\ufeff\u2028", "../../etc/passwd", "'; --", "😀", "e\u0301",
		strings.Repeat("ä", 40), strings.Repeat("x", 70_000), strings.ToUpper(placeholders[2]), "{" + placeholders[2] + "}",
		"urn:uuid:" + placeholders[2], "00000000-0000-0000-0000-000000000000", "-1", "18446744073709551616",
	}).Draw(r, "text")
}

// pageToken makes a token as the server makes them, for a place of any length: it has no key, so anybody can.
func pageToken(r *rapid.T) string {
	filter, name := rapid.IntRange(1, 3).Draw(r, "filter"), rapid.SampledFrom([]string{"", "relay", "tictactoe"}).Draw(r, "game")
	scope := rapid.SampledFrom([]string{
		fmt.Sprintf("%d %s %s", filter, name, placeholders[0]), "turns " + placeholders[2],
	}).Draw(r, "scope")
	place := strings.Repeat("\xff", rapid.SampledFrom([]int{1, 8, 16, 24, 300}).Draw(r, "place"))
	return sealed(scope, place)
}

func sealed(scope, place string) string {
	sum := crc32.ChecksumIEEE([]byte(scope + "\x00" + place))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32([]byte(place), sum))
}

// TestForgedPageTokens makes tokens that fit their list and name no place in it.
func TestForgedPageTokens(t *testing.T) {
	x := newTarget(t)
	me, turns := x.real[0], "turns "+x.real[2]
	for _, size := range []int{1, 7, 8, 9, 15, 16, 17, 24, 25, 300} {
		for _, b := range []string{"\x00", "\x01", "\xff"} {
			place := strings.Repeat(b, size)
			for scope, in := range map[string]string{
				"1  " + me:      `{"pageToken":%q}`,
				"2  " + me:      `{"filter":2,"pageToken":%q}`,
				"3 relay " + me: `{"filter":3,"game":"relay","pageToken":%q}`,
				turns:           `{"matchId":"` + x.real[2] + `","pageToken":%q}`,
			} {
				m := methodNamed(t, "ListMatches")
				if scope == turns {
					m = methodNamed(t, "ListTurns")
				}
				g := x.hit(t, sent{method: m, json: true, body: fmt.Appendf(nil, in, sealed(scope, place))})
				if g.code != "OK" && g.reason() != "BAD_PAGE_TOKEN" && g.reason() != "PAYLOAD_TOO_LARGE" && g.reason() != "INVALID_FIELD" {
					t.Errorf("%s, %d bytes: %s %s", scope, size, g.code, g.message)
				}
			}
		}
	}
}
