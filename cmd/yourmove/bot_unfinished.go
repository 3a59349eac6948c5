package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"yourmove/cmd/yourmove/internal/terminal"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// unfinished says why an engine plays a match no longer, and the command lines with which to go on if the match does.
func (a *app) unfinished(ctx context.Context, b botFlags, s *yourmovev1.MatchSummary, err error) error {
	over := s.GetState() != yourmovev1.MatchState_MATCH_STATE_GATHERING && s.GetState() != yourmovev1.MatchState_MATCH_STATE_ACTIVE
	if over || s.GetMySeat() == 0 {
		return err
	}
	said := explain(err)
	if interrupted(ctx, err) {
		said = "interrupted"
	}
	fmt.Fprintf(a.stderr, "yourmove: %s\nThe match stays as it is. To go on:\n", said)
	if s.GetGame() == "chess" {
		fmt.Fprintf(a.stderr, "  %s\n", b.byEngine(s.GetMatchId()))
	}
	fmt.Fprintf(a.stderr, "  %s\n", b.byHand("--match", s.GetMatchId()))
	return silentError{err}
}

// repeated returns which engine plays and how, as it was typed.
func repeated(cmd *cobra.Command, settings []string) []string {
	var words []string
	for _, name := range []string{"engine", "movetime", "nodes", "depth", "patience", "output"} {
		if f := cmd.Flag(name); f.Changed {
			words = append(words, "--"+name, f.Value.String())
		}
	}
	for _, s := range settings {
		words = append(words, "--engine-option", s)
	}
	return words
}

// byEngine is the command line with which the same engine goes on with a match.
func (b *botFlags) byEngine(match string) string {
	return b.line("bot uci", slices.Concat(b.repeated, []string{"--match", match})...)
}

// byHand is a command line with which the player's owner plays himself.
func (b *botFlags) byHand(args ...string) string { return b.line("play", args...) }

// line is a command line for the same player on the same server.
func (b *botFlags) line(command string, args ...string) string {
	words := []string{"--server", b.server, "--as", b.as}
	if b.home != "" {
		words = append(words, "--home", b.home)
	}
	text := programName(os.Args[0]) + " " + command
	for _, arg := range append(words, args...) {
		text += " " + terminal.Quoted(arg)
	}
	return text
}
