package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"yourmove/game"
	"yourmove/game/all"
	"yourmove/server/boltstore"
)

// checked is what "check" prints with --json.
type checked struct {
	Matches  uint64    `json:"matches"`
	Events   uint64    `json:"events"`
	Problems []problem `json:"problems"`
}

type problem struct {
	Kind   string `json:"kind"`
	Match  string `json:"match,omitempty"`
	Detail string `json:"detail"`
}

func checkCommand(a *app) *cobra.Command {
	var dir string
	var own []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read a whole data directory and name every broken invariant; no server may run on it",
		Long: `Reads everything: each record's checksum, each match's events, each index derived again. It changes nothing.
It ends with exit code 1 if it found a problem. A match whose ruleset is unknown is named too: the games that come with
Yourmove are known, name a studio's own with --ruleset.`,
		Example: "  yourmove check --data /var/lib/yourmove --ruleset nim@1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			known, err := knownRulesets(own)
			if err != nil {
				return err
			}
			store, err := boltstore.OpenReadOnly(dir, boltstore.Options{})
			if err != nil {
				return err
			}
			defer store.Close() //nolint:errcheck // it was only read
			out := checked{Problems: []problem{}}
			stats, err := store.Check(cmd.Context(), known, func(p boltstore.Problem) {
				out.Problems = append(out.Problems, problem{Kind: string(p.Kind), Match: p.Match, Detail: p.Detail})
			})
			if err != nil {
				return err
			}
			out.Matches, out.Events = uint64(stats.Matches), uint64(stats.Events)
			if err := a.showChecked(out, asJSON); err != nil {
				return err
			}
			if len(out.Problems) > 0 {
				return fmt.Errorf("%d problems in %s; docs/operations.md says what to do", len(out.Problems), dir)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	cmd.Flags().StringSliceVar(&own, "ruleset", nil, "a ruleset of your own server, NAME@VERSION; may be repeated")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, as --output json does")
	must(cmd.MarkFlagRequired("data"))
	return cmd
}

// knownRulesets says which rulesets are not to be named as missing.
func knownRulesets(own []string) (func(name string, version int) bool, error) {
	games, err := game.NewRegistry(all.Games()...)
	if err != nil {
		return nil, err
	}
	more := map[string]bool{}
	for _, o := range own {
		name, version, ok := strings.Cut(o, "@")
		if n, err := strconv.Atoi(version); !ok || err != nil || n < 1 || name == "" {
			return nil, misused("--ruleset %s: not NAME@VERSION", o)
		}
		more[o] = true
	}
	return func(name string, version int) bool {
		return games.Has(name, version) || more[fmt.Sprintf("%s@%d", name, version)]
	}, nil
}

func (a *app) showChecked(c checked, asJSON bool) error {
	if asJSON || a.output == "json" {
		return a.showJSON(c)
	}
	return a.showTable(func(w io.Writer) {
		row(w, "matches", fmt.Sprint(c.Matches))
		row(w, "events", fmt.Sprint(c.Events))
		row(w, "problems", fmt.Sprint(len(c.Problems)))
		for _, p := range c.Problems {
			row(w, p.Kind, p.Match, p.Detail)
		}
	})
}
