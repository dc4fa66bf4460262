package refund_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// claim asks an order of EUR 180.00 for a part of it.
func claim(t testing.TB, key, amount string) refund.ClaimOrder {
	t.Helper()
	return refund.ClaimOrder{Claimed: refund.Claimed{Key: key, Amount: money(t, amount), At: monday}, Value: money(t, "EUR 180.00")}
}

func keys(tally refund.Tally) []string {
	var all []string
	for _, c := range tally.Claims {
		all = append(all, c.Key)
	}
	return all
}

func TestRefundsOfAnOrderSumUpToItsValueAndNotOneCentMore(t *testing.T) {
	var order refund.Tally
	require.True(t, order.Claim(claim(t, "a", "EUR 120.00")).Granted)
	b := order.Claim(claim(t, "b", "EUR 60.01"))
	require.False(t, b.Granted)
	require.Equal(t, "EUR 60.01 is more than the EUR 60.00 that is left of the order", b.Why)
	require.Equal(t, "EUR 120.00", b.Refunded.String())
	require.Equal(t, []string{"a"}, keys(order), "what is not granted is not counted")
	require.True(t, order.Claim(claim(t, "b", "EUR 60.00")).Granted)
	require.Equal(t, "EUR 0.01 is more than the EUR 0.00 that is left of the order", order.Claim(claim(t, "c", "EUR 0.01")).Why)
}

func TestTheSameRefundCountsOnceAndItsLastClaimHolds(t *testing.T) {
	var order refund.Tally
	for range 3 {
		a := order.Claim(claim(t, "a", "EUR 180.00"))
		require.True(t, a.Granted)
		require.False(t, a.Refunded.Known())
	}
	require.Len(t, order.Claims, 1)
	require.True(t, order.Claim(claim(t, "a", "EUR 100.00")).Granted)
	require.False(t, order.Claim(claim(t, "a", "EUR 180.01")).Granted)
	require.Equal(t, "EUR 100.00", order.Ask(refund.TallyQuestion{}).Refunded.String(), "a claim that is not granted leaves the last one")
	require.True(t, order.Claim(claim(t, "b", "EUR 80.00")).Granted)
}

func TestWhatIsReleasedIsThereAgain(t *testing.T) {
	var order refund.Tally
	order.Claim(claim(t, "a", "EUR 120.00"))
	order.Claim(claim(t, "b", "EUR 60.00"))
	order.Release("nobody's", "")
	require.Equal(t, []string{"a", "b"}, keys(order))
	order.Release("a", "")
	require.Equal(t, []string{"b"}, keys(order))
	require.True(t, order.Claim(claim(t, "c", "EUR 120.00")).Granted)
}

func TestMoneyThatHasGoneIsCountedWhateverTheLimitsSay(t *testing.T) {
	var order refund.Tally
	order.Claim(claim(t, "a", "EUR 120.00"))
	forced := claim(t, "b", "EUR 120.00")
	forced.Forced = true
	require.True(t, order.Claim(forced).Granted)
	c := order.Claim(claim(t, "c", "EUR 0.01"))
	require.Equal(t, "EUR 0.01 is more than the EUR 0.00 that is left of the order", c.Why)
	require.Equal(t, "EUR 240.00", c.Refunded.String())
}

// valued is a claim by which somebody says what the order cost.
func valued(t *testing.T, key, amount, value string, by refund.Valuer, at time.Time) refund.ClaimOrder {
	t.Helper()
	c := claim(t, key, amount)
	c.Value, c.ValueBy = money(t, value), refund.Valuation{By: by, At: at}
	return c
}

