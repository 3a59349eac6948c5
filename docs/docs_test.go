// Package docs_test checks that what the documentation says is so: each call, reason, value and metric is there, each
// command names calls and fields that exist, each answer shown can be one. With the build tag fault the commands are
// run as they stand, which needs bash and curl.
package docs_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"yourmove/game"
	"yourmove/game/pig"
	"yourmove/game/tictactoe"
	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/rpc"
	"yourmove/server/servertest"
)

// address is where the documentation says that the server is.
const address = "http://127.0.0.1:8080"

const (
	readme = "../README.md"
	api    = "api.md"
)

func rules() []game.Rules { return []game.Rules{tictactoe.Rules{}, pig.Rules{}} }

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// block is a fenced block: what stands behind the fence ("sh", "sh refused", "json" …), the heading above it, its text.
type block struct{ info, heading, text string }

func blocks(t *testing.T, path string) []block {
	t.Helper()
	var list []block
	var heading string
	var open *block
	for _, line := range strings.Split(read(t, path), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{info: info, heading: heading}
		case fence:
			list = append(list, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimLeft(line, "# ")
		}
	}
	if open != nil {
		t.Fatalf("%s: a block that does not end", path)
	}
	return list
}

// methods are the players' calls by path.
func methods() map[string]protoreflect.MethodDescriptor {
	all := map[string]protoreflect.MethodDescriptor{}
	for _, f := range []protoreflect.FileDescriptor{
		pb.File_yourmove_v1_player_service_proto, pb.File_yourmove_v1_match_service_proto, pb.File_yourmove_v1_event_service_proto,
	} {
		s := f.Services().Get(0)
		for i := range s.Methods().Len() {
			m := s.Methods().Get(i)
			all[fmt.Sprintf("/%s/%s", s.FullName(), m.Name())] = m
		}
	}
	return all
}

func message(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	typ, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return typ.New().Interface()
}

// TestEveryCall wants a section for each call, with a command that makes it and an answer that it can give. Streams are
// called in wire.md.
func TestEveryCall(t *testing.T) {
	shown, answered := map[string]bool{}, map[string]bool{}
	all := methods()
	for _, b := range blocks(t, api) {
		for path, m := range all {
			if b.heading != string(m.Name()) {
				continue
			}
			switch b.info {
			case "sh":
				for _, c := range curls(t, b.text) {
					shown[path] = shown[path] || c.path == path
				}
			case "json":
				answered[path] = true
				if err := protojson.Unmarshal([]byte(b.text), message(t, m.Output())); err != nil {
					t.Errorf("%s cannot answer this: %v\n%s", m.Name(), err, b.text)
				}
			}
		}
	}
	for path, m := range all {
		if !shown[path] && !m.IsStreamingServer() {
			t.Errorf("%s: its section in %s does not call it", path, api)
		}
		if !answered[path] {
			t.Errorf("%s: its section in %s shows no answer", path, api)
		}
	}
}

