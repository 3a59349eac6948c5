package auth_test

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"yourmove/game"
	"yourmove/server/auth"
)

func TestRefreshTokenIsDerived(t *testing.T) {
	keys := newKeys(t, 1)
	seen := map[string]string{}
	for _, s := range []auth.SessionID{{}, session, {15: 1}} {
		for _, generation := range []uint64{0, 1, 2, 256, math.MaxUint64} {
			token, name := keys.IssueRefresh(s, generation), fmt.Sprintf("%v #%d", s, generation)
			if keys.IssueRefresh(s, generation) != token || newKeys(t, 1).IssueRefresh(s, generation) != token {
				t.Errorf("%s: not the same twice", name)
			}
			if other := seen[token]; other != "" {
				t.Errorf("%s has the token of %s", name, other)
			}
			seen[token] = name
			gotSession, gotGeneration, err := keys.ParseRefresh(token)
			if err != nil || gotSession != s || gotGeneration != generation {
				t.Errorf("%s: read back as %v #%d, %v", name, gotSession, gotGeneration, err)
			}
		}
	}
}

// TestRefreshTokenStaysTheSame fails when the format changes: each player would have to sign in again.
func TestRefreshTokenStaysTheSame(t *testing.T) {
	const want = "BAUGAAAAAAAAAAAAAAAABwAAAAAAAAAD"
	token := newKeys(t, 1).IssueRefresh(session, 3)
	if len(token) != 64 || token[:32] != want {
		t.Errorf("token %s, want 64 characters that begin with %s", token, want)
	}
}

func TestRefreshAttacks(t *testing.T) {
	keys := newKeys(t, 1)
	good := keys.IssueRefresh(session, 3)
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	attacks := map[string]string{
		"nothing":                              "",
		"garbage":                              "garbage",
		"zeros":                                base64.RawURLEncoding.EncodeToString(make([]byte, 48)),
		"another secret":                       newKeys(t, 2).IssueRefresh(session, 3),
		"an access token":                      issue(t, auth.NewAccess(keys, 0), now),
		"cut":                                  good[:63],
		"cut to the ids":                       good[:32],
		"appended":                             good + "A",
		"four appended":                        good + "AAAA",
		"padded":                               good + "====",
		"a line break":                         good + "\n",
		"a line break in place of a character": good[:63] + "\n",
		"line breaks in place of a group":      good[:60] + "\r\n\r\n",
		"a space before":                       " " + good,
		"another alphabet":                     "+/" + good[2:],
		"long":                                 strings.Repeat("A", 1<<20),
	}
	for bit := range len(raw) * 8 {
		altered := append([]byte(nil), raw...)
		altered[bit/8] ^= 1 << (bit % 8)
		attacks[fmt.Sprintf("bit %d flipped", bit)] = base64.RawURLEncoding.EncodeToString(altered)
	}
	for what, token := range attacks {
		s, generation, err := keys.ParseRefresh(token)
		if err == nil || s != (auth.SessionID{}) || generation != 0 {
			t.Errorf("%s: read as %v #%d, %v", what, s, generation, err)
			continue
		}
		wantReason(t, err, game.TokenInvalid)
	}
	// An access token's place is the header; a refresh token has no business there.
	_, err = auth.NewAccess(keys, 0).Verify(good, now)
	wantReason(t, err, game.TokenInvalid)
}

func FuzzParseRefresh(f *testing.F) {
	keys := newKeys(f, 1)
	f.Add(keys.IssueRefresh(session, 3))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		s, generation, err := keys.ParseRefresh(token)
		if err != nil {
			wantReason(t, err, game.TokenInvalid)
		} else if keys.IssueRefresh(s, generation) != token {
			t.Errorf("two texts for session %v #%d", s, generation)
		}
	})
}

func TestRotateAtItsEdges(t *testing.T) {
	for _, c := range []struct {
		issued, presented, next uint64
		verdict                 auth.Verdict
	}{
		{issued: 1, presented: 1, next: 2, verdict: auth.Renew},
		{issued: 2, presented: 1, next: 2, verdict: auth.Repeat},
		{issued: 3, presented: 1, verdict: auth.End},
		{issued: 0, presented: 0, next: 1, verdict: auth.Renew},
		{issued: 1, presented: 0, next: 1, verdict: auth.Repeat},
		{issued: 2, presented: 0, verdict: auth.End},
		{issued: 5, presented: 9, next: 10, verdict: auth.Renew}, // an older backup
		{issued: math.MaxUint64, presented: 0, verdict: auth.End},
	} {
		if next, verdict := auth.Rotate(c.issued, c.presented); next != c.next || verdict != c.verdict {
			t.Errorf("issued %d, presented %d: next %d, verdict %d; want %d, %d", c.issued, c.presented, next, verdict, c.next, c.verdict)
		}
	}
}