func TestWhoseWordItIsWhatAnOrderCost(t *testing.T) {
	hourLater := monday.Add(time.Hour)
	for _, c := range []struct {
		name          string
		first, second refund.Valuer
		at            time.Time
		want          string
	}{
		{"an approver does not correct an approver", refund.ByApprover, refund.ByApprover, hourLater, "EUR 180.00"},
		{"an approver does not correct Sendcloud", refund.BySendcloud, refund.ByApprover, hourLater, "EUR 180.00"},
		{"an approver does not correct what nobody has signed", "", refund.ByApprover, hourLater, "EUR 180.00"},
		{"Sendcloud corrects an approver", refund.ByApprover, refund.BySendcloud, monday, "EUR 300.00"},
		{"Sendcloud corrects itself", refund.BySendcloud, refund.BySendcloud, hourLater, "EUR 300.00"},
		{"what Sendcloud said before corrects nothing", refund.BySendcloud, refund.BySendcloud, monday.Add(-time.Hour), "EUR 180.00"},
		{"a manager corrects Sendcloud", refund.BySendcloud, refund.ByManager, hourLater, "EUR 300.00"},
		{"a manager corrects a manager", refund.ByManager, refund.ByManager, hourLater, "EUR 300.00"},
		{"Sendcloud does not correct a manager, who corrected Sendcloud", refund.ByManager, refund.BySendcloud, hourLater, "EUR 180.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var order refund.Tally
			require.True(t, order.Claim(valued(t, "a", "EUR 10.00", "EUR 180.00", c.first, monday)).Granted)
			a := order.Claim(valued(t, "b", "EUR 20.00", "EUR 300.00", c.second, c.at))
			require.True(t, a.Granted)
			require.Equal(t, c.want, a.Value.String())
			require.Equal(t, c.want, order.Value.String())
			unknown := claim(t, "c", "EUR 270.01")
			unknown.Value = refund.Money{}
			require.False(t, order.Claim(unknown).Granted, "who does not know it does not get more")
		})
	}
}

// A refused reservation pins nothing: neither a first word nor a correction.
func TestWhatIsRefusedSaysNothingOfTheOrder(t *testing.T) {
	var order refund.Tally
	a := order.Claim(valued(t, "a", "EUR 20.00", "EUR 1.00", refund.BySendcloud, monday))
	require.Equal(t, "EUR 20.00 is more than the EUR 1.00 that is left of the order", a.Why)
	require.False(t, order.Value.Known())
	require.True(t, order.Claim(valued(t, "a", "EUR 20.00", "EUR 180.00", refund.ByApprover, monday)).Granted)
	require.False(t, order.Claim(valued(t, "b", "EUR 20.00", "EUR 1.00", refund.ByManager, monday)).Granted)
	require.Equal(t, "EUR 180.00", order.Value.String())

	// It was granted, and a counter refused it: the next one is right.
	order.Release("a", "")
	require.False(t, order.Value.Known())
	require.True(t, order.Claim(valued(t, "b", "EUR 20.00", "EUR 20.00", refund.ByManager, monday)).Granted)
	order.Release("b", "")
	require.Equal(t, "EUR 20.00", order.Value.String(), "a manager's word is kept")
}

func TestAnOrderHasOneCurrency(t *testing.T) {
	var order refund.Tally
	require.Equal(t, "the order was paid in EUR and the refund is in USD", order.Claim(claim(t, "a", "USD 10.00")).Why)
	forced := claim(t, "a", "USD 10.00")
	forced.Forced = true
	order.Claim(forced)
	require.Equal(t, "the order was paid in EUR and its other refunds are in USD", order.Claim(claim(t, "b", "EUR 10.00")).Why)
	forced = claim(t, "c", "EUR 10.00")
	forced.Forced = true
	order.Claim(forced)
	require.Equal(t, "other refunds of the order were paid in another currency", order.Claim(claim(t, "b", "EUR 10.00")).Why)
}

func TestAClaimOfLessThanNothingLeavesNoMore(t *testing.T) {
	var order refund.Tally
	minus := claim(t, "a", "EUR 10.00")
	minus.Amount.Value = minus.Amount.Value.Neg()
	require.Equal(t, "an amount is more than 0, and -10 is not", order.Claim(minus).Why)
	require.Equal(t, "the amount is not known: approve with one", order.Claim(refund.ClaimOrder{Value: money(t, "EUR 1.00")}).Why)
}

// What is told of a tally is sums, whatever it holds.
func TestATallyAnswersWithSums(t *testing.T) {
	var order refund.Tally
	require.Equal(t, refund.TallyAnswer{}, order.Ask(refund.TallyQuestion{Key: "a", At: monday}))
	order.Claim(claim(t, "a", "EUR 100.00"))
	later := claim(t, "b", "EUR 30.00")
	later.At = monday.Add(day)
	order.Claim(later)
	for question, want := range map[refund.TallyQuestion]string{
		{}:                                      "2: EUR 130.00",
		{Key: "a"}:                              "1: EUR 30.00",
		{Key: "c", At: monday.Add(400 * day)}:   "2: EUR 130.00",
		{Key: "c", At: monday.Add(400*day + 1)}: "1: EUR 30.00",
	} {
		a := order.Ask(question)
		require.Equal(t, want, fmt.Sprintf("%d: %s", a.Refunds, a.Refunded), question)
		require.Equal(t, "EUR 180.00", a.Value.String())
	}
}

