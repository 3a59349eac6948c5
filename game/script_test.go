package game_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata with what happens now")

// TestTranscripts plays the calls of each testdata/*.txt (lines with >) and compares what they lead to with the lines
// below them: the events told, or the refusal, and how the match then stands. Each match that is over replays.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &script{T: t, now: epoch}
			var got strings.Builder
			for line := range strings.Lines(string(want)) {
				switch {
				case strings.HasPrefix(line, ">"):
					got.WriteString(line)
					got.WriteString(s.call(strings.Fields(line[1:])))
				case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
					got.WriteString(line)
				}
			}
			s.replay()
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != string(want) {
				t.Errorf("-update rewrites it; what happens now is\n%s", got.String())
			}
		})
	}
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var rulesOf = map[string]game.Rules{
	"tictactoe": tictactoe.Rules{}, "pig": pig.Rules{}, "auction": auction{}, game.Relay: nil,
}

// script is a transcript being played. Every call comes a second after the one before.
type script struct {
	*testing.T
	now    time.Time
	rules  game.Rules
	made   game.NewMatch
	m      game.Match
	events []game.Event
}

// named makes the id of a player of his name.
func named(name string) (id game.PlayerID) {
	if copy(id[:], name) != len(name) {
		panic("a name of more than 16 bytes: " + name)
	}
	return id
}

func nameOf(id game.PlayerID) string { return strings.TrimRight(string(id[:]), "\x00") }

// arguments of a call: words, and key=value pairs.
type arguments struct {
	words []string
	value map[string]string
}

func (s *script) call(fields []string) string {
	s.Helper()
	a := arguments{value: map[string]string{}}
	for _, f := range fields[1:] {
		if k, v, ok := strings.Cut(f, "="); ok {
			a.value[k] = v
		} else {
			a.words = append(a.words, f)
		}
	}
	if fields[0] == "wait" {
		s.now = s.now.Add(s.duration(a.words[0]))
		return ""
	}
	s.now = s.now.Add(time.Second)
	before := s.m
	c, err := s.do(fields[0], a)
	if err != nil {
		if !reflect.DeepEqual(c, game.Change{}) || !reflect.DeepEqual(before, s.m) {
			s.Errorf("%v: a refusal changed something", fields)
		}
		return fmt.Sprintf("! %v\n", err)
	}
	s.m, s.events = c.Match, append(s.events, c.Events...)
	var b strings.Builder
	for _, e := range c.Events {
		b.WriteString(eventLine(e) + "\n")
	}
	return b.String() + s.standing() + "\n"
}

var errNothingDue = errors.New("nothing is due")

func (s *script) do(call string, a arguments) (game.Change, error) {
	s.Helper()
	if call == "create" {
		return s.create(a)
	}
	var player game.PlayerID
	if len(a.words) > 0 {
		player = named(a.words[0])
	}
	switch call {
	case "join":
		return s.m.Join(s.rules, player, s.number(a.value["seat"]), s.now)
	case "invite":
		return s.m.Invite(player, invitees(a.words[1:]), s.now)
	case "decline":
		return s.m.Decline(player, s.now)
	case "leave":
		return s.m.Leave(player, s.now)
	case "start":
		return s.m.StartNow(s.rules, player, s.now)
	case "cancel":
		return s.m.Cancel(player, s.now)
	case "operator-cancels":
		return s.m.CancelFor(game.ByOperator, s.now)
	case "submit":
		turn := game.Turn{Expected: s.m.Version, Relay: s.relay(a)}
		if v, ok := a.value["expected"]; ok {
			turn.Expected = uint64(s.number(v))
		}
		for _, mv := range a.words[1:] {
			turn.Moves = append(turn.Moves, game.PlayedMove{Text: strings.ReplaceAll(mv, "_", " ")})
		}
		return s.m.Submit(s.rules, player, turn, s.now)
	case "resign":
		return s.m.Resign(s.rules, player, s.relay(a), s.now)
	case "lapse":
		c, ok := s.m.LapseNow(s.now)
		if !ok {
			return game.Change{}, errNothingDue
		}
		return c, nil
	}
	s.Fatalf("no such call: %s", call)
	return game.Change{}, nil
}

func invitees(names []string) (list []game.Invitee) {
	for _, n := range names {
		name, silent := strings.CutPrefix(n, "silently:")
		list = append(list, game.Invitee{Player: named(name), Silent: silent})
	}
	return list
}

func (s *script) create(a arguments) (game.Change, error) {
	name := a.words[0]
	r, ok := rulesOf[name]
	if !ok {
		s.Fatalf("no such game: %s", name)
	}
	n := game.NewMatch{
		ID: game.MatchID{1}, Creator: named(a.value["by"]), Seat: s.number(a.value["seat"]), LapseAfter: game.LapseAfter,
		Seed: game.Seed{2}, State: game.RelayState{Data: []byte(a.value["state"]), Text: a.value["state"] != ""},
		Settings: game.Settings{
			Game: name, Options: game.Options(a.value["options"]), MinSeats: s.number(a.value["min"]), MaxSeats: s.number(a.value["max"]),
			Access: map[string]game.Access{"": 0, "public": game.Public, "code": game.ByCode, "invited": game.Invited}[a.value["access"]],
			Start:  map[string]game.StartRule{"": 0, "full": game.WhenFull, "call": game.ByCall, "once": game.AtOnce}[a.value["start"]],
		},
	}
	if list := a.value["invite"]; list != "" {
		n.Invite = invitees(strings.Split(list, ","))
	}
	c, err := game.Create(r, n, s.now)
	if err == nil {
		s.rules, s.made, s.events = r, n, nil
	}
	return c, err
}

