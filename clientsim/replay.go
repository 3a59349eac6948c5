package clientsim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
)

// ReplayOptions say which recorded games are played again, and where.
type ReplayOptions struct {
	// PGN is the collection.
	PGN io.Reader
	// Transport makes one more connection to the server; each worker has its own.
	Transport func() connect.Transport
	// Parallel is how many games are played at once; 0: 16.
	Parallel int
	// Seed makes the players and their bad luck.
	Seed Seed
	// Luck is how bad the network is.
	Luck Luck
	// Patience is how long a call is repeated while there is no answer; 0: a minute.
	Patience time.Duration
}

// Report is how a replay of recorded games went.
type Report struct {
	// Games in the collection; OK of them are on the server just as in the record.
	Games int `json:"games"`
	OK    int `json:"ok"`
	// Failed are the others, in the order of the collection.
	Failed []Failure `json:"failed"`
	// Ends counts by what the games that are OK ended, under rules: "checkmate", "resigned", … Those that ended by word
	// alone, "agreed" draws and games of an "unknown" end, are compared by their final position; their matches go on.
	Ends map[string]int `json:"ends,omitempty"`
	// Moves that were taken, and how many in a second, all calls for creating, joining and comparing included.
	Moves     int       `json:"moves"`
	MovesPerS float64   `json:"moves_per_s"`
	Luck      LuckCount `json:"luck"`
	Seed      Seed      `json:"seed"`
}

// Failure is a game that is not on the server as in the record, and why.
type Failure struct {
	// Game counts from 1 in the collection. Line is that of the move at which it failed, else where the game begins.
	Game int `json:"game"`
	Line int `json:"line"`
	// Name says who played; empty: the record does not.
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
	// Unplayable: it is the record that is wrong, and no server was asked.
	Unplayable bool `json:"unplayable"`
}

// failure says why a game did not go as recorded.
func (r Record) failure(err error) Failure {
	f := Failure{Game: r.Game, Line: r.Line, Name: r.name(), Reason: err.Error()}
	var at *lineError
	if errors.As(err, &at) {
		f.Line = at.line
	}
	return f
}

// lineError is about the move that stands in a line of the collection.
type lineError struct {
	line int
	error
}

// Unwrap returns what is wrong with it.
func (e *lineError) Unwrap() error { return e.error }

// task is one game for a worker: it plays it and compares it, and returns by what it ended.
type task struct {
	rec  Record
	play func(ctx context.Context, w *replayer) (end string, err error)
}

// replay reads a collection, makes a task of each game, and lets workers carry them out. Games that cannot be read, or
// of which prepare makes no task, have failed.
func replay(ctx context.Context, o ReplayOptions, prepare func(Record) (task, error)) (Report, error) {
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	report := Report{Seed: o.Seed, Failed: []Failure{}}
	records, err := ReadPGN(o.PGN)
	bad, err := badGames(err)
	if err != nil {
		return report, err
	}
	report.Failed = append(report.Failed, bad...)
	report.Games = len(records) + len(bad)
	var tasks []task
	for _, rec := range records {
		t, err := prepare(rec)
		if err != nil {
			f := rec.failure(err)
			f.Unplayable = true
			report.Failed = append(report.Failed, f)
			continue
		}
		tasks = append(tasks, t)
	}

	count := new(luckCounters)
	workers := make([]*replayer, min(o.Parallel, len(tasks)))
	for i := range workers {
		workers[i] = &replayer{opts: o, transport: o.Transport(), number: i, step: len(workers), count: count}
	}
	if err := each(workers, func(w *replayer) error { return w.signIn(ctx) }); err != nil {
		return report, err
	}
	begun := time.Now()
	err = feed(ctx, workers, tasks)
	took := time.Since(begun)
	for _, w := range workers {
		report.add(w.report)
	}
	slices.SortStableFunc(report.Failed, func(a, b Failure) int { return a.Game - b.Game })
	if took > 0 {
		report.MovesPerS = float64(report.Moves) / took.Seconds()
	}
	report.Luck = count.count()
	return report, err
}

// add adds what one worker did.
func (r *Report) add(w Report) {
	r.OK += w.OK
	r.Moves += w.Moves
	r.Failed = append(r.Failed, w.Failed...)
	for end, n := range w.Ends {
		if r.Ends == nil {
			r.Ends = map[string]int{}
		}
		r.Ends[end] += n
	}
}