// Temporal takes 2 MB. A shop that gives all its orders one number has them all in one tally.
func TestATallyStaysSmallHoweverManyRefundsItsOrderHas(t *testing.T) {
	t.Parallel()
	long := "refund:a-shop-with-a-name-that-is-as-long-as-one-can-be-0123456789abcd:150"
	for _, refunds := range []int{20_000, 1_000_000} {
		var order refund.Tally
		asks := claim(t, "", "EUR 0.01")
		asks.Value = money(t, "EUR 1000000.00")
		for i := range refunds {
			asks.Key = long + strconv.Itoa(i)
			asks.Forced = i%1000 == 0
			order.Claim(asks)
		}
		require.Less(t, len(js(t, order)), 100_000, "%d refunds", refunds)
		asks.Key, asks.Forced = "another", false
		require.Equal(t, "the order has 100 refunds already: orders need numbers of their own", order.Claim(asks).Why)
	}
}

func TestARefundIsForgottenAfterFourHundredDays(t *testing.T) {
	var order refund.Tally
	order.Keep(monday)
	require.Equal(t, monday.Add(refund.EmptyTally), order.Until, "what it cost is kept in mind for a while")
	order.Claim(claim(t, "a", "EUR 100.00"))
	later := claim(t, "b", "EUR 80.00")
	later.At = monday.Add(day)
	order.Claim(later)
	order.Keep(monday)
	require.Equal(t, monday.Add(401*day), order.Until)
	again := claim(t, "c", "EUR 100.00")
	again.At = monday.Add(400 * day)
	require.False(t, order.Claim(again).Granted)
	again.At = again.At.Add(1)
	require.True(t, order.Claim(again).Granted)
	require.Equal(t, []string{"b", "c"}, keys(order))
}

func TestATallySurvivesItsJSON(t *testing.T) {
	var order refund.Tally
	for i := range 5 {
		order.Claim(claim(t, fmt.Sprint(i), "EUR 17.03"))
	}
	raw := js(t, order)
	back := unjs[refund.Tally](t, raw)
	require.Equal(t, raw, js(t, back))
	require.Equal(t, js(t, order.Claim(claim(t, "z", "EUR 94.86"))), js(t, back.Claim(claim(t, "z", "EUR 94.86"))))
}

// A digest stands in ids and tallies in place of an address.
func TestADigestIsOfWhoItIsAndNotOfHowItWasTyped(t *testing.T) {
	require.Equal(t, refund.Digest("A-1001"), refund.Digest(" a-1001\n"))
	require.NotEqual(t, refund.Digest("A-1001"), refund.Digest("A-1002"))
	require.Regexp(t, "^[0-9a-f]{32}$", refund.Digest(""))

	one, another := refund.DigestKeys{[]byte("one")}, refund.DigestKeys{[]byte("another")}
	require.Equal(t, one.Customer("jane@example.com"), one.Customer(" Jane@Example.com\n"))
	require.NotEqual(t, one.Customer("jane@example.com"), one.Customer("joe@example.com"))
	require.NotEqual(t, one.Customer("jane@example.com"), another.Customer("jane@example.com"), "only who has the key can try addresses")
	require.NotEqual(t, one.Customer("jane@example.com"), refund.Digest("jane@example.com"))
	require.Regexp(t, "^[0-9a-f]{32}$", one.Customer("jane@example.com"))
	require.Empty(t, one.Customer(" "), "who has no address is nobody's other refund")
	require.Empty(t, refund.DigestKeys(nil).Customer("jane@example.com"))
	both := slices.Concat(another, one, one, another)
	require.Equal(t, []string{another.Customer("jane@example.com"), one.Customer("jane@example.com")}, both.Customers("jane@example.com"))
	require.Equal(t, another.Customer("jane@example.com"), both.Customer("jane@example.com"), "the first counts")
}

