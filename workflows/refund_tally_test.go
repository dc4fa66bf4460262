package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/refund"
)

// Other refunds cannot be counted: what Sendcloud told is kept, and a person decides.
func TestWhatSendcloudToldIsKeptIfNothingCanBeCounted(t *testing.T) {
	c := newCounter(t)
	c.facts.CustomerRefunds, c.facts.ShopToday = nil, nil
	c.gather = func(_ int, q contract.RefundQuery) (contract.RefundGathered, error) {
		if q.Again {
			return contract.RefundGathered{}, nil
		}
		return contract.RefundGathered{}, temporal.NewApplicationErrorWithOptions("the tally is stuck", contract.NotCounted, temporal.ApplicationErrorOptions{
			NonRetryable: len(c.queries) > 3, Details: []any{contract.RefundGathered{Facts: c.facts, Why: "Sendcloud does not know the parcel"}},
		})
	}
	c.request()
	c.at(time.Hour, func() {
		known := c.describe()
		require.Equal(t, refund.AwaitingApproval, known.State)
		require.Equal(t, "EUR 40.00", known.Facts.Amount.String())
		require.Equal(t, "jane.doe@example.com", known.Facts.Customer.Email)
		require.Contains(t, lines(known)[1], "Sendcloud does not know the parcel, and other refunds could not be counted: the tally is stuck")
		require.Equal(t, []string{"the customer's earlier refunds are not known", "the shop's refunds of today are not known"}, known.Terms.Why)
	})
	give(c, 2*time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
	c.run()
}

// Temporal has forgotten the refund, and something reports it again: it ends as it ended
// before. Nobody is mailed or asked, nothing is paid, and nothing is recorded anew.
func TestARefundThatWasHandledBeforeEndsAtOnce(t *testing.T) {
	for _, as := range []refund.State{refund.Paid, refund.Rejected, refund.Observed} {
		c := newCounter(t)
		ended := refund.Ended{As: as, At: nineOClock.AddDate(0, 0, -31)}
		c.gather = func(int, contract.RefundQuery) (contract.RefundGathered, error) {
			return contract.RefundGathered{Facts: c.facts, RefundedAt: nineOClock.AddDate(0, 0, -31), Handled: &ended}, nil
		}
		c.request()
		require.Equal(t, as, c.run().State)
		require.Equal(t, []string{"requested", "handled before: " + ended.String()}, lines(c.describe()))
		require.Empty(t, c.mails())
		require.Empty(t, c.alarms())
		require.Empty(t, c.claims)
		require.Empty(t, c.payments)
		require.Empty(t, c.ends)
	}
}

// The tally could not be asked when the facts were gathered: it says so when the amount
// is to be reserved.
func TestARefundThatWasHandledBeforeIsNotPaidAgain(t *testing.T) {
	c := newCounter(t)
	ended := refund.Ended{As: refund.Paid, At: nineOClock.AddDate(0, 0, -31)}
	c.claim = func(int) (refund.ClaimAnswer, error) {
		return refund.ClaimAnswer{Why: ended.String(), Handled: &ended}, nil
	}
	c.request()
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"tell received"}, c.mails())
	require.Empty(t, c.payments)
}

func TestEachEndIsRecordedOnce(t *testing.T) {
	for as, play := range map[refund.State]func(*counter){
		refund.Paid:     func(*counter) {},
		refund.Observed: func(c *counter) { c.policy.Shadow = true },
		refund.Rejected: func(c *counter) {
			c.facts.Reason = refund.Damaged
			give(c, time.Hour, orderOf("reject"), says("mia", "why", "Worn."))
		},
	} {
		c := newCounter(t)
		play(c)
		c.request()
		require.Equal(t, as, c.run().State)
		require.Len(t, c.ends, 1)
		require.Equal(t, as, c.ends[0].As)
		require.True(t, c.describe().EndRecorded)
	}
}
