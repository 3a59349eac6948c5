package clientsim

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// Luck is how often a call meets with bad luck, each from 0 (never) to 1 (always). The zero Luck is none.
type Luck struct {
	// Lose loses calls on their way to the server; a stream is not opened.
	Lose float64
	// Drop loses answers, after the server has carried out the call. Of a stream it loses a message, and the stream breaks.
	Drop float64
	// Repeat sends calls again that were answered, and compares the answers. Streams are not repeated.
	Repeat float64
}

// BadLuck is a network as people on trains have it: it loses a call in a hundred or so on each side.
var BadLuck = Luck{Lose: 0.01, Drop: 0.02, Repeat: 0.02}

// and is the luck of one who meets with both, one after the other.
func (l Luck) and(other Luck) Luck {
	either := func(a, b float64) float64 { return 1 - (1-a)*(1-b) }
	return Luck{Lose: either(l.Lose, other.Lose), Drop: either(l.Drop, other.Drop), Repeat: either(l.Repeat, other.Repeat)}
}

// LuckCount counts what bad luck there was.
type LuckCount struct {
	Lost     uint64 `json:"lost"`
	Dropped  uint64 `json:"dropped"`
	Repeated uint64 `json:"repeated"`
}

// luckCounters counts for several clients at once.
type luckCounters struct{ lost, dropped, repeated atomic.Uint64 }

func (c *luckCounters) count() LuckCount {
	return LuckCount{c.lost.Load(), c.dropped.Load(), c.repeated.Load()}
}

// errLost stands for what a client sees of a call or an answer that got lost.
var errLost = errors.New("lost by clientsim on purpose")

func lost() error {
	return connect.NewError(connect.CodeUnavailable, "connection lost").WithCause(errLost)
}

// repeats is how often a repeat is tried: it may meet with a server that is being started again.
const repeats = 3

// unlucky is the source of one client's bad luck.
type unlucky struct {
	luck  Luck
	count *luckCounters
	// tell is given what is wrong with the answer to a repeat.
	tell func(match, format string, args ...any)

	mu  sync.Mutex // guards rng
	rng *rand.Rand
}

// interceptor is the place where calls and answers get lost. It must be the innermost, so that whoever repeats a call
// stands outside.
func (u *unlucky) interceptor(next connect.ClientFunc) connect.ClientFunc {
	if u.luck == (Luck{}) {
		return next
	}
	return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
		lose, drop, repeat := u.draw()
		if lose {
			u.count.lost.Add(1)
			return nil, lost()
		}
		stream, err := next(ctx, spec)
		if err == nil && spec.StreamType != connect.StreamTypeUnary {
			return &unluckyMessages{ClientStream: stream, u: u}, nil
		}
		if err != nil || !drop && !repeat {
			return stream, err
		}
		s := &unluckyStream{ClientStream: stream, u: u, drop: drop}
		if repeat {
			s.again = func(req, res any) error { return again(ctx, spec, next, req, res) }
		}
		return s, nil
	}
}

// draw decides the fate of a call, or of a message of a stream. It draws the same number of times for each, so that the
// fates depend on the seed and the number of the call alone.
func (u *unlucky) draw() (lose, drop, repeat bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, b, c := u.rng.Float64(), u.rng.Float64(), u.rng.Float64()
	return a < u.luck.Lose, b < u.luck.Drop, c < u.luck.Repeat
}

// again sends a request once more, as a new call with the headers of the first, and waits out what is transient, within
// bounds: the server may be in the middle of a restart.
func again(ctx context.Context, spec connect.Spec, next connect.ClientFunc, req, res any) error {
	first, _ := connect.CallInfoForClientContext(ctx)
	for try := 1; ; try++ {
		ctx, info := connect.NewClientContext(ctx)
		if auth := first.RequestHeader().Get(authorization); auth != "" {
			info.RequestHeader().Set(authorization, auth)
		}
		err := once(ctx, spec, next, req, res)
		if err == nil || !transient(err) || try == repeats {
			return err
		}
		if err := Sleep(ctx, time.Duration(try)*10*time.Millisecond); err != nil {
			return err
		}
	}
}

func once(ctx context.Context, spec connect.Spec, next connect.ClientFunc, req, res any) error {
	stream, err := next(ctx, spec)
	if err != nil {
		return err
	}
	err = stream.Send(req)
	if err == nil {
		err = stream.CloseSend()
	}
	if err == nil {
		err = stream.Receive(res)
	}
	return errors.Join(err, stream.Close())
}

