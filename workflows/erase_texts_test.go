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
	told := func(report, workflowID string) {
		tell(c, time.Hour, contract.RefundRequested, contract.RefundReport{ID: report, Facts: refund.Facts{Message: "It broke in my hands."}, ReportWorkflow: workflowID})
	}
	told("2", "return-report:demo:2:7001")
	told("3", "return-report:other:3:7001") // everyone who reaches Temporal can tell that
	c.at(2*time.Hour, func() { require.Equal(t, "It broke in my hands.", c.describe().Facts.Message) })
	give(c, 3*time.Hour, orderOf("reject"), says("mia", "why", "It was worn."))
	return c, c.carried(firstRun)
}

// after plays the run that comes after the other one.
func after(t *testing.T, first *counter) *counter {
	t.Helper()
	c := newCounter(t)
	c.env.SetStartTime(first.env.Now())
	c.env.SetContinuedExecutionRunID("first")
	c.at(time.Millisecond, func() { require.NotContains(t, c.describe().Facts.Message, "broke") })
	return c
}

func TestARefundEndsInARunThatDoesNotHaveWhatTheCustomerWrote(t *testing.T) {
	first, next := written(t)
	require.Empty(t, first.deleted, "the run that has the texts deletes nothing")
	require.Equal(t, refund.Rejected, next.Carried.Refund.State)
	require.Empty(t, next.Carried.Refund.Facts.Message)

	second := after(t, first)
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Rejected, second.end().State)
	require.Equal(t, []contract.EarlierRuns{{Reports: []string{"return-report:demo:2:7001"}}}, second.deleted)
	require.True(t, second.describe().Closed)
	require.Empty(t, second.posts, "nobody is mailed because of it")
	require.Empty(t, second.ends, "the tallies know it")
}

// Temporal forgets them after some time.
func TestARefundEndsIfItsRunsCannotBeDeleted(t *testing.T) {
	first, next := written(t)
	second := after(t, first)
	second.erase = func(int) error { return errors.New("no permission") }
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Rejected, second.end().State)
	require.Greater(t, len(second.deleted), 5, "it was tried again")
}

// The same report comes once more, to the run that was to be the last.
func TestATextThatComesWhileEarlierRunsAreDeletedNeedsOneMoreRun(t *testing.T) {
	first, next := written(t)
	second := after(t, first)
	second.erase = func(n int) error {
		if n < 5 {
			return errors.New("busy")
		}
		return nil
	}
	tell(second, time.Second, contract.RefundRequested, contract.RefundReport{ID: "2", Facts: refund.Facts{Message: "It broke in my hands."}})
	third := second.carried(next)
	require.True(t, third.Carried.Refund.EarlierRuns)
	require.NotEqual(t, next.Carried.Refund.TextsErasedAt, third.Carried.Refund.TextsErasedAt)

	last := after(t, second)
	last.env.ExecuteWorkflow(string(contract.ApproveRefund), third)
	require.Equal(t, refund.Rejected, last.end().State)
	require.Len(t, last.deleted, 1)
}

// Everyone who reaches Temporal can start a workflow.
func TestAFirstRunDeletesNothing(t *testing.T) {
	_, next := written(t)
	c := newCounter(t)
	c.at(time.Hour, func() { c.env.CancelWorkflow() })
	c.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Empty(t, c.deleted)
}

// Each way in which a refund comes to its end only once a mail is given up.
func TestARefundEndsWithItsLastMail(t *testing.T) {
	refuse := func(_ int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellRejected {
			return later(contract.MailRefused, "no such address", 0)
		}
		return nil
	}
	for name, play := range map[string]func(*counter){
		"a mail to the customer that is dropped after 30 days": func(c *counter) { c.post = refuse },
		"mails to approvers that nobody has answered": func(c *counter) {
			c.facts.Customer = refund.Customer{}
			c.post = func(int, contract.RefundMail) error { return unanswered() }
		},
		"mails to approvers that did not leave": func(c *counter) {
			c.facts.Customer = refund.Customer{}
			c.post = func(int, contract.RefundMail) error {
				return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := undecided(t)
			c.facts.Message = "It broke."
			play(c)
			give(c, 2*time.Minute, orderOf("reject"), says("mia", "why", "It was worn."))
			c.at(60*day, func() { require.Fail(t, "it is open after 60 days") })
			require.Empty(t, c.carried(firstRun).Carried.Refund.Facts.Message)
		})
	}
}
