package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pb "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/rpc"
)

const (
	wirePage   = "wire.md"
	typeScript = "../examples/clients/typescript"
)

// clients are the pages of wire.md with code that is not compiled here, by the language of their blocks.
var clients = map[string]string{
	"wire/kotlin.md": "kotlin", "wire/swift.md": "swift", "wire/dart.md": "dart", "wire/csharp.md": "csharp",
}

// TestWireCode looks for the code of the TypeScript page in the client that is tested.
func TestWireCode(t *testing.T) {
	source := lines(read(t, typeScript+"/src/client.ts") + read(t, typeScript+"/src/kept.ts"))
	n := 0
	for _, b := range blocks(t, "wire/typescript.md") {
		if b.info != "ts" {
			continue
		}
		n++
		if !holds(source, lines(b.text)) {
			t.Errorf("the client does not have this:\n%s", b.text)
		}
	}
	if n < 5 {
		t.Errorf("found %d pieces of code: is the page still read rightly?", n)
	}
}

// vocabulary is what may be said on the wire.
type vocabulary struct {
	calls, values, fields map[string]bool
	// messages are the fields of each message.
	messages map[string]map[string]bool
}

func wireVocabulary() vocabulary {
	v := vocabulary{calls: map[string]bool{}, values: map[string]bool{}, fields: map[string]bool{}, messages: map[string]map[string]bool{}}
	for _, r := range rpc.Reasons() {
		v.values[string(r)] = true
	}
	v.values["INTERNAL"] = true
	protoregistry.GlobalFiles.RangeFilesByPackage(pb.File_yourmove_v1_event_service_proto.Package(), func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				v.calls[string(s.Name())+"/"+string(s.Methods().Get(j).Name())] = true
			}
		}
		for i := range f.Enums().Len() {
			for j := range f.Enums().Get(i).Values().Len() {
				v.values[string(f.Enums().Get(i).Values().Get(j).Name())] = true
			}
		}
		for i := range f.Messages().Len() {
			m := f.Messages().Get(i)
			own := map[string]bool{}
			for j := range m.Fields().Len() {
				own[m.Fields().Get(j).JSONName()], v.fields[m.Fields().Get(j).JSONName()] = true, true
			}
			v.messages[string(m.Name())] = own
		}
		return true
	})
	// An error in the Connect protocol.
	for _, name := range []string{"error", "code", "details", "debug", "reason", "retryDelay"} {
		v.fields[name] = true
	}
	return v
}

// unknown returns the words of a piece of code that look like something on the wire and are not: in quotes the names of
// calls, values and fields; beside them, in C#, the fields of the classes that are named as messages are.
func (v vocabulary) unknown(language, code string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`"([^"\n]*)"|'([^'\n]*)'`).FindAllStringSubmatch(code, -1) {
		word := m[1] + m[2]
		known := true
		switch {
		case regexp.MustCompile(`^\w+Service/\w+$`).MatchString(word):
			known = v.calls[word]
		case regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$|^[A-Z]{5,}$`).MatchString(word):
			known = v.values[word]
		case regexp.MustCompile(`^[a-z][a-zA-Z]+$`).MatchString(word):
			known = v.fields[word]
		}
		if !known {
			list = append(list, word)
		}
	}
	if language != "csharp" {
		return list
	}
	for _, class := range regexp.MustCompile(`class (\w+) \{(.*)\}`).FindAllStringSubmatch(code, -1) {
		message, ok := v.messages[class[1]]
		if !ok && !strings.HasPrefix(class[1], "Connect") && !slices.Contains([]string{"Refusal", "Empty"}, class[1]) {
			list = append(list, class[1])
		}
		for _, field := range regexp.MustCompile(`public [\w<>]+ @?(\w+)`).FindAllStringSubmatch(class[2], -1) {
			if ok && !message[field[1]] || strings.HasPrefix(class[1], "Connect") && !v.fields[field[1]] {
				list = append(list, class[1]+"."+field[1])
			}
		}
	}
	return list
}

// TestWireNames looks at the clients that are not compiled here: does whatever they say on the wire exist?
func TestWireNames(t *testing.T) {
	v := wireVocabulary()
	for page, language := range clients {
		var code strings.Builder
		for _, b := range blocks(t, page) {
			if b.info == language {
				code.WriteString(b.text)
			}
		}
		for _, word := range v.unknown(language, code.String()) {
			t.Errorf("%s: the API has no %s", page, word)
		}
		for _, call := range []string{
			"PlayerService/SignIn", "PlayerService/RefreshSession", "MatchService/ListMatches", "MatchService/SubmitTurn",
			"EventService/WaitEvents", "EventService/AckEvents",
		} {
			if !strings.Contains(code.String(), call) {
				t.Errorf("%s does not call %s", page, call)
			}
		}
	}
	for _, b := range blocks(t, wirePage) {
		if b.info == "nginx" || b.info == "" {
			continue
		}
		for _, name := range regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(b.text, -1) {
			if !v.fields[name[1]] {
				t.Errorf("%s: the API has no field %s", wirePage, name[1])
			}
		}
	}
	prose := regexp.MustCompile("`((?:END_REASON|STANDING)_[A-Z_]+|[A-Z]+_[A-Z_]+)`").FindAllStringSubmatch(read(t, wirePage), -1)
	for _, name := range prose {
		if !v.values[name[1]] {
			t.Errorf("%s: the API has no %s", wirePage, name[1])
		}
	}
	for name := range v.values {
		if strings.HasPrefix(name, "END_REASON_") && !strings.HasSuffix(name, "_UNSPECIFIED") && !strings.Contains(read(t, wirePage), name) {
			t.Errorf("%s does not say what to do about %s", wirePage, name)
		}
	}
}

// TestWireNamesNotices: the test above must be able to fail.
func TestWireNamesNotices(t *testing.T) {
	v := wireVocabulary()
	for code, want := range map[string][]string{
		`post("EventService/WaitEvents", put("cursor", 1))`: nil,
		`post("EventService/WaitEvent", put("cusor", 1))`:   {"EventService/WaitEvent", "cusor"},
		`case 'END_REASON_REPLACE' -> m['matchID']`:         {"END_REASON_REPLACE", "matchID"},
		`"text/html" "25s" "v1" "SESSION_OVER" "DRAINED"`:   {"SESSION_OVER", "DRAINED"},
	} {
		if got := v.unknown("kotlin", code); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, not %q", code, got, want)
		}
	}
	classes := "class Seen { public string matchId; public int verson; }\nclass Sen { }\nclass ConnectError { public string cod; }"
	if got, want := v.unknown("csharp", classes), []string{"Seen.verson", "Sen", "ConnectError.cod"}; !slices.Equal(got, want) {
		t.Errorf("found %q, not %q", got, want)
	}
}

// TestWireLinks follows the links of the clients' pages, and wants each of them linked.
func TestWireLinks(t *testing.T) {
	pages, err := filepath.Glob("wire/*.md")
	if err != nil || len(pages) != len(clients)+1 {
		t.Fatalf("the pages are %q, %v", pages, err)
	}
	for _, page := range pages {
		if !strings.Contains(read(t, wirePage), "]("+page+")") {
			t.Errorf("%s does not link %s", wirePage, page)
		}
		for _, l := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), l[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
