package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"yourmove/game"
	"yourmove/server/servertest"
)

// TestBidsAreHidden: until all have bid, nothing that the others are shown depends on what somebody bid.
func TestBidsAreHidden(t *testing.T) {
	r := Hedge{}
	shown := func(bid int, viewer int) string {
		move := fmt.Sprintf("bid %d", bid)
		p := play(t, hands("ash-1", "ash-2", "ash-3", "ash-4"), "4 bid 1", "2 "+move)
		view, err := json.Marshal(r.View(p, viewer))
		if err != nil {
			t.Fatal(err)
		}
		event := game.Event{Seat: 2, Fact: game.TurnTaken{Moves: []game.PlayedMove{{Text: move}}}}.Show(r, viewer, false)
		return fmt.Sprintf("%s %s %+v", view, r.Draw(p, viewer), event)
	}
	for viewer := range 5 {
		for bid := 1; bid <= handSize; bid++ {
			if same := shown(bid, viewer) == shown(0, viewer); same != (viewer != 2) {
				t.Errorf("viewer %d is shown the same for a bid of %d and of 0: %v", viewer, bid, same)
			}
		}
	}
}

// client is somebody who calls a server. It remembers every byte that it was answered.
type client struct {
	t          *testing.T
	url, token string
	seat       int // 0: a spectator
	answered   []string
}

// call makes a call and reads the answer into a value.
func (c *client) call(method, body string, into any) {
	c.t.Helper()
	body = strings.ReplaceAll(body, "REQUEST", uuid.NewString())
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/yourmove.v1."+method, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode == http.StatusOK {
		err = json.Unmarshal(data, into)
	}
	if err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("%s %s: %v %s", method, body, err, data)
	}
	c.answered = append(c.answered, string(data))
}

// shown is what the test reads of answers about a match.
type shown struct {
	Match struct {
		Summary struct {
			MatchID, Version, State string
			MustAct                 []int
		}
		View       table
		LegalMoves []string
	}
	Seed   []byte
	Events []struct {
		Version      string
		Seat         int
		MatchStarted *struct{}
		TurnTaken    struct{ Moves []struct{ Text string } }
	}
}

func (m shown) over() bool { return m.Match.Summary.State == "MATCH_STATE_FINISHED" }

// look makes every call that tells of a match, and returns the match and its replay.
func (c *client) look(match string) (m, replay shown) {
	c.t.Helper()
	var rest shown
	id := `{"matchId":"` + match + `"`
	c.call("MatchService/GetMatch", id+`,"legalMoves":true,"drawing":true,"sinceVersion":"0"}`, &m)
	c.call("MatchService/ListTurns", id+`}`, &rest)
	c.call("MatchService/ListMatches", `{"view":"LIST_VIEW_FULL"}`, &rest)
	c.call("MatchService/GetReplay", id+`}`, &replay)
	return m, replay
}

// said lists the moves of a replay that are not told whole during the match.
func (replay shown) said(by func(seat int) bool) []string {
	var list []string
	for _, e := range replay.Events {
		for _, mv := range e.TurnTaken.Moves {
			if verb, _, _ := strings.Cut(mv.Text, " "); by(e.Seat) && (verb == "bid" || verb == "offer") {
				list = append(list, mv.Text)
			}
		}
	}
	return list
}

// TestSecretsOnTheWire plays a match against a server and searches everything that anybody is answered for the cards in
// the others' hands. Drafts are there to be found. After the end everything is told.
func TestSecretsOnTheWire(t *testing.T) {
	t.Parallel()
	url := servertest.New(t, servertest.Options{Rules: []game.Rules{Hedge{}}}).Start()
	all := signIn(t, url)
	var created, answer shown
	all[1].call("MatchService/CreateMatch", `{"requestId":"REQUEST","game":"hedge","seat":1,"spectators":true}`, &created)
	match := created.Match.Summary.MatchID
	for _, c := range all[2:] {
		c.call("MatchService/JoinMatch", fmt.Sprintf(`{"requestId":"REQUEST","matchId":"%s","seat":%d}`, match, c.seat), &answer)
	}
	rng := rand.New(rand.NewPCG(1, 3))
	plan := strings.Fields("bid bid bid bid offer decline offer withdraw offer accept offer play")
	var dealt [][]string // by seat
	var said []string
	for {
		seen := lookAll(t, all, match)
		hands := make([][]string, 5)
		for seat := 1; seat <= 4; seat++ {
			hands[seat] = seen[seat].Match.View.at(seat).Hand
		}
		search(t, all, hands)
		if seen[0].over() {
			break
		}
		if dealt == nil {
			dealt = hands
		}
		verb := "" // any
		if len(plan) > 0 {
			verb, plan = plan[0], plan[1:]
		}
		seat, move := pick(t, rng, seen, verb)
		if strings.HasPrefix(move, "bid") || strings.HasPrefix(move, "offer") {
			said = append(said, move)
		}
		all[seat].call("MatchService/SaveDraft", fmt.Sprintf(`{"matchId":"%s","draft":{"moves":[{"text":"%s"}]}}`, match, move), &answer)
		lookAll(t, all, match)
		search(t, all, hands)
		all[seat].call("MatchService/SubmitTurn", fmt.Sprintf(`{"requestId":"REQUEST","matchId":"%s","expectedVersion":"%s","moves":[{"text":"%s"}]}`,
			match, seen[seat].Match.Summary.Version, move), &answer)
	}
	toldAfterwards(t, all, match, dealt, said)
}

