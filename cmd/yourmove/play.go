package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/structpb"

	"yourmove/cmd/yourmove/internal/terminal"
	"yourmove/game/all"
)

// playFlags are those of "play", as they are typed.
type playFlags struct {
	server, home, as, level, options, colour string
	join, match                              string
	host                                     bool
	players, seat                            int
	seed                                     uint64
}

func playCommand(a *app) *cobra.Command {
	var p playFlags
	cmd := &cobra.Command{
		Use:   "play [GAME]",
		Short: "Plays in this terminal, against a bot or a friend",
		Long: `Plays a match in this terminal: a new one of GAME, one that a friend hosts (--join), or one that goes on (--match).
Without any of these it lists your matches and the games to choose from.

No server is needed: unless --server names one, this program brings its own, on a data directory in --home, so that
your matches go on another time. Several terminals share it: what one hosts another one joins, under another name.`,
		Example: `  yourmove play connectfour
  yourmove play chess --level hard
  yourmove play battleship --host
  yourmove play --as anna --join K7Q2MZP4TA`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				p.seed = rand.Uint64()
			}
			for _, flag := range []string{"players", "seat", "options"} {
				if len(args) == 0 && cmd.Flags().Changed(flag) {
					return misused("--%s is for a new match: name its GAME", flag)
				}
			}
			return a.play(cmd.Context(), p, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.server, "server", "", "play on the server at this URL (default a private one, shared by your terminals)")
	f.StringVar(&p.home, "home", "", "where your matches and the secrets of your players lie (default $XDG_DATA_HOME/yourmove, else ~/.local/share/yourmove)")
	f.StringVar(&p.as, "as", "", "play under this name; each name is a player with matches of its own")
	f.StringVar(&p.level, "level", string(terminal.Medium), "how well bots play: easy, medium or hard")
	f.BoolVar(&p.host, "host", false, "against a friend, who joins from another terminal")
	f.StringVar(&p.join, "join", "", "join the match with this code")
	f.StringVar(&p.match, "match", "", "go on with this match")
	f.IntVar(&p.players, "players", 0, "how many play, where the game takes more than two (default as few as it takes)")
	f.IntVar(&p.seat, "seat", terminal.DefaultSeat, "your seat; 1 mostly begins, 0 is drawn")
	f.StringVar(&p.options, "options", "", `the game's options, as JSON: {"target":50}`)
	f.StringVar(&p.colour, "color", "auto", "colours: auto, always or never")
	f.Uint64Var(&p.seed, "seed", 0, "lets bots choose as they did with the same seed (default drawn)")
	fixed := func(flag string, values ...string) {
		must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
	}
	fixed("level", "easy", "medium", "hard")
	fixed("color", "auto", "always", "never")
	cmd.ValidArgsFunction = cobra.FixedCompletions(gameNames(), cobra.ShellCompDirectiveNoFileComp)
	return cmd
}

// gameNames are the games that come with Yourmove.
func gameNames() []string {
	var names []string
	for _, r := range all.Games() {
		names = append(names, r.Info().Name)
	}
	return names
}

// play checks what was typed, and plays.
func (a *app) play(ctx context.Context, p playFlags, args []string) error {
	o := terminal.Options{
		In: os.Stdin, Interactive: isTerminal(os.Stdin), Out: a.stdout, Program: programName(os.Args[0]),
		Home: terminal.Home(p.home), As: p.as, User: os.Getenv("USER"), Rules: all.Games(),
		Match: p.match, Join: p.join, Host: p.host, Players: p.players, Seat: p.seat, Seed: p.seed,
	}
	asked := 0
	for _, s := range []string{p.match, p.join, strings.Join(args, "")} {
		if s != "" {
			asked++
		}
	}
	var err error
	switch o.Level, err = terminal.ParseLevel(p.level); {
	case err != nil:
		return misused("--level: %v", err)
	case asked > 1:
		return misused("one of GAME, --join and --match")
	case p.players < 0 || p.seat < 0:
		return misused("--players and --seat: at least 0")
	}
	switch p.colour {
	case "always":
		o.Colour = true
	case "auto":
		out, isFile := a.stdout.(*os.File)
		o.Colour = isFile && isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	case "never":
	default:
		return misused("--color: auto, always or never, not %q", p.colour)
	}
	if len(args) > 0 {
		o.Game = args[0]
	}
	if p.options != "" {
		o.Settings = &structpb.Struct{}
		if err := o.Settings.UnmarshalJSON([]byte(p.options)); err != nil {
			return misused("--options: not a JSON object: %q", p.options)
		}
	}
	if o.Home == "" {
		if o.Home, err = terminal.DefaultHome(); err != nil {
			return &advised{err: err, says: err.Error(), advice: "name a directory with --home"}
		}
	}
	if p.server != "" {
		if o.Server, err = parseServer(p.server); err != nil {
			return err
		}
		if err := reach(ctx, o.Server); err != nil {
			return publicFailure(err, o.Server)
		}
	}
	return terminal.Play(ctx, o)
}

// isTerminal reports whether a person is at the other end.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too
	return err != nil || !os.SameFile(info, null)
}

// programName is how this program is called again: by its name, or as "go run" is.
func programName(arg0 string) string {
	if strings.Contains(arg0, "go-build") {
		return "go run ./cmd/yourmove"
	}
	return "yourmove"
}
