package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

// written is a refund that is over, as it goes on without what its customer wrote.
func written(t *testing.T) (first *counter, next contract.RefundStart) {
	t.Helper()
	c := undecided(t)
	report := contract.RefundReport{ID: "2", Facts: refund.Facts{Message: "It broke in my hands."}, From: "return-report:demo:2:7001"}
	tell(c, time.Hour, contract.RefundRequested, report)
	c.at(2*time.Hour, func() { require.Equal(t, "It broke in my hands.", c.describe().Facts.Message) })
	give(c, 3*time.Hour, orderOf("reject"), says("mia", "why", "It was worn."))
	return c, c.carried(firstRun)
}

func TestARefundEndsInARunThatDoesNotKnowWhatTheCustomerWrote(t *testing.T) {
	first, next := written(t)
	require.Empty(t, first.deleted, "the run that has the texts deletes nothing")
	require.Equal(t, refund.Rejected, next.Carried.Refund.State)
	require.Empty(t, next.Carried.Refund.Facts.Message)

	second := newCounter(t)
	second.env.SetStartTime(first.env.Now())
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Rejected, second.end().State)
	require.Equal(t, []contract.RefundTexts{{Reports: []string{"return-report:demo:2:7001"}}}, second.deleted)
	require.True(t, second.describe().Closed)
	require.Empty(t, second.posts, "nobody is mailed because of it")
	require.Empty(t, second.ends, "the tallies know it")
}

// Temporal forgets them after some time.
func TestARefundEndsIfItsRunsCannotBeDeleted(t *testing.T) {
	first, next := written(t)
	second := newCounter(t)
	second.erase = func(int) error { return errors.New("no permission") }
	second.env.SetStartTime(first.env.Now())
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Rejected, second.end().State)
	require.Greater(t, len(second.deleted), 5, "it was tried again")
}

// Everyone who reaches Temporal can start a workflow.
func TestAFirstRunDeletesNothing(t *testing.T) {
	_, next := written(t)
	c := newCounter(t)
	c.at(time.Hour, func() { c.env.CancelWorkflow() })
	c.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Empty(t, c.deleted)
}
