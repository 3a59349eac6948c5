package clientsim

import (
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
	// Moves that were taken, and how many in a second, all calls for creating, joining and comparing included.
	Moves     int       `json:"moves"`
	MovesPerS float64   `json:"moves_per_s"`
	Luck      LuckCount `json:"luck"`
	Seed      Seed      `json:"seed"`
}

// Failure is a game that is not on the server as in the record, and why.
type Failure struct {
	// Game counts from 1 in the collection; Name says who played.
	Game   int    `json:"game"`
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// ReplayRelay plays recorded games in relay mode: two players each, the moves as the record has them, the end declared
// with the last move. Then it compares what the server tells both players of it with the record. The error is that of
// reading the collection, of signing in, or of ctx; what is wrong with single games stands in the report.
func ReplayRelay(ctx context.Context, o ReplayOptions) (Report, error) {
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

	count := new(luckCounters)
	workers := make([]*replayer, min(o.Parallel, len(records)))
	for i := range workers {
		workers[i] = newReplayer(o, i, count)
	}
	if err := each(workers, func(w *replayer) error { return w.signIn(ctx) }); err != nil {
		return report, err
	}
	games := make(chan Record)
	begun := time.Now()
	var feeding sync.WaitGroup
	feeding.Go(func() {
		defer close(games)
		for _, rec := range records {
			select {
			case games <- rec:
			case <-ctx.Done():
				return
			}
		}
	})
	_ = each(workers, func(w *replayer) error {
		for rec := range games {
			w.replay(ctx, rec)
		}
		return nil
	})
	feeding.Wait()
	took := time.Since(begun)
	for _, w := range workers {
		report.OK += w.ok
		report.Moves += w.moves
		report.Failed = append(report.Failed, w.failed...)
	}
	slices.SortStableFunc(report.Failed, func(a, b Failure) int { return a.Game - b.Game })
	if took > 0 {
		report.MovesPerS = float64(report.Moves) / took.Seconds()
	}
	report.Luck = count.count()
	return report, ctx.Err()
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
		list = append(list, Failure{Game: bad.Game, Reason: fmt.Sprintf("line %d: %s", bad.Line, bad.Reason)})
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
	players   [2]*Client // White, Black
	ok, moves int
	failed    []Failure
	// wrong is what answers to repeated calls of the present game were wrong about. Calls are made one at a time.
	wrong []string
}

func newReplayer(o ReplayOptions, n int, count *luckCounters) *replayer {
	w := new(replayer)
	t := o.Transport()
	for i, name := range []string{"White", "Black"} {
		w.players[i] = NewClient(t, ClientOptions{
			Seed: o.Seed, Number: 2*n + i, Name: fmt.Sprintf("%s %d", name, n+1), Luck: o.Luck, Patience: o.Patience,
			Tell: func(_, what string) { w.wrong = append(w.wrong, what) }, count: count,
		})
	}
	return w
}

func (w *replayer) signIn(ctx context.Context) error {
	for _, c := range w.players {
		if err := c.SignIn(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *replayer) replay(ctx context.Context, rec Record) {
	w.wrong = nil
	err := w.play(ctx, rec)
	if err == nil && len(w.wrong) > 0 {
		err = errors.New(strings.Join(w.wrong, "; "))
	}
	if err != nil {
		w.failed = append(w.failed, Failure{Game: rec.Game, Name: rec.name(), Reason: err.Error()})
		return
	}
	w.ok++
}

// play plays a game from its creation on and compares it. Each answer brings the version that the next call needs, so
// that a move costs one call.
func (w *replayer) play(ctx context.Context, rec Record) error {
	if len(rec.Moves) == 0 {
		return errors.New("the record has no moves")
	}
	match, version, err := w.begin(ctx, rec)
	if err != nil {
		return err
	}
	first := rec.first()
	for i, san := range rec.Moves {
		mover := (first + i) % 2
		turn := &pb.RelayTurn{State: &pb.RelayState{Content: &pb.RelayState_Text{Text: stateAfter(i + 1)}}}
		if i == len(rec.Moves)-1 {
			turn.Outcomes = rec.outcomes()
		} else {
			turn.NextSeats = []*pb.NextSeat{{Seat: int32(2 - mover)}}
		}
		res, err := w.players[mover].SubmitTurn(ctx, &pb.SubmitTurnRequest{
			MatchId: match, ExpectedVersion: version, Moves: []*pb.Move{{Text: san}}, Relay: turn,
		})
		if err != nil {
			return fmt.Errorf("move %d, %s: %w", i/2+1, san, err)
		}
		version = res.GetVersion()
		w.moves++
	}
	for seat, c := range w.players {
		replay, err := c.GetReplay(ctx, match)
		if err != nil {
			return fmt.Errorf("replay for seat %d: %w", seat+1, err)
		}
		if err := rec.compare(replay, seat+1, w.players); err != nil {
			return fmt.Errorf("replay for seat %d: %w", seat+1, err)
		}
	}
	return nil
}

// begin creates the match and seats both players. Who moves first creates it: the creator has the first turn.
func (w *replayer) begin(ctx context.Context, rec Record) (match string, version uint64, err error) {
	first := rec.first()
	created, err := w.players[first].CreateMatch(ctx, &pb.CreateMatchRequest{
		Game: relayGame, MinSeats: 2, MaxSeats: 2, Seat: int32(first + 1), Access: pb.Access_ACCESS_BY_CODE,
		StartRule: pb.StartRule_START_RULE_WHEN_FULL, Title: rec.name(),
		State: &pb.RelayState{Content: &pb.RelayState_Text{Text: stateAfter(0)}},
	})
	if err != nil {
		return "", 0, fmt.Errorf("create: %w", err)
	}
	joined, err := w.players[1-first].JoinMatch(ctx, &pb.JoinMatchRequest{JoinCode: created.GetMatch().GetJoinCode()})
	if err != nil {
		return "", 0, fmt.Errorf("join: %w", err)
	}
	return created.GetMatch().GetSummary().GetMatchId(), joined.GetVersion(), nil
}

// stateAfter is what the players pass around: how many moves there are.
func stateAfter(moves int) string { return fmt.Sprintf(`{"moves":%d}`, moves) }

// compare checks what a server tells of a match against the record, as the player in seat is shown it.
func (r Record) compare(replay *pb.GetReplayResponse, seat int, players [2]*Client) error {
	s := replay.GetMatch().GetSummary()
	if s.GetState() != pb.MatchState_MATCH_STATE_FINISHED || int(s.GetMySeat()) != seat || len(s.GetSeats()) != 2 {
		return fmt.Errorf("the match is %v with %d seats, seat %d is its own", s.GetState(), len(s.GetSeats()), s.GetMySeat())
	}
	for i, c := range players {
		if got := s.GetSeats()[i].GetPlayerId(); got != c.PlayerID() {
			return fmt.Errorf("seat %d belongs to player %q, not to %s", i+1, got, c.PlayerID())
		}
	}
	if got, want := replay.GetMatch().GetState().GetText(), stateAfter(len(r.Moves)); got != want {
		return fmt.Errorf("the state is %.100q, not %s", got, want)
	}
	n := 0
	var ended []*pb.Outcome
	for i, e := range replay.GetEvents() {
		if e.GetVersion() != uint64(i+1) {
			return fmt.Errorf("event %d stands at place %d", e.GetVersion(), i+1)
		}
		if f := e.GetMatchFinished(); f != nil {
			ended = f.GetOutcomes()
		}
		if e.GetTurnTaken() == nil {
			continue
		}
		if n == len(r.Moves) {
			return fmt.Errorf("there are more than %d moves: %v", n, e)
		}
		mover := (r.first() + n) % 2
		moves := e.GetTurnTaken().GetMoves()
		if len(moves) != 1 || moves[0].GetText() != r.Moves[n] || int(e.GetSeat()) != mover+1 || e.GetPlayerId() != players[mover].PlayerID() {
			return fmt.Errorf("move %d is %v, not %s by seat %d", n/2+1, e, r.Moves[n], mover+1)
		}
		n++
	}
	if n != len(r.Moves) {
		return fmt.Errorf("there are %d moves of %d", n, len(r.Moves))
	}
	if got := uint64(len(replay.GetEvents())); got != s.GetVersion() {
		return fmt.Errorf("there are %d events at version %d", got, s.GetVersion())
	}
	want := r.outcomes()
	for i, o := range want {
		if len(ended) != len(want) || ended[i].GetSeat() != o.GetSeat() || ended[i].GetResult() != o.GetResult() ||
			ended[i].GetPlace() != o.GetPlace() || ended[i].GetEnding() != pb.Ending_ENDING_DECLARED ||
			s.GetSeats()[i].GetOutcome().GetResult() != o.GetResult() {
			return fmt.Errorf("the match ended with %v, the record with %s", ended, r.Result)
		}
	}
	return nil
}

// outcomes are what the last mover declares.
func (r Record) outcomes() []*pb.Outcome {
	white := &pb.Outcome{Seat: 1, Result: pb.Result_RESULT_NONE}
	black := &pb.Outcome{Seat: 2, Result: pb.Result_RESULT_NONE}
	switch r.Result {
	case "1-0":
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_WON, 1, pb.Result_RESULT_LOST, 2
	case "0-1":
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_LOST, 2, pb.Result_RESULT_WON, 1
	case "1/2-1/2":
		white.Result, white.Place, black.Result, black.Place = pb.Result_RESULT_DRAWN, 1, pb.Result_RESULT_DRAWN, 1
	}
	return []*pb.Outcome{white, black}
}

// first is who moves first, 0 for White: not so only in a game from another position than the usual one.
func (r Record) first() int {
	if fields := strings.Fields(r.Tags["FEN"]); len(fields) > 1 && fields[1] == "b" {
		return 1
	}
	return 0
}

// name says who played, in at most 256 bytes.
func (r Record) name() string {
	name := r.Tags["White"] + " – " + r.Tags["Black"]
	if len(name) <= 256 {
		return name
	}
	n := 256
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}
