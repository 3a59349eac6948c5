package clientsim_test

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/game/all"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestEveryKindOfBotPlaysEveryGame: whole matches of every game that there is, over a bad network, by bots of every
// kind and by every door, who check all that they are shown.
func TestEveryKindOfBotPlaysEveryGame(t *testing.T) {
	games, err := game.NewRegistry(all.Games()...)
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.New(t, servertest.Options{Rules: all.Games()})
	st := populate(t, clientsim.Options{
		Transport: s.Transport(), Seed: 5, Players: 12, Finish: 24, Luck: clientsim.BadLuck, Registry: games, Doors: clientsim.AllDoors,
		Personalities: []clientsim.Weighted{
			{Personality: clientsim.Personality{Name: "random", Resign: 0.01}},
			{Personality: clientsim.Personality{Name: "greedy", Mind: clientsim.GreedyMind, Resign: 0.01}},
			{Personality: clientsim.Personality{Name: "search", Mind: clientsim.SearchMind, Playouts: 20, Resign: 0.01}},
		},
	})
	for _, v := range st.Found {
		t.Error(v)
	}
	for _, info := range games.Infos() {
		if st.Games[info.Name] == 0 {
			t.Errorf("no match of %s was finished: %v", info.Name, st.Games)
		}
	}
	won := 0
	for _, p := range st.Personalities {
		if p.Players != 4 || p.Played == 0 || p.Won > p.Played {
			t.Errorf("%+v", p)
		}
		won += p.Won
	}
	if ruled := st.Finished - st.Games[game.Relay]; won == 0 || won > ruled {
		t.Errorf("%d seats won %d matches", won, ruled)
	}
}

// diary notes when each player took his turns, and what else the replays of matches tell.
type diary struct {
	mu       sync.Mutex
	seen     map[string]bool
	turns    map[string][]time.Time
	taken    []time.Duration
	resigned int
}

// read is a lie that changes nothing.
func (d *diary) read(res any) {
	r, ok := res.(*pb.GetReplayResponse)
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	id := r.GetMatch().GetSummary().GetMatchId()
	if d.seen[id] {
		return
	}
	d.seen[id] = true
	for _, e := range r.GetEvents() {
		if e.GetTurnTaken() != nil {
			d.turns[e.GetPlayerId()] = append(d.turns[e.GetPlayerId()], e.GetEventTime().AsTime())
			d.taken = append(d.taken, e.GetTurnTaken().GetTimeTaken().AsDuration())
		}
		if e.GetPlayerResigned() != nil {
			d.resigned++
		}
	}
	slices.Sort(d.taken)
}

// poll is how often bots look in these tests, in which days go by.
const poll = 10 * time.Minute

