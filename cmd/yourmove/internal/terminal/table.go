package terminal

import (
	"context"
	"slices"
	"time"

	pb "yourmove/proto/gen/yourmove/v1"
)

// table is one match as the person follows it.
type table struct {
	*session
	id   string
	game *pb.Game
	bots map[string]*rival // those that this process plays, by their players' ids
	bell *bell
	ear  <-chan struct{}
	// hearing rings when something happens at the server.
	hearing *hearing

	match *pb.Match
	// known is the version up to which all events were read.
	known uint64
	// news are events that were not told yet.
	news []*pb.Event
	// mine are the ids of the turns that were taken here: what the person typed needs no telling.
	mine map[string]bool
	// shown is the version at which the position was last shown, and drawn how.
	shown uint64
	drawn string
	// asked is the match as it was when the person was last asked for a move.
	asked *pb.Match
	// seated: the person was told who has which seat.
	seated bool
	// waits is whom the person was last told to wait for.
	waits string
	// queue are moves of the present turn that are still to be played, in order.
	queue []string
	// held is a line that waits for the person's turn.
	held string
	// explained: the person was told how a move is written.
	explained bool
	// resigning: the person was asked whether he means it.
	resigning bool
}

// phase is what a match waits for.
type phase int

const (
	gathering phase = iota // players
	myTurn                 // the person, who may do something
	botsTurn               // only bots of this process
	othersTurn
	ended
)

// myPace is how much less often it looks after a match that waits for the person, where hardly anything can happen.
const myPace = 4

func (t *table) phase() phase {
	s := t.match.GetSummary()
	waiting := 0 // for people
	for _, seat := range t.awaited() {
		if !t.plays(seat.GetPlayerId()) {
			waiting++
		}
	}
	switch {
	case isOver(s):
		return ended
	case t.me().GetDuty() != pb.Duty_DUTY_UNSPECIFIED:
		return myTurn
	case waiting == 0:
		return botsTurn
	case s.GetState() == pb.MatchState_MATCH_STATE_GATHERING:
		return gathering
	}
	return othersTurn
}

// awaited are the seats that the match waits for: to be taken, or to move.
func (t *table) awaited() []*pb.Seat {
	s := t.match.GetSummary()
	var list []*pb.Seat
	for _, seat := range s.GetSeats() {
		if seat.GetDuty() == pb.Duty_DUTY_MUST_ACT ||
			s.GetState() == pb.MatchState_MATCH_STATE_GATHERING && seat.GetState() != pb.SeatState_SEAT_STATE_SEATED {
			list = append(list, seat)
		}
	}
	return list
}

// plays reports whether a player is a bot of this process that still plays.
func (t *table) plays(player string) bool {
	return t.bots[player] != nil && !t.bots[player].stopped.Load()
}

// stuck reports whether the match waits for a bot that has stopped, and so for ever.
func (t *table) stuck() bool {
	return slices.ContainsFunc(t.awaited(), func(s *pb.Seat) bool { return t.bots[s.GetPlayerId()] != nil && !t.plays(s.GetPlayerId()) })
}

// me is the person's own seat.
func (t *table) me() *pb.Seat { return seatOf(t.match) }

func seatOf(m *pb.Match) *pb.Seat { return m.GetSummary().GetSeats()[m.GetSummary().GetMySeat()-1] }

func (t *table) words() words { return words{t.match.GetSummary(), t.console.paint} }

// play follows the match to its end. It returns false when the person left before.
func (t *table) play(ctx context.Context) (bool, error) {
	t.greet()
	for {
		now := t.phase()
		quiet := t.quiet(now)
		if !quiet {
			t.seating()
			t.tell(now)
		}
		switch {
		case quiet:
		case now == ended:
			t.show()
			t.console.say("%s", t.console.paint.bold(words{s: t.match.GetSummary()}.result()))
			return true, nil
		case now != myTurn:
			t.dropQueue()
			t.wait(now)
		case len(t.queue) > 0:
			next := t.queue[0]
			t.queue = t.queue[1:]
			if err := t.submit(ctx, next); err != nil {
				return false, err
			}
			continue
		case t.held != "":
			line := t.held
			t.held = ""
			t.ask()
			if left, err := t.heard(ctx, line); left || err != nil {
				return false, err
			}
			continue
		default:
			t.ask()
		}
		if left, err := t.next(ctx, now); left || err != nil {
			return false, err
		}
	}
}

