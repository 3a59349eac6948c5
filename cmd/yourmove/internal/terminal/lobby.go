package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// botsLabel is the label of a match against bots; it holds their level.
const botsLabel = "bots"

var errRelay = errors.New("a match in relay mode is played by the app that made it, not here")

// first finds or makes the match that was asked for.
func (s *session) first(ctx context.Context) (string, error) {
	switch {
	case s.o.Match != "":
		return s.o.Match, nil
	case s.o.Join != "":
		return s.join(ctx, s.o.Join)
	case s.o.Game != "":
		g, err := s.game(s.o.Game)
		if err != nil {
			return "", err
		}
		if err := s.remind(ctx, g); err != nil {
			return "", err
		}
		return s.create(ctx, s.request(g.GetName()), s.o.Level, s.o.Host)
	}
	return s.choose(ctx)
}

// join takes a seat in the match with a code, after a look at whether it can be played here.
func (s *session) join(ctx context.Context, code string) (string, error) {
	look, err := s.client.GetMatch(ctx, &pb.GetMatchRequest{JoinCode: code})
	switch {
	case clientsim.Reason(err) == game.NoSuchMatch:
		return "", fmt.Errorf("no match with the code %s waits for players here", clean(code))
	case err != nil:
		return "", plainly("join", err)
	case look.GetMatch().GetSummary().GetGame() == game.Relay:
		return "", errRelay
	}
	res, err := s.client.JoinMatch(ctx, &pb.JoinMatchRequest{JoinCode: code})
	if clientsim.Reason(err) == game.AlreadySeated {
		return "", fmt.Errorf("%s sits in this match already; whoever plays against him takes another name: %s",
			cmp.Or(s.o.As, s.o.User, "this player"), s.hint("--as", "NAME", "--join", code))
	}
	if err != nil {
		return "", plainly("join", err)
	}
	return res.GetMatch().GetSummary().GetMatchId(), nil
}

