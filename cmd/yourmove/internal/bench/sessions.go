package bench

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

const (
	// perPlayer is how many phones of a player may listen at the same time: the server ends the first for a sixth.
	perPlayer = 5
	// signingIn is how many sign in at the same time.
	signingIn = 64
)

// openSessions signs in n phones of n/5 players and returns the header Authorization of each.
func openSessions(ctx context.Context, server, protocol string, n int) ([]string, error) {
	headers := make([]string, n)
	g, ctx := errgroup.WithContext(ctx)
	workers := min(signingIn, (n+perPlayer-1)/perPlayer)
	for w := range workers {
		g.Go(func() error {
			p := newPlayer(server, protocol, uint64(w))
			defer p.close()
			for first := w * perPlayer; first < n; first += workers * perPlayer {
				secret := newAccount().secret
				for i := first; i < min(first+perPlayer, n); i++ {
					header, err := p.authorization(ctx, &account{secret: secret})
					if err != nil {
						return fmt.Errorf("phone %d of %d: %w", i+1, n, err)
					}
					headers[i] = header
				}
			}
			return nil
		})
	}
	return headers, g.Wait()
}
