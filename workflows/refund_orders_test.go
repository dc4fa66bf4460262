package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

// undecided has a person see the refund.
func undecided(t *testing.T) *counter {
	t.Helper()
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.request()
	return c
}

func TestARefusedUpdateLeavesNoTrace(t *testing.T) {
	c := undecided(t)
	var before, after refund.Refund
	c.at(30*time.Minute, func() { before = c.describe() })
	for name, v := range map[string]*verdict[contract.RefundAnswer]{
		`"eve" is not in the policy`:                                give(c, time.Hour, orderOf("approve"), says("eve")),
		"why: write the reason, which the customer reads":           give(c, time.Hour, orderOf("reject"), says("anna")),
		"question: write the question, which the customer reads":    give(c, time.Hour, orderOf("ask-customer"), says("anna")),
		"the refund is awaiting approval: no question is open":      give(c, time.Hour, orderOf("enter-answer"), says("anna", "answer", "XL")),
		"the refund is awaiting approval: no payment has failed":    give(c, time.Hour, orderOf("pay-again"), says("mia")),
		`"zoe" is not in the policy`:                                give(c, time.Hour, orderOf("reassign"), says("anna", "to", "zoe")),
		"EUR 180.01 is more than the EUR 40.00 that were requested": give(c, time.Hour, orderOf("approve"), says("anna", "amount", "180.01")),
	} {
		c.at(2*time.Hour, func() {
			require.ErrorContains(t, v.refused, name)
			require.Nil(t, v.done)
		})
	}
	c.at(2*time.Hour, func() { after = c.describe() })
	tell(c, 3*time.Hour, orderOf("withdraw").Signal(), says("anna"))
	require.Equal(t, refund.Withdrawn, c.run().State)
	require.Equal(t, before, after)
}

func TestEveryOrderIsFollowedAsAnUpdate(t *testing.T) {
	c := undecided(t)
	c.policy.GoodsFirst = true
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	var states []refund.State
	verdicts := []*verdict[contract.RefundAnswer]{
		give(c, 1*time.Hour, orderOf("reassign"), says("anna", "to", "ben")),
		give(c, 2*time.Hour, orderOf("ask-customer"), says("ben", "question", "Which size?")),
		give(c, 3*time.Hour, orderOf("enter-answer"), says("ben", "answer", "XL")),
		give(c, 4*time.Hour, orderOf("approve"), says("anna")),
		give(c, 5*time.Hour, orderOf("receive-goods"), says("anna")),
		give(c, 6*time.Hour, orderOf("pay-again"), says("mia")),
	}
	c.at(4*time.Hour+time.Minute, func() { require.Equal(t, refund.AwaitingGoods, c.describe().State) })
	require.Equal(t, refund.Paid, c.run().State)
	for _, v := range verdicts {
		states = append(states, v.answer(t).State)
	}
	require.Equal(t, []refund.State{refund.AwaitingApproval, refund.NeedsInfo, refund.AwaitingApproval, refund.Approved, refund.Paying, refund.Paying}, states)
	require.Equal(t, []string{"tell received", "tell needs_info", "tell approved", "tell paid"}, c.toCustomer())
}

func TestEveryOrderIsFollowedAsASignal(t *testing.T) {
	c := undecided(t)
	c.policy.GoodsFirst = true
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Refused}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow}, nil
	}
	tell(c, 1*time.Hour, orderOf("reassign").Signal(), says("anna", "to", "ben"))
	tell(c, 2*time.Hour, orderOf("ask-customer").Signal(), says("ben", "question", "Which size?"))
	tell(c, 3*time.Hour, orderOf("enter-answer").Signal(), says("ben", "answer", "XL"))
	tell(c, 4*time.Hour, orderOf("approve").Signal(), says("anna"))
	tell(c, 5*time.Hour, orderOf("receive-goods").Signal(), says("anna"))
	tell(c, 6*time.Hour, orderOf("pay-again").Signal(), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"tell received", "tell needs_info", "tell approved", "tell paid"}, c.toCustomer())
}

