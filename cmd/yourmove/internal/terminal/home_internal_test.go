package terminal

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"yourmove/game/all"
)

func TestSecrets(t *testing.T) {
	h := Home(filepath.Join(t.TempDir(), "new"))
	seen := map[[32]byte]string{}
	for _, c := range [][]string{{"", ""}, {"", "Anna"}, {"https://example.com", ""}, {"", "../me"}, {"", ".."}, {"..", ""}} {
		secret, err := h.Secret(c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[secret]; ok || secret == [32]byte{} {
			t.Errorf("%v has the secret of %s", c, other)
		}
		seen[secret] = strings.Join(c, " ")
		if again, err := h.Secret(c[0], c[1]); err != nil || again != secret {
			t.Errorf("%v has another secret the second time (%v)", c, err)
		}
	}
	if anna, err := h.Secret("", "anna"); err != nil || seen[anna] != " Anna" {
		t.Errorf("anna has the secret of %q, not that of Anna (%v)", seen[anna], err)
	}
	bot, err := h.bot("", "", "hard-1")
	if err != nil || seen[bot] != "" {
		t.Errorf("a bot has the secret of %q (%v)", seen[bot], err)
	}
	files := 0
	err = filepath.WalkDir(string(h), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("others can reach %s: %v", path, mode)
		}
		if !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != len(seen)+1 {
		t.Errorf("%d files for %d secrets (%v)", files, len(seen)+1, err)
	}
}

// TestSecretMadeOnce: two terminals that begin at once are one player.
func TestSecretMadeOnce(t *testing.T) {
	h := Home(t.TempDir())
	var secrets [16][32]byte
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			var err error
			if secrets[i], err = h.Secret("", ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range secrets {
		if s != secrets[0] {
			t.Fatal("two secrets for one player")
		}
	}
}

func TestSecretDamaged(t *testing.T) {
	h := Home(t.TempDir())
	if _, err := h.Secret("", ""); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(string(h), "players", "own", "me")
	for _, text := range []string{"", "short", strings.Repeat("A", 100), "!"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Secret("", ""); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%q is taken for a secret: %v", text, err)
		}
	}
}

// TestSecretOfNobody: a name that no player can have leaves nothing behind.
func TestSecretOfNobody(t *testing.T) {
	h := Home(filepath.Join(t.TempDir(), "new"))
	if _, err := h.Secret("", "a\nb"); err == nil {
		t.Error("a name of two lines has a secret")
	}
	if _, err := os.Stat(string(h)); !os.IsNotExist(err) {
		_ = filepath.WalkDir(string(h), func(path string, _ fs.DirEntry, _ error) error { t.Log(path); return nil })
		t.Error("it left files behind")
	}
}

func TestDefaultHome(t *testing.T) {
	t.Setenv("HOME", "/home/anna")
	t.Setenv("XDG_DATA_HOME", "")
	if h, err := DefaultHome(); err != nil || h != "/home/anna/.local/share/yourmove" || h.String() != "~/.local/share/yourmove" {
		t.Errorf("home is %q, written %v (%v)", string(h), h, err)
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	if h, err := DefaultHome(); err != nil || h != "/data/yourmove" || h.String() != "/data/yourmove" {
		t.Errorf("home is %q, written %v (%v)", string(h), h, err)
	}
}

// visitor is a terminal's way to a house, and what it was told.
type visitor struct {
	*house
	told []string
}

func visit(t *testing.T, home Home) *visitor {
	t.Helper()
	v := &visitor{}
	v.house = newHouse(home, all.Games(), func(url string, own bool) {
		if own {
			url = "own"
		}
		v.told = append(v.told, url)
	})
	t.Cleanup(func() { _ = v.Close() })
	return v
}

// call asks for something that every server has.
func (v *visitor) call(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, "GET", `http://anywhere.invalid/yourmove.v1.MatchService/ListGames?connect=v1&encoding=json&message={}`, nil)
	if err != nil {
		return err
	}
	res, err := v.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// TestHouse: the first terminal runs the server, the second uses it, and takes it over when the first has gone.
func TestHouse(t *testing.T) {
	home := Home(t.TempDir())
	first, second := visit(t, home), visit(t, home)
	for _, v := range []*visitor{first, second} {
		if err := v.call(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(first.told) != 1 || first.told[0] != "own" || len(second.told) != 1 || second.told[0] != first.url.String() {
		t.Fatalf("the first was told %v, the second %v", first.told, second.told)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// A call that finds nobody fails; whoever repeats it finds the new server.
	calls := 1
	for second.call(t.Context()) != nil && calls < 5 {
		calls++
	}
	if calls == 1 || calls == 5 {
		t.Errorf("%d calls until the new server answered", calls)
	}
	if len(second.told) != 2 || second.told[1] != "own" {
		t.Errorf("the second was told %v", second.told)
	}
	third := visit(t, home)
	if err := third.call(t.Context()); err != nil || third.told[0] != second.url.String() {
		t.Errorf("the third was told %v (%v)", third.told, err)
	}
}

// TestHouseStopped: a server of one's own that fails is not started over and over.
func TestHouseStopped(t *testing.T) {
	v := visit(t, Home(t.TempDir()))
	if err := v.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.local.Close(); err != nil {
		t.Fatal(err)
	}
	if err := v.call(t.Context()); !errors.Is(err, errStopped) {
		t.Errorf("a call after the end: %v", err)
	}
}

// TestHouseHeld: somebody has the directory and no server in it.
func TestHouseHeld(t *testing.T) {
	home := Home(t.TempDir())
	first, second := visit(t, home), visit(t, home)
	if err := first.call(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.lock.Truncate(0); err != nil {
		t.Fatal(err)
	}
	second.tries = 2
	if err := second.call(t.Context()); err == nil || !strings.Contains(err.Error(), "--home") {
		t.Errorf("a locked house without an address: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := second.find(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who has left still looks: %v", err)
	}
}
