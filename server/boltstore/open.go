package boltstore

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
)

// The files of a data directory.
const (
	fileName     = "yourmove.db"
	manifestName = "MANIFEST"
	format       = "yourmove-bolt"
)

// Options are how a store is opened. The zero value is for production.
type Options struct {
	// PageSize is that of a file to be created; 0: the default. Opening takes the file's own.
	PageSize int
	// Queue is how many commits may wait; 0: 4096.
	Queue int
	// Logger is told of what an operator must know; nil: nobody is.
	Logger *slog.Logger
	// AcceptDamagedMeta opens a database one of whose two meta pages is damaged, at the commit that the other one has:
	// the last one may be lost. bbolt itself would do so without a word.
	AcceptDamagedMeta bool
	// NoSync keeps nothing over a crash of the machine. For simulations and benchmarks alone.
	NoSync bool

	hooks hooks
}

const (
	defaultPageSize = 4 << 10
	defaultQueue    = 4096
	// mapSize is how much address space the file gets. It costs none of the memory, and spares the moments in which a
	// growing file is mapped anew and everybody waits.
	mapSize = 8 << 30
)

// manifest is the content of MANIFEST.
type manifest struct {
	Format   string    `json:"format"`
	Database string    `json:"database"`
	Created  time.Time `json:"created"`
}

// Exists reports whether dir holds, or has held, a database.
func Exists(dir string) (bool, error) {
	for _, name := range []string{fileName, manifestName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// Create makes an empty database in dir, which is made too if need be. It is there whole or not at all. A directory that
// holds or has held one is refused.
func Create(dir string, o Options) error {
	if err := create(dir, o); err != nil {
		return fmt.Errorf("create a database in %s: %w", dir, err)
	}
	return nil
}

func create(dir string, o Options) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	// Two who create at once: the later one's file would replace the one that the earlier one has open.
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("the directory is in use by another process: %w", err)
	}
	if exists, err := Exists(dir); err != nil || exists {
		return errors.Join(err, errors.New("it has one, or had one: open it, or choose another directory"))
	}
	path := filepath.Join(dir, fileName)
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // a creation that was cut short left it
	}
	db, err := bolt.Open(fresh, 0o600, &bolt.Options{
		PageSize: cmp.Or(o.PageSize, defaultPageSize), FreelistType: bolt.FreelistMapType, Timeout: time.Millisecond,
	})
	if err != nil {
		return err
	}
	var id []byte
	err = migrate(db)
	if err == nil {
		err = db.View(func(tx *bolt.Tx) error {
			body, err := get(tx, bucketMeta, metaDatabase)
			id = append(id, body...)
			return err
		})
	}
	if err = errors.Join(err, db.Sync(), db.Close()); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return err
	}
	return writeManifest(d, dir, manifest{Format: format, Database: hex.EncodeToString(id), Created: time.Now().UTC()})
}

// writeManifest makes the manifest, whole or not at all.
func writeManifest(d *os.File, dir string, m manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, manifestName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return d.Sync()
}

// Open opens the database in dir. It refuses one that is not there although it was, that another process has open, that
// a newer program wrote, or whose newest parts are damaged; each message says what to do. The caller closes the store.
func Open(dir string, o Options) (*Store, error) { return open(dir, o, false) }

// OpenReadOnly opens the database in dir for reading, which others may do at the same time. Commit fails. It is for
// Check; no process may have the database open for writing.
func OpenReadOnly(dir string, o Options) (*Store, error) { return open(dir, o, true) }

func open(dir string, o Options, readOnly bool) (*Store, error) {
	s := &Store{
		path: filepath.Join(dir, fileName), log: o.Logger, readOnly: readOnly, hooks: o.hooks,
		queue:   queue{wake: make(chan struct{}, 1), size: cmp.Or(o.Queue, defaultQueue)},
		ends:    newEnds(o.hooks),
		stopped: make(chan struct{}), failed: make(chan struct{}), rising: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	m, err := readManifest(dir)
	if err == nil && !readOnly {
		err = private(s.path)
	}
	if err == nil {
		err = s.examine(o)
	}
	if err == nil {
		err = s.open(m, o)
	}
	if err != nil {
		return nil, fmt.Errorf("open the database in %s: %w", dir, err)
	}
	if !readOnly {
		go s.run()
	}
	return s, nil
}

// private refuses a file that others than its owner may read or write: it holds every player's matches.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, so others can reach it: chmod 600 %s", fileName, mode, path)
	}
	return nil
}

