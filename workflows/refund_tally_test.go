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
