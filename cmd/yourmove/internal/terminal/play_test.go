package terminal_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/cmd/yourmove/internal/terminal"
	"yourmove/game"
	"yourmove/game/all"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/daemon"
	"yourmove/server/servertest"
)

// screen is what a person sees. It can be waited for.
type screen struct {
	mu   sync.Mutex // guards all below
	all  bytes.Buffer
	read int // up to here it was read
	more chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.all.Write(b)
}

// String is all that was written so far.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// person plays in a test.
type person struct {
	t    *testing.T
	in   *io.PipeWriter
	out  *screen
	done chan error
	stop context.CancelFunc
}

// sits lets somebody play. What the options leave open is filled in: the seed, a home, nobody's patience.
func sits(t *testing.T, o terminal.Options) *person {
	t.Helper()
	in, lines := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	p := &person{t: t, in: lines, out: &screen{more: make(chan struct{})}, done: make(chan error, 1), stop: stop}
	o.In, o.Out, o.Program = in, p.out, "yourmove"
	if o.Rules == nil {
		o.Rules = all.Games()
	}
	if o.Poll == 0 {
		o.Poll = time.Millisecond
	}
	if o.Home == "" {
		o.Home = terminal.Home(t.TempDir())
	}
	if o.Level == "" {
		o.Level = terminal.Easy
	}
	go func() { p.done <- terminal.Play(ctx, o) }()
	t.Cleanup(func() {
		stop()
		_ = lines.Close()
	})
	return p
}

func (p *person) types(lines ...string) {
	p.t.Helper()
	for _, l := range lines {
		if _, err := io.WriteString(p.in, l+"\n"); err != nil {
			p.t.Fatal(err)
		}
	}
}

// reads waits until a text comes that matches a pattern, and returns the match. What came before it is passed over.
func (p *person) reads(pattern string) []string {
	p.t.Helper()
	re, late := regexp.MustCompile("(?m)"+pattern), time.After(time.Minute)
	for {
		p.out.mu.Lock()
		unread, more := p.out.all.Bytes()[p.out.read:], p.out.more
		at := re.FindSubmatchIndex(unread)
		if at != nil {
			var match []string
			for i := 0; i < len(at); i += 2 {
				match = append(match, string(unread[at[i]:at[i+1]]))
			}
			p.out.read += at[1]
			p.out.mu.Unlock()
			return match
		}
		said := string(unread)
		p.out.mu.Unlock()
		select {
		case <-more:
		case <-late:
			p.t.Fatalf("%q has not come; there is\n%s", pattern, said)
		}
	}
}

// left waits until the person has left, and returns all that he saw.
func (p *person) left() string {
	p.t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("it ended with: %v", err)
		}
	case <-time.After(time.Minute):
		p.t.Fatal("it does not end")
	}
	return p.out.String()
}

func server(t *testing.T) string {
	t.Helper()
	return servertest.New(t, servertest.Options{Rules: all.Games()}).Start()
}

// deaf serves a server to whose terminals nobody tells anything, as an older one does.
func deaf(t *testing.T, s *servertest.Server) string {
	t.Helper()
	ts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/yourmove.v1.EventService/") {
			http.NotFound(w, r)
			return
		}
		s.Public.ServeHTTP(w, r)
	}))
	ts.Config.Protocols = daemon.Protocols()
	ts.Start()
	t.Cleanup(ts.Close)
	return ts.URL
}

// TestFriends: two people play, take back nothing, and play once more with the seats changed. They hear of each other
// from the server, and where it does not tell them they look.
func TestFriends(t *testing.T) {
	t.Run("hearing", func(t *testing.T) { friends(t, server(t), time.Hour) })
	t.Run("deaf", func(t *testing.T) {
		friends(t, deaf(t, servertest.New(t, servertest.Options{Rules: all.Games()})), time.Millisecond)
	})
}

