package game_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

// FuzzMatch turns bytes into calls on one match and asks after each what must be true of every match.
func FuzzMatch(f *testing.F) {
	f.Add([]byte("tic-tac-toe"))
	f.Add([]byte{0, 0, 0, 0, 2, 1, 0, 5, 0, 0, 0, 5, 1, 1, 0, 5, 0, 2, 0, 6, 1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) { (&fuzzer{TB: t, data: data, now: epoch}).run() })
}

// TestMatchProperties asks the same of random calls in every run of the tests, always the same ones.
func TestMatchProperties(t *testing.T) {
	ends := map[game.State]int{}
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		data := make([]byte, 100+rng.IntN(600))
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		fz := &fuzzer{TB: t, data: data, now: epoch, called: []string{fmt.Sprintf("seed %d", seed)}}
		fz.run()
		ends[fz.m.State]++
	}
	// If few matches got anywhere, nothing much was tested.
	for _, s := range []game.State{game.Gathering, game.Active, game.Finished, game.Cancelled} {
		if ends[s] < 20 {
			t.Errorf("only %d of 600 matches ended up %v", ends[s], s)
		}
	}
	t.Logf("how the matches ended up: %v", ends)
}

// fuzzer reads calls from bytes. A match that has used them up is done.
type fuzzer struct {
	testing.TB
	data   []byte
	now    time.Time
	rules  game.Rules
	made   game.NewMatch
	m      game.Match
	events []game.Event
	// called is what was called so far, for the report.
	called []string
}

var players = []string{"ann", "bob", "cat", "dan", "eve"}

func (fz *fuzzer) run() {
	if !fz.create() {
		return
	}
	for len(fz.data) > 0 {
		fz.call()
	}
	fz.replay()
}

// next reads a number below n; 0 when there are no more bytes.
func (fz *fuzzer) next(n int) int {
	if len(fz.data) == 0 {
		return 0
	}
	b := fz.data[0]
	fz.data = fz.data[1:]
	return int(b) % n
}

func (fz *fuzzer) player() game.PlayerID { return named(players[fz.next(len(players))]) }

func (fz *fuzzer) invitees(n int) (list []game.Invitee) {
	for range n {
		b := fz.next(2 * len(players))
		list = append(list, game.Invitee{Player: named(players[b/2]), Silent: b%2 == 1})
	}
	return list
}

func (fz *fuzzer) create() bool {
	fz.rules = []game.Rules{tictactoe.Rules{}, pig.Rules{}, auction{}, nil}[fz.next(4)]
	s := game.Settings{
		Game: game.Relay, MinSeats: fz.next(4), MaxSeats: fz.next(6), Access: game.Access(fz.next(4)), Start: game.StartRule(fz.next(4)),
	}
	if fz.rules != nil {
		s.Game = fz.rules.Info().Name
	}
	if fz.next(16) > 0 { // mostly a match that there can be
		most := 5
		if fz.rules != nil {
			most = fz.rules.Info().MaxSeats
		}
		s.MinSeats = min(max(2, s.MinSeats), most)
		s.MaxSeats = min(max(s.MinSeats, s.MaxSeats), most)
	}
	if s.Game == "pig" {
		s.Options = game.Options(`{"target":10}`)
	}
	fz.made = game.NewMatch{
		Settings: s, Seed: game.Seed{byte(fz.next(256))}, Creator: named("ann"), Seat: fz.next(3), LapseAfter: 100 * time.Hour,
		Invite: fz.invitees(max(0, fz.next(6)-3)),
	}
	c, err := game.Create(fz.rules, fz.made, fz.now)
	fz.called = append(fz.called, fmt.Sprintf("create %+v: %v", fz.made, err))
	if err != nil {
		fz.refused(c, err)
		return false
	}
	fz.accept(c)
	return true
}

