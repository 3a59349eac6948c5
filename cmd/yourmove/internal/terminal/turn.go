package terminal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// heard does what a line says. left: the person goes.
func (t *table) heard(ctx context.Context, line string) (left bool, err error) {
	if t.console.tooLong(line) {
		return false, nil
	}
	c := parse(line, t.match.GetLegalMoves())
	if t.resigning {
		t.console.heard(line)
		return t.confirmed(ctx, line)
	}
	if c.verb == wantsPlay && t.phase() != myTurn && !t.console.interactive && !t.stuck() {
		t.held = line // it was written for the turn that is to come
		return false, nil
	}
	t.console.heard(line)
	switch c.verb {
	case wantsQuit:
		t.leave()
		return true, nil
	case wantsHelp:
		t.help()
	case wantsMoves:
		t.moves()
	case wantsBoard:
		t.board(true)
	case wantsHistory:
		return false, t.history(ctx)
	case wantsResign:
		t.resigning = true
		t.console.ask(t.prompt())
	case wantsStart:
		return false, t.start(ctx)
	case wantsPlay:
		if t.phase() != myTurn {
			t.console.say("%s", t.notNow())
			return false, nil
		}
		t.queue = c.moves
	}
	return false, nil
}

// notNow answers a move out of turn.
func (t *table) notNow() string {
	if t.out() {
		return outOfIt
	}
	if t.phase() == gathering {
		return "The match has not begun; h tells what you can do."
	}
	return "It is " + t.words().turn() + "; you can move when it is yours."
}

// submit plays one move, or says why not.
func (t *table) submit(ctx context.Context, move string) error {
	req := &pb.SubmitTurnRequest{
		MatchId: t.id, RequestId: t.client.NewRequestID(), ExpectedVersion: t.match.GetSummary().GetVersion(),
		Moves: []*pb.Move{{Text: move}},
	}
	t.mine[req.GetRequestId()] = true
	_, err := t.client.SubmitTurn(ctx, req)
	t.bell.ring()
	if err == nil {
		return t.look(ctx)
	}
	t.queue = nil
	reason := clientsim.Reason(err)
	switch {
	case reason == game.MalformedMove || reason == game.IllegalMove:
		t.refused(move, reason, err)
		return nil
	case reason == game.VersionStale:
		t.console.say("That was not played: something happened meanwhile.")
		return t.look(ctx)
	}
	switch connect.CodeOf(err) {
	case connect.CodeInvalidArgument, connect.CodeFailedPrecondition, connect.CodeResourceExhausted, connect.CodePermissionDenied:
		t.console.say("%s", refusalText(err))
		return t.look(ctx)
	}
	return err
}

// fewMoves is how many moves are few enough to name them all, and how many are named otherwise.
const fewMoves = 9

// refused says why a move cannot be played, and what can be instead.
func (t *table) refused(move string, reason game.Reason, err error) {
	text := refusalText(err)
	t.console.say("%s", wrapped(text))
	if words := near(move, slices.Sorted(maps.Keys(verbs)), 1); reason == game.MalformedMove && len(move) > 2 && len(words) > 0 {
		t.console.say("Did you mean %q?", words[0])
		return
	}
	legal := cleaned(t.match.GetLegalMoves())
	guesses := akin(move, legal)
	if reason == game.MalformedMove {
		guesses = near(move, legal, fewMoves)
	}
	switch {
	case len(legal) > 0 && len(legal) <= fewMoves:
		t.console.say("%s", wrapped("You can play "+list(legal, "or")+"."))
		return
	case len(guesses) > 0:
		t.console.say("%s", wrapped("You can play "+list(guesses[:min(len(guesses), fewMoves)], "or")+", for example; ? tells all."))
	case len(legal) > 0:
		t.console.say("? tells what you can play.")
	}
	notation := clean(t.game.GetMoveNotation())
	gist, _, _ := strings.Cut(notation, ";")
	if reason == game.MalformedMove && notation != "" && !t.explained && !strings.Contains(text, gist) {
		t.console.say("%s", t.console.paint.dim(wrapped("A move: "+notation+".")))
		t.explained = true
	}
}

func cleaned(texts []string) []string {
	var list []string
	for _, t := range texts {
		list = append(list, clean(t))
	}
	return list
}

