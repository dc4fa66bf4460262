package workflows

import "go.temporal.io/sdk/workflow"

// gate guards a change of frozen code: runs that began before it go on as they
// began. Frozen is what a workflow does outside a recorded step (the files of this
// package, and frozen.go of parcel, refund and delivery). Rules need no gate: they run
// inside recorded steps.
//
// To change frozen code, add a gate here, ask [gate.passed] where the old and the
// new code part, and record a history from before and one from after the change
// (make histories): TestEachGateHasAHistoryFromBeforeAndAfter counts them. A gate may
// go, together with the old code and its histories, when no run that began before it
// can be open any more.
type gate struct {
	// name is unique, and stays in histories for ever.
	name string
	// since is the day of the change, as 2026-11-27, and why its reason in a sentence.
	since, why string
	// until is the day from which the gate may go: since, and the longest life of a run.
	until string
}

// gates are all of them, oldest first. There is none: histories were recorded anew
// before the first release.
var gates []gate

var _ = gate.passed // until the first gate

// passed reports whether a run goes by the new code.
func (g gate) passed(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, g.name, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
