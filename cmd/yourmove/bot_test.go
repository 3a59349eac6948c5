package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"yourmove/clientsim/uci/ucitest"
	"yourmove/game"
	"yourmove/game/chess"
	"yourmove/server/servertest"
)

func chessServer(t *testing.T) (url string) {
	t.Helper()
	return servertest.New(t, servertest.Options{Rules: []game.Rules{chess.Rules{}}}).Start()
}

// botRun is a running "bot uci", of which the lines that it prints are read.
type botRun struct {
	*json.Decoder
	stop  context.CancelFunc // interrupts it
	ended chan struct{}      // closed when the command has ended; then code and errs may be read
	code  int
	errs  bytes.Buffer
}

// startBot runs "bot uci" beside the test.
func startBot(t *testing.T, args ...string) *botRun {
	t.Helper()
	r, w := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	s := &botRun{Decoder: json.NewDecoder(r), stop: stop, ended: make(chan struct{})}
	go func() {
		s.code = run(ctx, append([]string{"bot", "uci", "-o", "json"}, args...), w, &s.errs)
		w.Close()
		close(s.ended)
	}()
	t.Cleanup(func() { r.Close(); stop(); <-s.ended })
	return s
}

// fails waits until "bot uci" has failed, and returns what it says of that.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	s := startBot(t, args...)
	s.end(t, exitFailed)
	return s.errs.String()
}

// next returns the next line.
func (s *botRun) next(t *testing.T) botNews {
	t.Helper()
	var n botNews
	if err := s.Decode(&n); err != nil {
		<-s.ended
		t.Fatalf("%v after exit code %d: %s", err, s.code, s.errs.String())
	}
	return n
}

// end waits for the end of the command and wants this exit code.
func (s *botRun) end(t *testing.T, want int) {
	t.Helper()
	if <-s.ended; s.code != want {
		t.Errorf("exit code %d, want %d: %s", s.code, want, s.errs.String())
	}
}

// playOut lets two engines play matches against each other, all through the command line, and returns the host's ends.
func playOut(t *testing.T, matches int, host, guest []string) (ends []botNews) {
	t.Helper()
	common := []string{"--server", chessServer(t), "--home", t.TempDir()}
	hosting := startBot(t, slices.Concat(host, common, []string{"--as", "Host", "--create", "--matches", fmt.Sprint(matches)})...)
	for range matches {
		made := hosting.next(t)
		if made.State != "gathering" || made.JoinCode == "" {
			t.Fatalf("the host begins with %+v", made)
		}
		joining := startBot(t, slices.Concat(guest, common, []string{"--join", made.JoinCode})...)
		if joined := joining.next(t); joined.Match != made.Match || joined.State != "active" || joined.Seat != 3-made.Seat {
			t.Errorf("the guest begins with %+v", joined)
		}
		ends = append(ends, sameEnd(t, hosting, joining))
		joining.end(t, exitOK)
	}
	hosting.end(t, exitOK)
	return ends
}

// sameEnd waits until two have ended a match against each other, and returns what the first says of it.
func sameEnd(t *testing.T, a, b *botRun) botNews {
	t.Helper()
	first, second := a.next(t), b.next(t)
	if first.Match != second.Match || first.State != "finished" || first.Ending == "" || first.Ending != second.Ending ||
		!slices.Contains([]string{"won lost", "lost won", "drawn drawn"}, first.Result+" "+second.Result) {
		t.Errorf("the ends are %+v and %+v", first, second)
	}
	return first
}

func TestBotUCI(t *testing.T) {
	engine := []string{"--engine", ucitest.Engine(t, ucitest.Blunders), "--engine-option", "Hash=32"}
	for _, end := range playOut(t, 2, engine, engine) {
		if white := end.Result == "lost"; end.Engine != "Fake blunders" || end.Turns != 4 || end.Ending != "checkmate" || white != (end.Seat == 1) {
			t.Errorf("it ended with %+v", end)
		}
	}
}

