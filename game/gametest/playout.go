package gametest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"yourmove/game"
)

// playout is one random match. Its seed decides everything: how it starts, who moves what and when, who gives up.
type playout struct {
	rules game.Rules
	cfg   Config
	rng   *rand.Rand
	now   time.Time
	// made is what the match was created from; m is the match and events all that it told.
	made   game.NewMatch
	m      game.Match
	events []game.Event
	// toJoin are players who come later, to a match that started at once.
	toJoin []game.PlayerID
	// quits: players give up now and then.
	quits bool
}

func newPlayout(rules game.Rules, cfg Config, seats int, seed uint64) *playout {
	po := &playout{
		rules: rules, cfg: cfg, rng: rand.New(rand.NewPCG(seed, uint64(seats))), quits: seed%2 == 0,
		now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	info := rules.Info()
	po.made = game.NewMatch{
		ID: game.MatchID{15: 1}, Creator: player(1), LapseAfter: 100 * 365 * 24 * time.Hour,
		Settings: game.Settings{Game: info.Name, Options: bytes.Clone(cfg.Options), MinSeats: seats, MaxSeats: seats},
	}
	for i := 0; i < len(po.made.Seed); i += 8 {
		binary.LittleEndian.PutUint64(po.made.Seed[i:], po.rng.Uint64())
	}
	switch seed % 3 {
	case 0:
		po.made.Start = game.AtOnce
	case 1:
		po.made.Start = game.WhenFull
	case 2: // with gaps between the seats, where the game has room for them
		po.made.Start, po.made.MaxSeats = game.ByCall, info.MaxSeats
	}
	for i := 2; i <= seats; i++ {
		po.toJoin = append(po.toJoin, player(i))
	}
	return po
}

func player(n int) game.PlayerID { return game.PlayerID{14: 1, 15: byte(n)} }

// run plays the match to its end and then once more from its events.
func (po *playout) run() error {
	if err := po.gather(); err != nil {
		return err
	}
	if err := po.checkSetup(); err != nil {
		return err
	}
	for n := 0; !po.m.State.Over(); n++ {
		if n == po.cfg.Bound {
			return fmt.Errorf("endless: not over after %d turns and resignations", n)
		}
		po.now = po.now.Add(time.Duration(po.rng.Int64N(int64(time.Hour))))
		// To check every position, and each of them wholly, would make long games slow; the later ones are alike.
		if whole := n < 20 || po.rng.IntN(20) == 0; n < 300 || whole && po.rng.IntN(2) == 0 {
			if err := po.checkPosition(whole); err != nil {
				return err
			}
		}
		if err := po.step(); err != nil {
			return fmt.Errorf("turn %d: %w", po.m.Turn, err)
		}
	}
	if err := po.checkPosition(false); err != nil {
		return err
	}
	if err := po.checkEnd(); err != nil {
		return err
	}
	again, err := game.Replay(po.rules, po.made, po.events)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if !reflect.DeepEqual(again, po.m) {
		return fmt.Errorf("replay gives another match:\n%+v\nthan was played:\n%+v", again, po.m)
	}
	return nil
}

// take keeps what a command led to.
func (po *playout) take(c game.Change, err error) error {
	if err != nil {
		return err
	}
	po.m, po.events = c.Match, append(po.events, c.Events...)
	return nil
}

// gather creates the match and, unless it started at once, seats everybody.
func (po *playout) gather() error {
	c, err := game.Create(po.rules, po.made, po.now)
	if err := po.take(c, err); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if po.made.Start == game.AtOnce {
		return nil
	}
	for len(po.toJoin) > 0 {
		if err := po.join(); err != nil {
			return err
		}
	}
	if po.m.State == game.Gathering {
		c, err := po.m.StartNow(po.rules, po.made.Creator, po.now)
		if err := po.take(c, err); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	return nil
}

// join seats the next player in any free seat.
func (po *playout) join() error {
	var free []int
	for i, pl := range po.m.Places {
		if pl.Free() {
			free = append(free, i+1)
		}
	}
	c, err := po.m.Join(po.rules, po.toJoin[0], free[po.rng.IntN(len(free))], po.now)
	if err := po.take(c, err); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	po.toJoin = po.toJoin[1:]
	return nil
}

// checkSetup asks whether the same first position comes of the same chance.
func (po *playout) checkSetup() error {
	var first kept
	for i := range 2 {
		seats := inPlay(po.m)
		p, err := po.rules.Setup(po.m.Options, seats, game.NewChance(po.m.Seed, 7))
		if err != nil {
			return fmt.Errorf("rules.Setup: %w", err)
		}
		if !slices.Equal(seats, inPlay(po.m)) {
			return fmt.Errorf("rules.Setup changed the seats that it was given to %v", seats)
		}
		k, err := keep(po.rules, p, "the first position")
		if err != nil {
			return err
		}
		if i == 0 {
			first = k
		} else if !bytes.Equal(first.data, k.data) {
			return fmt.Errorf("rules.Setup gives %q and %q with the same chance", first.data, k.data)
		}
		clear(seats) // they are the caller's: rules that keep them must have copied them
		if err := k.same(po.rules, "changing the seats that Setup was given"); err != nil {
			return err
		}
	}
	return nil
}

// checkPosition asks everything of the present position; not whole: only what differs most from one to the next.
func (po *playout) checkPosition(whole bool) error {
	p, err := po.m.Decode(po.rules)
	if err != nil {
		return err
	}
	k, err := keep(po.rules, p, "the position")
	if err != nil {
		return err
	}
	if err := checkEncoding(po.rules, k); err != nil {
		return err
	}
	seats := inPlay(po.m)
	if po.m.State.Over() {
		if err := checkViews(po.rules, k, viewers(po.m), nil); err != nil {
			return err
		}
		if err := po.checkClosed(k, seats); err != nil {
			return err
		}
		return po.checkImagined(k, seats, true)
	}
	if err := checkSane(po.rules, p, seats); err != nil {
		return err
	}
	if err := k.same(po.rules, "Duty or Outcomes"); err != nil {
		return err
	}
	if all, err := secrets(po.rules, p, seats); err != nil {
		return err
	} else if whole || len(all) > 0 { // what has nothing to hide need not be looked through each time
		if err := checkViews(po.rules, k, viewers(po.m), seats); err != nil {
			return err
		}
	}
	if err := checkEstimates(po.rules, k, seats); err != nil {
		return err
	}
	if !whole {
		return nil
	}
	for _, seat := range seats {
		if po.m.Place(seat).Duty == game.Waits {
			continue
		}
		if err := checkRefusals(po.rules, k, seat, po.chance); err != nil {
			return err
		}
		if err := po.checkListed(k, seat, po.now); err != nil {
			return err
		}
	}
	if err := checkLeave(po.rules, k, seats, po.chance); err != nil {
		return err
	}
	if err := po.checkClosed(k, seats); err != nil {
		return err
	}
	if po.rng.IntN(3) > 0 {
		return nil // imagining takes longer than all the rest
	}
	return po.checkImagined(k, seats, false)
}

// chance is that of the next event.
func (po *playout) chance() *game.Chance { return game.NewChance(po.m.Seed, po.m.Version+1) }

// step is one act of somebody: joining, giving up, or a turn.
func (po *playout) step() error {
	var able []int
	for i, pl := range po.m.Places {
		// Who only may act does so now and then: nobody waits for it.
		if pl.State == game.SeatSeated && (pl.Duty == game.MustAct || pl.Duty == game.MayAct && po.rng.IntN(4) == 0) {
			able = append(able, i+1)
		}
	}
	if len(po.toJoin) > 0 && (len(able) == 0 || po.rng.IntN(4) == 0) {
		return po.join()
	}
	if po.quits && po.rng.IntN(40) == 0 {
		return po.resign()
	}
	if len(able) == 0 {
		// A turn that waits at an empty seat of a match whose other players have all come; or a MayAct not drawn.
		if slices.ContainsFunc(po.m.MustAct(), func(seat int) bool { return po.m.Place(seat).State == game.SeatSeated }) {
			return errors.New("a seat must act and cannot")
		}
		return po.resign()
	}
	return po.turn(able[po.rng.IntN(len(able))])
}

// resign lets anybody who sits give up.
func (po *playout) resign() error {
	var seated []game.PlayerID
	for _, pl := range po.m.Places {
		if pl.State == game.SeatSeated {
			seated = append(seated, pl.Player)
		}
	}
	c, err := po.m.Resign(po.rules, seated[po.rng.IntN(len(seated))], nil, po.now)
	if err := po.take(c, err); err != nil {
		return fmt.Errorf("resign: %w", err)
	}
	return po.told(c)
}

// told checks the events that a command has just told.
func (po *playout) told(c game.Change) error {
	if po.m.State.Over() {
		return nil
	}
	p, err := po.m.Decode(po.rules)
	if err != nil {
		return err
	}
	return checkShown(po.rules, po.m, c.Events, p)
}

// turn plays one move of the seat, or several while the turn goes on.
func (po *playout) turn(seat int) error {
	var texts []string
	p, err := po.m.Decode(po.rules)
	if err != nil {
		return err
	}
	after := p
	for goesOn := true; goesOn; {
		text, played, reveals, ok := po.choose(p, after, seat, texts)
		if !ok {
			break
		}
		texts, after = append(texts, text), played.Position
		goesOn = played.SameTurn && !reveals && len(texts) < 16 && po.rng.IntN(3) == 0 &&
			po.rules.Outcomes(after) == nil && po.rules.Duty(after, seat) != game.Waits
	}
	if len(texts) == 0 {
		if po.m.Place(seat).Duty == game.MayAct {
			return nil
		}
		return fmt.Errorf("seat %d must act, and no move of LegalMoves or Config.Moves is accepted", seat)
	}
	var moves []game.PlayedMove
	for _, text := range texts {
		moves = append(moves, game.PlayedMove{Text: text})
	}
	expected, err := keep(po.rules, after, "the position played to")
	if err != nil {
		return err
	}
	if outcomes := po.rules.Outcomes(after); outcomes != nil {
		if err := checkOutcomes(outcomes, inPlay(po.m)); err != nil {
			return fmt.Errorf("after %q: %w", texts, err)
		}
	}
	c, err := po.m.Submit(po.rules, po.m.Place(seat).Player, game.Turn{Expected: po.m.Version, Moves: moves}, po.now)
	if err := po.take(c, err); err != nil {
		return fmt.Errorf("submit %q: %w", texts, err)
	}
	if !bytes.Equal(po.m.Position, expected.data) {
		return fmt.Errorf("submit %q: gives %q, the moves one by one %q", texts, po.m.Position, expected.data)
	}
	return po.told(c)
}

// choose finds a move that is accepted in the position after the texts, which follows from p. reveals tells whether
// anything came of it that its player could not know: then it is the last of those sent together.
func (po *playout) choose(p, after game.Position, seat int, texts []string) (text string, played game.Played, reveals, ok bool) {
	candidates := po.propose(after, seat)
	po.rng.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	for _, text := range candidates {
		if played, reveals, err := po.simulate(p, seat, append(slices.Clip(texts), text)); err == nil {
			return text, played, reveals, true
		}
	}
	return "", game.Played{}, false, false
}

func (po *playout) propose(p game.Position, seat int) []string {
	if po.cfg.Moves != nil {
		return slices.Clone(po.cfg.Moves(p, seat, po.rng))
	}
	if l, ok := po.rules.(game.MoveLister); ok {
		return slices.Clone(l.LegalMoves(p, seat))
	}
	return nil
}

// simulate plays texts as a submit would: with one chance, from which every move draws in turn.
func (po *playout) simulate(p game.Position, seat int, texts []string) (played game.Played, reveals bool, err error) {
	at := game.Moment{At: po.now}
	if pl := po.m.Place(seat); pl.Duty == game.MustAct {
		at.Taken = po.now.Sub(pl.Since)
	}
	chance := po.chance()
	for _, text := range texts {
		if played, err = po.rules.Play(p, seat, text, at, chance); err != nil {
			return played, false, err
		}
		p = played.Position
	}
	b, ok := po.rules.(game.Batcher)
	return played, !ok || !b.MayFollow(texts[len(texts)-1]) || chance.Drawn() || played.Chance != "", nil
}

// checkEnd asks whether everybody who played has an outcome and nobody must act any more.
func (po *playout) checkEnd() error {
	if seats := po.m.MustAct(); len(seats) > 0 {
		return fmt.Errorf("the match is over and seats %v must act", seats)
	}
	var told []game.Outcome
	if ended, ok := po.events[len(po.events)-1].Fact.(game.MatchFinished); ok {
		told = ended.Outcomes
	}
	for i, pl := range po.m.Places {
		n := 0
		for _, o := range told {
			if o.Seat == i+1 {
				n++
			}
		}
		played := pl.State == game.SeatSeated || pl.State == game.SeatDropped
		if played != (n == 1) || played != (pl.Outcome != nil) {
			return fmt.Errorf("seat %d, in state %d, has %d outcomes at the end: %+v", i+1, pl.State, n, told)
		}
	}
	return nil
}