func friends(t *testing.T, url string, poll time.Duration) {
	anna := sits(t, terminal.Options{Server: url, As: "Anna", Game: "tic", Host: true, Seat: 1, Interactive: true, Poll: poll})
	code := anna.reads(`--server ` + url + ` --join (\S+) --as NAME`)[1]
	anna.types("b2")
	anna.reads(`has not begun`)
	ben := sits(t, terminal.Options{Server: url, As: "Ben", Join: strings.ToLower(code), Interactive: true, Poll: poll})
	anna.reads(`^Ben joined\.`)
	ben.reads(`you against Anna`)
	ben.types("a1")
	ben.reads(`It is Anna's turn; you can move when it is yours\.`)
	for _, m := range []struct {
		mover, other *person
		name, move   string
	}{{anna, ben, "Anna", "a1"}, {ben, anna, "Ben", "B1"}, {anna, ben, "Anna", "a2"}, {ben, anna, "Ben", "b2"}} {
		m.mover.reads(`^Your turn \([XO]\) > `)
		m.mover.types(m.move)
		m.other.reads(`^` + m.name + ` played ` + strings.ToLower(m.move) + `\.`)
	}
	ben.reads(`It is Anna's turn\.`)
	ben.types("resign", "no", "resign", "y")
	ben.reads(`Give this match up\? \(y or n\) > The match goes on\.`)
	ben.reads(`You gave up\.`)
	ben.reads(`^Anna won\.`)
	anna.reads(`Ben gave up\.`)
	anna.reads(`^You won\.`)

	anna.types("maybe", "board", "history", "y")
	anna.reads(`y plays this game once more`)
	anna.reads(`^  abc$`)
	anna.reads(`^   4\. Ben played b2\.`)
	anna.reads(`The match waits for Ben\.`)
	ben.types("y")
	anna.reads(`you against Ben|Ben joined`)
	ben.reads(`Your turn \(X\)`)
	ben.types("q")
	anna.types("quit")
	if said := ben.left(); !strings.Contains(said, " --server "+url+" --match ") || !strings.Contains(said, "--as Ben") {
		t.Errorf("Ben is not told how to go on:\n%s", said)
	}
	anna.left()
}

// long are options of a game that takes more turns than a test does.
func long(t *testing.T) *structpb.Struct {
	t.Helper()
	o, err := structpb.NewStruct(map[string]any{"target": 1000})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestPlayedMeanwhile: what somebody did at another terminal of his is not played over.
func TestPlayedMeanwhile(t *testing.T) {
	home, url := terminal.Home(t.TempDir()), deaf(t, servertest.New(t, servertest.Options{Rules: all.Games()}))
	first := sits(t, terminal.Options{Home: home, Server: url, Game: "pig", Settings: long(t), Seat: 1, Poll: time.Hour})
	first.reads(`Your turn > `)
	second := sits(t, terminal.Options{Home: home, Server: url})
	second.types("1")
	second.reads(`Your turn > `)
	const turns = 30 // of both: more events than one answer has
	for range turns {
		second.types("hold")
		second.reads(`Your turn > `)
	}
	first.types("hold")
	first.reads(`That was not played: something happened meanwhile\.\nYou played hold\.\n.* played`)
	first.reads(`Your turn > `)
	first.types("q")
	if n := strings.Count(first.left(), "\nYou played hold.\n"); n != turns {
		t.Errorf("the first terminal was told of %d turns of %d", n, turns)
	}
	second.types("q")
	second.left()
}

// TestTwoTerminalsOfOne: what somebody does at one terminal of his is told at the other, and when the one that has the
// server goes the other takes it over.
func TestTwoTerminalsOfOne(t *testing.T) {
	home := terminal.Home(t.TempDir())
	first := sits(t, terminal.Options{Home: home, User: "anna", Game: "pig", Settings: long(t), Seat: 1, Poll: time.Hour})
	first.reads(`Your turn > `)
	second := sits(t, terminal.Options{Home: home, User: "anna"})
	second.reads(`served by another terminal of yours, at http`)
	second.types("1")
	second.reads(`Your turn > `)
	for range 3 {
		second.types("hold")
		second.reads(`Your turn > `)
		first.reads(`^You played hold\.$`)
		first.reads(`Your turn > `)
	}
	first.types("q")
	first.left()

	second.types("resign", "y")
	second.reads(`^Easy bot won`)
	if said := second.out.String(); !strings.Contains(said, "it runs here now") {
		t.Errorf("the second terminal has not taken the server over:\n%s", said)
	}
	second.types("list", "17", "nothing", "tictactoe friend")
	second.reads(`^Games`)
	second.reads(`There is no 17 in the list\.`)
	second.reads(`There is no game "nothing" here; there are`)
	code := second.reads(`--join (\S+) --as NAME`)[1]
	third := sits(t, terminal.Options{Home: home, User: "anna", Join: code})
	if err := <-third.done; err == nil || !strings.Contains(err.Error(), "anna sits in this match already") || !strings.Contains(err.Error(), "--as NAME --join "+code) {
		t.Errorf("who joins himself is told: %v", err)
	}
	second.types("help", "resign", "y")
	second.reads(`start +begin`)
	second.reads(`You have left the match\.`)
	second.left()
}

// TestInterrupted: Ctrl-C leaves at any moment, with a word how to go on, and is no failure.
func TestInterrupted(t *testing.T) {
	for name, o := range map[string]terminal.Options{
		`Your turn \(X\) > `: {Game: "tictactoe", Seat: 1},
		`Your choice > `:     {},
		`waits for another`:  {Game: "tictactoe", Host: true},
	} {
		p := sits(t, o)
		p.reads(name)
		p.stop()
		if said := p.left(); o.Game != "" && !regexp.MustCompile(`(?m)^The match stays as it is\. To go on: yourmove play --home \S+ --match \S+$`).MatchString(said) {
			t.Errorf("at %q he is not told how to go on:\n%s", name, said)
		}
	}
}

// TestConnectionLost: it says so, goes on when the server is back, and has played the move once.
func TestConnectionLost(t *testing.T) {
	var down atomic.Bool
	s := servertest.New(t, servertest.Options{Rules: all.Games()})
	ts := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		s.Public.ServeHTTP(w, r)
	}))
	ts.Config.Protocols = daemon.Protocols()
	ts.Start()
	defer ts.Close()
	p := sits(t, terminal.Options{Server: ts.URL, Game: "tictactoe", Seat: 1})
	p.reads(`Your turn \(X\) > `)
	down.Store(true)
	p.types("b2")
	p.reads(`No answer from the server; trying again`)
	down.Store(false)
	p.reads(`The server answers again\.`)
	p.reads(`Your turn \(X\) > `)
	p.types("history", "q")
	p.reads(`1\. You played b2\.\n +2\. Easy bot played ..\.\n`)
	p.left()
}