// rule is Rotate, or what could stand in its place.
type rule func(issued, presented uint64) (uint64, auth.Verdict)

// tokenStore is the server's side of one session.
type tokenStore struct {
	rule   rule
	issued uint64
	ended  bool
}

func (s *tokenStore) refresh(presented uint64) (token uint64, ok bool) {
	if s.ended {
		return 0, false
	}
	next, verdict := s.rule(s.issued, presented)
	switch verdict {
	case auth.End:
		s.ended = true
		return 0, false
	case auth.Renew:
		s.issued = next
	}
	return next, true
}

// exchange is a refresh on its way: a request, and its answer once it has one.
type exchange struct {
	presented, answer uint64
	answered          bool
}

// honest plays a client that refreshes at any time, also several times at once, over a network that loses and repeats
// requests and answers, and reports whether its session has lived through it.
func honest(t *rapid.T, rule rule) (alive bool) {
	server := tokenStore{rule: rule, issued: 1}
	token := uint64(1) // what the client has saved
	var under []exchange
	// drawn lets do happen to one of the exchanges under way, if there is one.
	drawn := func(t *rapid.T, do func(i int)) {
		if len(under) > 0 {
			do(rapid.IntRange(0, len(under)-1).Draw(t, "exchange"))
		}
	}
	end := func(i int) { under = append(under[:i], under[i+1:]...) }
	t.Repeat(map[string]func(*rapid.T){
		"refresh": func(t *rapid.T) {
			if len(under) == 0 || under[0].presented == token { // else one with another token has not ended
				under = append(under, exchange{presented: token})
			}
		},
		"arrives, perhaps again": func(t *rapid.T) {
			drawn(t, func(i int) {
				if answer, ok := server.refresh(under[i].presented); ok {
					under[i].answer, under[i].answered = answer, true
				}
			})
		},
		"answered and saved": func(t *rapid.T) {
			drawn(t, func(i int) {
				if under[i].answered {
					token = under[i].answer
					end(i)
				}
			})
		},
		"lost, or the app killed": func(t *rapid.T) { drawn(t, end) },
		"an older backup restored": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "one in ten") == 0 {
				server.issued = rapid.Uint64Range(1, server.issued).Draw(t, "issued")
			}
		},
	})
	return !server.ended
}

func TestAnHonestClientKeepsItsSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if !honest(t, auth.Rotate) {
			t.Error("the session has ended")
		}
	})
}

// TestAStrictRuleLosesSessions is the control of the one above: a rule that forgives nothing must be found out.
func TestAStrictRuleLosesSessions(t *testing.T) {
	lost := 0
	rapid.Check(t, func(t *rapid.T) {
		if !honest(t, func(issued, presented uint64) (uint64, auth.Verdict) {
			if presented < issued {
				return 0, auth.End
			}
			return auth.Rotate(issued, presented)
		}) {
			lost++
		}
	})
	if lost == 0 {
		t.Error("lost answers and repeats never happened")
	}
}

// TestACopiedTokenEndsTheSession: once one of the two is two tokens ahead, the other's refresh ends it for both.
func TestACopiedTokenEndsTheSession(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := tokenStore{rule: auth.Rotate, issued: 1}
		both := [2]uint64{1, 1} // what the owner and the thief have saved
		refresh := func(who int) bool {
			token, ok := server.refresh(both[who])
			if ok {
				both[who] = token
			}
			return ok
		}
		for range rapid.IntRange(0, 20).Draw(t, "refreshes before the copy") {
			refresh(0)
		}
		both[1] = both[0]
		for range rapid.IntRange(0, 20).Draw(t, "in step") { // nobody can tell yet
			if !refresh(0) || !refresh(1) {
				t.Fatal("ended while both were in step")
			}
		}
		ahead := rapid.IntRange(0, 1).Draw(t, "who goes ahead")
		for range rapid.IntRange(2, 20).Draw(t, "ahead by") {
			if !refresh(ahead) {
				t.Fatal("ended while only one refreshed")
			}
		}
		if refresh(1-ahead) || !server.ended {
			t.Error("the old token was taken")
		}
		if refresh(ahead) {
			t.Error("the session lives on for the one ahead")
		}
	})
}
