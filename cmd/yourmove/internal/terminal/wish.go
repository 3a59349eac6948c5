package terminal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// DefaultSeat is the person's seat in a new match unless he asks for another one. Mostly it begins.
const DefaultSeat = 1

// refusal says, for people, why there is no new match. Whoever chose it from the list can choose again.
type refusal string

// Error says why.
func (r refusal) Error() string { return string(r) }

// request asks for a new match. How many play, the person's seat and the options hold for the game that they were given
// with, and for no other one.
func (s *session) request(name string) *pb.CreateMatchRequest {
	if name != s.asked {
		return &pb.CreateMatchRequest{Game: name, Seat: DefaultSeat}
	}
	n := int32(s.o.Players)
	return &pb.CreateMatchRequest{Game: name, MinSeats: n, MaxSeats: n, Seat: int32(s.o.Seat), Options: s.o.Settings}
}

// fits refuses a new match of a game for as many as do not play it, or against bots that cannot.
func (s *session) fits(g *pb.Game, req *pb.CreateMatchRequest, host bool) error {
	least, most := int(g.GetMinSeats()), int(g.GetMaxSeats())
	players := cmp.Or(int(req.GetMaxSeats()), least)
	rules := rulesOf(s.o.Rules, g.GetName(), g.GetRulesetVersion())
	_, lists := rules.(game.MoveLister)
	switch {
	case players < least || players > most:
		return refusal(fmt.Sprintf("%s is for %s, not for %d", clean(g.GetTitle()), people(least, most), players))
	case int(req.GetSeat()) > players:
		return refusal(fmt.Sprintf("there is no seat %d in %s with %s", req.GetSeat(), clean(g.GetTitle()), people(players, players)))
	case rules != nil && !lists && !host:
		return refusal(s.noBots(g.GetName()))
	}
	return nil
}

// people counts players: 2 players, 2 to 8 players.
func people(least, most int) string {
	switch {
	case least != most:
		return fmt.Sprintf("%d to %d players", least, most)
	case least == 1:
		return "1 player"
	}
	return fmt.Sprintf("%d players", least)
}

// noBots says that bots cannot play a game, and who can.
func (s *session) noBots(name string) string {
	return fmt.Sprintf("%s lists no moves, so bots cannot play it; play it with a friend (%s)", s.title(name), s.hint(s.self(name, "--host")...))
}

// foresee refuses what can be known to be refused before there is a server to ask.
func (s *session) foresee() error {
	if err := checkName(s.o.As); err != nil {
		return err
	}
	if s.o.Server != "" || s.o.Game == "" {
		return nil
	}
	s.games = gamesOf(s.o.Rules) // as the server of one's own will list them
	g, err := s.game(s.o.Game)
	if err != nil {
		return err
	}
	s.asked = g.GetName()
	req := s.request(g.GetName())
	if err := s.fits(g, req, s.o.Host); err != nil || req.GetOptions() == nil {
		return err
	}
	options, err := req.GetOptions().MarshalJSON()
	if err != nil {
		return fmt.Errorf("options: %w", err)
	}
	players := cmp.Or(req.GetMaxSeats(), g.GetMinSeats())
	if _, err := rulesOf(s.o.Rules, g.GetName(), g.GetRulesetVersion()).Check(options, int(players)); err != nil {
		return refusal("a new match: " + clean(err.Error()))
	}
	return nil
}

// gamesOf lists the newest versions of rules by name, as a server with them does.
func gamesOf(rules []game.Rules) []*pb.Game {
	var games []*pb.Game
	for _, r := range rules {
		info := r.Info()
		g := &pb.Game{
			Name: info.Name, Title: info.Title, RulesetVersion: int32(info.Version),
			MinSeats: int32(info.MinSeats), MaxSeats: int32(info.MaxSeats),
		}
		switch i := slices.IndexFunc(games, func(other *pb.Game) bool { return other.GetName() == info.Name }); {
		case i < 0:
			games = append(games, g)
		case games[i].GetRulesetVersion() < g.GetRulesetVersion():
			games[i] = g
		}
	}
	slices.SortFunc(games, func(a, b *pb.Game) int { return strings.Compare(a.GetName(), b.GetName()) })
	return games
}

// longestName is how many bytes a name can have.
const longestName = 64

// checkName refuses names that servers refuse, before a secret is kept for a player who can never be. Empty is one too.
func checkName(name string) error {
	visible := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
	if name != "" && (!visible || len(name) > longestName || !utf8.ValidString(name) || clean(name) != name) {
		return fmt.Errorf("%q is no name: at most %d bytes, on one line, with something to see", name, longestName)
	}
	return nil
}