// What Temporal has forgotten is not begun again.
func TestATallyKnowsHowARefundEnded(t *testing.T) {
	for _, as := range []refund.State{refund.Paid, refund.PaidElsewhere, refund.Rejected, refund.Withdrawn, refund.Observed} {
		var order refund.Tally
		require.True(t, order.Claim(claim(t, "a", "EUR 100.00")).Granted)
		end := claim(t, "a", "EUR 100.00").Claimed
		end.As, end.At = as, monday.Add(day)
		order.End(end)
		order.Keep(monday)
		require.Equal(t, monday.Add(401*day), order.Until)
		require.False(t, order.Release("a", ""), "what has ended is never released")
		again := claim(t, "a", "EUR 1.00")
		again.At = monday.Add(31 * day)
		answer := order.Claim(again)
		require.False(t, answer.Granted)
		require.Equal(t, "handled on 3 November 2026, as "+as.Words(), answer.Why)
		require.Equal(t, answer.Handled, order.Ask(refund.TallyQuestion{Key: "a"}).Handled)

		paid := as == refund.Paid || as == refund.PaidElsewhere
		require.Equal(t, !paid, order.Claim(claim(t, "b", "EUR 180.00")).Granted, "what was not paid is free again")
		order.End(refund.Claimed{Key: "a", As: refund.Rejected, At: monday.Add(2 * day)})
		require.Equal(t, !paid, order.Ask(refund.TallyQuestion{Key: "a"}).Handled.As == refund.Rejected, "what was paid stays paid")
	}
}

// The money has gone: it counts, and the end that was told before stays.
func TestAnEndThatIsToldBeforeThePaymentIsCountedStays(t *testing.T) {
	var order refund.Tally
	order.End(refund.Claimed{Key: "a", As: refund.PaidElsewhere, Amount: money(t, "EUR 50.00"), At: monday})
	forced := claim(t, "a", "EUR 50.00")
	forced.Forced = true
	require.True(t, order.Claim(forced).Granted)
	require.Equal(t, refund.PaidElsewhere, order.Ask(refund.TallyQuestion{Key: "a"}).Handled.As)
	require.Equal(t, "EUR 50.00", order.Ask(refund.TallyQuestion{}).Refunded.String())
}

func TestAnOrderIsKnownByWhatIsKnownOfIt(t *testing.T) {
	r := refund.Refund{Account: "main", Integration: "demo", ReturnID: 42}
	require.Equal(t, "return/42", r.OrderKey())
	r.Facts.OutgoingParcel = 7001
	require.Equal(t, "parcel/7001", r.OrderKey())
	r.Facts.OrderNumber = "1042"
	require.Equal(t, "order/demo/1042", r.OrderKey(), "another shop of the account has an order 1042 too")
}

