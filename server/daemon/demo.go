package daemon

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"yourmove/clientsim"
	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
)

const (
	// statusEvery is how often the demo says how it goes.
	statusEvery = 3 * time.Second
	// demoDay is how long a day is for its bots, some of whom sleep.
	demoDay = 20 * time.Second
	// demoCut is how long connections last on average that bots cut on purpose.
	demoCut = time.Second
)

// demo plays against a server of its own.
type demo struct {
	games          *game.Registry
	seconds        uint
	json           bool
	stdout, stderr io.Writer
	// say is where people read: stdout, or with --json stderr.
	say io.Writer
}

func demoCommand(games *game.Registry, stdout, stderr io.Writer) *cobra.Command {
	d := demo{games: games, stdout: stdout, stderr: stderr}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch bots play every game against a real server on a temporary database; Ctrl-C ends it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			if d.say = d.stdout; d.json {
				d.say = d.stderr
			}
			return d.run(ctx)
		},
	}
	cmd.Flags().UintVar(&d.seconds, "seconds", 0, "end after so many seconds; 0: at Ctrl-C")
	cmd.Flags().BoolVar(&d.json, "json", false, "end with one JSON object on stdout; the status lines go to stderr")
	return cmd
}

// demoResult is the object at the end.
type demoResult struct {
	Finished   int            `json:"matches_finished"`
	Turns      uint64         `json:"turns"`
	Games      map[string]int `json:"games"`
	Violations int            `json:"violations"`
	// Heard are events by the door of those who heard them; Cuts are connections that bots cut meanwhile. Gaps and Repeats
	// are events that inboxes did not tell, or told again.
	Heard   map[string]uint64 `json:"heard"`
	Cuts    uint64            `json:"cuts"`
	Gaps    int               `json:"gaps"`
	Repeats int               `json:"repeats"`
}

func (d demo) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "yourmove-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	srv, closeStore, err := d.server(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	players, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	admin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, players.Close())
	}
	fmt.Fprintf(d.say, "A server on a temporary database: http://%s, operators at http://%s. Ctrl-C ends it.\n", players.Addr(), admin.Addr())

	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	var g errgroup.Group
	g.Go(func() error { return srv.Serve(serving, players, admin) })
	stats, err := d.play(ctx, "http://"+players.Addr().String(), admin.Addr().String())
	stopServing()
	return errors.Join(err, g.Wait(), d.result(stats))
}

// server puts the demo's server together: the real one, syncing as always.
func (d demo) server(ctx context.Context, dir string) (*Server, func() error, error) {
	if err := create(dir); err != nil {
		return nil, nil, err
	}
	keys, err := auth.LoadKeys(keyFile(dir))
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.NewTextHandler(d.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := boltstore.Open(dir, boltstore.Options{Logger: log})
	if err != nil {
		return nil, nil, err
	}
	srv, err := New(ctx, Parts{Store: store, Games: d.games, Keys: keys, Log: log, Dev: true, Now: time.Now})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return srv, store.Close, nil
}

// play lets bots play until ctx is done or the time is up, and says how it goes.
func (d demo) play(ctx context.Context, url, admin string) (clientsim.Stats, error) {
	if d.seconds > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(d.seconds)*time.Second)
		defer cancel()
	}
	var seed clientsim.Seed
	if err := randomSeed(&seed); err != nil {
		return clientsim.Stats{}, err
	}
	network := &http.Transport{Protocols: Protocols()}
	// The server waits for open connections when it goes down.
	defer network.CloseIdleConnections()
	people := clientsim.People(demoDay)
	pop, err := clientsim.NewPopulation(clientsim.Options{
		Transport: connecthttp.NewTransport(&http.Client{Transport: network}, url),
		Seed:      seed, Players: 40, Matches: 20, Poll: 20 * time.Millisecond, Personalities: people, Day: demoDay,
		Luck: clientsim.Luck{Lose: 0.005, Drop: 0.01, Repeat: 0.01}, Registry: d.games,
		Doors: clientsim.AllDoors, Cut: demoCut,
	})
	if err != nil {
		return clientsim.Stats{}, err
	}
	fmt.Fprintf(d.say, "40 bots play 20 matches at once over a bad network; a day of theirs takes %v. Some look, others wait or listen. The seed is %v.\n", demoDay, seed)
	for i, p := range pop.Stats().Personalities {
		fmt.Fprintf(d.say, "%4d %-11s %v\n", p.Players, p.Personality, people[i].Personality)
	}
	var g errgroup.Group
	over := make(chan struct{})
	g.Go(func() error {
		defer close(over)
		return pop.Run(ctx)
	})
	d.status(pop, admin, over)
	err = g.Wait()
	return pop.Stats(), err
}

func randomSeed(seed *clientsim.Seed) error {
	var b [8]byte
	_, err := rand.Read(b[:])
	for _, x := range b {
		*seed = *seed<<8 | clientsim.Seed(x)
	}
	return err
}

// status prints a line every few seconds until the bots are done.
func (d demo) status(pop *clientsim.Population, admin string, over <-chan struct{}) {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	var before clientsim.Stats
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		s := pop.Stats()
		rate := float64(s.Turns-before.Turns) / statusEvery.Seconds()
		last := ""
		for i, f := range s.Last[:min(3, len(s.Last))] {
			if i > 0 {
				last += ", "
			}
			last += f.Game + ": " + f.Result
		}
		fmt.Fprintf(d.say, "%4d matches finished, %d running, %d turns, %.0f turns/s, %d violations. Last: %s\n     Wins: %s\n     %s\n",
			s.Finished, s.Running, s.Turns, rate, s.Violations, last, wins(s.Personalities), heard(s))
		if before.Newest == "" && s.Newest != "" {
			fmt.Fprintf(d.say, "Look at a match:\n  curl -s -H 'Content-Type: application/json' -d '{\"matchId\":\"%s\"}' http://%s/yourmove.admin.v1.AdminService/GetMatch\n", s.Newest, admin)
		}
		before = s
	}
}

// wins says who of the bots wins how often.
func wins(tallies []clientsim.Tally) string {
	var list []string
	for _, t := range tallies {
		list = append(list, fmt.Sprintf("%s %d of %d", t.Personality, t.Won, t.Played))
	}
	return strings.Join(list, ", ")
}

// heard says by which doors bots hear of each other, and how well.
func heard(s clientsim.Stats) string {
	var list []string
	for _, door := range clientsim.AllDoors {
		if n, ok := s.Heard[door.String()]; ok {
			list = append(list, fmt.Sprintf("%d %s", n, door))
		}
	}
	return fmt.Sprintf("Events heard: %s; %d connections cut, %d gaps, %d repeats", strings.Join(list, ", "), s.Cuts, s.Gaps, s.Repeats)
}

// result ends the demo: the object with --json, else a sentence. What bots should not have seen fails it.
func (d demo) result(s clientsim.Stats) error {
	for _, v := range s.Found {
		fmt.Fprintln(d.stderr, "violation:", v)
	}
	if d.json {
		if err := json.NewEncoder(d.stdout).Encode(demoResult{
			s.Finished, s.Turns, s.Games, s.Violations, s.Heard, s.Cuts, s.Gaps, s.Repeats,
		}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(d.stdout, "%d matches finished, %d turns, %d violations. %s.\n", s.Finished, s.Turns, s.Violations, heard(s))
	}
	if s.Violations > 0 {
		return fmt.Errorf("bots were shown %d things that cannot be; the seed is %v", s.Violations, s.Seed)
	}
	return nil
}
