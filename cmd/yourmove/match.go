package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

func matchCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "match",
		Short: "Finds, shows and cancels matches",
		RunE:  needsCommand,
	}
	cmd.AddCommand(matchListCommand(a), matchShowCommand(a), matchCancelCommand(a))
	return cmd
}

func matchListCommand(a *app) *cobra.Command {
	req := &adminv1.ListMatchesRequest{}
	var state string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "Lists matches, the newest first",
		Example: "  yourmove match list --game tictactoe --state active",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.State, err = parseState(state); err != nil {
				return err
			}
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.ListMatches(ctx, req)
				if err != nil {
					return err
				}
				a.tellNextPage(res.GetNextPageToken())
				return a.show(res, func(w io.Writer) { matchRows(w, res.GetMatches()) })
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.PlayerId, "player", "", "only matches of the player with this id")
	f.StringVar(&req.Game, "game", "", "only matches of this game (relay: of relay mode)")
	f.StringVar(&state, "state", "", "only matches in this state: "+strings.Join(stateWords(), ", "))
	pageFlags(cmd, &req.PageSize, &req.PageToken)
	must(cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(stateWords(), cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// pageFlags adds the flags of a command that lists.
func pageFlags(cmd *cobra.Command, pageSize *int32, pageToken *string) {
	cmd.Flags().Int32Var(pageSize, "page-size", 0, "at most so many, 100 at most (default 20)")
	cmd.Flags().StringVar(pageToken, "page-token", "", "go on from where a list before ended")
}

// tellNextPage says how to see more. Not on stdout, where the answer is; in JSON the token is part of it.
func (a *app) tellNextPage(token string) {
	if token != "" && a.output == "table" {
		fmt.Fprintf(a.stderr, "there are more: --page-token %s\n", token)
	}
}

const statePrefix = "MATCH_STATE_"

// stateWords are the states of a match as --state takes them.
func stateWords() []string {
	var words []string
	for n := int32(1); yourmovev1.MatchState_name[n] != ""; n++ {
		words = append(words, word(yourmovev1.MatchState(n), statePrefix))
	}
	return words
}

func parseState(s string) (yourmovev1.MatchState, error) {
	if s == "" {
		return yourmovev1.MatchState_MATCH_STATE_UNSPECIFIED, nil
	}
	n, ok := yourmovev1.MatchState_value[statePrefix+strings.ToUpper(s)]
	if !ok || n == 0 {
		return 0, misused("--state: one of %s, not %q", strings.Join(stateWords(), ", "), s)
	}
	return yourmovev1.MatchState(n), nil
}

func matchRows(w io.Writer, matches []*yourmovev1.MatchSummary) {
	row(w, "MATCH", "GAME", "STATE", "TURN", "VERSION", "WAITS FOR", "PLAYERS", "LAST MOVE", "CREATED")
	for _, m := range matches {
		var names []string
		for _, s := range m.GetSeats() {
			if s.GetPlayerId() != "" {
				names = append(names, s.GetName())
			}
		}
		row(w, m.GetMatchId(), m.GetGame(), word(m.GetState(), statePrefix), m.GetTurn(), m.GetVersion(), seatNumbers(m.GetMustAct()),
			strings.Join(names, ", "), when(m.GetLastMove().GetTakeTime()), when(m.GetCreateTime()))
	}
}

// seatNumbers writes seats: "seat 1", "seats 1, 3".
func seatNumbers(seats []int32) string {
	var s []string
	for _, n := range seats {
		s = append(s, fmt.Sprint(n))
	}
	switch len(s) {
	case 0:
		return ""
	case 1:
		return "seat " + s[0]
	}
	return "seats " + strings.Join(s, ", ")
}

func matchShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show MATCH",
		Short:             "Shows a match as a spectator may know it, and its last events",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.GetMatch(ctx, &adminv1.GetMatchRequest{MatchId: args[0]})
				if err != nil {
					return err
				}
				return a.show(res, func(w io.Writer) {
					matchTable(w, res.GetMatch())
					eventRows(w, res.GetEvents())
				})
			})
		},
	}
}

func matchCancelCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "cancel MATCH",
		Short:             "Cancels a match that is not over: it ends without a result",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operate(cmd, func(ctx context.Context, c adminv1connect.AdminServiceClient) error {
				res, err := c.CancelMatch(ctx, &adminv1.CancelMatchRequest{MatchId: args[0]})
				if err != nil {
					return err
				}
				return a.show(res, func(w io.Writer) { matchTable(w, res.GetMatch()) })
			})
		},
	}
}

