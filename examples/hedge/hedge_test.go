package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/game/gametest"
)

func TestRules(t *testing.T) {
	gametest.Run(t, Hedge{})
}

// faceUp is Hedge with all cards on the table: the game as it is before anything is hidden.
type faceUp struct{ Hedge }

func (faceUp) View(p game.Position, _ int) any                    { return p }
func (faceUp) Redact(m game.PlayedMove, _, _ int) game.PlayedMove { return m }
func (faceUp) Secrets(game.Position, int) []string                { return nil }

func TestFaceUp(t *testing.T) { gametest.Run(t, faceUp{}, gametest.Config{Playouts: 4}) }

// hands deals these hands to seats 1, 2 and so on.
func hands(texts ...string) table {
	var t table
	for i, text := range texts {
		t.Players = append(t.Players, player{Seat: i + 1, Hand: strings.Fields(text)})
	}
	return t
}

// bidden is hands after everybody has bid this much.
func bidden(t *testing.T, bids string, texts ...string) table {
	t.Helper()
	p := hands(texts...)
	for i, bid := range bids {
		p = play(t, p, fmt.Sprintf("%d bid %c", i+1, bid))
	}
	return p
}

// play plays moves, each "SEAT MOVE" or "SEAT leaves", and fails on one that is refused or that its seat has no duty for.
func play(t *testing.T, p table, moves ...string) table {
	t.Helper()
	p, _ = last(t, p, moves...)
	return p
}

