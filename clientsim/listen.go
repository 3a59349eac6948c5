package clientsim

import (
	"context"
	"fmt"

	"connectrpc.com/connect/v2"

	pb "yourmove/proto/gen/yourmove/v1"
)

// How often a bot that takes a turn, or finds its match over, says that it is on the screen: one in so many times.
const seldom = 4

// Hearing tells how the bot's inbox told its match, once Play has returned.
func (b *Bot) Hearing() Hearing { return b.hearing }

// listen opens the inbox, if the bot has one.
func (b *Bot) listen(ctx context.Context) error {
	if b.opts.Door == Look {
		return nil
	}
	x, err := b.client.OpenInbox(ctx, InboxOptions{Door: b.opts.Door, Pause: b.opts.Poll})
	if err != nil {
		return err
	}
	b.inbox, b.ear = x, x.attend(b.w.match)
	return nil
}

// deaf closes the inbox.
func (b *Bot) deaf() {
	if b.inbox != nil {
		b.inbox.leave(b.w.match)
		b.inbox.Close()
	}
}

// wait returns when it is time to look again.
func (b *Bot) wait(ctx context.Context) error {
	if b.inbox == nil {
		return Sleep(ctx, b.opts.Poll)
	}
	return b.inbox.wait(ctx, b.ear, b.known, patience)
}

// compare compares what the inbox told with the match, which is over and known whole.
func (b *Bot) compare(ctx context.Context) error {
	if b.inbox == nil {
		return nil
	}
	if err := b.inbox.wait(ctx, b.ear, b.w.log.version()-1, patience); err != nil {
		return err
	}
	sounds := b.inbox.heard(b.ear)
	if len(sounds) == 0 && b.late {
		return nil // it was over before the bot came
	}
	b.hearing = b.w.hears(sounds)
	return nil
}

// sees says now and then that the match is on the screen, and up to where the inbox has told.
func (b *Bot) sees(ctx context.Context, s *pb.MatchSummary) error {
	if b.habits.IntN(seldom) > 0 {
		return nil
	}
	return b.ack(ctx, &pb.Seen{MatchId: s.GetMatchId(), Version: s.GetVersion()})
}

// seesEnd says now and then that the end of the match is on the screen. It is no news then.
func (b *Bot) seesEnd(ctx context.Context) error {
	if b.habits.IntN(seldom) > 0 || mySeat(b.w.last) == nil {
		return nil
	}
	if err := b.ack(ctx, &pb.Seen{MatchId: b.w.match, Version: b.w.last.GetVersion()}); err != nil {
		return err
	}
	got, err := b.client.GetMatch(ctx, &pb.GetMatchRequest{MatchId: b.w.match})
	if err != nil {
		return fmt.Errorf("read the match: %w", err)
	}
	b.w.saw(got.GetMatch())
	if got.GetMatch().GetSummary().GetStanding() == pb.Standing_STANDING_FINISHED_UNSEEN {
		b.w.tell("the end was on the screen and is told to be unseen")
	}
	return nil
}

// puts says that the match is no longer on the screen, if the bot has said that it was.
func (b *Bot) puts(ctx context.Context) error {
	if !b.seen || ctx.Err() != nil {
		return nil // a phone that dies says nothing
	}
	return b.ack(ctx, &pb.Seen{})
}

func (b *Bot) ack(ctx context.Context, seen *pb.Seen) error {
	req := &pb.AckEventsRequest{Seen: seen}
	if b.inbox != nil {
		req.Cursor = b.inbox.Cursor()
	}
	_, err := b.client.AckEvents(ctx, req)
	if connect.CodeOf(err) == connect.CodeOutOfRange {
		req.Cursor = "" // the inbox will find out by itself
		_, err = b.client.AckEvents(ctx, req)
	}
	if err != nil {
		return fmt.Errorf("say what is on the screen: %w", err)
	}
	b.seen = seen.GetMatchId() != ""
	return nil
}
