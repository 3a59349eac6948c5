package clientsim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"connectrpc.com/connect/v2"

	pb "yourmove/proto/gen/yourmove/v1"
)

// maxUnattended is how many matches in which no bot sits an Inbox keeps the events of.
const maxUnattended = 1000

// InboxOptions say how an Inbox hears. Look stands for asking now and then.
type InboxOptions struct {
	Door Door
	// Pause is how long one who asks now and then waits before he asks again; 0: 50 ms.
	Pause time.Duration
	// Cut is how long a connection of Mixed lasts on average, if it is one that gets cut; 0: 20 times Pause.
	Cut time.Duration
	// Tell is given each thing that does not fit, and the match it is about; nil: nobody.
	Tell func(match, what string)
}

// InboxCount counts what an Inbox did.
type InboxCount struct {
	// Events that were heard.
	Events uint64
	// Cuts of its own connections.
	Cuts uint64
	// Resets: its cursor led nowhere any more, and it took a snapshot.
	Resets uint64
}

// Inbox is what one Client hears of all its matches: one cursor and one goroutine, however many bots listen. It gives
// each bot the events of its match in the order in which they came, and says where it had to take a snapshot instead.
//
//	OpenInbox ──snapshot──► connect ──broken, cut, told to──► connect …
//	                           └──cursor expired──► snapshot ──► connect …
//	last Close ──► end
type Inbox struct {
	c     *Client
	opts  InboxOptions
	rng   *rand.Rand // the goroutine's own, as is cutAt: when it cut a connection last
	cutAt time.Time
	// holders have opened it and not closed it; guarded by c.opening.
	holders int
	stop    context.CancelFunc
	done    chan struct{} // closed when the goroutine has ended

	mu         sync.Mutex // guards all below
	cursor     string
	ears       map[string]*ear // by match
	unattended []string        // matches in the order in which they were first heard of, as far as it matters
	batches    int
	count      InboxCount
	err        error // why the goroutine ended by itself
}

// ear is what was heard of one match.
type ear struct {
	attended bool
	sounds   []sound
	// version is the last one that was heard, or that a snapshot showed.
	version uint64
	more    chan struct{} // holds a token when there may be more
}

// sound is an event, or the version that a snapshot showed. Events with the same batch came at once.
type sound struct {
	event    *pb.InboxEvent
	batch    int
	snapshot uint64
}

// OpenInbox begins to hear what happens in the player's matches: nothing that happens after it has returned is missed.
// A session has one inbox, so all who open it share that of the first, and its options. Whoever opened it closes it.
func (c *Client) OpenInbox(ctx context.Context, o InboxOptions) (*Inbox, error) {
	select {
	case c.opening <- struct{}{}:
		defer func() { <-c.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.inbox != nil {
		c.inbox.holders++
		return c.inbox, nil
	}
	if o.Pause <= 0 {
		o.Pause = usualPoll
	}
	if o.Cut <= 0 {
		o.Cut = 20 * o.Pause
	}
	x := &Inbox{
		c: c, opts: o, rng: c.opts.Seed.rng("inbox", c.opts.Number), holders: 1, done: make(chan struct{}), ears: map[string]*ear{},
	}
	if err := x.snapshot(ctx); err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	// It may outlive the one who opens it, as long as somebody listens.
	ctx, x.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.inbox = x
	go x.run(ctx)
	return x, nil
}

// Close ends the inbox when all who opened it have closed it, and leaves nothing running then.
func (x *Inbox) Close() {
	x.c.opening <- struct{}{}
	defer func() { <-x.c.opening }()
	if x.holders--; x.holders > 0 {
		return
	}
	x.stop()
	<-x.done
	x.c.inbox = nil
}

// Count tells what it did so far.
func (x *Inbox) Count() InboxCount {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.count
}

// Cursor returns the place up to which everything was heard.
func (x *Inbox) Cursor() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cursor
}

// run hears until ctx is done or there is no way to hear any more.
func (x *Inbox) run(ctx context.Context) {
	defer close(x.done)
	for ctx.Err() == nil {
		err := x.connect(ctx)
		if connect.CodeOf(err) == connect.CodeOutOfRange {
			err = x.reset(ctx)
		}
		if err != nil && ctx.Err() == nil {
			x.fail(err)
			return
		}
	}
}

// fail tells all who listen that nothing will come any more.
func (x *Inbox) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.err = fmt.Errorf("the inbox by %v: %w", x.opts.Door, err)
	for _, e := range x.ears {
		e.wake()
	}
}