// last is play that also returns what followed from the last move.
func last(t *testing.T, p table, moves ...string) (table, game.Played) {
	t.Helper()
	var played game.Played
	for _, text := range moves {
		number, move, _ := strings.Cut(text, " ")
		seat, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if move == "leaves" {
			played, err = Hedge{}.Leave(p, seat, nil)
		} else if (Hedge{}).Duty(p, seat) == game.Waits {
			err = errors.New("the seat has to wait")
		} else {
			played, err = Hedge{}.Play(p, seat, move, game.Moment{}, nil)
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		p = played.Position.(table)
	}
	return p, played
}

func TestSetup(t *testing.T) {
	p, err := Hedge{}.Setup(nil, []int{1, 2, 3, 4}, game.NewChance(game.Seed{1}, 1))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, pl := range p.(table).Players {
		for _, card := range pl.Hand {
			if seen[card] || !notation.MatchString("play "+card) {
				t.Errorf("seat %d holds %s, twice or no card", pl.Seat, card)
			}
			seen[card] = true
		}
	}
	if len(seen) != 4*handSize {
		t.Errorf("%d cards were dealt", len(seen))
	}
	other, err := Hedge{}.Setup(nil, []int{1, 2, 3, 4}, game.NewChance(game.Seed{2}, 1))
	if err != nil || reflect.DeepEqual(p, other) {
		t.Errorf("another seed deals the same cards (%v)", err)
	}
}

func TestBidding(t *testing.T) {
	for _, c := range []struct {
		name, bids, chance string
		leads              int
	}{
		{"the highest leads", "1 2, 2 0, 3 4, 4 1", "1:2 2:0 3:4 4:1", 3},
		{"of equals the lowest seat", "4 3, 2 3, 1 0, 3 1", "1:0 2:3 3:1 4:3", 2},
		{"all the same", "4 6, 3 6, 2 6, 1 6", "1:6 2:6 3:6 4:6", 1},
		{"nobody bids anything", "2 0, 1 0, 4 0, 3 0", "1:0 2:0 3:0 4:0", 1},
	} {
		p := hands("ash-1", "ash-2", "ash-3", "ash-4")
		bids := strings.Split(c.bids, ", ")
		for i, text := range bids {
			seat, bid, _ := strings.Cut(text, " ")
			var played game.Played
			p, played = last(t, p, seat+" bid "+bid)
			over := i == len(bids)-1
			if played.SameTurn == over || (played.Chance != "") != over || (p.Next > 0) != over {
				t.Errorf("%s: after bid %d: %+v", c.name, i+1, played)
			}
			if over && (played.Chance != c.chance || p.Next != c.leads) {
				t.Errorf("%s: chance %q, seat %d leads", c.name, played.Chance, p.Next)
			}
			number, _ := strconv.Atoi(seat)
			if !over && (Hedge{}).Duty(p, number) != game.Waits {
				t.Errorf("%s: seat %s has bid and has a duty", c.name, seat)
			}
		}
	}
}

func TestTricks(t *testing.T) {
	for _, c := range []struct {
		name, cards string // of seats 1 to 4; seat 1 leads
		takes       int
	}{
		{"the highest of the suit", "ash-3 ash-7 ash-5 ash-1", 2},
		{"the one who led", "ash-9 ash-7 ash-5 ash-1", 1},
		{"another suit is worth nothing", "ash-3 yew-9 elm-9 ash-4", 4},
		{"nobody follows", "ash-1 yew-9 elm-9 oak-9", 1},
	} {
		cards := strings.Fields(c.cards)
		p := bidden(t, "1000", cards[0]+" yew-1", cards[1]+" yew-2", cards[2]+" yew-3", cards[3]+" yew-4")
		for i, card := range cards {
			p = play(t, p, fmt.Sprintf("%d play %s", i+1, card))
		}
		for _, pl := range p.Players {
			if (pl.Tricks == 1) != (pl.Seat == c.takes) {
				t.Errorf("%s: seat %d took %d tricks", c.name, pl.Seat, pl.Tricks)
			}
		}
		if p.Next != c.takes || len(p.Trick) != 0 || len(p.Played) != 4 {
			t.Errorf("%s: seat %d leads; in the trick %v, played %v", c.name, p.Next, p.Trick, p.Played)
		}
	}
}

func TestRefusedMoves(t *testing.T) {
	bidding := hands("ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
	led := play(t, bidden(t, "1000", "ash-1 elm-1", "ash-2 elm-2", "oak-3 elm-3", "ash-4 elm-4"), "1 play ash-1")
	for _, c := range []struct {
		name   string
		p      table
		seat   int
		move   string
		reason game.Reason
		why    string
	}{
		{"nothing", bidding, 1, "", game.MalformedMove, "is not a move"},
		{"a bid of more tricks than there are", bidding, 1, "bid 7", game.MalformedMove, "is not a move"},
		{"half a bid", bidding, 1, "bid", game.MalformedMove, "is not a move"},
		{"no such card", bidding, 1, "play ash-0", game.MalformedMove, "is not a move"},
		{"blanks", bidding, 1, "play  ash-1", game.MalformedMove, "is not a move"},
		{"no such seat", bidding, 1, "decline 5", game.MalformedMove, "is not a move"},
		{"a card before the bids", bidding, 1, "play ash-1", game.IllegalMove, "all bid once"},
		{"an offer before the bids", bidding, 1, "offer 2 ash-1", game.IllegalMove, "all bid once"},
		{"a second bid", play(t, bidding, "1 bid 3"), 1, "bid 2", game.IllegalMove, "all bid once"},
		{"a bid after the bidding", led, 2, "bid 2", game.IllegalMove, "all bid once"},
		{"out of turn", led, 3, "play oak-3", game.IllegalMove, "it is seat 2's turn"},
		{"another's card", led, 2, "play ash-4", game.IllegalMove, "no such card"},
		{"a card that was played", led, 2, "play ash-1", game.IllegalMove, "no such card"},
		{"another suit", led, 2, "play elm-2", game.IllegalMove, "you must follow ash"},
	} {
		_, err := Hedge{}.Play(c.p, c.seat, c.move, game.Moment{}, nil)
		var e *game.Error
		if !errors.As(err, &e) || e.Reason != c.reason || !strings.Contains(e.Detail, c.why) {
			t.Errorf("%s: %v, want %s because %q", c.name, err, c.reason, c.why)
		}
	}
	play(t, led, "2 play ash-2", "3 play oak-3") // has no ash: anything will do
}

// outcomes writes how a match came out, seat by seat.
func outcomes(p table) string {
	words := map[game.Result]string{game.Won: "won", game.Lost: "lost", game.Drawn: "drawn"}
	var list []string
	for _, o := range (Hedge{}).Outcomes(p) {
		list = append(list, fmt.Sprintf("%d %s %d with %v", o.Seat, words[o.Result], o.Place, *o.Score))
	}
	return strings.Join(list, ", ")
}

func TestEndings(t *testing.T) {
	for _, c := range []struct {
		name, tricks, bids string // of seats 1 to 4, before the last trick, which seat 1 takes
		want               string
	}{
		{"one has most", "2111", "4000", "1 won 1 with 3, 2 lost 2 with 1, 3 lost 2 with 1, 4 lost 2 with 1"},
		{"the bonus decides", "2111", "0010", "1 lost 2 with 3, 2 lost 3 with 1, 3 won 1 with 6, 4 lost 3 with 1"},
		{"bid and kept", "1220", "2000", "1 won 1 with 7, 2 lost 3 with 2, 3 lost 3 with 2, 4 lost 2 with 5"},
		{"nothing bid and nothing taken", "3200", "0006", "1 lost 2 with 4, 2 lost 3 with 2, 3 won 1 with 5, 4 lost 4 with 0"},
		{"nobody kept a bid", "2120", "0001", "1 won 1 with 3, 2 lost 3 with 1, 3 lost 2 with 2, 4 lost 4 with 0"},
		{"two share the first place", "0221", "0220", "1 lost 3 with 1, 2 drawn 1 with 7, 3 drawn 1 with 7, 4 lost 3 with 1"},
		{"all kept what they bid", "0221", "1221", "1 lost 3 with 6, 2 drawn 1 with 7, 3 drawn 1 with 7, 4 lost 3 with 6"},
	} {
		p := hands("ash-9", "ash-1", "ash-2", "ash-3")
		for i := range p.Players {
			p.Players[i].Tricks = int(c.tricks[i] - '0')
			p.Players[i].Bid = c.bids[i : i+1]
		}
		p.Next = 1
		p = play(t, p, "1 play ash-9", "2 play ash-1", "3 play ash-2")
		if got := outcomes(p); got != "" {
			t.Errorf("%s: over with a card to be played: %s", c.name, got)
		}
		if got := outcomes(play(t, p, "4 play ash-3")); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestLeave(t *testing.T) {
	bidding := hands("ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
	begun := bidden(t, "0200", "ash-1 elm-1", "ash-9 elm-2", "oak-3 yew-3", "ash-4 elm-4") // seat 2 leads
	for _, c := range []struct {
		name  string
		p     table
		moves string
		next  int
		trick string
		took  int // who has taken a trick
	}{
		{"while others have to bid", bidding, "3 bid 1, 1 leaves", 0, "", 0},
		{"the only one who had not bid", bidding, "1 bid 2, 3 bid 1, 4 bid 6, 2 leaves", 4, "", 0},
		{"with the highest bid", bidding, "1 bid 2, 3 bid 6, 3 leaves, 2 bid 2, 4 bid 0", 1, "", 0},
		{"on lead", begun, "2 leaves", 3, "", 0},
		{"on turn", begun, "2 play ash-9, 3 leaves", 4, "ash-9", 0},
		{"on turn in the highest seat", begun, "2 play ash-9, 3 play oak-3, 4 leaves", 1, "ash-9 oak-3", 0},
		{"the last to the trick", begun, "2 play ash-9, 3 play oak-3, 4 play ash-4, 1 leaves", 2, "", 2},
		{"after leading: another suit was led now", begun, "2 play elm-2, 3 play yew-3, 2 leaves", 4, "yew-3", 0},
		{"after leading alone", begun, "2 play elm-2, 2 leaves", 3, "", 0},
		{"with the best card of the trick", begun, "2 play ash-9, 3 play oak-3, 2 leaves, 4 play ash-4, 1 play ash-1", 3, "", 3},
		{"out of turn before his card", begun, "2 play ash-9, 1 leaves, 3 play oak-3, 4 play ash-4", 2, "", 2},
		{"two of them", begun, "2 play ash-9, 3 leaves, 4 leaves, 1 play ash-1", 2, "", 2},
	} {
		p := play(t, c.p, strings.Split(c.moves, ", ")...)
		var trick []string
		for _, l := range p.Trick {
			trick = append(trick, l.Card)
		}
		if p.Next != c.next || strings.Join(trick, " ") != c.trick {
			t.Errorf("%s: seat %d is next, in the trick %v", c.name, p.Next, trick)
		}
		for _, pl := range p.Players {
			if (pl.Tricks > 0) != (pl.Seat == c.took) {
				t.Errorf("%s: seat %d took %d", c.name, pl.Seat, pl.Tricks)
			}
		}
		for seat := 1; seat <= 4; seat++ {
			must := p.at(seat) != nil && (p.Next == seat || p.Next == 0 && p.at(seat).Bid == "")
			if got := (Hedge{}).Duty(p, seat); (got == game.MustAct) != must || p.at(seat) == nil && got != game.Waits {
				t.Errorf("%s: the duty of seat %d is %d", c.name, seat, got)
			}
		}
	}
	// Who leaves last but one has ended the match before the rules are asked; here three are left to end it.
	last := bidden(t, "1000", "ash-1", "ash-2", "ash-3", "ash-4")
	over := play(t, last, "1 play ash-1", "2 play ash-2", "3 play ash-3", "4 leaves")
	if got, want := outcomes(over), "1 lost 3 with 0, 2 won 1 with 5, 3 lost 2 with 1"; got != want {
		t.Errorf("left with the last card: %s, want %s", got, want)
	}
}

func TestDefaultMove(t *testing.T) {
	p := bidden(t, "1000", "oak-1 yew-1", "elm-9 oak-2", "oak-3 yew-3", "oak-4 yew-4")
	led := play(t, p, "1 play oak-1")
	for _, c := range []struct {
		p    table
		seat int
		want string
	}{
		{hands("oak-1", "oak-2", "oak-3", "oak-4"), 3, "bid 0"}, {p, 1, "play oak-1"}, {led, 2, "play oak-2"}, {led, 3, ""},
	} {
		if got, ok := (Hedge{}).DefaultMove(c.p, c.seat); got != c.want || ok != (c.want != "") {
			t.Errorf("seat %d: %q, want %q", c.seat, got, c.want)
		}
	}
}

func TestShown(t *testing.T) {
	p := bidden(t, "1020", "ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
	p = play(t, p, "1 offer 2 elm-1", "2 accept 1 elm-2", "4 offer 1 ash-4", "3 play ash-3")
	const view = `{
  "players": [
    {"seat": 1, "hand": ["ash-1"], "open": ["elm-2"], "bid": "1", "tricks": 0, "offered": true},
    {"seat": 2, "hand": ["?"], "open": ["elm-1"], "bid": "0", "tricks": 0},
    {"seat": 3, "hand": ["?"], "bid": "2", "tricks": 0},
    {"seat": 4, "hand": ["?", "?"], "bid": "0", "tricks": 0, "offer": {"to": 1, "card": "?"}, "offered": true}
  ],
  "next": 4,
  "trick": [{"seat": 3, "card": "ash-3"}],
  "played": ["ash-3"]
}`
	var want, got any
	data, err := json.Marshal(Hedge{}.View(p, 1))
	if err := errors.Join(err, json.Unmarshal(data, &got), json.Unmarshal([]byte(view), &want)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("seat 1 is shown %s", data)
	}
	const drawing = `  seat bid took cards
     1   1    0 ash-1, open: elm-2
     2   0    0 ?, open: elm-1
     3   2    0 ?
>    4   0    0 ? ?, offers ? to seat 1
seat 3 played ash-3
`
	if got := (Hedge{}).Draw(p, 1); got != drawing {
		t.Errorf("seat 1 is drawn\n%s", got)
	}
}

// TestClosed: when somebody gave up and the match is over, everybody is shown all hands, bids and offers, and nobody is
// next.
func TestClosed(t *testing.T) {
	bidding := play(t, hands("ash-1", "ash-2", "ash-3", "ash-4"), "2 bid 1")
	playing := bidden(t, "1020", "ash-1 elm-1", "ash-2 elm-2", "ash-3 elm-3", "ash-4 elm-4")
	playing = play(t, playing, "4 offer 1 ash-4", "3 play ash-3")
	for name, p := range map[string]table{"bidding": bidding, "playing": playing} {
		before := p.clone()
		closed := Hedge{}.Close(p)
		if !reflect.DeepEqual(p, before) {
			t.Errorf("%s: Close made %+v of %+v", name, p, before)
		}
		for viewer := range 5 {
			shown := Hedge{}.View(closed, viewer).(table)
			if !reflect.DeepEqual(shown.Players, p.Players) || shown.Next != 0 {
				t.Errorf("%s: viewer %d is shown %+v", name, viewer, shown)
			}
			if text := (Hedge{}).Draw(closed, viewer); strings.Contains(text, faceDown) || strings.Contains(text, ">") {
				t.Errorf("%s: viewer %d is drawn\n%s", name, viewer, text)
			}
		}
	}
}
