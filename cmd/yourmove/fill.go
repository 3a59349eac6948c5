package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
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
}

func fillCommand(a *app) *cobra.Command {
	f := filler{}
	cmd := &cobra.Command{
		Use:   "fill",
		Short: "Fill a data directory with active matches, for benchmarks; no server may run on it",
		Long: `Makes matches between bots, as many as asked for, in a directory that "yourmoved init" made. Each is
active and its players' secrets go to --list, a line a match, for "yourmove bench turns --fill".`,
		Example: "  yourmoved init --data bench-data\n  yourmove fill --data bench-data --matches 10000 --list matches.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.matches < 1 || f.perPlayer < 1 {
				return misused("--matches and --per-player: at least 1")
			}
			start := time.Now()
			if err := f.run(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "made %d matches in %.1f s\n", f.matches, time.Since(start).Seconds())
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "data", "", "the data directory (required)")
	flags.StringVar(&f.list, "list", "", "where to write the matches and their players' secrets (required)")
	flags.StringVar(&f.game, "game", "tictactoe", "the game: tictactoe, pig or relay")
	flags.IntVar(&f.matches, "matches", 10_000, "how many matches")
	flags.IntVar(&f.perPlayer, "per-player", 100, "how many matches each player has")
	must(cmd.MarkFlagRequired("data"))
	must(cmd.MarkFlagRequired("list"))
	return cmd
}

// bot is a player that fill made.
type bot struct {
	id     game.PlayerID
	secret []byte
}

func (f filler) run(ctx context.Context) (err error) {
	rules, ok := map[string]game.Rules{"tictactoe": tictactoe.Rules{}, "pig": pig.Rules{}, game.Relay: nil}[f.game]
	if !ok {
		return misused("--game: tictactoe, pig or relay")
	}
	out, err := os.OpenFile(f.list, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it holds secrets
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	store, err := boltstore.Open(f.dir, boltstore.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	bots, err := f.makeBots(ctx, store)
	if err != nil {
		return err
	}
	ids, err := f.makeMatches(ctx, store, rules, bots)
	if err != nil {
		return err
	}
	return f.writeList(out, ids, bots)
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

func (f filler) makeMatches(ctx context.Context, store *boltstore.Store, rules game.Rules, bots []bot) ([]game.MatchID, error) {
	ids := make([]game.MatchID, f.matches)
	err := each(ctx, f.matches, func(ctx context.Context, i int) error {
		a, b := pair(bots, i)
		var seed game.Seed
		if _, err := rand.Read(seed[:]); err != nil {
			return err
		}
		ids[i] = game.MatchID(uuid.Must(uuid.NewV7()))
		now := instant()
		made, err := game.Create(rules, game.NewMatch{
			ID: ids[i], Settings: game.Settings{Game: f.game, Access: game.Invited}, Seed: seed, Creator: a.id, Seat: 1,
			Invite: []game.Invitee{{Player: b.id}}, LapseAfter: game.LapseAfter,
		}, now)
		if err != nil {
			return err
		}
		if err := store.Commit(ctx, server.Commit{At: now, Match: &made}); err != nil {
			return err
		}
		joined, err := made.Match.Join(rules, b.id, 0, now)
		if err != nil {
			return err
		}
		return store.Commit(ctx, server.Commit{At: now, Match: &joined})
	})
	return ids, err
}

func (f filler) writeList(w io.Writer, ids []game.MatchID, bots []bot) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	for i, id := range ids {
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
