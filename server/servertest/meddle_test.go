package servertest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/server"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
)

// meddler is a store in which something happens at a chosen moment: before or after one of the reads of a call.
type meddler struct {
	*boltstore.Store
	// do is what happens when so many moments have passed; nil: nothing does.
	do   func()
	left int
}

func (m *meddler) moment() {
	if m.left--; m.left == 0 && m.do != nil {
		do := m.do
		m.do = nil // what it reads itself has no moments
		do()
	}
}

// Newest and the reads below are those of the calls that are tested.
func (m *meddler) Newest(ctx context.Context) (server.Position, error) {
	m.moment()
	defer m.moment()
	return m.Store.Newest(ctx)
}

// Match reads a match.
func (m *meddler) Match(ctx context.Context, id game.MatchID, key *server.RequestKey) (game.Match, *server.Recorded, error) {
	m.moment()
	defer m.moment()
	return m.Store.Match(ctx, id, key)
}

// MatchesOf reads a list.
func (m *meddler) MatchesOf(ctx context.Context, p game.PlayerID, after server.Place, limit int) (server.OwnMatches, error) {
	m.moment()
	defer m.moment()
	return m.Store.MatchesOf(ctx, p, after, limit)
}

// Inbox reads an inbox.
func (m *meddler) Inbox(ctx context.Context, q server.InboxQuery) (server.InboxPage, error) {
	m.moment()
	defer m.moment()
	return m.Store.Inbox(ctx, q)
}

// Events reads a match's events.
func (m *meddler) Events(ctx context.Context, id game.MatchID, after uint64, limit int) ([]server.StoredEvent, error) {
	m.moment()
	defer m.moment()
	return m.Store.Events(ctx, id, after, limit)
}

// answered is what a call told: versions, all up to knows, and from where on to ask for the rest.
type answered struct {
	versions []uint64
	knows    uint64
	rest     func() []uint64
}

// TestATurnAtEveryMoment lets a turn be taken before and after each read that a call makes: a snapshot has it, or the
// events from its cursor on do; a door that is open tells it without any waiting, or its cursor leads to it.
func TestATurnAtEveryMoment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m, s := meddled(t)
		ann, bob := guestOf(t, s), guestOf(t, s)
		created := must(s.CreateMatch(t.Context(), ann, requestID(), server.NewMatch{Settings: game.Settings{Game: "drill"}, Seat: 1}))(t)
		id := created.Match.Match.ID
		must(s.JoinMatch(t.Context(), bob, id, "", requestID(), 0))(t)
		versionsOf := func(events []server.InboxEvent) (list []uint64) {
			for _, e := range events {
				list = append(list, e.Event.Version)
			}
			return list
		}
		from := func(cursor string) func() []uint64 {
			return func() []uint64 {
				return versionsOf(must(s.ListEvents(t.Context(), bob, server.EventQuery{Cursor: cursor}))(t).Events)
			}
		}
		errHeard := errors.New("heard")
		for name, call := range map[string]func(before string) (answered, error){
			"ListMatches": func(string) (answered, error) {
				list, err := s.ListMatches(t.Context(), bob, server.ListMatches{Filter: server.Mine})
				return answered{nil, list.Matches[0].Match.Version, from(list.Cursor)}, err
			},
			"GetMatch": func(string) (answered, error) {
				got, err := s.GetMatch(t.Context(), bob, server.GetMatch{ID: id})
				return answered{nil, got.View.Match.Version, from(got.Cursor)}, err
			},
			"ListMatches, changed since": func(before string) (answered, error) {
				list, err := s.ListMatches(t.Context(), bob, server.ListMatches{Filter: server.Mine, ChangedSince: before})
				a := answered{nil, 0, from(list.Cursor)}
				if len(list.Matches) > 0 {
					a.knows = list.Matches[0].Match.Version
				}
				return a, err
			},
			"ListEvents": func(before string) (answered, error) {
				page, err := s.ListEvents(t.Context(), bob, server.EventQuery{Cursor: before})
				return answered{versionsOf(page.Events), 0, from(page.Cursor)}, err
			},
			"WaitEvents": func(before string) (answered, error) {
				page, _, err := s.WaitEvents(t.Context(), bob, server.EventQuery{Cursor: before}, 50*time.Second)
				return answered{versionsOf(page.Events), 0, from(page.Cursor)}, err
			},
			"StreamEvents": func(before string) (a answered, err error) {
				err = s.StreamEvents(t.Context(), bob, server.StreamQuery{Cursor: before, Heartbeat: 50 * time.Second}, func(m server.Message) error {
					a.rest = from(m.Cursor)
					if m.Page != nil {
						a.versions = versionsOf(m.Page.Events)
					}
					if m.Page != nil || m.Heartbeat {
						return errHeard
					}
					return nil
				})
				return a, err
			},
			"WatchMatch": func(string) (a answered, err error) {
				since := m.version(t, id)
				err = s.WatchMatch(t.Context(), bob, server.WatchQuery{Match: id, Since: &since, Heartbeat: 50 * time.Second}, func(w server.WatchMessage) error {
					for _, e := range w.Events {
						a.versions = append(a.versions, e.Version)
					}
					a.rest = func() (list []uint64) {
						for _, e := range must(s.GetMatch(t.Context(), bob, server.GetMatch{ID: id, Since: &w.Version}))(t).Events {
							list = append(list, e.Version)
						}
						return list
					}
					if len(w.Events) > 0 || w.Heartbeat {
						return errHeard
					}
					return nil
				})
				return a, err
			},
		} {
			moments := 0
			for happened := true; happened; moments++ {
				before := must(s.ListEvents(t.Context(), bob, server.EventQuery{}))(t).Cursor
				happened = false
				var version uint64
				var at time.Time
				m.left, m.do = moments+1, func() {
					happened, at = true, time.Now()
					done := must(s.SubmitTurn(t.Context(), ann, id, requestID(), game.Turn{Moves: []game.PlayedMove{{Text: "more"}}, Expected: m.version(t, id)}))(t)
					version = done.Version
				}
				a, err := call(before)
				m.do = nil
				if err != nil && !errors.Is(err, errHeard) {
					t.Fatalf("%s, moment %d: %v", name, moments, err)
				}
				if !happened {
					break
				}
				if took := time.Since(at); took > 0 {
					t.Errorf("%s: what happened at moment %d is answered after %v", name, moments, took)
				}
				rest := a.rest()
				if times := len(slices.DeleteFunc(slices.Concat(a.versions, rest), func(v uint64) bool { return v != version })); times > 1 || times == 0 && a.knows < version {
					t.Errorf("%s: version %d comes at moment %d; it knows %d, is told %v and then %v", name, version, moments, a.knows, a.versions, rest)
				}
			}
			if moments < 2 {
				t.Errorf("%s has %d moments", name, moments)
			}
		}
	})
}

