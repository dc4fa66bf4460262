package recorder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/refund"
)

// Erase starts an erasure.
func (r Recorder) Erase(ctx context.Context, start contract.Erasure) error {
	return r.startOnce(ctx, client.StartWorkflowOptions{
		ID: contract.ErasureWorkflowID(start.ID), TaskQueue: contract.RefundsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "Erase one person",
	}, string(contract.ErasePerson), start)
}

// Erasure is how far an erasure is, and whether it is over. found is false if there is none.
func (r Recorder) Erasure(ctx context.Context, id string) (done contract.Erased, over, found bool, err error) {
	workflowID := contract.ErasureWorkflowID(id)
	if found, err = r.ask(ctx, workflowID, &done); err != nil || !found {
		return done, false, found, err
	}
	_, running, err := r.NewestRun(ctx, workflowID)
	if err == nil && !running {
		_, err = r.ask(ctx, workflowID, &done) // it may have ended since it was asked
	}
	return done, !running, true, err
}

// NoteErased adds to the list of what is erased. If the workflow that remembers it is not running, a new one
// begins with all of the list in its memo: doors may look before a worker does.
func (r Recorder) NoteErased(ctx context.Context, names contract.ErasedNames, all contract.ErasedList) error {
	return r.signalOrStart(ctx, string(contract.PersonErased), names, client.StartWorkflowOptions{
		ID: contract.ErasedWorkflowID, TaskQueue: contract.RefundsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "Parcels and refunds that are never recorded again",
		Memo:                  map[string]any{contract.ErasedMemo: all},
	}, string(contract.RememberErased), contract.RememberStart{})
}

// ErasedList is what is remembered as erased.
func (r Recorder) ErasedList(ctx context.Context) (list contract.ErasedList, err error) {
	memo, err := erasedMemo(ctx, r.Temporal)
	if err == nil && memo != nil {
		err = r.converter().FromPayload(memo, &list)
	}
	return list, err
}

// erasedMemo is the list as it stands in Temporal; nil if there is none.
func erasedMemo(ctx context.Context, temporal client.Client) (*commonpb.Payload, error) {
	described, err := temporal.DescribeWorkflowExecution(ctx, contract.ErasedWorkflowID, "")
	if missing(err) {
		return nil, nil //nolint:nilnil // nobody is erased
	}
	return described.GetWorkflowExecutionInfo().GetMemo().GetFields()[contract.ErasedMemo], err
}

// OrderErase has a running workflow take a person out, and returns the run that has followed it; see
// [Order].
func (r Recorder) OrderErase(ctx context.Context, workflowID string, order contract.EraseOrder) (run string, err error) {
	handle, err := r.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateName: string(contract.Erase.Update()), Args: []any{order}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		run, err = handle.RunID(), handle.Get(ctx, nil)
	}
	return run, orderFailure(workflowID, string(contract.Erase), err)
}

// LastRefund is a refund as the newest of its runs tells that knows it: a run that was refused, or that
// somebody has started by hand, hides no other one. found is false if none does.
func (r Recorder) LastRefund(ctx context.Context, of contract.RefundRef) (known refund.Refund, found bool, err error) {
	if known, found, err = r.Refund(ctx, of); err != nil || known.State != "" {
		return known, found, err
	}
	runs, err := r.runs(ctx, of.WorkflowID())
	slices.SortFunc(runs, func(a, b *workflow.WorkflowExecutionInfo) int {
		return b.GetStartTime().AsTime().Compare(a.GetStartTime().AsTime())
	})
	for _, one := range runs {
		var told refund.Refund
		is, err := r.queryRun(ctx, of.WorkflowID(), one.GetExecution().GetRunId(), string(contract.DescribeRefund), &told)
		if err != nil || is && told.State != "" {
			return told, is, err
		}
	}
	return known, found, err
}

// KeepRefund begins a refund once more whose run has ended, as it is to be kept. If it is over, it waits
// for the end of the run.
func (r Recorder) KeepRefund(ctx context.Context, of contract.RefundRef, kept contract.KeptRefund) error {
	run, err := r.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: of.WorkflowID(), TaskQueue: contract.RefundsQueue, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            fmt.Sprintf("Refund of return %d of %s", of.ReturnID, of.Integration),
		Priority:                                 inTurn(of.Integration),
	}, string(contract.ApproveRefund), contract.RefundStart{RefundRef: of, Kept: &kept})
	if err == nil && kept.Refund.Closed {
		err = run.Get(ctx, nil)
	}
	return err
}

