package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/refund"
)

// lastLook answers the looks before paying, from 1; the facts are told at once.
func (c *counter) lastLook(look func(n int) (contract.RefundGathered, error)) {
	n := 0
	c.gather = func(_ int, q contract.RefundQuery) (contract.RefundGathered, error) {
		if !q.Again {
			return contract.RefundGathered{Facts: c.facts}, nil
		}
		n++
		return look(n)
	}
}

func silent(wait time.Duration) error { //nolint:unparam // how long it is silent is what a test says
	return later(contract.APIUnavailable, "Sendcloud's API: unavailable", wait)
}

const silence = "the shop was not asked: Sendcloud cannot be asked whether somebody has paid already: Sendcloud's API: unavailable"

func TestWhatThePanelPaidIsSeenInTheLastMoment(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(int) (contract.RefundGathered, error) {
		return contract.RefundGathered{RefundedAt: c.began}, nil
	})
	c.request()
	require.Equal(t, refund.PaidElsewhere, c.run().State)
	require.Empty(t, c.payments)
	require.Equal(t, []string{"paid in Sendcloud's panel"}, c.alarms())
	require.Len(t, c.claims, 1, "it was counted already")
	require.Empty(t, c.releases)
}

func TestNothingIsPaidWhileSendcloudCannotBeAsked(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(int) (contract.RefundGathered, error) {
		if c.env.Now().Before(c.began.Add(3 * time.Hour)) {
			return contract.RefundGathered{}, silent(20 * time.Minute)
		}
		return unpaid, nil
	})
	c.request()
	c.at(59*time.Minute, func() { require.Equal(t, refund.Paying, c.describe().State) })
	c.at(61*time.Minute, func() {
		known := c.describe()
		require.Equal(t, refund.PayFailed, known.State)
		require.Equal(t, refund.Refused, known.Outcome, "nobody was asked, so nothing has gone")
		require.Contains(t, lines(known), "payment refused: "+silence)
		require.Equal(t, []string{"payment failed"}, c.alarms())
		require.Empty(t, c.payments)
		require.Zero(t, known.Asked)
	})
	give(c, 4*time.Hour, orderOf("pay-again"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Len(t, c.payments, 1)
}

// The panel pays while Sendcloud is not to be reached for the last look.
func TestThePanelPaysWhileSendcloudCannotBeAsked(t *testing.T) {
	for name, look := range map[string]func(c *counter) (contract.RefundGathered, error){
		"and it stays so": func(*counter) (contract.RefundGathered, error) {
			return contract.RefundGathered{}, silent(20 * time.Minute)
		},
		"and then it answers": func(c *counter) (contract.RefundGathered, error) { return silentUntil(c, 40*time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			c.lastLook(func(int) (contract.RefundGathered, error) { return look(c) })
			c.request()
			tell(c, 30*time.Minute, contract.RefundedInPanel, contract.PanelRefund{At: c.began})
			require.Equal(t, refund.PaidElsewhere, c.run().State)
			require.Empty(t, c.payments)
			require.Equal(t, []string{"paid in Sendcloud's panel"}, c.alarms())
		})
	}
}

func silentUntil(c *counter, after time.Duration) (contract.RefundGathered, error) {
	if c.env.Now().Before(c.began.Add(after)) {
		return contract.RefundGathered{}, silent(20 * time.Minute)
	}
	return unpaid, nil
}

// Sendcloud told that nobody had paid when the rules approved, and does not tell any more
// when it is to be paid: a person has to look, and answers for paying it.
func TestTheRulesDoNotPayWhatThePanelMayHavePaid(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(int) (contract.RefundGathered, error) {
		return contract.RefundGathered{Endpoint: unpaid.Endpoint, Why: "no worker has API keys of the integration, so that Sendcloud was not asked"}, nil
	})
	c.request()
	c.at(time.Hour, func() {
		known := c.describe()
		require.True(t, known.ByRules)
		require.Equal(t, refund.PayFailed, known.State)
		require.Contains(t, lines(known), "payment refused: the shop was not asked: it is not known whether the return was refunded in Sendcloud's panel: look there, then pay again")
		require.Empty(t, c.payments)
		require.Equal(t, []string{"payment failed"}, c.alarms())
	})
	give(c, 2*time.Hour, orderOf("pay-again"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
	require.Contains(t, lines(c.describe()), "asked to pay: shop.example/refunds; it is not known whether the return was refunded in Sendcloud's panel")
}

// What a person has approved is paid, and the decision log says what was not known. A
// policy can have the rules do it too.
func TestWhoMayPayWhatThePanelMayHavePaid(t *testing.T) {
	for _, byPolicy := range []bool{false, true} {
		c := newCounter(t)
		c.policy.AutoPanelUnknown = byPolicy
		c.facts.PanelRead = false
		c.lastLook(func(int) (contract.RefundGathered, error) {
			return contract.RefundGathered{Endpoint: unpaid.Endpoint}, nil
		})
		c.request()
		if !byPolicy {
			c.at(time.Hour, func() { require.Equal(t, refund.AwaitingApproval, c.describe().State) })
			give(c, 2*time.Hour, orderOf("approve"), says("anna"))
		}
		require.Equal(t, refund.Paid, c.run().State)
		require.Equal(t, byPolicy, c.describe().ByRules)
		require.Contains(t, lines(c.describe()), "asked to pay: shop.example/refunds; it is not known whether the return was refunded in Sendcloud's panel")
	}
}

func TestAnEndpointThatDoesNotAnswerIsAskedUnderTheSameKey(t *testing.T) {
	c := newCounter(t)
	c.pay = func(int) (refund.Payment, error) {
		if c.env.Now().Before(c.began.Add(26 * time.Hour)) {
			return refund.Payment{}, later(contract.PayUnanswered, "the shop's endpoint did not answer (time-out)", 5*time.Hour)
		}
		return refund.Payment{Outcome: refund.PaidBefore, Reference: "payout-42"}, nil
	}
	c.request()
	c.at(19*time.Hour, func() {
		require.Equal(t, refund.Paying, c.describe().State)
		require.Empty(t, c.alarms())
	})
	c.at(25*time.Hour, func() {
		known := c.describe()
		require.Equal(t, refund.PayFailed, known.State)
		require.Equal(t, refund.Doubt, known.Outcome)
		require.Contains(t, lines(known), "payment in doubt: the shop's endpoint did not answer (time-out)")
		require.Equal(t, []string{"payment in doubt"}, c.alarms())
		require.Equal(t, "payment in doubt", asked(c, currentAttributes)["Attention"])
	})
	rejected := give(c, 25*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
	again := give(c, 27*time.Hour, orderOf("pay-again"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	require.ErrorContains(t, rejected.refused, "it is not known whether the money was paid")
	require.Equal(t, refund.Paying, again.answer(t).State)
	known := c.describe()
	require.Equal(t, []any{refund.PaidBefore, "payout-42", 2}, []any{known.Outcome, known.Reference, known.Asked})
	require.Greater(t, len(c.payments), 3)
	for _, p := range c.payments {
		require.Equal(t, c.payments[0], p)
	}
	require.Equal(t, []string{"tell received", "tell approved", "tell paid"}, c.mails())
}

// The endpoint is silent for a day, and refuses the next request: the first may have
// been paid. A manager who has checked ends the doubt.
func TestARefusalAfterSilenceLeavesTheDoubt(t *testing.T) {
	c := newCounter(t)
	c.pay = func(int) (refund.Payment, error) {
		if c.env.Now().Before(c.began.Add(25 * time.Hour)) {
			return refund.Payment{}, later(contract.PayUnanswered, "the shop's endpoint did not answer (time-out)", 5*time.Hour)
		}
		return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 401 Unauthorized"}, nil
	}
	c.request()
	give(c, 26*time.Hour, orderOf("pay-again"), says("mia"))
	c.at(27*time.Hour, func() {
		known := c.describe()
		require.Contains(t, lines(known), "payment refused: the shop's endpoint answered 401 Unauthorized")
		require.Equal(t, "payment in doubt", asked(c, currentAttributes)["Attention"])
	})
	rejected := give(c, 28*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
	withdrawn := give(c, 28*time.Hour, orderOf("withdraw"), says("mia"))
	c.at(29*time.Hour, func() { require.Empty(t, c.releases, "what may be paid stays reserved") })
	unproven := give(c, 30*time.Hour, orderOf("confirm-unpaid"), says("anna", "why", "I asked around."))
	checked := give(c, 31*time.Hour, orderOf("confirm-unpaid"), says("mia", "why", "The key is not among the payouts."))
	last := give(c, 32*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
	require.Equal(t, refund.Rejected, c.run().State)
	for _, refused := range []error{rejected.refused, withdrawn.refused} {
		require.ErrorContains(t, refused, "it is not known whether the money was paid")
	}
	require.ErrorContains(t, unproven.refused, "only a manager can confirm that nothing was paid")
	require.NoError(t, checked.refused)
	require.NoError(t, last.refused)
	require.Len(t, c.releases, 1)
	require.Equal(t, []string{"tell received", "tell approved", "tell rejected"}, c.mails())
}

// The endpoint moves while it is in doubt whether it has paid. The new one cannot know:
// a manager has to agree to ask it.
func TestAnotherEndpointIsNotAskedInDoubtWithoutAManager(t *testing.T) {
	c := newCounter(t)
	endpoint := func() string {
		if c.env.Now().Before(c.began.Add(2 * time.Hour)) {
			return "shop.example/refunds"
		}
		return "new.example/refunds"
	}
	c.lastLook(func(int) (contract.RefundGathered, error) {
		return contract.RefundGathered{Endpoint: endpoint(), Facts: unpaid.Facts}, nil
	})
	c.pay = func(n int) (refund.Payment, error) {
		if n == 1 {
			return refund.Payment{Outcome: refund.Doubt, Why: "the shop's endpoint answered 200 OK, but its body is not a JSON object"}, nil
		}
		return refund.Payment{Outcome: refund.PaidNow, Reference: "payout-42"}, nil
	}
	c.request()
	again := give(c, 3*time.Hour, orderOf("pay-again"), says("anna"))
	c.at(4*time.Hour, func() {
		known := c.describe()
		require.Equal(t, refund.PayFailed, known.State)
		require.Contains(t, lines(known), "asked to pay: shop.example/refunds")
		require.Contains(t, lines(known), "payment refused: the shop was not asked: it is not known whether shop.example/refunds has paid, and new.example/refunds is configured now: a manager can have that one asked")
		require.Len(t, c.payments, 1)
	})
	refused := give(c, 5*time.Hour, orderOf("pay-again"), says("anna"))
	agreed := give(c, 6*time.Hour, orderOf("pay-again"), says("mia"))
	require.Equal(t, refund.Paid, c.run().State)
	require.NoError(t, again.refused, "where it leads is not known yet")
	require.EqualError(t, refused.refused, "it is not known whether shop.example/refunds has paid: only a manager can have new.example/refunds asked")
	require.NoError(t, agreed.refused)
	require.Contains(t, lines(c.describe()), "payment tried again: new.example/refunds")
	require.Equal(t, []string{"shop.example/refunds", "new.example/refunds"}, []string{c.payments[0].Endpoint, c.payments[1].Endpoint})
}

// Where nobody knows where to pay, nobody is asked, and what was asked before stays known.
func TestNothingIsAskedWithoutAnEndpoint(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(n int) (contract.RefundGathered, error) {
		return contract.RefundGathered{Endpoint: []string{"shop.example/refunds", "", "new.example/refunds"}[n-1], Facts: unpaid.Facts}, nil
	})
	c.pay = func(int) (refund.Payment, error) { return refund.Payment{Outcome: refund.Doubt}, nil }
	c.request()
	give(c, time.Hour, orderOf("pay-again"), says("anna"))
	c.at(2*time.Hour, func() {
		require.Contains(t, lines(c.describe()), "payment refused: the shop was not asked: no worker knows where to pay: set WAYBILL_PAY_URL_<INTEGRATION> and WAYBILL_PAY_KEYS_<INTEGRATION>, and pay again")
	})
	give(c, 3*time.Hour, orderOf("pay-again"), says("anna"))
	c.at(4*time.Hour, func() {
		known := c.describe()
		require.Len(t, c.payments, 1)
		require.Equal(t, []any{"shop.example/refunds", "new.example/refunds", true}, []any{known.Endpoint, known.OtherEndpoint, known.InDoubt})
	})
	give(c, 5*time.Hour, orderOf("confirm-unpaid"), says("mia", "why", "The key is not among the payouts."))
	give(c, 6*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
	require.Equal(t, refund.Rejected, c.run().State)
}

// An endpoint that has refused did not pay: what is in doubt is the one that was silent.
func TestADoubtStaysWithTheEndpointThatMayHavePaid(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(n int) (contract.RefundGathered, error) {
		at := []string{"shop.example/refunds", "new.example/refunds", "new.example/refunds", "shop.example/refunds"}[n-1]
		return contract.RefundGathered{Endpoint: at, Facts: unpaid.Facts}, nil
	})
	c.pay = func(n int) (refund.Payment, error) {
		return refund.Payment{Outcome: []refund.Outcome{refund.Doubt, refund.Refused, refund.PaidBefore}[n-1]}, nil
	}
	c.request()
	give(c, 3*time.Hour, orderOf("pay-again"), says("anna"))
	give(c, 4*time.Hour, orderOf("pay-again"), says("mia"))
	c.at(5*time.Hour, func() {
		known := c.describe()
		require.Equal(t, []string{"shop.example/refunds"}, known.DoubtfulAt)
		require.True(t, known.InDoubt)
	})
	home := give(c, 6*time.Hour, orderOf("pay-again"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
	require.NoError(t, home.refused)
	require.Empty(t, c.describe().DoubtfulAt)
}

// Without doubt, the endpoint may move.
func TestAnotherEndpointIsAskedAfterARefusal(t *testing.T) {
	c := newCounter(t)
	c.lastLook(func(n int) (contract.RefundGathered, error) {
		return contract.RefundGathered{Endpoint: []string{"shop.example/refunds", "new.example/refunds"}[n-1], Facts: unpaid.Facts}, nil
	})
	c.pay = func(n int) (refund.Payment, error) {
		return refund.Payment{Outcome: []refund.Outcome{refund.Refused, refund.PaidNow}[n-1]}, nil
	}
	c.request()
	give(c, time.Hour, orderOf("pay-again"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
}

// Whether the money went is not known any better because Sendcloud is silent too.
func TestWhatIsOpenStaysOpenWhileSendcloudCannotBeAsked(t *testing.T) {
	for _, first := range []refund.Outcome{refund.Refused, refund.Doubt} {
		t.Run(string(first), func(t *testing.T) {
			c := newCounter(t)
			c.lastLook(func(n int) (contract.RefundGathered, error) {
				if n == 1 {
					return unpaid, nil
				}
				return contract.RefundGathered{}, silent(20 * time.Minute)
			})
			c.pay = func(int) (refund.Payment, error) {
				if first == refund.Refused {
					return refund.Payment{Outcome: refund.Refused, Why: "the shop's endpoint answered 401 Unauthorized"}, nil
				}
				return refund.Payment{}, temporal.NewNonRetryableApplicationError("no answer", contract.PayUnanswered, nil)
			}
			c.request()
			give(c, time.Hour, orderOf("pay-again"), says("mia"))
			c.at(3*time.Hour, func() {
				require.Equal(t, refund.PayFailed, c.describe().State)
				require.Equal(t, refund.Refused, c.describe().Outcome)
				require.Equal(t, first == refund.Doubt, c.describe().InDoubt)
			})
			rejected := give(c, 4*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
			tell(c, 5*time.Hour, contract.RefundedInPanel, contract.PanelRefund{At: c.began})
			end := c.run()
			require.Len(t, c.payments, 1)
			if first == refund.Refused {
				require.NoError(t, rejected.refused, "nothing has gone")
				require.Equal(t, refund.Rejected, end.State)
				return
			}
			require.ErrorContains(t, rejected.refused, "it is not known whether the money was paid")
			require.Equal(t, refund.PaidElsewhere, end.State)
		})
	}
}

// Somebody paid in the panel after the endpoint had failed, and pays again.
func TestWhatThePanelPaidIsNotPaidAgain(t *testing.T) {
	for _, c := range []struct {
		first  refund.Outcome
		alarms []string
	}{
		{refund.Refused, []string{"payment failed", "paid in Sendcloud's panel"}},
		{refund.Doubt, []string{"payment in doubt", "paid in Sendcloud's panel while we pay"}}, // which may have paid
	} {
		t.Run(string(c.first), func(t *testing.T) {
			counter := newCounter(t)
			counter.lastLook(func(n int) (contract.RefundGathered, error) {
				if n == 1 {
					return unpaid, nil
				}
				return contract.RefundGathered{RefundedAt: counter.began.Add(time.Hour)}, nil
			})
			counter.pay = func(int) (refund.Payment, error) {
				if c.first == refund.Refused {
					return refund.Payment{Outcome: refund.Refused}, nil
				}
				return refund.Payment{}, temporal.NewNonRetryableApplicationError("no answer", contract.PayUnanswered, nil)
			}
			counter.request()
			give(counter, 2*time.Hour, orderOf("pay-again"), says("mia"))
			require.Equal(t, refund.PaidElsewhere, counter.run().State)
			require.Len(t, counter.payments, 1, "the customer has the money")
			require.Equal(t, c.alarms, counter.alarms())
		})
	}
}

// What is being asked is not called back, and operations compare the two.
func TestThePanelPaysWhileTheEndpointIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		answer refund.Payment
		want   refund.State
	}{
		"and it pays":    {refund.Payment{Outcome: refund.PaidNow}, refund.Paid},
		"and it refuses": {refund.Payment{Outcome: refund.Refused}, refund.PaidElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			counter := newCounter(t)
			counter.pay = func(n int) (refund.Payment, error) {
				if n == 1 {
					return refund.Payment{}, later(contract.PayUnanswered, "the shop's endpoint answered 503", time.Hour)
				}
				return c.answer, nil
			}
			counter.request()
			tell(counter, 30*time.Minute, contract.RefundedInPanel, contract.PanelRefund{At: counter.began})
			require.Equal(t, c.want, counter.run().State)
			require.Len(t, counter.payments, 2)
			require.Equal(t, "paid in Sendcloud's panel while we pay", counter.alarms()[0])
			require.Equal(t, "paid in Sendcloud's panel while we pay", asked(counter, currentAttributes)["Attention"], "also after the end")
		})
	}
}
