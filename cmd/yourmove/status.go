package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
)

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "What the server is doing: players, matches, turns, the database",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.Stats(ctx, &adminv1.StatsRequest{})
				if err != nil {
					return err
				}
				return a.show(res, func(w io.Writer) { statusTable(w, res) })
			})
		},
	}
}

func statusTable(w io.Writer, s *adminv1.StatsResponse) {
	row(w, "server", s.GetServerVersion())
	row(w, "running since", when(s.GetStartTime()))
	row(w, "players", s.GetPlayers())
	row(w, "turns since start", s.GetTurns())
	row(w, "commits since start", s.GetCommits())
	row(w, "database", size(s.GetDatabaseBytes()))
	if len(s.GetMatches()) == 0 {
		row(w, "matches", "none")
		return
	}
	fmt.Fprintln(w)
	row(w, "GAME", "RULES", "STATE", "MATCHES")
	for _, m := range s.GetMatches() {
		row(w, m.GetGame(), rulesCell(m.GetRulesetVersion(), m.GetRulesetMissing()), word(m.GetState(), "MATCH_STATE_"), m.GetCount())
	}
}

// rulesCell writes a ruleset's version; relay mode has none. Matches of missing rules can be read, not played.
func rulesCell(version int32, missing bool) string {
	switch {
	case version == 0:
		return "-"
	case missing:
		return fmt.Sprintf("%d (missing)", version)
	}
	return fmt.Sprint(version)
}
