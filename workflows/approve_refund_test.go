package workflows_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/parcel"
	"waybill/refund"
)

func TestARefundGoesItsWay(t *testing.T) {
	c := newCounter(t)
	c.request()
	end := c.run()
	require.Equal(t, refund.Paid, end.State)
	require.Equal(t, []string{"tell received", "tell approved", "tell paid"}, c.mails())
	require.Len(t, c.queries, 2)
	require.False(t, c.queries[0].Again)
	require.Equal(t, refund.FromReturnCreated, c.queries[0].Source)
	require.True(t, c.queries[1].Again, "the last look before paying")
	require.Equal(t, []contract.RefundPayment{{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Endpoint: "shop.example/refunds", Key: "refund:demo:42", OrderNumber: "1042", Amount: c.describe().Facts.Amount}}, c.payments)
	require.Equal(t, "EUR 40.00", c.payments[0].Amount.String())
	require.Equal(t, []contract.ReturnWatch{{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7002}, Awaited: parcel.Waiter{
		WorkflowID: c.watches[0].Awaited.WorkflowID, Until: c.began.Add(120 * day),
	}}}, c.watches)
	require.NotEmpty(t, c.watches[0].Awaited.WorkflowID)
	require.Empty(t, c.releases)
	require.Empty(t, c.notices)
}

// Activities get what they need, and no more places have the customer's name than need it.
func TestActivitiesGetNothingBesidesWhatTheyNeed(t *testing.T) {
	c := undecided(t)
	c.policy.Customers = refund.DigestKeys{[]byte("a digest key of the tests, which is long")}
	give(c, time.Hour, orderOf("approve"), says("anna"))
	c.run()
	jane := c.policy.Customers.Customer("jane.doe@example.com")
	require.Equal(t, contract.RefundClaim{
		RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Key: "refund:demo:42", Order: "order/demo/1042", Amount: c.claims[0].Amount, At: c.claims[0].At,
		OrderValue: c.claims[0].OrderValue, OrderValueBy: c.claims[0].OrderValueBy, Customer: jane,
	}, c.claims[0])
	require.Equal(t, contract.RefundClaim{
		RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Key: "refund:demo:42", Order: "order/demo/1042", Amount: c.claims[0].Amount, At: c.ends[0].At,
		As: refund.Paid,
	}, c.ends[0])
	require.Equal(t, contract.RefundQuery{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Again: true}, c.queries[1])
	nameless, err := json.Marshal([]any{c.claims, c.ends, c.queries, c.payments, c.watches})
	require.NoError(t, err)
	require.NotContains(t, strings.ToLower(string(nameless)), "jane")
	for _, p := range c.posts {
		told := refund.Customer{Name: "Jane Doe"}
		if p.Deed.What.ToCustomer() {
			told = refund.Customer{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}
		}
		require.Equal(t, told, p.Told.Customer, p.Deed)
	}
}

func TestPeopleDecideWithWhatIsKnownIfNothingCanBeLoaded(t *testing.T) {
	for name, c := range map[string]struct {
		fails error
		after time.Duration
		why   string
	}{
		"Sendcloud is silent":       {later(contract.APIUnavailable, "Sendcloud's API: unavailable", 20*time.Minute), time.Hour, "Sendcloud's API: unavailable"},
		"Sendcloud refuses the key": {temporal.NewNonRetryableApplicationError("Sendcloud's API: set-up", contract.APISetup, nil), 0, "Sendcloud's API: set-up"},
	} {
		t.Run(name, func(t *testing.T) {
			counter := newCounter(t)
			counter.gather = func(_ int, q contract.RefundQuery) (contract.RefundGathered, error) {
				if q.Again {
					return unpaid, nil
				}
				return contract.RefundGathered{}, c.fails
			}
			counter.request()
			if c.after > 0 {
				counter.at(c.after-time.Minute, func() { require.Equal(t, refund.Requested, counter.describe().State) })
			}
			counter.at(c.after+time.Minute, func() {
				known := counter.describe()
				require.Equal(t, refund.AwaitingApproval, known.State)
				require.Contains(t, lines(known), "gathered: Sendcloud cannot be asked: "+c.why)
				require.Contains(t, known.Terms.Why, "the amount is not known")
				require.Equal(t, counter.began, known.Facts.NoticeAt.UTC(), "whoever asks for the money has withdrawn")
			})
			decided := give(counter, 2*time.Hour, orderOf("approve"), says("ben", "amount", "40.00", "orderValue", "180.00", "currency", "EUR"))
			require.Equal(t, refund.Paid, counter.run().State)
			require.Equal(t, refund.Approved, decided.answer(t).State)
		})
	}
}

