//go:build fault

package docs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	pb "yourmove/proto/gen/yourmove/v1"
)

// viaCurl hears by long-poll, by GET and by a stream, each time of another turn, with more arguments for curl.
func viaCurl(t *testing.T, url string, more ...string) {
	d := newDuel(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	curl := func(args ...string) []byte {
		t.Helper()
		args = append(append([]string{"-s", "--fail-with-body", "-H", "Authorization: Bearer " + d.ben}, more...), args...)
		out, err := exec.CommandContext(ctx, "curl", args...).Output()
		if err != nil {
			t.Fatalf("curl %q: %v\n%s", args, err, out)
		}
		return out
	}
	event := url + "/yourmove.v1.EventService/"

	// WaitEvents has its answer when the turn comes, not before.
	cursor, answer := d.now(t), make(chan []byte, 1)
	go func() {
		out, err := exec.CommandContext(ctx, "curl", append([]string{
			"-s", "-H", "Authorization: Bearer " + d.ben, "-H", "Content-Type: application/json",
			"-d", fmt.Sprintf(`{"cursor":%q,"wait":"55s"}`, cursor), event + "WaitEvents",
		}, more...)...).Output()
		if err != nil {
			out = []byte(err.Error())
		}
		answer <- out
	}()
	version := d.play(t, d.anna, "a1", 3)
	var waited pb.WaitEventsResponse
	if out := <-answer; protojson.Unmarshal(out, &waited) != nil {
		t.Fatalf("%s", out)
	}
	d.told(t, waited.GetEvents(), version, "a1")

	// ListEvents by GET, for the same.
	var listed pb.ListEventsResponse
	out := curl("-G", "-d", "connect=v1", "-d", "encoding=json", "--data-urlencode", fmt.Sprintf(`message={"cursor":%q}`, cursor), event+"ListEvents")
	if err := protojson.Unmarshal(out, &listed); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.told(t, listed.GetEvents(), version, "a1")

	// StreamEvents, frame by frame.
	dir := t.TempDir()
	body, header := filepath.Join(dir, "body"), filepath.Join(dir, "header")
	version = d.play(t, d.ben, "b1", version)
	message := fmt.Sprintf(`{"cursor":%q,"heartbeat":"5s"}`, d.now(t))
	frame := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	if err := os.WriteFile(body, frame, 0o600); err != nil {
		t.Fatal(err)
	}
	stream := listen(t, "curl", append([]string{
		"-sN", "-D", header, "-H", "Authorization: Bearer " + d.ben, "-H", "Content-Type: application/connect+json",
		"--data-binary", "@" + body, event + "StreamEvents",
	}, more...)...)
	if m := nextFrame(t, stream); m.GetReady() == nil || m.GetCursor() == "" || m.GetServerTime() == nil {
		t.Fatalf("the first message is %v", m)
	}
	headers := strings.ToLower(read(t, header))
	for _, want := range []string{"cache-control: no-store", "content-type: application/connect+json"} {
		if !strings.Contains(headers, want) {
			t.Errorf("the answer lacks %q:\n%s", want, headers)
		}
	}
	// nginx acts on it and takes it away.
	if want := "x-accel-buffering: no"; strings.Contains(headers, want) == strings.Contains(headers, "server: nginx") {
		t.Errorf("the answer has %q or not:\n%s", want, headers)
	}
	version = d.play(t, d.anna, "a2", version)
	m := nextFrame(t, stream)
	for m.GetHeartbeat() != nil { // on a slow machine
		m = nextFrame(t, stream)
	}
	d.told(t, m.GetEvents().GetEvents(), version, "a2")
	if m = nextFrame(t, stream); m.GetHeartbeat() == nil || m.GetCursor() == "" {
		t.Errorf("after that comes %v", m)
	}
}

// nextFrame reads one message of a stream in the Connect protocol.
func nextFrame(t *testing.T, r io.Reader) *pb.StreamEventsResponse {
	t.Helper()
	var prefix [5]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		t.Fatal("the stream broke off: ", err)
	}
	text := make([]byte, binary.BigEndian.Uint32(prefix[1:]))
	if _, err := io.ReadFull(r, text); err != nil {
		t.Fatal("the stream broke off: ", err)
	}
	if prefix[0] != 0 {
		t.Fatalf("a frame with the flags %d: %s", prefix[0], text)
	}
	var m pb.StreamEventsResponse
	if err := protojson.Unmarshal(text, &m); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return &m
}

// behindNginx starts nginx with the configuration of wire.md in front of a server, and returns the socket that it listens
// on.
func behindNginx(t *testing.T, url string) string {
	t.Helper()
	dir := t.TempDir()
	front := filepath.Join(dir, "front.sock")
	var config string
	for _, b := range blocks(t, wirePage) {
		if b.info == "nginx" {
			config += b.text
		}
	}
	for from, to := range map[string]string{
		"listen 443 ssl;": "listen unix:" + front + ";", "127.0.0.1:8080": strings.TrimPrefix(url, "http://"),
	} {
		if !strings.Contains(config, from) {
			t.Fatalf("%s has no configuration with %q", wirePage, from)
		}
		config = strings.ReplaceAll(config, from, to)
	}
	config = regexp.MustCompile(`(?m)^\s*(ssl_certificate|server_name).*\n`).ReplaceAllString(config, "")
	whole := "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(whole+config+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx" // not on everybody's PATH
	}
	cmd := exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", file)
	var log bytes.Buffer
	cmd.Stderr = &log
	start(t, cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx: %s", &log)
		}
	})
	await(t, "nginx listens", func() bool {
		conn, err := net.Dial("unix", front)
		return err == nil && conn.Close() == nil
	})
	return front
}

// await asks again and again whether something that another process does is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !so(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited in vain until ", what)
		}
	}
}
