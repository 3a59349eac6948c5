package clientsim_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/battleship"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server/boltstore"
	"yourmove/server/servertest"
)

var rules = []game.Rules{tictactoe.Rules{}, pig.Rules{}, battleship.Rules{}}

func registry(t testing.TB) *game.Registry {
	t.Helper()
	games, err := game.NewRegistry(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return games
}

// populate lets a population play to its end.
func populate(t *testing.T, o clientsim.Options) clientsim.Stats {
	t.Helper()
	if o.Poll = time.Millisecond; o.Registry == nil {
		o.Registry = registry(t)
	}
	p, err := clientsim.NewPopulation(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context()); err != nil {
		t.Error(err)
	}
	return p.Stats()
}

func TestPopulation(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules})
	st := populate(t, clientsim.Options{
		Transport: s.Transport(), Seed: 1, Players: 12, Finish: 16, Resign: 0.006, Luck: clientsim.BadLuck,
		Personalities: []clientsim.Weighted{{}},
	})
	for _, v := range st.Found {
		t.Error(v)
	}
	if st.Finished < 16 || st.Running != 0 || st.Players != 12 || st.Newest == "" || len(st.Last) == 0 {
		t.Errorf("stats %+v", st)
	}
	n := 0
	for _, g := range []string{"tictactoe", "pig", "battleship", "relay"} {
		if st.Games[g] == 0 {
			t.Errorf("no match of %s was finished: %v", g, st.Games)
		}
		n += st.Games[g]
	}
	if n != st.Finished || st.Turns < 100 {
		t.Errorf("stats %+v", st)
	}
	if st.Resigned == 0 || st.Luck.Lost == 0 || st.Luck.Dropped == 0 || st.Luck.Repeated == 0 {
		t.Errorf("nobody had bad luck or resigned: %+v", st)
	}
}

// crossing leads to a server that can be exchanged. While it is away, calls fail as those to a closed port do.
type crossing struct {
	mu    sync.Mutex // guards all below
	to    connect.Transport
	away  bool
	calls int           // under way
	idle  chan struct{} // closed when there is none any more, while the server is away
	// line is done when the connection to the present server has broken: streams and long-polls on it break.
	line context.Context
	cut  context.CancelFunc
}

func newCrossing(to connect.Transport) *crossing {
	c := &crossing{to: to}
	c.line, c.cut = context.WithCancel(context.Background())
	return c
}

// exchange ends the present server by end, after which no call may wait for anything new, and goes on with the next when
// all calls have come back.
func (c *crossing) exchange(end func(), next func() connect.Transport) {
	c.mu.Lock()
	c.away, c.idle = true, make(chan struct{})
	if c.calls == 0 {
		close(c.idle)
	}
	c.mu.Unlock()
	end()
	<-c.idle
	to := next()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.to, c.away = to, false
	c.line, c.cut = context.WithCancel(context.Background())
}

func (c *crossing) NewClientStream(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return nil, connect.NewError(connect.CodeUnavailable, "connection refused")
	}
	hangUp := func() bool { return true }
	if spec.StreamType != connect.StreamTypeUnary || spec.Procedure == yourmovev1connect.EventServiceWaitEventsProcedure {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		hangUp = context.AfterFunc(c.line, cancel)
	}
	stream, err := c.to.NewClientStream(ctx, spec)
	if err != nil {
		hangUp()
		return nil, err
	}
	c.calls++
	return &crossed{ClientStream: stream, line: c.line, done: sync.OnceFunc(func() {
		hangUp()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.calls--; c.calls == 0 && c.away {
			close(c.idle)
		}
	})}, nil
}

type crossed struct {
	connect.ClientStream
	line context.Context
	done func()
}

func (c *crossed) Receive(msg any) error {
	err := c.ClientStream.Receive(msg)
	if err != nil && c.line.Err() != nil {
		return connect.NewError(connect.CodeUnavailable, "connection reset")
	}
	return err
}

func (c *crossed) Close() error {
	defer c.done()
	return c.ClientStream.Close()
}