// TestManyBots: bots fill the seats of a game for several, and play on when the person has given up.
func TestManyBots(t *testing.T) {
	settings, err := structpb.NewStruct(map[string]any{"target": 30})
	if err != nil {
		t.Fatal(err)
	}
	p := sits(t, terminal.Options{Game: "pig", Players: 4, Seat: 1, Level: terminal.Medium, Settings: settings})
	p.reads(`you against Medium bot, Medium bot 2 and Medium bot 3\.`)
	p.types("resign", "y")
	p.reads(`You are out of this match; the others play on\.`)
	p.reads(`^Medium bot.* won\.\n  1\. Medium bot`)
	p.reads(`you  \(gave up\)`)
	p.types("n")
	p.left()
}

// TestForeignRules: bots play at random where this program does not know the rules.
func TestForeignRules(t *testing.T) {
	p := sits(t, terminal.Options{Server: server(t), Rules: []game.Rules{pig.Rules{}}, Game: "tictactoe", Seat: 1, Level: terminal.Hard})
	p.reads(`The hard bot plays as an easy bot here`)
	p.reads(`Your turn`)
	p.types("b2")
	p.reads(`Hard bot played`)
	p.types("q")
	p.left()
}

// mime is tic-tac-toe that does not say which moves there are, nor anything else that rules need not.
type mime struct{ game.Rules }

func (m mime) Info() game.Info {
	info := m.Rules.Info()
	info.Name, info.Title = "mime", "Mime"
	return info
}

// TestBotsCannotPlay: of a game that lists no moves it is said so, at once where the rules are here. Elsewhere the match
// waits for nobody who will never come: the person can go, and the end of the input is the end.
func TestBotsCannotPlay(t *testing.T) {
	rules := append(all.Games(), mime{tictactoe.Rules{}})
	url := servertest.New(t, servertest.Options{Rules: rules}).Start()
	const says = `Mime lists no moves, so bots cannot play it; play it with a friend \(yourmove play .*mime --host\)`
	for _, interactive := range []bool{true, false} {
		p := sits(t, terminal.Options{Server: url, Game: "mime", Seat: 1, Interactive: interactive})
		p.reads(`Your turn \(X\) > `)
		p.types("b2")
		p.reads(`^` + says)
		p.types("a1")
		p.reads(`It is Easy bot's turn; you can move when it is yours\.`)
		if interactive {
			p.types("q")
		}
		_ = p.in.Close()
		if said := p.left(); !strings.Contains(said, "The match stays as it is.") || strings.Count(said, "lists no moves") != 1 {
			t.Errorf("interactive %v: it says\n%s", interactive, said)
		}
	}
	p := sits(t, terminal.Options{Server: url, Game: "mime", Seat: 2})
	p.reads(`^` + says)
	p.types("resign", "y")
	p.reads(`You gave up\.`)
	p.types("n")
	p.left()

	home := terminal.Home(t.TempDir())
	p = sits(t, terminal.Options{Home: home, Rules: rules, Game: "mime"})
	if err := <-p.done; err == nil || !regexp.MustCompile(says).MatchString(err.Error()) || p.out.String() != "" {
		t.Errorf("asked for on the command line: %v, after\n%s", err, p.out)
	}
	p = sits(t, terminal.Options{Home: home, Rules: rules})
	p.reads(`Your choice > `)
	p.types("mime")
	p.reads(`^` + says + `\.$`)
	p.reads(`^Games$`)
	p.reads(`Your choice > `)
	p.types("mime friend")
	p.reads(`The match waits for another player`)
	p.types("q")
	p.left()
}