// TestBotUCIGoesOn: an engine that plays an illegal move is told, and another one can go on with the match.
func TestBotUCIGoesOn(t *testing.T) {
	common := []string{"--server", chessServer(t), "--home", t.TempDir()}
	unlucky := slices.Concat(common, []string{"--as", "Unlucky"})
	cheat := startBot(t, slices.Concat(unlucky, []string{"--engine", ucitest.Engine(t, ucitest.Cheats), "--create"})...)
	made := cheat.next(t)
	honest := []string{"--engine", ucitest.Engine(t, ucitest.Blunders)}
	rival := startBot(t, slices.Concat(common, honest, []string{"--join", made.JoinCode})...)
	rival.next(t)
	cheat.end(t, exitFailed)
	said := cheat.errs.String()
	if !strings.HasPrefix(said, `yourmove: Fake cheats plays "a1a8" in `) || !strings.Contains(said, "FAILED_PRECONDITION (ILLEGAL_MOVE)") {
		t.Errorf("it says %q", said)
	}
	advice := regexp.MustCompile(`(?m)^  .* bot uci (.* --match \S+)$`).FindStringSubmatch(said)
	if advice == nil {
		t.Fatalf("how to go on is not said: %q", said)
	}
	heir := startBot(t, strings.Fields(advice[1])...) // the program at that path is an honest engine by now
	if n := heir.next(t); n.Match != made.Match || n.Seat != made.Seat || n.State != "active" {
		t.Errorf("it goes on with %+v", n)
	}
	sameEnd(t, heir, rival)
	heir.end(t, exitOK)
}

// TestBotUCIInterrupted: whoever interrupts an engine is told how it goes on, or how he does himself.
func TestBotUCIInterrupted(t *testing.T) {
	url, home := chessServer(t), t.TempDir()
	host := startBot(t, "--server", url, "--home", home, "--as", "Ann's own", "--engine", ucitest.Engine(t, ucitest.Plays), "--create",
		"--nodes", "5", "--engine-option", "Skill Level=3")
	made := host.next(t)
	host.stop()
	host.end(t, exitFailed)
	for _, want := range []string{
		"yourmove: interrupted\nThe match stays as it is. To go on:\n",
		" bot uci --server " + url + ` --as 'Ann'\''s own' --home ` + home + " --engine /",
		" --nodes 5 --output json --engine-option 'Skill Level=3' --match " + made.Match + "\n",
		" play --server " + url + ` --as 'Ann'\''s own' --home ` + home + " --match " + made.Match + "\n",
	} {
		if !strings.Contains(host.errs.String(), want) {
			t.Errorf("it says %q\nwant %q", host.errs.String(), want)
		}
	}
}

// TestBotUCIGetsNoSeat: the refusal says what a player can do, who is no operator.
func TestBotUCIGetsNoSeat(t *testing.T) {
	const unknown = "0199b000-0000-7000-8000-00000000000f"
	url := chessServer(t)
	host := []string{"--server", url, "--home", t.TempDir(), "--as", "Host", "--engine", ucitest.Engine(t, ucitest.Plays)}
	made := startBot(t, append(slices.Clip(host), "--create")...).next(t)
	for _, tt := range []struct{ flag, value, want string }{
		{"--join", made.JoinCode, "yourmove: Host sits in this match already; play under another name: --as NAME\n"},
		{"--join", "WRONG", "yourmove: no match with the code WRONG waits for players on " + url + "; ask again for the code, or make a match with --create\n"},
		{"--match", unknown, "yourmove: Host has no match " + unknown + " on " + url + "; its matches are listed by: "},
	} {
		if said := fails(t, append(slices.Clip(host), tt.flag, tt.value)...); !strings.HasPrefix(said, tt.want) {
			t.Errorf("%s %s: it says %q\nwant %q", tt.flag, tt.value, said, tt.want)
		}
	}
}
