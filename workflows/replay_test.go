package workflows_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
	"waybill/workflows"
)

// TestReplay replays recorded histories. One that fails means that parcels
// which are under way would be stuck after a deployment: make the change under
// workflow.GetVersion. "make histories" records new ones; old ones stay for as
// long as parcels of that version may live.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "no history to replay: record some with make histories")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			about := &workflows.Parcels{Policy: func(string) parcel.Policy {
				t.Error("a replay asked for the policy: its decisions have to come from history")
				return parcel.Policy{}
			}}
			refunds := &workflows.Refunds{Policy: func(string) refund.Policy {
				t.Error("a replay asked for the policy of refunds: its decisions have to come from history")
				return refund.Policy{}
			}}
			replayer.RegisterWorkflowWithOptions(refunds.ApproveRefund, workflow.RegisterOptions{Name: string(contract.ApproveRefund)})
			replayer.RegisterWorkflowWithOptions(workflows.TallyRefunds, workflow.RegisterOptions{Name: string(contract.TallyRefunds)})
			replayer.RegisterWorkflowWithOptions(workflows.CountRefunds, workflow.RegisterOptions{Name: string(contract.CountRefunds)})
			replayer.RegisterWorkflowWithOptions(workflows.FindReturn, workflow.RegisterOptions{Name: string(contract.FindReturn)})
			replayer.RegisterWorkflowWithOptions(workflows.SignIn, workflow.RegisterOptions{Name: string(contract.SignIn)})
			replayer.RegisterWorkflowWithOptions(workflows.RememberSignOuts, workflow.RegisterOptions{Name: string(contract.RememberSignOuts)})
			replayer.RegisterWorkflowWithOptions(about.TrackParcel, workflow.RegisterOptions{Name: string(contract.TrackParcel)})
			replayer.RegisterWorkflowWithOptions(workflows.GatherColli, workflow.RegisterOptions{Name: string(contract.GatherColli)})
			replayer.RegisterWorkflowWithOptions(workflows.TraceBounce, workflow.RegisterOptions{Name: string(contract.TraceBounce)})
			replayer.RegisterWorkflowWithOptions(workflows.WatchIntegration, workflow.RegisterOptions{Name: string(contract.WatchIntegration)})
			replayer.RegisterWorkflowWithOptions(workflows.ReconcileParcels, workflow.RegisterOptions{Name: string(contract.ReconcileParcels)})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(nil, file),
				"frozen code changed: guard the change with a gate in workflows/gates.go")
		})
	}
}