// dropQueue gives up the moves that came after the one that ended the turn.
func (t *table) dropQueue() {
	if len(t.queue) > 0 {
		t.console.say("Your turn is over; not played: %s.", clean(strings.Join(t.queue, ", ")))
		t.queue = nil
	}
}

func (t *table) help() {
	rows := [][2]string{{"?", "the moves that you can play now; or: moves"}, {"board", "the position once more"}, {"history", "what was played"}}
	if t.phase() == gathering {
		rows = [][2]string{{"start", "begin with those who are here"}}
	} else if notation := clean(t.game.GetMoveNotation()); notation != "" {
		rows = append([][2]string{{"a move", notation}, {"a, b", "several moves, one after the other, while it is your turn"}}, rows...)
	}
	rows = append(rows, [2]string{"resign", t.giveUp()}, [2]string{"q", "leave; the match stays as it is, and waits for you"})
	for _, r := range rows {
		text := wrap(strings.Fields(r[1]), "           ")
		t.console.say("  %-8s %s", r[0], t.console.paint.dim(strings.TrimSpace(text)))
	}
}

// giveUp says what resign does.
func (t *table) giveUp() string {
	if t.phase() == gathering {
		return "leave this match for good"
	}
	return "give this match up"
}

// mostMoves is how many moves "?" names.
const mostMoves = 150

func (t *table) moves() {
	legal := cleaned(t.match.GetLegalMoves())
	if len(legal) == 0 {
		t.console.say("%s", t.nothingToPlay())
		return
	}
	shown := legal[:min(len(legal), mostMoves)]
	t.console.say("%s", fill(shown, "  "))
	if more := len(legal) - len(shown); more > 0 {
		t.console.say("  and %d more", more)
	}
}

func (t *table) nothingToPlay() string {
	if t.phase() == myTurn {
		return "The game does not list its moves."
	}
	return t.notNow()
}

// history tells all turns, a line for all that one seat played in a row.
func (t *table) history(ctx context.Context) error {
	var turns []*pb.Event
	for token := ""; ; {
		res, err := t.client.ListTurns(ctx, &pb.ListTurnsRequest{MatchId: t.id, PageToken: token})
		if err != nil {
			return err
		}
		turns = append(turns, res.GetTurns()...)
		if token = res.GetNextPageToken(); token == "" {
			break
		}
	}
	if len(turns) == 0 {
		t.console.say("Nothing was played yet.")
	}
	for n := 1; len(turns) > 0; n++ {
		seat := turns[0].GetSeat()
		var played []*pb.PlayedMove
		for len(turns) > 0 && turns[0].GetSeat() == seat {
			played = append(played, turns[0].GetTurnTaken().GetMoves()...)
			turns = turns[1:]
		}
		t.console.say("%4d. %s", n, t.words().played(seat, played))
	}
	return nil
}

// start begins a match that has enough players but could have more.
func (t *table) start(ctx context.Context) error {
	if t.phase() != gathering {
		t.console.say("The match has begun.")
		return nil
	}
	_, err := t.client.StartMatch(ctx, &pb.StartMatchRequest{MatchId: t.id})
	return t.orSay(ctx, err)
}

// confirmed gives up, if the person meant it. left: nothing of the match is left to him.
func (t *table) confirmed(ctx context.Context, answer string) (left bool, err error) {
	t.resigning = false
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		t.console.say("The match goes on.")
		return false, nil
	}
	if t.phase() == gathering {
		if _, err := t.client.LeaveMatch(ctx, &pb.LeaveMatchRequest{MatchId: t.id}); err != nil {
			return false, t.orSay(ctx, err)
		}
		t.console.say("You have left the match.")
		return true, nil
	}
	_, err = t.client.Resign(ctx, &pb.ResignRequest{MatchId: t.id})
	t.bell.ring()
	return false, t.orSay(ctx, err)
}

// orSay looks what became of a call, or says why it was refused.
func (t *table) orSay(ctx context.Context, err error) error {
	var refused *connect.Error
	if errors.As(err, &refused) && refused.IsRemote() && clientsim.Reason(err) != "" {
		t.console.say("%s", refusalText(refused))
		err = nil
	}
	if err != nil {
		return fmt.Errorf("match %s: %w", t.id, err)
	}
	return t.look(ctx)
}
