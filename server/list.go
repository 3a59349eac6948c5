package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"yourmove/game"
)

// ListFilter is which matches ListMatches answers.
type ListFilter int

// The filters.
const (
	Mine         ListFilter = 1
	MineArchived ListFilter = 2
	OpenOnes     ListFilter = 3
)

// ListMatches is what a caller asks of his list.
type ListMatches struct {
	Filter ListFilter
	// Game, if set, leaves out others.
	Game string
	// Full: with views; a page then ends at 512 KiB.
	Full bool
	Size int
	// Token of the page before.
	Token string
	// ChangedSince, if set, is a cursor: only the caller's matches in which something happened since.
	ChangedSince string
}

// ListedMatches is one page.
type ListedMatches struct {
	Matches []MatchView
	Next    string
	// Counts has how many of the caller's matches that are not over have each standing; on the first page of his own.
	Counts map[Standing]int
	// Cursor is a place in the caller's inbox from before the list was read; on the first page of his own.
	Cursor string
	// Gone are changed matches that are no longer his.
	Gone []game.MatchID
}

// ListMatches lists the caller's matches, the most urgent first, or open ones.
func (s *Service) ListMatches(ctx context.Context, c Caller, q ListMatches) (ListedMatches, error) {
	if q.ChangedSince != "" {
		if q.Filter != Mine || q.Token != "" || q.Game != "" {
			return ListedMatches{}, game.Refuse(game.InvalidField, "changed_since: only for one's own matches of all games, on one page")
		}
		return s.listChanged(ctx, c, q)
	}
	if q.Size == 0 {
		q.Size = 20
	}
	scope := fmt.Sprintf("%d %s %v", q.Filter, q.Game, c.Player)
	after, err := openToken(scope, q.Token)
	if err != nil {
		return ListedMatches{}, err
	}
	if q.Filter == OpenOnes {
		return s.listOpen(ctx, c, q, scope, after)
	}
	return s.listMine(ctx, c, q, scope, after)
}

func (s *Service) listMine(ctx context.Context, c Caller, q ListMatches, scope string, after Place) (ListedMatches, error) {
	first := after == ""
	var list ListedMatches
	page := pager{s: s, c: c, full: q.Full}
	if first {
		list.Counts = map[Standing]int{}
		var err error
		if list.Cursor, err = s.newCursor(ctx, c); err != nil {
			return list, err
		}
	}
	for {
		own, err := s.store.MatchesOf(ctx, c.Player, after, q.Size)
		if err != nil {
			return list, fmt.Errorf("list matches of %v: %w", c.Player, err)
		}
		if err := page.load(ctx, own); err != nil {
			return list, err
		}
		for _, o := range urgentFirst(own.Current, c.Player) {
			list.Counts[standing(o.Match, c.Player, o.Private)]++
			if q.Filter == Mine && (q.Game == "" || q.Game == o.Match.Game) {
				if err := page.add(ctx, o); err != nil {
					return list, err
				}
			}
		}
		over := 0
		for i := range own.Over {
			o := &own.Over[i]
			if o.Private.Archived == (q.Filter == MineArchived) && (q.Game == "" || q.Game == o.Match.Game) {
				if err := page.add(ctx, o); err != nil {
					return list, err
				}
				over++
			}
		}
		after = own.Next
		// A page whose matches were all filtered out is no answer: go on, until there is one or nothing is left.
		if after == "" || over > 0 || len(page.out) > 0 {
			break
		}
	}
	list.Matches, list.Next = page.out, sealToken(scope, after)
	return list, nil
}

// pager turns matches into views. With full views it leaves them out once the page is large: the summaries stay, so
// that no match is skipped.
type pager struct {
	s       *Service
	c       Caller
	full    bool
	players map[game.PlayerID]Player
	size    int
	out     []MatchView
}

