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

// oldestHistories is the schema of the oldest histories that this build replays. Raise it
//
//   - by the number of gates that go: the code that they guarded goes with them;
//   - by one if frozen code changes without a gate, so that histories of a released version do not
//     replay any more. Workflows that are open then are stuck: it is a breaking change.
//
// It stays 1 until the first release. After that, a release that changed or removed a recorded
// history of the release before has to raise it: scripts/release.sh refuses it otherwise.
const oldestHistories = 1

// Histories are the schemas of histories that this build replays, from the oldest to the newest. Each
// gate makes a new one. New workflows are of the newest. A build can take over open workflows,
// also from a newer build, if their histories are of these schemas.
func Histories() (oldest, newest int) { return oldestHistories, oldestHistories + len(gates) }

var _ = gate.passed // until the first gate

// passed reports whether a run goes by the new code.
func (g gate) passed(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, g.name, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
