package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

// ReconcileParcels asks Sendcloud what changed since the last successful run, and records what
// no webhook told. See contract.ReconcileParcels.
func ReconcileParcels(ctx workflow.Context, start contract.ReconcileStart) (contract.Reconciliation, error) {
	r := reconciling{start: start, now: workflow.Now(ctx)}
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &r.last); err != nil {
			return contract.Reconciliation{}, fmt.Errorf("read how the last reconciliation ended: %w", err)
		}
	}
	r.begin()
	if err := onQuery(ctx, contract.DescribeReconciliation, "What this run has found so far",
		func() (contract.Reconciliation, error) { return r.done, nil }); err != nil {
		return contract.Reconciliation{}, err
	}
	err := r.sweep(ctx)
	if err == nil {
		err = r.recheck(ctx)
	}
	if err != nil {
		r.done.Fault = cause(err)
	} else {
		r.inspect(ctx)
		r.lookAtReturns(ctx)
	}
	workflow.SetCurrentDetails(ctx, reconciliationDetails(r.done))
	if reported := r.report(ctx); err == nil {
		err = reported
	}
	return r.done, err
}

// reconciling is one run of ReconcileParcels.
type reconciling struct {
	start      contract.ReconcileStart
	now        time.Time
	last, done contract.Reconciliation
}

// begin says from when to when is swept.
func (r *reconciling) begin() {
	r.done = contract.Reconciliation{
		Integration: r.start.Integration, At: r.now, Until: r.now.Add(-time.Duration(r.start.Settle)), RecheckedAt: r.last.RecheckedAt,
	}
	from := r.last.Until
	if from.IsZero() { // the first run
		from = r.done.Until
		r.done.RecheckedAt = r.now
	}
	r.done.From = from.Add(-time.Duration(r.start.Overlap))
}

func (r *reconciling) sweep(ctx workflow.Context) error {
	var err error
	r.done.Swept, err = do(askSendcloud(ctx, fmt.Sprintf("Sweep what changed since %s UTC", delivery.Clock(r.done.From))),
		contract.SweepParcels, contract.Sweep{Integration: r.start.Integration, From: r.done.From, Until: r.done.Until})
	return err
}

// recheck looks now and then at the parcels that are being followed: a sweep sees only what
// Sendcloud says has changed.
func (r *reconciling) recheck(ctx workflow.Context) error {
	if r.now.Before(r.done.RecheckedAt.Add(time.Duration(r.start.RecheckEvery))) {
		return nil
	}
	var err error
	r.done.Rechecked, err = do(askSendcloud(ctx, "Look at the parcels that have been followed for long"),
		contract.RecheckParcels, contract.Recheck{Integration: r.start.Integration, Since: r.now.Add(-time.Duration(r.start.RecheckEvery))})
	r.done.RecheckedAt = r.now
	return err
}

// inspect looks at the integration itself. A failure is reported, and the run succeeds.
func (r *reconciling) inspect(ctx workflow.Context) {
	var err error
	r.done.Inspected, err = do(askSendcloud(ctx, "Look at the integration's settings and failed calls"),
		contract.InspectIntegration, contract.Inspection{Integration: r.start.Integration, From: r.done.From.Add(time.Duration(r.start.Overlap))})
	if err != nil {
		r.done.Fault = "integration not inspected: " + cause(err)
	}
}

// lookAtReturns looks for refunds that no webhook told of, and now and then at those that are
// open. A failure is reported, and the next run begins where the last one that could has ended.
func (r *reconciling) lookAtReturns(ctx workflow.Context) {
	from := r.last.ReturnsUntil
	if from.IsZero() {
		from = r.done.From.Add(time.Duration(r.start.Overlap))
	}
	r.done.ReturnsUntil = from
	swept, err := do(askSendcloud(ctx, fmt.Sprintf("Sweep the returns since %s UTC", delivery.Clock(from))), contract.SweepReturns,
		contract.Sweep{Integration: r.start.Integration, From: from.Add(-time.Duration(r.start.Overlap)), Until: r.done.Until})
	if err == nil && r.done.RecheckedAt.Equal(r.now) {
		var rechecked contract.ReturnFindings
		rechecked, err = do(askSendcloud(ctx, "Look at the refunds that have been open for long"), contract.RecheckRefunds,
			contract.Recheck{Integration: r.start.Integration, Since: r.now.Add(-time.Duration(r.start.RecheckEvery))})
		swept = swept.Add(rechecked)
	}
	if r.done.Returns = swept; err != nil {
		r.done.Fault = strings.TrimPrefix(r.done.Fault+"; returns not looked at: "+cause(err), "; ")
		return
	}
	r.done.ReturnsUntil = r.done.Until
}

// report tells the integration's workflow, unless nothing was found, the run before said so
// too, and parcels were not rechecked.
func (r *reconciling) report(ctx workflow.Context) error {
	news := !r.done.Quiet() || !r.last.Quiet() || r.last.At.IsZero() || workflow.GetLastError(ctx) != nil ||
		!r.done.RecheckedAt.Equal(r.last.RecheckedAt)
	if !news {
		return nil
	}
	_, err := do(askTemporal(ctx, "Tell the integration's workflow how it went"), contract.ReportReconciliation, r.done)
	return err
}

// cause is what an activity said went wrong.
func cause(err error) string {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) {
		return failure.Message()
	}
	return err.Error()
}
