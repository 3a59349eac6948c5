package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"yourmove/game"
	"yourmove/game/all"
	"yourmove/server"
	"yourmove/server/boltstore"
)

// fillers is how many commit at once: enough for batches that make the disk's syncs cheap.
const fillers = 256

// filler makes matches in a data directory without a server.
type filler struct {
	dir, list, game string
	matches         int
	perPlayer       int
	// turns are played in each match, active is how many of a player's matches go on.
	turns, active int
}

func fillCommand(a *app) *cobra.Command {
	f := filler{}
	cmd := &cobra.Command{
		Use:   "fill",
		Short: "Fill a data directory with active matches, for benchmarks; no server may run on it",
		Long: `Makes matches between bots, as many as asked for, in a directory that "yourmoved init" made. The
players' secrets go to --list, a line for each match that goes on, for "yourmove bench --fill". --turns lets both
players move, any legal move each, until so many turns are played; --active leaves each player so many matches and
lets one of the two resign in the others.`,
		Example: "  yourmoved init --data bench-data\n  yourmove fill --data bench-data --matches 10000 --list matches.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case f.matches < 1 || f.perPlayer < 1:
				return misused("--matches and --per-player: at least 1")
			case f.turns < 0 || f.active < 0:
				return misused("--turns and --active: at least 0")
			}
			if !cmd.Flags().Changed("active") {
				f.active = f.perPlayer
			}
			start := time.Now()
			turns, err := f.run(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "made %d matches with %d turns in %.1f s\n", f.matches, turns, time.Since(start).Seconds())
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "data", "", "the data directory (required)")
	flags.StringVar(&f.list, "list", "", "where to write the matches and their players' secrets (required)")
	flags.StringVar(&f.game, "game", "tictactoe", "the game: one that two can play, or relay")
	flags.IntVar(&f.matches, "matches", 10_000, "how many matches")
	flags.IntVar(&f.perPlayer, "per-player", 100, "how many matches each player has")
	flags.IntVar(&f.turns, "turns", 0, "how many turns are played in each match, unless it ends before")
	flags.IntVar(&f.active, "active", 0, "how many of each player's matches go on (default all)")
	must(cmd.MarkFlagRequired("data"))
	must(cmd.MarkFlagRequired("list"))
	return cmd
}

// bot is a player that fill made.
type bot struct {
	id     game.PlayerID
	secret []byte
}

