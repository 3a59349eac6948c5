package daemon

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"yourmove/game"
)

// Version is what both programs say of themselves; CHANGELOG.md has it too.
const Version = "0.1.0"

// Main runs the program with these rules until its work is done or ctx is, and returns its exit code: 0, 1 for a
// failure (told on stderr in a line), 2 for wrong usage.
func Main(ctx context.Context, rules []game.Rules, args []string, stdout, stderr io.Writer) int {
	games, err := game.NewRegistry(rules...)
	if err != nil {
		fmt.Fprintln(stderr, "yourmoved:", err)
		return 2
	}
	ran := false
	root := &cobra.Command{
		Use:           "yourmoved",
		Short:         "A backend for games that are played a turn at a time",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       Version,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(initCommand(), serveCommand(games, stdout, stderr), demoCommand(games, stdout, stderr), keysCommand())
	markRuns(root, &ran)
	err = root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case ran:
		fmt.Fprintln(stderr, "yourmoved:", err)
		return 1
	}
	fmt.Fprintf(stderr, "yourmoved: %v\nSee yourmoved --help.\n", err)
	return 2
}

// markRuns notes that a command has begun to run: an error after that is a failure, one before it wrong usage.
func markRuns(cmd *cobra.Command, ran *bool) {
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*ran = true
			return inner(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		markRuns(c, ran)
	}
}
