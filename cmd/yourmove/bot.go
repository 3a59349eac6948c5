package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"connectrpc.com/connect/v2/connecthttp"
	"github.com/spf13/cobra"

	"yourmove/clientsim"
	"yourmove/clientsim/uci"
	"yourmove/cmd/yourmove/internal/terminal"
	"yourmove/game"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

func botCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bot",
		Short: "Lets a program play on a server as an ordinary player",
		RunE:  needsCommand,
	}
	cmd.AddCommand(botUCICommand(a))
	return cmd
}

// botFlags are those of "bot uci".
type botFlags struct {
	server, home, as string
	engine           string
	settings         []string
	limit            uci.Limit
	patience         time.Duration
	create           bool
	join, match      string
	matches          int
	// repeated is what a later command line says again that goes on with a match: the engine and how it plays.
	repeated []string
}

func botUCICommand(a *app) *cobra.Command {
	var b botFlags
	cmd := &cobra.Command{
		Use:   "uci --engine PATH --server URL (--create | --join CODE | --match ID)",
		Short: "Lets a chess engine play that speaks UCI, Stockfish for example",
		Long: `Plays chess with an engine that speaks UCI, in a match that it makes (--create, which prints the join code), that
somebody else made (--join), or that was left off (--match). It ends when the match does.

The engine plays as a guest under its own name, or that of --as. The guest's secret is kept in --home, where "yourmove
play --as" finds it too. A draw that can be claimed is claimed unless the engine believes to stand better; engines do
not resign. One that ends, does not answer or plays an illegal move is named, and the match waits: the command says how
to go on with it, with an engine or by hand.`,
		Example: `  yourmove bot uci --engine /usr/games/stockfish --server http://127.0.0.1:8080 --create
  yourmove bot uci --engine stockfish --engine-option "Skill Level=3" --nodes 2000 --server http://127.0.0.1:8080 --join K7Q2MZP4TA`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b.repeated = repeated(cmd, b.settings)
			return a.botUCI(cmd.Context(), b)
		},
	}
	f := cmd.Flags()
	f.StringVar(&b.engine, "engine", "", "the engine's program (required)")
	f.StringArrayVar(&b.settings, "engine-option", nil, "an option of the engine, NAME=VALUE; may be repeated")
	f.DurationVar(&b.limit.MoveTime, "movetime", 0, "how long the engine thinks about a move (default 100ms)")
	f.IntVar(&b.limit.Nodes, "nodes", 0, "how many nodes it searches for a move")
	f.IntVar(&b.limit.Depth, "depth", 0, "how many plies deep it searches")
	f.DurationVar(&b.patience, "patience", 30*time.Second, "how long its answer may take beyond --movetime")
	f.StringVar(&b.server, "server", "", "the server's URL (required)")
	f.StringVar(&b.as, "as", "", "play under this name (default what the engine calls itself)")
	f.StringVar(&b.home, "home", "", "where the secrets of players lie, as for play")
	f.BoolVar(&b.create, "create", false, "make a match and print the code by which another joins")
	f.StringVar(&b.join, "join", "", "join the match with this code")
	f.StringVar(&b.match, "match", "", "go on with this match")
	f.IntVar(&b.matches, "matches", 1, "with --create: how many matches, one after the other; 0: until interrupted")
	must(cmd.MarkFlagFilename("engine"))
	must(cmd.MarkFlagDirname("home"))
	return cmd
}

// botUCI starts the engine, signs in, and plays.
func (a *app) botUCI(ctx context.Context, b botFlags) error {
	var err error
	if b.server, err = parseServer(b.server); err != nil {
		return err
	}
	settings, err := b.check()
	if err != nil {
		return err
	}
	home := terminal.Home(b.home)
	if home == "" {
		if home, err = terminal.DefaultHome(); err != nil {
			return &advised{err: err, says: err.Error(), advice: "name a directory with --home"}
		}
	}
	if err := reach(ctx, b.server); err != nil {
		return publicFailure(err, b.server)
	}
	engine, err := uci.Start(ctx, b.engine, uci.Options{Settings: settings, Patience: b.patience})
	if err != nil {
		return err
	}
	defer engine.Close()
	b.as = cmp.Or(b.as, shortened(engine.Name))
	secret, err := home.Secret(b.server, b.as)
	if err != nil {
		return err
	}
	t := &http.Transport{}
	defer t.CloseIdleConnections()
	c := clientsim.NewClient(connecthttp.NewTransport(&http.Client{Transport: t}, b.server), clientsim.ClientOptions{
		Seed: clientsim.Seed(rand.Uint64()), Secret: secret, Name: b.as, Installation: "yourmove bot uci",
	})
	if err := c.SignIn(ctx); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := a.botMatch(ctx, b, c, engine); err != nil {
			return err
		}
		if !b.create || n == b.matches {
			return nil
		}
	}
}

