package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
)

func TestReturnsAreSweptFromWhereTheyWereLastLookedAt(t *testing.T) {
	r := newReconciliation(t)
	last := nineOClock.Add(-3 * time.Hour)
	r.env.SetLastCompletionResult(contract.Reconciliation{
		Integration: "demo", At: last, Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock.Add(-2 * time.Hour), ReturnsUntil: last,
	})
	r.returns = contract.ReturnFindings{Returns: 3, Recorded: 1}
	done, err := r.run(t)
	require.NoError(t, err)
	require.Len(t, r.returnSweeps, 1)
	require.Equal(t, last.Add(-15*time.Minute), r.returnSweeps[0].From.UTC(), "they were left out by the runs since")
	require.Equal(t, nineOClock.Add(-time.Minute), done.ReturnsUntil.UTC())
	require.Equal(t, r.returns, done.Returns)
	require.Zero(t, r.refundRechecks)
	require.False(t, done.Quiet(), "a refund was missed")
}

func TestReturnsThatCannotBeLookedAtSpoilNothingAndAreLookedAtLater(t *testing.T) {
	r := newReconciliation(t)
	last := nineOClock.Add(-3 * time.Hour)
	r.env.SetLastCompletionResult(contract.Reconciliation{
		Integration: "demo", At: last, Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock.Add(-25 * time.Hour), ReturnsUntil: last,
	})
	r.returnsFail = temporal.NewNonRetryableApplicationError("Sendcloud's API: set-up", contract.APISetup, nil)
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, "returns not looked at: Sendcloud's API: set-up", done.Fault)
	require.Equal(t, last, done.ReturnsUntil.UTC())
	require.Len(t, r.reports, 1, "somebody is told")
}

func TestOpenRefundsAreLookedAtOnceADay(t *testing.T) {
	r := newReconciliation(t)
	r.env.SetLastCompletionResult(contract.Reconciliation{
		Integration: "demo", At: nineOClock.Add(-time.Hour), Until: nineOClock.Add(-time.Hour), RecheckedAt: nineOClock.Add(-25 * time.Hour), ReturnsUntil: nineOClock.Add(-time.Hour),
	})
	done, err := r.run(t)
	require.NoError(t, err)
	require.Equal(t, 1, r.refundRechecks)
	require.Equal(t, contract.ReturnFindings{Returns: 1, Told: 1}, done.Returns)
}
