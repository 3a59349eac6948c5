package gametest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"yourmove/game"
)

// secrets are what each seat alone may know in a position, as they would look in JSON and as they are.
func secrets(rules game.Rules, p game.Position, seats []int) (map[int][]string, error) {
	all := map[int][]string{}
	for _, seat := range seats {
		for _, text := range rules.Secrets(p, seat) {
			if text == "" {
				return nil, fmt.Errorf("rules.Secrets of seat %d: an empty text is in everything", seat)
			}
			quoted, err := marshal(text)
			if err != nil {
				return nil, err
			}
			all[seat] = append(all[seat], text, string(quoted[1:len(quoted)-1]))
		}
	}
	return all, nil
}

// marshal writes v as JSON with < > & as they are: that is how a secret would stand in it.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// leak finds a secret that viewer may not know.
func leak(all map[int][]string, viewer int, shown string) error {
	for seat, texts := range all {
		if seat == viewer {
			continue
		}
		for _, text := range texts {
			if strings.Contains(shown, text) {
				return fmt.Errorf("viewer %d is shown %s, and in it %q, which only seat %d may know", viewer, shown, text, seat)
			}
		}
	}
	return nil
}

// checkViews asks of everybody's view, and of the texts beside it, whether they can be sent and keep the secrets of the
// seats given (none once the match is over). Who gave up goes on watching from his seat.
func checkViews(rules game.Rules, k kept, viewers, secretive []int) error {
	if err := checkShows(rules, k.p, viewers, secretive); err != nil {
		return err
	}
	return k.same(rules, "View, Draw, Summary or Secrets")
}

// checkShows is checkViews of a position that need not be one to encode.
func checkShows(rules game.Rules, p game.Position, viewers, secretive []int) error {
	all, err := secrets(rules, p, secretive)
	if err != nil {
		return err
	}
	for _, viewer := range viewers {
		view, err := marshal(rules.View(p, viewer))
		if err != nil {
			return fmt.Errorf("rules.View for %d: %w", viewer, err)
		}
		if !isObject(view) {
			return fmt.Errorf("rules.View for %d is %s, no JSON object", viewer, view)
		}
		if err := leak(all, viewer, string(view)); err != nil {
			return fmt.Errorf("rules.View: %w", err)
		}
		if d, ok := rules.(game.Drawer); ok {
			if err := leak(all, viewer, d.Draw(p, viewer)); err != nil {
				return fmt.Errorf("rules.Draw: %w", err)
			}
		}
	}
	if s, ok := rules.(game.Summarizer); ok {
		line := s.Summary(p)
		if strings.ContainsAny(line, "\r\n") {
			return fmt.Errorf("rules.Summary %q is more than a line", line)
		}
		if err := leak(all, 0, line); err != nil {
			return fmt.Errorf("rules.Summary: %w", err)
		}
	}
	return nil
}

// checkShown asks of events that a match has just told whether they keep the secrets that there are after them. What a
// move reveals is no secret any more.
func checkShown(rules game.Rules, m game.Match, events []game.Event, p game.Position) error {
	all, err := secrets(rules, p, inPlay(m))
	if err != nil {
		return err
	}
	for _, viewer := range viewers(m) {
		for _, e := range events {
			taken, ok := e.Show(rules, viewer, false).Fact.(game.TurnTaken)
			if !ok {
				continue // the rules have no say in other events
			}
			if err := shownMoves(all, viewer, taken.Moves); err != nil {
				return fmt.Errorf("event %d: %w", e.Version, err)
			}
		}
		if m.Last.Seat > 0 {
			last := m.Last.Move.Show(rules, m.Last.Seat, viewer)
			if err := shownMoves(all, viewer, []game.PlayedMove{last}); err != nil {
				return fmt.Errorf("last move: %w", err)
			}
		}
	}
	return nil
}

func shownMoves(all map[int][]string, viewer int, moves []game.PlayedMove) error {
	for _, mv := range moves {
		shown, err := marshal([]string{mv.Text, string(mv.Data), mv.Chance})
		if err != nil {
			return err
		}
		if err := leak(all, viewer, string(shown)); err != nil {
			return fmt.Errorf("rules.Redact: %w", err)
		}
	}
	return nil
}

// viewers lists who may look at a match: spectators (0), and every seat, played in or not.
func viewers(m game.Match) []int {
	list := make([]int, len(m.Places)+1)
	for i := range list {
		list[i] = i
	}
	return list
}

// inPlay lists the seats that the rules know of, as the match sees it: those that are taken, and in a match that started
// at once also those that are still to be.
func inPlay(m game.Match) []int {
	var seats []int
	for i, pl := range m.Places {
		if pl.State == game.SeatSeated || m.Start == game.AtOnce && pl.State != game.SeatDropped {
			seats = append(seats, i+1)
		}
	}
	return seats
}
