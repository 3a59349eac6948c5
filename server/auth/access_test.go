package auth_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"yourmove/game"
	"yourmove/server/auth"
)

// forge signs whatever it is told with the keys in a file, without the code under test.
type forge struct {
	access *auth.Access
	kid    string
	key    ed25519.PrivateKey
}

func newForge(t testing.TB, lifetime time.Duration) forge {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := auth.CreateKeys(path, seeded(1)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Signing []struct {
			ID     string
			Secret []byte
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	keys, err := auth.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	return forge{auth.NewAccess(keys, lifetime), file.Signing[0].ID, ed25519.NewKeyFromSeed(file.Signing[0].Secret)}
}

type object = map[string]any

func (f forge) header() object { return object{"alg": "EdDSA", "typ": "JWT", "kid": f.kid} }

func claimsAt(at time.Time) object {
	return object{"iss": "yourmove", "sub": player.String(), "sid": session.String(), "iat": at.Unix(), "exp": at.Unix() + 900}
}

// with returns o with a field set to v, or without it where v is nil.
func with(o object, name string, v any) object {
	o = maps.Clone(o)
	if o[name] = v; v == nil {
		delete(o, name)
	}
	return o
}

func segment(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func (f forge) sign(t testing.TB, header, claims object) string {
	t.Helper()
	text := segment(t, header) + "." + segment(t, claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(f.key, []byte(text)))
}

func TestIssueThenVerify(t *testing.T) {
	access := auth.NewAccess(newKeys(t, 1), 0)
	token, expires, err := access.Issue(player, session, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := now.Truncate(time.Second).Add(15 * time.Minute); !expires.Equal(want) {
		t.Errorf("expires at %v, want %v", expires, want)
	}
	if access.Lifetime() != auth.DefaultLifetime {
		t.Errorf("lifetime %v", access.Lifetime())
	}
	want := auth.Claims{Player: player, Session: session, Expires: expires}
	for _, from := range []string{"the signature", "the cache"} {
		if got, err := access.Verify(token, now); err != nil || got != want {
			t.Errorf("from %s: %v, %v; want %v", from, got, err, want)
		}
	}
}

func TestTokenLooksAsPromised(t *testing.T) {
	f := newForge(t, 0)
	parts := strings.Split(issue(t, f.access, now), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	for i, want := range []object{f.header(), claimsAt(now)} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		wantJSON, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got object
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if gotJSON, _ := json.Marshal(got); string(gotJSON) != string(wantJSON) {
			t.Errorf("part %d: %s, want %s", i+1, gotJSON, wantJSON)
		}
	}
	// The forger of the attacks below can make what is accepted; so each attack fails for the reason that it names.
	if got, err := f.access.Verify(f.sign(t, f.header(), claimsAt(now)), now); err != nil || got.Player != player || got.Session != session {
		t.Fatalf("a token made by hand: %v, %v", got, err)
	}
}

func TestExpiry(t *testing.T) {
	keys := newKeys(t, 1)
	for _, cached := range []bool{false, true} {
		access := auth.NewAccess(keys, time.Minute)
		token, expires, err := access.Issue(player, session, now)
		if err != nil {
			t.Fatal(err)
		}
		if cached {
			if _, err := access.Verify(token, now); err != nil {
				t.Fatal(err)
			}
		}
		_, err = access.Verify(token, expires)
		wantReason(t, err, game.TokenExpired)
		if _, err := access.Verify(token, expires.Add(-1)); err != nil {
			t.Errorf("cached %t: refused a nanosecond before its end: %v", cached, err)
		}
		_, err = access.Verify(token, expires.AddDate(10, 0, 0))
		wantReason(t, err, game.TokenExpired)
	}
}

func TestShorterLifetimeCountsForOldTokens(t *testing.T) {
	keys := newKeys(t, 1)
	long, short := auth.NewAccess(keys, time.Hour), auth.NewAccess(keys, time.Minute)
	token := issue(t, long, now)
	claims, err := short.Verify(token, now)
	if want := now.Truncate(time.Second).Add(time.Minute); err != nil || !claims.Expires.Equal(want) {
		t.Errorf("expires at %v (%v), want %v", claims.Expires, err, want)
	}
	_, err = short.Verify(token, now.Add(time.Minute))
	wantReason(t, err, game.TokenExpired)
	// And a longer one makes no token older than it says.
	_, err = long.Verify(issue(t, short, now), now.Add(time.Minute))
	wantReason(t, err, game.TokenExpired)
}

func TestTokenAttacks(t *testing.T) {
	f := newForge(t, 0)
	good := issue(t, f.access, now)
	if _, err := f.access.Verify(good, now); err != nil { // it is in the cache from here on
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	header, claims, signature := parts[0], parts[1], parts[2]
	public := f.key.Public().(ed25519.PublicKey)
	_, other, err := ed25519.GenerateKey(seeded(9))
	if err != nil {
		t.Fatal(err)
	}
	hs256 := func(alg string, secret []byte) string {
		text := segment(t, with(f.header(), "alg", alg)) + "." + claims
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	// A signature has 86 characters for 64 bytes, so the last of them has bits to spare. A token that is accepted with
	// some of them set is another text with the same meaning.
	sloppy := func() string {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		last := strings.IndexByte(alphabet, good[len(good)-1])
		return good[:len(good)-1] + string(alphabet[last^1])
	}
	signed := func(header, claims object) string { return f.sign(t, header, claims) }
	thief := game.PlayerID{0xbad & 0xff}

	for what, token := range map[string]string{
		"nothing":                      "",
		"garbage":                      "garbage",
		"dots":                         "..",
		"binary":                       "\x00\xff.\x00.\xff",
		"JSON null":                    "bnVsbA.bnVsbA.",
		"alg none, no signature":       segment(t, object{"alg": "none", "kid": f.kid}) + "." + claims + ".",
		"alg none, the signature":      segment(t, object{"alg": "none", "kid": f.kid}) + "." + claims + "." + signature,
		"alg None":                     segment(t, with(f.header(), "alg", "None")) + "." + claims + ".",
		"alg empty":                    segment(t, with(f.header(), "alg", "")) + "." + claims + "." + signature,
		"alg a number":                 segment(t, with(f.header(), "alg", 1)) + "." + claims + "." + signature,
		"HS256 with the public key":    hs256("HS256", public),
		"HS256 without a key":          hs256("HS256", nil),
		"EdDSA, but a MAC":             hs256("EdDSA", public),
		"no signature":                 header + "." + claims + ".",
		"no third part":                header + "." + claims,
		"another key under our id":     forge{key: other}.sign(t, f.header(), claimsAt(now)),
		"another key under its own id": forge{key: other}.sign(t, with(f.header(), "kid", "0123456789abcdef"), claimsAt(now)),
		"another player":               header + "." + segment(t, with(claimsAt(now), "sub", thief.String())) + "." + signature,
		"a later end":                  header + "." + segment(t, with(claimsAt(now), "exp", now.Unix()+9000)) + "." + signature,
		"another header":               segment(t, with(f.header(), "typ", "jwt")) + "." + claims + "." + signature,
		"a letter appended":            good + "A",
		"a dot appended":               good + ".",
		"a part appended":              good + ".e30",
		"padding appended":             good + "==",
		"a space appended":             good + " ",
		"a space before":               " " + good,
		"a line break appended":        good + "\n",
		"a line break within":          good[:len(good)-9] + "\r\n" + good[len(good)-9:],
		"a NUL appended":               good + "\x00",
		"twice":                        good + good,
		"bits to spare set":            sloppy(),

		// What we never sign, signed with our key.
		"unknown key id":           signed(with(f.header(), "kid", "0123456789abcdef"), claimsAt(now)),
		"no key id":                signed(with(f.header(), "kid", nil), claimsAt(now)),
		"empty key id":             signed(with(f.header(), "kid", ""), claimsAt(now)),
		"a key id that is a path":  signed(with(f.header(), "kid", "../../dev/null"), claimsAt(now)),
		"a key id that is no text": signed(with(f.header(), "kid", []int{1}), claimsAt(now)),
		"another issuer":           signed(f.header(), with(claimsAt(now), "iss", "elsewhere")),
		"no issuer":                signed(f.header(), with(claimsAt(now), "iss", nil)),
		"no player":                signed(f.header(), with(claimsAt(now), "sub", nil)),
		"a player that is no UUID": signed(f.header(), with(claimsAt(now), "sub", "alice")),
		"no session":               signed(f.header(), with(claimsAt(now), "sid", nil)),
		"no end":                   signed(f.header(), with(claimsAt(now), "exp", nil)),
		"an end that is text":      signed(f.header(), with(claimsAt(now), "exp", "never")),
		"no beginning":             signed(f.header(), with(claimsAt(now), "iat", nil)),
		"over 2 KiB":               signed(f.header(), with(claimsAt(now), "pad", strings.Repeat("x", 1400))),
	} {
		t.Run(what, func(t *testing.T) {
			for range 2 { // a refused token must not get in by the cache either
				got, err := f.access.Verify(token, now)
				wantReason(t, err, game.TokenInvalid)
				if got != (auth.Claims{}) {
					t.Errorf("claims %v beside the refusal", got)
				}
			}
		})
	}
	// It is the length that counts: with less padding, the same token is one with a claim that we don't read.
	for pad := 1200; pad < 1400; pad++ {
		token := signed(f.header(), with(claimsAt(now), "pad", strings.Repeat("x", pad)))
		if _, err := f.access.Verify(token, now); (err == nil) != (len(token) <= 2048) {
			t.Errorf("%d bytes: %v", len(token), err)
		}
	}
	// An expired token with a wrong signature is not told from any other forgery.
	expired := signed(f.header(), claimsAt(now.Add(-time.Hour)))
	_, err = f.access.Verify(expired, now)
	wantReason(t, err, game.TokenExpired)
	_, err = f.access.Verify(expired[:len(expired)-2]+"AA", now)
	wantReason(t, err, game.TokenInvalid)
}

// TestEachCharacterCounts alters a valid token at each place.
func TestEachCharacterCounts(t *testing.T) {
	access := auth.NewAccess(newKeys(t, 1), 0)
	good := issue(t, access, now)
	if len(good) > 512 {
		t.Errorf("a token has %d bytes, want them small: one goes with each call", len(good))
	}
	for i := range good {
		for _, c := range []byte{good[i] ^ 1, good[i] ^ 0x20, 'A', '.'} {
			if c == good[i] {
				continue
			}
			_, err := access.Verify(good[:i]+string(rune(c))+good[i+1:], now)
			wantReason(t, err, game.TokenInvalid)
		}
		_, err := access.Verify(good[:i], now)
		wantReason(t, err, game.TokenInvalid)
	}
}

func TestRefusalsTellLittle(t *testing.T) {
	access := auth.NewAccess(newKeys(t, 1), 0)
	good := issue(t, access, now)
	details := map[string]bool{}
	for _, token := range []string{"", "x", good + "A", strings.Repeat("x", 4096)} {
		_, err := access.Verify(token, now)
		details[err.(*game.Error).Detail] = true
	}
	if len(details) != 1 {
		t.Errorf("a caller can tell refusals apart: %v", details)
	}
}

func TestSessionID(t *testing.T) {
	const text = "04050600-0000-0000-0000-000000000007"
	if session.String() != text {
		t.Errorf("written %s", session)
	}
	if got, err := auth.ParseSessionID(text); err != nil || got != session {
		t.Errorf("read back %v, %v", got, err)
	}
	if _, err := auth.ParseSessionID(text[1:]); err == nil {
		t.Error("read a text that is no UUID")
	}
	if session.IsZero() || !(auth.SessionID{}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func FuzzVerify(f *testing.F) {
	access := auth.NewAccess(newKeys(f, 1), 0)
	good := issue(f, access, now)
	f.Add(good)
	f.Add(good + "A")
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := access.Verify(token, now); token != good {
			wantReason(t, err, game.TokenInvalid)
		} else if err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	access := auth.NewAccess(newKeys(b, 1), 0)
	for b.Loop() {
		if _, _, err := access.Issue(player, session, now); err != nil {
			b.Fatal(err)
		}
	}
}