func TestWhatThePanelHasPaidBeforeTheFactsAreThereIsNotPaid(t *testing.T) {
	c := newCounter(t)
	c.gather = func(int, contract.RefundQuery) (contract.RefundGathered, error) {
		return contract.RefundGathered{Facts: c.facts, RefundedAt: c.began.Add(-time.Minute)}, nil
	}
	c.request()
	require.Equal(t, refund.PaidElsewhere, c.run().State)
	require.Empty(t, c.mails())
	require.Empty(t, c.payments)
	require.Len(t, c.claims, 1)
	require.True(t, c.claims[0].Forced, "it counts whatever the limits say")
	require.Equal(t, []string{"paid in Sendcloud's panel"}, c.alarms())
}

func TestGoodsThatAreBackAlreadyAreNotWaitedFor(t *testing.T) {
	c := newCounter(t)
	c.policy.GoodsFirst = true
	c.gather = func(_ int, q contract.RefundQuery) (contract.RefundGathered, error) {
		if q.Again {
			return unpaid, nil
		}
		return contract.RefundGathered{Facts: c.facts, GoodsAt: c.began.Add(-2 * time.Hour)}, nil
	}
	c.request()
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, c.began.Add(-2*time.Hour), c.describe().Clock.GoodsAt.UTC())
}

func TestAReturnParcelThatCannotBeWatchedStopsNothing(t *testing.T) {
	c := newCounter(t)
	c.env.OnActivity(string(contract.WatchReturn), mock.Anything, mock.Anything).Return(struct{}{}, temporal.NewNonRetryableApplicationError("no Temporal", "", nil))
	c.request()
	require.Equal(t, refund.Paid, c.run().State)
}

func TestAClaimThatIsRefusedIsDecidedByPeople(t *testing.T) {
	c := newCounter(t)
	c.claim = func(n int) (refund.ClaimAnswer, error) {
		if n == 1 {
			return refund.ClaimAnswer{Refunded: euro(t, "150.00"), Why: "EUR 40.00 is more than the EUR 30.00 that is left of the order"}, nil
		}
		return refund.ClaimAnswer{Granted: true}, nil
	}
	c.request()
	c.at(time.Minute, func() {
		known := c.describe()
		require.Equal(t, refund.AwaitingApproval, known.State)
		require.False(t, known.ByRules)
		require.ElementsMatch(t, []string{"tell received", "ask anna", "ask ben", "ask mia"}, c.mails(), "nobody was promised anything")
	})
	more := give(c, time.Hour, orderOf("approve"), says("anna"))
	give(c, 2*time.Hour, orderOf("approve"), says("anna", "amount", "30.00"))
	require.Equal(t, refund.Paid, c.run().State)
	require.ErrorContains(t, more.refused, "EUR 40.00 is more than the EUR 30.00 that is left of the order")
	require.True(t, c.claims[0].ByRules)
	require.False(t, c.claims[1].ByRules, "and a person has seen the second one")
	require.Equal(t, "EUR 30.00", c.payments[0].Amount.String())
}

func TestAClaimIsTriedForAsLongAsItTakes(t *testing.T) {
	c := newCounter(t)
	c.claim = func(n int) (refund.ClaimAnswer, error) {
		if n < 9 {
			return refund.ClaimAnswer{}, later("", "no Temporal", day)
		}
		return refund.ClaimAnswer{Granted: true}, nil
	}
	c.request()
	require.Equal(t, refund.Paid, c.run().State)
	require.Equal(t, []string{"tell received", "tell approved", "tell paid"}, c.mails())
}

