package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	adminv1 "yourmove/proto/gen/yourmove/admin/v1"
	"yourmove/proto/gen/yourmove/admin/v1/adminv1connect"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
)

// renewBefore is how long before its end an access token is no longer used.
const renewBefore = time.Minute

// account is a guest that players act for. Several players may share one, when its matches are spread over them.
type account struct {
	secret []byte

	mu       sync.Mutex // guards what follows
	id       string
	header   string // what the header Authorization holds
	goodTill time.Time
}

// newAccount makes the secret of a guest who does not exist yet.
func newAccount() *account {
	a := &account{secret: make([]byte, 32)}
	rand.Read(a.secret) // never fails
	return a
}

// signIn makes sure that the account has an access token, and returns nothing else.
func (p *player) signIn(ctx context.Context, a *account) error {
	_, err := p.authorization(ctx, a)
	return err
}

// authorization returns the account's header, from a new session if there is none or it ends soon. Whoever else needs
// the account meanwhile waits for that session instead of opening another.
func (p *player) authorization(ctx context.Context, a *account) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Now().Before(a.goodTill) {
		return a.header, nil
	}
	var res *yourmovev1.SignInResponse
	err := p.setup(ctx, func() (err error) {
		res, err = p.playerService.SignIn(ctx, &yourmovev1.SignInRequest{
			Credential:   &yourmovev1.SignInRequest_GuestSecret{GuestSecret: a.secret},
			Name:         "bench",
			Installation: "yourmove bench",
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	s := res.GetSession()
	a.id, a.header = res.GetPlayer().GetPlayerId(), "Bearer "+s.GetAccessToken()
	// A token that lives shorter than the margin is used for half of its life.
	life := time.Until(s.GetAccessExpireTime().AsTime())
	a.goodTill = time.Now().Add(max(life-renewBefore, life/2))
	return a.header, nil
}

// playerID returns the id that the server gave the account when it signed in.
func (a *account) playerID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id
}

// knows asks whether the server behind the admin listener has the account.
func knows(ctx context.Context, admin adminv1connect.AdminServiceClient, a *account) error {
	_, err := admin.GetPlayer(ctx, &adminv1.GetPlayerRequest{PlayerId: a.playerID()})
	return err
}

// markBot gives the account the limits of bots.
func (p *player) markBot(ctx context.Context, admin adminv1connect.AdminServiceClient, a *account) error {
	if err := p.signIn(ctx, a); err != nil {
		return err
	}
	_, err := admin.MarkBot(ctx, &adminv1.MarkBotRequest{PlayerId: a.playerID()})
	if err != nil {
		return fmt.Errorf("mark as a bot: %w", err)
	}
	return nil
}
