//go:build fault

package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	pb "yourmove/proto/gen/yourmove/v1"
)

// viaGrpcurl hears by gRPC, which learns the API by reflection and from the proto files.
func viaGrpcurl(t *testing.T, url string) {
	const module = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"
	bin := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", module)
	install.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := []string{"-import-path", "../proto", "-import-path", "../third_party", "-proto", "yourmove/v1/event_service.proto"}
	for name, api := range map[string][]string{"reflection": nil, "files": files} {
		t.Run(name, func(t *testing.T) {
			d := newDuel(t, url)
			messages := json.NewDecoder(listen(t, filepath.Join(bin, "grpcurl"), append(api, "-plaintext",
				"-H", "Authorization: Bearer "+d.ben, "-d", fmt.Sprintf(`{"cursor":%q,"heartbeat":"5s"}`, d.now(t)),
				strings.TrimPrefix(url, "http://"), "yourmove.v1.EventService/StreamEvents")...))
			next := func() *pb.StreamEventsResponse {
				t.Helper()
				var raw json.RawMessage
				if err := messages.Decode(&raw); err != nil {
					t.Fatal("the stream broke off: ", err)
				}
				var m pb.StreamEventsResponse
				if err := protojson.Unmarshal(raw, &m); err != nil {
					t.Fatalf("%v: %s", err, raw)
				}
				return &m
			}
			if m := next(); m.GetReady() == nil {
				t.Fatalf("the first message is %v", m)
			}
			version := d.play(t, d.anna, "a1", 3)
			m := next()
			for m.GetHeartbeat() != nil { // on a slow machine
				m = next()
			}
			d.told(t, m.GetEvents().GetEvents(), version, "a1")
			if m = next(); m.GetHeartbeat() == nil {
				t.Errorf("after that comes %v", m)
			}
		})
	}
}