// TestAWatchEndsWhereOneLeft: whoever leaves a match that is not for all is told that, and of what the others do then
// nothing, however much of it is read at once.
func TestAWatchEndsWhereOneLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		m, s := meddled(t)
		ann, bob, eve := guestOf(t, s), guestOf(t, s), guestOf(t, s)
		for moment := 1; ; moment++ {
			created := must(s.CreateMatch(t.Context(), ann, requestID(), server.NewMatch{
				Settings: game.Settings{Game: "drill", MaxSeats: 3, Access: game.Invited}, Seat: 1, Invite: []game.PlayerID{bob.Player},
			}))(t)
			id := created.Match.Match.ID
			must(s.JoinMatch(t.Context(), bob, id, "", requestID(), 0))(t)
			var left uint64
			m.left, m.do = moment, func() {
				left = must(s.LeaveMatch(t.Context(), bob, id, requestID()))(t).Version
				must(s.InvitePlayers(t.Context(), ann, id, requestID(), []game.PlayerID{eve.Player}))(t)
			}
			var versions []uint64
			var end *server.End
			var since uint64
			beats := 0
			err := s.WatchMatch(t.Context(), bob, server.WatchQuery{Match: id, Since: &since, Heartbeat: 50 * time.Second}, func(w server.WatchMessage) error {
				for _, e := range w.Events {
					versions = append(versions, e.Version)
				}
				end = w.End
				if w.Heartbeat {
					beats++
				}
				if beats == 2 || beats == 1 && left == 0 {
					return errors.New("nothing happens")
				}
				return nil
			})
			m.do = nil
			if left == 0 {
				break
			}
			var refused *game.Error
			if errors.As(err, &refused) && refused.Reason == game.NoSuchMatch && len(versions) == 0 {
				continue // he had left before he looked
			}
			if err != nil || end == nil || end.Reason != server.EndMatchHidden || len(versions) == 0 || versions[len(versions)-1] != left {
				t.Errorf("moment %d: he left at version %d, and is told %v, then %v (%v)", moment, left, versions, end, err)
			}
		}
	})
}

// version reads the match's version, at no moment.
func (m *meddler) version(t *testing.T, id game.MatchID) uint64 {
	t.Helper()
	match, _, err := m.Store.Match(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return match.Version
}

// meddled makes a service over a store in which something may happen at any moment.
func meddled(t *testing.T) (*meddler, *server.Service) {
	t.Helper()
	dir := t.TempDir()
	if err := boltstore.Create(dir, boltstore.Options{}); err != nil {
		t.Fatal(err)
	}
	store := must(boltstore.Open(dir, boltstore.Options{}))(t)
	t.Cleanup(func() { _ = store.Close() })
	m := &meddler{Store: store}
	keys := must(auth.NewKeys(rand.Reader))(t)
	s := must(server.New(t.Context(), server.Config{
		Store: m, Games: must(game.NewRegistry(drill{}))(t), Keys: keys, Access: auth.NewAccess(keys, time.Hour*24),
	}))(t)
	return m, s
}

func guestOf(t *testing.T, s *server.Service) server.Caller {
	t.Helper()
	in := must(s.SignInGuest(t.Context(), newSecret(), "", ""))(t)
	return server.Caller{Player: in.Player.ID, Session: in.Tokens.Session}
}

func requestID() (id server.RequestID) {
	_, _ = rand.Read(id[:])
	return id
}