// next waits for a line or for the time to look again, and does what there is to do then.
func (t *table) next(ctx context.Context, now phase) (left bool, err error) {
	lines, pace := t.console.lines, t.o.Poll
	switch {
	case t.held != "" && !t.stuck():
		lines = nil
	case now == botsTurn && !t.out():
		lines = nil // bots answer soon: what is typed meanwhile is about what they leave
	case now == myTurn:
		pace *= myPace
	}
	again := time.NewTimer(t.hearing.pace(pace))
	defer again.Stop()
	select {
	case line, ok := <-lines:
		if !ok {
			t.leave()
			return true, nil
		}
		return t.heard(ctx, line)
	case <-t.ear:
		return false, t.look(ctx)
	case <-again.C:
		return false, t.look(ctx)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// mostEvents is how many events one answer has at most.
const mostEvents = 50

// look reads the match, if it is newer than what is known, with what happened meanwhile.
func (t *table) look(ctx context.Context) error {
	req := &pb.GetMatchRequest{MatchId: t.id, LegalMoves: true, Drawing: true}
	if t.match != nil {
		req.SinceVersion, req.IfNewerThan = &t.known, t.known // the first one grows with t.known
	}
	for {
		res, err := t.client.GetMatch(ctx, req)
		if err != nil || res.GetUnchanged() {
			return err
		}
		t.match = res.GetMatch()
		events := res.GetEvents()
		t.news = append(t.news, events...)
		if len(events) < mostEvents {
			t.known = t.match.GetSummary().GetVersion()
			return nil
		}
		t.known = events[len(events)-1].GetVersion()
	}
}

// greet says what is played, and how.
func (t *table) greet() {
	s, w, p := t.match.GetSummary(), t.words(), t.console.paint
	t.news = nil // what was before the first look
	t.console.say("\n%s: %s against %s.", p.bold(t.title(s.GetGame())), w.who(s.GetMySeat()), w.opponents())
	if notation := clean(t.game.GetMoveNotation()); notation != "" && !isOver(s) {
		t.console.say("%s", p.dim(wrapped("A move: "+notation+". Type h for help.")))
	}
	if m := s.GetLastMove(); m != nil && !isOver(s) {
		t.console.say("%s", w.played(m.GetSeat(), []*pb.PlayedMove{{Text: m.GetText()}}))
	}
}

// ask shows the position and asks for a move.
func (t *table) ask() {
	t.waits, t.asked = "", t.match
	t.show()
	t.console.ask(t.prompt())
}

// show shows the position, if it is another one than the last that was shown.
func (t *table) show() {
	version := t.match.GetSummary().GetVersion()
	if t.shown == version || t.drawn != "" && t.drawn == t.drawing() {
		return
	}
	t.board(t.shown == 0)
	t.shown = version
}

// board draws the position. Where the game has no drawing it is a line, or, whole, all that there is to see.
func (t *table) board(whole bool) {
	s := t.match.GetSummary()
	switch drawing := t.drawing(); {
	case drawing != "":
		t.console.say("\n%s", t.console.paint.drawing(drawing, t.drawn))
		t.drawn = drawing
	case s.GetSummary() != "" && !whole:
		t.console.say("%s", clean(s.GetSummary()))
	case t.match.GetView() != nil:
		t.console.say("\n%s", t.words().position(t.match.GetView()))
	}
}

// drawing is the game's own; empty if it has none.
func (t *table) drawing() string { return drawable(t.match.GetDrawing()) }

// prompt says what the person is asked for.
func (t *table) prompt() string {
	if t.resigning {
		return sentence(t.giveUp()+"?") + " (y or n)"
	}
	what := "Your turn"
	if t.me().GetDuty() == pb.Duty_DUTY_MAY_ACT {
		what = "You may move"
	}
	for _, field := range []string{nextField, turnField} {
		if next := clean(t.match.GetView().GetFields()[field].GetStringValue()); next != "" && len(next) < 10 {
			what += " (" + next + ")"
			break
		}
	}
	return t.console.paint.bold(what)
}

// wait says whom the match waits for, once.
func (t *table) wait(now phase) {
	text := t.waiting(now)
	if text != t.waits && text != "" {
		t.console.say("%s", text)
	}
	t.waits = text
}

// waiting says whom the match waits for; empty where that needs no words.
func (t *table) waiting(now phase) string {
	switch {
	case t.out():
		return outOfIt
	case now == gathering:
		return t.howToJoin()
	case now == othersTurn:
		return "It is " + t.words().turn() + "."
	}
	return ""
}

// outOfIt is told to a person who has given up while the others play on.
const outOfIt = "You are out of this match; the others play on. q leaves."

func (t *table) out() bool { return t.me().GetState() == pb.SeatState_SEAT_STATE_DROPPED }

func (t *table) howToJoin() string {
	if code := t.match.GetJoinCode(); code != "" {
		return "The match waits for another player. In another terminal:\n  " + t.hint("--join", clean(code), "--as", "NAME")
	}
	return "The match waits for " + t.words().opponents() + "."
}

// leave says how to go on with the match.
func (t *table) leave() {
	if t.phase() == ended || t.out() {
		return
	}
	t.console.say("The match stays as it is. To go on: %s", t.hint(t.self("--match", t.id)...))
}