// TestLeftAlone: who is at a move is not interrupted by what he cannot see.
func TestLeftAlone(t *testing.T) {
	url := server(t)
	anna := sits(t, terminal.Options{Server: url, As: "Anna", Game: "battleship", Host: true, Seat: 1, Interactive: true})
	code := anna.reads(`--join (\S+) --as NAME`)[1]
	ben := sits(t, terminal.Options{Server: url, As: "Ben", Join: code, Interactive: true})
	anna.reads(`^you: to place: carrier .*\nseat 2: placing ships\nYour turn.* > `)
	for _, ship := range []string{"carrier a1 across", "battleship a2 across", "cruiser a3 across", "submarine a4 across", "destroyer a5 across"} {
		ben.reads(`^Your turn.* > `)
		ben.types(ship)
	}
	ben.reads(`^It is Anna's turn\.`)
	told := anna.reads(`(?s)^(.*)seat 2: all ships afloat\nYour turn.* > `)[1]
	if strings.Count(told, "Ben made 5 moves that you cannot see.") != 1 || strings.Contains(told, "Your turn") {
		t.Errorf("while Ben places his ships Anna is told\n%s", told)
	}
	anna.types("random", "c7", "q")
	ben.reads(`^Anna played c7 \(miss\)\.`)
	ben.types("q")
	anna.left()
	ben.left()

	// Of bots, not even that they have begun, until they are done.
	p := sits(t, terminal.Options{Game: "battleship", Seat: 1, Interactive: true})
	p.reads(`^Easy bot made \d moves? that you cannot see\.`)
	p.reads(`seat 2: all ships afloat\nYour turn.* > `)
	p.types("q")
	if said := p.left(); strings.Count(said, "that you cannot see") != 1 {
		t.Errorf("while a bot places its ships he is told\n%s", said)
	}
}

// TestTooLong: a line that nobody can have meant is not the end of the input.
func TestTooLong(t *testing.T) {
	p := sits(t, terminal.Options{Game: "tictactoe", Seat: 1})
	p.reads(`Your turn \(X\) > `)
	p.types(strings.Repeat("x", 200_000), "b2")
	p.reads(`^That line is too long\.\nYour turn \(X\) > b2$`)
	p.types("resign", "y", strings.Repeat("x", 200_000), "n")
	p.reads(`^That line is too long\.\nOnce more\?`)
	p.left()
}

// TestNoMatch: what cannot be played is refused in words for people.
func TestNoMatch(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: all.Games()})
	url := s.Start()
	other := clientsim.NewClient(s.Transport(), clientsim.ClientOptions{})
	if err := other.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	relay, err := other.CreateMatch(t.Context(), &pb.CreateMatchRequest{Game: game.Relay, Access: pb.Access_ACCESS_BY_CODE})
	if err != nil {
		t.Fatal(err)
	}
	small, err := structpb.NewStruct(map[string]any{"target": 1})
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]terminal.Options{
		"you have no such match; those that go on are listed by: yourmove play": {Match: relay.GetMatch().GetSummary().GetMatchId()},
		"must be a valid UUID": {Match: "nonsense"},
		"no match with the code ABCDEFGHJK waits for players here":             {Join: "ABCDEFGHJK"},
		"is played by the app that made it":                                    {Join: relay.GetMatch().GetJoinCode()},
		`there is no game "go" here; there are battleship, chess, connectfour`: {Game: "go"},
		`did you mean chess?`:                                                  {Game: "ches5"},
		`Tic-tac-toe is for 2 players, not for 3`:                              {Game: "tictactoe", Players: 3},
		`a new match: target: from 10 to 1000`:                                 {Game: "pig", Settings: small},
	} {
		o.Server = url
		p := sits(t, o)
		if err := <-p.done; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %v, want %q", err, want)
		}
	}
	got, err := other.GetMatch(t.Context(), &pb.GetMatchRequest{MatchId: relay.GetMatch().GetSummary().GetMatchId()})
	if err != nil || got.GetMatch().GetSummary().GetVersion() != relay.GetVersion() {
		t.Errorf("a relay match was joined by somebody who cannot play it: %v (%v)", got, err)
	}
}
