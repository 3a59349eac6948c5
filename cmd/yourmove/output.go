package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// show prints an answer: as JSON the message itself, in the form in which the API sends it, else what table writes.
func (a *app) show(res proto.Message, table func(w io.Writer)) error {
	if a.output == "json" {
		data, err := protojson.Marshal(res)
		if err != nil {
			return fmt.Errorf("write the answer as JSON: %w", err)
		}
		return a.showJSON(json.RawMessage(data))
	}
	return a.showTable(table)
}

// showJSON prints one value on one line. Protojson varies its spaces on purpose; scripts that compare need one form.
func (a *app) showJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	_, err = a.stdout.Write(append(data, '\n'))
	return err
}

// showTable prints cells that table writes, separated by tabs, as columns.
func (a *app) showTable(table func(w io.Writer)) error {
	var buf bytes.Buffer
	tw := tabwriter.NewWriter(&buf, 0, 8, 2, ' ', 0)
	table(tw)
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(buf.String()) {
		if _, err := fmt.Fprintln(a.stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// row writes cells of a table. Texts that players chose may hold anything: a tab would break the table and an escape
// sequence the terminal.
func row(w io.Writer, cells ...any) {
	for i, c := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		s := oneLine(fmt.Sprint(c))
		if s == "" {
			s = "-"
		}
		fmt.Fprint(w, s)
	}
	fmt.Fprintln(w)
}

// when writes a time to the second in UTC, which is what servers' logs have.
func when(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().UTC().Format(time.RFC3339)
}

// word turns the name of an enumeration's value into a word: MATCH_STATE_ACTIVE with MATCH_STATE_ is active.
func word(value fmt.Stringer, prefix string) string {
	w := strings.ToLower(strings.TrimPrefix(value.String(), prefix))
	if w == "unspecified" {
		return "-"
	}
	return strings.ReplaceAll(w, "_", " ")
}

// yes writes a flag of a table.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// size writes a number of bytes for people.
func size(n uint64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, prefixes := float64(n)/unit, "KMGTP"
	i := 0
	for f >= unit && i < len(prefixes)-1 {
		f, i = f/unit, i+1
	}
	return fmt.Sprintf("%.1f %ciB", f, prefixes[i])
}