// reset goes on where the cursor leads nowhere any more.
func (x *Inbox) reset(ctx context.Context) error {
	x.mu.Lock()
	x.count.Resets++
	x.mu.Unlock()
	return x.snapshot(ctx)
}

// snapshot takes a cursor, and then the versions that matches have. What happens later is told from the cursor on; what
// happened before it no longer is.
func (x *Inbox) snapshot(ctx context.Context) error {
	// The first page has all that are not over, whatever its size.
	list, err := x.c.ListMatches(ctx, &pb.ListMatchesRequest{PageSize: 1})
	if err != nil {
		return fmt.Errorf("take a snapshot: %w", err)
	}
	versions := map[string]uint64{}
	for _, m := range list.GetMatches() {
		versions[m.GetSummary().GetMatchId()] = m.GetSummary().GetVersion()
	}
	for _, match := range x.listening() {
		if _, listed := versions[match]; listed {
			continue
		}
		switch m, err := x.c.GetMatch(ctx, &pb.GetMatchRequest{MatchId: match}); {
		case err == nil:
			versions[match] = m.GetMatch().GetSummary().GetVersion()
		case connect.CodeOf(err) != connect.CodeNotFound:
			return fmt.Errorf("take a snapshot of match %s: %w", match, err)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.cursor = list.GetCursor()
	for match, v := range versions {
		x.hear(match, sound{snapshot: v}, v)
	}
	return nil
}

// listening lists the matches of which something was heard or is waited for.
func (x *Inbox) listening() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var list []string
	for match := range x.ears {
		list = append(list, match)
	}
	return list
}

// take deals with what came at once: all of it, or none if this is never called. views: they were asked for.
func (x *Inbox) take(events []*pb.InboxEvent, cursor string, views bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.batches++
	if cursor != "" { // that it is missing is told below
		x.cursor = cursor
	}
	x.count.Events += uint64(len(events))
	for _, e := range events {
		x.hear(e.GetMatchId(), sound{event: e, batch: x.batches}, e.GetEvent().GetVersion())
	}
	if x.opts.Tell != nil {
		checkBatch(events, cursor, views, x.opts.Tell)
	}
}

// hear adds a sound to the ear of its match; x.mu is held.
func (x *Inbox) hear(match string, s sound, version uint64) {
	e := x.ear(match)
	e.sounds = append(e.sounds, s)
	e.version = max(e.version, version)
	e.wake()
}

// ear returns the ear of a match; x.mu is held.
func (x *Inbox) ear(match string) *ear {
	e := x.ears[match]
	if e == nil {
		e = &ear{more: make(chan struct{}, 1)}
		x.ears[match] = e
		x.unattended = append(x.unattended, match)
		if len(x.unattended) > maxUnattended {
			if old := x.ears[x.unattended[0]]; old != nil && !old.attended {
				delete(x.ears, x.unattended[0])
			}
			x.unattended = x.unattended[1:]
		}
	}
	return e
}

func (e *ear) wake() {
	select {
	case e.more <- struct{}{}:
	default:
	}
}

// attend gives a bot the ear of its match.
func (x *Inbox) attend(match string) *ear {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.ear(match)
	e.attended = true
	return e
}

// leave forgets what was heard of a match.
func (x *Inbox) leave(match string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.ears, match)
}

// heard returns what an ear has heard so far.
func (x *Inbox) heard(e *ear) []sound {
	x.mu.Lock()
	defer x.mu.Unlock()
	return e.sounds[:len(e.sounds):len(e.sounds)]
}

// wait returns when more than a version was heard of a match, or nothing was for as long as it takes to lose patience.
// It fails when nothing will come any more.
func (x *Inbox) wait(ctx context.Context, e *ear, version uint64, patience time.Duration) error {
	lost := time.NewTimer(patience)
	defer lost.Stop()
	for {
		x.mu.Lock()
		heard, err := e.version > version, x.err
		x.mu.Unlock()
		if heard || err != nil {
			return err
		}
		select {
		case <-e.more:
		case <-lost.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
