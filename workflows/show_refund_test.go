package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

func TestARefundsSearchAttributesAreWrittenOnlyWhenTheyChange(t *testing.T) {
	c := undecided(t)
	c.policy.GoodsFirst = true
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	posted, due := c.began.Add(time.Hour), c.began.Add(14*day+time.Hour)
	shown := func(after time.Duration, want map[string]string) {
		c.at(after, func() {
			want["Integration"] = "demo"
			require.Equal(t, want, asked(c, currentAttributes))
		})
	}
	shown(time.Minute, map[string]string{"RefundState": "awaiting_approval", "ApproverRole": "approver"})
	tell(c, 2*time.Hour, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: posted})
	shown(3*time.Hour, map[string]string{"RefundState": "awaiting_approval", "ApproverRole": "approver", "LegalDeadline": due.Format(time.RFC3339)})
	// Nothing of this is shown.
	tell(c, 4*time.Hour, contract.RefundRequested, contract.RefundReport{ID: "2", Facts: refund.Facts{Message: "It broke."}})
	tell(c, 5*time.Hour, orderOf("approve").Signal(), says("eve"))
	give(c, 6*time.Hour, orderOf("reassign"), says("anna", "to", "ben"))
	shown(3*day+7*time.Hour, map[string]string{"RefundState": "awaiting_approval", "ApproverRole": "manager", "LegalDeadline": due.Format(time.RFC3339)})
	give(c, 4*day, orderOf("ask-customer"), says("mia", "question", "Which size?"))
	shown(4*day+time.Hour, map[string]string{"RefundState": "needs_info", "LegalDeadline": due.Format(time.RFC3339)})
	give(c, 5*day, orderOf("approve"), says("mia"))
	shown(5*day+time.Hour, map[string]string{"RefundState": "awaiting_goods", "LegalDeadline": due.Format(time.RFC3339)})
	shown(10*day+2*time.Hour, map[string]string{"RefundState": "awaiting_goods", "LegalDeadline": due.Format(time.RFC3339), "Attention": "10 of 14 legal days are over"})
	tell(c, 11*day, contract.GoodsBack, contract.GoodsReturned{ParcelID: 7002, At: c.began.Add(11 * day)})
	shown(11*day+time.Hour, map[string]string{"RefundState": "pay_failed", "LegalDeadline": due.Format(time.RFC3339), "Attention": "payment failed"})
	give(c, 12*day-time.Hour, orderOf("pay-again"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, map[string]string{"Integration": "demo", "RefundState": "paid"}, asked(c, currentAttributes))
	for i, now := range c.written[1:] {
		require.NotEqual(t, c.written[i], now)
	}
	require.Len(t, c.written, 12, "requested, awaiting, posted, escalated, asked, approved, waiting, warned, paying, failed, paying and paid")
}

// The same moment is the same, in whatever zone a source tells it.
func TestADeadlineInAnotherZoneIsNotWrittenAnew(t *testing.T) {
	c := undecided(t)
	c.facts.IncomingParcel, c.facts.NoticeAt = 0, c.began.In(time.FixedZone("IST", 5*3600+1800))
	var written int
	c.at(time.Minute, func() { written = len(c.written) })
	tell(c, time.Hour, orderOf("approve").Signal(), says("eve"))
	c.at(2*time.Hour, func() {
		require.Equal(t, "2026-11-16T09:00:00Z", asked(c, currentAttributes)["LegalDeadline"])
		require.Len(t, c.written, written)
	})
	give(c, 3*time.Hour, orderOf("withdraw"), says("anna"))
	c.run()
}

// What the run before has shown is shown still: each writing is an event.
func TestARefundsNextRunShowsWhatChanges(t *testing.T) {
	c := undecided(t)
	c.policy.ApproveBelow = true
	tell(c, 30*time.Minute, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: c.began})
	c.at(time.Hour, func() { c.env.SetContinueAsNewSuggested(true) })
	tell(c, time.Hour, contract.RefundRequested, contract.RefundReport{ID: "2", Facts: refund.Facts{Message: "It broke."}})
	next := c.carried(firstRun)
	shown := asked(c, currentAttributes)

	second := newCounter(t)
	second.policy.ApproveBelow = true
	require.NoError(t, second.env.SetTypedSearchAttributesOnStart(attributesOf(shown)))
	second.env.SetStartTime(c.began.Add(2 * time.Hour))
	second.at(time.Minute, func() {
		require.Empty(t, second.written)
		require.Equal(t, shown, asked(second, currentAttributes))
	})
	give(second, time.Hour, orderOf("withdraw"), says("anna"))
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Withdrawn, second.end().State)
	require.Equal(t, map[string]string{"Integration": "demo", "RefundState": "withdrawn"}, asked(second, currentAttributes))

	// The rules approve as it begins, because nobody decided in time.
	third := newCounter(t)
	third.policy.ApproveBelow = true
	require.NoError(t, third.env.SetTypedSearchAttributesOnStart(attributesOf(shown)))
	third.env.SetStartTime(c.began.Add(4 * day))
	third.env.SetContinuedExecutionRunID("first")
	third.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Paid, third.end().State)
	require.Equal(t, map[string]string{"Integration": "demo", "RefundState": "paid"}, asked(third, currentAttributes), "and nobody's turn is left standing")
}

