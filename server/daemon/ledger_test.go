package daemon_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/google/uuid"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// ledger is what one player was told, kept outside the server: a relay match in which he passes the turn to himself
// for ever, a request id for each turn, and the version that was acknowledged.
type ledger struct {
	secret  []byte
	match   string
	version uint64
	acked   map[string]uint64
	// open is the request whose answer never came: it may have been carried out once, or not at all.
	open string
	next int
	// followers hear of the match.
	followers []*follower
}

func client(url, token string) yourmovev1connect.MatchServiceClient {
	return yourmovev1connect.NewMatchServiceClient(connect.NewClient(
		connecthttp.NewTransport(&http.Client{Transport: &http.Transport{}}, url), withToken(token)))
}

func withToken(token string) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if info, ok := connect.CallInfoForClientContext(ctx); ok {
				info.RequestHeader().Set("Authorization", "Bearer "+token)
			}
			return next(ctx, spec)
		}
	}
}

func (l *ledger) signIn(ctx context.Context, url string) (yourmovev1connect.MatchServiceClient, error) {
	token, err := l.session(ctx, url)
	if err != nil {
		return nil, err
	}
	return client(url, token), nil
}

// session signs the player in and returns an access token.
func (l *ledger) session(ctx context.Context, url string) (string, error) {
	if l.secret == nil {
		l.secret = make([]byte, 32)
		_, _ = rand.Read(l.secret)
	}
	players := yourmovev1connect.NewPlayerServiceClient(connect.NewClient(
		connecthttp.NewTransport(&http.Client{Transport: &http.Transport{}}, url)))
	in, err := players.SignIn(ctx, &pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: l.secret}})
	return in.GetSession().GetAccessToken(), err
}

// play submits turns until ctx is done or a call fails. After a restart it first repeats the request whose answer
// never came.
func (l *ledger) play(ctx context.Context, url string, acked func()) error {
	c, err := l.signIn(ctx, url)
	if err != nil {
		return err
	}
	if l.match == "" {
		made, err := c.CreateMatch(ctx, &pb.CreateMatchRequest{
			RequestId: uuid.NewString(), Game: "relay", Seat: 1, StartRule: pb.StartRule_START_RULE_AT_ONCE,
		})
		if err != nil {
			return err
		}
		l.match, l.version, l.acked = made.GetMatch().GetSummary().GetMatchId(), made.GetVersion(), map[string]uint64{}
	}
	for ctx.Err() == nil {
		id := l.open
		if id == "" {
			id = uuid.NewString()
			l.next++
		}
		l.open = id
		res, err := c.SubmitTurn(ctx, &pb.SubmitTurnRequest{
			MatchId: l.match, RequestId: id, ExpectedVersion: l.version, Moves: []*pb.Move{{Text: fmt.Sprint(l.next)}},
			Relay: &pb.RelayTurn{NextSeats: []*pb.NextSeat{{Seat: 1}}},
		})
		if err != nil {
			return err
		}
		l.open, l.version, l.acked[id] = "", res.GetVersion(), res.GetVersion()
		acked()
	}
	return nil
}

// verdict is what the ledgers say in the end.
type verdict struct {
	acked, lost, twice int
	// Of the followers: what they heard, missed, heard twice, and how often they were told to begin anew.
	heard, gaps, repeats, resets int
}

// verify compares what was acknowledged and heard with what the server has.
func (l *ledger) verify(ctx context.Context, url string, v *verdict) error {
	if l.match == "" {
		return nil
	}
	c, err := l.signIn(ctx, url)
	if err != nil {
		return err
	}
	rep, err := c.GetReplay(ctx, &pb.GetReplayRequest{MatchId: l.match})
	if err != nil {
		return err
	}
	at, texts := map[string]uint64{}, map[string]int{}
	for i, e := range rep.GetEvents() {
		if e.GetVersion() != uint64(i+1) {
			return fmt.Errorf("event %d stands at place %d", e.GetVersion(), i+1)
		}
		if turn := e.GetTurnTaken(); turn != nil {
			at[turn.GetRequestId()] = e.GetVersion()
			texts[turn.GetMoves()[0].GetText()]++
		}
	}
	v.acked += len(l.acked)
	for id, version := range l.acked {
		if at[id] != version {
			v.lost++
		}
	}
	for _, n := range texts {
		if n > 1 {
			v.twice++
		}
	}
	for _, f := range l.followers {
		end := uint64(len(rep.GetEvents()))
		if err := f.follow(ctx, url, func() bool { return f.last() >= end }); err != nil {
			return fmt.Errorf("by %s, at event %d of %d: %w", f.door, f.last(), end, err)
		}
		gaps, repeats, err := f.compare(l.match, rep.GetEvents())
		if err != nil {
			return fmt.Errorf("by %s: %w", f.door, err)
		}
		v.heard, v.gaps, v.repeats, v.resets = v.heard+len(f.heard), v.gaps+gaps, v.repeats+repeats, v.resets+f.resets
	}
	return nil
}
