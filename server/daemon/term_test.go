package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/durationpb"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/auth"
)

// termArgs are those of a server whose operators connect by a port.
func termArgs(dir string) []string {
	return append(serveArgs([]string{dir}), "--admin", "127.0.0.1:0")
}

// halfSent is a call whose request has reached the server but for its end.
type halfSent struct {
	rest   *io.PipeWriter
	body   string
	answer chan error
}

// sendHalf begins a turn at a table and returns once the server reads its body.
func sendHalf(t *testing.T, url string, over *http.Transport, tb *table) *halfSent {
	t.Helper()
	over.ExpectContinueTimeout = patience
	body, rest := io.Pipe()
	h := &halfSent{rest: rest, answer: make(chan error, 1), body: fmt.Sprintf(
		`{"matchId":%q,"requestId":%q,"expectedVersion":"%d","moves":[{"text":"last"}],"relay":{"nextSeats":[{"seat":1}]}}`,
		tb.match, uuid.NewString(), tb.version)}
	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/yourmove.v1.MatchService/SubmitTurn", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + tb.token}, "Expect": {"100-continue"}}
	go func() {
		res, err := (&http.Client{Transport: over}).Do(req)
		if err == nil {
			defer res.Body.Close()
			var said []byte
			if said, err = io.ReadAll(res.Body); err == nil && res.StatusCode != http.StatusOK {
				err = fmt.Errorf("HTTP status %d: %s", res.StatusCode, said)
			}
			var turn struct{ Version string }
			if err == nil {
				err = json.Unmarshal(said, &turn)
			}
			if err == nil && turn.Version != fmt.Sprint(tb.version+1) {
				err = fmt.Errorf("the answer is version %q: %s", turn.Version, said)
			}
		}
		h.answer <- err
	}()
	select {
	case <-reading:
	case err := <-h.answer:
		t.Fatal("a call was answered before it was sent whole:", err)
	case <-time.After(patience):
		t.Fatal("the server does not read a call")
	}
	return h
}

func (h *halfSent) finish() error {
	if _, err := io.WriteString(h.rest, h.body); err != nil {
		return err
	}
	if err := h.rest.Close(); err != nil {
		return err
	}
	return <-h.answer
}

// hints are what those who waited were told.
type hints struct {
	mu    sync.Mutex // guards below
	after []time.Duration
	wrong []string
}

func (h *hints) add(who string, end *pb.StreamEnd, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || end.GetReason() != pb.EndReason_END_REASON_DRAINING {
		h.wrong = append(h.wrong, fmt.Sprintf("%s: %v, %v", who, end, err))
		return
	}
	h.after = append(h.after, end.GetRetryAfter().AsDuration())
}

func (h *hints) all() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.after) + len(h.wrong)
}

