package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/protobuf/types/known/timestamppb"

	"yourmove/clientsim"
	"yourmove/cmd/yourmove/internal/fakeserver"
	"yourmove/game"
	"yourmove/game/tictactoe"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
	"yourmove/server/servertest"
)

// inBoard makes the n-th event of the match that the scripts know, an hour after the one before.
func inBoard(version uint64, e *yourmovev1.Event) *yourmovev1.InboxEvent {
	e.Version, e.EventTime = version, timestamppb.New(birthday.AsTime().Add(time.Duration(version-1)*time.Hour))
	return &yourmovev1.InboxEvent{MatchId: board, Game: "tictactoe", Event: e}
}

func turn(version, turn uint64, seat int32, player, move string, next ...int32) *yourmovev1.InboxEvent {
	taken := &yourmovev1.TurnTaken{Moves: []*yourmovev1.PlayedMove{{Text: move}}, MustAct: next, ActedBy: yourmovev1.ActedBy_ACTED_BY_PLAYER}
	return inBoard(version, &yourmovev1.Event{Turn: turn, Seat: seat, PlayerId: player, Kind: &yourmovev1.Event_TurnTaken{TurnTaken: taken}})
}

// history is how the match that the scripts know began.
func history() []*yourmovev1.InboxEvent {
	return []*yourmovev1.InboxEvent{
		inBoard(1, &yourmovev1.Event{Seat: 1, PlayerId: anna, Kind: &yourmovev1.Event_MatchCreated{MatchCreated: &yourmovev1.MatchCreated{}}}),
		inBoard(2, &yourmovev1.Event{Seat: 2, PlayerId: boris, Kind: &yourmovev1.Event_PlayerJoined{PlayerJoined: &yourmovev1.PlayerJoined{}}}),
		inBoard(3, &yourmovev1.Event{Turn: 1, Kind: &yourmovev1.Event_MatchStarted{MatchStarted: &yourmovev1.MatchStarted{MustAct: []int32{1}}}}),
		turn(4, 1, 1, anna, "b2", 2),
	}
}

// finale is how it ends, from this version on.
func finale(version uint64) []*yourmovev1.InboxEvent {
	return []*yourmovev1.InboxEvent{
		inBoard(version, &yourmovev1.Event{Turn: 2, Seat: 2, PlayerId: boris, Kind: &yourmovev1.Event_PlayerResigned{PlayerResigned: &yourmovev1.PlayerResigned{}}}),
		inBoard(version+1, &yourmovev1.Event{Turn: 2, Kind: &yourmovev1.Event_MatchFinished{MatchFinished: &yourmovev1.MatchFinished{Outcomes: []*yourmovev1.Outcome{
			{Seat: 1, Result: yourmovev1.Result_RESULT_WON, Ending: yourmovev1.Ending_ENDING_PLAYED},
			{Seat: 2, Result: yourmovev1.Result_RESULT_LOST, Ending: yourmovev1.Ending_ENDING_RESIGNED},
		}}}}),
	}
}

// TestWatchScripts runs testdata/watch/*.txtar. Each has a server of its own, at $YOURMOVE_ADMIN, in whose match four
// events have happened. Commands beside the usual: "watched N" waits until it was watched N times, "turn V" and "finish V"
// let something happen at a version, "restart MS" is one as those who watch see it.
func TestWatchScripts(t *testing.T) {
	type key struct{}
	act := func(do func(ts *testscript.TestScript, s *fakeserver.Server, n int)) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, _ bool, args []string) {
			n, err := strconv.Atoi(strings.Join(args, " "))
			ts.Check(err)
			do(ts, ts.Value(key{}).(*fakeserver.Server), n)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/watch",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit1": exits(exitFailed), "exit2": exits(exitUsage),
			"watched": act(func(ts *testscript.TestScript, s *fakeserver.Server, n int) { ts.Check(s.Watched(t.Context(), n)) }),
			"turn": act(func(_ *testscript.TestScript, s *fakeserver.Server, version int) {
				s.Happen(turn(uint64(version), 2, 2, boris, "a1", 1))
			}),
			"finish": act(func(_ *testscript.TestScript, s *fakeserver.Server, version int) {
				s.Happen(finale(uint64(version))...)
			}),
			"restart": act(func(_ *testscript.TestScript, s *fakeserver.Server, milliseconds int) {
				s.EndWatching(yourmovev1.EndReason_END_REASON_DRAINING, time.Duration(milliseconds)*time.Millisecond)
			}),
		},
		Setup: func(env *testscript.Env) error {
			s := fakeserver.New()
			s.Put(people(), games())
			s.Happen(history()...)
			admin := httptest.NewServer(s.Admin())
			env.Defer(admin.Close)
			env.Values[key{}] = s
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Setenv("YOURMOVE_ADMIN", admin.Listener.Addr().String())
			return nil
		},
	})
}

// page is what a command has printed so far. It can be waited for.
type page struct {
	mu   sync.Mutex // guards all below
	text bytes.Buffer
	more chan struct{}
}