func TestAClaimThatCannotBeMadeIsDecidedByPeople(t *testing.T) {
	c := newCounter(t)
	c.claim = func(n int) (refund.ClaimAnswer, error) {
		if n == 1 {
			return refund.ClaimAnswer{}, temporal.NewNonRetryableApplicationError("no such namespace", "", nil)
		}
		return refund.ClaimAnswer{Granted: true}, nil
	}
	c.request()
	c.at(time.Minute, func() {
		require.Equal(t, []string{"the amount could not be reserved: no such namespace"}, c.describe().Terms.Why)
	})
	give(c, time.Hour, orderOf("approve"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
}

// What is withdrawn while the amount is being claimed is given back.
func TestWhatIsWithdrawnWhileItIsClaimedIsGivenBack(t *testing.T) {
	c := newCounter(t)
	c.claim = func(n int) (refund.ClaimAnswer, error) {
		if n == 1 {
			return refund.ClaimAnswer{}, later("", "no Temporal", time.Hour)
		}
		return refund.ClaimAnswer{Granted: true}, nil
	}
	c.request()
	withdrawn := give(c, 30*time.Minute, orderOf("withdraw"), says("mia"))
	c.at(45*time.Minute, func() { require.Empty(t, c.releases, "nothing is taken yet") })
	require.Equal(t, refund.Withdrawn, c.run().State)
	require.Equal(t, refund.Withdrawn, withdrawn.answer(t).State)
	require.Len(t, c.releases, 1)
	require.Equal(t, c.claims[0].Order, c.releases[0].Order)
	require.Empty(t, c.payments)
	require.Equal(t, []string{"tell received", "tell withdrawn"}, c.mails())
}

func TestAReleaseIsTriedForAsLongAsItTakes(t *testing.T) {
	c := newCounter(t)
	c.policy.GoodsFirst = true
	c.release = func(n int) error {
		if n < 9 {
			return later("", "no Temporal", day)
		}
		return nil
	}
	c.request()
	give(c, time.Hour, orderOf("withdraw"), says("mia"))
	require.Equal(t, refund.Withdrawn, c.run().State)
	require.Len(t, c.releases, 9)
	require.Equal(t, c.began.Add(8*day+time.Hour), c.env.Now().UTC(), "it ends when all is done")
}

func TestAPolicyChangeCountsFromTheNextStep(t *testing.T) {
	c := newCounter(t)
	c.facts.Reason = refund.Damaged
	c.request()
	c.at(time.Hour, func() { c.policy.Version, c.policy.People = "8", c.policy.People[:1] })
	left := give(c, 2*time.Hour, orderOf("approve"), says("ben"))
	give(c, 3*time.Hour, orderOf("approve"), says("anna"))
	require.Equal(t, refund.Paid, c.run().State)
	require.ErrorContains(t, left.refused, `"ben" is not in the policy`)
	receipt := c.describe().Receipt
	require.Equal(t, "7", receipt[0].Policy)
	require.Equal(t, "8", receipt[len(receipt)-1].Policy)
}

// Whoever reaches Temporal can tell of a return, and what they like of it. The rules approve
// only what Sendcloud confirms.
func TestTheRulesApproveNoReturnThatSendcloudDoesNotKnow(t *testing.T) {
	for _, why := range []string{
		"Sendcloud does not know the return",
		"no worker has API keys of the integration, so that Sendcloud was not asked",
	} {
		c := newCounter(t)
		c.policy.AutoPanelUnknown, c.policy.ApproveBelow = true, true
		forged := c.facts
		forged.Amount = euro(t, "50.00")
		c.gather = func(_ int, q contract.RefundQuery) (contract.RefundGathered, error) {
			return contract.RefundGathered{Facts: refund.Facts{CustomerRefunds: new(int), ShopToday: new(int)}, Endpoint: unpaid.Endpoint, Why: why}, nil
		}
		tell(c, 0, contract.RefundRequested, contract.RefundReport{ID: "forged", Facts: forged})
		c.at(3*day+time.Minute, func() {
			known := c.describe()
			require.Equal(t, refund.AwaitingApproval, known.State)
			require.Contains(t, known.Summary().Why.String(), "Sendcloud has not confirmed the return as it was requested")
			require.Contains(t, lines(known), "asked for approval: Sendcloud has not confirmed the return as it was requested")
			require.Empty(t, c.payments)
		})
		give(c, 4*day, orderOf("reject"), says("mia", "why", "There is no such return."))
		require.Equal(t, refund.Rejected, c.run().State)
	}
}
