// Command yourmove is the command line of Yourmove: people play in it, it operates a server through its admin listener,
// plays recorded games through it and measures it. It speaks the published API alone, also to the server that it brings
// along for those who play.
//
//	main.go     the tree of commands, what all of them share, exit codes
//	admin.go    the way to the admin listener          output.go   tables for people, JSON for scripts
//	failure.go  what to say when something fails       the rest    a file per command
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// misused makes a usageError.
func misused(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// silentError ends a command with exit code 1 after it has said everything itself.
type silentError struct{ error }

// app is what the commands share: where they write and the global flags.
type app struct {
	stdout, stderr io.Writer
	admin          string // --admin as given, else from the environment, else the default
	adminGiven     bool   // somebody named it: it is not the default
	output         string
}

// run carries out one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr}
	root := a.root()
	running := markRuns(root)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var silent silentError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &silent):
		return exitFailed
	case errors.As(err, &usage) || !*running:
		// Only the first line: cobra adds suggestions below it.
		said, _, _ := strings.Cut(err.Error(), "\n")
		fmt.Fprintf(stderr, "yourmove: %s; see %q\n", said, cmd.CommandPath()+" --help")
		return exitUsage
	case interrupted(ctx, err):
		fmt.Fprintln(stderr, "yourmove: interrupted")
		return exitFailed
	default:
		fmt.Fprintf(stderr, "yourmove: %s\n", explain(err))
		return exitFailed
	}
}

// root returns the tree of commands. A new command is one line here.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "yourmove",
		Short:             "Plays on a Yourmove server, operates and measures it",
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: a.checkFlags,
		RunE:              needsCommand,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.admin, "admin", "", "the server's admin listener, unix:PATH or HOST:PORT (default $"+adminVariable+", else "+defaultAdmin+")")
	flags.StringVarP(&a.output, "output", "o", "table", "how to print the answer: table or json")
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	root.AddCommand(
		playCommand(a),
		statusCommand(a),
		matchCommand(a),
		playerCommand(a),
		watchCommand(a),
		botCommand(a),
		replayCommand(a),
		benchCommand(a),
		checkCommand(a),
		compactCommand(a),
		epochCommand(a),
		fillCommand(a),
		versionCommand(a),
	)
	return root
}

// checkFlags looks at the global flags before any command runs.
func (a *app) checkFlags(cmd *cobra.Command, _ []string) error {
	if a.output != "table" && a.output != "json" {
		return misused("--output: table or json, not %q", a.output)
	}
	a.adminGiven = true
	if !cmd.Flags().Changed("admin") {
		if a.admin = os.Getenv(adminVariable); a.admin == "" {
			a.admin, a.adminGiven = defaultAdmin, false
		}
	}
	return nil
}

// needsCommand is the Run of a command that only holds others.
func needsCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return misused("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return misused("%q needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

// markRuns wraps every command so that a failure to run can be told from one to be understood: what cobra finds wrong
// with a command line comes before.
func markRuns(root *cobra.Command) *bool {
	running := new(bool)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if inner := cmd.RunE; inner != nil {
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				*running = true
				return inner(cmd, args)
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
	return running
}

// must panics at an error that only a mistake in this program can make.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
