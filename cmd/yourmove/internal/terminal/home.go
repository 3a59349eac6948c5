package terminal

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Home is the directory in which a person's things are kept:
//
//	data/                  the database and the keys of the server of his own
//	server                 locked by the process that runs this server, and holds its address
//	server.log             what this server had to warn of
//	players/SERVER/NAME    the guest secret of each name on each server; who reads it is that player
//	bots/SERVER/NAME/BOT   the same for the bots that each name plays against
type Home string

// DefaultHome is yourmove in $XDG_DATA_HOME, else in ~/.local/share.
func DefaultHome() (Home, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return Home(filepath.Join(dir, "yourmove")), nil
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("where to keep your matches: %w", err)
	}
	return Home(filepath.Join(dir, ".local", "share", "yourmove")), nil
}

// String writes the directory as people do, with ~ for their own.
func (h Home) String() string {
	if dir, err := os.UserHomeDir(); err == nil {
		if rest, ok := strings.CutPrefix(string(h), dir+string(filepath.Separator)); ok {
			return filepath.Join("~", rest)
		}
	}
	return string(h)
}

// Secret returns the secret of the guest who plays under a name on the server at a URL, and makes it at its first use.
// An empty URL is one's own server, whose address is another one at each start; an empty name is a player too. Whoever
// asks with the same two is the same player, a person or a program. A name that no player can have is refused.
func (h Home) Secret(server, name string) ([32]byte, error) {
	if err := checkName(name); err != nil {
		return [32]byte{}, err
	}
	return h.secret("players", cmp.Or(server, "own"), profile(name))
}

// bot returns the secret of a bot that plays against that guest.
func (h Home) bot(server, name, bot string) ([32]byte, error) {
	return h.secret("bots", cmp.Or(server, "own"), profile(name), bot)
}

// profile names a player among the files.
func profile(name string) string {
	if name == "" {
		return "me"
	}
	return "as " + strings.ToLower(name)
}

func (h Home) secret(path ...string) (secret [32]byte, err error) {
	for i, p := range path {
		// A file's name can hold neither / nor the names of directories.
		path[i] = strings.ReplaceAll(url.PathEscape(p), ".", "%2E")
	}
	file := filepath.Join(string(h), filepath.Join(path...))
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = newSecret(file); err == nil {
			text, err = os.ReadFile(file)
		}
	}
	if err != nil {
		return secret, fmt.Errorf("the secret of a player: %w", err)
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != len(secret) {
		return secret, fmt.Errorf("%s is damaged: it should hold 32 bytes in base64; without them that player is lost", file)
	}
	return [32]byte(b), nil
}

// newSecret makes the file, whole or not at all. If another process was faster its file stays.
func newSecret(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a file too many does no harm
	var b [32]byte
	rand.Read(b[:]) // never fails
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(b[:]))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
