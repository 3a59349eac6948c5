package auth

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile is far above what maxKeys take.
const maxKeyFile = 64 << 10

// keyFile is the file as it is written. Each secret stands beside its fingerprint, so that damage is noticed; an
// operator may still take a signing key out by hand.
type keyFile struct {
	Version int          `json:"version"`
	Signing []fileSecret `json:"signing"` // the first signs, all verify
	Refresh fileSecret   `json:"refresh"`
}

type fileSecret struct {
	ID     string `json:"id"`
	Secret []byte `json:"secret"` // 32 bytes, base64
}

// CreateKeys makes new keys and writes them to a new file that only its owner can read. It refuses to overwrite a file
// (fs.ErrExist). A crash leaves either no file at path or a whole one.
func CreateKeys(path string, rand io.Reader) error {
	keys, err := NewKeys(rand)
	if err != nil {
		return err
	}
	// A link, unlike a rename, fails where there is a file already, even one made since we looked.
	if err := writeKeys(path, keys, os.Link); err != nil {
		return fmt.Errorf("create the key file %s: %w", path, err)
	}
	return nil
}

// RotateKeys puts a new signing key in front of those in the file; the old ones go on verifying. A server that runs
// goes on with the keys that it has loaded.
func RotateKeys(path string, rand io.Reader) error {
	keys, err := LoadKeys(path)
	if err != nil {
		return err
	}
	if keys, err = keys.Rotated(rand); err != nil {
		return err
	}
	if err := writeKeys(path, keys, os.Rename); err != nil {
		return fmt.Errorf("rotate the keys in %s: %w", path, err)
	}
	return nil
}

// LoadKeys reads a key file. It refuses one that others could have read, and one that is damaged in any way that
// matters. A file that is not there is an fs.ErrNotExist.
func LoadKeys(path string) (*Keys, error) {
	// Ask before opening: a pipe in the file's place would keep us waiting.
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("load keys: %s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of what was opened, whatever path leads to by now
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("load keys: %s has mode %04o, so others than its owner can get at the keys; "+
			"if none of them has seen it: chmod 600 %s; else remove it and have new keys made (all players sign in again)", path, mode, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("load keys from %s: %w", path, err)
	}
	keys, err := parseKeys(data)
	if err != nil {
		return nil, fmt.Errorf("load keys: %s is damaged (%w); restore it from a backup, or remove it and have new keys made (all players sign in again)", path, err)
	}
	return keys, nil
}

// parseKeys reads what formatKeys wrote. Its errors quote nothing of data.
func parseKeys(data []byte) (*Keys, error) {
	if len(data) == 0 {
		return nil, errors.New("it is empty")
	}
	if len(data) > maxKeyFile {
		return nil, errors.New("it is too long")
	}
	var file keyFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, errors.New("it is not the JSON that we write")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("something follows the keys")
	}
	if file.Version != 1 {
		return nil, fmt.Errorf("its version is %d, this program knows 1", file.Version)
	}
	if len(file.Signing) == 0 {
		return nil, errors.New("it has no signing key")
	}
	keys := &Keys{}
	for i, s := range file.Signing {
		if len(s.Secret) != ed25519.SeedSize {
			return nil, fmt.Errorf("signing key %d has not 32 bytes", i+1)
		}
		k := signingKeyFrom(s.Secret)
		if k.id != s.ID {
			return nil, fmt.Errorf("signing key %d does not fit its id", i+1)
		}
		if _, twice := keys.public(k.id); twice {
			return nil, fmt.Errorf("signing key %d is there twice", i+1)
		}
		keys.signing = append(keys.signing, k)
	}
	if len(file.Refresh.Secret) != len(keys.refresh) {
		return nil, errors.New("the refresh secret has not 32 bytes")
	}
	if fingerprint(file.Refresh.Secret) != file.Refresh.ID {
		return nil, errors.New("the refresh secret does not fit its id")
	}
	copy(keys.refresh[:], file.Refresh.Secret)
	return keys, nil
}

func formatKeys(keys *Keys) ([]byte, error) {
	file := keyFile{Version: 1, Refresh: fileSecret{ID: fingerprint(keys.refresh[:]), Secret: keys.refresh[:]}}
	for _, k := range keys.signing {
		file.Signing = append(file.Signing, fileSecret{ID: k.id, Secret: k.private.Seed()})
	}
	data, err := json.MarshalIndent(file, "", "  ")
	return append(data, '\n'), err
}

// writeKeys writes a file beside path, makes it durable, puts it at path, and makes that durable.
func writeKeys(path string, keys *Keys, put func(from, to string) error) (err error) {
	data, err := formatKeys(keys)
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, "."+name+".*.tmp") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		// After a rename it is gone already.
		if e := os.Remove(f.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