// Two integrations of one account report the same return. It has one key, and one of them
// has it.
func TestAReturnOfAnAccountIsOneRefund(t *testing.T) {
	demo, other := refund.Refund{Account: "main", Integration: "demo", ReturnID: 42}, refund.Refund{Account: "main", Integration: "other", ReturnID: 42}
	require.Equal(t, "refund:main:42", demo.Key())
	require.Equal(t, demo.Key(), other.Key())
	require.Equal(t, "refund:demo:42", string(demo.Subject()), "each is a workflow of its own")
	require.NotEqual(t, demo.Subject(), other.Subject())

	hold := func(integration string) refund.ClaimOrder {
		c := claim(t, demo.Key(), "EUR 500.00")
		c.Integration, c.Unlimited, c.Value = integration, true, refund.Money{}
		return c
	}
	var its refund.Tally
	require.True(t, its.Claim(hold("demo")).Granted, "the tally of a return does not know what the order cost")
	require.Equal(t, "demo", its.Claim(hold("other")).HeldBy)
	require.False(t, its.Claim(hold("other")).Granted)
	require.True(t, its.Claim(hold("demo")).Granted, "asked again")

	// What the other integration does with a refund that is not its own changes nothing.
	key := demo.Key()
	its.End(refund.Claimed{Key: key, Integration: "other", As: refund.Rejected, At: monday})
	require.False(t, its.Release(key, "other"))
	its.End(refund.Claimed{Key: key, Integration: "other", As: refund.Rejected, At: monday})
	require.Equal(t, "demo", its.Ask(refund.TallyQuestion{Key: key, Integration: "demo"}).HeldBy)

	forced := hold("other")
	forced.Forced = true
	require.True(t, its.Claim(forced).Granted, "the money has gone already")

	// An end that is another integration's is none of ours, unless the money has gone.
	var ended refund.Tally
	ended.End(refund.Claimed{Key: key, Integration: "other", As: refund.Rejected, At: monday})
	ask := func(integration string) *refund.Ended {
		return ended.Ask(refund.TallyQuestion{Key: key, Integration: integration}).Handled
	}
	require.Nil(t, ask("demo"))
	require.Equal(t, refund.Rejected, ask("other").As)
	require.True(t, ended.Claim(hold("demo")).Granted)
	ended.End(refund.Claimed{Key: key, Integration: "demo", As: refund.Paid, Amount: money(t, "EUR 500.00"), At: monday})
	require.Equal(t, refund.Paid, ask("other").As)
	require.Equal(t, refund.Paid, ended.Claim(hold("other")).Handled.As)

	p := live()
	r := in(t, refund.Approved, p, known(t, "EUR 60.00"))
	done(&r)
	r, err := r.Step(p, monday, func(r *refund.Refund) error {
		r.ClaimAnswered(refund.ClaimAnswer{Why: "another integration has it", HeldBy: "demo"}, p, monday)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, refund.NotOurs, r.State)
	require.True(t, r.EndRecorded, "the tallies hear of its end from the other integration")
	require.Equal(t, []string{"operations: its return belongs to another integration"}, done(&r), "the customer is not mailed")
	require.Equal(t, "the integration demo of the same account has it", r.Receipt[len(r.Receipt)-1].Why)
}

// Sendcloud knows whose parcel it was before anything is known of the customer.
func TestARefundOfAnotherIntegrationsReturnIsToldToOperationsOnly(t *testing.T) {
	p := live()
	for _, state := range refund.States() {
		r := in(t, state, p, known(t, "EUR 300.00"))
		before := r.State
		r, err := r.Step(p, monday, func(r *refund.Refund) error { r.NotOurs(p, monday); return nil })
		require.NoError(t, err)
		tasks := done(&r)
		if before == refund.Requested {
			require.Equal(t, refund.NotOurs, r.State)
			require.True(t, r.EndRecorded)
			require.Equal(t, []string{"operations: its return belongs to another integration"}, tasks)
		} else {
			require.Equal(t, before, r.State, "too late")
			require.Empty(t, tasks)
		}
	}
}

// A refund that was handled before ends as it ended then, and no mail is sent.
func TestARefundThatWasHandledBeforeEndsWithoutAWord(t *testing.T) {
	p := live()
	ended := refund.Ended{As: refund.Rejected, At: monday.Add(-31 * day)}
	for _, state := range refund.States() {
		r := in(t, state, p, known(t, "EUR 300.00"))
		before := r.State
		r, err := r.Step(p, monday, func(r *refund.Refund) error { r.HandledBefore(ended, p, monday); return nil })
		require.NoError(t, err)
		require.Empty(t, done(&r), state)
		if before != refund.Requested && before != refund.Approved {
			require.Equal(t, before, r.State)
			continue
		}
		require.Equal(t, refund.Rejected, r.State)
		require.True(t, r.EndRecorded)
		last := r.Receipt[len(r.Receipt)-1]
		require.Equal(t, "handled before: handled on 2 October 2026, as rejected", last.What+": "+last.Why)
	}
}

func TestWhatIsPaidInThePanelSaysNothingOfTheOrderIfItHasNoRoom(t *testing.T) {
	var order refund.Tally
	claim := func(key, amount, value string, forced bool) refund.ClaimAnswer {
		return order.Claim(refund.ClaimOrder{
			Claimed: refund.Claimed{Key: key, Amount: money(t, amount), At: monday}, Forced: forced,
			Value: money(t, value), ValueBy: refund.Valuation{By: refund.ByManager, At: monday},
		})
	}
	require.True(t, claim("a", "EUR 20.00", "EUR 60.00", false).Granted)
	require.True(t, claim("b", "EUR 10.00", "EUR 10.00", true).Granted, "it was paid")
	require.Equal(t, money(t, "EUR 60.00"), order.Value)
}

func TestNobodySpeaksFromTheFuture(t *testing.T) {
	var order refund.Tally
	claim := func(value string, at time.Time) refund.ClaimAnswer {
		return order.Claim(refund.ClaimOrder{
			Claimed: refund.Claimed{Key: "a", Amount: money(t, "EUR 20.00"), At: monday},
			Value:   money(t, value), ValueBy: refund.Valuation{By: refund.ByManager, At: at},
		})
	}
	require.True(t, claim("EUR 9999.00", monday.AddDate(70, 0, 0)).Granted)
	require.Equal(t, money(t, "EUR 100.00"), claim("EUR 100.00", monday).Value)
}
