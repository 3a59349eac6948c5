package daemon

import (
	"io"

	"github.com/spf13/cobra"

	"yourmove/game"
)

func demoCommand(games *game.Registry, stdout, stderr io.Writer) *cobra.Command {
	return &cobra.Command{Use: "demo"}
}
