package main

import (
	"io"

	"github.com/spf13/cobra"

	"yourmove/server/boltstore"
)

// epochs is what "epoch" prints with --json. The numbers have more digits than some readers of JSON keep.
type epochs struct {
	Before uint64 `json:"epoch_before,string"`
	After  uint64 `json:"epoch_after,string"`
}

func epochCommand(a *app) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "epoch",
		Short: "Give a data directory a new epoch, so that cursors given out before expire; no server may run on it",
		Long: `After a restore from a backup, run this before the server starts. Players' cursors may stand for what the backup has not:
in the new epoch they are refused with CURSOR_EXPIRED, and every client takes a snapshot and goes on from its cursor.
Nothing else changes. To do it once more does no harm: all clients take another snapshot.`,
		Example: "  yourmove epoch --data /var/lib/yourmove",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			before, after, err := boltstore.NewEpoch(dir, boltstore.Options{})
			if err != nil {
				return err
			}
			if asJSON || a.output == "json" {
				return a.showJSON(epochs{before, after})
			}
			return a.showTable(func(w io.Writer) {
				row(w, "before", before)
				row(w, "after", after)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, as --output json does")
	must(cmd.MarkFlagRequired("data"))
	return cmd
}
