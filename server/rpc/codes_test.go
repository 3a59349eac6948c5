package rpc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"connectrpc.com/connect/v2"

	"yourmove/game"
	"yourmove/server/rpc"
)

// declaredReasons reads the constants of type game.Reason from their source, so that a new one is noticed.
func declaredReasons(t *testing.T) []game.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../game/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var list []game.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Reason" {
			return true
		}
		for _, v := range spec.Values {
			s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, game.Reason(s))
		}
		return true
	})
	return list
}

func TestCodes(t *testing.T) {
	declared, known := declaredReasons(t), rpc.Reasons()
	if len(declared) < 30 {
		t.Fatalf("found %d reasons in game/error.go: is it still read rightly?", len(declared))
	}
	for _, r := range declared {
		if !slices.Contains(known, r) {
			t.Errorf("%s has no code", r)
		}
	}
	for _, r := range known {
		if !slices.Contains(declared, r) {
			t.Errorf("%s has a code and is not declared in game/error.go", r)
		}
		switch c := rpc.Code(r); c {
		case 0, connect.CodeInternal, connect.CodeUnknown, connect.CodeUnimplemented, connect.CodeCanceled:
			t.Errorf("%s has the code %v, which tells a caller nothing", r, c)
		}
	}
}