// call makes one call and checks what comes of it.
func (fz *fuzzer) call() {
	before, snapshot := fz.m, copyOf(fz.m)
	// A request can take a while, and clocks go back; mostly time passes.
	fz.now = fz.now.Add(time.Duration(fz.next(256)-8) * time.Minute)
	op, p := fz.next(10), fz.player()
	var c game.Change
	var err error
	switch op {
	case 0:
		c, err = before.Join(fz.rules, p, fz.next(6), fz.now)
	case 1:
		c, err = before.Invite(p, fz.invitees(1+fz.next(3)), fz.now)
	case 2:
		c, err = before.Decline(p, fz.now)
	case 3:
		c, err = before.Leave(p, fz.now)
	case 4:
		c, err = before.StartNow(fz.rules, p, fz.now)
	case 5, 6, 7:
		c, err = before.Submit(fz.rules, p, fz.turn(), fz.now)
	case 8:
		c, err = fz.give(p)
	case 9:
		c, err = fz.seldom(p)
	}
	fz.called = append(fz.called, fmt.Sprintf("%v op %d by %s: %v", fz.now.Sub(epoch), op, nameOf(p), err))
	if !reflect.DeepEqual(before, snapshot) {
		fz.fail("the match that the call was made on changed to\n%+v from\n%+v", before, snapshot)
	}
	if err != nil {
		fz.refused(c, err)
		return
	}
	if before.State.Over() {
		fz.fail("something happened in a match that is %v", before.State)
	}
	fz.accept(c)
}

var errNotDue = game.Refuse("NOT_DUE", "nothing was due")

// give resigns, in relay mode with or without what belongs to it.
func (fz *fuzzer) give(p game.PlayerID) (game.Change, error) {
	var rt *game.RelayTurn
	if fz.next(2) == 1 {
		rt = fz.relay()
	}
	return fz.m.Resign(fz.rules, p, rt, fz.now)
}

// seldom has the calls that would end most matches early if they were as likely as the others.
func (fz *fuzzer) seldom(p game.PlayerID) (game.Change, error) {
	switch fz.next(48) {
	case 0:
		return fz.m.Cancel(p, fz.now)
	case 1:
		return fz.m.CancelFor(game.ByOperator, fz.now)
	}
	due := !fz.m.State.Over() && !fz.m.Lapse.IsZero() && !fz.now.Before(fz.m.Lapse)
	c, ok := fz.m.LapseNow(fz.now)
	if ok != due {
		fz.fail("LapseNow at %v says %v, and the match lapses at %v", fz.now, ok, fz.m.Lapse)
	}
	if !ok {
		return c, errNotDue
	}
	// Else a worker would find the match due again and again.
	if l := c.Match.Lapse; !l.IsZero() && !l.After(fz.now) {
		fz.fail("after LapseNow the match is still due, since %v", l)
	}
	return c, nil
}

// turn makes moves that are often legal.
func (fz *fuzzer) turn() game.Turn {
	t := game.Turn{Expected: fz.m.Version - min(fz.m.Version, uint64(max(0, fz.next(8)-5)))}
	if fz.rules == nil || fz.next(32) == 0 {
		t.Relay = fz.relay()
	}
	texts := []string{"", "nonsense", "\x00"}
	if fz.rules != nil && fz.m.Turn > 0 {
		if p, err := fz.m.Decode(fz.rules); err == nil && fz.next(8) > 0 {
			texts = fz.rules.(game.MoveLister).LegalMoves(p, 1+fz.next(len(fz.m.Places)))
		}
	}
	for range fz.next(4) {
		text := "none"
		if len(texts) > 0 {
			text = texts[fz.next(len(texts))]
		}
		t.Moves = append(t.Moves, game.PlayedMove{Text: text})
	}
	return t
}

func (fz *fuzzer) relay() *game.RelayTurn {
	rt := &game.RelayTurn{}
	if fz.next(2) == 1 {
		rt.State = &game.RelayState{Data: []byte{byte(fz.next(256))}}
	}
	if fz.next(8) == 0 {
		for i := range fz.m.Places {
			if fz.m.Places[i].State == game.SeatSeated || fz.next(4) == 0 {
				rt.Outcomes = append(rt.Outcomes, game.Outcome{Seat: i + 1, Result: game.Result(fz.next(5)), Place: fz.next(4)})
			}
		}
		return rt
	}
	for range fz.next(4) {
		rt.Next = append(rt.Next, game.Next{Seat: fz.next(6), Limit: time.Duration(fz.next(2)) * time.Hour})
	}
	return rt
}

