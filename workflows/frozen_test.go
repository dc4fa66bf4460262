package workflows_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// Frozen code is replayed over old histories; free code runs only inside recorded
// steps, or writes words for people. CONTRIBUTING says which is which:
//
//   - frozen: the files of this package, and frozen.go of the pure rooms;
//   - free: *_rules.go and details_*.go of this package, and everything else of the
//     pure rooms, of which words.go may be called for its words anywhere.
var pureRooms = []string{"waybill/parcel", "waybill/refund", "waybill/delivery"}

// recordedBy are the functions whose function arguments run inside a recorded step,
// or answer a query or a validator, which leave nothing in history.
var recordedBy = []string{"step", "stepFrom", "certain", "certainFrom", "happen", "happenFrom", "happenIf", "onOrder", "onErase", "onQuery", "onQuestion", "onRefundFact", "SideEffectWithOptions"}

// recordedBodies are functions that only run inside a recorded step.
var recordedBodies = []string{"try", "said", "happened", "changed", "attempt", "rehearse"}

func TestWorkflowsCallRulesInsideRecordedStepsOnly(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports,
	}, append([]string{"waybill/workflows"}, pureRooms...)...)
	require.NoError(t, err)
	require.Len(t, loaded, 1+len(pureRooms))
	var broken []string
	frozenFiles := 0
	for _, pkg := range loaded {
		require.Empty(t, pkg.Errors)
		for _, file := range pkg.Syntax {
			name := filepath.Base(pkg.Fset.Position(file.Pos()).Filename)
			if !frozenFile(pkg.PkgPath, name) {
				continue
			}
			frozenFiles++
			for _, call := range outsideSteps(file) {
				callee, where := calleeOf(pkg, call)
				if callee != nil && freeCode(callee.Pkg().Path(), where) && !forDetails(file, call) && !harmless[callee.FullName()] {
					broken = append(broken, fmt.Sprintf("%s calls %s of %s", pkg.Fset.Position(call.Pos()), callee.Name(), where))
				}
			}
		}
	}
	require.Greater(t, frozenFiles, 10)
	require.Empty(t, broken, "rules may change at any time, and what a workflow does outside a recorded step may not: call them inside step, or move what is frozen to frozen.go and guard its changes with a gate (workflows/gates.go)")
}

// harmless calls only choose which orders are listened for, and say what they do:
// that leaves nothing in history.
var harmless = map[string]bool{
	"waybill/refund.Orders": true, "(waybill/refund.Order).Example": true, "(waybill/refund.Order).Does": true,
	"waybill/parcel.Orders": true, "(waybill/parcel.Order).Usage": true,
}

func frozenFile(pkg, file string) bool {
	if pkg != "waybill/workflows" {
		return file == "frozen.go"
	}
	return !freeHere(file)
}

func freeHere(file string) bool {
	return strings.HasSuffix(file, "_rules.go") || strings.HasPrefix(file, "details_")
}

// freeCode reports whether what is defined in a file may change at any time, and
// matters to what a workflow does.
func freeCode(pkg, file string) bool {
	if pkg == "waybill/workflows" {
		return freeHere(file)
	}
	return slices.Contains(pureRooms, pkg) && file != "frozen.go" && file != "words.go"
}

// outsideSteps are the calls of a file that do not run inside a recorded step.
func outsideSteps(file *ast.File) []*ast.CallExpr {
	var calls []*ast.CallExpr
	var look func(ast.Node) bool
	look = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return !slices.Contains(recordedBodies, n.Name.Name)
		case *ast.CallExpr:
			calls = append(calls, n)
			if slices.Contains(recordedBy, calledName(n)) {
				ast.Inspect(n.Fun, look)
				for _, arg := range n.Args {
					if _, literal := arg.(*ast.FuncLit); !literal {
						ast.Inspect(arg, look)
					}
				}
				return false
			}
		case *ast.AssignStmt:
			// follow := func(p *parcel.Parcel, ...): passed to onOrder.
			for i, right := range n.Rhs {
				if _, literal := right.(*ast.FuncLit); literal && i < len(n.Lhs) {
					if name, ok := n.Lhs[i].(*ast.Ident); ok && slices.Contains([]string{"follow", "refused", "note"}, name.Name) {
						return false
					}
				}
			}
		}
		return true
	}
	ast.Inspect(file, look)
	return calls
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		if id, ok := f.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

// calleeOf is the function that is called, and the file that it stands in.
func calleeOf(pkg *packages.Package, call *ast.CallExpr) (*types.Func, string) {
	var id *ast.Ident
	switch f := call.Fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil, ""
	}
	callee, ok := pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok || callee.Pkg() == nil {
		return nil, ""
	}
	return callee, filepath.Base(pkg.Fset.Position(callee.Origin().Pos()).Filename)
}

// forDetails reports whether a call is an argument of SetCurrentDetails: that writes
// words for people and leaves nothing in history.
func forDetails(file *ast.File, call *ast.CallExpr) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		outer, ok := n.(*ast.CallExpr)
		if ok && calledName(outer) == "SetCurrentDetails" && outer.Pos() <= call.Pos() && call.End() <= outer.End() {
			found = true
		}
		return !found
	})
	return found
}
