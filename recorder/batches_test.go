package recorder

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/batch/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"waybill/contract"
	"waybill/parcel"
)

// batcher is a Temporal with one batch.
type batcher struct {
	workflowservice.UnimplementedWorkflowServiceServer
	busy    enums.ResourceExhaustedCause
	started *workflowservice.StartBatchOperationRequest
	stopped *workflowservice.StopBatchOperationRequest
}

func (b *batcher) StartBatchOperation(_ context.Context, r *workflowservice.StartBatchOperationRequest) (*workflowservice.StartBatchOperationResponse, error) {
	if b.busy != 0 {
		return nil, serviceerror.ToStatus(serviceerror.NewResourceExhausted(b.busy, "there is too much of something")).Err()
	}
	b.started = r
	return &workflowservice.StartBatchOperationResponse{}, nil
}

func (b *batcher) DescribeBatchOperation(_ context.Context, r *workflowservice.DescribeBatchOperationRequest) (*workflowservice.DescribeBatchOperationResponse, error) {
	if b.started.GetJobId() != r.GetJobId() {
		return nil, notFound()
	}
	told := &workflowservice.DescribeBatchOperationResponse{
		JobId: r.GetJobId(), State: enums.BATCH_OPERATION_STATE_RUNNING, TotalOperationCount: 9, CompleteOperationCount: 4, FailureOperationCount: 1, StartTime: timestamppb.New(noon),
		Reason: b.started.GetReason(),
	}
	if b.stopped != nil {
		told.State, told.CloseTime = enums.BATCH_OPERATION_STATE_FAILED, timestamppb.New(noon)
	}
	return told, nil
}

func (b *batcher) ListBatchOperations(context.Context, *workflowservice.ListBatchOperationsRequest) (*workflowservice.ListBatchOperationsResponse, error) {
	return &workflowservice.ListBatchOperationsResponse{OperationInfo: []*batch.BatchOperationInfo{
		{JobId: b.started.GetJobId(), State: enums.BATCH_OPERATION_STATE_COMPLETED, StartTime: timestamppb.New(noon), CloseTime: timestamppb.New(noon)},
	}}, nil
}

func (b *batcher) StopBatchOperation(_ context.Context, r *workflowservice.StopBatchOperationRequest) (*workflowservice.StopBatchOperationResponse, error) {
	if b.started.GetJobId() != r.GetJobId() {
		return nil, notFound()
	}
	b.stopped = r
	return &workflowservice.StopBatchOperationResponse{}, nil
}

func TestABatchIsStartedWatchedAndStopped(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b, server := &batcher{}, grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, b)
	go func() { _ = server.Serve(listener) }() // it ends with Stop
	t.Cleanup(server.Stop)
	temporal, err := client.NewLazyClient(client.Options{HostPort: listener.Addr().String()})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	r := Recorder{Temporal: temporal, Namespace: "shops"}

	retry, ok := parcel.OrderNamed("retry-mails")
	require.True(t, ok)
	order := Batch{Order: retry, Input: parcel.Input{By: "anna", Batch: "retry-mails-1"}, Filter: ParcelFilter{Integration: "demo", Parked: true}, PerSecond: 20, Mark: contract.OnceMark("anna", "key-1", "retry-mails", nil)}
	require.NoError(t, r.StartBatch(t.Context(), order))
	require.Equal(t, "shops", b.started.GetNamespace())
	require.Equal(t, "WorkflowType = 'TrackParcel' AND ExecutionStatus != 'ContinuedAsNew' AND Integration = 'demo' AND ParkedMails > 0 AND ExecutionStatus = 'Running'", b.started.GetVisibilityQuery())
	require.Equal(t, "RetryMails", b.started.GetSignalOperation().GetSignal())
	require.Equal(t, order.Input, read[parcel.Input](t, b.started.GetSignalOperation().GetInput()))

	state, found, err := r.Batch(t.Context(), "retry-mails-1")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, BatchState{ID: "retry-mails-1", State: "running", Total: 9, Done: 4, Failed: 1, Started: noon, Mark: order.Mark}, state)
	require.False(t, state.Over())
	_, found, err = r.Batch(t.Context(), "another")
	require.NoError(t, err)
	require.False(t, found)
	all, err := r.Batches(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []BatchState{{ID: "retry-mails-1", State: "completed", Started: noon, Ended: noon}}, all)

	found, err = r.StopBatch(t.Context(), "another", "")
	require.NoError(t, err)
	require.False(t, found)
	found, err = r.StopBatch(t.Context(), "retry-mails-1", "wrong integration")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "wrong integration", b.stopped.GetReason())
	state, _, err = r.Batch(t.Context(), "retry-mails-1")
	require.NoError(t, err)
	require.True(t, state.Over())

	b.busy = enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT
	require.ErrorIs(t, r.StartBatch(t.Context(), order), ErrBusyBatches)
	b.busy = enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT
	err = r.StartBatch(t.Context(), order)
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrBusyBatches, "Temporal is busy with something else")
}