// copyOf copies a match so deeply that no change of the original reaches the copy.
func copyOf(m game.Match) game.Match {
	m.Places, m.Next = slices.Clone(m.Places), slices.Clone(m.Next)
	for i, pl := range m.Places {
		if pl.Outcome != nil {
			o := *pl.Outcome
			m.Places[i].Outcome = &o
		}
	}
	m.Position, m.Options = slices.Clone(m.Position), slices.Clone(m.Options)
	m.Relay.Data = slices.Clone(m.Relay.Data)
	return m
}

func (fz *fuzzer) fail(format string, args ...any) {
	fz.Helper()
	fz.Fatalf("%s\nafter\n%s", fmt.Sprintf(format, args...), strings.Join(fz.called, "\n"))
}

// refused checks a refusal: it has a reason that a caller can act on, and nothing else came of the call.
func (fz *fuzzer) refused(c game.Change, err error) {
	fz.Helper()
	var e *game.Error
	if !errors.As(err, &e) || e.Reason == "" || e.Reason == "INTERNAL" {
		fz.fail("refused without a reason: %v", err)
	}
	if !reflect.DeepEqual(c, game.Change{}) {
		fz.fail("refused (%v), and yet a change: %+v", err, c)
	}
	if fz.m.State.Over() && !slices.Contains([]game.Reason{game.MatchOver, game.NotSeated, game.AlreadySeated, errNotDue.Reason}, e.Reason) {
		fz.fail("the match is over, and the refusal is %v", err)
	}
}

// accept keeps a change and checks the match that it leads to.
func (fz *fuzzer) accept(c game.Change) {
	fz.Helper()
	if c.Before != fz.m.Version || len(c.Events) == 0 {
		fz.fail("a change of version %d with %d events, decided on %d", c.Before, len(c.Events), fz.m.Version)
	}
	for _, e := range c.Events {
		fz.events = append(fz.events, e)
		if e.Version != uint64(len(fz.events)) || !e.At.Equal(fz.now) || e.Fact == nil {
			fz.fail("event %d is %+v", len(fz.events), e)
		}
		if e.Turn > c.Match.Turn || (e.Seat == 0) != e.Player.IsZero() || e.Seat > len(c.Match.Places) {
			fz.fail("event %+v of a match in turn %d", e, c.Match.Turn)
		}
		for viewer := range len(c.Match.Places) + 1 {
			if shown := e.Show(fz.rules, viewer, false); shown.Version != e.Version {
				fz.fail("event %d is shown as %d", e.Version, shown.Version)
			}
		}
	}
	was := fz.m
	fz.m = c.Match
	if fz.m.Version != uint64(len(fz.events)) {
		fz.fail("version %d after %d events", fz.m.Version, len(fz.events))
	}
	if fz.m.Turn < was.Turn || fz.m.Turn > was.Turn+1 || fz.m.TurnVersion > fz.m.Version {
		fz.fail("turn %d since %d at version %d came after turn %d", fz.m.Turn, fz.m.TurnVersion, fz.m.Version, was.Turn)
	}
	fz.checkState()
	fz.checkSeats()
	fz.checkEnd()
}

