package terminal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// going lists the person's matches that can go on here, the most urgent first.
func (s *session) going(ctx context.Context) ([]*pb.MatchSummary, error) {
	res, err := s.client.ListMatches(ctx, &pb.ListMatchesRequest{PageSize: 1}) // those that are not over all come with the first page
	if err != nil {
		return nil, err
	}
	var matches []*pb.MatchSummary
	for _, m := range res.GetMatches() {
		sum := m.GetSummary()
		mine := sum.GetMySeat()
		if isOver(sum) || sum.GetGame() == game.Relay || mine < 1 || sum.GetSeats()[mine-1].GetState() == pb.SeatState_SEAT_STATE_DROPPED {
			continue
		}
		matches = append(matches, sum)
	}
	return matches, nil
}

// choose shows the matches that go on and the games, and lets the person choose; empty: none.
func (s *session) choose(ctx context.Context) (string, error) {
	matches, err := s.going(ctx)
	if err != nil {
		return "", err
	}
	s.list(matches)
	for {
		s.console.ask("Your choice")
		line, ok, err := s.line(ctx)
		if err != nil || !ok {
			return "", err
		}
		match, done, err := s.chosen(ctx, line, matches)
		if err != nil || done {
			return match, err
		}
	}
}

// chosen understands a choice; done is false when it was none.
func (s *session) chosen(ctx context.Context, line string, matches []*pb.MatchSummary) (match string, done bool, err error) {
	name, level, host := s.opponent(line)
	switch strings.ToLower(name) {
	case "":
		return "", false, nil
	case "q", "quit", "exit":
		return "", true, nil
	}
	var g *pb.Game
	switch n, err := strconv.Atoi(name); {
	case err != nil:
		if g, err = s.game(name); err != nil {
			s.console.say("%s", sentence(err.Error()))
			return "", false, nil
		}
	case n >= 1 && n <= len(matches):
		return matches[n-1].GetMatchId(), true, nil
	case n > len(matches) && n <= len(matches)+len(s.games):
		g = s.games[n-len(matches)-1]
	default:
		s.console.say("There is no %s in the list.", name)
		return "", false, nil
	}
	match, err = s.create(ctx, s.request(g.GetName()), level, host)
	if no := refusal(""); errors.As(err, &no) {
		s.console.say("%s", sentence(string(no)))
		s.list(matches)
		return "", false, nil
	}
	return match, true, err
}

// opponent takes the opponent off the end of a choice, "chess hard" or "3 friend".
func (s *session) opponent(line string) (choice string, level Level, host bool) {
	fields := strings.Fields(line)
	n := len(fields) - 1
	if n >= 1 && fields[n] == "friend" {
		return strings.Join(fields[:n], " "), "", true
	}
	if n >= 1 {
		if level, err := ParseLevel(fields[n]); err == nil {
			return strings.Join(fields[:n], " "), level, false
		}
	}
	return strings.Join(fields, " "), s.o.Level, s.o.Host
}

// list prints what there is to choose from.
func (s *session) list(matches []*pb.MatchSummary) {
	p := s.console.paint
	n := 0
	if len(matches) > 0 {
		s.console.say("%s", p.bold("Your matches"))
	}
	for _, m := range matches {
		w := words{s: m}
		n++
		name := cut(s.title(m.GetGame())+" against "+w.opponents(), 33)
		s.console.say("%4d  %-33s %s", n, name, p.dim(fmt.Sprintf("%-17s %s", cut(standing(w), 17), progress(m, time.Now()))))
	}
	s.console.say("%s", p.bold("Games"))
	for _, g := range s.games {
		n++
		s.console.say("%4d  %s", n, clean(g.GetTitle()))
	}
	against := "the " + strings.ToLower(s.o.Level.title())
	if s.o.Host {
		against = "a friend"
	}
	s.console.say("%s", p.dim(wrapped("Type a number. A game is played against "+against+
		"; easy, medium, hard or friend behind its number says otherwise. q leaves.")))
}

// standing says what a match is to the person.
func standing(w words) string {
	switch w.s.GetStanding() {
	case pb.Standing_STANDING_INVITED:
		return "you are invited"
	case pb.Standing_STANDING_GATHERING:
		return "waits for players"
	}
	return w.turn()
}

// progress tells matches apart that are alike otherwise: which turn it is, and since when.
func progress(m *pb.MatchSummary, now time.Time) string {
	since := m.GetCreateTime()
	if m.GetLastMove() != nil {
		since = m.GetLastMove().GetTakeTime()
	}
	text := ago(now.Sub(since.AsTime()))
	if m.GetTurn() > 0 {
		text = fmt.Sprintf("turn %d, %s", m.GetTurn(), text)
	}
	return text
}