// live lets players with this personality finish some matches of tic-tac-toe, by a clock that goes on when all wait.
func live(t *testing.T, who clientsim.Personality, day time.Duration, luck clientsim.Luck) (*diary, clientsim.Stats) {
	t.Helper()
	d := &diary{seen: map[string]bool{}, turns: map[string][]time.Time{}}
	var st clientsim.Stats
	synctest.Test(t, func(t *testing.T) {
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
		p, err := clientsim.NewPopulation(clientsim.Options{
			Transport: liar{s.Transport(), d.read}, Seed: 6, Players: 6, Matches: 6, Finish: 9, Poll: time.Duration(float64(poll) * day.Hours() / 24), Day: day, Luck: luck,
			Mix: []clientsim.Kind{{Game: "tictactoe", Seats: 2}}, Registry: registry(t), Personalities: []clientsim.Weighted{{Personality: who}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		st = p.Stats()
	})
	for _, v := range st.Found {
		t.Error(v)
	}
	if st.Finished < 9 || len(d.taken) < 40 {
		t.Fatalf("%d matches were finished in %d turns", st.Finished, len(d.taken))
	}
	return d, st
}

// TestBotsTakeTheirTime: half of the turns take less than the median, few take far longer, none longer than 20 times that.
func TestBotsTakeTheirTime(t *testing.T) {
	median := 3 * time.Hour
	d, _ := live(t, clientsim.Personality{Mind: clientsim.GreedyMind, Think: clientsim.Think{Median: median, Spread: 1}}, 24*time.Hour, clientsim.Luck{})
	at := func(share float64) time.Duration { return d.taken[int(share*float64(len(d.taken)-1))] }
	if half := at(0.5); half < median*2/3 || half > median*3/2 {
		t.Errorf("half of the turns take less than %v, want about %v", half, median)
	}
	if sixth := at(5.0 / 6); sixth < median*3/2 || sixth > median*4 {
		t.Errorf("one in six takes longer than %v, want about %v", sixth, time.Duration(math.E*float64(median)))
	}
	if longest := at(1); longest > 20*median+poll {
		t.Errorf("a turn took %v", longest)
	}
}

// TestBotsPlayInTheirHours: eight hours of every day, which differ from player to player because they live all over the
// globe. Days may be shorter than they are.
func TestBotsPlayInTheirHours(t *testing.T) {
	for _, day := range []time.Duration{24 * time.Hour, 3 * time.Hour} {
		hours := clientsim.Hours{From: 20, To: 4}
		d, st := live(t, clientsim.Personality{Think: clientsim.Think{Median: day / 100, Spread: 1}, Hours: hours}, day, clientsim.Luck{})
		begins := map[time.Duration]bool{}
		for player, turns := range d.turns {
			// The longest time of the day in which the player took no turn must be the sixteen hours.
			var of []time.Duration
			for _, at := range turns {
				of = append(of, time.Duration(at.UnixNano()%int64(day)))
			}
			slices.Sort(of)
			free, begin := of[0]+day-of[len(of)-1], of[0]
			for i := range of[1:] {
				if gap := of[i+1] - of[i]; gap > free {
					free, begin = gap, of[i+1]
				}
			}
			if free < day*16/24-time.Second {
				t.Errorf("day of %v: player %s took turns at %v of the day", day, player, of)
			}
			begins[begin.Round(day/24)] = true
		}
		if len(d.turns) != st.Players || len(begins) < 3 {
			t.Errorf("day of %v: %d players begin their days at %v", day, len(d.turns), begins)
		}
	}
}

// TestBotsVanish: some come back after a while, some for good but to give up, so that every match ends.
func TestBotsVanish(t *testing.T) {
	for _, quit := range []float64{0, 1} {
		d, st := live(t, clientsim.Personality{
			Vanish: clientsim.Vanish{Chance: 0.1, For: 12 * time.Hour, Quit: quit},
		}, 24*time.Hour, clientsim.BadLuck)
		away := 0
		for _, taken := range d.taken {
			if taken > time.Hour {
				away++
			}
		}
		if quit == 0 && (away < len(d.taken)/30 || away > len(d.taken)/4 || st.Resigned > 0) {
			t.Errorf("%d of %d turns took hours, %d players resigned", away, len(d.taken), st.Resigned)
		}
		if quit == 1 && (away > 0 || st.Resigned < 3 || d.resigned != st.Resigned) {
			t.Errorf("%d of %d turns took hours, %d players resigned", away, len(d.taken), st.Resigned)
		}
	}
}

// TestPersonalitiesAreDealt: by their shares, in an order that the seed makes, and each has its own luck.
func TestPersonalitiesAreDealt(t *testing.T) {
	names := func(seed clientsim.Seed) (list []string, st clientsim.Stats) {
		var mu sync.Mutex
		s := servertest.New(t, servertest.Options{Rules: []game.Rules{tictactoe.Rules{}}})
		p, err := clientsim.NewPopulation(clientsim.Options{
			Transport: liar{s.Transport(), func(res any) {
				if r, ok := res.(*pb.SignInResponse); ok {
					mu.Lock()
					defer mu.Unlock()
					list = append(list, r.GetPlayer().GetName())
				}
			}},
			Seed: seed, Players: 12, Finish: 4, Mix: []clientsim.Kind{{Game: "tictactoe", Seats: 2}}, Poll: time.Millisecond,
			Personalities: []clientsim.Weighted{
				{Personality: clientsim.Personality{Name: "calm"}, Weight: 2},
				{Personality: clientsim.Personality{Name: "underground", Luck: clientsim.Luck{Drop: 0.3}}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); err != nil {
			t.Error(err)
		}
		slices.Sort(list)
		return slices.Compact(list), p.Stats()
	}
	first, st := names(7)
	if again, _ := names(7); !slices.Equal(first, again) {
		t.Errorf("the same seed made %v and %v", first, again)
	}
	if other, _ := names(8); slices.Equal(first, other) {
		t.Errorf("two seeds made %v", first)
	}
	if all := strings.Join(first, "; "); len(first) != 12 || strings.Count(all, "calm") != 8 || strings.Count(all, "underground") != 4 {
		t.Errorf("the players are %v", first)
	}
	if st.Personalities[0].Players != 8 || st.Personalities[1].Players != 4 || st.Luck.Dropped == 0 || st.Luck.Lost > 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestBadPersonalities(t *testing.T) {
	for _, who := range []clientsim.Weighted{
		{Personality: clientsim.Personality{Mind: "brilliant"}},
		{Personality: clientsim.Personality{Playouts: -1}},
		{Personality: clientsim.Personality{Think: clientsim.Think{Median: -1}}},
		{Personality: clientsim.Personality{Hours: clientsim.Hours{From: 9, To: 25}}},
		{Personality: clientsim.Personality{Vanish: clientsim.Vanish{Chance: 2}}},
		{Personality: clientsim.Personality{Resign: math.NaN()}},
		{Weight: -1},
	} {
		_, err := clientsim.NewPopulation(clientsim.Options{Transport: connect.Transport(nil), Personalities: []clientsim.Weighted{who}})
		if err == nil {
			t.Errorf("%+v was accepted", who)
		}
	}
	for _, list := range [][]clientsim.Weighted{clientsim.People(time.Hour), clientsim.DefaultPersonalities} {
		if _, err := clientsim.NewPopulation(clientsim.Options{Transport: liar{}, Personalities: list}); err != nil {
			t.Error(err)
		}
	}
}
