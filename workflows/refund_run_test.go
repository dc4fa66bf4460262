package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/refund"
)

// byLink is what somebody gives an order with by a mailed link.
func byLink(by string, fields ...string) refund.Input {
	in := says(by, fields...)
	in.Via, in.Link = refund.ViaLink, "a-link"
	return in
}

var firstRun = contract.RefundStart{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}}

func TestARefundsNextRunKnowsEverything(t *testing.T) {
	c := undecided(t)
	give(c, time.Hour, orderOf("ask-customer"), byLink("ben", "question", "Which size?"))
	c.at(2*time.Hour, func() { c.env.SetContinueAsNewSuggested(true) })
	give(c, 3*time.Hour, orderOf("enter-answer"), says("ben", "answer", "XL"))
	next := c.carried(firstRun)
	require.Equal(t, []any{"demo", int64(42)}, []any{next.Integration, next.ReturnID})
	known := c.describe()
	require.Equal(t, known, next.Carried.Refund)
	require.Len(t, known.Mails, 3+1+1+3, "it waited for the mails that were under way")
	for _, m := range known.Mails {
		require.Equal(t, delivery.Accepted, m.State)
	}

	second := newCounter(t)
	second.env.SetStartTime(c.began.Add(4 * time.Hour))
	second.at(time.Second, func() { require.Equal(t, known, second.describe(), "nothing happens because of it") })
	link := give(second, time.Hour, orderOf("approve"), byLink("ben"))
	decided := give(second, 24*time.Hour, orderOf("approve"), says("anna"))
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Paid, second.end().State)
	require.ErrorContains(t, link.refused, "this link was used already")
	require.Equal(t, refund.Approved, decided.answer(t).State)
	require.ElementsMatch(t, []string{"remind anna", "remind ben", "remind mia", "tell approved", "tell paid"}, second.mails(), "people are reminded a day after they were asked")
	require.Len(t, second.describe().Mails, len(known.Mails)+5)
	require.Len(t, second.queries, 1, "the facts are known")
	require.Empty(t, second.watches)
	keys := map[string]bool{}
	for _, p := range append(c.posts, second.posts...) {
		require.False(t, keys[p.Key], "%s", p.Deed)
		keys[p.Key] = true
	}
}

// What is told in the moment in which a run ends, the next one knows: an order and
// a fact are there together when the workflow looks.
func TestWhatIsToldAsARunEndsIsNotLost(t *testing.T) {
	for _, c := range []struct {
		name string
		fact any
		line string
	}{
		{string(contract.RefundRequested), contract.RefundReport{ID: "refund_requested@1", Facts: refund.Facts{Message: "It broke."}}, "learned: message"},
		{string(orderOf("pay-again")), says("mia"), "refused: pay-again: the refund is needs info: no payment has failed"},
		{string(contract.RefundedInPanel), contract.PanelRefund{At: nineOClock}, "paid in the panel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			counter, told := undecided(t), &verdict[contract.RefundAnswer]{}
			give(counter, time.Hour, orderOf("ask-customer"), says("ben", "question", "Which size?"))
			counter.at(2*time.Hour, func() {
				counter.env.SetContinueAsNewSuggested(true)
				counter.env.SignalWorkflowSkippingWorkflowTask(c.name, c.fact)
				counter.order(string(orderOf("receive-goods")), says("anna"), told)
			})
			require.Equal(t, counter.carried(firstRun).Carried.Refund, counter.describe())
			require.NoError(t, told.err)
			require.Contains(t, lines(counter.describe()), "goods back")
			require.Contains(t, lines(counter.describe()), c.line)
		})
	}
}

func TestARunDoesNotEndWhileAnythingIsUnderWay(t *testing.T) {
	c := undecided(t)
	c.post = func(n int, m contract.RefundMail) error {
		if m.Deed.What == refund.TellReceived && c.env.Now().Before(c.began.Add(9*time.Hour)) {
			return later(contract.MailNotSent, "SendGrid answered 503", 10*time.Hour)
		}
		return nil
	}
	c.at(time.Hour, func() { c.env.SetContinueAsNewSuggested(true) })
	tell(c, 2*time.Hour, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: c.began})
	next := c.carried(firstRun)
	require.Equal(t, c.began.Add(10*time.Hour), c.env.Now().UTC())
	require.Equal(t, delivery.Accepted, next.Carried.Refund.Mails[0].State)
}

// A run that begins after something was due does it at once.
func TestARunThatBeginsLateCatchesUp(t *testing.T) {
	c := undecided(t)
	c.at(time.Hour, func() { c.env.SetContinueAsNewSuggested(true) })
	tell(c, time.Hour, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: c.began})
	next := c.carried(firstRun)
	second := newCounter(t)
	second.env.SetStartTime(c.began.Add(3*day + time.Hour))
	second.at(time.Minute, func() { require.Equal(t, []string{"escalate to mia"}, second.mails()) })
	give(second, time.Hour, orderOf("approve"), says("mia"))
	second.env.SetContinuedExecutionRunID("first")
	second.env.ExecuteWorkflow(string(contract.ApproveRefund), next)
	require.Equal(t, refund.Paid, second.end().State)
}

// A refund that was stopped in Temporal before it was over, and whose customer was then erased, goes on.
func TestARefundThatIsKeptBeforeItIsOverGoesOn(t *testing.T) {
	keys := link.Keys{[]byte(strings.Repeat("k", 32))}
	first := undecided(t)
	first.at(time.Hour, func() { first.env.SetContinueAsNewSuggested(true) })
	tell(first, time.Hour, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: first.began})
	known := first.carried(firstRun).Carried.Refund
	known.Erase(refund.Said{By: "anna"}, first.policy, first.began)
	kept := contract.CarriedRefund{Refund: known}

	begin := func(proof string) *counter {
		c := newCounter(t)
		c.proves = func(proof, text string, at time.Time, within time.Duration) bool {
			return !strings.Contains(text, `"kept"`) || keys.Proves(proof, text, at, within)
		}
		give(c, time.Hour, orderOf("approve"), says("anna"))
		c.env.ExecuteWorkflow(string(contract.ApproveRefund), contract.RefundStart{RefundRef: firstRun.RefundRef, Kept: &contract.KeptRefund{CarriedRefund: kept, Proof: proof}})
		return c
	}
	c := begin(keys.Prove(contract.KeptText(firstRun.RefundRef, kept), first.began))
	require.Equal(t, refund.Paid, c.end().State)
	require.Len(t, c.payments, 1)
	for _, m := range c.posts {
		require.NotContains(t, m.Deed.String(), "tell", "the customer is not mailed")
	}

	other := contract.RefundRef{Integration: "demo", ReturnID: 43}
	for _, proof := range []string{"", keys.Prove(contract.KeptText(other, kept), first.began), keys.Prove(contract.KeptText(firstRun.RefundRef, contract.CarriedRefund{}), first.began)} {
		c := begin(proof)
		require.ErrorContains(t, c.env.GetWorkflowError(), "nothing proves that this refund is kept")
		require.Empty(t, c.payments)
	}
}
