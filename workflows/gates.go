package workflows

import "go.temporal.io/sdk/workflow"

// gate guards a change of frozen code: runs that began before it go on as they began. Frozen
// is what a workflow does outside a recorded step (the files of this package, and frozen.go of
// parcel, refund and delivery).
//
// To change frozen code, add a gate here, ask [gate.passed] where the old and the new code
// part, and record a history from before and one from after the change (make histories):
// TestEachGateHasAHistoryFromBeforeAndAfter counts them.
type gate struct {
	// name is unique, and stays in histories for ever.
	name string
	// since is the day of the change, as 2026-11-27, and why its reason in a sentence. From
	// the day until, the longest life of a run later, the gate and the old code may go.
	since, why, until string
}

// gates are all of them, oldest first.
var gates []gate

var _ = gate.passed // until the first gate

// passed reports whether a run goes by the new code.
func (g gate) passed(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, g.name, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