// check looks at what was typed, and reads the engine's options.
func (b *botFlags) check() (settings []uci.Setting, err error) {
	ways := 0
	for _, way := range []bool{b.create, b.join != "", b.match != ""} {
		if way {
			ways++
		}
	}
	switch {
	case b.engine == "":
		return nil, misused("--engine is needed: the engine's program")
	case ways == 0:
		return nil, misused("one of --create, --join and --match is needed")
	case ways > 1:
		return nil, misused("only one of --create, --join and --match")
	case b.matches < 0 || b.matches != 1 && !b.create:
		return nil, misused("--matches: at least 0, with --create")
	case b.limit.MoveTime < 0 || b.limit.Nodes < 0 || b.limit.Depth < 0 || b.patience <= 0:
		return nil, misused("--movetime, --nodes and --depth are at least 0, --patience more")
	}
	for _, s := range b.settings {
		name, value, _ := strings.Cut(s, "=")
		if name == "" || strings.ContainsAny(s, "\r\n") {
			return nil, misused("--engine-option: NAME=VALUE, not %q", s)
		}
		settings = append(settings, uci.Setting{Name: name, Value: value})
	}
	return settings, nil
}

// shortened cuts an engine's name to what a player's may be.
func shortened(name string) string {
	const longest = 64
	name = strings.TrimSpace(strings.ToValidUTF8(oneLine(name), ""))
	for len(name) > longest {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}

// botMatch plays one match and tells of its begin and its end.
func (a *app) botMatch(ctx context.Context, b botFlags, c *clientsim.Client, engine *uci.Engine) error {
	m, err := b.sit(ctx, c)
	if err != nil {
		return err
	}
	if err := a.tell(told(m, engine)); err != nil {
		return err
	}
	end, err := uci.Play(ctx, c, m.GetSummary().GetMatchId(), engine, b.limit)
	if err != nil {
		return a.unfinished(ctx, b, m.GetSummary(), err)
	}
	return a.tell(told(end, engine))
}

// sit takes a seat.
func (b *botFlags) sit(ctx context.Context, c *clientsim.Client) (*yourmovev1.Match, error) {
	switch {
	case b.create:
		res, err := c.CreateMatch(ctx, &yourmovev1.CreateMatchRequest{
			Game: "chess", Access: yourmovev1.Access_ACCESS_BY_CODE, StartRule: yourmovev1.StartRule_START_RULE_WHEN_FULL,
		})
		return res.GetMatch(), err
	case b.join != "":
		res, err := c.JoinMatch(ctx, &yourmovev1.JoinMatchRequest{JoinCode: b.join})
		return res.GetMatch(), b.refused(err)
	}
	res, err := c.GetMatch(ctx, &yourmovev1.GetMatchRequest{MatchId: b.match})
	return res.GetMatch(), b.refused(err)
}

// refused says what a player can do about a seat that he did not get.
func (b *botFlags) refused(err error) error {
	switch clientsim.Reason(err) {
	case game.NoSuchMatch:
		if b.join == "" {
			return &advised{
				err: err, says: fmt.Sprintf("%s has no match %s on %s", b.as, b.match, b.server),
				advice: "its matches are listed by: " + b.byHand(),
			}
		}
		return &advised{
			err: err, says: fmt.Sprintf("no match with the code %s waits for players on %s", b.join, b.server),
			advice: "ask again for the code, or make a match with --create",
		}
	case game.AlreadySeated:
		return &advised{
			err: err, says: b.as + " sits in this match already",
			advice: "play under another name: --as NAME",
		}
	}
	return err
}

// botNews is what "bot" tells of a match: at the begin and at the end.
type botNews struct {
	Match    string `json:"match_id"`
	Engine   string `json:"engine"`
	Seat     int32  `json:"seat"`
	State    string `json:"state"`
	JoinCode string `json:"join_code,omitempty"`
	Result   string `json:"result,omitempty"`
	Ending   string `json:"ending,omitempty"`
	Turns    uint64 `json:"turns"`
}

func told(m *yourmovev1.Match, engine *uci.Engine) botNews {
	s := m.GetSummary()
	n := botNews{
		Match: s.GetMatchId(), Engine: engine.Name, Seat: s.GetMySeat(), State: word(s.GetState(), "MATCH_STATE_"), Turns: s.GetTurn(),
	}
	switch s.GetState() {
	case yourmovev1.MatchState_MATCH_STATE_GATHERING:
		n.JoinCode = m.GetJoinCode()
	case yourmovev1.MatchState_MATCH_STATE_FINISHED:
		for _, seat := range s.GetSeats() {
			if seat.GetSeat() == n.Seat {
				n.Result = word(seat.GetOutcome().GetResult(), "RESULT_")
			}
			if e := seat.GetOutcome().GetEnding(); e != yourmovev1.Ending_ENDING_PLAYED {
				n.Ending = word(e, "ENDING_")
			}
		}
		n.Ending = cmp.Or(m.GetView().GetFields()["ended"].GetStringValue(), n.Ending)
	}
	return n
}

// tell prints one piece of news.
func (a *app) tell(n botNews) error {
	if a.output == "json" {
		return a.showJSON(n)
	}
	colour := [...]string{"drawn seat", "White", "Black"}[max(0, min(n.Seat, 2))]
	text := fmt.Sprintf("%s plays %s", n.Engine, colour)
	if n.JoinCode != "" {
		text += "; join with the code " + n.JoinCode
	}
	if n.Result != "" {
		text = fmt.Sprintf("%s has %s in turn %d: %s", n.Engine, n.Result, n.Turns, n.Ending)
	}
	if n.State == "cancelled" {
		text = "cancelled"
	}
	return a.showTable(func(w io.Writer) { row(w, "match "+n.Match, text) })
}