// plainly says of a refusal what the server said, without its code: whoever plays needs none.
func plainly(what string, err error) error {
	var refused *connect.Error
	if errors.As(err, &refused) && clientsim.Reason(err) != "" {
		return fmt.Errorf("%s: %s", what, clean(refused.Message()))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// game finds a game by its name or title, or by the beginning of either.
func (s *session) game(name string) (*pb.Game, error) {
	plain := func(s string) string {
		return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
	}
	var found []*pb.Game
	var names []string
	for _, g := range s.games {
		if g.GetName() == name || plain(g.GetTitle()) == plain(name) {
			return g, nil
		}
		if name != "" && (strings.HasPrefix(g.GetName(), plain(name)) || strings.HasPrefix(plain(g.GetTitle()), plain(name))) {
			found = append(found, g)
		}
		names = append(names, g.GetName())
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if guesses := near(name, names, 1); len(guesses) > 0 {
		return nil, fmt.Errorf("there is no game %q here; did you mean %s?", clean(name), guesses[0])
	}
	return nil, fmt.Errorf("there is no game %q here; there are %s", clean(name), list(names, "and"))
}

// request asks for a new match with what the options say.
func (s *session) request(game string) *pb.CreateMatchRequest {
	n := int32(s.o.Players)
	return &pb.CreateMatchRequest{Game: game, MinSeats: n, MaxSeats: n, Seat: int32(s.o.Seat), Options: s.o.Settings}
}

// create makes a match: for people who know its join code, or against bots.
func (s *session) create(ctx context.Context, req *pb.CreateMatchRequest, level Level, host bool) (string, error) {
	if host {
		req.Access, req.MinSeats = pb.Access_ACCESS_BY_CODE, 0
	} else {
		seats := int(req.GetMaxSeats())
		for _, g := range s.games {
			if g.GetName() == req.GetGame() && seats == 0 {
				seats = int(g.GetMinSeats())
			}
		}
		bots, err := s.bots(ctx, level, seats-1)
		if err != nil {
			return "", err
		}
		for _, b := range bots {
			req.InvitePlayerIds = append(req.InvitePlayerIds, b.PlayerID())
		}
		req.Access, req.Labels = pb.Access_ACCESS_INVITED, map[string]string{botsLabel: string(level)}
	}
	res, err := s.client.CreateMatch(ctx, req)
	if clientsim.Reason(err) == game.Quota {
		return "", errors.New("too many of your matches go on: give some of them up (the list has them: " + s.hint(s.self()...) + ")")
	}
	if err != nil {
		return "", plainly("a new match", err)
	}
	return res.GetMatch().GetSummary().GetMatchId(), nil
}

// bots opens the accounts of the person's bots of a level.
func (s *session) bots(ctx context.Context, level Level, n int) ([]*clientsim.Client, error) {
	if n >= game.MaxSeats {
		return nil, fmt.Errorf("at most %d play", game.MaxSeats)
	}
	var list []*clientsim.Client
	for i := range n {
		name := level.title()
		if i > 0 {
			name += fmt.Sprintf(" %d", i+1)
		}
		secret, err := s.o.Home.bot(s.o.Server, s.o.As, fmt.Sprintf("%s-%d", level, i+1))
		if err != nil {
			return nil, err
		}
		c, err := s.account(ctx, secret, name, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// open makes a table for a match, with the bots that the person brought to it.
func (s *session) open(ctx context.Context, match string) (*table, error) {
	t := &table{session: s, id: match, bots: map[string]*rival{}, mine: map[string]bool{}, bell: &bell{}}
	t.ear = t.bell.ear()
	if err := t.look(ctx); clientsim.Reason(err) == game.NoSuchMatch {
		return nil, fmt.Errorf("you have no such match; those that go on are listed by: %s", s.hint(s.self()...))
	} else if err != nil {
		return nil, plainly("the match", err)
	}
	sum := t.match.GetSummary()
	if sum.GetStanding() == pb.Standing_STANDING_INVITED {
		if _, err := s.client.JoinMatch(ctx, &pb.JoinMatchRequest{MatchId: match}); err != nil {
			return nil, plainly("join", err)
		}
		if err := t.look(ctx); err != nil {
			return nil, err
		}
		sum = t.match.GetSummary()
	}
	for _, g := range s.games {
		if g.GetName() == sum.GetGame() {
			t.game = g
		}
	}
	switch {
	case sum.GetMySeat() == 0:
		return nil, errors.New("you have no seat in this match")
	case sum.GetGame() == game.Relay:
		return nil, errRelay
	}
	level, err := ParseLevel(sum.GetLabels()[botsLabel])
	if err != nil || t.match.GetCreatorId() != s.client.PlayerID() || isOver(sum) {
		return t, nil
	}
	clients, err := s.bots(ctx, level, len(sum.GetSeats())-1)
	if err != nil {
		return nil, err
	}
	for i, c := range clients {
		moves, plays := chooser(level, rulesOf(s.o.Rules, sum), botSeed(s.o.Seed, i))
		t.bots[c.PlayerID()] = &rival{client: c, match: match, moves: moves, poll: s.o.Poll, bell: t.bell, ear: t.bell.ear()}
		if plays != level && i == 0 {
			s.console.say("The %s plays as an %s here: it cannot think about this game.", strings.ToLower(level.title()), strings.ToLower(plays.title()))
		}
	}
	return t, nil
}

// again makes the match after m: the same once more, with the seats moved on by one.
func (s *session) again(ctx context.Context, m *pb.Match) (string, error) {
	sum := m.GetSummary()
	n := int32(0) // as many as played; in a match that was called off, as many as there were seats
	for _, seat := range sum.GetSeats() {
		if seat.GetOutcome() != nil || sum.GetState() == pb.MatchState_MATCH_STATE_CANCELLED {
			n++
		}
	}
	req := &pb.CreateMatchRequest{
		Game: sum.GetGame(), MinSeats: n, MaxSeats: n, Seat: sum.GetMySeat()%n + 1, Options: m.GetOptions(),
	}
	if level, err := ParseLevel(sum.GetLabels()[botsLabel]); err == nil {
		return s.create(ctx, req, level, false)
	}
	matches, err := s.going(ctx)
	if err != nil {
		return "", err
	}
	opponents := map[string]bool{}
	for _, seat := range sum.GetSeats() {
		if id := seat.GetPlayerId(); id != "" && id != s.client.PlayerID() {
			opponents[id] = true
			req.InvitePlayerIds = append(req.InvitePlayerIds, id)
		}
	}
	for _, other := range matches {
		if other.GetGame() != sum.GetGame() || other.GetStanding() != pb.Standing_STANDING_INVITED {
			continue
		}
		for _, seat := range other.GetSeats() {
			if opponents[seat.GetPlayerId()] {
				return other.GetMatchId(), nil // the opponent was faster
			}
		}
	}
	req.Access = pb.Access_ACCESS_INVITED
	res, err := s.client.CreateMatch(ctx, req)
	if err != nil {
		return "", plainly("a new match", err)
	}
	return res.GetMatch().GetSummary().GetMatchId(), nil
}

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

// remind tells of matches of a game that go on, to somebody who begins another one.
func (s *session) remind(ctx context.Context, g *pb.Game) error {
	matches, err := s.going(ctx)
	if err != nil {
		return err
	}
	n := 0
	for _, m := range matches {
		if m.GetGame() == g.GetName() {
			n++
		}
	}
	switch {
	case n == 1:
		s.console.say("%s", s.console.paint.dim("A match of it goes on already; the list has it: "+s.hint(s.self()...)))
	case n > 1:
		s.console.say("%s", s.console.paint.dim(fmt.Sprintf("%d matches of it go on already; the list has them: %s", n, s.hint(s.self()...))))
	}
	return nil
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
		name := s.title(m.GetGame()) + " against " + w.opponents()
		s.console.say("%4d  %-50s %s", n, name, p.dim(standing(w)))
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
	s.console.say("%s", p.dim("Type a number. A game is played against "+against+"; easy, medium, hard or friend behind its\nnumber says otherwise. q leaves."))
}

func (s *session) title(name string) string {
	i := slices.IndexFunc(s.games, func(g *pb.Game) bool { return g.GetName() == name })
	if i < 0 {
		return name
	}
	return clean(s.games[i].GetTitle())
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
