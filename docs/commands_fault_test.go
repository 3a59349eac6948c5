//go:build fault

package docs_test

import (
	"os/exec"
	"strings"
	"testing"

	"yourmove/server/servertest"
)

// TestRunCommands runs the commands of a page in bash as they stand, one after the other, against a new server: each
// must do what it is there for, those of a block "sh refused" be refused.
func TestRunCommands(t *testing.T) {
	for page, wants := range map[string][]string{
		readme: {"1 XO.", "MATCH_STATE_FINISHED", "RESULT_WON", "STANDING_FINISHED_UNSEEN", "NOT_YOUR_TURN", `"seed"`},
		api: {
			"STANDING_ARCHIVED", "MATCH_STATE_CANCELLED", "ENDING_DECLARED", `"unchanged"`, "VERSION_MISMATCH", "ILLEGAL_MOVE",
			`"score"`, `"legalMoves"`, `"refreshToken"`,
		},
	} {
		t.Run(page, func(t *testing.T) {
			url := servertest.New(t, servertest.Options{Rules: rules()}).Start()
			var script strings.Builder
			script.WriteString("curl() { command curl --fail-with-body \"$@\"; }\n")
			for _, b := range blocks(t, page) {
				switch b.info {
				case "sh":
					script.WriteString(b.text)
				case "sh refused":
					script.WriteString("if ( " + b.text + " ); then echo 'was not refused'; exit 1; fi\n")
				}
			}
			cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail")
			cmd.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), address, url))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range wants {
				if !strings.Contains(string(out), want) {
					t.Errorf("nothing says %s:\n%s", want, out)
				}
			}
		})
	}
}