func newPage() *page { return &page{more: make(chan struct{})} }

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.more)
	p.more = make(chan struct{})
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// wait waits until the page has something.
func (p *page) wait(t *testing.T, pattern string) {
	t.Helper()
	re, late := regexp.MustCompile(pattern), time.After(time.Minute)
	for {
		p.mu.Lock()
		text, more := p.text.String(), p.more
		p.mu.Unlock()
		if re.MatchString(text) {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%q has not come; there is\n%s", pattern, text)
		}
	}
}

// watching is "watch" as it runs beside the test.
type watching struct {
	out, errs *page
	cancel    context.CancelFunc
	ended     func() int // waits for the exit code
}

func watches(t *testing.T, admin string, args ...string) *watching {
	ctx, cancel := context.WithCancel(t.Context())
	w := &watching{out: newPage(), errs: newPage(), cancel: cancel}
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"watch", "--admin", admin}, args...), w.out, w.errs) }()
	w.ended = sync.OnceValue(func() int { return <-code })
	t.Cleanup(func() { w.interrupted() })
	return w
}

// interrupted ends it as Ctrl-C does and returns its exit code.
func (w *watching) interrupted() int {
	w.cancel()
	return w.ended()
}

// serveAdmin serves an admin listener until the server is closed.
func serveAdmin(ln net.Listener, h http.Handler) *http.Server {
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(ln) }()
	return s
}

// TestWatchOutlivesRestarts: a server that breaks off, is away for a while and comes back costs no line and doubles none.
func TestWatchOutlivesRestarts(t *testing.T) {
	s := fakeserver.New()
	s.Put(people(), games())
	s.Happen(history()...)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	web := serveAdmin(ln, s.Admin())
	one, all := watches(t, at, board, "--json"), watches(t, at, "--player", anna, "--json")
	one.out.wait(t, `"version":"4"`)
	if err := s.Watched(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s.Happen(turn(5, 2, 2, boris, "a1", 1))
	all.out.wait(t, `"version":"5"`)
	_ = web.Close() // with every connection
	one.errs.wait(t, `the connection to the server is lost`)
	all.errs.wait(t, `the connection to the server is lost`)
	s.Happen(turn(6, 3, 1, anna, "a2", 2))
	if ln, err = net.Listen("tcp", at); err != nil {
		t.Fatal(err)
	}
	web = serveAdmin(ln, s.Admin())
	defer web.Close()
	all.errs.wait(t, `the server is back; what happened meanwhile is not shown`)
	s.Happen(turn(7, 4, 2, boris, "c2", 1))
	one.out.wait(t, `"version":"7"`)
	all.out.wait(t, `"version":"7"`)
	if a, b := one.interrupted(), all.interrupted(); a != exitOK || b != exitOK {
		t.Errorf("interrupted they end with %d and %d", a, b)
	}
	versions := func(p *page) (v []string) {
		for _, m := range regexp.MustCompile(`"version":"(\d+)"`).FindAllStringSubmatch(p.String(), -1) {
			v = append(v, m[1])
		}
		return v
	}
	if got := strings.Join(versions(one.out), " "); got != "1 2 3 4 5 6 7" {
		t.Errorf("of the match it showed %s", got)
	}
	if got := strings.Join(versions(all.out), " "); got != "5 7" {
		t.Errorf("of the player it showed %s", got)
	}
	if said := one.errs.String(); said != "the connection to the server is lost; going on when it is back\nthe server is back\n" {
		t.Errorf("it says\n%s", said)
	}
}

// TestWatchOlderCopy: what was printed and then taken back is noticed.
func TestWatchOlderCopy(t *testing.T) {
	s := fakeserver.New()
	s.Put(people(), games())
	s.Happen(history()...)
	s.Happen(turn(5, 2, 2, boris, "a1", 1), turn(6, 3, 1, anna, "a2", 2))
	admin := httptest.NewServer(s.Admin())
	defer admin.Close()
	w := watches(t, admin.Listener.Addr().String(), board)
	w.out.wait(t, `took a turn a2; next: Bo \[31mris K \(seat 2\)\n`)
	s.Forget(2)
	other := turn(5, 2, 2, boris, "c3", 1)
	other.Event.EventTime = timestamppb.New(birthday.AsTime().Add(48 * time.Hour))
	s.Happen(other)
	s.EndWatching(yourmovev1.EndReason_END_REASON_DRAINING, time.Millisecond)
	w.out.wait(t, `took a turn c3`)
	w.errs.wait(t, `from version 5 on the match is another one than before: the server runs on an older copy\n`)
	w.interrupted()
}

// TestWatchEnded: an end for which a watcher can do nothing is a failure.
func TestWatchEnded(t *testing.T) {
	s := fakeserver.New()
	s.Put(people(), games())
	admin := httptest.NewServer(s.Admin())
	defer admin.Close()
	w := watches(t, admin.Listener.Addr().String(), "--player", anna)
	if err := s.Watched(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.EndWatching(yourmovev1.EndReason_END_REASON_REPLACED, 0)
	w.errs.wait(t, `^yourmove: the server ended the stream: replaced\n$`)
	if code := w.ended(); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}

// TestWatchNoticesSilence: a stream that says nothing at all is given up for another one, as often as it takes.
func TestWatchNoticesSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fakeserver.New()
		s.Put(people(), games())
		s.Happen(history()...)
		streams := 0
		s.Trouble(func(string) error {
			switch streams++; streams {
			case 2:
				return connect.NewError(connect.CodeCanceled, "cut off")
			case 3:
				return connect.NewError(connect.CodeUnavailable, "not yet")
			}
			return nil
		})
		var printed, told []string
		w := &watcher{
			client:  adminv1connect.NewAdminServiceClient(connect.NewClient(connectinprocess.New(s.AdminRPC()))),
			req:     &adminv1.WatchEventsRequest{Target: &adminv1.WatchEventsRequest_MatchId{MatchId: board}},
			silence: longestSilence,
			print: func(_ context.Context, e *yourmovev1.InboxEvent) error {
				printed = append(printed, strconv.FormatUint(e.GetEvent().GetVersion(), 10))
				return nil
			},
			say: func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) },
		}
		done := make(chan error, 1)
		go func() { done <- w.run(t.Context()) }()
		time.Sleep(longestSilence + longestReturn)
		if err := s.Watched(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		s.Happen(finale(5)...)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(printed, " "); got != "1 2 3 4 5 6" {
			t.Errorf("it showed %s", got)
		}
		if len(told) != 2 || !strings.Contains(told[0], "is lost") || told[1] != "the server is back" {
			t.Errorf("it says %q", told)
		}
	})
}