func matchTable(w io.Writer, m *yourmovev1.Match) {
	s := m.GetSummary()
	row(w, "match", s.GetMatchId())
	row(w, "game", s.GetGame())
	row(w, "rules", rulesCell(s.GetRulesetVersion(), m.GetRulesetMissing()))
	if s.GetTitle() != "" {
		row(w, "title", s.GetTitle())
	}
	row(w, "state", word(s.GetState(), statePrefix))
	row(w, "turn", s.GetTurn())
	row(w, "version", s.GetVersion())
	if len(s.GetMustAct()) > 0 {
		row(w, "waits for", seatNumbers(s.GetMustAct()))
	}
	if s.GetSummary() != "" {
		row(w, "position", s.GetSummary())
	}
	if t := s.GetLastMove(); t != nil {
		row(w, "last move", fmt.Sprintf("%s by seat %d at %s", t.GetText(), t.GetSeat(), when(t.GetTakeTime())))
	}
	row(w, "created", when(s.GetCreateTime()))
	if s.GetEndTime() != nil {
		row(w, "ended", when(s.GetEndTime()))
	}
	fmt.Fprintln(w)
	row(w, "SEAT", "STATE", "PLAYER", "NAME", "BOT", "OUTCOME")
	for _, p := range s.GetSeats() {
		row(w, p.GetSeat(), word(p.GetState(), "SEAT_STATE_"), p.GetPlayerId(), p.GetName(), yes(p.GetBot()), outcome(p.GetOutcome()))
	}
	if m.GetDrawing() != "" {
		fmt.Fprintln(w)
		for line := range strings.Lines(m.GetDrawing()) {
			fmt.Fprintln(w, oneLine("|" + line)[1:]) // its own spaces stay
		}
	}
}

// outcome writes how a seat came out: "won", "lost (resigned)".
func outcome(o *yourmovev1.Outcome) string {
	if o.GetResult() == yourmovev1.Result_RESULT_UNSPECIFIED {
		return ""
	}
	said := word(o.GetResult(), "RESULT_")
	if e := o.GetEnding(); e != yourmovev1.Ending_ENDING_PLAYED && e != yourmovev1.Ending_ENDING_UNSPECIFIED {
		said += " (" + word(e, "ENDING_") + ")"
	}
	return said
}

func eventRows(w io.Writer, events []*yourmovev1.Event) {
	if len(events) == 0 {
		return
	}
	fmt.Fprintln(w)
	row(w, "VERSION", "WHEN", "TURN", "SEAT", "EVENT")
	for _, e := range events {
		seat := any(e.GetSeat())
		if e.GetSeat() == 0 {
			seat = ""
		}
		row(w, e.GetVersion(), when(e.GetEventTime()), e.GetTurn(), seat, happened(e))
	}
}

// happened tells an event in a few words.
func happened(e *yourmovev1.Event) string {
	switch k := e.GetKind().(type) {
	case *yourmovev1.Event_MatchCreated:
		return "created"
	case *yourmovev1.Event_PlayerInvited:
		return "invited " + e.GetPlayerId()
	case *yourmovev1.Event_PlayerJoined:
		return "joined " + e.GetPlayerId()
	case *yourmovev1.Event_InvitationDeclined:
		if k.InvitationDeclined.GetLapsed() {
			return "did not answer in time"
		}
		return "declined"
	case *yourmovev1.Event_PlayerLeft:
		return "left " + e.GetPlayerId()
	case *yourmovev1.Event_MatchStarted:
		return strings.TrimSpace("started " + k.MatchStarted.GetChance())
	case *yourmovev1.Event_TurnTaken:
		return "took a turn " + moveTexts(k.TurnTaken.GetMoves())
	case *yourmovev1.Event_PlayerResigned:
		return "resigned"
	case *yourmovev1.Event_MatchFinished:
		var said []string
		for _, o := range k.MatchFinished.GetOutcomes() {
			said = append(said, fmt.Sprintf("seat %d %s", o.GetSeat(), outcome(o)))
		}
		return "finished: " + strings.Join(said, ", ")
	case *yourmovev1.Event_MatchCancelled:
		return "cancelled " + word(k.MatchCancelled.GetReason(), "CANCEL_REASON_")
	case *yourmovev1.Event_Hidden:
		return "hidden"
	}
	return "of a kind that this program does not know"
}

func moveTexts(moves []*yourmovev1.PlayedMove) string {
	var texts []string
	for _, mv := range moves {
		t := mv.GetText()
		switch {
		case mv.GetHidden():
			t = "(hidden)"
		case t == "" && len(mv.GetData()) > 0:
			t = fmt.Sprintf("(%d bytes)", len(mv.GetData()))
		}
		if mv.GetChance() != "" {
			t += " [" + mv.GetChance() + "]"
		}
		texts = append(texts, t)
	}
	return strings.Join(texts, ", ")
}
