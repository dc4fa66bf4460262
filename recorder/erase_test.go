package recorder

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"waybill/refund"
)

// keptRun is a run of a workflow, and what it answers.
type keptRun struct {
	id    string
	began time.Time
	knows refund.Refund
	// after is the run that it goes on from, unlisted that Temporal's list does not have it.
	after    string
	unlisted bool
}

// archive is a Temporal that keeps several runs of one workflow, oldest first.
type archive struct {
	workflowservice.UnimplementedWorkflowServiceServer
	runs []keptRun
	// goesOn says that the newest run is continued when the first run is deleted.
	goesOn bool
}

func (a *archive) find(run string) int {
	if run == "" {
		return len(a.runs) - 1
	}
	return slices.IndexFunc(a.runs, func(one keptRun) bool { return one.id == run })
}

func (a *archive) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	i := a.find(r.GetExecution().GetRunId())
	if i < 0 {
		return nil, notFound()
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: asListed(a.runs[i])}, nil
}

func asListed(run keptRun) *workflow.WorkflowExecutionInfo {
	return &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: "refund:demo:9", RunId: run.id}, StartTime: timestamppb.New(run.began)}
}

func (a *archive) ListWorkflowExecutions(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	listed := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, run := range a.runs {
		if !run.unlisted {
			listed.Executions = append(listed.Executions, asListed(run))
		}
	}
	return listed, nil
}

func (a *archive) DeleteWorkflowExecution(_ context.Context, r *workflowservice.DeleteWorkflowExecutionRequest) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	a.runs = slices.DeleteFunc(a.runs, func(one keptRun) bool { return one.id == r.GetWorkflowExecution().GetRunId() })
	if a.goesOn {
		a.goesOn = false
		a.runs = append(a.runs, keptRun{id: "newer", began: noon.Add(time.Hour)})
	}
	return &workflowservice.DeleteWorkflowExecutionResponse{}, nil
}

func (a *archive) GetWorkflowExecutionHistory(_ context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	i := a.find(r.GetExecution().GetRunId())
	if i < 0 {
		return nil, notFound()
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &history.History{Events: []*history.HistoryEvent{{
		Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
			ContinuedExecutionRunId: a.runs[i].after,
		}},
	}}}}, nil
}

func (a *archive) QueryWorkflow(_ context.Context, r *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	i := a.find(r.GetExecution().GetRunId())
	if i < 0 {
		return nil, notFound()
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(a.runs[i].knows)
	return &workflowservice.QueryWorkflowResponse{QueryResult: payloads}, err
}

func (a *archive) left() (runs []string) {
	for _, one := range a.runs {
		runs = append(runs, one.id)
	}
	return runs
}

// A counter of refunds is that of many customers. Two refunds of one person have it go on at the same
// time, and the run of the one must not be deleted by the other.
func TestTheRunThatGoesOnFromTheOneThatIsKeptIsNotDeleted(t *testing.T) {
	a := &archive{goesOn: true, runs: []keptRun{{id: "first", began: noon.Add(-time.Hour)}, {id: "second", began: noon.Add(-time.Minute)}, {id: "kept", began: noon}}}
	deleted, err := before(t, a).DeleteRuns(t.Context(), "refund:demo:9", "kept")
	require.NoError(t, err)
	require.Equal(t, 2, deleted)
	require.Equal(t, []string{"kept", "newer"}, a.left())
}

// Temporal's list is behind: a run that has only now begun and gone on is not in it.
func TestARunThatIsNotListedIsDeletedToo(t *testing.T) {
	a := &archive{runs: []keptRun{
		{id: "other", began: noon.Add(-time.Hour)},
		{id: "first", began: noon.Add(-2 * time.Minute), unlisted: true}, {id: "second", began: noon.Add(-time.Minute), after: "first", unlisted: true}, {id: "kept", began: noon, after: "second"},
	}}
	deleted, err := before(t, a).DeleteRuns(t.Context(), "refund:demo:9", "kept")
	require.NoError(t, err)
	require.Equal(t, 3, deleted)
	require.Equal(t, []string{"kept"}, a.left())
}

func TestAllRunsAreDeletedIfNoneIsKept(t *testing.T) {
	a := &archive{runs: []keptRun{{id: "first", began: noon}, {id: "second", began: noon.Add(time.Minute)}}}
	deleted, err := before(t, a).DeleteRuns(t.Context(), "refund:demo:9", "")
	require.NoError(t, err)
	require.Equal(t, 2, deleted)
	require.Empty(t, a.left())
}

func TestARunThatKnowsNothingHidesNoRefund(t *testing.T) {
	paid := refund.Refund{Integration: "demo", ReturnID: 9, State: refund.Paid}
	a := &archive{runs: []keptRun{{id: "older", knows: refund.Refund{State: refund.AwaitingApproval}, began: noon}, {id: "books", knows: paid, began: noon.Add(time.Minute)}, {id: "refused", began: noon.Add(time.Hour)}}}
	known, found, err := before(t, a).LastRefund(t.Context(), itsRefund)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, paid, known)

	_, found, err = before(t, &archive{}).LastRefund(t.Context(), itsRefund)
	require.NoError(t, err)
	require.False(t, found)
}
