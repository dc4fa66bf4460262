package workflows_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/codec"
	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
	"waybill/tracing"
	"waybill/workflows"
)

// TestReplay replays recorded histories, of each workflow at least one. One that fails
// means that parcels which are under way would be stuck after a deployment: make the
// change under workflow.GetVersion. "make histories" records new ones; old ones stay for
// as long as parcels of that version may live.
func TestReplay(t *testing.T) {
	proves := func(string, string, time.Time, time.Duration) bool {
		t.Error("a replay asked whether an order is proven: that has to come from history")
		return false
	}
	about := &workflows.Parcels{Proves: proves, Policy: func(string) parcel.Policy {
		t.Error("a replay asked for the policy: its decisions have to come from history")
		return parcel.Policy{}
	}}
	refunds := &workflows.Refunds{Policy: func(string) refund.Policy {
		t.Error("a replay asked for the policy of refunds: its decisions have to come from history")
		return refund.Policy{}
	}, Proves: proves}
	traced, err := tracing.Interceptor()
	require.NoError(t, err)
	// The recorded histories are plain. A worker with keys reads them if it is told to.
	converters := map[string]converter.DataConverter{"off": converter.GetDefaultDataConverter(), "on": codec.ForTasks(readingOld(t).Data())}
	for name, run := range map[string]any{
		string(contract.TrackParcel): about.TrackParcel, string(contract.GatherColli): workflows.GatherColli,
		string(contract.WatchIntegration): workflows.WatchIntegration, string(contract.ReconcileParcels): workflows.ReconcileParcels,
		string(contract.TraceBounce): workflows.TraceBounce, string(contract.ApproveRefund): refunds.ApproveRefund,
		string(contract.TallyRefunds): workflows.TallyRefunds, string(contract.CountRefunds): workflows.CountRefunds,
		string(contract.FindReturn): workflows.FindReturn, string(contract.SignIn): workflows.SignIn, string(contract.WriteDigest): workflows.WriteDigest,
		string(contract.ExportRefunds):    workflows.ExportRefunds,
		string(contract.RememberSignOuts): workflows.RememberSignOuts, string(contract.ErasePerson): workflows.ErasePerson,
		string(contract.RememberErased): workflows.RememberErased,
	} {
		files, err := filepath.Glob("testdata/histories/" + name + "-*.json")
		require.NoError(t, err)
		require.NotEmpty(t, files, "no history of %s to replay: record some with make histories", name)
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				recorded, err := os.ReadFile(file)
				require.NoError(t, err)
				for traces, interceptors := range map[string][]interceptor.WorkerInterceptor{"off": nil, "on": {traced}} {
					// A replay writes into the search attributes of the history.
					history, err := client.HistoryFromJSON(bytes.NewReader(recorded), client.HistoryJSONOptions{})
					require.NoError(t, err)
					id := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
					replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: interceptors, DataConverter: converters[traces]})
					require.NoError(t, err)
					replayer.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name})
					require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, history, worker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: id}}),
						"traces and keys are %s; frozen code changed: guard the change with a gate in workflows/gates.go", traces)
				}
			})
		}
	}
}
