package recorder

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
)

// RefusedError is why a workflow refuses an order, in words for the person who gave it.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// Order gives a workflow an order and waits for its answer. It fails with a
// [*RefusedError] if the order is refused, and with [ErrOver] if the workflow has
// come to its end or was never there.
func Order[In, Out any](ctx context.Context, r Recorder, workflowID string, order contract.Update[In, Out], in In) (Out, error) {
	return orderOnce(ctx, r, workflowID, "", order, in)
}

// orderOnce is [Order] under an id: an order that was followed under the same id before is answered
// as it was then, for as long as the run lasts.
func orderOnce[In, Out any](ctx context.Context, r Recorder, workflowID, id string, order contract.Update[In, Out], in In) (Out, error) {
	out, err := update(ctx, r, workflowID, id, order, in)
	return out, orderFailure(workflowID, string(order), err)
}

// update sends an Update and waits for its answer; an Update that was sent under the
// same id before is the same one, and an empty id is a new one.
func update[In, Out any](ctx context.Context, r Recorder, workflowID, id string, name contract.Update[In, Out], in In) (out Out, err error) {
	handle, err := r.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: id, UpdateName: string(name), Args: []any{in},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &out)
	}
	return out, err
}

// closedMeanwhile is Temporal's failure type if a workflow closed before it answered.
const closedMeanwhile = "AcceptedUpdateCompletedWorkflow"

// orderFailure sorts what can go wrong with an order.
func orderFailure(workflowID, order string, err error) error {
	refused, is := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case err == nil:
		return nil
	case is && refused.Type() == closedMeanwhile, missing(err):
		return ErrOver
	case is:
		return &RefusedError{Why: refused.Message()}
	}
	return fmt.Errorf("give %s the order %s: %w", workflowID, order, err)
}
