//go:build fault

package docs_test

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// viaTypeScript lets the client in examples play matches.
func viaTypeScript(t *testing.T, url string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(typeScript)); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"},
		{root + "/scripts/buf", "generate", root, "--path", root + "/proto/yourmove/v1"},
		{"node_modules/.bin/tsc"},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	program := filepath.Join(dir, "dist/play.js")
	for _, version := range []string{"2", "1.1"} {
		t.Run("HTTP "+version, func(t *testing.T) { cutAndKilled(t, url, program, version) })
	}
	t.Run("replaced", func(t *testing.T) { replaced(t, url, program) })
	t.Run("replaced after a reconnection", func(t *testing.T) { late(t, url, program) })
	t.Run("held back", func(t *testing.T) { heldBack(t, url, program) })
	t.Run("killed before the screen was told", func(t *testing.T) {
		goesOn(t, url, program, func(_ map[string]any, match map[string]any) { match["heard"] = "5" })
	})
	t.Run("restored", func(t *testing.T) {
		goesOn(t, url, program, func(kept, match map[string]any) {
			kept["cursor"], match["heard"] = "of another server", "99"
			summary := match["match"].(map[string]any)["summary"].(map[string]any)
			summary["version"], summary["standing"] = "99", "STANDING_WAITING"
		})
	})
}

// whole is what a client has to hear of a match that X wins in five turns, each once.
var whole = []string{
	"version 1 matchCreated", "version 2 playerJoined", "version 3 matchStarted", "version 4 turnTaken", "version 5 turnTaken",
	"version 6 turnTaken", "version 7 turnTaken", "version 8 turnTaken", "version 9 matchFinished",
}

// node is the client in TypeScript in a process of its own. It plays as X.
type node struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	heard []string
}

func startNode(t *testing.T, program, url, file, version string) *node {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	n := &node{cmd: exec.CommandContext(ctx, "node", program, url, file, version)}
	n.cmd.Stderr = os.Stderr
	n.lines = bufio.NewScanner(start(t, n.cmd))
	t.Cleanup(func() { cancel(); _ = n.cmd.Wait() }) // waited for already, if all went well
	return n
}

// match returns the id of the match that it makes, which it says first.
func (n *node) match(t *testing.T) string {
	t.Helper()
	n.lines.Scan()
	id, ok := strings.CutPrefix(n.lines.Text(), "match ")
	if !ok {
		t.Fatalf("it says %q", n.lines.Text())
	}
	return id
}

// until reads what it says up to a line, and remembers the versions.
func (n *node) until(t *testing.T, want string) {
	t.Helper()
	for n.lines.Scan() {
		line := n.lines.Text()
		if strings.HasPrefix(line, "version ") {
			n.heard = append(n.heard, line)
		}
		if line == want {
			return
		}
		if !strings.HasPrefix(line, "version ") {
			t.Fatalf("it says %q instead of %q", line, want)
		}
	}
	t.Fatalf("it ended instead of saying %q; it heard %q", want, n.heard)
}

// won reads to the end of a match that was won.
func (n *node) won(t *testing.T) {
	t.Helper()
	n.until(t, "version 9 matchFinished")
	n.until(t, "over, place 1")
	if n.lines.Scan() {
		t.Errorf("after that it says %q", n.lines.Text())
	}
	if err := n.cmd.Wait(); err != nil {
		t.Error("it ended with ", err)
	}
}

// cutAndKilled cuts the client's connections while the opponent moves, and kills it once while he does.
func cutAndKilled(t *testing.T, url, program, version string) {
	way := newCuttable(t, url)
	file := filepath.Join(t.TempDir(), "kept.json")
	first := startNode(t, program, way.url, file, version)
	d := duel{url: url, match: first.match(t), ben: signIn(t, url)}
	d.join(t)
	first.until(t, "version 4 turnTaken")
	way.cut()
	d.play(t, d.ben, "b1", 4)
	way.mend()
	first.until(t, "version 6 turnTaken")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // it was killed
	d.play(t, d.ben, "b2", 6)
	second := startNode(t, program, way.url, file, version)
	second.won(t)
	if got := append(first.heard, second.heard...); !slices.Equal(got, whole) {
		t.Errorf("it heard %q", got)
	}
	if way.cuts() == 0 {
		t.Error("nothing was cut")
	}
}

// heldBack puts a proxy before the server that passes answers on when they are whole: the client hears by long-poll.
func heldBack(t *testing.T, url, program string) {
	var streams, waits atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/StreamEvents"):
			streams.Add(1)
		case strings.HasSuffix(r.URL.Path, "/WaitEvents"):
			waits.Add(1)
		}
		req := r.Clone(r.Context())
		req.RequestURI, req.URL.Scheme, req.URL.Host = "", "http", strings.TrimPrefix(url, "http://")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(body) // the client may be gone
	}))
	t.Cleanup(proxy.Close)
	n := startNode(t, program, proxy.URL, filepath.Join(t.TempDir(), "kept.json"), "1.1")
	d := duel{url: url, match: n.match(t), ben: signIn(t, url)}
	d.join(t)
	n.until(t, "version 4 turnTaken")
	d.play(t, d.ben, "b1", 4)
	n.until(t, "version 6 turnTaken")
	d.play(t, d.ben, "b2", 6)
	n.won(t)
	if !slices.Equal(n.heard, whole) {
		t.Errorf("it heard %q", n.heard)
	}
	if streams.Load() != 1 || waits.Load() == 0 {
		t.Errorf("it tried %d streams, and waited %d times", streams.Load(), waits.Load())
	}
}

// cuttable is a way to a server that can be cut.
type cuttable struct {
	url string

	mu     sync.Mutex // guards what follows
	closed bool
	conns  map[net.Conn]bool
	n      int
}

func newCuttable(t *testing.T, url string) *cuttable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cuttable{url: "http://" + l.Addr().String(), conns: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err != nil || !c.add(from, to) {
				_ = from.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				wg.Go(func() {
					_, _ = io.Copy(way[0], way[1]) // until either end closes
					_, _ = way[0].Close(), way[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); c.cut(); wg.Wait() })
	return c
}

// add remembers a pair of connections, unless the way is cut.
func (c *cuttable) add(pair ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range pair {
		if c.closed {
			_ = conn.Close()
			continue
		}
		c.conns[conn] = true
	}
	return !c.closed
}

// cut closes all connections, and lets none through until mend.
func (c *cuttable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.conns {
		_ = conn.Close()
		c.n++
	}
	clear(c.conns)
}

func (c *cuttable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = false
}

// cuts tells how many connections were cut.
func (c *cuttable) cuts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
