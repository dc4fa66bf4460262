package workflows

import (
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// FindReturn finds out which return a report is about; see contract.FindReturn. If that takes
// more than a day, operations are told.
func FindReturn(ctx workflow.Context, report contract.ReturnReport) (contract.ReturnFound, error) {
	var found contract.ReturnFound
	var err error
	if report.Facts.OutgoingParcel != 0 || report.Facts.IncomingParcel != 0 || report.ReturnID != 0 {
		found, err = do(lookForReturn(ctx, "Look for the return in Sendcloud's list"), contract.LookForReturn, report)
	}
	if found.Facts != nil {
		report.Facts = *found.Facts
	}
	if found.ReturnID != 0 {
		_, err := do(askTallies(ctx, "Record the refund"), contract.RecordRefund, contract.RefundRecord{
			RefundRef: contract.RefundRef{Integration: report.Integration, ReturnID: found.ReturnID},
			Report:    contract.RefundReport{ID: report.ID, Facts: report.Facts, ReportWorkflow: workflow.GetInfo(ctx).WorkflowExecution.ID},
		})
		return found, err
	}
	workflow.SetCurrentDetails(ctx, lostDetails(report, err))
	l := listed(ctx)
	l.keyword(contract.Integration, report.Integration)
	l.keyword(contract.AttentionField, string(contract.RefundWithoutReturn))
	if err := l.write(ctx); err != nil {
		return found, err
	}
	_, err = do(askTemporal(ctx, "Have operations told"), contract.AlertOperations, contract.Alert{
		ID: workflow.GetInfo(ctx).WorkflowExecution.ID, Integration: report.Integration, Attention: contract.RefundWithoutReturn, At: now(ctx),
		Subject: contract.RefundRef{Integration: report.Integration}.Subject(), // a refund, and nobody knows which
	})
	return found, err
}
