package daemon_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"yourmove/game"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server"
)

var profileEntry = regexp.MustCompile(`^(\d+) @ `)

// goroutines counts the goroutines whose stack has a function.
func goroutines(t *testing.T, function string) (n int) {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	for _, entry := range strings.Split(b.String(), "\n\n") {
		for line := range strings.Lines(entry) { // the head of the profile stands before the first entry
			if m := profileEntry.FindStringSubmatch(line); m != nil && strings.Contains(entry, function) {
				some, err := strconv.Atoi(m[1])
				if err != nil {
					t.Fatal(err)
				}
				n += some
			}
		}
	}
	return n
}

// conns remembers the connections that a transport made.
type conns struct {
	mu   sync.Mutex // guards list
	list []net.Conn
}

func (c *conns) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		c.mu.Lock()
		c.list = append(c.list, conn)
		c.mu.Unlock()
	}
	return conn, err
}

func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.list {
		_ = conn.Close()
	}
}

// TestDroppedStreamsLeaveNothing opens streams and drops them without a word: most by cancelling the call, those of every
// fourth network by closing its connections. No goroutine stays behind, and no door.
func TestDroppedStreamsLeaveNothing(t *testing.T) {
	for _, c := range []struct {
		h2             bool
		networks, each int
	}{{true, 40, 250}, {false, 20, 25}} { // over HTTP/1.1 each stream has a connection of its own
		if raceEnabled && c.h2 {
			c.each = 25
		}
		t.Run(fmt.Sprintf("%s×%d", protocolName(c.h2), c.networks*c.each), func(t *testing.T) {
			l := startLive(t, liveOptions{})
			before := runtime.NumGoroutine()
			for range 2 { // what is left over shows the second time at the latest
				dropAll(t, l, c.h2, c.networks, c.each)
			}
			const others = 20 // of the runtime and the test
			await(t, "the goroutines are as many as before", func() bool { return runtime.NumGoroutine() <= before+others })
			if got := metric(t, l.admin, `yourmove_doors_ended_total{door="stream",reason="left"}`); got != strconv.Itoa(2*c.networks*c.each) {
				t.Errorf("%s streams were left, want %d", got, 2*c.networks*c.each)
			}
			if got := metric(t, l.admin, `yourmove_doors_open{door="stream"}`); got != "0" {
				t.Errorf("%s streams are open", got)
			}
		})
	}
}

func dropAll(t *testing.T, l *live, h2 bool, networks, each int) {
	t.Helper()
	ctx, drop := context.WithCancel(t.Context())
	defer drop()
	var g errgroup.Group
	used := make([]conns, networks)
	var transports []*http.Transport
	for i := range networks {
		over := network(h2)
		over.DialContext = used[i].dial
		transports = append(transports, over)
		g.Go(func() error {
			// Five streams a player, one after the other on this network: all networks open at once.
			var player game.PlayerID
			for n := range each {
				if n%5 == 0 {
					player = game.PlayerID(uuid.New())
				}
				if _, _, err := openStream(ctx, events(l.url, over, l.token(t, player)), &pb.StreamEventsRequest{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	const handler = "server.(*Service).StreamEvents"
	if n := l.Service.OpenDoors(server.DoorStream); n != networks*each {
		t.Fatalf("%d doors are open, want %d", n, networks*each)
	}
	// The one that sent a first message for a stream may not be done yet when the message has arrived.
	await(t, "each stream has one goroutine", func() bool { return goroutines(t, handler) == networks*each })
	for i := range used {
		if n := len(used[i].list); h2 && n != 1 {
			t.Errorf("network %d is %d connections", i, n)
		}
		if i%4 == 0 {
			used[i].close()
		}
	}
	drop()
	await(t, "all doors are closed", func() bool { return l.Service.OpenDoors(server.DoorStream) == 0 })
	await(t, "no goroutine streams", func() bool { return goroutines(t, handler) == 0 })
	for _, over := range transports {
		over.CloseIdleConnections()
	}
}
