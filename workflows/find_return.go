package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// noReturn is what operations are told of a refund whose return nobody can find.
const noReturn = "refund without a return"

// FindReturn finds out which return a report is about; see contract.FindReturn. A
// return that cannot be found within a day is told to operations, and left to
// reconciliation.
func FindReturn(ctx workflow.Context, report contract.ReturnReport) (contract.ReturnFound, error) {
	var found contract.ReturnFound
	var err error
	if report.Facts.OutgoingParcel != 0 || report.Facts.IncomingParcel != 0 {
		found, err = do(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			Summary: "Look for the return in Sendcloud's list", StartToCloseTimeout: 10 * time.Minute, ScheduleToCloseTimeout: 24 * time.Hour,
			RetryPolicy: &temporal.RetryPolicy{
				InitialInterval: 10 * time.Second, BackoffCoefficient: 2, MaximumInterval: time.Hour,
				NonRetryableErrorTypes: []string{contract.APISetup, contract.APIRefused},
			},
		}), contract.LookForReturn, report)
	}
	if found.ReturnID != 0 {
		_, err := do(askTallies(ctx, "Record the refund"), contract.RecordRefund, contract.RefundRecord{
			Integration: report.Integration, ReturnID: found.ReturnID, Report: contract.RefundReport{ID: report.ID, Facts: report.Facts},
		})
		return found, err
	}
	workflow.SetCurrentDetails(ctx, lostDetails(report, err))
	if err := workflow.UpsertTypedSearchAttributes(ctx,
		keyword(contract.Integration).ValueSet(report.Integration), keyword(contract.Attention).ValueSet(noReturn)); err != nil {
		return found, err
	}
	notice := contract.Notice{Integration: report.Integration, Refund: true, Trouble: noReturn, At: workflow.Now(ctx)}
	if _, err := do(tellOperations(ctx, noReturn), contract.TellOperations, notice); err != nil {
		workflow.GetLogger(ctx).Warn("operations were not told", "trouble", noReturn, "error", err)
	}
	return found, nil
}

// lostDetails says what is known of a refund whose return was not found.
func lostDetails(report contract.ReturnReport, err error) string {
	text := fmt.Sprintf("**Somebody should look: %s.** A refund was requested, and nobody can say of which return", noReturn)
	if err != nil {
		text += ": " + cause(err)
	}
	return strings.TrimSuffix(text+". Look for it in Sendcloud's panel. "+goods(report.Integration, report.Facts), " ")
}
