package boltstore

import (
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"yourmove/game"
	storev1 "yourmove/proto/gen/yourmove/store/v1"
	"yourmove/server"
	"yourmove/server/auth"
)

// readPlayer reads a player; found is false when there is none.
func readPlayer(tx *bolt.Tx, id game.PlayerID) (p server.Player, found bool, err error) {
	var rec storev1.Player
	if found, err = getMessage(tx, bucketPlayers, id[:], &rec); err != nil || !found {
		return p, found, err
	}
	if p, err = playerFrom(id, &rec); err != nil {
		return p, true, damaged(bucketPlayers, id[:], "%v", err)
	}
	return p, true, nil
}

// Player reads a player.
func (s *Store) Player(ctx context.Context, id game.PlayerID) (p server.Player, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		var found bool
		if p, found, err = readPlayer(tx, id); err == nil && !found {
			err = fmt.Errorf("player %v: %w", id, server.ErrNotFound)
		}
		return err
	})
	return p, err
}

// Players reads several players.
func (s *Store) Players(ctx context.Context, ids []game.PlayerID) (map[game.PlayerID]server.Player, error) {
	players := make(map[game.PlayerID]server.Player, len(ids))
	err := s.view(ctx, func(tx *bolt.Tx) error {
		for _, id := range ids {
			p, found, err := readPlayer(tx, id)
			if err != nil {
				return err
			}
			if found {
				players[id] = p
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return players, nil
}

// PlayerByIdentity finds whom an identity belongs to.
func (s *Store) PlayerByIdentity(ctx context.Context, kind string, subject []byte) (game.PlayerID, error) {
	return s.lookUp(ctx, bucketIdentities, identityKey(kind, subject))
}

// AllPlayers reads all players, the newest first.
func (s *Store) AllPlayers(ctx context.Context, after server.Place, limit int) (list []server.Player, next server.Place, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		next, err = pageBack(tx.Bucket(bucketPlayers).Cursor(), nil, after, limit, func(k []byte) error {
			id, err := idAtEnd(bucketPlayers, k)
			if err != nil {
				return err
			}
			p, _, err := readPlayer(tx, game.PlayerID(id))
			list = append(list, p)
			return err
		})
		return err
	})
	return list, next, err
}

// readSession reads a session; found is false when there is none.
func readSession(tx *bolt.Tx, id auth.SessionID) (v server.Session, found bool, err error) {
	var rec storev1.Session
	if found, err = getMessage(tx, bucketSessions, id[:], &rec); err != nil || !found {
		return v, found, err
	}
	if v, err = sessionFrom(id, &rec); err != nil {
		return v, true, damaged(bucketSessions, id[:], "%v", err)
	}
	return v, true, nil
}

// Session reads a session.
func (s *Store) Session(ctx context.Context, id auth.SessionID) (v server.Session, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		var found bool
		if v, found, err = readSession(tx, id); err == nil && !found {
			err = fmt.Errorf("session: %w", server.ErrNotFound)
		}
		return err
	})
	return v, err
}

// EndedSessions reads the sessions that were ended lately.
func (s *Store) EndedSessions(ctx context.Context, since time.Time) (list []server.Session, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		cur := tx.Bucket(bucketEnded).Cursor()
		for k, _ := cur.Seek(timeKey(since, [16]byte{})); k != nil; k, _ = cur.Next() {
			id, err := idAtEnd(bucketEnded, k)
			if err != nil {
				return err
			}
			v, found, err := readSession(tx, auth.SessionID(id))
			if err != nil {
				return err
			}
			if !found {
				return damaged(bucketEnded, k, "there is no such session")
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

func readPrivate(tx *bolt.Tx, id game.MatchID, player game.PlayerID) (server.Private, error) {
	var rec storev1.Private
	found, err := getMessage(tx, bucketPrivates, privateKey(id, player), &rec)
	if err != nil || !found {
		return server.Private{}, err
	}
	return privateFrom(id, player, &rec), nil
}

// Private reads what a player keeps to himself about a match.
func (s *Store) Private(ctx context.Context, id game.MatchID, player game.PlayerID) (p server.Private, err error) {
	err = s.view(ctx, func(tx *bolt.Tx) error {
		p, err = readPrivate(tx, id, player)
		return err
	})
	return p, err
}
