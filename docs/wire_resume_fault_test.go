//go:build fault

package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "yourmove/proto/gen/yourmove/v1"
)

// goesOn kills the client while the opponent moves, and changes what it has kept: before that, this is the match and the
// cursor as they are now, with an older event as the last one heard. Started again, it has to take its turn.
func goesOn(t *testing.T, url, program string, change func(kept, match map[string]any)) {
	file := filepath.Join(t.TempDir(), "kept.json")
	first := startNode(t, program, url, file, "2")
	d := duel{url: url, match: first.match(t), ben: signIn(t, url)}
	d.join(t)
	first.until(t, "version 4 turnTaken")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.cmd.Wait() // it was killed
	d.play(t, d.ben, "b1", 4)
	kept := object(t, read(t, file))
	session := object(t, post(t, url, "PlayerService/SignIn", "", fmt.Sprintf(`{"guestSecret":%q}`, kept["secret"])))["session"]
	got := object(t, post(t, url, "MatchService/GetMatch", session.(map[string]any)["accessToken"].(string), fmt.Sprintf(`{"matchId":%q}`, d.match)))
	match := map[string]any{"heard": "4", "match": got["match"]}
	kept["cursor"], kept["matches"] = got["cursor"], map[string]any{d.match: match}
	change(kept, match)
	text, err := json.Marshal(kept)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	second := startNode(t, program, url, file, "2")
	second.until(t, "version 6 turnTaken")
	d.play(t, d.ben, "b2", 6)
	second.won(t)
	if !slices.Equal(second.heard, whole[5:]) {
		t.Errorf("it heard %q", second.heard)
	}
}

// replaced starts the client twice with one session: the first one makes room and does not come back.
func replaced(t *testing.T, url, program string) {
	file := filepath.Join(t.TempDir(), "kept.json")
	first := startNode(t, program, url, file, "2")
	d := duel{url: url, match: first.match(t), ben: signIn(t, url)}
	first.until(t, whole[0])
	second := startNode(t, program, url, file, "2")
	if first.lines.Scan() {
		t.Errorf("it says %q", first.lines.Text())
	}
	if err := first.cmd.Wait(); err != nil {
		t.Error("it ended with ", err)
	}
	d.join(t)
	second.until(t, whole[2])
}

// late has the client reconnect, and then takes its place twice, as an older connection may that arrives late: the client
// comes back the first time alone.
func late(t *testing.T, url, program string) {
	way := newCuttable(t, url)
	file := filepath.Join(t.TempDir(), "kept.json")
	n := startNode(t, program, way.url, file, "2")
	d := duel{url: url, match: n.match(t), ben: signIn(t, url)}
	d.join(t)
	n.until(t, "version 4 turnTaken")
	way.cut()
	d.play(t, d.ben, "b1", 4)
	way.mend()
	n.until(t, "version 6 turnTaken")
	kept := object(t, read(t, file))
	res := ask(t, url, "PlayerService/RefreshSession", "", &pb.RefreshSessionRequest{RefreshToken: kept["refreshToken"].(string)}, &pb.RefreshSessionResponse{})
	wait := func(long time.Duration) *pb.StreamEnd {
		req := &pb.WaitEventsRequest{Cursor: kept["cursor"].(string), Wait: durationpb.New(long)}
		for {
			got := ask(t, url, "EventService/WaitEvents", res.GetSession().GetAccessToken(), req, &pb.WaitEventsResponse{})
			if len(got.GetEvents()) == 0 {
				return got.GetEnd()
			}
			req.Cursor = got.GetCursor() // the file was not the newest
		}
	}
	if end := wait(55 * time.Second); end.GetReason() != pb.EndReason_END_REASON_REPLACED {
		t.Errorf("the first wait ended with %v", end)
	}
	if end := wait(time.Second); end != nil {
		t.Errorf("the second wait ended with %v", end)
	}
	if n.lines.Scan() {
		t.Errorf("it says %q", n.lines.Text())
	}
	if err := n.cmd.Wait(); err != nil {
		t.Error("it ended with ", err)
	}
}

// object reads a text in JSON.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return o
}