// TestPopulationRidesOutRestarts: servers that send everybody away before they go, and such as just vanish. One that
// comes back in another epoch makes all inboxes take snapshots; nothing else may.
func TestPopulationRidesOutRestarts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		doors  []clientsim.Door
		epochs bool
	}{
		{"by looking", nil, false},
		{"by all doors", clientsim.AllDoors, false},
		{"into other epochs", clientsim.AllDoors, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := servertest.Options{Rules: rules, Dir: t.TempDir()}
				s := servertest.New(t, o)
				o.Keys = s.Keys
				way := newCrossing(s.Transport())
				drains := false
				st := populate(t, clientsim.Options{
					Transport: way, Seed: 2, Finish: 8, Luck: clientsim.BadLuck, RestartEvery: 100, Doors: tt.doors,
					Restart: func(context.Context) error {
						end := way.cut
						if drains = !drains; drains {
							end = s.Service.Drain
						}
						var err error
						way.exchange(end, func() connect.Transport {
							s.Close()
							if tt.epochs {
								_, _, err = boltstore.NewEpoch(o.Dir, boltstore.Options{})
							}
							s = servertest.New(t, o)
							return s.Transport()
						})
						return err
					},
				})
				for _, v := range st.Found {
					t.Error(v)
				}
				if st.Restarts < 2 || st.Finished < 8 {
					t.Errorf("stats %+v", st)
				}
				if heard := st.Heard["stream"] > 0; heard != (tt.doors != nil) || st.Gaps+st.Repeats > 0 || (st.Resets > 0) != tt.epochs {
					t.Errorf("heard %v; %d gaps, %d repeats, %d resets", st.Heard, st.Gaps, st.Repeats, st.Resets)
				}
			})
		})
	}
}

