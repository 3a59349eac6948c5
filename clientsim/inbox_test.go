package clientsim_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
	"yourmove/server/servertest"
)

// newcomer is a player of a server, with nothing but good luck.
func newcomer(t *testing.T, s *servertest.Server, n int) *clientsim.Client {
	t.Helper()
	c := clientsim.NewClient(s.Transport(), clientsim.ClientOptions{Seed: 8, Number: n})
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func newMatch(t *testing.T, c *clientsim.Client) *pb.Match {
	t.Helper()
	res, err := c.CreateMatch(t.Context(), &pb.CreateMatchRequest{
		Game: "tictactoe", MinSeats: 2, MaxSeats: 2, Access: pb.Access_ACCESS_BY_CODE,
	})
	if err != nil {
		t.Fatal(err)
	}
	return res.GetMatch()
}

// TestBotsByThemselves: each opens its inbox when it comes to play, in the middle of a match, and closes it. Two matches of
// the same players share the inboxes.
func TestBotsByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: rules})
		players := []*clientsim.Client{newcomer(t, s, 1), newcomer(t, s, 2)}
		type end struct {
			bot *clientsim.Bot
			err error
		}
		ends := make(chan end)
		n := 0
		for range 2 {
			m := newMatch(t, players[0])
			for i, c := range players {
				b := clientsim.NewBot(c, m.GetSummary().GetMatchId(), clientsim.BotOptions{
					Seed: 8, Table: n, Door: []clientsim.Door{clientsim.Stream, clientsim.LongPoll}[i], Tell: func(what string) { t.Error(what) },
				})
				if i > 0 {
					if err := b.Join(t.Context(), m.GetJoinCode()); err != nil {
						t.Fatal(err)
					}
				}
				n++
				go func() {
					_, err := b.Play(t.Context())
					ends <- end{b, err}
				}()
			}
		}
		begun := time.Now()
		for range n {
			e := <-ends
			// What came before the inbox was open is not told: created, joined, started at most.
			if h := e.bot.Hearing(); e.err != nil || h.Events < 4 || h.Gaps+h.Repeats+h.Resets > 0 {
				t.Errorf("%v; heard %+v", e.err, h)
			}
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %v: somebody was not told whose turn it is", took)
		}
	})
}

// TestInboxesAreShared: it ends with the last one who closes it, and leaves nothing behind, which the bubble sees to.
func TestInboxesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: rules})
		c := newcomer(t, s, 1)
		open := func(door clientsim.Door) *clientsim.Inbox {
			x, err := c.OpenInbox(t.Context(), clientsim.InboxOptions{Door: door})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		one, other := open(clientsim.Stream), open(clientsim.LongPoll)
		if one != other {
			t.Fatal("one session has two inboxes")
		}
		one.Close()
		newMatch(t, c)
		synctest.Wait()
		if n := other.Count().Events; n != 1 {
			t.Errorf("after the first was closed, %d events were heard", n)
		}
		other.Close()
		next := open(clientsim.Look)
		defer next.Close()
		if next == other {
			t.Error("an inbox that was closed was opened again")
		}
		newMatch(t, c)
		time.Sleep(time.Second)
		if n := next.Count().Events; n != 1 {
			t.Errorf("the next one heard %d events", n)
		}
	})
}

// TestBotsAreToldThatNothingWillCome: when somebody else takes the place of their inbox.
func TestBotsAreToldThatNothingWillCome(t *testing.T) {
	for _, door := range []clientsim.Door{clientsim.LongPoll, clientsim.Stream} {
		t.Run(door.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := servertest.New(t, servertest.Options{Rules: rules})
				c := newcomer(t, s, 1)
				m := newMatch(t, c)
				end := make(chan error)
				go func() {
					b := clientsim.NewBot(c, m.GetSummary().GetMatchId(), clientsim.BotOptions{Seed: 8, Door: door})
					_, err := b.Play(t.Context())
					end <- err
				}()
				synctest.Wait()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ctx, info := connect.NewClientContext(ctx)
				info.RequestHeader().Set("Authorization", "Bearer "+c.AccessToken())
				stream, err := yourmovev1connect.NewEventServiceClient(connect.NewClient(s.Transport())).StreamEvents(ctx, &pb.StreamEventsRequest{})
				if err != nil {
					t.Fatal(err)
				}
				defer stream.Close()
				if _, err := stream.Receive(); err != nil {
					t.Fatal(err)
				}
				if err := <-end; !errors.Is(err, clientsim.ErrReplaced) {
					t.Errorf("the bot's play ended with %v", err)
				}
			})
		})
	}
}

// TestWatchingARealMatch: a spectator is told the match as it comes, whole, and then that it is over.
func TestWatchingARealMatch(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules})
	watcher := newcomer(t, s, 1)
	res, err := watcher.CreateMatch(t.Context(), &pb.CreateMatchRequest{
		Game: "tictactoe", MinSeats: 2, MaxSeats: 2, Access: pb.Access_ACCESS_BY_CODE, Spectators: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	m := res.GetMatch()
	plays := make(chan error, 2)
	for i, c := range []*clientsim.Client{watcher, newcomer(t, s, 2)} {
		b := clientsim.NewBot(c, m.GetSummary().GetMatchId(), clientsim.BotOptions{Seed: 8, Seat: i, Door: clientsim.Stream})
		if i > 0 {
			if err := b.Join(t.Context(), m.GetJoinCode()); err != nil {
				t.Fatal(err)
			}
		}
		go func() {
			_, err := b.Play(t.Context())
			plays <- err
		}()
	}
	var versions uint64
	over := false
	err = newcomer(t, s, 3).WatchMatch(t.Context(), &pb.WatchMatchRequest{MatchId: m.GetSummary().GetMatchId(), SinceVersion: new(uint64)}, func(msg *pb.WatchMatchResponse) error {
		for _, e := range msg.GetEvents().GetEvents() {
			if versions++; e.GetVersion() != versions {
				t.Errorf("event %d stands at place %d", e.GetVersion(), versions)
			}
			over = over || e.GetMatchFinished() != nil
		}
		return nil
	})
	if err != nil || !over {
		t.Errorf("%v after %d events, over %v", err, versions, over)
	}
	for range 2 {
		if err := <-plays; err != nil {
			t.Error(err)
		}
	}
}
