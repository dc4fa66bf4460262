package recorder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/batch/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
	"waybill/parcel"
)

// Batch is one order to many parcels. Temporal gives the order to each parcel, and goes on if the
// program that started the batch ends. See https://docs.temporal.io/cli/batch.
type Batch struct {
	// Order is given with Input, whose Batch is the id of this one, perhaps [contract.BatchAmong]
	// integrations.
	Order parcel.Order
	Input parcel.Input
	// Filter chooses the parcels. Only those that are still followed get an order.
	Filter ParcelFilter
	// PerSecond is how many parcels get the order in a second at most; 0 leaves that to Temporal.
	PerSecond float64
	// Mark is the [contract.OnceMark] of an order under a key, whose id is that of the batch;
	// empty without a key. Temporal keeps it with the reason of the batch.
	Mark string
}

// BatchState is how far a batch has come. Lists of batches do not count parcels.
type BatchState struct {
	ID string `json:"id"`
	// State is running, completed or failed.
	State string `json:"state"`
	// Total is how many parcels get the order, as far as Temporal knows; Done those that have
	// it, and Failed those that cannot get it because they are not followed any more.
	Total   int64     `json:"total"`
	Done    int64     `json:"done"`
	Failed  int64     `json:"failed"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Mark is that of the [Batch].
	Mark string `json:"-"`
}

// Over reports whether the batch has ended.
func (s BatchState) Over() bool { return s.State != "running" }

// ErrBusyBatches says that other batches have to end first.
var ErrBusyBatches = errors.New("another batch is running in this namespace, and Temporal runs one at a time: wait until it ends, or stop it with waybill batches stop")

// StartBatch has Temporal give an order to many parcels. It fails with [ErrBusyBatches] while
// another batch is running.
func (r Recorder) StartBatch(ctx context.Context, b Batch) error {
	b.Filter.Open = true
	query, err := b.Filter.Query()
	if err != nil {
		return err
	}
	input, err := r.converter().ToPayloads(b.Input)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	_, err = r.Temporal.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: r.NamespaceName(), JobId: contract.BatchID(b.Input.Batch), VisibilityQuery: query, MaxOperationsPerSecond: float32(b.PerSecond),
		Reason: strings.TrimSpace(fmt.Sprintf("%s for many parcels %s", b.Order.UpdateName(), b.Mark)),
		Operation: &workflowservice.StartBatchOperationRequest_SignalOperation{SignalOperation: &batch.BatchOperationSignal{
			Signal: string(contract.ParcelOrder(b.Order).Signal()), Input: input,
		}},
	})
	if full, is := errors.AsType[*serviceerror.ResourceExhausted](err); is && full.Cause == enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT {
		return ErrBusyBatches
	}
	if err != nil {
		return fmt.Errorf("start the batch: %w", err)
	}
	return nil
}

// Batch says how far a batch has come; found is false if there is none of the id.
func (r Recorder) Batch(ctx context.Context, id string) (state BatchState, found bool, err error) {
	described, err := r.Temporal.WorkflowService().DescribeBatchOperation(ctx, &workflowservice.DescribeBatchOperationRequest{Namespace: r.NamespaceName(), JobId: id})
	switch {
	case missing(err):
		return state, false, nil
	case err != nil:
		return state, false, fmt.Errorf("ask how far the batch has come: %w", err)
	}
	state = BatchState{
		ID: id, State: batchStates[described.GetState()], Total: described.GetTotalOperationCount(), Done: described.GetCompleteOperationCount(),
		Failed: described.GetFailureOperationCount(), Started: described.GetStartTime().AsTime(),
	}
	if words := strings.Fields(described.GetReason()); len(words) > 0 && contract.OnceID(words[len(words)-1]) != "" {
		state.Mark = words[len(words)-1]
	}
	if described.GetCloseTime() != nil {
		state.Ended = described.GetCloseTime().AsTime()
	}
	return state, true, nil
}

// Batches lists the newest batches of the namespace, including those that Temporal's own tools started.
func (r Recorder) Batches(ctx context.Context, most int) (all []BatchState, err error) {
	listed, err := r.Temporal.WorkflowService().ListBatchOperations(ctx, &workflowservice.ListBatchOperationsRequest{
		Namespace: r.NamespaceName(), PageSize: int32(most), //nolint:gosec // callers ask for some hundreds
	})
	if err != nil {
		return nil, fmt.Errorf("list the batches: %w", err)
	}
	for _, b := range listed.GetOperationInfo() {
		state := BatchState{ID: b.GetJobId(), State: batchStates[b.GetState()], Started: b.GetStartTime().AsTime()}
		if b.GetCloseTime() != nil {
			state.Ended = b.GetCloseTime().AsTime()
		}
		all = append(all, state)
	}
	return all, nil
}

// StopBatch stops a batch; found is false if none of the id is running. Parcels that have the
// order keep it.
func (r Recorder) StopBatch(ctx context.Context, id, why string) (found bool, err error) {
	_, err = r.Temporal.WorkflowService().StopBatchOperation(ctx, &workflowservice.StopBatchOperationRequest{Namespace: r.NamespaceName(), JobId: id, Reason: why})
	switch {
	case missing(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("stop the batch: %w", err)
	}
	return true, nil
}

var batchStates = map[enums.BatchOperationState]string{
	enums.BATCH_OPERATION_STATE_RUNNING:   "running",
	enums.BATCH_OPERATION_STATE_COMPLETED: "completed",
	enums.BATCH_OPERATION_STATE_FAILED:    "failed",
}
