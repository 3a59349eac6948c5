package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"

	"yourmove/clientsim"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// replayFlags are those of "replay".
type replayFlags struct {
	server, pgn string
	relay, json bool
	parallel    int
	seed        uint64
}

func replayCommand(a *app) *cobra.Command {
	var r replayFlags
	cmd := &cobra.Command{
		Use:   "replay --server URL --pgn FILE",
		Short: "Plays recorded games of chess through a server and compares what it tells of them",
		Long: `Plays every game of a PGN file: two players a game, many games at once, with answers that get lost and calls that are
repeated on the way. Then it compares what the server tells both players of each game with the record. It fails unless
every game ended as recorded; what cannot be played is named with its line and the reason.

The server's own rules of chess judge the moves. Who lost although the game went on resigns. A draw by agreement, and a
game whose end nobody knows, are compared by their final position, and their matches stay as they are.

With --relay the moves are played in relay mode, as the record writes them: the server keeps them and judges nothing.`,
		Example: `  yourmove replay --server http://127.0.0.1:8080 --pgn games.pgn
  yourmove replay --relay --server http://127.0.0.1:8080 --pgn games.pgn --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				r.seed = rand.Uint64N(1 << 53) // every reader of JSON keeps so many bits
			}
			return a.replay(cmd.Context(), r)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&r.relay, "relay", false, "in relay mode: the server keeps the moves and judges nothing")
	f.StringVar(&r.server, "server", "", "the server's URL (required)")
	f.StringVar(&r.pgn, "pgn", "", "the recorded games (required)")
	f.IntVar(&r.parallel, "parallel", 16, "how many games at once")
	f.Uint64Var(&r.seed, "seed", 0, "repeats the bad luck of an earlier run (default drawn, and printed)")
	f.BoolVar(&r.json, "json", false, "print one JSON object, as --output json")
	must(cmd.MarkFlagFilename("pgn", "pgn"))
	return cmd
}

// replay plays the games and tells how it went; it fails unless all of them went as recorded.
func (a *app) replay(ctx context.Context, r replayFlags) error {
	server, err := parseServer(r.server)
	if err != nil {
		return err
	}
	if r.pgn == "" {
		return misused("--pgn is needed: the file with the recorded games")
	}
	if r.parallel < 1 {
		return misused("--parallel: at least 1")
	}
	f, err := os.Open(r.pgn)
	if err != nil {
		return fmt.Errorf("--pgn: %w", err)
	}
	defer f.Close()
	if err := reach(ctx, server); err != nil {
		return publicFailure(err, server)
	}
	play := clientsim.ReplayRelay
	if !r.relay {
		play = clientsim.ReplayRules
		if games, err := gamesOf(ctx, server); err != nil {
			return err
		} else if !slices.Contains(games, "chess") {
			return fmt.Errorf("the server at %s does not have the game chess; --relay plays without rules", server)
		}
	}
	var connections []*http.Transport
	defer func() {
		for _, t := range connections {
			t.CloseIdleConnections()
		}
	}()
	report, err := play(ctx, clientsim.ReplayOptions{
		PGN: f, Parallel: r.parallel, Seed: clientsim.Seed(r.seed), Luck: clientsim.BadLuck,
		Transport: func() connect.Transport {
			t := &http.Transport{DisableCompression: true}
			connections = append(connections, t)
			return connecthttp.NewTransport(&http.Client{Transport: t}, server)
		},
	})
	if err != nil {
		return publicFailure(err, server)
	}
	if r.json || a.output == "json" {
		err = a.showJSON(report)
	} else {
		err = a.showTable(func(w io.Writer) { replayTable(w, report) })
	}
	if err == nil && report.Games == 0 {
		err = fmt.Errorf("there is no game in %s", r.pgn)
	}
	if err == nil && report.OK != report.Games {
		err = fmt.Errorf("%d of %d games did not end as recorded", report.Games-report.OK, report.Games)
		// Luck has no part in a record that nobody could play.
		if slices.ContainsFunc(report.Failed, func(f clientsim.Failure) bool { return !f.Unplayable }) {
			err = fmt.Errorf("%w; the same bad luck again: --seed %d", err, r.seed)
		}
	}
	return err
}

// reach says whether there is a server at all. Players repeat their calls with patience, as if it were about to come
// back; one that was never there is told at once.
func reach(ctx context.Context, server string) error {
	if _, err := gamesOf(ctx, server); isUnreachable(err) {
		return err
	}
	return nil
}

// gamesOf returns the names of the games that a server has, relay mode left out.
func gamesOf(ctx context.Context, server string) ([]string, error) {
	t := &http.Transport{}
	defer t.CloseIdleConnections()
	c := yourmovev1connect.NewMatchServiceClient(connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: t}, server)))
	res, err := c.ListGames(ctx, &yourmovev1.ListGamesRequest{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range res.GetGames() {
		names = append(names, g.GetName())
	}
	return names, nil
}

func replayTable(w io.Writer, r clientsim.Report) {
	row(w, "games", r.Games)
	row(w, "as recorded", r.OK)
	for _, end := range slices.Sorted(maps.Keys(r.Ends)) {
		row(w, "", fmt.Sprintf("%d %s", r.Ends[end], end))
	}
	row(w, "moves", fmt.Sprintf("%d, %.0f per second", r.Moves, r.MovesPerS))
	row(w, "bad luck", fmt.Sprintf("%d calls lost, %d answers dropped, %d calls repeated", r.Luck.Lost, r.Luck.Dropped, r.Luck.Repeated))
	row(w, "seed", r.Seed)
	for _, f := range r.Failed {
		where := fmt.Sprintf("game %d, line %d", f.Game, f.Line)
		if f.Name != "" {
			where += ", " + f.Name
		}
		row(w, "failed", where+": "+f.Reason)
	}
}
