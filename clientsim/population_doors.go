package clientsim

import (
	"context"
	"slices"
)

// heardBy is an inbox and its door.
type heardBy struct {
	*Inbox
	door Door
}

// listen opens a player's inbox, if he has one: before anything happens that he should hear of.
func (p *Population) listen(ctx context.Context, c player) error {
	if c.door == Look {
		return nil
	}
	x, err := c.OpenInbox(ctx, InboxOptions{Door: c.door, Pause: p.opts.Poll, Cut: p.opts.Cut, Tell: c.opts.Tell})
	if err != nil {
		return err
	}
	p.hearing.Lock()
	defer p.hearing.Unlock()
	p.inboxes = append(p.inboxes, heardBy{x, c.door})
	return nil
}

// hangUp closes the inboxes.
func (p *Population) hangUp() {
	p.hearing.Lock()
	list := slices.Clone(p.inboxes)
	p.hearing.Unlock()
	for _, x := range list {
		x.Close()
	}
}

// Stats tells how it goes. It may be called at any time, by anyone.
func (p *Population) Stats() Stats {
	s := p.scores.snapshot()
	p.hearing.Lock()
	defer p.hearing.Unlock()
	s.Heard = map[string]uint64{}
	for _, x := range p.inboxes {
		n := x.Count()
		s.Heard[x.door.String()] += n.Events
		s.Cuts += n.Cuts
		s.Resets += n.Resets
	}
	return s
}
