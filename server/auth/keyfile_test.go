package auth_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"yourmove/game"
	"yourmove/server/auth"
)

// createKeys makes a key file in an empty folder.
func createKeys(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	if err := auth.CreateKeys(path, seeded(1)); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadKeys(t *testing.T, path string) *auth.Keys {
	t.Helper()
	keys, err := auth.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeysAreWhatWasCreated(t *testing.T) {
	path := createKeys(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v, want -rw-------", info.Mode())
	}
	want, got := newKeys(t, 1), loadKeys(t, path)
	if got.IssueRefresh(session, 3) != want.IssueRefresh(session, 3) {
		t.Error("another refresh secret than was made")
	}
	if _, err := auth.NewAccess(want, 0).Verify(issue(t, auth.NewAccess(got, 0), now), now); err != nil {
		t.Errorf("another signing key than was made: %v", err)
	}
	onlyFile(t, path)
}

// onlyFile fails the test if something else is left in the folder of path.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("the folder holds %v, want the key file alone", entries)
	}
}

func TestCreateKeysOverwritesNothing(t *testing.T) {
	path := createKeys(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.CreateKeys(path, seeded(2)); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("got %v, want fs.ErrExist", err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the keys were overwritten")
	}
	onlyFile(t, path)
}

func TestCreateKeysNeedsRandomness(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	for n := range 64 { // a signing key and a refresh secret take 32 bytes each
		if err := auth.CreateKeys(path, strings.NewReader(strings.Repeat("x", n))); err == nil {
			t.Fatalf("made keys of %d random bytes", n)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("left a file behind: %v", err)
		}
	}
}

func TestLoadKeysRefusesWhatOthersCanGetAt(t *testing.T) {
	path := createKeys(t)
	for _, mode := range []fs.FileMode{0o640, 0o620, 0o604, 0o644, 0o666, 0o610, 0o601} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := auth.LoadKeys(path)
		if err == nil || !strings.Contains(err.Error(), "chmod 600") || !strings.Contains(err.Error(), path) {
			t.Errorf("mode %v: got %v, want advice that names the file", mode, err)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	loadKeys(t, path)
}

func TestLoadKeysOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := auth.LoadKeys(filepath.Join(dir, "keys.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want fs.ErrNotExist", err)
	}
	if _, err := auth.LoadKeys(dir); err == nil {
		t.Error("loaded a folder")
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.LoadKeys(fifo); err == nil { // and it must not wait for a writer
		t.Error("loaded a pipe")
	}
}

// damage writes a file that is not what we wrote, and expects it to be refused with words that help.
func damage(t *testing.T, path string, data []byte, what string) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := auth.LoadKeys(path)
	if err == nil {
		t.Errorf("%s: loaded", what)
	} else if !strings.Contains(err.Error(), path+" is damaged") {
		t.Errorf("%s: %v, want it to say that the file is damaged", what, err)
	}
}

func TestLoadKeysRefusesDamage(t *testing.T) {
	path := createKeys(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Without its last byte, a line break, the file means the same.
	for n := range len(whole) - 1 {
		damage(t, path, whole[:n], fmt.Sprintf("cut to %d bytes", n))
	}
	text := string(whole)
	signing := text[strings.Index(text, "{\n      "):strings.Index(text, "\n  ],")]
	for what, data := range map[string]string{
		"zeros":              strings.Repeat("\x00", len(text)),
		"twice":              text + text,
		"null":               "null",
		"no keys":            `{"version": 1}`,
		"an unknown version": strings.Replace(text, `"version": 1`, `"version": 2`, 1),
		"an unknown field":   strings.Replace(text, `"version"`, `"owner": "me", "version"`, 1),
		"no signing key":     strings.Replace(text, signing, "", 1),
		"a key twice":        strings.Replace(text, signing, signing+","+signing, 1),
		"too long":           text + strings.Repeat(" ", 64<<10),
	} {
		if data == text {
			t.Fatalf("%s: the test damages nothing", what)
		}
		damage(t, path, []byte(data), what)
	}
}

func TestRotateKeys(t *testing.T) {
	path := createKeys(t)
	old := loadKeys(t, path)
	oldToken, refresh := issue(t, auth.NewAccess(old, 0), now), old.IssueRefresh(session, 1)

	if err := auth.RotateKeys(path, seeded(2)); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, path)
	keys := loadKeys(t, path)
	access := auth.NewAccess(keys, 0)
	if _, err := access.Verify(oldToken, now); err != nil {
		t.Errorf("a token signed with the old key: %v", err)
	}
	newToken := issue(t, access, now)
	if _, err := access.Verify(newToken, now); err != nil {
		t.Errorf("a token signed with the new key: %v", err)
	}
	_, err := auth.NewAccess(old, 0).Verify(newToken, now)
	wantReason(t, err, game.TokenInvalid) // else it was still signed with the old key
	if _, _, err := keys.ParseRefresh(refresh); err != nil {
		t.Errorf("a refresh token of before: %v", err)
	}
}

func TestRotationForgetsTheOldest(t *testing.T) {
	path := createKeys(t)
	first := issue(t, auth.NewAccess(loadKeys(t, path), 0), now)
	const kept = 8
	for n := range kept {
		if _, err := auth.NewAccess(loadKeys(t, path), 0).Verify(first, now); err != nil {
			t.Fatalf("after %d rotations: %v", n, err)
		}
		if err := auth.RotateKeys(path, seeded(byte(10+n))); err != nil {
			t.Fatal(err)
		}
	}
	_, err := auth.NewAccess(loadKeys(t, path), 0).Verify(first, now)
	wantReason(t, err, game.TokenInvalid)
}

func TestRotateKeysThatAreDamaged(t *testing.T) {
	path := createKeys(t)
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := auth.RotateKeys(path, seeded(2)); err == nil {
		t.Error("rotated keys that cannot be read")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "{}" {
		t.Errorf("the file now holds %q (%v), want it as it was", got, err)
	}
}

func TestKeysPrintNoSecret(t *testing.T) {
	keys := newKeys(t, 1)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{keys, *keys, []*auth.Keys{keys}} {
			if got := fmt.Sprintf(verb, v); len(got) > 64 {
				t.Errorf("%s prints %q", verb, got)
			}
		}
	}
}
