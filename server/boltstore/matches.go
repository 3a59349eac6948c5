package boltstore

import (
	"bytes"
	"context"
	"fmt"
	"sort"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
)

// head reads the head of a match. server.ErrNotFound: none.
func head(tx *bolt.Tx, id game.MatchID) (*storev1.MatchHead, error) {
	h := new(storev1.MatchHead)
	found, err := getMessage(tx, bucketHeads, id[:], h)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("match %v: %w", id, server.ErrNotFound)
	}
	return h, nil
}

// match makes a match of its head.
func match(tx *bolt.Tx, id game.MatchID, h *storev1.MatchHead) (game.Match, error) {
	var apart []byte
	if h.GetPositionApart() {
		body, err := get(tx, bucketPositions, id[:])
		if err != nil {
			return game.Match{}, err
		}
		if body == nil {
			return game.Match{}, damaged(bucketPositions, id[:], "it is missing")
		}
		apart = bytes.Clone(body)
	}
	m, err := matchOf(id, h, apart)
	if err != nil {
		return m, damaged(bucketHeads, id[:], "%v", err)
	}
	return m, nil
}

// readMatch reads a match.
func readMatch(tx *bolt.Tx, id game.MatchID) (game.Match, error) {
	h, err := head(tx, id)
	if err != nil {
		return game.Match{}, err
	}
	return match(tx, id, h)
}

// Match reads a match, and what a request did in it.
func (s *Store) Match(ctx context.Context, id game.MatchID, key *server.RequestKey) (m game.Match, done *server.Recorded, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		h, err := head(tx, id)
		if err != nil {
			return err
		}
		if m, err = match(tx, id, h); err != nil || key == nil {
			return err
		}
		done, err = s.find(tx, id, h, *key)
		return err
	})
	return m, done, err
}

// find looks for a request among the commits of a match: by its hash, and then by the log record itself.
func (s *Store) find(tx *bolt.Tx, id game.MatchID, h *storev1.MatchHead, key server.RequestKey) (*server.Recorded, error) {
	hash := requestHash(s.hashKey, key)
	list := h.GetRecent()
	for page := uint32(h.GetPaged() / pageCommits); ; page-- { // repeats are mostly of the newest
		for i := len(list.GetRequests()) - 1; i >= 0; i-- {
			if list.Requests[i] != hash || i >= len(list.GetPositions()) {
				continue
			}
			done, err := recorded(tx, id, list.Positions[i])
			if err != nil {
				return nil, err
			}
			if done.Request.RequestKey == key {
				return &done, nil
			}
		}
		if page == 0 {
			return nil, nil
		}
		var err error
		if list, err = historyPage(tx, id, page-1); err != nil {
			return nil, err
		}
	}
}

func historyPage(tx *bolt.Tx, id game.MatchID, page uint32) (*storev1.Commits, error) {
	list := new(storev1.Commits)
	key := pageKey(id, page)
	found, err := getMessage(tx, bucketHistory, key, list)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, damaged(bucketHistory, key, "it is missing")
	}
	if len(list.GetVersions()) != pageCommits || len(list.GetPositions()) != pageCommits || len(list.GetRequests()) != pageCommits {
		return nil, damaged(bucketHistory, key, "it is not a full page")
	}
	return list, nil
}

// recorded reads a commit of a match from the log.
func recorded(tx *bolt.Tx, id game.MatchID, position uint64) (server.Recorded, error) {
	key := positionKey(position)
	var rec storev1.LogRecord
	found, err := getMessage(tx, bucketLog, key, &rec)
	if err != nil {
		return server.Recorded{}, err
	}
	if !found || !bytes.Equal(rec.GetMatch(), id[:]) {
		return server.Recorded{}, damaged(bucketLog, key, "it should be of match %v", id)
	}
	done, err := recordedFrom(&rec)
	if err != nil {
		return server.Recorded{}, damaged(bucketLog, key, "%v", err)
	}
	return done, nil
}

// Creation returns the match that a CreateMatch made.
func (s *Store) Creation(ctx context.Context, key server.RequestKey) (game.MatchID, error) {
	return s.lookUp(ctx, bucketCreations, creationKey(key))
}

// MatchByCode returns the match with a join code.
func (s *Store) MatchByCode(ctx context.Context, code string) (game.MatchID, error) {
	return s.lookUp(ctx, bucketCodes, []byte(code))
}

// lookUp reads a record that is an id.
func (s *Store) lookUp(ctx context.Context, bucket, key []byte) (id [16]byte, err error) {
	if len(key) == 0 {
		return id, fmt.Errorf("%s: %w", bucket, server.ErrNotFound)
	}
	err = s.view(ctx, func(tx *bolt.Tx) error {
		var found bool
		if id, found, err = getID(tx, bucket, key); err == nil && !found {
			err = fmt.Errorf("%s: %w", bucket, server.ErrNotFound)
		}
		return err
	})
	return id, err
}

// Events reads a part of a match's history.
func (s *Store) Events(ctx context.Context, id game.MatchID, after uint64, limit int) (list []server.StoredEvent, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		h, err := head(tx, id)
		if err != nil || limit <= 0 || after >= h.GetVersion() {
			return err
		}
		return eachCommit(tx, id, h, after+1, func(position, _ uint64) (bool, error) {
			done, err := recorded(tx, id, position)
			if err != nil {
				return false, err
			}
			for _, e := range done.Events {
				if e.Version > after && len(list) < limit {
					list = append(list, server.StoredEvent{Event: e, Request: done.Request, Told: done.Told})
				}
			}
			return len(list) < limit, nil
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// eachCommit calls fn with position and first version of a match's commits in order, from the one with event version
// on, until fn wants no more.
func eachCommit(tx *bolt.Tx, id game.MatchID, h *storev1.MatchHead, version uint64, fn func(position, version uint64) (bool, error)) error {
	pages := int(h.GetPaged() / pageCommits)
	recent := h.GetRecent()
	page := pages // the recent commits come after the last page
	if len(recent.GetVersions()) == 0 || recent.Versions[0] > version {
		var err error
		// The first page that begins after the version; the one before it has the commit.
		page = sort.Search(pages, func(i int) bool {
			if err != nil {
				return true
			}
			var list *storev1.Commits
			list, err = historyPage(tx, id, uint32(i))
			return err != nil || list.Versions[0] > version
		}) - 1
		if err != nil {
			return err
		}
	}
	for page = max(page, 0); page <= pages; page++ {
		list := recent
		if page < pages {
			var err error
			if list, err = historyPage(tx, id, uint32(page)); err != nil {
				return err
			}
		}
		versions := list.GetVersions()
		if len(list.GetPositions()) != len(versions) {
			return damaged(bucketHeads, id[:], "its list of commits is not whole")
		}
		for i, v := range versions {
			if v < version && i+1 < len(versions) && versions[i+1] <= version {
				continue
			}
			if more, err := fn(list.Positions[i], v); err != nil || !more {
				return err
			}
		}
	}
	return nil
}
