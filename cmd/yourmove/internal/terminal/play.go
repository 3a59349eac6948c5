package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// Options say who plays what, where.
type Options struct {
	// In has the person's lines. Interactive: they are typed at a terminal.
	In          io.Reader
	Interactive bool
	// Out is what the person reads. Colour: it shows colours.
	Out    io.Writer
	Colour bool
	// Program is how this program is called, for hints what to type.
	Program string

	// Home is where secrets lie, and the matches of one's own server.
	Home Home
	// Server is the URL of the server to play on; empty: one's own.
	Server string
	// As is the name to play under. Names are players of their own; empty is one too, and is shown as User.
	As, User string
	// Rules are those of one's own server, and those that bots know.
	Rules []game.Rules

	// What to play: a match by its id or its join code, or a new match of a game; nothing: what the person chooses.
	Match, Join, Game string
	// Host: the new match waits for people who know its join code. Else bots play, of this level.
	Host  bool
	Level Level
	// Players is how many play the new match of Game, 0: as few as it allows. Seat is the person's, 0: drawn.
	Players, Seat int
	// Settings are the options of Game; nil: its defaults.
	Settings *structpb.Struct

	// Seed makes what bots choose.
	Seed uint64
	// Poll is how often to look what others have done while the server cannot be listened to; 0: every second. Bots of
	// one's own need no looking after.
	Poll time.Duration
}

const (
	defaultPoll = time.Second
	// patience is how long a call is repeated while nobody answers: whoever waits for a friend may as well wait for a
	// network.
	patience = 24 * time.Hour
)

// session is a person at the terminal, from the first line to the last.
type session struct {
	o       Options
	console *console
	client  *clientsim.Client
	games   []*pb.Game
	network connect.Transport
	// asked is the name of the game that Options.Game means.
	asked string
	// failures counts the tries of the call in hand that got no answer.
	failures int
}

// Play lets a person play until there is nothing left to play, the input ends or ctx is done. The last two are no
// errors: matches stay as they are and go on another time.
func Play(ctx context.Context, o Options) (err error) {
	if o.Poll == 0 {
		o.Poll = defaultPoll
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &session{o: o, console: newConsole(o.In, o.Out, o.Interactive, paint(o.Colour), ctx.Done())}
	defer s.console.close()
	if err := s.foresee(); err != nil {
		return err
	}
	closeNetwork, err := s.connect(ctx)
	if err == nil {
		s.client, err = s.signIn(ctx, func(err error) {
			if errors.Is(err, errStopped) {
				stop(err)
			}
			s.trouble(err)
		})
	}
	if err == nil {
		err = s.play(ctx)
	}
	if cause := context.Cause(ctx); errors.Is(cause, errStopped) {
		err = cause
	} else if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, closeNetwork())
}

// connect finds the server and says where it is.
func (s *session) connect(ctx context.Context) (closeNetwork func() error, err error) {
	if s.o.Server != "" {
		t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		s.network = connecthttp.NewTransport(&http.Client{Transport: t}, s.o.Server)
		return func() error { t.CloseIdleConnections(); return nil }, nil
	}
	var before string
	h := newHouse(s.o.Home, s.o.Rules, func(url string, own bool) {
		switch {
		case own && before == "":
			s.console.say("%s", s.console.paint.dim(fmt.Sprintf("Your matches are kept in %s; %s serves them while this runs.", s.o.Home, url)))
		case own:
			s.console.say("The terminal that ran the server has gone; it runs here now, at %s.", url)
		default:
			s.console.say("%s", s.console.paint.dim(fmt.Sprintf("Your matches are served by another terminal of yours, at %s.", url)))
		}
		before = url
	})
	s.network = connecthttp.NewTransport(&http.Client{Transport: h}, "http://yourmove.invalid")
	_, err = h.find(ctx, nil)
	return h.Close, err
}

// signIn opens the person's account.
func (s *session) signIn(ctx context.Context, trouble func(error)) (*clientsim.Client, error) {
	secret, err := s.o.Home.Secret(s.o.Server, s.o.As)
	if err != nil {
		return nil, err
	}
	name := s.o.As
	if name == "" && s.o.Server == "" {
		name = s.o.User // what somebody is called on his machine is not for the servers of others
	}
	return s.account(ctx, secret, name, trouble)
}

