//go:build fault

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"yourmove/game"
	"yourmove/server/servertest"
)

// TestRunCommands runs the commands of docs/rules.md in bash against a server with Hedge. The first ones of the README,
// which define some words, come before them.
func TestRunCommands(t *testing.T) {
	url := servertest.New(t, servertest.Options{Rules: []game.Rules{Hedge{}}}).Start()
	script := `curl() { command curl --fail-with-body "$@"; }` + "\n" + shell(t, "../../README.md")[0][2]
	for _, b := range shell(t, "../../docs/rules.md") {
		if b[1] == " refused" {
			b[2] = "if ( " + b[2] + " ); then echo 'was not refused'; exit 1; fi\n"
		}
		script += b[2]
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(script, "http://127.0.0.1:8080", url))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"     2   ?    0 ? ? ? ? ? ?", ">    1   3    0 ", "1:3 2:1 3:0 4:2", "ILLEGAL_MOVE"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("nothing says %s:\n%s", want, out)
		}
	}
}

// shell finds the blocks of a page that are fenced as sh: each whole, what stands behind sh, and its text.
func shell(t *testing.T, page string) [][]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```sh( refused)?\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatalf("%s has no commands", page)
	}
	return blocks
}
