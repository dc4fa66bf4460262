package recorder

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/refund"
)

// ClaimTally asks the tally of an order or of a return for a refund to be counted.
func (r Recorder) ClaimTally(ctx context.Context, account, scope string, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
	return claimFrom(ctx, r, account, scope, contract.TallyRefunds, contract.ClaimTally, claim)
}

// CountRefund asks a counter for a refund to be counted.
func (r Recorder) CountRefund(ctx context.Context, integration, scope string, order refund.CountOrder) (refund.CountAnswer, error) {
	return claimFrom(ctx, r, integration, scope, contract.CountRefunds, contract.CountRefund, order)
}

// claimFrom orders a tally or a counter to count, and starts it if need be.
func claimFrom[Start, End, In, Out any](ctx context.Context, r Recorder, name, scope string,
	of contract.Workflow[Start, End], order contract.Update[In, Out], in In,
) (Out, error) {
	var start Start // a first run carries nothing
	var answer Out
	id := contract.TallyWorkflowID(name, scope)
	handle, err := r.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: r.Temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: id, TaskQueue: contract.RefundsQueue, StaticSummary: tallySummary(name),
			WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, string(of), start),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName: string(order), Args: []any{in}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &answer)
	}
	if err != nil {
		return answer, fmt.Errorf("claim from %s: %w", id, err)
	}
	return answer, nil
}

// ReleaseTally takes a refund out of a tally again.
func (r Recorder) ReleaseTally(ctx context.Context, account, scope string, one contract.TallyRelease) error {
	return r.signalTally(ctx, account, scope, string(contract.ReleaseTally), one)
}

// UncountRefund takes a refund out of a counter again.
func (r Recorder) UncountRefund(ctx context.Context, integration, scope string, one contract.Uncount) error {
	return r.signalTally(ctx, integration, scope, string(contract.UncountRefund), one)
}

// RefundEnded tells a tally how a refund ended.
func (r Recorder) RefundEnded(ctx context.Context, account, scope string, end refund.Claimed) error {
	_, err := r.Temporal.SignalWithStartWorkflow(ctx, contract.TallyWorkflowID(account, scope), string(contract.RefundEnded), end, client.StartWorkflowOptions{
		TaskQueue: contract.RefundsQueue, StaticSummary: tallySummary(account),
	}, string(contract.TallyRefunds), contract.TallyStart{})
	return err
}

func tallySummary(name string) string {
	return "Refunds of " + name + " that count together"
}

// signalTally signals a tally or a counter. One that is not there any more counts nothing.
func (r Recorder) signalTally(ctx context.Context, name, scope, signal string, message any) error {
	err := r.Temporal.SignalWorkflow(ctx, contract.TallyWorkflowID(name, scope), "", signal, message)
	if missing(err) {
		return nil
	}
	return err
}

// Tally is what a tally counts; nothing if no refund has claimed from it.
func (r Recorder) Tally(ctx context.Context, account, scope string, q refund.TallyQuestion) (known refund.TallyAnswer, err error) {
	_, err = r.ask(ctx, contract.TallyWorkflowID(account, scope), &known, q)
	return known, err
}

// Count is what a counter counts.
func (r Recorder) Count(ctx context.Context, integration, scope string, q refund.CountQuestion) (known contract.Counted, err error) {
	_, err = r.ask(ctx, contract.TallyWorkflowID(integration, scope), &known, q)
	return known, err
}
