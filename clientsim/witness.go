package clientsim

import (
	"slices"

	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// maxEvents is how many events GetMatch answers at most, maxMoves how many legal moves.
const (
	maxEvents = 50
	maxMoves  = 500
)

// witness is one player's memory of one match: what he was shown, what he did and what he was told of it. It is not
// for use by several goroutines at once.
type witness struct {
	match, player string
	tell          tell
	log           eventLog
	rules         rulebook
	last          *pb.MatchSummary
	mine          map[string]*deed // by request_id
	resigned      bool
}

// deed is a turn that the player submitted. Neither acknowledged nor refused: nobody answered.
type deed struct {
	moves        []*pb.Move
	version      uint64
	acknowledged bool
	refused      error
}

func newWitness(match, player string, tell tell) *witness {
	return &witness{match: match, player: player, tell: tell, mine: map[string]*deed{}}
}

// next lists the states that may follow a state.
var next = map[pb.MatchState][]pb.MatchState{
	pb.MatchState_MATCH_STATE_GATHERING: {
		pb.MatchState_MATCH_STATE_ACTIVE, pb.MatchState_MATCH_STATE_FINISHED, pb.MatchState_MATCH_STATE_CANCELLED,
	},
	pb.MatchState_MATCH_STATE_ACTIVE: {pb.MatchState_MATCH_STATE_FINISHED, pb.MatchState_MATCH_STATE_CANCELLED},
}

// saw checks a match as it was shown, alone and against what was shown before.
func (w *witness) saw(m *pb.Match) {
	s := m.GetSummary()
	if s.GetMatchId() != w.match {
		w.tell("asked for match %s, was shown %s", w.match, s.GetMatchId())
		return
	}
	w.log.relay, w.log.over = s.GetGame() == relayGame, over(s)
	if w.last != nil {
		w.after(w.last, s)
	}
	w.last = s
	w.seats(s)
	w.standing(s)
	w.position(m)
	w.rules.saw(m, w.tell)
}

// listed checks the legal moves of a match that was shown just now, if they were asked for.
func (w *witness) listed(m *pb.Match) { w.rules.listed(m, w.tell) }

// after checks what may not go back or change.
func (w *witness) after(was, is *pb.MatchSummary) {
	if is.GetVersion() < was.GetVersion() {
		w.tell("version %d was shown, then version %d", was.GetVersion(), is.GetVersion())
	}
	if is.GetTurn() < was.GetTurn() {
		w.tell("turn %d was on, then turn %d", was.GetTurn(), is.GetTurn())
	}
	if a, b := was.GetState(), is.GetState(); a != b && !slices.Contains(next[a], b) {
		w.tell("the match was %v, then %v", a, b)
	}
	if is.GetGame() != was.GetGame() || is.GetRulesetVersion() != was.GetRulesetVersion() || len(is.GetSeats()) != len(was.GetSeats()) {
		w.tell("the match became another one: %v, then %v", was, is)
	}
	if was.GetMySeat() != 0 && is.GetMySeat() != was.GetMySeat() {
		w.tell("the player's seat was %d, then %d", was.GetMySeat(), is.GetMySeat())
	}
}

// seats checks the places and who must act.
func (w *witness) seats(s *pb.MatchSummary) {
	var must []int32
	for i, seat := range s.GetSeats() {
		if int(seat.GetSeat()) != i+1 {
			w.tell("place %d has number %d", i+1, seat.GetSeat())
		}
		if seat.GetDuty() == pb.Duty_DUTY_MUST_ACT {
			must = append(must, seat.GetSeat())
		}
		if taken := seat.GetState() == pb.SeatState_SEAT_STATE_SEATED; taken && seat.GetPlayerId() == "" {
			w.tell("seat %d is taken by nobody", seat.GetSeat())
		}
		if seat.GetState() == pb.SeatState_SEAT_STATE_DROPPED && seat.GetDuty() != pb.Duty_DUTY_UNSPECIFIED {
			w.tell("seat %d is out and has a duty, %v", seat.GetSeat(), seat.GetDuty())
		}
	}
	if !slices.Equal(must, s.GetMustAct()) {
		w.tell("must_act is %v, by their duties %v must act", s.GetMustAct(), must)
	}
	active := s.GetState() == pb.MatchState_MATCH_STATE_ACTIVE
	if !active && len(must) > 0 {
		w.tell("%v must act in a match that is %v", must, s.GetState())
	}
	if active && len(must) == 0 {
		w.tell("the match is active and waits for nobody")
	}
	if over(s) != (s.GetEndTime() != nil) {
		w.tell("the match is %v, its end time is %v", s.GetState(), s.GetEndTime())
	}
	if me := mySeat(s); s.GetMySeat() != 0 && me.GetPlayerId() != w.player {
		w.tell("my_seat is %d, in which sits %q", s.GetMySeat(), me.GetPlayerId())
	}
}

// standing checks what the match is said to be to the player.
func (w *witness) standing(s *pb.MatchSummary) {
	me := mySeat(s)
	var want []pb.Standing
	switch {
	case me == nil:
		want = []pb.Standing{pb.Standing_STANDING_UNSPECIFIED}
	case over(s):
		want = []pb.Standing{pb.Standing_STANDING_FINISHED_UNSEEN, pb.Standing_STANDING_FINISHED, pb.Standing_STANDING_ARCHIVED}
	case me.GetState() == pb.SeatState_SEAT_STATE_INVITED:
		want = []pb.Standing{pb.Standing_STANDING_INVITED}
	case s.GetState() == pb.MatchState_MATCH_STATE_GATHERING:
		want = []pb.Standing{pb.Standing_STANDING_GATHERING}
	case slices.Contains(s.GetMustAct(), me.GetSeat()):
		want = []pb.Standing{pb.Standing_STANDING_MY_TURN}
	default:
		want = []pb.Standing{pb.Standing_STANDING_WAITING}
	}
	if !slices.Contains(want, s.GetStanding()) {
		w.tell("the match is %v with %v to act; seat %d is told that it is %v, not %v", s.GetState(), s.GetMustAct(), me.GetSeat(), s.GetStanding(), want)
	}
}

// position checks what is shown of the game itself.
func (w *witness) position(m *pb.Match) {
	s := m.GetSummary()
	begun := s.GetState() == pb.MatchState_MATCH_STATE_ACTIVE || s.GetState() == pb.MatchState_MATCH_STATE_FINISHED
	ruled := s.GetGame() != relayGame && !m.GetRulesetMissing()
	if ruled && begun && len(m.GetView().GetFields()) == 0 {
		w.tell("version %d has no view", s.GetVersion())
	}
	if !ruled && m.GetView() != nil {
		w.tell("version %d has a view, which nobody could make: %v", s.GetVersion(), m.GetView())
	}
	if len(m.GetLegalMoves()) > maxMoves {
		w.tell("%d legal moves in one answer", len(m.GetLegalMoves()))
	}
	if mySeat(s).GetDuty() == pb.Duty_DUTY_UNSPECIFIED && len(m.GetLegalMoves()) > 0 {
		w.tell("seat %d has to wait and may play %v", s.GetMySeat(), m.GetLegalMoves())
	}
}

// caughtUp checks the summary against the events, once all events up to its version are known.
func (w *witness) caughtUp() {
	s, l := w.last, &w.log
	if l.version() != s.GetVersion() {
		w.tell("version %d was shown together with events up to %d", s.GetVersion(), l.version())
		return
	}
	if over(s) != (l.end != nil) {
		w.tell("version %d is %v, by its events the match ended with %v", s.GetVersion(), s.GetState(), l.end)
	}
	if s.GetState() == pb.MatchState_MATCH_STATE_GATHERING && l.started || s.GetState() == pb.MatchState_MATCH_STATE_ACTIVE && !l.started {
		w.tell("version %d is %v, which its events do not say", s.GetVersion(), s.GetState())
	}
	if !slices.Equal(l.mustAct, s.GetMustAct()) {
		w.tell("version %d: %v must act, by the events %v", s.GetVersion(), s.GetMustAct(), l.mustAct)
	}
	if n := len(l.turns); n > 0 {
		turn, last := l.turns[n-1], s.GetLastMove()
		moves := turn.GetTurnTaken().GetMoves()
		if len(moves) > 0 && last.GetSeat() != turn.GetSeat() {
			w.tell("version %d: the last move is %v, the last turn %v", s.GetVersion(), last, turn)
		} else if len(moves) > 0 {
			mv := moves[len(moves)-1]
			if !mv.GetHidden() && len(mv.GetText()) <= 64 && last.GetText() != mv.GetText() {
				w.tell("version %d: the last move is %v, the last turn %v", s.GetVersion(), last, turn)
			}
		}
	}
	for _, o := range l.end.GetMatchFinished().GetOutcomes() {
		if int(o.GetSeat()) > len(s.GetSeats()) || !proto.Equal(o, s.GetSeats()[o.GetSeat()-1].GetOutcome()) {
			w.tell("the match ended with %v, seat %d shows another outcome", l.end, o.GetSeat())
		}
	}
}

// submits notes a turn before it is sent.
func (w *witness) submits(request string, moves []*pb.Move) {
	w.mine[request] = &deed{moves: moves}
}

// acknowledged checks the answer to a turn.
func (w *witness) acknowledged(request string, res *pb.SubmitTurnResponse) {
	d := w.mine[request]
	d.acknowledged, d.version = true, res.GetVersion()
	w.answered(res.GetVersion(), res.GetEvents(), res.GetMatch())
	if len(res.GetEvents()) == 0 || !w.isMine(res.GetEvents()[0], request) {
		w.tell("the answer to request %s does not tell of its turn: %v", request, res.GetEvents())
	}
}

// answered checks what all answers to calls that change a match have in common.
func (w *witness) answered(version uint64, events []*pb.Event, m *pb.Match) {
	n := len(events)
	if n == 0 || events[n-1].GetVersion() != version || events[0].GetVersion() != version-uint64(n)+1 {
		w.tell("an answer with version %d tells of the events %v", version, events)
	}
	if m.GetSummary().GetVersion() < version {
		w.tell("an answer with version %d shows the match at version %d", version, m.GetSummary().GetVersion())
	}
	w.log.over = over(m.GetSummary())
	for _, e := range events {
		w.log.see(e, w.tell)
	}
	w.saw(m)
}

// isMine reports whether e tells of the turn with this request_id as it was submitted.
func (w *witness) isMine(e *pb.Event, request string) bool {
	t := e.GetTurnTaken()
	return t.GetRequestId() == request && e.GetPlayerId() == w.player &&
		slices.EqualFunc(t.GetMoves(), w.mine[request].moves, func(p *pb.PlayedMove, m *pb.Move) bool {
			return !p.GetHidden() && p.GetText() == m.GetText() && string(p.GetData()) == string(m.GetData())
		})
}

// accounts checks the whole history of a match that is over: each acknowledged turn is in it once, each refused one
// is not, and no turn of the player's is in it that he did not submit.
func (w *witness) accounts() {
	w.rules.keptSecret(&w.log, w.tell)
	found := map[string]int{}
	for _, e := range w.log.turns {
		id := e.GetTurnTaken().GetRequestId()
		switch d := w.mine[id]; {
		case e.GetPlayerId() != w.player && id != "":
			w.tell("event %d shows another player's request_id", e.GetVersion())
		case e.GetPlayerId() != w.player:
		case d == nil:
			w.tell("event %d is a turn that this player did not submit: %v", e.GetVersion(), e)
		case !w.isMine(e, id):
			w.tell("event %d is not the turn that was submitted: %v, not %v", e.GetVersion(), e, d.moves)
		default:
			found[id]++
			if d.refused != nil {
				w.tell("event %d is a turn that was refused: %v", e.GetVersion(), d.refused)
			}
			if found[id] > 1 {
				w.tell("event %d repeats the turn of request %s", e.GetVersion(), id)
			}
		}
	}
	gaveUp := 0
	for _, e := range w.log.events {
		if e.GetPlayerResigned() != nil && e.GetPlayerId() == w.player {
			gaveUp++
		}
	}
	if w.resigned != (gaveUp > 0) || gaveUp > 1 {
		w.tell("the player resigned: %v; the history has it %d times", w.resigned, gaveUp)
	}
	for id, d := range w.mine {
		if d.acknowledged && found[id] == 0 {
			w.tell("the turn of request %s was acknowledged with version %d and is not in the history", id, d.version)
		}
	}
}

// sameTurns checks that ListTurns tells the turns of the history.
func (w *witness) sameTurns(list []*pb.Event) {
	if !sameEvents(list, w.log.turns) {
		w.tell("ListTurns tells %d turns that differ from the %d of the replay: %v, not %v", len(list), len(w.log.turns), list, w.log.turns)
	}
}

func over(s *pb.MatchSummary) bool {
	return s.GetState() == pb.MatchState_MATCH_STATE_FINISHED || s.GetState() == pb.MatchState_MATCH_STATE_CANCELLED
}

// mySeat returns the player's own place; nil if he has none.
func mySeat(s *pb.MatchSummary) *pb.Seat {
	if n := int(s.GetMySeat()); n >= 1 && n <= len(s.GetSeats()) {
		return s.GetSeats()[n-1]
	}
	return nil
}

// openSeats counts the places that somebody may still take.
func openSeats(s *pb.MatchSummary) int {
	n := 0
	for _, seat := range s.GetSeats() {
		switch seat.GetState() {
		case pb.SeatState_SEAT_STATE_SEATED, pb.SeatState_SEAT_STATE_DROPPED:
		default:
			n++
		}
	}
	return n
}