// relay reads next=SEAT[:LIMIT],…, outcomes=SEAT:RESULT,… and state=TEXT.
func (s *script) relay(a arguments) *game.RelayTurn {
	s.Helper()
	var rt game.RelayTurn
	if text, ok := a.value["state"]; ok {
		rt.State = &game.RelayState{Data: []byte(text), Text: true}
	}
	if list, ok := a.value["next"]; ok {
		for item := range strings.SplitSeq(list, ",") {
			seat, limit, _ := strings.Cut(item, ":")
			rt.Next = append(rt.Next, game.Next{Seat: s.number(seat), Limit: s.duration(limit)})
		}
	}
	if list, ok := a.value["outcomes"]; ok {
		for item := range strings.SplitSeq(list, ",") {
			seat, result, _ := strings.Cut(item, ":")
			rt.Outcomes = append(rt.Outcomes, game.Outcome{Seat: s.number(seat), Result: results[result]})
		}
	}
	if reflect.DeepEqual(rt, game.RelayTurn{}) {
		return nil
	}
	return &rt
}

var results = map[string]game.Result{"won": game.Won, "lost": game.Lost, "drawn": game.Drawn, "none": game.NoResult}

func (s *script) number(text string) int {
	s.Helper()
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func (s *script) duration(text string) time.Duration {
	s.Helper()
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		s.Fatal(err)
	}
	return d
}

// eventLine writes an event on a line.
func eventLine(e game.Event) string {
	line := fmt.Sprintf("%d. turn %d", e.Version, e.Turn)
	if e.Seat > 0 {
		line += fmt.Sprintf(" seat %d %s", e.Seat, nameOf(e.Player))
	}
	line += ": " + strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", e.Fact), "game."), "Fact")
	switch f := e.Fact.(type) {
	case game.PlayerInvited:
		line += " by " + nameOf(f.By)
	case game.InvitationDeclined:
		if f.Lapsed {
			line += ", lapsed"
		}
	case game.MatchStarted:
		line += fmt.Sprintf(", must act %v", f.MustAct)
	case game.TurnTaken:
		for _, mv := range f.Moves {
			line += fmt.Sprintf(" %q", mv.Text)
			if mv.Chance != "" {
				line += " (" + mv.Chance + ")"
			}
		}
		line += fmt.Sprintf(" in %v, must act %v", f.Taken, f.MustAct)
		if f.SameTurn {
			line += ", the same turn"
		}
	case game.PlayerResigned:
		line += fmt.Sprintf(", must act %v", f.MustAct)
	case game.MatchFinished:
		for _, o := range f.Outcomes {
			line += "; " + outcomeText(o)
		}
	case game.MatchCancelled:
		line += map[game.CancelReason]string{game.ByCreator: " by its host", game.HasLapsed: " for it lapsed", game.ByOperator: " by an operator"}[f.Reason]
	}
	return line
}

func outcomeText(o game.Outcome) string {
	text := fmt.Sprintf("seat %d %s", o.Seat, map[game.Result]string{game.Won: "won", game.Lost: "lost", game.Drawn: "drew", game.NoResult: "has no result"}[o.Result])
	if o.Place > 0 {
		text += fmt.Sprintf(", place %d", o.Place)
	}
	if o.Score != nil {
		text += fmt.Sprintf(", score %v", *o.Score)
	}
	return text + map[game.Ending]string{game.EndPlayed: ", played", game.EndResigned: ", resigned", game.EndDeclared: ", declared"}[o.Ending]
}

// standing writes how the match is on a line.
func (s *script) standing() string {
	m := s.m
	line := fmt.Sprintf("= %v, version %d", m.State, m.Version)
	if m.Turn > 0 {
		line += fmt.Sprintf(", turn %d since %d", m.Turn, m.TurnVersion)
	}
	for i, pl := range m.Places {
		line += fmt.Sprintf(" | %d %s", i+1, [...]string{"none", "empty", "invited", "seated", "dropped", "declined", "left"}[pl.State])
		if !pl.Player.IsZero() {
			line += " " + nameOf(pl.Player)
		}
		line += [...]string{"", " MUST", " may"}[pl.Duty]
	}
	if !m.State.Over() && m.State != game.Active {
		line += " | host " + nameOf(m.Host())
	}
	if !m.Lapse.IsZero() {
		line += fmt.Sprintf(" | lapses after %v", m.Lapse.Sub(epoch))
	}
	switch {
	case !m.Ruled():
		line += fmt.Sprintf(" | state %q", m.Relay.Data)
		if len(m.Next) > 0 {
			line += fmt.Sprintf(" next %v", m.Next)
		}
	case m.Turn > 0 && s.rules != nil:
		p, err := m.Decode(s.rules)
		if err != nil {
			s.Fatal(err)
		}
		line += fmt.Sprintf(" | %v", s.rules.View(p, 0))
	}
	return line
}

// replay plays a ruled match again from its events.
func (s *script) replay() {
	s.Helper()
	if s.rules == nil {
		return
	}
	again, err := game.Replay(s.rules, s.made, s.events)
	if err != nil {
		s.Fatal(err)
	}
	if !reflect.DeepEqual(again, s.m) {
		s.Errorf("a replay gives\n%+v\nplayed was\n%+v", again, s.m)
	}
}
