package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/workflows"
)

// reconciliation is one run of ReconcileParcels whose activities find what the
// test says, and keep what they were asked.
type reconciliation struct {
	env *testsuite.TestWorkflowEnvironment

	swept, rechecked contract.Findings
	inspected        contract.Inspected
	sweepFails       error
	inspectFails     error

	// returns is what is found of returns, returnsFail why nothing could be.
	returns        contract.ReturnFindings
	returnsFail    error
	returnSweeps   []contract.Sweep
	refundRechecks int

	sweeps   []contract.Sweep
	rechecks []contract.Recheck
	reports  []contract.Reconciliation
}

var nineOClock = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func newReconciliation(t *testing.T) *reconciliation {
	t.Helper()
	r := &reconciliation{env: skippedTime(t)}
	r.env.SetStartTime(nineOClock)
	r.env.RegisterWorkflowWithOptions(workflows.ReconcileParcels, workflow.RegisterOptions{Name: string(contract.ReconcileParcels)})
	stand(r.env, contract.SweepParcels, func(s contract.Sweep) (contract.Findings, error) {
		r.sweeps = append(r.sweeps, s)
		return r.swept, r.sweepFails
	})
	stand(r.env, contract.RecheckParcels, func(c contract.Recheck) (contract.Findings, error) {
		r.rechecks = append(r.rechecks, c)
		return r.rechecked, nil
	})
	stand(r.env, contract.InspectIntegration, func(contract.Inspection) (contract.Inspected, error) {
		return r.inspected, r.inspectFails
	})
	stand(r.env, contract.SweepReturns, func(s contract.Sweep) (contract.ReturnFindings, error) {
		r.returnSweeps = append(r.returnSweeps, s)
		return r.returns, r.returnsFail
	})
	stand(r.env, contract.RecheckRefunds, func(contract.Recheck) (contract.ReturnFindings, error) {
		r.refundRechecks++
		return contract.ReturnFindings{Returns: 1, Told: 1}, nil
	})
	stand(r.env, contract.ReportReconciliation, func(done contract.Reconciliation) (struct{}, error) {
		r.reports = append(r.reports, done)
		return struct{}{}, nil
	})
	return r
}

// stand has a function stand in for an activity.
func stand[In, Out any](env *testsuite.TestWorkflowEnvironment, name contract.Activity[In, Out], f func(In) (Out, error)) {
	env.RegisterActivityWithOptions(func(_ context.Context, in In) (Out, error) { return f(in) },
		activity.RegisterOptions{Name: string(name)})
}

func (r *reconciliation) run(t *testing.T) (contract.Reconciliation, error) {
	t.Helper()
	r.env.ExecuteWorkflow(string(contract.ReconcileParcels), contract.ReconcileStart{
		Integration: "demo", Overlap: contract.Span(15 * time.Minute), Settle: contract.Span(time.Minute), RecheckEvery: contract.Span(24 * time.Hour),
	})
	require.True(t, r.env.IsWorkflowCompleted())
	var done contract.Reconciliation
	if err := r.env.GetWorkflowError(); err != nil {
		return done, err
	}
	return done, r.env.GetWorkflowResult(&done)
}

func TestTheFirstSweepGoesBackAsFarAsTheOverlap(t *testing.T) {
	r := newReconciliation(t)
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, []contract.Sweep{{Integration: "demo", From: nineOClock.Add(-16 * time.Minute), Until: nineOClock.Add(-time.Minute)}}, r.sweeps)
	require.Empty(t, r.rechecks, "nothing has been followed for long yet")
	require.Len(t, r.reports, 1, "the first one is a sign of life")
	require.Equal(t, nineOClock, done.RecheckedAt)
}

func TestASweepGoesOnWhereTheLastSuccessfulOneEnded(t *testing.T) {
	r := newReconciliation(t)
	last := contract.Reconciliation{At: nineOClock.Add(-8 * time.Hour), Until: nineOClock.Add(-8 * time.Hour), RecheckedAt: nineOClock.Add(-9 * time.Hour)}
	r.env.SetLastCompletionResult(last)
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, last.Until.Add(-15*time.Minute), r.sweeps[0].From)
	require.Equal(t, nineOClock.Add(-time.Minute), done.Until)
	require.Empty(t, r.rechecks)
	require.Empty(t, r.reports, "quiet, like the one before")
}

func TestWhatWasFoundIsReported(t *testing.T) {
	for name, find := range map[string]func(*reconciliation){
		"missed":       func(r *reconciliation) { r.swept = contract.Findings{Parcels: 7, Missed: 2} },
		"failed calls": func(r *reconciliation) { r.inspected.FailedCalls = 3 },
	} {
		r := newReconciliation(t)
		r.env.SetLastCompletionResult(contract.Reconciliation{At: nineOClock.Add(-time.Hour), Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock})
		find(r)
		done, err := r.run(t)
		require.NoError(t, err)
		require.Equal(t, []contract.Reconciliation{done}, r.reports, name)
	}
	r := newReconciliation(t)
	r.env.SetLastCompletionResult(contract.Reconciliation{
		At: nineOClock.Add(-time.Hour), Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock, Swept: contract.Findings{Missed: 1},
	})
	_, err := r.run(t)
	require.NoError(t, err)
	require.Len(t, r.reports, 1, "all is well again is news too")
}

func TestParcelsThatHaveBeenFollowedForLongAreLookedAtOnceADay(t *testing.T) {
	r := newReconciliation(t)
	r.env.SetLastCompletionResult(contract.Reconciliation{At: nineOClock.Add(-time.Hour), Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock.Add(-24 * time.Hour)})
	r.rechecked = contract.Findings{Parcels: 40, Missed: 1, Gone: 2}
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, []contract.Recheck{{Integration: "demo", Since: nineOClock.Add(-24 * time.Hour)}}, r.rechecks)
	require.Equal(t, nineOClock, done.RecheckedAt)
	require.Equal(t, 1, done.Missed())
}

func TestKeysThatAreRefusedFailTheRunAndAreReported(t *testing.T) {
	r := newReconciliation(t)
	r.sweepFails = temporal.NewNonRetryableApplicationError("Sendcloud's API: set-up (status 401)", contract.APISetup, nil)
	_, err := r.run(t)
	require.Error(t, err, "so that the next run sweeps this span too")
	require.Len(t, r.sweeps, 1)
	require.Equal(t, "Sendcloud's API: set-up (status 401)", r.reports[0].Fault)
}

func TestPassingTroubleIsTriedAgain(t *testing.T) {
	r := newReconciliation(t)
	r.sweepFails = temporal.NewApplicationError("Sendcloud's API: unavailable", contract.APIUnavailable)
	r.env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
		if len(r.sweeps) == 2 {
			r.sweepFails = nil
		}
	})
	_, err := r.run(t)
	require.NoError(t, err)
	require.Len(t, r.sweeps, 3)
}

func TestAnIntegrationThatCannotBeInspectedSpoilsNothing(t *testing.T) {
	r := newReconciliation(t)
	r.inspectFails = temporal.NewNonRetryableApplicationError("Sendcloud's API: not found", contract.APIRefused, nil)
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, "integration not inspected: Sendcloud's API: not found", done.Fault)
	require.Len(t, r.reports, 1)
}

func TestAReportThatCannotBeToldFailsTheRun(t *testing.T) {
	r := newReconciliation(t)
	r.env.OnActivity(string(contract.ReportReconciliation), mock.Anything, mock.Anything).Return(struct{}{}, errors.New("no Temporal"))
	_, err := r.run(t)
	require.Error(t, err)
}
