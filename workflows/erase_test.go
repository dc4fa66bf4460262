package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/workflows"
)

// everything is what an erasure is done by.
func everything(t *testing.T, noted func() error, erase func(contract.EraseTask) (contract.ErasedItem, error)) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	env := skippedTime(t)
	env.SetStartTime(nineOClock)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: "erasure:x", TaskQueue: contract.RefundsQueue})
	env.RegisterWorkflowWithOptions(workflows.ErasePerson, workflow.RegisterOptions{Name: string(contract.ErasePerson)})
	stand(env, contract.NoteErased, func(contract.ErasedNames) (struct{}, error) { return struct{}{}, noted() })
	for _, name := range []contract.Activity[contract.EraseTask, contract.ErasedItem]{contract.EraseParcel, contract.EraseRefund, contract.DeleteWorkflow} {
		stand(env, name, erase)
	}
	stand(env, contract.CertifyErasure, func(contract.Erased) (string, error) { return "signed", nil })
	return env
}

// anErasure is one of two parcels, a refund and a report.
var anErasure = contract.Erasure{
	ID: "x", By: "anna", Parcels: []contract.ParcelRef{{Integration: "demo", ID: 1}, {Integration: "demo", ID: 2}},
	Refunds: []contract.RefundRef{{Integration: "demo", ReturnID: 3}}, Others: []string{"return-report:demo:a:1"},
}

func TestNothingIsErasedBeforeEveryDoorKnows(t *testing.T) {
	var known time.Time
	var env *testsuite.TestWorkflowEnvironment
	env = everything(t, func() error { known = env.Now(); return nil }, func(task contract.EraseTask) (contract.ErasedItem, error) {
		require.False(t, env.Now().Before(known.Add(contract.ErasedKnownAfter)), task.WorkflowID)
		return contract.ErasedItem{WorkflowID: task.WorkflowID, Outcome: contract.ErasedDeleted}, nil
	})
	env.ExecuteWorkflow(string(contract.ErasePerson), anErasure)
	require.NoError(t, env.GetWorkflowError())
	var done contract.Erased
	require.NoError(t, env.GetWorkflowResult(&done))
	require.Len(t, done.Items, 4)
	require.Equal(t, "signed", done.Signature)
}

func TestAnErasureGoesOnIfOneCannotBeErased(t *testing.T) {
	env := everything(t, func() error { return nil }, func(task contract.EraseTask) (contract.ErasedItem, error) {
		if task.WorkflowID == "parcel:demo:2" {
			return contract.ErasedItem{}, temporal.NewNonRetryableApplicationError("it cannot be", "Invalid", nil)
		}
		return contract.ErasedItem{WorkflowID: task.WorkflowID, Outcome: contract.ErasedDeleted}, nil
	})
	env.ExecuteWorkflow(string(contract.ErasePerson), anErasure)
	require.NoError(t, env.GetWorkflowError())
	var done contract.Erased
	require.NoError(t, env.GetWorkflowResult(&done))
	require.Equal(t, []contract.ErasedItem{{WorkflowID: "parcel:demo:2", Outcome: contract.ErasedFailed, Why: "it cannot be"}}, done.Failed())
}

// Everyone who reaches Temporal can start a workflow and signal one.
func TestAnErasureThatCameUnencryptedErasesNothing(t *testing.T) {
	env := everything(t, func() error { t.Error("it is noted"); return nil }, nil)
	env.SetDataConverter(readingPlain(t))
	env.ExecuteWorkflow(string(contract.ErasePerson), anErasure)
	require.ErrorContains(t, env.GetWorkflowError(), errPlain)
}

func TestNamesThatCameUnencryptedAreNotRemembered(t *testing.T) {
	for plain, want := range map[bool]int{true: 0, false: 1} {
		env := skippedTime(t)
		if plain {
			env.SetDataConverter(readingPlain(t))
		}
		env.RegisterWorkflowWithOptions(workflows.RememberErased, workflow.RegisterOptions{Name: string(contract.RememberErased)})
		var listed []contract.ErasedList
		env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
			list, _ := args.Get(0).(map[string]any)[contract.ErasedMemo].(contract.ErasedList)
			listed = append(listed, list)
		}).Return(nil).Maybe()
		env.SetWorkflowRunTimeout(2 * contract.ErasedFor)
		env.RegisterDelayedCallback(func() {
			env.SignalWorkflow(string(contract.PersonErased), contract.ErasedNames{Names: []string{"parcel:demo:1"}})
		}, 0)
		env.ExecuteWorkflow(string(contract.RememberErased), contract.RememberStart{})
		require.NoError(t, env.GetWorkflowError())
		require.Len(t, listed, want)
		for _, list := range listed {
			require.True(t, list.Has("parcel:demo:1"))
		}
	}
}
