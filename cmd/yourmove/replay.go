package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"yourmove/clientsim"
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
		Use:   "replay --relay --server URL --pgn FILE",
		Short: "Plays recorded games through a server and compares what it tells of them",
		Long: `Plays every game of a PGN file in relay mode: two players a game, many games at once, with answers that get lost and
calls that are repeated on the way. Then it compares what the server tells both players of each game with the record.
It fails unless every game ended as recorded.`,
		Example: "  yourmove replay --relay --server http://127.0.0.1:8080 --pgn london1851.pgn --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.replay(cmd.Context(), r) },
	}
	f := cmd.Flags()
	f.BoolVar(&r.relay, "relay", false, "in relay mode: the players judge the moves, the server keeps them (required)")
	f.StringVar(&r.server, "server", "", "the server's URL (required)")
	f.StringVar(&r.pgn, "pgn", "", "the recorded games (required)")
	f.IntVar(&r.parallel, "parallel", 0, "how many games at once (default 16)")
	f.Uint64Var(&r.seed, "seed", 0, "repeats the bad luck of an earlier run (default drawn, and printed)")
	f.BoolVar(&r.json, "json", false, "print one JSON object, as --output json")
	must(cmd.MarkFlagFilename("pgn", "pgn"))
	return cmd
}

// replayReport is what "replay" prints as JSON: a contract with scripts.
type replayReport struct {
	Games     int             `json:"games"`
	OK        int             `json:"ok"`
	Failed    []replayFailure `json:"failed"`
	Moves     int             `json:"moves"`
	MovesPerS float64         `json:"moves_per_s"`
	Seed      uint64          `json:"seed"`
}

// replayFailure is a game that did not come out as recorded.
type replayFailure struct {
	Game   string `json:"game"`
	Reason string `json:"reason"`
}

// replay plays the games and tells how it went; it fails unless all of them went as recorded.
func (a *app) replay(ctx context.Context, r replayFlags) error {
	if !r.relay {
		return misused("playing games under the server's own chess rules is not offered yet: give --relay to play them in relay mode")
	}
	server, err := parseServer(r.server)
	if err != nil {
		return err
	}
	if r.pgn == "" {
		return misused("--pgn is needed: the file with the recorded games")
	}
	if r.parallel < 0 {
		return misused("--parallel: at least 1")
	}
	f, err := os.Open(r.pgn)
	if err != nil {
		return fmt.Errorf("--pgn: %w", err)
	}
	defer f.Close()
	played, err := clientsim.ReplayRelay(ctx, clientsim.ReplayOptions{Server: server, PGN: f, Parallel: r.parallel, Seed: r.seed})
	if err != nil {
		return publicFailure(err, server)
	}
	report := replayReport{
		Games: played.Games, OK: played.OK, Failed: []replayFailure{}, Moves: played.Moves, MovesPerS: played.MovesPerS, Seed: played.Seed,
	}
	for _, f := range played.Failed {
		report.Failed = append(report.Failed, replayFailure{Game: f.Game, Reason: f.Reason})
	}
	if r.json || a.output == "json" {
		err = a.showJSON(report)
	} else {
		err = a.showTable(func(w io.Writer) { replayTable(w, report) })
	}
	if err == nil && report.OK != report.Games {
		err = fmt.Errorf("%d of %d games did not end as recorded", report.Games-report.OK, report.Games)
	}
	return err
}

func replayTable(w io.Writer, r replayReport) {
	row(w, "games", r.Games)
	row(w, "as recorded", r.OK)
	row(w, "moves", fmt.Sprintf("%d, %.0f per second", r.Moves, r.MovesPerS))
	row(w, "seed", r.Seed)
	for _, f := range r.Failed {
		row(w, "failed", f.Game+": "+f.Reason)
	}
}