// readManifest refuses a directory in which manifest and database do not stand together.
func readManifest(dir string) (manifest, error) {
	var m manifest
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	info, dbErr := os.Stat(filepath.Join(dir, fileName))
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(dbErr, fs.ErrNotExist):
		return m, errors.New("there is none: create it first")
	case errors.Is(err, fs.ErrNotExist) && dbErr == nil:
		return m, fmt.Errorf("%s is there but %s is missing: restore both from one backup; if the directory was only just "+
			"being created when the machine stopped, remove %s and create it again", fileName, manifestName, fileName)
	case err != nil:
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Format != format {
		return m, fmt.Errorf("%s is not one of this program (format %q): restore it from a backup", manifestName, m.Format)
	}
	switch {
	case errors.Is(dbErr, fs.ErrNotExist):
		return m, fmt.Errorf("%s is missing although %s says that there was one, created %v: restore it from a backup; "+
			"only if everything in it may be lost, remove %s and create it anew", fileName, manifestName, m.Created, manifestName)
	case dbErr != nil:
		return m, dbErr
	case info.Size() == 0:
		return m, fmt.Errorf("%s is empty although %s says that there was a database, created %v: restore it from a backup; "+
			"only if everything in it may be lost, remove both and create it anew", fileName, manifestName, m.Created)
	}
	return m, nil
}

// examine looks at the file before it is mapped: a page that the file does not have would be a fault in the mapping.
func (s *Store) examine(o Options) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	first, ok0 := readMeta(f, 0)
	var second metaPage
	ok1 := false
	for size := int64(1 << 10); !ok1 && size <= 1<<24; size <<= 1 { // the first page, where it is damaged, does not tell
		second, ok1 = readMeta(f, size)
		ok1 = ok1 && int64(second.pageSize) == size
	}
	switch {
	case !ok0 && !ok1:
		return fmt.Errorf("%s is damaged: neither of its two meta pages can be read; restore it from a backup", fileName)
	case ok0 && ok1:
	case s.readOnly || o.AcceptDamagedMeta:
		s.halfMeta = true
		s.log.Warn("one of the database's two meta pages is damaged: the last commit may be lost", "file", s.path)
	default:
		return fmt.Errorf("%s is damaged: one of its two meta pages cannot be read, and with it the last commit may be lost; "+
			"restore it from a backup, or accept the loss: yourmoved serve --accept-damaged-meta (AcceptDamagedMeta in Go)", fileName)
	}
	newest := first
	if !ok0 || ok1 && second.txid > first.txid {
		newest = second
	}
	s.pageSize = int64(newest.pageSize)
	if need := int64(newest.pages) * int64(newest.pageSize); info.Size() < need {
		return fmt.Errorf("%s is cut off: it has %d bytes of at least %d; restore it from a backup", fileName, info.Size(), need)
	}
	return nil
}

// metaPage is what we read of one of bbolt's two meta pages.
type metaPage struct {
	pageSize    uint32
	pages, txid uint64
}

// readMeta reads the meta page at an offset; ok is false when it is not one, or damaged.
func readMeta(f *os.File, at int64) (m metaPage, ok bool) {
	// A page header of 16 bytes; magic, version, page size, flags (4 each); root page, root sequence, freelist, number
	// of pages, transaction (8 each); an FNV-1a over all from the magic on. In the byte order of the machine.
	const header, body = 16, 56
	var b [header + body + 8]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(b[header : header+body]) //nolint:errcheck // never fails
	order := binary.NativeEndian
	if order.Uint32(b[header:]) != 0xED0CDAED || order.Uint64(b[header+body:]) != sum.Sum64() {
		return m, false
	}
	return metaPage{
		pageSize: order.Uint32(b[header+8:]), pages: order.Uint64(b[header+40:]), txid: order.Uint64(b[header+48:]),
	}, true
}