// TestTermination ends a server with SIGTERM under load: readiness goes off, every stream and wait is told when to come
// back, calls under way are answered, and the process ends well and soon.
func TestTermination(t *testing.T) {
	streams, waits := 1000, 100
	if raceEnabled {
		streams = 200
	}
	dir := t.TempDir() + "/data"
	c := startChild(t, "serve", nil, termArgs(dir)...)
	keys, err := auth.LoadKeys(dir + "/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	access := auth.NewAccess(keys, 0)
	var told hints
	var wg sync.WaitGroup
	var over []*http.Transport
	for i := range 10 {
		over = append(over, network(i%2 == 0))
		defer over[i].CloseIdleConnections()
	}
	for i := range streams {
		s, _, err := openStream(t.Context(), events(c.url, over[i%10], mint(t, access, game.PlayerID(uuid.New()))), &pb.StreamEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			m, err := s.Receive()
			told.add("a stream", m.GetEnd(), err)
			if err == nil {
				if _, err = s.Receive(); !errors.Is(err, io.EOF) {
					told.add("after its end a stream", nil, err)
				}
			}
			_ = s.Close()
		})
	}
	for i := range waits {
		calls := events(c.url, over[i%10], mint(t, access, game.PlayerID(uuid.New())))
		now, err := calls.ListEvents(t.Context(), &pb.ListEventsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			res, err := calls.WaitEvents(context.WithoutCancel(t.Context()), &pb.WaitEventsRequest{
				Cursor: now.GetCursor(), Wait: durationpb.New(55 * time.Second),
			})
			if err == nil && res.GetCursor() != now.GetCursor() && res.GetCursor() == "" {
				err = fmt.Errorf("no cursor to go on from: %v", res)
			}
			told.add("a wait", res.GetEnd(), err)
		})
	}
	await(t, "all wait", func() bool {
		return metric(t, c.admin, `yourmove_doors_open{door="wait"}`) == fmt.Sprint(waits) &&
			metric(t, c.admin, `yourmove_doors_open{door="stream"}`) == fmt.Sprint(streams)
	})
	// Those who play all the time are cut somewhere: what they were told must be true.
	ledgers := make([]*ledger, 8)
	var play sync.WaitGroup
	playing, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	begun := make(chan struct{}, len(ledgers))
	for i := range ledgers {
		l := &ledger{}
		ledgers[i] = l
		play.Go(func() {
			_ = l.play(playing, c.url, func() {
				if len(l.acked) == 5 {
					begun <- struct{}{}
				}
			})
		})
	}
	for range ledgers {
		select {
		case <-begun:
		case <-playing.Done():
			t.Fatal("the players do not get to play\n", c.log)
		}
	}
	var tables []*table
	var under []*halfSent
	for _, h2 := range []bool{false, false, false, true, true, true} {
		tr := network(h2)
		defer tr.CloseIdleConnections()
		tb := seatPlayers(t, c.url, tr, 1)
		tables, under = append(tables, tb), append(under, sendHalf(t, c.url, tr, tb))
	}

	begin := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ready := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	await(t, "readiness is off", func() bool {
		res, err := ready.Get(c.admin + "/readyz")
		if err != nil {
			t.Fatal("the server does not wait for the calls under way:", err)
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	})
	await(t, "all were told to come back", func() bool { return told.all() >= streams+waits })
	wg.Wait()
	play.Wait() // nobody gets in any more
	for i, h := range under {
		if err := h.finish(); err != nil {
			t.Errorf("call %d that was under way: %v", i, err)
		}
	}
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, c.log)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the server took %v to end", took)
	}
	if len(told.wrong) > 0 {
		t.Errorf("%d were not told when to come back: %s", len(told.wrong), strings.Join(told.wrong[:min(5, len(told.wrong))], "; "))
	}
	spread(t, told.after)
	if strings.Contains(c.log.String(), `"level":"ERROR"`) {
		t.Errorf("the server logged failures of its own:\n%s", c.log)
	}

	c = startChild(t, "serve", nil, termArgs(dir)...)
	var v verdict
	for _, l := range ledgers {
		if err := l.verify(t.Context(), c.url, &v); err != nil {
			t.Fatal(err)
		}
	}
	if v.lost+v.twice > 0 {
		t.Errorf("%d acknowledged turns are lost, %d were applied twice", v.lost, v.twice)
	}
	for _, tb := range tables {
		got, err := client(c.url, tb.token).GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: tb.match})
		if err != nil || got.GetMatch().GetSummary().GetVersion() != tb.version+1 {
			t.Errorf("a turn that was answered while the server ended is not there: %v, %v", got.GetMatch().GetSummary(), err)
		}
	}
}

// spread wants clients to come back between one and five seconds later, and not all at once.
func spread(t *testing.T, after []time.Duration) {
	t.Helper()
	quarters := map[time.Duration]int{}
	for _, d := range after {
		if d < time.Second || d >= 5*time.Second {
			t.Errorf("a client is to come back after %v", d)
			return
		}
		quarters[d/time.Second]++
	}
	for s, n := range quarters {
		if n < len(after)/8 || n > len(after)/2 {
			t.Errorf("%d of %d are to come back in second %d", n, len(after), s)
		}
	}
	if len(quarters) != 4 {
		t.Errorf("they are to come back in the seconds %v", quarters)
	}
}

// TestTerminationWithStoppedReader: a client that does not read cannot hold the server up.
func TestTerminationWithStoppedReader(t *testing.T) {
	for _, how := range []stall{{}, {h2: true}} {
		t.Run(how.String(), func(t *testing.T) {
			dir := t.TempDir() + "/data"
			c := startChild(t, "serve", nil, termArgs(dir)...)
			over := network(true)
			defer over.CloseIdleConnections()
			tb := seatPlayers(t, c.url, over, 1)
			now, err := events(c.url, over, tb.token).ListEvents(t.Context(), &pb.ListEventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			r := startReader(t, c.url, tb.token, now.GetCursor(), how)
			if err := tb.turn(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			await(t, "the reader has heard of the first turn", func() bool { return r.heard.heard(tb.match) == tb.at() })
			r.signal(t, syscall.SIGSTOP)
			for range 200 { // 12 MB: more than the kernel takes
				if err := tb.turn(t.Context(), 60<<10); err != nil {
					t.Fatal(err)
				}
			}
			begin := time.Now()
			if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			err = c.cmd.Wait()
			if took := time.Since(begin); err != nil || took > 10*time.Second {
				t.Errorf("the server ended with %v after %v\n%s", err, took, c.log)
			}
			if !strings.Contains(c.log.String(), "calls were cut off") {
				t.Errorf("the server does not say that it cut the reader:\n%s", c.log)
			}
		})
	}
}
