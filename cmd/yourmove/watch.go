package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"yourmove/clientsim"
	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

const (
	// firstReturn and longestReturn bound the wait before it looks again for a server that has gone.
	firstReturn   = 200 * time.Millisecond
	longestReturn = 5 * time.Second
	// longestSilence is how long a stream may be silent that says every 25 s that it lives.
	longestSilence = 80 * time.Second
)

func watchCommand(a *app) *cobra.Command {
	var player string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "watch MATCH | watch --player ID",
		Short: "Shows events as they come: of a match from its first on, or of all matches of a player from now on",
		Long: `Shows events as they come, a line each, as a spectator may know them: those of a match from its first on and until the
match is over, or those of all matches of a player from now on. Ctrl-C ends it.

It outlives a restart of the server. Of a match nothing is missing and nothing shown twice; of a player, what happened
while there was no connection is not shown.`,
		Example: `  yourmove watch 0199b000-0000-7000-8000-000000000001
  yourmove watch --player 0199a000-0000-7000-8000-00000000000a --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &adminv1.WatchEventsRequest{}
			switch {
			case (len(args) == 1) == cmd.Flags().Changed("player"):
				return misused("what to watch: a MATCH, or a player with --player ID")
			case len(args) == 1:
				req.Target = &adminv1.WatchEventsRequest_MatchId{MatchId: args[0]}
			default:
				req.Target = &adminv1.WatchEventsRequest_PlayerId{PlayerId: player}
			}
			return a.watch(cmd.Context(), req, asJSON || a.output == "json")
		},
	}
	cmd.Flags().StringVar(&player, "player", "", "watch all matches of the player with this id")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line, as --output json does")
	return cmd
}

// watch shows events until there will be no more, or until it is interrupted, which is how it is meant to end.
func (a *app) watch(ctx context.Context, req *adminv1.WatchEventsRequest, asJSON bool) error {
	httpClient, url, err := adminHTTP(a.admin)
	if err != nil {
		return err
	}
	defer httpClient.CloseIdleConnections()
	client := adminv1connect.NewAdminServiceClient(connect.NewClient(connecthttp.NewTransport(httpClient, url)))
	w := &watcher{client: client, req: req, silence: longestSilence}
	w.say = func(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }
	w.print = a.printEvent
	if !asJSON {
		w.print = newTeller(client, a.stdout).print
	}
	err = w.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return adminFailure(err, a.admin)
}

// printEvent prints an event in the form in which the API sends it.
func (a *app) printEvent(_ context.Context, e *yourmovev1.InboxEvent) error {
	data, err := protojson.Marshal(e)
	if err != nil {
		return fmt.Errorf("write an event as JSON: %w", err)
	}
	return a.showJSON(json.RawMessage(data))
}

// watcher follows a match or a player over as many streams as it takes.
type watcher struct {
	client  adminv1connect.AdminServiceClient
	req     *adminv1.WatchEventsRequest
	silence time.Duration // after which a stream counts as broken
	print   func(context.Context, *yourmovev1.InboxEvent) error
	say     func(format string, args ...any)

	// told has the time of each event of the match that was printed, in their order: a stream begins with the first.
	told []time.Time
	// opened: there was a stream. away: there is none at the moment, and that was said.
	opened, away bool
}

// run prints events until the match is over or ctx is done. That the server cannot be reached is an error only at the
// beginning.
func (w *watcher) run(ctx context.Context) error {
	for wait := firstReturn; ; {
		end, heard, err := w.follow(ctx)
		if heard {
			wait = firstReturn
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case end.GetReason() == yourmovev1.EndReason_END_REASON_MATCH_OVER:
			return nil
		case end.GetReason() == yourmovev1.EndReason_END_REASON_DRAINING:
			w.leave("the server is going down; going on when it is back")
			wait = max(wait, end.GetRetryAfter().AsDuration())
		case end != nil:
			return fmt.Errorf("the server ended the stream: %s", word(end.GetReason(), "END_REASON_"))
		case !w.opened || !lost(err):
			return err
		default:
			w.leave("the connection to the server is lost; going on when it is back")
		}
		if err := clientsim.Sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, longestReturn)
	}
}

// leave says once that there is no stream, and why.
func (w *watcher) leave(why string) {
	if !w.away {
		w.say("%s", why)
	}
	w.away = true
}

// errSilent: a stream has said nothing for longer than a living one does.
var errSilent = fmt.Errorf("the server has said nothing for %v", longestSilence)

// lost reports whether a stream broke, which another one may mend, rather than being refused.
func lost(err error) bool {
	var answer *connect.Error
	if !errors.As(err, &answer) {
		return errors.Is(err, io.EOF) || errors.Is(err, errSilent)
	}
	// CANCELED is how the server cuts off who did not read for long, a terminal that was stopped for one.
	return !answer.IsRemote() || answer.Code() == connect.CodeUnavailable || answer.Code() == connect.CodeCanceled
}

// follow prints what one stream brings. heard: it brought something.
func (w *watcher) follow(ctx context.Context) (end *yourmovev1.StreamEnd, heard bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(w.silence, func() { cancel(errSilent) })
	defer silence.Stop()
	defer func() {
		if err != nil && errors.Is(context.Cause(ctx), errSilent) {
			err = errSilent
		}
	}()
	stream, err := w.client.WatchEvents(ctx, w.req)
	if err != nil {
		return nil, false, err
	}
	defer stream.Close() //nolint:errcheck // it was only read
	for n := 0; ; {
		silence.Reset(w.silence)
		res, err := stream.Receive()
		silence.Stop() // the time that printing takes is not the server's
		if err != nil {
			return nil, heard, err
		}
		heard = true
		w.arrive()
		for _, e := range res.GetEvents() {
			n++
			if !w.news(e, n) {
				continue
			}
			if err := w.print(ctx, e); err != nil {
				return nil, heard, err
			}
		}
		if end := res.GetEnd(); end != nil {
			return end, heard, nil
		}
	}
}

// arrive notes that a stream lives.
func (w *watcher) arrive() {
	if w.away && w.req.GetMatchId() != "" {
		w.say("the server is back")
	} else if w.away {
		w.say("the server is back; what happened meanwhile is not shown")
	}
	w.opened, w.away = true, false
}

// news reports whether the n-th event of a stream was not printed yet.
func (w *watcher) news(e *yourmovev1.InboxEvent, n int) bool {
	if w.req.GetMatchId() == "" {
		return true
	}
	at := e.GetEvent().GetEventTime().AsTime()
	if n <= len(w.told) {
		if at.Equal(w.told[n-1]) {
			return false
		}
		// A restore took back what had been printed.
		w.say("from version %d on the match is another one than before: the server runs on an older copy", e.GetEvent().GetVersion())
		w.told = w.told[:n-1]
	}
	w.told = append(w.told, at)
	return true
}
