package main

import (
	"bytes"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	"yourmove/clientsim"
	"yourmove/game"
	yourmovev1 "yourmove/proto/gen/yourmove/v1"
	"yourmove/server/servertest"
)

// TestEpoch: cursors given out before are refused afterwards, and those of the new epoch work.
func TestEpoch(t *testing.T) {
	s := servertest.New(t, servertest.Options{})
	c := clientsim.NewClient(connectinprocess.New(s.RPC), clientsim.ClientOptions{})
	cursor := func(since string) (string, error) {
		list, err := c.ListMatches(t.Context(), &yourmovev1.ListMatchesRequest{ChangedSince: since})
		return list.GetCursor(), err
	}
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := cursor("")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"epoch", "--data", s.Dir}, &out, &errs); code != exitFailed || !strings.Contains(errs.String(), "is in use by another process") {
		t.Errorf("while a server runs: exit code %d, %s", code, errs.String())
	}
	if _, err := cursor(before); err != nil {
		t.Errorf("it was refused, and yet: %v", err)
	}
	s.Close()
	var epochs struct {
		Before string `json:"epoch_before"`
		After  string `json:"epoch_after"`
	}
	command(t, &epochs, "epoch", "--data", s.Dir, "--json")
	if epochs.Before == epochs.After || epochs.Before == "" {
		t.Errorf("it prints %+v", epochs)
	}
	s = servertest.New(t, servertest.Options{Dir: s.Dir, Keys: s.Keys})
	c = clientsim.NewClient(connectinprocess.New(s.RPC), clientsim.ClientOptions{})
	if err := c.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := cursor(before); connect.CodeOf(err) != connect.CodeOutOfRange || clientsim.Reason(err) != game.CursorExpired {
		t.Errorf("a cursor from before: %v", err)
	}
	after, err := cursor("")
	if err == nil {
		_, err = cursor(after)
	}
	if err != nil {
		t.Errorf("a cursor from afterwards: %v", err)
	}
}