// account opens a guest's account.
func (s *session) account(ctx context.Context, secret [32]byte, name string, trouble func(error)) (*clientsim.Client, error) {
	c := clientsim.NewClient(s.network, clientsim.ClientOptions{
		Seed: clientsim.Seed(rand.Uint64()), Secret: secret, Name: name, Installation: "yourmove play", Patience: patience, Trouble: trouble,
	})
	return c, c.SignIn(ctx)
}

// quietTries is how many tries of a call may fail before the person is told: most trouble is over sooner.
const quietTries = 5

// trouble tells of a lost connection once, and of its return. nil: there was an answer after all.
func (s *session) trouble(err error) {
	switch {
	case err != nil:
		if s.failures++; s.failures == quietTries {
			s.console.say("No answer from the server; trying again until there is one. Ctrl-C leaves, and nothing is lost.")
		}
	case s.failures >= quietTries:
		s.console.say("The server answers again.")
		fallthrough
	default:
		s.failures = 0
	}
}

// play goes from one match to the next.
func (s *session) play(ctx context.Context) error {
	res, err := s.client.ListGames(ctx)
	if err != nil {
		return err
	}
	s.games = res.GetGames()
	match, err := s.first(ctx)
	for err == nil && match != "" {
		match, err = s.at(ctx, match)
	}
	return err
}

// at plays one match and returns the next one; empty: no more.
func (s *session) at(ctx context.Context, match string) (next string, err error) {
	t, err := s.open(ctx, match)
	if err != nil {
		return "", err
	}
	playing, stop := context.WithCancel(ctx)
	var bots sync.WaitGroup // and what listens beside them
	var noBots sync.Once    // is told, though each of them finds out
	for _, r := range t.bots {
		bots.Go(func() {
			err := r.play(playing)
			switch {
			case err == nil || playing.Err() != nil:
				return
			case errors.Is(err, errNoMoves):
				noBots.Do(func() { s.console.say("%s.", s.noBots(t.game.GetName())) })
			default:
				s.console.say("A bot has stopped: %v", err)
			}
			r.stopped.Store(true)
			t.bell.ring()
		})
	}
	bots.Go(func() { t.hearing.run(playing) })
	over, err := t.play(ctx)
	stop()
	bots.Wait()
	if ctx.Err() != nil {
		t.leave()
		return "", ctx.Err()
	}
	if err != nil || !over {
		return "", err
	}
	return s.another(ctx, t)
}

// another asks for the next match after one that is over, which can still be looked at.
func (s *session) another(ctx context.Context, t *table) (string, error) {
	for {
		s.console.ask("Once more? (y, n, or list)")
		line, ok, err := t.held, true, error(nil) // what came before the end was written for afterwards
		if t.held = ""; line != "" {
			s.console.heard(line)
		} else if line, ok, err = s.line(ctx); err != nil || !ok {
			return "", err
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			next, err := s.again(ctx, t.match)
			if no := refusal(""); errors.As(err, &no) {
				s.console.say("%s", sentence(string(no)))
				continue
			}
			return next, err
		case "n", "no", "q", "quit", "exit":
			return "", nil
		case "l", "list":
			return s.choose(ctx)
		case "board":
			t.board(true)
		case "history":
			if err := t.history(ctx); err != nil {
				return "", err
			}
		case "":
		default:
			s.console.say("y plays this game once more, n leaves; list, board and history show what they say.")
		}
	}
}

// line waits for a line; ok is false when there are no more.
func (s *session) line(ctx context.Context) (line string, ok bool, err error) {
	select {
	case line, ok = <-s.console.lines:
		if s.console.tooLong(line) {
			return "", ok, nil
		}
		s.console.heard(line)
		return line, ok, nil
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
}

// hint is a command line that goes on from here: this program, with what says who plays where, and args.
func (s *session) hint(args ...string) string {
	words := []string{s.o.Program, "play"}
	if usual, err := DefaultHome(); err != nil || usual != s.o.Home {
		words = append(words, "--home", Quoted(string(s.o.Home)))
	}
	if s.o.Server != "" {
		words = append(words, "--server", s.o.Server)
	}
	return strings.Join(append(words, args...), " ")
}

// self adds to arguments the name under which the person plays.
func (s *session) self(args ...string) []string {
	if s.o.As != "" {
		args = append(args, "--as", Quoted(s.o.As))
	}
	return args
}

// Quoted writes a word as shells take it, without control characters.
func Quoted(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:~"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
