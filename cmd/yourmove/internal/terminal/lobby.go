package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
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
		s.asked = g.GetName()
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
		return refusal(what + ": " + clean(refused.Message()))
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

// listed is what the server says of a game; nil: it has none of this name.
func (s *session) listed(name string) *pb.Game {
	i := slices.IndexFunc(s.games, func(g *pb.Game) bool { return g.GetName() == name })
	if i < 0 {
		return nil
	}
	return s.games[i]
}

func (s *session) title(name string) string { return clean(cmp.Or(s.listed(name).GetTitle(), name)) }

// create makes a match: for people who know its join code, or against bots.
func (s *session) create(ctx context.Context, req *pb.CreateMatchRequest, level Level, host bool) (string, error) {
	g := s.listed(req.GetGame())
	if err := s.fits(g, req, host); err != nil {
		return "", err
	}
	if host {
		req.Access, req.MinSeats = pb.Access_ACCESS_BY_CODE, 0
	} else {
		bots, err := s.bots(ctx, level, int(cmp.Or(req.GetMaxSeats(), g.GetMinSeats()))-1)
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
		return "", refusal("too many of your matches go on: give some of them up (the list has them: " + s.hint(s.self()...) + ")")
	}
	if err != nil {
		return "", plainly("a new match", err)
	}
	return res.GetMatch().GetSummary().GetMatchId(), nil
}

// bots opens the accounts of the person's bots of a level.
func (s *session) bots(ctx context.Context, level Level, n int) ([]*clientsim.Client, error) {
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
	t.hearing = &hearing{
		client: s.client, events: yourmovev1connect.NewEventServiceClient(connect.NewClient(s.network)),
		match: match, bell: t.bell, pause: s.o.Poll,
	}
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
	t.game = s.listed(sum.GetGame())
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
		moves, plays := chooser(level, rulesOf(s.o.Rules, sum.GetGame(), sum.GetRulesetVersion()), botSeed(s.o.Seed, i))
		t.bots[c.PlayerID()] = &rival{client: c, match: match, moves: moves, poll: s.o.Poll, bell: t.bell, ear: t.bell.ear(), hearing: t.hearing}
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