func TestPopulationEndsWithItsContext(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var calls atomic.Int32
	p, err := clientsim.NewPopulation(clientsim.Options{
		Seed: 3, Poll: time.Millisecond,
		Transport: liar{s.Transport(), func(any) {
			if calls.Add(1) == 500 {
				cancel()
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(ctx); err != nil {
		t.Error(err)
	}
	after := calls.Load()
	if st := p.Stats(); st.Violations != 0 || st.Running != 0 {
		t.Errorf("stats %+v", st)
	}
	if after < 500 {
		t.Errorf("ended after %d calls", after)
	}
}

func TestPopulationNeedsEnoughPlayers(t *testing.T) {
	for _, o := range []clientsim.Options{
		{Players: 2}, {Players: 16, Matches: 1000}, {Mix: []clientsim.Kind{{Game: "relay", Seats: 1}}},
	} {
		if _, err := clientsim.NewPopulation(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// liar changes what a server answers.
type liar struct {
	connect.Transport
	lie func(res any)
}

func (l liar) NewClientStream(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
	stream, err := l.Transport.NewClientStream(ctx, spec)
	return lying{stream, l.lie}, err
}

type lying struct {
	connect.ClientStream
	lie func(res any)
}

func (l lying) Receive(msg any) error {
	err := l.ClientStream.Receive(msg)
	if err == nil {
		l.lie(msg)
	}
	return err
}

// shown is what all answers that show a match have.
type shown interface {
	GetMatch() *pb.Match
	GetEvents() []*pb.Event
}

// TestLiesAreNoticed changes answers of a real server, and expects the bots to say so and to go on.
func TestLiesAreNoticed(t *testing.T) {
	// once tells a lie the first time that it can be told.
	once := func(lie func(res shown) bool) func(any) {
		var told atomic.Bool
		return func(res any) {
			if s, ok := res.(shown); ok && s.GetMatch() != nil && !told.Load() && lie(s) {
				told.Store(true)
			}
		}
	}
	mine := func(s shown) bool {
		return s.GetMatch().GetSummary().GetStanding() == pb.Standing_STANDING_MY_TURN
	}
	for _, tt := range []struct {
		name string
		kind clientsim.Kind
		lie  func(any)
		want string
	}{
		{"no lie", clientsim.Kind{Game: "pig", Seats: 2}, func(any) {}, ""},
		{"an event is left out", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			r, ok := s.(*pb.GetMatchResponse)
			if ok = ok && len(r.Events) > 2; ok {
				r.Events = slices.Delete(r.Events, 1, 2)
			}
			return ok
		}), "after event 1 comes event 3"},
		{"the last event is left out", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			r, ok := s.(*pb.GetMatchResponse)
			if ok = ok && len(r.Events) > 2; ok {
				r.Events = r.Events[:2]
			}
			return ok
		}), "was shown together with events up to 2"},
		{"the version goes back", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			_, ok := s.(*pb.GetMatchResponse)
			if ok = ok && s.GetMatch().GetSummary().GetTurn() == 3; ok {
				s.GetMatch().Summary.Version = 1
			}
			return ok
		}), "then version 1"},
		{"history is rewritten", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			r, ok := s.(*pb.GetReplayResponse)
			if ok {
				e := r.Events[slices.IndexFunc(r.Events, func(e *pb.Event) bool { return e.GetTurnTaken() != nil })]
				e.GetTurnTaken().Moves[0].Text = "z9"
			}
			return ok
		}), "and is now"},
		{"a standing is wrong", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			if mine(s) {
				s.GetMatch().Summary.Standing = pb.Standing_STANDING_WAITING
				return true
			}
			return false
		}), "is told that it is STANDING_WAITING"},
		{"must_act is wrong", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			if mine(s) {
				s.GetMatch().Summary.MustAct = nil
				return true
			}
			return false
		}), "by their duties"},
		{"the view is missing", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			if mine(s) {
				s.GetMatch().View = nil
				return true
			}
			return false
		}), "has no view"},
		{"a match starts over", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			if s.GetMatch().GetSummary().GetTurn() > 2 {
				s.GetMatch().Summary.State = pb.MatchState_MATCH_STATE_GATHERING
				return true
			}
			return false
		}), "the match was MATCH_STATE_ACTIVE, then MATCH_STATE_GATHERING"},
		{"another relay state", clientsim.Kind{Game: "relay", Seats: 3}, once(func(s shown) bool {
			_, ok := s.(*pb.GetMatchResponse)
			if ok = ok && mine(s) && s.GetMatch().GetSummary().GetTurn() > 1; ok {
				text := s.GetMatch().State.GetText()
				s.GetMatch().State = &pb.RelayState{Content: &pb.RelayState_Text{Text: strings.Replace(text, `"by":`, `"by":1`, 1)}}
			}
			return ok
		}), "it should not be"},
		{"the die is changed", clientsim.Kind{Game: "pig", Seats: 2}, func(res any) {
			if s, ok := res.(shown); ok {
				changeDie(s.GetEvents())
			}
			if r, ok := res.(*pb.ListTurnsResponse); ok {
				changeDie(r.GetTurns())
			}
		}, "does not follow from the rules"},
		{"one player is told another result", clientsim.Kind{Game: "relay", Seats: 2}, func(res any) {
			if s, ok := res.(shown); ok && s.GetMatch().GetSummary().GetMySeat() == 2 {
				for _, e := range s.GetEvents() {
					for _, o := range e.GetMatchFinished().GetOutcomes() {
						o.Place = 7
					}
				}
				for _, seat := range s.GetMatch().GetSummary().GetSeats() {
					if seat.Outcome != nil {
						seat.Outcome.Place = 7
					}
				}
			}
		}, "saw another match than player"},
		{"an illegal move is listed", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			legal := &s.GetMatch().LegalMoves
			if len(*legal) > 0 {
				*legal = append(*legal, "d4")
			}
			return len(*legal) > 0
		}), `may play "d4", it says; by the rules it may not`},
		{"a legal move is not listed", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			m := s.GetMatch()
			if len(m.LegalMoves) == 0 {
				return false
			}
			m.LegalMoves = m.LegalMoves[1:]
			return true
		}), "by the rules it may play [hold roll]"},
		{"a view of no board", clientsim.Kind{Game: "tictactoe", Seats: 2}, once(func(s shown) bool {
			return mine(s) && setView(s, "rows", []any{"XXX", "XXX", "XXX"})
		}), "is shown no view like"},
		{"a view that says more than the rules do", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			return mine(s) && setView(s, "hint", "roll")
		}), "by the rules the view of such a position is"},
		{"a view in which another is next", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			return mine(s) && setView(s, "next", 3-s.GetMatch().GetSummary().GetMySeat())
		}), "has duty DUTY_MUST_ACT; by the rules it has 0"},
		{"a view of a game that is over", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			return mine(s) && setView(s, "scores", map[string]any{"1": 100, "2": 7})
		}), "by the rules it is over with"},
		{"an end that the moves do not make", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			return s.GetMatch().GetSummary().GetState() == pb.MatchState_MATCH_STATE_FINISHED && setView(s, "scores", map[string]any{"1": 3, "2": 7})
		}), "by the rules it goes on"},
		{"another end than the moves make", clientsim.Kind{Game: "pig", Seats: 2}, once(func(s shown) bool {
			return s.GetMatch().GetSummary().GetState() == pb.MatchState_MATCH_STATE_FINISHED && setView(s, "scores", map[string]any{"1": 100, "2": 100})
		}), "the match ended with"},
		{"hidden moves come out", clientsim.Kind{Game: "battleship", Seats: 2}, leak(), "by the rules it may know {Text: Data:[] Chance: Hidden:true}"},
		{"a turn is left out of the list", clientsim.Kind{Game: "tictactoe", Seats: 2}, func() func(any) {
			var told atomic.Bool
			return func(res any) {
				if r, ok := res.(*pb.ListTurnsResponse); ok && len(r.Turns) > 0 && !told.Swap(true) {
					r.Turns = r.Turns[1:]
				}
			}
		}(), "ListTurns tells"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := servertest.New(t, servertest.Options{Rules: rules})
			p, err := clientsim.NewPopulation(clientsim.Options{
				Transport: liar{s.Transport(), tt.lie}, Seed: 4, Players: 4, Matches: 1, Finish: 1, Mix: []clientsim.Kind{tt.kind},
				Poll: time.Millisecond, Registry: registry(t), Personalities: []clientsim.Weighted{{}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context()); err != nil && tt.want == "" {
				t.Error(err) // with lies it may give up
			}
			st := p.Stats()
			if tt.want == "" {
				if st.Violations != 0 {
					t.Errorf("without a lie: %v", st.Found)
				}
				return
			}
			if !slices.ContainsFunc(st.Found, func(v clientsim.Violation) bool {
				return strings.Contains(v.String(), tt.want) && strings.Contains(v.String(), "seed 4")
			}) {
				t.Errorf("not noticed: want %q among %v", tt.want, st.Found)
			}
		})
	}
}