func (fz *fuzzer) checkState() {
	fz.Helper()
	m := fz.m
	waiting := m.State == game.Gathering || m.State == game.Active && m.Start == game.AtOnce &&
		slices.ContainsFunc(m.Places, func(p game.Place) bool { return p.Free() || p.State == game.SeatInvited })
	if waiting == m.Lapse.IsZero() {
		fz.fail("%v, and it lapses at %v", m.State, m.Lapse)
	}
	if (m.State == game.Active) != (len(m.MustAct()) > 0) {
		fz.fail("%v, and seats %v must act", m.State, m.MustAct())
	}
	if m.State == game.Gathering && m.Turn != 0 || m.State == game.Active && m.Turn == 0 {
		fz.fail("%v in turn %d", m.State, m.Turn)
	}
	if m.State.Over() == m.Ended.IsZero() {
		fz.fail("%v, and ended at %v", m.State, m.Ended)
	}
	if !m.State.Over() && m.Host().IsZero() {
		fz.fail("%v without a host", m.State)
	}
	if m.State == game.Active && !m.Ruled() && (len(m.Next) == 0 || !slices.Equal(m.MustAct(), []int{m.Next[0].Seat})) {
		fz.fail("seats %v must act, and next are %v", m.MustAct(), m.Next)
	}
}

func (fz *fuzzer) checkSeats() {
	fz.Helper()
	m := fz.m
	sits := map[game.PlayerID]int{}
	for i, pl := range m.Places {
		if (pl.State == game.SeatEmpty) != pl.Player.IsZero() {
			fz.fail("seat %d: %+v", i+1, pl)
		}
		// A seat kept silently does not count: he does not know of it.
		if !pl.Free() && !pl.Silent {
			if sits[pl.Player]++; sits[pl.Player] > 1 {
				fz.fail("%s has two seats: %+v", nameOf(pl.Player), m.Places)
			}
		}
		inPlay := pl.State == game.SeatSeated || m.Start == game.AtOnce && pl.State != game.SeatDropped
		if pl.Duty != game.Waits && (m.State != game.Active || !inPlay) {
			fz.fail("%v, and seat %d has a duty: %+v", m.State, i+1, pl)
		}
		if pl.Duty == game.MustAct && pl.Since.IsZero() {
			fz.fail("seat %d must act since ever: %+v", i+1, pl)
		}
		if m.Decision(i+1) > m.Version {
			fz.fail("seat %d's decision is from version %d, in a match at %d", i+1, m.Decision(i+1), m.Version)
		}
		if (pl.Outcome != nil) != (pl.State == game.SeatDropped || m.State == game.Finished && pl.State == game.SeatSeated) {
			fz.fail("%v, and seat %d has outcome %+v", m.State, i+1, pl)
		}
	}
}

// checkEnd asks whether the end is told once, last, and with one outcome for each seat that played.
func (fz *fuzzer) checkEnd() {
	fz.Helper()
	for i, e := range fz.events {
		last := i == len(fz.events)-1
		switch f := e.Fact.(type) {
		case game.MatchCancelled:
			if !last || fz.m.State != game.Cancelled {
				fz.fail("event %d of %d says cancelled, the match is %v", e.Version, len(fz.events), fz.m.State)
			}
		case game.MatchFinished:
			var want []game.Outcome
			for _, pl := range fz.m.Places {
				if pl.Outcome != nil {
					want = append(want, *pl.Outcome)
				}
			}
			if !last || fz.m.State != game.Finished || !reflect.DeepEqual(f.Outcomes, want) {
				fz.fail("event %d of %d tells %+v, the match is %v with %+v", e.Version, len(fz.events), f.Outcomes, fz.m.State, want)
			}
		default:
			if last && fz.m.State.Over() {
				fz.fail("%v, and the last event is %T", fz.m.State, e.Fact)
			}
		}
	}
}

// replay plays a ruled match again from what it told.
func (fz *fuzzer) replay() {
	fz.Helper()
	if fz.rules == nil {
		return
	}
	again, err := game.Replay(fz.rules, fz.made, fz.events)
	if err != nil {
		fz.fail("replay: %v", err)
	}
	for _, m := range []*game.Match{&again, &fz.m} { // events do not tell who was not to know of an invitation
		m.Places = slices.Clone(m.Places)
		for i := range m.Places {
			m.Places[i].Silent = false
		}
	}
	if !reflect.DeepEqual(again, fz.m) {
		fz.fail("a replay gives\n%+v\nplayed was\n%+v", again, fz.m)
	}
}
