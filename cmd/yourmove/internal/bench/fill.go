package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// filled is one line of a list of matches: {"match_id":"…","secrets":["base64 of seat 1's guest secret", …]}. Other
// fields are not looked at.
type filled struct {
	MatchID string   `json:"match_id"`
	Secrets [][]byte `json:"secrets"`

	accounts []*account
}

// readFill reads a list of matches, at most limit unless that is 0.
func readFill(r io.Reader, limit int) ([]filled, error) {
	var list []filled
	in := bufio.NewScanner(r)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan() && (limit == 0 || len(list) < limit); n++ {
		if len(in.Bytes()) == 0 {
			continue
		}
		var f filled
		err := json.Unmarshal(in.Bytes(), &f)
		if err == nil && (f.MatchID == "" || len(f.Secrets) < 2) {
			err = errors.New(`it needs "match_id" and "secrets" of at least two seats`)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the list of matches: %w", n, err)
		}
		f.accounts = make([]*account, len(f.Secrets))
		list = append(list, f)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read the list of matches: %w", err)
	}
	return list, nil
}

// loadShare signs in as the players of the share's matches and reads how they stand. What is over already is replaced.
func (p *player) loadShare(ctx context.Context, share []filled) error {
	for _, f := range share {
		m := &match{id: f.MatchID, accounts: f.accounts}
		for _, a := range f.accounts {
			if err := p.signIn(ctx, a); err != nil {
				return err
			}
		}
		if err := p.read(ctx, m); err != nil {
			return err
		}
		if m.actor == 0 {
			if err := p.replace(ctx, m); err != nil {
				return err
			}
		}
		p.matches = append(p.matches, m)
	}
	return nil
}
