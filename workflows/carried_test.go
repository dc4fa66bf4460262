package workflows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Everyone who reaches Temporal can start a workflow with a state of their own. Each workflow
// asks carried whether the run before this one has left it.
func TestNoWorkflowTakesOverAStateWithoutAsking(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	asks := 0
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		asked := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "carried" {
					asked[call.Args[1]] = true
					asks++
				}
			}
			if field, ok := n.(*ast.SelectorExpr); ok && field.Sel.Name == "Carried" {
				if from, ok := field.X.(*ast.Ident); ok && from.Name == "start" {
					require.True(t, asked[field], "%s takes over start.Carried without asking carried", path)
				}
			}
			return true
		})
	}
	require.Equal(t, 8, asks, "one for each workflow that continues as new")
}
