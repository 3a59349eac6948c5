package servertest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestFinishedIsSeen: who saw the last version has seen that a match is over, at once and over a restart; who saw an
// earlier one has not, whatever version he claims to have seen.
func TestFinishedIsSeen(t *testing.T) {
	t.Parallel()
	const unseen, finished = pb.Standing_STANDING_FINISHED_UNSEEN, pb.Standing_STANDING_FINISHED
	for name, c := range map[string]struct {
		during, after func(last uint64) uint64 // the versions seen; 0: none
		want          pb.Standing
	}{
		"nothing":                       {nil, nil, unseen},
		"the last version":              {nil, func(last uint64) uint64 { return last }, finished},
		"one beyond it":                 {nil, func(last uint64) uint64 { return last + 5 }, finished},
		"the one before":                {nil, func(last uint64) uint64 { return last - 1 }, unseen},
		"version 0":                     {nil, func(uint64) uint64 { return 0 }, unseen},
		"one to come, during the match": {func(last uint64) uint64 { return last + 100 }, nil, unseen},
	} {
		t.Run(name, func(t *testing.T) {
			s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
			ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
			id := ann.newGame(t, "drill", bob)
			ctx, stop := context.WithCancel(t.Context())
			if c.during != nil {
				bob.see(t, id, c.during(bob.version(t, id)))
				stop()
				_ = s.Service.KeepSeen(ctx) // writes what there is, and ends
				if kept := bob.kept(t, s, id).SeenVersion; kept != bob.version(t, id) {
					t.Errorf("version %d of %d is kept as seen", kept, bob.version(t, id))
				}
			}
			ann.play(t, id, "win")
			if got := bob.standing(t, id); got != unseen {
				t.Errorf("after the end it is %v", got)
			}
			if c.after != nil {
				bob.see(t, id, c.after(bob.version(t, id)))
				bob.see(t, id, c.after(bob.version(t, id))) // harmless to repeat
			}
			if got := bob.standing(t, id); got != c.want {
				t.Errorf("at once it is %v, want %v", got, c.want)
			}
			stop()
			_ = s.Service.KeepSeen(ctx)
			for _, p := range []*player{bob, bob.phone(t, s)} {
				if got := p.standing(t, id); got != c.want {
					t.Errorf("it is %v, want %v", got, c.want)
				}
			}
			s.Close()
			s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys, Rules: []game.Rules{drill{}}})
			if got := bob.on(s).standing(t, id); got != c.want {
				t.Errorf("after a restart it is %v, want %v", got, c.want)
			}
			if got := ann.on(s).standing(t, id); got != finished {
				t.Errorf("to who ended it it is %v", got)
			}
		})
	}
}

// TestSeenVersionsAreKeptLazily: within five seconds, and at the end.
func TestSeenVersionsAreKeptLazily(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
		ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
		id := ann.newGame(t, "drill", bob)
		last := ann.play(t, id, "more").GetVersion()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Service.KeepSeen(ctx) }()
		kept := func(when string, want uint64) {
			t.Helper()
			synctest.Wait()
			if got := bob.kept(t, s, id).SeenVersion; got != want {
				t.Errorf("%s: version %d is kept, want %d", when, got, want)
			}
		}
		time.Sleep(time.Second)
		bob.see(t, id, last-1)
		kept("at once", 0)
		time.Sleep(5 * time.Second)
		kept("after five seconds", last-1)
		bob.see(t, id, last)
		bob.see(t, id, 1) // another phone shows an older one
		time.Sleep(5 * time.Second)
		kept("after ten", last)
		bob.see(t, id, 1)
		time.Sleep(5 * time.Second)
		kept("an older one", last)
		last = ann.play(t, id, "more").GetVersion()
		bob.see(t, id, last)
		kept("not yet", last-1)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		kept("at the end", last)
		s.Close()
		s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys, Rules: []game.Rules{drill{}}})
		kept("after a restart", last)
	})
}

// A draft, an archiving and what was seen stand in one record; none of them takes another one away.
func TestSeenAndDraftDoNotMeet(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, bob := signIn(t, s, "ann"), signIn(t, s, "bob")
	id := ann.newGame(t, "drill", bob)
	over, stop := context.WithCancel(t.Context())
	stop()
	for round := range 10 {
		version := ann.play(t, id, "more").GetVersion()
		bob.see(t, id, version)
		text := fmt.Sprint("pass ", round)
		for _, err := range atTheSameTime(2, func(i int) error {
			if i == 0 {
				return s.Service.KeepSeen(over)
			}
			_, err := bob.SaveDraft(t.Context(), &pb.SaveDraftRequest{MatchId: id, Draft: &pb.Draft{Moves: []*pb.Move{{Text: text}}}})
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if kept := bob.kept(t, s, id); kept.SeenVersion != version || kept.Draft == nil || kept.Draft.Moves[0].Text != text {
			t.Errorf("of version %d and %q there is %+v", version, text, kept)
		}
	}
	ann.play(t, id, "win")
	last := bob.version(t, id)
	for _, err := range atTheSameTime(2, func(i int) error {
		if i == 0 {
			_, err := bob.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: id, Version: last}})
			return err
		}
		_, err := bob.ArchiveMatch(t.Context(), &pb.ArchiveMatchRequest{MatchId: id})
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if kept := bob.kept(t, s, id); !kept.Archived || !kept.Seen || bob.standing(t, id) != pb.Standing_STANDING_ARCHIVED {
		t.Errorf("of seen and archived there is %+v", kept)
	}
}

func TestAckRefusals(t *testing.T) {
	t.Parallel()
	s := servertest.New(t, servertest.Options{Rules: []game.Rules{drill{}}})
	ann, eve := signIn(t, s, "ann"), signIn(t, s, "eve")
	m := ann.create(t, &pb.CreateMatchRequest{Game: "drill", Access: pb.Access_ACCESS_INVITED})
	for _, id := range []string{matchOf(m), newID()} {
		_, err := eve.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: id, Version: 1}})
		refused(t, err, connect.CodeNotFound, game.NoSuchMatch)
	}
	_, err := ann.AckEvents(t.Context(), &pb.AckEventsRequest{Seen: &pb.Seen{MatchId: "x"}})
	refused(t, err, connect.CodeInvalidArgument, game.InvalidField)
	must(ann.AckEvents(t.Context(), &pb.AckEventsRequest{}))(t)
}