// signIn returns a spectator and the players of seats 1 to 4.
func signIn(t *testing.T, url string) []*client {
	t.Helper()
	var all []*client
	for seat := range 5 {
		c := &client{t: t, url: url, seat: seat}
		secret := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "thirty-two bytes of the player %d", seat))
		var answer struct{ Session struct{ AccessToken string } }
		c.call("PlayerService/SignIn", fmt.Sprintf(`{"guestSecret":"%s","name":"player %d"}`, secret, seat), &answer)
		c.token = answer.Session.AccessToken
		all = append(all, c)
	}
	return all
}

// lookAll lets everybody look at the match. Until it is over nobody is told what another bid, and which card he offers.
func lookAll(t *testing.T, all []*client, match string) []shown {
	t.Helper()
	var seen []shown
	for _, c := range all {
		m, replay := c.look(match)
		for _, move := range replay.said(func(seat int) bool { return seat != c.seat }) {
			if whole := notation.MatchString(move); whole != m.over() {
				t.Fatalf("seat %d is told that another one said %q; the match is over: %v", c.seat, move, m.over())
			}
		}
		seen = append(seen, m)
	}
	return seen
}

// pick draws one of the legal moves of all seats, with this verb if it is not empty.
func pick(t *testing.T, rng *rand.Rand, seen []shown, verb string) (seat int, move string) {
	t.Helper()
	var seats []int
	var moves []string
	for seat, m := range seen {
		for _, move := range m.Match.LegalMoves {
			if strings.HasPrefix(move, verb) {
				seats, moves = append(seats, seat), append(moves, move)
			}
		}
	}
	if len(moves) == 0 {
		t.Fatalf("nobody can %s", verb)
	}
	i := rng.IntN(len(moves))
	return seats[i], moves[i]
}

// search looks for the cards in others' hands in all that everybody was answered since the last search.
func search(t *testing.T, all []*client, hands [][]string) {
	t.Helper()
	for _, c := range all {
		for _, text := range c.answered {
			for seat, hand := range hands {
				for _, card := range hand {
					if seat != c.seat && strings.Contains(text, card) {
						t.Fatalf("seat %d is told that seat %d holds %s: %s", c.seat, seat, card, text)
					}
				}
			}
		}
		c.answered = nil
	}
}

// toldAfterwards asks whether everybody can read all bids and offers when the match is over, and what was dealt.
func toldAfterwards(t *testing.T, all []*client, match string, dealt [][]string, said []string) {
	t.Helper()
	for _, c := range all {
		_, replay := c.look(match)
		if told := replay.said(func(int) bool { return true }); !slices.Equal(told, said) {
			t.Errorf("seat %d is told %q after the end, not %q", c.seat, told, said)
		}
		for _, e := range replay.Events {
			if e.MatchStarted == nil {
				continue
			}
			version, err := strconv.ParseUint(e.Version, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Hedge{}.Setup(nil, []int{1, 2, 3, 4}, game.NewChance(game.Seed(replay.Seed), version))
			if err != nil {
				t.Fatal(err)
			}
			for seat := 1; seat <= 4; seat++ {
				if hand := p.(table).at(seat).Hand; !slices.Equal(hand, dealt[seat]) {
					t.Errorf("the seed deals %v to seat %d, who was dealt %v", hand, seat, dealt[seat])
				}
			}
		}
		c.answered = nil
	}
}