// Details are for everybody who may look at workflows.
func TestCurrentDetailsNameNoCustomerAndQuoteNobody(t *testing.T) {
	personal := []string{"Jane", "Doe", "jane.doe@example.com", "It broke in my hands.", "Which size?", "XL, please", "It was worn.", "For Jane", "Arrived in pieces"}
	look := func(c *counter, after time.Duration, says ...string) {
		c.at(after, func() {
			details := asked(c, currentDetails)
			for _, want := range says {
				require.Contains(t, details, want)
			}
			for _, secret := range personal {
				require.NotContains(t, details, secret)
			}
		})
	}
	c := undecided(t)
	c.facts.Message, c.facts.ReasonText = "It broke in my hands.", "Arrived in pieces"
	look(c, time.Minute, "Refund of return 42 of demo: **awaiting approval**, EUR 40.00", "Waiting since Mon 2 Nov 2026, 09:00 UTC for the approvers to decide; 0 of 1 have approved.", "Waits for: approve, reject.",
		"the reason is damaged", "| to anna: please decide", "| accepted")
	give(c, time.Hour, orderOf("ask-customer"), says("ben", "question", "Which size?"))
	look(c, 2*time.Hour, "**needs info**", "asked the customer", "| ben")
	give(c, 3*time.Hour, orderOf("enter-answer"), says("ben", "answer", "XL, please"))
	give(c, 4*time.Hour, orderOf("reassign"), says("ben", "to", "mia"))
	look(c, 5*time.Hour, "for mia to decide", "answered")
	tell(c, 6*time.Hour, orderOf("approve").Signal(), says("eve", "why", "For Jane"))
	look(c, 7*time.Hour, "refused: approve")
	give(c, 8*time.Hour, orderOf("reject"), says("mia", "why", "It was worn."))
	require.Equal(t, refund.Rejected, c.run().State)
	details := asked(c, currentDetails)
	require.Contains(t, details, "**rejected**")
	for _, secret := range personal {
		require.NotContains(t, details, secret)
	}
	for _, attributes := range c.written {
		for _, value := range attributes {
			for _, secret := range personal {
				require.NotContains(t, value, secret)
			}
		}
	}
}

func TestCurrentDetailsSayWhatToDo(t *testing.T) {
	c := newCounter(t)
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 401 Unauthorized"}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	c.request()
	tell(c, time.Minute, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: c.began})
	c.at(time.Hour, func() {
		details := asked(c, currentDetails)
		require.Contains(t, details, "**Needs attention: payment failed.**")
		require.Contains(t, details, "Waits for: pay-again. Give the order on the refund pages")
		require.Contains(t, details, "Mon 16 Nov 2026, 09:00 UTC")
	})
	give(c, 2*time.Hour, orderOf("pay-again"), says("mia"))
	c.run()
	details := asked(c, currentDetails)
	require.Contains(t, details, "**paid**")
	require.NotContains(t, details, "The legal deadline")
	require.NotContains(t, details, "PayAgain")
}

// A receipt of months does not fill the page; it is whole in Describe.
func TestCurrentDetailsShowTheNewestOfTheReceipt(t *testing.T) {
	c := undecided(t)
	for i := range 60 {
		tell(c, time.Duration(i+1)*time.Minute, orderOf("approve").Signal(), says("eve"))
	}
	tell(c, 2*time.Hour, orderOf("withdraw").Signal(), says("anna"))
	c.run()
	details := asked(c, currentDetails)
	require.Contains(t, details, "withdrawn")
	require.NotContains(t, details, "gathered")
	require.Less(t, len(details), 8000)
	require.Len(t, c.describe().Receipt, 3+60+1)
}