// unluckyStream is a call whose answer will be lost, or that will be repeated, or both.
type unluckyStream struct {
	connect.ClientStream
	u     *unlucky
	drop  bool
	again func(req, res any) error
	req   any
}

// Send keeps the request for the repeat.
func (s *unluckyStream) Send(msg any) error {
	s.req = msg
	return s.ClientStream.Send(msg)
}

// Receive waits for the answer before it loses it: the server has carried out the call.
func (s *unluckyStream) Receive(msg any) error {
	if err := s.ClientStream.Receive(msg); err != nil {
		return err
	}
	if s.again != nil {
		s.repeat(msg)
	}
	if s.drop {
		if m, ok := msg.(proto.Message); ok {
			proto.Reset(m)
		}
		s.u.count.dropped.Add(1)
		return lost()
	}
	return nil
}

// unluckyMessages is a stream of which any message may be lost.
type unluckyMessages struct {
	connect.ClientStream
	u *unlucky
}

// Receive waits for the message before it loses it: the server has sent it.
func (s *unluckyMessages) Receive(msg any) error {
	if err := s.ClientStream.Receive(msg); err != nil {
		return err
	}
	if _, drop, _ := s.u.draw(); drop {
		s.u.count.dropped.Add(1)
		return errors.Join(lost(), s.Close())
	}
	return nil
}

// answered is what all answers to calls that change a match have in common.
type answered interface {
	proto.Message
	GetVersion() uint64
	GetEvents() []*pb.Event
}

// heardAnswer is what the answers have in common that tell of what happened since a cursor.
type heardAnswer interface {
	proto.Message
	GetEvents() []*pb.InboxEvent
}

// repeat sends the request again and compares what the API promises to be the same: the version and the events. Calls
// without those are not repeated: they change nothing, or are idempotent by their content.
func (s *unluckyStream) repeat(msg any) {
	switch first := msg.(type) {
	case answered:
		s.repeatChange(first)
	case heardAnswer:
		s.repeatHearing(first)
	}
}

// repeatHearing asks again what happened since a cursor. More may have happened meanwhile.
func (s *unluckyStream) repeatHearing(first heardAnswer) {
	if len(first.GetEvents()) == 0 {
		return // who asks for nothing new waits for it
	}
	second := first.ProtoReflect().New().Interface().(heardAnswer)
	if err := s.again(s.req, second); err != nil {
		s.refusedAgain("", err)
		return
	}
	s.u.count.repeated.Add(1)
	for i, e := range first.GetEvents() {
		if i >= len(second.GetEvents()) {
			s.u.tell(e.GetMatchId(), "%T: the answer had %d events, that to its repeat %d", first, len(first.GetEvents()), len(second.GetEvents()))
			return
		}
		a, b := proto.CloneOf(e), proto.CloneOf(second.GetEvents()[i])
		a.Match, b.Match = nil, nil // these are as of now
		if !proto.Equal(a, b) {
			s.u.tell(e.GetMatchId(), "%T: event %d of the answer was %v, that of its repeat is %v", first, i+1, a, b)
			return
		}
	}
}

// refusedAgain tells of a repeat that was refused.
func (s *unluckyStream) refusedAgain(match string, err error) {
	// A server that is gone, a token that expired meanwhile: no answer is no wrong answer.
	switch code := connect.CodeOf(err); {
	case transient(err), code == connect.CodeUnauthenticated, code == connect.CodeCanceled, code == connect.CodeDeadlineExceeded:
	case code == connect.CodeOutOfRange: // a cursor that expired meanwhile: the snapshot that follows is counted
	default:
		s.u.tell(match, "a call that was carried out was refused when it was repeated: %v", err)
	}
}

// repeatChange asks again for the same change.
func (s *unluckyStream) repeatChange(first answered) {
	second := first.ProtoReflect().New().Interface().(answered)
	match := matchOf(s.req)
	if err := s.again(s.req, second); err != nil {
		s.refusedAgain(match, err)
		return
	}
	s.u.count.repeated.Add(1)
	if first.GetVersion() != second.GetVersion() {
		s.u.tell(match, "%T: the answer had version %d, that to its repeat %d", first, first.GetVersion(), second.GetVersion())
	}
	if a, b := first.GetEvents(), second.GetEvents(); !sameEvents(a, b) {
		s.u.tell(match, "%T: the answer had events %v, that to its repeat %v", first, a, b)
	}
}

func sameEvents(a, b []*pb.Event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !proto.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// matchOf returns the match that a request is about, if it names one.
func matchOf(req any) string {
	if r, ok := req.(interface{ GetMatchId() string }); ok {
		return r.GetMatchId()
	}
	return ""
}