// TestWatchRealServer watches a match and a player on the real server, over a restart of it.
func TestWatchRealServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
	admin := serveAdmin(ln, s.Admin)
	plays := func(name string, s *servertest.Server) *clientsim.Client {
		c := clientsim.NewClient(connectinprocess.New(s.RPC), clientsim.ClientOptions{Secret: sha256.Sum256([]byte(name)), Name: name})
		if err := c.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		return c
	}
	move := func(c *clientsim.Client, match, text string) {
		t.Helper()
		got, err := c.GetMatch(t.Context(), &yourmovev1.GetMatchRequest{MatchId: match})
		if err == nil {
			_, err = c.SubmitTurn(t.Context(), &yourmovev1.SubmitTurnRequest{
				MatchId: match, ExpectedVersion: got.GetMatch().GetSummary().GetVersion(), Moves: []*yourmovev1.Move{{Text: text}},
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ann, ben := plays("Ann", s), plays("Ben", s)
	made, err := ann.CreateMatch(t.Context(), &yourmovev1.CreateMatchRequest{Game: "tictactoe", Seat: 1})
	if err != nil {
		t.Fatal(err)
	}
	match := made.GetMatch().GetSummary().GetMatchId()

	one, all := watches(t, at, match), watches(t, at, "--player", ben.PlayerID())
	one.out.wait(t, `1        0     Ann \(seat 1\) created\n`)
	for s.Service.OpenDoors(server.DoorWatch) < 2 { // of the player nothing is told before it watches
		runtime.Gosched()
	}
	if _, err := ben.JoinMatch(t.Context(), &yourmovev1.JoinMatchRequest{MatchId: match}); err != nil {
		t.Fatal(err)
	}
	move(ann, match, "b2")
	one.out.wait(t, `4        1     Ann \(seat 1\) took a turn b2; next: Ben \(seat 2\)\n`)
	all.out.wait(t, `4        1     Ann \(seat 1\) took a turn b2; next: Ben \(seat 2\)\n`)

	_ = admin.Close()
	one.errs.wait(t, `is lost`)
	all.errs.wait(t, `is lost`)
	s.Close()
	s = servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}, Dir: s.Dir, Keys: s.Keys})
	ann, ben = plays("Ann", s), plays("Ben", s)
	move(ben, match, "a1")
	if ln, err = net.Listen("tcp", at); err != nil {
		t.Fatal(err)
	}
	admin = serveAdmin(ln, s.Admin)
	t.Cleanup(func() { _ = admin.Close() })
	all.errs.wait(t, `the server is back`)
	if _, err := ann.Resign(t.Context(), &yourmovev1.ResignRequest{MatchId: match}); err != nil {
		t.Fatal(err)
	}
	one.out.wait(t, `Ann \(seat 1\) lost \(resigned\)`)
	all.out.wait(t, `Ann \(seat 1\) lost \(resigned\)`)
	versions := func(p *page) string {
		var list []string
		for _, m := range regexp.MustCompile(match+` +(\d+) `).FindAllStringSubmatch(p.String(), -1) {
			list = append(list, m[1])
		}
		return strings.Join(list, " ")
	}
	if got := versions(one.out); got != "1 2 3 4 5 6 7" {
		t.Errorf("of the match it shows %s", got)
	}
	if got := versions(all.out); got != "2 3 4 6 7" {
		t.Errorf("of the player it shows %s", got)
	}
	if a, b := one.ended(), all.interrupted(); a != exitOK || b != exitOK {
		t.Errorf("they end with %d and %d", a, b)
	}
}
