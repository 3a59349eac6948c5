package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

func playerCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "player",
		Short: "Finds, shows and marks players",
		RunE:  needsCommand,
	}
	cmd.AddCommand(playerListCommand(a), playerShowCommand(a), playerMarkBotCommand(a))
	return cmd
}

func playerListCommand(a *app) *cobra.Command {
	req := &adminv1.ListPlayersRequest{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Lists players, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.ListPlayers(ctx, req)
				if err != nil {
					return err
				}
				a.tellNextPage(res.GetNextPageToken())
				return a.show(res, func(w io.Writer) {
					row(w, "PLAYER", "NAME", "BOT", "CREATED")
					for _, p := range res.GetPlayers() {
						row(w, p.GetPlayerId(), p.GetName(), yes(p.GetBot()), when(p.GetCreateTime()))
					}
				})
			})
		},
	}
	cmd.Flags().StringVar(&req.NameContains, "name", "", "only players whose name contains this, whatever the case")
	pageFlags(cmd, &req.PageSize, &req.PageToken)
	return cmd
}

func playerShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show PLAYER",
		Short:             "Shows a player",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.GetPlayer(ctx, &adminv1.GetPlayerRequest{PlayerId: args[0]})
				if err != nil {
					return err
				}
				return a.show(res, func(w io.Writer) {
					playerTable(w, res.GetPlayer())
					row(w, "matches not over", res.GetActiveMatches())
				})
			})
		},
	}
}

func playerMarkBotCommand(a *app) *cobra.Command {
	req := &adminv1.MarkBotRequest{}
	cmd := &cobra.Command{
		Use:               "mark-bot PLAYER",
		Short:             "Marks a player as a bot: others see it, and its limits are higher",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			req.PlayerId = args[0]
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.MarkBot(ctx, req)
				if err != nil {
					return err
				}
				return a.show(res, func(w io.Writer) { playerTable(w, res.GetPlayer()) })
			})
		},
	}
	cmd.Flags().BoolVar(&req.Unmark, "unmark", false, "a person again")
	return cmd
}

func playerTable(w io.Writer, p *yourmovev1.Player) {
	row(w, "player", p.GetPlayerId())
	row(w, "name", p.GetName())
	row(w, "bot", yes(p.GetBot()))
	row(w, "created", when(p.GetCreateTime()))
	if p.GetLocale() != "" {
		row(w, "locale", p.GetLocale())
	}
	if p.GetTimeZone() != "" {
		row(w, "time zone", p.GetTimeZone())
	}
}