func TestAnOrderAsASignalThatIsRefusedStandsInTheReceipt(t *testing.T) {
	c := undecided(t)
	tell(c, time.Hour, orderOf("approve").Signal(), says("eve"))
	tell(c, 2*time.Hour, orderOf("pay-again").Signal(), says("mia"))
	tell(c, 3*time.Hour, orderOf("withdraw").Signal(), says("anna"))
	c.run()
	receipt := c.describe().Receipt
	refused := receipt[len(receipt)-3 : len(receipt)-1]
	require.Equal(t, []string{"refused: approve", "eve", `"eve" is not in the policy`}, []string{refused[0].What, refused[0].By.Person, refused[0].Why})
	require.Equal(t, []string{"refused: pay-again", "mia (page)", "the refund is awaiting approval: no payment has failed"}, []string{refused[1].What, refused[1].By.String(), refused[1].Why})
	require.Equal(t, c.began.Add(time.Hour), refused[0].At)
}

// Of two who decide in the same moment the first one counts. The other is told
// where the refund stands.
func TestTwoDecideInTheSameMoment(t *testing.T) {
	c := undecided(t)
	first, second := &verdict[contract.RefundAnswer]{}, &verdict[contract.RefundAnswer]{}
	c.at(time.Hour, func() {
		c.order(string(orderOf("approve")), says("anna"), first)
		c.order(string(orderOf("reject")), says("ben", "why", "Worn."), second)
	})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, refund.Approved, first.answer(t).State)
	require.ErrorContains(t, second.refused, "the refund is approved: it cannot be rejected")
	require.Len(t, c.claims, 1)
}

// A source that tells the same again, or more, does not begin another refund.
func TestSeveralSourcesAreOneRefund(t *testing.T) {
	c := undecided(t)
	c.facts.OrderNumber = ""
	tell(c, 0, contract.RefundRequested, contract.RefundReport{ID: "refund_requested@1", Facts: refund.Facts{Source: refund.FromRefundRequested, Kind: "money"}})
	tell(c, time.Hour, contract.RefundRequested, contract.RefundReport{ID: "refund_requested@2", Facts: refund.Facts{Source: refund.FromRefundRequested, OrderNumber: "1042"}})
	give(c, 2*time.Hour, orderOf("approve"), says("anna"))
	c.run()
	require.Equal(t, []string{"tell received", "tell approved", "tell paid"}, c.toCustomer())
	require.Len(t, c.queries, 2)
	require.Contains(t, lines(c.describe()), "learned: order number")
	require.Equal(t, "1042", c.payments[0].OrderNumber)
}

func TestWhatTheCarrierTellsIsNoted(t *testing.T) {
	c := undecided(t)
	c.policy.GoodsFirst = true
	tell(c, time.Hour, contract.GoodsPosted, contract.GoodsReturned{ParcelID: 7002, At: c.began.Add(time.Minute)})
	give(c, 2*time.Hour, orderOf("approve"), says("anna"))
	c.at(3*time.Hour, func() {
		due, ok := asked(c, currentAttributes)["LegalDeadline"]
		require.True(t, ok)
		require.Equal(t, c.began.Add(14*day+time.Minute).Format(time.RFC3339), due)
		require.Empty(t, c.payments)
	})
	tell(c, 4*time.Hour, contract.GoodsBack, contract.GoodsReturned{ParcelID: 7002, At: c.began.Add(2 * time.Hour)})
	tell(c, 5*time.Hour, contract.GoodsBack, contract.GoodsReturned{ParcelID: 7002, At: c.began.Add(3 * time.Hour)})
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, c.began.Add(4*time.Hour), c.over())
	require.Equal(t, c.began.Add(2*time.Hour), c.describe().Clock.GoodsAt.UTC())
}

// A refund that waits has people reminded, whatever day it is.
func TestTimeBringsRemindersAndAnEscalation(t *testing.T) {
	c := undecided(t)
	give(c, 5*day+time.Hour, orderOf("approve"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	when := map[time.Duration][]string{}
	for _, p := range c.posts {
		if p.Deed.What.ToApprover() {
			when[p.when.Sub(c.began)] = append(when[p.when.Sub(c.began)], p.Deed.String())
		}
	}
	require.Len(t, when, 4, "after that, the daily digests list it")
	require.ElementsMatch(t, []string{"ask anna", "ask ben", "ask mia"}, when[0])
	require.ElementsMatch(t, []string{"remind anna", "remind ben", "remind mia"}, when[day])
	require.ElementsMatch(t, []string{"remind anna", "remind ben", "remind mia"}, when[2*day])
	require.Equal(t, []string{"escalate to mia"}, when[3*day])
}