// setView changes one field of a view.
func setView(s shown, field string, value any) bool {
	v, err := structpb.NewValue(value)
	if err != nil {
		panic(err)
	}
	view := s.GetMatch().GetView()
	if view != nil {
		view.Fields[field] = v
	}
	return view != nil
}

// leak shows to everybody what the movers were shown of their own moves, in the first match.
func leak() func(any) {
	var mu sync.Mutex
	match := ""
	known := map[uint64][]*pb.PlayedMove{}
	return func(res any) {
		s, ok := res.(shown)
		if !ok {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		id := s.GetMatch().GetSummary().GetMatchId()
		if match = cmp.Or(match, id); id != match {
			return
		}
		for i, e := range s.GetEvents() {
			t := e.GetTurnTaken()
			switch {
			case t == nil:
			case !t.Moves[0].Hidden:
				known[e.GetVersion()] = t.Moves
			case known[e.GetVersion()] != nil:
				t.Moves = known[e.GetVersion()]
				if i == len(s.GetEvents())-1 {
					s.GetMatch().GetSummary().GetLastMove().Text = t.Moves[0].GetText() // or the lies would not agree
				}
			}
		}
	}
}

func changeDie(events []*pb.Event) {
	for _, e := range events {
		for _, mv := range e.GetTurnTaken().GetMoves() {
			if mv.Chance == "2" {
				mv.Chance = "5"
			}
		}
	}
}