// TestErrorsShown reads the errors that are shown.
func TestErrorsShown(t *testing.T) {
	n := 0
	for _, b := range blocks(t, api) {
		if b.info != "json error" {
			continue
		}
		n++
		var e struct {
			Code    string
			Details []struct {
				Type, Value string
				Debug       json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(b.text), &e); err != nil {
			t.Fatal(err)
		}
		raw, err := base64.RawStdEncoding.DecodeString(e.Details[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		var value, debug errdetails.ErrorInfo
		if err := proto.Unmarshal(raw, &value); err != nil {
			t.Fatal(err)
		}
		if err := protojson.Unmarshal(e.Details[0].Debug, &debug); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(&value, &debug) || rpc.Code(game.Reason(value.GetReason())).String() != e.Code {
			t.Errorf("code %s; value %v, debug %v", e.Code, &value, &debug)
		}
	}
	if n == 0 {
		t.Error("no error is shown")
	}
}

// TestReasons compares the table of reasons with those that there are.
func TestReasons(t *testing.T) {
	want := map[string]string{"INTERNAL": "INTERNAL"}
	for _, r := range rpc.Reasons() {
		want[string(r)] = strings.ToUpper(rpc.Code(r).String())
	}
	_, table, _ := strings.Cut(read(t, api), "\n## Reasons\n")
	table, _, _ = strings.Cut(table, "\n## ")
	got := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| ([A-Z_]+) \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(table, -1) {
		if got[row[1]] != "" {
			t.Errorf("%s has two rows", row[1])
		}
		got[row[1]] = row[2]
	}
	if !maps.Equal(got, want) {
		t.Errorf("the table has %v\nand should have %v", got, want)
	}
}

func TestEnumerations(t *testing.T) {
	_, table, _ := strings.Cut(read(t, api), "\n## Enumerations\n")
	for _, f := range []protoreflect.FileDescriptor{
		pb.File_yourmove_v1_match_proto, pb.File_yourmove_v1_match_service_proto, pb.File_yourmove_v1_event_service_proto,
	} {
		for i := range f.Enums().Len() {
			e := f.Enums().Get(i)
			var names []string
			for j := range e.Values().Len() {
				names = append(names, "`"+string(e.Values().Get(j).Name())+"`")
			}
			if row := fmt.Sprintf("| %s | %s |\n", e.Name(), strings.Join(names, ", ")); !strings.Contains(table, row) {
				t.Errorf("%s has no row\n%s", api, row)
			}
		}
	}
}

// TestCommands looks at each curl command: does its call exist, and would the server take its body?
func TestCommands(t *testing.T) {
	all := methods()
	for _, path := range []string{readme, api} {
		n := 0
		for _, b := range blocks(t, path) {
			if !strings.HasPrefix(b.info, "sh") {
				continue
			}
			for _, c := range curls(t, b.text) {
				n++
				m, ok := all[c.path]
				if !ok {
					t.Errorf("%s: no such call: %s", path, c.path)
					continue
				}
				msg := message(t, m.Input())
				if err := protojson.Unmarshal([]byte(c.body), msg); err != nil {
					t.Errorf("%s, %s: %v: %s", path, c.path, err, c.body)
				} else if err := protovalidate.Validate(msg); err != nil {
					t.Errorf("%s, %s: %v: %s", path, c.path, err, c.body)
				}
				open := m.Name() == "SignIn" || m.Name() == "RefreshSession" || m.Name() == "ListGames"
				if _, token := c.header["Authorization"]; token == open {
					t.Errorf("%s, %s: brings a token: %v", path, c.path, token)
				}
			}
		}
		if n < 10 {
			t.Errorf("%s: found %d commands: is it still read rightly?", path, n)
		}
	}
}

// curl is a call as a command makes it.
type curl struct {
	path, body string
	header     map[string]string
}

// curls finds the calls in a piece of shell.
func curls(t *testing.T, shell string) []curl {
	t.Helper()
	var list []curl
	for _, at := range regexp.MustCompile(`\bcurl `).FindAllStringIndex(shell, -1) {
		c := curl{header: map[string]string{}}
		args, get := words(shell[at[1]:]), false
		for i := 0; i < len(args); i++ {
			next := func() string {
				if i++; i < len(args) {
					return args[i]
				}
				t.Errorf("%s: nothing follows %s", shell, args[i-1])
				return ""
			}
			switch arg := args[i]; arg {
			case "-s":
			case "-sw":
				next()
			case "-G":
				get = true
			case "-H":
				name, value, _ := strings.Cut(next(), ": ")
				c.header[name] = value
			case "-d", "--data-urlencode":
				value := next()
				if !get {
					c.body = value
				} else if name, v, _ := strings.Cut(value, "="); name == "message" {
					c.body = v
				}
			default:
				u, err := url.Parse(arg)
				if err != nil || !strings.HasPrefix(arg, address) {
					t.Errorf("%s: not understood: %s", shell, arg)
					continue
				}
				c.path = u.Path
			}
		}
		if !get && c.header["Content-Type"] != "application/json" {
			t.Errorf("%s: a POST without its content type", c.path)
		}
		list = append(list, c)
	}
	return list
}

const someID = "8c7e9ffd-c4e5-45ed-beb7-7189e9843f53"

// known is what stands in the variables of the documentation; all others hold ids or tokens.
var known = map[string]string{
	"API": address + "/yourmove.v1", "JSON": "Content-Type: application/json", "CODE": "K7Q2MZP4TA", "3": "7",
	"SECRET": base64.StdEncoding.EncodeToString([]byte("thirty-two bytes, not that random"[:32])),
}

// words splits a command as a shell does, up to its end, and puts something fitting for each variable and command.
func words(s string) []string {
	var list []string
	var word strings.Builder
	begun, double := false, false
	end := func() {
		if begun {
			list = append(list, word.String())
		}
		word.Reset()
		begun = false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && s[i+1] == '\n':
			i++
		case c == '"':
			double, begun = !double, true
		case c == '\'' && !double:
			n := strings.IndexByte(s[i+1:], '\'')
			word.WriteString(s[i+1 : i+1+n])
			i, begun = i+1+n, true
		case c == '$':
			value, n := variable(s[i:])
			word.WriteString(value)
			i, begun = i+n-1, true
		case c == ' ' && !double:
			end()
		case !double && strings.IndexByte("\n;|>)", c) >= 0:
			end()
			return list
		default:
			word.WriteByte(c)
			begun = true
		}
	}
	end()
	return list
}

// variable returns a value for the variable or command that s begins with, and its length.
func variable(s string) (value string, n int) {
	if strings.HasPrefix(s, "$(") {
		n = strings.IndexByte(s, ')') + 1
		if strings.Contains(s[:n], "base64") {
			return known["SECRET"], n
		}
		return someID, n
	}
	name := regexp.MustCompile(`^[A-Z_]+|^[0-9]`).FindString(s[1:])
	if v, ok := known[name]; ok {
		return v, 1 + len(name)
	}
	return someID, 1 + len(name)
}

// TestLinks follows the links to files.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, readme, "../CHANGELOG.md") {
		for _, l := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			to, anchor, _ := strings.Cut(l[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			path := page
			if to != "" {
				path = filepath.Join(filepath.Dir(page), to)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, path)), anchor) {
				t.Errorf("%s: %s has no heading #%s", page, path, anchor)
			}
		}
	}
}

