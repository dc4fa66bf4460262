package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
)

// bookkeeper is a till whose worker writes decision logs to a folder.
type bookkeeper struct {
	*till
	folder string
}

// A schedule has decision logs written before Temporal forgets them. A worker that is killed in the
// middle, and a refund that does not answer, lose nothing and write nothing twice.
func TestDecisionLogsAreExportedOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	s := &bookkeeper{till: newTill(t, shared.get(t)), folder: t.TempDir()}
	s.keys = append(s.keys, "WAYBILL_EXPORT_FOLDER="+s.folder)
	s.openDoors()
	paid, waiting := s.sell("20.00"), s.sell("120.00")
	s.ask(paid)
	s.ask(waiting)
	log := s.reaches(paid, refund.Paid)
	s.reaches(waiting, refund.AwaitingApproval)
	s.ends(paid.workflowID())
	slow, answer := s.slow(paid.of().ReturnID+1_000_000, log)
	s.listed(2)

	handle := s.client.ScheduleClient().GetHandle(t.Context(), contract.ExportScheduleID)
	require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	s.eventually("a file to be begun", func() error {
		if left, err := filepath.Glob(filepath.Join(s.folder, ".refunds-*")); err != nil || len(left) == 0 {
			return fmt.Errorf("there is none: %w", err)
		}
		return nil
	})
	s.worker.kill()
	require.Empty(t, s.exported(), "nothing is there that is not whole")
	s.startWorker(s.keys...)
	s.awaitExported(paid.of().ReturnID) // the slow one holds up no other
	close(answer)
	s.awaitExported(paid.of().ReturnID, slow)
	run := s.awaitRun(1)
	require.NotEmpty(t, run.File)
	s.record(s.lastRun(), string(contract.ExportRefunds)+"-killed")

	s.ends(waiting.workflowID())
	s.listed(3)
	require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	require.Equal(t, 1, s.awaitRun(2).Refunds)
	require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	require.Equal(t, contract.Exported{}, s.awaitRun(3), "nothing has ended since")
	s.awaitExported(paid.of().ReturnID, slow, waiting.of().ReturnID)

	files, err := filepath.Glob(filepath.Join(s.folder, "*"))
	require.NoError(t, err)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), file)
	}
	left, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	require.Len(t, left, len(files), "no file was left unfinished")
	said, err := s.stack.waybill(append([]string{"refunds", "verify"}, files...)...)
	require.NoError(t, err, said)
	require.Contains(t, said, "The decision logs of 3 refunds are intact.")
	s.doctorSays("ok       exports            the last export ended at")
	require.NoError(t, handle.Pause(t.Context(), client.SchedulePauseOptions{Note: "the disk is full"}))
	s.doctorSays("WARNING  exports            the schedule export:refunds is paused: the disk is full")
	require.NoError(t, handle.Unpause(t.Context(), client.ScheduleUnpauseOptions{}))

	// Somebody moves the folder, and stops what is tried.
	require.NoError(t, os.RemoveAll(s.folder))
	require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	s.doctorSays("ok       exports            an export is under way")
	require.NoError(t, s.client.CancelWorkflow(t.Context(), s.lastRun(), ""))
	s.doctorSays("FAULT    exports            the export that began at")
}

// doctorSays waits until doctor finds something about exports.
func (s *bookkeeper) doctorSays(what string) {
	s.Helper()
	s.eventually("doctor to say: "+what, func() error {
		if said, err := s.stack.waybill("doctor", "--only", "exports"); !strings.Contains(said, what) {
			return fmt.Errorf("it says %s: %w", said, err)
		}
		return nil
	})
}

// ends stands for the days that the workflow of a refund runs on after its end.
func (s *bookkeeper) ends(workflowID string) {
	s.Helper()
	require.NoError(s, s.client.TerminateWorkflow(s.Context(), workflowID, "", "it ends some days later"))
}

// slow is a refund that has ended with a decision log, and does not answer until it may.
func (s *bookkeeper) slow(id int64, log refund.Refund) (returnID int64, answer chan struct{}) {
	s.Helper()
	answer = make(chan struct{})
	log.ReturnID = id
	w := worker.New(s.client, "slow", worker.Options{DeadlockDetectionTimeout: patience})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ contract.RefundStart) error {
		return workflow.SetQueryHandler(ctx, string(contract.DescribeRefund), func() (refund.Refund, error) {
			select {
			case <-answer:
			case <-time.After(patience): // workers wait for it when they stop
			}
			return log, nil
		})
	}, workflow.RegisterOptions{Name: string(contract.ApproveRefund)})
	require.NoError(s, w.Start())
	s.Cleanup(w.Stop)
	of := contract.RefundRef{Integration: "demo", ReturnID: id}
	run, err := s.client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{ID: of.WorkflowID(), TaskQueue: "slow"}, string(contract.ApproveRefund), contract.RefundStart{RefundRef: of})
	require.NoError(s, err)
	require.NoError(s, run.Get(s.Context(), nil))
	return id, answer
}

// listed waits until so many refunds are listed as ended.
func (s *bookkeeper) listed(n int64) {
	s.Helper()
	s.eventually(fmt.Sprintf("%d refunds to be listed as ended", n), func() error {
		counted, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus != 'Running'", contract.ApproveRefund),
		})
		if err == nil && counted.GetCount() != n {
			err = fmt.Errorf("there are %d", counted.GetCount())
		}
		return err
	})
}

// exported are the returns whose decision logs stand in files.
func (s *bookkeeper) exported() (all []int64) {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(s.folder, "*.jsonl"))
	require.NoError(s, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(s, err)
		for line := range strings.Lines(string(raw)) {
			var r refund.Refund
			require.NoError(s, json.Unmarshal([]byte(line), &r))
			all = append(all, r.ReturnID)
		}
	}
	return all
}

// awaitExported waits until the decision logs of so many returns stand in files, and wants just these.
func (s *bookkeeper) awaitExported(want ...int64) {
	s.Helper()
	s.eventually("decision logs in files", func() error {
		if n := len(s.exported()); n < len(want) {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	require.ElementsMatch(s, want, s.exported(), "each once")
}

// lastRun is the workflow of the schedule's last run.
func (s *bookkeeper) lastRun() string {
	s.Helper()
	schedule, err := s.client.ScheduleClient().GetHandle(s.Context(), contract.ExportScheduleID).Describe(s.Context())
	require.NoError(s, err)
	require.NotEmpty(s, schedule.Info.RecentActions)
	return schedule.Info.RecentActions[len(schedule.Info.RecentActions)-1].StartWorkflowResult.WorkflowID
}

// awaitRun waits for the end of the schedule's n-th run.
func (s *bookkeeper) awaitRun(n int) (done contract.Exported) {
	s.Helper()
	s.eventually(fmt.Sprintf("run %d of the schedule", n), func() error {
		schedule, err := s.client.ScheduleClient().GetHandle(s.Context(), contract.ExportScheduleID).Describe(s.Context())
		if err == nil && (schedule.Info.NumActions != n || len(schedule.Info.RunningWorkflows) > 0) {
			err = fmt.Errorf("there were %d, and %d are running", schedule.Info.NumActions, len(schedule.Info.RunningWorkflows))
		}
		return err
	})
	require.NoError(s, s.client.GetWorkflow(s.Context(), s.lastRun(), "").Get(s.Context(), &done))
	return done
}