// feed gives the tasks to whichever worker is free, until all are done or ctx is.
func feed(ctx context.Context, workers []*replayer, tasks []task) error {
	queue := make(chan task)
	var feeding sync.WaitGroup
	feeding.Go(func() {
		defer close(queue)
		for _, t := range tasks {
			select {
			case queue <- t:
			case <-ctx.Done():
				return
			}
		}
	})
	_ = each(workers, func(w *replayer) error {
		for t := range queue {
			w.carryOut(ctx, t)
		}
		return nil
	})
	feeding.Wait()
	return ctx.Err()
}

// badGames makes failures of the games that could not be read.
func badGames(err error) ([]Failure, error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil, err
	}
	var list []Failure
	for _, err := range joined.Unwrap() {
		var bad *PGNError
		if !errors.As(err, &bad) {
			return nil, err
		}
		list = append(list, Failure{Game: bad.Game, Line: bad.Line, Name: bad.Name, Reason: bad.Reason, Unplayable: true})
	}
	return list, nil
}

// each lets all workers work at once and waits for them.
func each(workers []*replayer, work func(*replayer) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(workers))
	for i, w := range workers {
		wg.Go(func() { errs[i] = work(w) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// replayer replays one game after the other, with two players of its own over one connection.
type replayer struct {
	opts      ReplayOptions
	transport connect.Transport
	// number is the worker's own; the next pair of players has the number that is step further on.
	number, step int
	count        *luckCounters
	players      [2]*Client // White, Black
	// report is of this worker's games alone.
	report Report
	// wrong is what answers to repeated calls of the present game were wrong about. Calls are made one at a time.
	wrong []string
}

// signIn makes a pair of players; each time another one.
func (w *replayer) signIn(ctx context.Context) error {
	for i, name := range []string{"White", "Black"} {
		w.players[i] = NewClient(w.transport, ClientOptions{
			Seed: w.opts.Seed, Number: 2*w.number + i, Name: fmt.Sprintf("%s %d", name, w.number+1),
			Luck: w.opts.Luck, Patience: w.opts.Patience,
			Tell: func(_, what string) { w.wrong = append(w.wrong, what) }, count: w.count,
		})
		if err := w.players[i].SignIn(ctx); err != nil {
			return err
		}
	}
	w.number += w.step
	return nil
}

func (w *replayer) carryOut(ctx context.Context, t task) {
	w.wrong = nil
	end, err := t.play(ctx, w)
	if err == nil && len(w.wrong) > 0 {
		err = errors.New(strings.Join(w.wrong, "; "))
	}
	if err != nil {
		w.report.Failed = append(w.report.Failed, t.rec.failure(err))
		return
	}
	w.report.OK++
	if end != "" {
		w.report.add(Report{Ends: map[string]int{end: 1}})
	}
}

// begin creates a match and seats both players; creator is 0 for White. Its request is made anew for each try: when
// players have as many matches as the server lets them have, two others take over.
func (w *replayer) begin(ctx context.Context, creator int, request func() *pb.CreateMatchRequest) (match string, version uint64, err error) {
	match, version, err = w.seat(ctx, creator, request())
	if reasonOf(err) != game.Quota {
		return match, version, err
	}
	if err := w.signIn(ctx); err != nil {
		return "", 0, err
	}
	return w.seat(ctx, creator, request())
}

func (w *replayer) seat(ctx context.Context, creator int, req *pb.CreateMatchRequest) (match string, version uint64, err error) {
	req.MinSeats, req.MaxSeats, req.Seat = 2, 2, int32(creator+1)
	req.Access, req.StartRule = pb.Access_ACCESS_BY_CODE, pb.StartRule_START_RULE_WHEN_FULL
	created, err := w.players[creator].CreateMatch(ctx, req)
	if err != nil {
		return "", 0, fmt.Errorf("create: %w", err)
	}
	joined, err := w.players[1-creator].JoinMatch(ctx, &pb.JoinMatchRequest{JoinCode: created.GetMatch().GetJoinCode()})
	if err != nil {
		return "", 0, fmt.Errorf("join: %w", err)
	}
	return created.GetMatch().GetSummary().GetMatchId(), joined.GetVersion(), nil
}

// name says who played, in at most 256 bytes; empty if the record does not.
func (r Record) name() string {
	const unknown = "?" // as PGN writes it
	name := cmp.Or(r.Tags["White"], unknown) + " – " + cmp.Or(r.Tags["Black"], unknown)
	switch {
	case name == unknown+" – "+unknown:
		return ""
	case len(name) <= 256:
		return name
	}
	n := 256
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