// load reads all players of the matches at once.
func (p *pager) load(ctx context.Context, own OwnMatches) error {
	seen := map[game.PlayerID]bool{}
	var ids []game.PlayerID
	for _, list := range [][]OwnMatch{own.Current, own.Over} {
		for _, o := range list {
			for _, id := range playersOf(o.Match) {
				if !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	p.out = slices.Grow(p.out, len(own.Current)+len(own.Over))
	var err error
	if p.players, err = p.s.names.load(ctx, p.s.store, ids); err != nil {
		return fmt.Errorf("load players: %w", err)
	}
	return nil
}

func (p *pager) add(ctx context.Context, o *OwnMatch) error {
	v, err := p.s.view(ctx, o.Match, p.c.Player, viewOptions{
		private: &o.Private, players: p.players, summaryOnly: !p.full || p.size >= fullPage,
	})
	if err != nil {
		return err
	}
	p.size += len(v.View) + len(v.Match.Relay.Data) + len(v.Match.Options) + 400
	p.out = append(p.out, v)
	return nil
}

// urgentFirst returns the matches by standing; among those that wait for the player, whose turn began first comes
// first, among the others the latest news.
func urgentFirst(list []OwnMatch, player game.PlayerID) []*OwnMatch {
	// What is compared is worked out once for each, and pointers are moved: a match is some hundred bytes large.
	type urgency struct {
		standing Standing
		since    int64 // unix ms; news are newer the smaller this is
		own      *OwnMatch
	}
	byUrgency := make([]urgency, len(list))
	for i := range list {
		o := &list[i]
		u := urgency{standing: standing(o.Match, player, o.Private), since: -o.Match.Last.At.UnixMilli(), own: o}
		if u.standing == MyTurn {
			u.since = o.Match.Place(o.Match.SeatOf(player)).Since.UnixMilli()
		}
		byUrgency[i] = u
	}
	slices.SortFunc(byUrgency, func(a, b urgency) int {
		return cmp.Or(
			cmp.Compare(a.standing, b.standing), cmp.Compare(a.since, b.since),
			bytes.Compare(b.own.Match.ID[:], a.own.Match.ID[:]),
		)
	})
	sorted := make([]*OwnMatch, len(list))
	for i, u := range byUrgency {
		sorted[i] = u.own
	}
	return sorted
}

func (s *Service) listOpen(ctx context.Context, c Caller, q ListMatches, scope string, after Place) (ListedMatches, error) {
	if q.Game == "" {
		return ListedMatches{}, game.Refuse(game.InvalidField, "game: open matches are listed by game")
	}
	page := pager{s: s, c: c, full: q.Full}
	for len(page.out) < q.Size {
		list, next, err := s.store.OpenMatches(ctx, q.Game, after, q.Size-len(page.out))
		if err != nil {
			return ListedMatches{}, fmt.Errorf("list open matches: %w", err)
		}
		ids := []game.PlayerID{c.Player}
		for _, m := range list {
			ids = append(ids, playersOf(m)...)
		}
		if page.players, err = s.names.load(ctx, s.store, ids); err != nil {
			return ListedMatches{}, fmt.Errorf("load players: %w", err)
		}
		for _, m := range list {
			// One's own are in one's own list, and who blocked whom should not meet.
			if m.SeatOf(c.Player) > 0 || apart(m, page.players, c.Player) {
				continue
			}
			if err := page.add(ctx, &OwnMatch{Match: m}); err != nil {
				return ListedMatches{}, err
			}
		}
		if after = next; after == "" {
			break
		}
	}
	return ListedMatches{Matches: page.out, Next: sealToken(scope, after)}, nil
}

// Turns is one page of the turns of a match.
type Turns struct {
	Turns []ShownEvent
	Next  string
}

// ListTurns lists the turns that were taken, the oldest first.
func (s *Service) ListTurns(ctx context.Context, c Caller, id game.MatchID, size int, token string) (Turns, error) {
	m, err := s.find(ctx, c, id, "")
	if err != nil {
		return Turns{}, err
	}
	if size == 0 {
		size = maxPage
	}
	scope := "turns " + id.String()
	after, err := openToken(scope, token)
	if err != nil {
		return Turns{}, err
	}
	version := uint64(0)
	if after != "" {
		if len(after) != 8 {
			return Turns{}, errToken()
		}
		version = binary.BigEndian.Uint64([]byte(after))
	}
	var page Turns
	for {
		events, err := s.store.Events(ctx, id, version, maxPage)
		if err != nil {
			return Turns{}, fmt.Errorf("load events of match %v: %w", id, err)
		}
		for _, e := range events {
			if _, ok := e.Fact.(game.TurnTaken); ok {
				if len(page.Turns) == size { // there is one more: so there is a next page
					page.Next = sealToken(scope, Place(binary.BigEndian.AppendUint64(nil, version)))
					return page, nil
				}
				page.Turns = append(page.Turns, s.showEvent(m, e, c.Player))
			}
			version = e.Version
		}
		if len(events) < maxPage {
			return page, nil
		}
	}
}

// Replay is a whole match.
type Replay struct {
	Match  MatchView
	Events []ShownEvent
	// Seed is set once a ruled match is over.
	Seed []byte
	// Notation is the match in the game's own notation, of this media type; empty where the game has none.
	Notation, NotationType string
}

// GetReplay tells a whole match. Hidden parts and the seed are in it only once the match is over.
func (s *Service) GetReplay(ctx context.Context, c Caller, id game.MatchID) (Replay, error) {
	m, err := s.find(ctx, c, id, "")
	if err != nil {
		return Replay{}, err
	}
	var rep Replay
	if m.State.Over() && m.Ruled() {
		rep.Seed = m.Seed[:]
	}
	if rep.Match, err = s.view(ctx, m, c.Player, viewOptions{}); err != nil {
		return Replay{}, err
	}
	for version := uint64(0); version < m.Version; {
		events, err := s.store.Events(ctx, id, version, 1000)
		if err != nil {
			return Replay{}, fmt.Errorf("load events of match %v: %w", id, err)
		}
		if len(events) == 0 {
			return Replay{}, fmt.Errorf("events of match %v end at %d of %d: %w", id, version, m.Version, ErrDamaged)
		}
		for _, e := range events {
			if e.Version <= m.Version {
				rep.Events = append(rep.Events, s.showEvent(m, e, c.Player))
			}
			version = e.Version
		}
	}
	if n, ok := s.rules(m).(game.Notator); ok {
		list, names := make([]game.Event, len(rep.Events)), map[game.PlayerID]string{}
		for i, e := range rep.Events {
			list[i] = e.Event
		}
		for id, p := range rep.Match.Players {
			names[id] = p.Name
		}
		rep.Notation, rep.NotationType = n.Notation(rep.Match.Match, list, names)
	}
	return rep, nil
}

// ListGames lists the games of this server by name.
func (s *Service) ListGames() []game.Info {
	infos := s.games.Infos()
	slices.SortFunc(infos, func(a, b game.Info) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return infos
}

// A page token is the place after which the next page begins, bound to what was asked by a checksum: one from another
// player, list or match is refused. It opens nothing that its owner could not ask for anyway, so it needs no key.
func sealToken(scope string, p Place) string {
	if p == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32([]byte(p), tokenSum(scope, p)))
}

func openToken(scope, token string) (Place, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 5 {
		return "", errToken()
	}
	p, sum := Place(raw[:len(raw)-4]), binary.BigEndian.Uint32(raw[len(raw)-4:])
	if sum != tokenSum(scope, p) {
		return "", errToken()
	}
	return p, nil
}

func tokenSum(scope string, p Place) uint32 {
	return crc32.ChecksumIEEE([]byte(scope + "\x00" + string(p)))
}

func errToken() error {
	return game.Refuse(game.BadPageToken, "page_token: not one that this call answered; begin with the first page")
}
