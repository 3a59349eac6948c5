//go:build fault

package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "yourmove/proto/gen/yourmove/v1"
)

// patience is for what must happen; it is only waited out by a test that fails.
const patience = 2 * time.Minute

// TestRealClients lets programs that others wrote hear of a match from the real server: curl, grpcurl, a client in
// TypeScript, and curl behind nginx.
func TestRealClients(t *testing.T) {
	url := serve(t)
	for name, run := range map[string]func(*testing.T){
		"commands of the page": func(t *testing.T) { runPage(t, url) },
		"curl":                 func(t *testing.T) { viaCurl(t, url) },
		"curl over h2c":        func(t *testing.T) { viaCurl(t, url, "--http2-prior-knowledge") },
		"curl behind nginx":    func(t *testing.T) { viaCurl(t, url, "--unix-socket", behindNginx(t, url)) },
		"grpcurl":              func(t *testing.T) { viaGrpcurl(t, url) },
		"TypeScript":           func(t *testing.T) { viaTypeScript(t, url) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t)
		})
	}
}

// serve starts yourmoved on a new directory, in a process of its own, until the test ends.
func serve(t *testing.T) (url string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "yourmoved")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../cmd/yourmoved").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "serve", "--dev", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	out := start(t, cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error("the server ended with ", err)
		}
		if t.Failed() {
			t.Logf("the server: %s", &log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ready := regexp.MustCompile(`listening on (http://[^ ,\n]+)`).FindStringSubmatch(line)
	if ready == nil {
		_ = cmd.Process.Kill()
		t.Fatalf("the server did not get ready: %q, %v", line, err)
	}
	return ready[1]
}

// start starts a program and returns what it writes. Whoever starts it waits for it.
func start(t *testing.T, cmd *exec.Cmd) io.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return out
}

// listen starts a program that is killed when the test ends, and returns what it writes.
func listen(t *testing.T, name string, args ...string) io.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out := start(t, cmd)
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("%s: %s", name, &stderr)
		}
	})
	return out
}

// ask makes a call in JSON.
func ask[R proto.Message](t *testing.T, url, call, token string, req proto.Message, res R) R {
	t.Helper()
	body, err := protojson.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal([]byte(post(t, url, call, token, string(body))), res); err != nil {
		t.Fatal(err)
	}
	return res
}

// signIn returns the access token of a new player.
func signIn(t *testing.T, url string) string {
	t.Helper()
	id := uuid.New()
	req := &pb.SignInRequest{Credential: &pb.SignInRequest_GuestSecret{GuestSecret: append(id[:], id[:]...)}}
	return ask(t, url, "PlayerService/SignIn", "", req, &pb.SignInResponse{}).GetSession().GetAccessToken()
}

// duel is a match of tic-tac-toe that has begun: Anna is X and has the first turn.
type duel struct{ url, match, anna, ben string }

func newDuel(t *testing.T, url string) duel {
	t.Helper()
	d := duel{url: url, anna: signIn(t, url), ben: signIn(t, url)}
	made := ask(t, url, "MatchService/CreateMatch", d.anna,
		&pb.CreateMatchRequest{RequestId: uuid.NewString(), Game: "tictactoe", Seat: 1}, &pb.CreateMatchResponse{})
	d.match = made.GetMatch().GetSummary().GetMatchId()
	d.join(t)
	return d
}

func (d duel) join(t *testing.T) {
	t.Helper()
	ask(t, d.url, "MatchService/JoinMatch", d.ben,
		&pb.JoinMatchRequest{RequestId: uuid.NewString(), MatchId: d.match}, &pb.JoinMatchResponse{})
}

// play takes a turn and returns its version.
func (d duel) play(t *testing.T, token, move string, version uint64) uint64 {
	t.Helper()
	return ask(t, d.url, "MatchService/SubmitTurn", token, &pb.SubmitTurnRequest{
		RequestId: uuid.NewString(), MatchId: d.match, ExpectedVersion: version, Moves: []*pb.Move{{Text: move}},
	}, &pb.SubmitTurnResponse{}).GetVersion()
}

// now returns a place in Ben's inbox behind all that happened.
func (d duel) now(t *testing.T) string {
	t.Helper()
	return ask(t, d.url, "MatchService/GetMatch", d.ben, &pb.GetMatchRequest{MatchId: d.match}, &pb.GetMatchResponse{}).GetCursor()
}

// told fails unless exactly the turn of that version is told.
func (d duel) told(t *testing.T, events []*pb.InboxEvent, version uint64, move string) {
	t.Helper()
	if len(events) != 1 || events[0].GetMatchId() != d.match || events[0].GetEvent().GetVersion() != version ||
		events[0].GetStanding() != pb.Standing_STANDING_MY_TURN {
		t.Fatalf("version %d was to be told: %v", version, events)
	}
	if moves := events[0].GetEvent().GetTurnTaken().GetMoves(); len(moves) != 1 || moves[0].GetText() != move {
		t.Fatalf("%s was to be told: %v", move, events)
	}
}

// runPage runs the commands of wire.md in bash as they stand.
func runPage(t *testing.T, url string) {
	var script strings.Builder
	for _, b := range blocks(t, wirePage) {
		if b.info == "sh" {
			script.WriteString(b.text)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-eu")
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), address, url))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"ready":`, `"turnTaken":`, `"heartbeat":`, `"serverTime":`, `"goneMatchIds"|"matches":`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("nothing says %s:\n%s", want, out)
		}
	}
	if regexp.MustCompile(`"code": ?"`).Match(out) {
		t.Errorf("a command was refused:\n%s", out)
	}
}