func anchors(page string) []string {
	var list []string
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		list = append(list, strings.ReplaceAll(strings.ToLower(h[1]), " ", "-"))
	}
	return list
}

// TestNamedTests looks for the tests that reliability.md names.
func TestNamedTests(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			code.WriteString(read(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(read(t, "reliability.md"), -1) {
		if !strings.Contains(code.String(), "\nfunc "+name+"(") {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestMetrics compares the metrics of operations.md with those that a server has.
func TestMetrics(t *testing.T) {
	s := servertest.New(t, servertest.Options{Rules: rules()})
	url := s.Start()
	// Some are there only once something happened.
	secret := `{"guestSecret":"` + known["SECRET"] + `"}`
	token := between(post(t, url, "PlayerService/SignIn", "", secret), `"accessToken":`)
	id := between(post(t, url, "MatchService/CreateMatch", token,
		`{"requestId":"`+someID+`","game":"relay","seat":1,"startRule":"START_RULE_AT_ONCE"}`), `"matchId":`)
	post(t, url, "MatchService/SubmitTurn", token,
		`{"requestId":"8c7e9ffd-c4e5-45ed-beb7-7189e9843f54","matchId":"`+id+`","expectedVersion":"2","relay":{"nextSeats":[{"seat":1}]}}`)
	post(t, url, "MatchService/CancelMatch", token, `{"requestId":"8c7e9ffd-c4e5-45ed-beb7-7189e9843f55","matchId":"`+id+`"}`)
	cursor := between(post(t, url, "MatchService/ListMatches", token, `{}`), `"cursor":`)
	post(t, url, "EventService/WaitEvents", token, `{"cursor":"`+cursor+`","wait":"0s"}`)

	rec := httptest.NewRecorder()
	s.Admin.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	names := func(pattern, text string) []string {
		var list []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	have := names(`(?m)^# TYPE (yourmove_\w+) `, rec.Body.String())
	told := names("`(yourmove_[a-z_]+)`", read(t, "operations.md"))
	// There only while matches lack their rules.
	have = append(have, "yourmove_ruleset_missing_matches")
	slices.Sort(have)
	if !slices.Equal(have, told) {
		t.Errorf("the server has  %v\noperations.md has %v", have, told)
	}
}

func post(t *testing.T, url, call, token, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/yourmove.v1."+call, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %s", call, err, text)
	}
	return string(text)
}

// between returns the string that follows a name in JSON.
func between(text, name string) string {
	_, rest, _ := strings.Cut(text, name)
	_, rest, _ = strings.Cut(rest, `"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
