package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
)

// MatchesOf reads a player's matches.
func (s *Store) MatchesOf(ctx context.Context, player game.PlayerID, after server.Place, limit int) (own server.OwnMatches, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		own = server.OwnMatches{}
		cur := tx.Bucket(bucketMembers).Cursor()
		prefix := memberPrefix(player, memberOver)
		if after == "" {
			var keys [][]byte
			for k, _ := cur.Seek(player[:]); bytes.HasPrefix(k, player[:]) && bytes.Compare(k, prefix) < 0; k, _ = cur.Next() {
				keys = append(keys, k)
			}
			// Matches are large: to make room for them once is a tenth of what the list costs.
			own.Current = make([]server.OwnMatch, len(keys))
			for i, k := range keys {
				var err error
				if own.Current[i], err = ownMatch(tx, player, k); err != nil {
					return err
				}
			}
		}
		start, err := startAfter(prefix, after, 8+idLen)
		if err != nil {
			return err
		}
		own.Next, err = page(cur, start, prefix, limit, func(k []byte) error {
			m, err := ownMatch(tx, player, k)
			own.Over = append(own.Over, m)
			return err
		})
		return err
	})
	return own, err
}

// ownMatch reads the match at the end of a member's key.
func ownMatch(tx *bolt.Tx, player game.PlayerID, key []byte) (server.OwnMatch, error) {
	id, err := idAtEnd(bucketMembers, key)
	if err != nil {
		return server.OwnMatch{}, err
	}
	m, err := listed(tx, bucketMembers, key)
	if err != nil {
		return server.OwnMatch{}, err
	}
	p, err := readPrivate(tx, id, player)
	return server.OwnMatch{Match: m, Private: p}, err
}

func idAtEnd(bucket, key []byte) (game.MatchID, error) {
	if len(key) < idLen {
		return game.MatchID{}, damaged(bucket, key, "the key is too short")
	}
	return game.MatchID(key[len(key)-idLen:]), nil
}

// listed reads the match that a row leads to. That it is missing is damage.
func listed(tx *bolt.Tx, bucket, key []byte) (game.Match, error) {
	id, err := idAtEnd(bucket, key)
	if err != nil {
		return game.Match{}, err
	}
	h := new(storev1.MatchHead)
	found, err := getMessage(tx, bucketHeads, id[:], h)
	if err != nil {
		return game.Match{}, err
	}
	if !found {
		return game.Match{}, damaged(bucket, key, "there is no such match")
	}
	return match(tx, id, h)
}

// startAfter returns the first key to read after a place: the rest of a key with this prefix.
func startAfter(prefix []byte, after server.Place, size int) ([]byte, error) {
	if after == "" {
		return prefix, nil
	}
	if len(after) != size {
		return nil, server.ErrBadPlace
	}
	return append(append(bytes.Clone(prefix), after...), 0), nil
}

// page calls fn with up to limit keys that begin with prefix, from start on, and returns the place after the last of
// them, or none at the end.
func page(cur *bolt.Cursor, start, prefix []byte, limit int, fn func(k []byte) error) (server.Place, error) {
	k, _ := cur.Seek(start)
	return walk(k, cur.Next, prefix, limit, fn)
}

// pageBack is page from the last key to the first; after is the place of the key read last.
func pageBack(cur *bolt.Cursor, prefix []byte, after server.Place, limit int, fn func(k []byte) error) (server.Place, error) {
	if after != "" && len(after) != idLen {
		return "", server.ErrBadPlace
	}
	end := upTo(prefix)
	if after != "" {
		end = append(bytes.Clone(prefix), after...)
	}
	return walk(before(cur, end), cur.Prev, prefix, limit, fn)
}

// walk goes from k on, by next, and does what page promises.
func walk(k []byte, next func() (k, v []byte), prefix []byte, limit int, fn func(k []byte) error) (server.Place, error) {
	var last []byte
	for ; k != nil && bytes.HasPrefix(k, prefix); k, _ = next() {
		if limit--; limit < 0 {
			if last == nil {
				return "", nil // nothing was asked for
			}
			return server.Place(last[len(prefix):]), nil
		}
		if err := fn(k); err != nil {
			return "", err
		}
		last = k
	}
	return "", nil
}

// before moves to the last key that sorts before end; nil is after all.
func before(cur *bolt.Cursor, end []byte) (k []byte) {
	if end != nil {
		if k, _ = cur.Seek(end); k != nil {
			k, _ = cur.Prev()
			return k
		}
	}
	k, _ = cur.Last()
	return k
}

// OpenMatches reads public matches of a game with a free seat, the newest first.
func (s *Store) OpenMatches(ctx context.Context, name string, after server.Place, limit int) (list []game.Match, next server.Place, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		next, err = pageBack(tx.Bucket(bucketOpen).Cursor(), openPrefix(name), after, limit, func(k []byte) error {
			m, err := listed(tx, bucketOpen, k)
			list = append(list, m)
			return err
		})
		return err
	})
	return list, next, err
}

// AllMatches reads all matches, the newest first.
func (s *Store) AllMatches(ctx context.Context, after server.Place, limit int) (list []game.Match, next server.Place, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		next, err = pageBack(tx.Bucket(bucketHeads).Cursor(), nil, after, limit, func(k []byte) error {
			m, err := listed(tx, bucketHeads, k)
			list = append(list, m)
			return err
		})
		return err
	})
	return list, next, err
}

// Lapsing reads the matches that lapse first.
func (s *Store) Lapsing(ctx context.Context, until time.Time, limit int) (list []game.MatchID, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		cur := tx.Bucket(bucketLapses).Cursor()
		for k, _ := cur.First(); k != nil && len(list) < limit; k, _ = cur.Next() {
			id, err := idAtEnd(bucketLapses, k)
			if err != nil {
				return err
			}
			if binary.BigEndian.Uint64(k) > uint64(until.UnixMilli()) {
				return nil
			}
			list = append(list, id)
		}
		return nil
	})
	return list, err
}

// Counts tells how much there is.
func (s *Store) Counts(ctx context.Context) (c server.Counts, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		c = server.Counts{FileBytes: uint64(s.Figures().FileBytes)}
		if c.Players, err = getCount(tx, bucketMeta, metaPlayers); err != nil {
			return err
		}
		return tx.Bucket(bucketCounts).ForEach(func(k, _ []byte) error {
			n, err := getCount(tx, bucketCounts, k)
			if err != nil {
				return err
			}
			nul := bytes.IndexByte(k, 0)
			if nul < 0 || len(k) != nul+6 {
				return damaged(bucketCounts, k, "it is not the key of a count")
			}
			c.Matches = append(c.Matches, server.MatchCount{
				Game: string(k[:nul]), Ruleset: int(binary.BigEndian.Uint32(k[nul+1:])), State: game.State(k[nul+5]), N: n,
			})
			return nil
		})
	})
	return c, err
}