// open maps the file and looks at the newest of what is in it.
func (s *Store) open(m manifest, o Options) (err error) {
	err = guarded(s.log, func() error {
		var err error
		s.db, err = bolt.Open(s.path, 0o600, &bolt.Options{
			Timeout: time.Millisecond, ReadOnly: s.readOnly, PreLoadFreelist: true, NoSync: o.NoSync, NoStatistics: true,
			FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				s.file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
				return s.file, err
			},
		})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s is in use by another process: stop that one first", fileName)
	case err != nil && s.db == nil && s.file != nil:
		_ = s.file.Close() // a panic on the way left it open; bbolt closes it otherwise
		return fmt.Errorf("restore it from a backup: %w", err)
	case err != nil:
		return err
	}
	if err := guarded(s.log, func() error { return s.begin(m, o) }); err != nil {
		return errors.Join(err, s.closeFile())
	}
	return nil
}

// begin brings the schema up to date, and makes sure that what readers will see is on the disk and whole.
func (s *Store) begin(m manifest, o Options) error {
	if s.readOnly {
		s.durable.Store(math.MaxUint64)
	} else if !o.NoSync {
		// A process that was killed between a commit and its sync left a commit that only the kernel has.
		if err := s.db.Sync(); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	var version uint64
	err := s.db.View(func(tx *bolt.Tx) error {
		var err error
		if version, err = schemaOf(tx); err != nil {
			return err
		}
		if version > uint64(len(migrations)) {
			return tooNew(version)
		}
		id, err := get(tx, bucketMeta, metaDatabase)
		if err != nil {
			return err
		}
		if hex.EncodeToString(id) != m.Database {
			return fmt.Errorf("%s is of database %s and %s of %x: restore both from one backup", manifestName, m.Database, fileName, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if version < uint64(len(migrations)) {
		if s.readOnly {
			return fmt.Errorf("the database has schema %d of %d: start the server once, which brings it up to date", version, len(migrations))
		}
		if err := migrate(s.db); err != nil {
			return err
		}
	}
	if s.halfMeta && !s.readOnly {
		// The last commit may be gone, and somebody may have been told of it.
		if err := s.db.Update(func(tx *bolt.Tx) error { _, err := newEpoch(tx); return err }); err != nil {
			return fmt.Errorf("change the epoch: %w", err)
		}
	}
	err = s.db.View(func(tx *bolt.Tx) error {
		if !s.readOnly {
			s.durable.Store(uint64(tx.ID()))
		}
		for _, name := range buckets {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("bucket %s is missing: restore the database from a backup", name)
			}
		}
		key, err := get(tx, bucketMeta, metaHash)
		if err != nil {
			return err
		}
		s.hashKey = append([]byte(nil), key...)
		if err := newestCommits(tx); err != nil {
			return err
		}
		return s.ends.rebuild(tx)
	})
	if err == nil && !s.readOnly && s.ends.behind() {
		s.flush()
		err = s.Err()
	}
	return err
}

// newestCommits looks at the last batch or so: it is what a crash may have hurt. Check looks at everything.
func newestCommits(tx *bolt.Tx) error {
	cur := tx.Bucket(bucketLog).Cursor()
	n := 0
	for k, v := cur.Last(); k != nil && n < 256; k, v = cur.Prev() {
		n++
		body, err := unseal(bucketLog, k, v)
		if err != nil {
			return err
		}
		var rec storev1.LogRecord
		if err := parse(bucketLog, k, body, &rec); err != nil {
			return err
		}
		var h storev1.MatchHead
		found, err := getMessage(tx, bucketHeads, rec.GetMatch(), &h)
		if err != nil {
			return err
		}
		if !found || len(rec.GetMatch()) != idLen || h.GetVersion() < rec.GetVersion()+uint64(len(rec.GetEvents()))-1 {
			return damaged(bucketLog, k, "it is newer than its match")
		}
		if _, err := matchOf(game.MatchID(rec.GetMatch()), &h, nil); err != nil {
			return damaged(bucketHeads, rec.GetMatch(), "%v", err)
		}
	}
	return nil
}
