package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"yourmove/game"
	"yourmove/server/auth"
	"yourmove/server/boltstore"
)

// keyFile is where a data directory keeps the keys that tokens are signed with.
func keyFile(dir string) string { return filepath.Join(dir, "keys.json") }

func initCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a data directory: an empty database and keys",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := create(dir); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "made", dir)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	_ = cmd.MarkFlagRequired("data")
	return cmd
}

func keysCommand() *cobra.Command {
	var dir string
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Sign new tokens with a new key; the old ones stay good until they end. Takes effect at the next start",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := auth.RotateKeys(keyFile(dir), rand.Reader)
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "put a new key into", keyFile(dir)+"; start the server again to use it")
			}
			return err
		},
	}
	rotate.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	_ = rotate.MarkFlagRequired("data")
	create := &cobra.Command{
		Use:   "create",
		Short: "Make keys where they were lost; all players sign in again",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := auth.CreateKeys(keyFile(dir), rand.Reader)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s is there: rotate it, or remove it first if every player may be signed out", keyFile(dir))
			}
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "made", keyFile(dir))
			}
			return err
		},
	}
	create.Flags().StringVar(&dir, "data", "", "the data directory (required)")
	_ = create.MarkFlagRequired("data")
	cmd := &cobra.Command{Use: "keys", Short: "The keys that tokens are signed with"}
	cmd.AddCommand(rotate, create)
	return cmd
}

// create makes the database and the keys. The keys come first: the database is what says that the directory is made.
func create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	held, err := boltstore.Exists(dir)
	if err != nil {
		return err
	}
	if held {
		return fmt.Errorf("%s holds a database already", dir)
	}
	if _, err := auth.LoadKeys(keyFile(dir)); err != nil { // none, or left by an init that was cut short
		if err := auth.CreateKeys(keyFile(dir), rand.Reader); err != nil {
			return err
		}
	}
	return boltstore.Create(dir, boltstore.Options{})
}

// ServeOptions are the flags of yourmoved serve.
type ServeOptions struct {
	Data, Listen, Admin string
	Dev                 bool
	// AcceptDamagedMeta is boltstore's: it takes the loss of the last commit for a server that starts.
	AcceptDamagedMeta bool
}

func serveCommand(games *game.Registry, stdout, stderr io.Writer) *cobra.Command {
	var o ServeOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve players until SIGTERM or SIGINT",
		Long: "Serve players. A data directory that has never held a database is made.\n" +
			"One line with the address tells that it is ready; logs go to stderr as JSON.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			log := slog.New(slog.NewJSONHandler(stderr, nil))
			return serve(ctx, games, o, log, stdout)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Data, "data", "", "the data directory (required)")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "where players connect, HOST:PORT")
	f.StringVar(&o.Admin, "admin", "", "where operators connect: unix:PATH, or HOST:PORT on a loopback address (default unix:DATA/admin.sock)")
	f.BoolVar(&o.Dev, "dev", false, "for development: reflection, any CORS origin, health and metrics on the players' port")
	f.BoolVar(&o.AcceptDamagedMeta, "accept-damaged-meta", false, "start although one of the two meta pages of the database is damaged; the last commit may be lost")
	_ = cmd.MarkFlagRequired("data")
	return cmd
}

// gcPercent lets the heap, which is a few megabytes, grow more than Go would before it is collected: less CPU a turn
// for some megabytes (docs/benchmarks.md). GOGC and GOMEMLIMIT in the environment count more.
const gcPercent = 400

func serve(ctx context.Context, games *game.Registry, o ServeOptions, log *slog.Logger, stdout io.Writer) (err error) {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if o.Admin == "" {
		o.Admin = "unix:" + filepath.Join(o.Data, "admin.sock")
	}
	if err := checkAdmin(o.Admin); err != nil {
		return err
	}
	// Before a data directory is made: a port that is in use must not leave one behind.
	players, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return err
	}
	defer players.Close() //nolint:errcheck // closed already where it was served
	held, err := boltstore.Exists(o.Data)
	if err != nil {
		return err
	}
	if !held {
		if err := create(o.Data); err != nil {
			return err
		}
		log.Info("made a new data directory", "dir", o.Data)
	}
	keys, err := auth.LoadKeys(keyFile(o.Data))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; restore it from a backup, or make new ones with yourmoved keys create (all players sign in again)", err)
	}
	if err != nil {
		return err
	}
	store, err := boltstore.Open(o.Data, boltstore.Options{Logger: log, AcceptDamagedMeta: o.AcceptDamagedMeta})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	srv, err := New(ctx, Parts{Store: store, Games: games, Keys: keys, Log: log, Dev: o.Dev, Now: time.Now})
	if err != nil {
		return err
	}
	return srv.listenAndServe(ctx, players, o.Admin, stdout)
}
