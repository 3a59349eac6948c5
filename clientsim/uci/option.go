package uci

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The kinds of options whose values can be checked. There are strings besides, which may be anything.
const (
	check  = "check"
	spin   = "spin"
	combo  = "combo"
	button = "button"
)

// option is one that an engine has, as it declares it.
type option struct {
	name, kind string
	// min and max bound a spin; nil: it does not say.
	min, max *int64
	// choices are what a combo, or a check, may be.
	choices []string
}

// readOption reads a line such as "option name Hash type spin default 16 min 1 max 1024".
func readOption(line string) (o option, ok bool) {
	line, ok = strings.CutPrefix(line, "option name ")
	name, rest, _ := strings.Cut(line, " type ")
	kind, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	o = option{name: strings.TrimSpace(name), kind: kind}
	switch o.kind {
	case check:
		o.choices = []string{"true", "false"}
	case spin:
		o.min, o.max = bound(rest, "min"), bound(rest, "max")
	case combo:
		o.choices = choices(rest)
	}
	return o, ok
}

// bound returns the number behind a word, nil if there is none.
func bound(text, word string) *int64 {
	words := strings.Fields(text)
	i := slices.Index(words, word)
	if i < 0 || i+1 >= len(words) {
		return nil
	}
	n, err := strconv.ParseInt(words[i+1], 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// choices returns what stands behind each "var". A choice may have several words.
func choices(text string) []string {
	var list []string
	choosing := false
	for _, word := range strings.Fields(text) {
		switch {
		case word == "var":
			list, choosing = append(list, ""), true
		case word == "default":
			choosing = false
		case choosing:
			last := &list[len(list)-1]
			*last = strings.TrimSpace(*last + " " + word)
		}
	}
	return list
}

// takes reports whether the option may have this value. What the engine does not declare is left to it.
func (o option) takes(value string) bool {
	switch o.kind {
	case button:
		return value == ""
	case spin:
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && (o.min == nil || n >= *o.min) && (o.max == nil || n <= *o.max)
	}
	return len(o.choices) == 0 || o.choice(value) >= 0
}

// choice finds a value among the choices. Neither names nor values depend on upper and lower case.
func (o option) choice(value string) int {
	return slices.IndexFunc(o.choices, func(c string) bool { return strings.EqualFold(c, value) })
}

// values says what the option takes.
func (o option) values() string {
	switch {
	case o.kind == button:
		return "no value: it is a button"
	case o.kind != spin:
		return strings.Join(o.choices, " or ")
	case o.min != nil && o.max != nil:
		return fmt.Sprintf("a number from %d to %d", *o.min, *o.max)
	case o.min != nil:
		return fmt.Sprintf("a number from %d on", *o.min)
	case o.max != nil:
		return fmt.Sprintf("a number up to %d", *o.max)
	}
	return "a number"
}

// set is the command that sets the option, with the engine's own spelling: some are less generous about it than the
// protocol is.
func (o option) set(value string) string {
	if i := o.choice(value); i >= 0 {
		value = o.choices[i]
	}
	text := "setoption name " + o.name
	if value != "" {
		text += " value " + value
	}
	return text
}