// run returns how many turns were played.
func (f filler) run(ctx context.Context) (turns int64, err error) {
	rules, err := fillRules(f.game)
	if err != nil {
		return 0, err
	}
	store, err := boltstore.Open(f.dir, boltstore.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if n, err := store.Counts(ctx); err != nil || n.Players > 0 {
		return 0, errors.Join(err, fmt.Errorf("%s has %d players: it is in use; make an empty one with yourmoved init", f.dir, n.Players))
	}
	out, err := os.OpenFile(f.list, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it holds secrets
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	bots, err := f.makeBots(ctx, store)
	if err != nil {
		return 0, err
	}
	ids := make([]game.MatchID, f.matches)
	var played atomic.Int64
	err = each(ctx, f.matches, func(ctx context.Context, i int) error {
		m, n, err := f.makeMatch(ctx, store, rules, bots, i)
		if err != nil {
			return err
		}
		if !m.State.Over() {
			ids[i] = m.ID
		}
		played.Add(int64(n))
		return nil
	})
	if err != nil {
		return 0, err
	}
	return played.Load(), f.writeList(out, ids, bots)
}

// fillRules finds the rules of a game that two can play; nil for relay mode, which has none.
func fillRules(name string) (game.Rules, error) {
	if name == game.Relay {
		return nil, nil
	}
	names := []string{game.Relay}
	for _, r := range all.Games() {
		info := r.Info()
		if info.MinSeats > 2 || info.MaxSeats < 2 {
			continue
		}
		if info.Name == name {
			return r, nil
		}
		names = append(names, info.Name)
	}
	return nil, misused("--game: one of %s, not %q", strings.Join(names, ", "), name)
}

// each calls do for 0 to n-1, many at a time.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(fillers)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}

func (f filler) makeBots(ctx context.Context, store *boltstore.Store) ([]bot, error) {
	bots := make([]bot, max(2, 2*f.matches/f.perPlayer))
	err := each(ctx, len(bots), func(ctx context.Context, i int) error {
		b := bot{id: game.PlayerID(uuid.Must(uuid.NewV7())), secret: make([]byte, sha256.Size)}
		if _, err := rand.Read(b.secret); err != nil {
			return err
		}
		bots[i] = b
		now, subject := instant(), sha256.Sum256(b.secret)
		return store.Commit(ctx, server.Commit{At: now, Player: &server.Player{
			ID: b.id, Name: fmt.Sprintf("bot-%d", i+1), Bot: true, Created: now,
			Identities: []server.Identity{{Kind: "guest", Subject: subject[:], Linked: now}},
		}})
	})
	return bots, err
}

// pair returns who plays in match i: each bot in as many as the next.
func pair(bots []bot, i int) (bot, bot) {
	n := len(bots)
	first := i % n
	step := 1 + i/n%(n-1) // never 0 modulo n, so nobody plays himself
	return bots[first], bots[(first+step)%n]
}

// makeMatch makes match i, plays its turns, and lets a player resign in it unless it is one of those that go on. It
// returns the match and how many turns were played.
func (f filler) makeMatch(ctx context.Context, store *boltstore.Store, rules game.Rules, bots []bot, i int) (m game.Match, turns int, err error) {
	a, b := pair(bots, i)
	var seed game.Seed
	if _, err := rand.Read(seed[:]); err != nil {
		return m, 0, err
	}
	rng := mathrand.New(mathrand.NewChaCha8(seed))
	keep := func(c game.Change, err error) error {
		if err != nil {
			return err
		}
		told := server.ToldOf(m, c.Match)
		m = c.Match
		by := server.Request{RequestKey: server.RequestKey{Player: c.Events[0].Player, ID: server.RequestID(uuid.New())}}
		binary.LittleEndian.PutUint64(by.Print[:], rng.Uint64())
		return store.Commit(ctx, server.Commit{At: c.Events[0].At, Match: &c, Request: &by, Told: told})
	}
	err = keep(game.Create(rules, game.NewMatch{
		ID: game.MatchID(uuid.Must(uuid.NewV7())), Settings: game.Settings{Game: f.game, Access: game.Invited}, Seed: seed,
		Creator: a.id, Seat: 1, Invite: []game.Invitee{{Player: b.id}}, LapseAfter: game.LapseAfter,
	}, instant()))
	if err == nil {
		err = keep(m.Join(rules, b.id, 0, instant()))
	}
	for ; err == nil && turns < f.turns && !m.State.Over(); turns++ {
		err = keep(f.turn(m, rules, rng))
	}
	if n := len(bots); err == nil && !m.State.Over() && 2*(i/n) >= f.active { // each round of n gives every bot two matches
		err = keep(m.Resign(rules, a.id, nil, instant()))
	}
	return m, turns, err
}

// turn plays any legal move of a seat that must act.
func (f filler) turn(m game.Match, rules game.Rules, rng *mathrand.Rand) (game.Change, error) {
	seat := m.MustAct()[0]
	t := game.Turn{Expected: m.Version, Moves: []game.PlayedMove{{Text: "a move"}}}
	if rules == nil {
		t.Relay = &game.RelayTurn{State: &m.Relay, Next: []game.Next{{Seat: 3 - seat}}}
		return m.Submit(nil, m.Place(seat).Player, t, instant())
	}
	p, err := m.Decode(rules)
	if err != nil {
		return game.Change{}, err
	}
	lister, ok := rules.(game.MoveLister)
	if !ok {
		return game.Change{}, fmt.Errorf("--turns: %s does not list its moves", f.game)
	}
	moves := lister.LegalMoves(p, seat)
	if len(moves) == 0 {
		return game.Change{}, fmt.Errorf("match %v: seat %d must act and has no move", m.ID, seat)
	}
	t.Moves[0].Text = moves[rng.IntN(len(moves))]
	return m.Submit(rules, m.Place(seat).Player, t, instant())
}

func (f filler) writeList(w io.Writer, ids []game.MatchID, bots []bot) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	for i, id := range ids {
		if id == (game.MatchID{}) {
			continue // it is over
		}
		a, b := pair(bots, i)
		line := struct {
			Match   string   `json:"match_id"`
			Secrets [][]byte `json:"secrets"`
		}{id.String(), [][]byte{a.secret, b.secret}}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return buf.Flush()
}

// instant is now in whole milliseconds, which is what is stored.
func instant() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
