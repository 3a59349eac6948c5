package daemon_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/proto/gen/yourmove/v1/yourmovev1connect"
)

// table is a relay match in which the first player passes the turn to himself for ever; the others look on from their
// seats.
type table struct {
	calls   yourmovev1connect.MatchServiceClient
	token   string // of the one who plays
	players []game.PlayerID
	match   string

	mu      sync.Mutex // guards version
	version uint64
}

// seat makes a table of so many players.
func (l *live) seat(t *testing.T, n int) *table {
	t.Helper()
	over := network(true)
	t.Cleanup(over.CloseIdleConnections)
	return seatPlayers(t, l.url, over, n)
}

func seatPlayers(t *testing.T, url string, over *http.Transport, n int) *table {
	t.Helper()
	tb := &table{}
	for i := range n {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		in, err := yourmovev1connect.NewPlayerServiceClient(dial(url, over, "")).SignIn(t.Context(),
			&pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: secret}})
		if err != nil {
			t.Fatal(err)
		}
		id, err := game.ParsePlayerID(in.GetPlayer().GetPlayerId())
		if err != nil {
			t.Fatal(err)
		}
		tb.players = append(tb.players, id)
		token := in.GetSession().GetAccessToken()
		calls := yourmovev1connect.NewMatchServiceClient(dial(url, over, token))
		if i == 0 {
			made, err := calls.CreateMatch(t.Context(), &pb.CreateMatchRequest{
				RequestId: uuid.NewString(), Game: "relay", Seat: 1, MaxSeats: int32(max(2, n)), StartRule: pb.StartRule_START_RULE_AT_ONCE,
			})
			if err != nil {
				t.Fatal(err)
			}
			tb.calls, tb.token, tb.match, tb.version = calls, token, made.GetMatch().GetSummary().GetMatchId(), made.GetVersion()
			continue
		}
		joined, err := calls.JoinMatch(t.Context(), &pb.JoinMatchRequest{MatchId: tb.match, RequestId: uuid.NewString()})
		if err != nil {
			t.Fatal(err)
		}
		tb.version = joined.GetVersion()
	}
	return tb
}

// turn takes a turn that leaves a state of so many bytes; 0: the one there is.
func (tb *table) turn(ctx context.Context, size int) error {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	relay := &pb.RelayTurn{NextSeats: []*pb.NextSeat{{Seat: 1}}}
	if size > 0 {
		state := make([]byte, size)
		_, _ = rand.Read(state) // what cannot be compressed
		relay.State = &pb.RelayState{Content: &pb.RelayState_Data{Data: state}}
	}
	res, err := tb.calls.SubmitTurn(ctx, &pb.SubmitTurnRequest{
		MatchId: tb.match, RequestId: uuid.NewString(), ExpectedVersion: tb.version, Moves: []*pb.Move{{Text: "on"}}, Relay: relay,
	})
	if err == nil {
		tb.version = res.GetVersion()
	}
	return err
}

func (tb *table) at() uint64 {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.version
}

// sequence is what somebody has heard of each match: the last version, and what was wrong.
type sequence struct {
	mu             sync.Mutex // guards all below
	first, last    map[string]uint64
	gaps, repeated int
}

// hear takes an event in the order in which it came.
func (s *sequence) hear(match string, version uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.first, s.last = map[string]uint64{}, map[string]uint64{}
	}
	switch last, known := s.last[match]; {
	case !known:
		s.first[match] = version
	case version <= last:
		s.repeated++
		return
	case version > last+1:
		s.gaps++
	}
	s.last[match] = version
}

func (s *sequence) heard(match string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[match]
}

// whole tells what is missing or too much; nil: nothing.
func (s *sequence) whole() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gaps+s.repeated > 0 {
		return fmt.Errorf("%d gaps, %d repeats", s.gaps, s.repeated)
	}
	return nil
}