// NewestRun is the newest run of a workflow, and whether it is running; empty if there is none.
func (r Recorder) NewestRun(ctx context.Context, workflowID string) (run string, running bool, err error) {
	described, err := r.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if missing(err) {
		return "", false, nil
	}
	info := described.GetWorkflowExecutionInfo()
	return info.GetExecution().GetRunId(), info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

// StartOf reads what a run was started with into start.
func (r Recorder) StartOf(ctx context.Context, workflowID, run string, start any) error {
	began, err := r.startOf(ctx, workflowID, run)
	if err != nil {
		return err
	}
	return r.converter().FromPayloads(began.GetInput(), start)
}

func (r Recorder) startOf(ctx context.Context, workflowID, run string) (*historypb.WorkflowExecutionStartedEventAttributes, error) {
	first, err := r.Temporal.GetWorkflowHistory(ctx, workflowID, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	if err != nil {
		return nil, fmt.Errorf("read the first event of %s: %w", workflowID, err)
	}
	return first.GetWorkflowExecutionStartedEventAttributes(), nil
}

// DeleteRuns deletes the runs of a workflow, with their histories, that are older than one that is kept
// (empty keeps none), and returns how many there were. Temporal's list is some seconds behind, so it looks
// until it finds no more of them. What has gone on from the run that is kept stays too: it may be running.
func (r Recorder) DeleteRuns(ctx context.Context, workflowID, keep string) (deleted int, err error) {
	var kept time.Time
	if keep != "" {
		described, err := r.Temporal.DescribeWorkflowExecution(ctx, workflowID, keep)
		if err != nil {
			return 0, fmt.Errorf("look when the run of %s began that is kept: %w", workflowID, err)
		}
		kept = described.GetWorkflowExecutionInfo().GetStartTime().AsTime()
	}
	gone := map[string]bool{}
	if keep != "" { // one that has begun only now may not be listed yet
		before, err := r.DeleteRunsBefore(ctx, workflowID, keep)
		for _, run := range before {
			gone[run] = true
		}
		if err != nil {
			return len(gone), err
		}
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for empty := 0; empty < 3; {
		runs, err := r.runs(ctx, workflowID)
		switch {
		case err == nil:
			empty++
		case busy(err): // a new try would not know what this one has deleted
			empty = 0
		default:
			return len(gone), err
		}
		for _, one := range runs {
			run := one.GetExecution().GetRunId()
			if keep != "" && (run == keep || one.GetStartTime().AsTime().After(kept)) {
				continue
			}
			empty = 0 // it is listed still
			if !gone[run] {
				if err := r.deleteRun(ctx, workflowID, run); err != nil {
					return len(gone), err
				}
				gone[run] = true
			}
		}
		select {
		case <-ctx.Done():
			return len(gone), fmt.Errorf("wait until deleted runs of %s are not listed any more: %w", workflowID, ctx.Err())
		case <-tick.C:
		}
	}
	return len(gone), nil
}

// DeleteRunsBefore deletes the runs that a run continues, the oldest first, and returns which were there. It
// may be tried again at any time.
func (r Recorder) DeleteRunsBefore(ctx context.Context, workflowID, run string) (deleted []string, err error) {
	var before []string
	for {
		start, err := r.startOf(ctx, workflowID, run)
		if missing(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		if run = start.GetContinuedExecutionRunId(); run == "" {
			break
		}
		before = append(before, run)
	}
	for _, run := range slices.Backward(before) {
		if err := r.deleteRun(ctx, workflowID, run); err != nil {
			return deleted, err
		}
		deleted = append(deleted, run)
	}
	return deleted, nil
}

// busy reports whether Temporal has no time now.
func busy(err error) bool {
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	_, away := errors.AsType[*serviceerror.Unavailable](err)
	_, limited := errors.AsType[*serviceerror.ResourceExhausted](err)
	return late || away || limited
}

func (r Recorder) deleteRun(ctx context.Context, workflowID, run string) error {
	_, err := r.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: r.NamespaceName(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: run},
	})
	if err != nil && !missing(err) {
		return fmt.Errorf("delete a run of %s: %w", workflowID, err)
	}
	return nil
}

// runs are all runs of a workflow that Temporal lists.
func (r Recorder) runs(ctx context.Context, workflowID string) (runs []*workflow.WorkflowExecutionInfo, err error) {
	if strings.ContainsAny(workflowID, unquotable) {
		return nil, errors.New("a workflow id with a quotation mark cannot be looked up")
	}
	for page := []byte(nil); ; {
		listed, err := r.list(ctx, fmt.Sprintf("WorkflowId = '%s'", workflowID), page, listAtOnce)
		if err != nil {
			return nil, fmt.Errorf("list the runs of %s: %w", workflowID, err)
		}
		runs = append(runs, listed.GetExecutions()...)
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return runs, nil
		}
	}
}

// Reports are the ids of workflows, besides parcels and refunds, that were told of a person: reports of
// returns with one of these names, and bounces of one of these addresses.
func (r Recorder) Reports(ctx context.Context, names, addresses []string) (ids []string, err error) {
	named := map[string]bool{}
	for _, name := range names {
		named[name] = true
	}
	query := fmt.Sprintf("WorkflowType IN ('%s', '%s')", contract.FindReturn, contract.TraceBounce)
	for page := []byte(nil); ; {
		listed, err := r.list(ctx, query, page, listAtOnce)
		if err != nil {
			return nil, fmt.Errorf("look for reports: %w", err)
		}
		for _, e := range listed.GetExecutions() {
			id := e.GetExecution().GetWorkflowId()
			var theirs bool
			if e.GetType().GetName() == string(contract.TraceBounce) {
				var bounce contract.Bounce
				if err := r.StartOf(ctx, id, e.GetExecution().GetRunId(), &bounce); err != nil && !missing(err) {
					return nil, err
				}
				theirs = slices.ContainsFunc(addresses, func(one string) bool { return one != "" && strings.EqualFold(one, bounce.Address) })
			} else {
				theirs = contract.IsReportAbout(id, named)
			}
			if theirs && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		if page = listed.GetNextPageToken(); len(page) == 0 {
			return ids, nil
		}
	}
}
