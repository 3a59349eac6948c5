package game

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// ParseOptions reads options into a struct that holds the defaults; a field that it does not have is refused. What its
// errors say is for whoever typed the options.
func ParseOptions(o Options, into any) error {
	if len(o) == 0 {
		return nil
	}
	if !json.Valid(o) { // a decoder would stop behind the object and not see what else there is
		return errors.New("the options are not a JSON object")
	}
	if err := checkOptionNames(o, into); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(o))
	dec.DisallowUnknownFields() // in what the fields hold
	err := dec.Decode(into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("options: %s: %s, not %s", wrong.Field, optionWants(wrong.Type), optionGiven(wrong.Value))
	case err != nil:
		return fmt.Errorf("options: %w", err)
	}
	return nil
}

// checkOptionNames refuses what is no object, and fields that the struct does not have.
func checkOptionNames(o Options, into any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(o, &given); err != nil || given == nil {
		return errors.New("the options are not a JSON object")
	}
	t := reflect.TypeOf(into).Elem()
	if t.Kind() != reflect.Struct {
		return nil // a map takes any
	}
	known := optionNames(t)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }): // as encoding/json has it
		case len(known) == 0:
			return fmt.Errorf("options: %q: there are none", name)
		default:
			return fmt.Errorf("options: %q is none of them; there are: %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// optionNames are the names of a struct's fields in JSON.
func optionNames(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-" || f.Anonymous && name == "":
		case name == "":
			names = append(names, f.Name)
		default:
			names = append(names, name)
		}
	}
	return names
}

// optionWants says what a field takes.
func optionWants(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "an object"
}

// optionGiven says what encoding/json found instead: its kind or, of a number, the number.
func optionGiven(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		return number
	}
	switch value {
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object"
	}
	return "a " + value
}

// FormatOptions writes options back with their defaults filled in, for Rules.Check.
func FormatOptions(from any) (Options, error) {
	b, err := json.Marshal(from)
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return b, nil
}
