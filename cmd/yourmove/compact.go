package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"yourmove/server/boltstore"
)

// compacted is what "compact" prints with --json.
type compacted struct {
	Before int64 `json:"bytes_before"`
	After  int64 `json:"bytes_after"`
}

func compactCommand(a *app) *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Write a data directory's database anew without its free pages; no server may run on it",
		Long: `Copies the database, dense and without the space that earlier versions of records left free, compares the copy with
it, and puts the copy in its place. The disk must have room for both. Whatever happens on the way, the old database or
the new one is there, whole.`,
		Example: "  yourmove compact --data /var/lib/yourmove",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			before, after, err := boltstore.Compact(dir, boltstore.Options{})
			if err != nil {
				return err
			}
			if asJSON || a.output == "json" {
				return a.showJSON(compacted{before, after})
			}
			return a.showTable(func(w io.Writer) {
				row(w, "before", fmt.Sprintf("%d bytes", before))
				row(w, "after", fmt.Sprintf("%d bytes", after))
			})
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, as --output json does")
	must(cmd.MarkFlagRequired("data"))
	return cmd
}
