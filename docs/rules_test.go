package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	rulesPage = "rules.md"
	smallest  = "../game/tictactoe/tictactoe.go"
)

// TestRulesCode looks for the code of rules.md in the games that it tells of: line by line, but for indentation and for
// what … stands for.
func TestRulesCode(t *testing.T) {
	files, err := filepath.Glob("../examples/hedge/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources [][]string
	for _, path := range append(files, smallest) {
		sources = append(sources, lines(read(t, path)))
	}
	n := 0
	for _, b := range blocks(t, rulesPage) {
		if b.info != "go" {
			continue
		}
		n++
		if !slices.ContainsFunc(sources, func(source []string) bool { return holds(source, lines(b.text)) }) {
			t.Errorf("%s: no file has this:\n%s", b.heading, b.text)
		}
	}
	if n < 8 {
		t.Errorf("found %d pieces of code: is the page still read rightly?", n)
	}
}

// lines splits a text and takes the indentation away.
func lines(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range list {
		list[i] = strings.TrimSpace(line)
	}
	return list
}

// holds reports whether the source has the lines that are shown, in this order, with anything in the place of "…".
func holds(source, shown []string) bool {
	for len(shown) > 0 {
		part := shown
		if gap := slices.Index(shown, "…"); gap >= 0 {
			part, shown = shown[:gap], shown[gap+1:]
		} else {
			shown = nil
		}
		at := 0
		for ; at+len(part) <= len(source) && !slices.Equal(source[at:at+len(part)], part); at++ {
		}
		if at+len(part) > len(source) {
			return false
		}
		source = source[at+len(part):]
	}
	return true
}

// TestHolds: the test above must be able to fail.
func TestHolds(t *testing.T) {
	source := lines("func a() {\n\tb()\n\tc()\n\td()\n}\n")
	for shown, want := range map[string]bool{
		"func a() {\nb()\nc()\nd()\n}": true, "b()\n  c()": true, "func a() {\n…\nd()\n}": true, "…\nc()\n…": true,
		"b()\nd()": false, "d()\n…\nb()": false, "b()\n…\nb()": false, "c": false, "b()\n…\ne()": false,
	} {
		if got := holds(source, lines(shown)); got != want {
			t.Errorf("%q is in the source: %v", shown, got)
		}
	}
}

// TestSmallestGame counts the lines of tic-tac-toe.
func TestSmallestGame(t *testing.T) {
	told := regexp.MustCompile(`Tic-tac-toe takes (\d+) lines, counted whole`).FindStringSubmatch(read(t, rulesPage))
	n := strings.Count(read(t, smallest), "\n")
	if told == nil || told[1] != strconv.Itoa(n) {
		t.Errorf("%s has %d lines; %s says %q", smallest, n, rulesPage, told)
	}
	if n > 60 {
		t.Errorf("%s has %d lines, more than 60", smallest, n)
	}
}

// TestRulesTables compares the methods and interfaces that rules.md tells of with those of package game.
func TestRulesTables(t *testing.T) {
	page := read(t, rulesPage)
	interfaces := methodsOf(t, "../game/rules.go", "../game/think.go")
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| ((?:`\\w+`(?:, )?)+) \\| [^|`]+ \\|$").FindAllStringSubmatch(page, -1) {
		told = append(told, strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ")...)
	}
	slices.Sort(told)
	if want := slices.Sorted(slices.Values(interfaces["Rules"])); !slices.Equal(told, want) {
		t.Errorf("Rules has  %v\nthe page has %v", want, told)
	}
	delete(interfaces, "Rules")
	optional := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `(\\w+)` \\|").FindAllStringSubmatch(page, -1) {
		optional[row[1]] = []string{row[2]}
	}
	if !maps.EqualFunc(optional, interfaces, slices.Equal) {
		t.Errorf("optional are   %v\nthe page has %v", interfaces, optional)
	}
}

// methodsOf lists the methods of the interfaces that some files declare.
func methodsOf(t *testing.T, paths ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if typ, ok := spec.Type.(*ast.InterfaceType); ok {
					for _, m := range typ.Methods.List {
						all[spec.Name.Name] = append(all[spec.Name.Name], m.Names[0].Name)
					}
				}
			}
			return true
		})
	}
	return all
}
