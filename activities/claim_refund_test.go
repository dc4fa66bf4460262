package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/refund"
)

// customers makes pseudonyms of the customers here.
var customers = refund.DigestKeys{[]byte("a digest key of the tests, which is long")}

// tallies are those of one integration, and count as their workflows do.
type tallies struct {
	orders   map[string]*refund.Tally
	counters map[string]*refund.Counter
	// mute says which of them do not answer, and why.
	mute map[string]error
	// asked, claims and released are the scopes that were spoken to, accounts those of orders
	// and returns.
	asked, claims, released []string
	accounts                map[string]bool
}

func newTallies() *tallies {
	return &tallies{orders: map[string]*refund.Tally{}, counters: map[string]*refund.Counter{}, mute: map[string]error{}, accounts: map[string]bool{}}
}

// of is one of the tallies or counters, which is there from then on.
func of[T any](all map[string]*T, scope string) *T {
	if all[scope] == nil {
		all[scope] = new(T)
	}
	return all[scope]
}

// reserve reserves an amount for a refund of the order 1042.
func (a *tallies) reserve(c refund.Claimed) {
	of(a.orders, orderScope).Claims = append(of(a.orders, orderScope).Claims, c)
}

// count counts a refund that was counted before.
func (a *tallies) count(scope string, id int64, who string, at time.Time) {
	of(a.counters, scope).Count(refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: id, Who: who, Since: at.AddDate(-1, 0, 0)}, At: at, Most: -1})
}

func (a *tallies) Tally(_ context.Context, account, scope string, q refund.TallyQuestion) (refund.TallyAnswer, error) {
	a.accounts[account] = true
	a.asked = append(a.asked, scope)
	return of(a.orders, scope).Ask(q), a.mute[scope]
}

func (a *tallies) ClaimTally(_ context.Context, account, scope string, claim refund.ClaimOrder) (refund.ClaimAnswer, error) {
	a.accounts[account] = true
	a.claims = append(a.claims, scope)
	if err := a.mute[scope]; err != nil {
		return refund.ClaimAnswer{}, err
	}
	return of(a.orders, scope).Claim(claim), nil
}

func (a *tallies) ReleaseTally(_ context.Context, account, scope string, one contract.TallyRelease) error {
	a.accounts[account] = true
	a.released = append(a.released, scope)
	of(a.orders, scope).Release(one.Key, one.Integration)
	return a.mute[scope]
}

func (a *tallies) RefundEnded(_ context.Context, account, scope string, end refund.Claimed) error {
	a.accounts[account] = true
	of(a.orders, scope).End(end)
	return a.mute[scope]
}

func (a *tallies) Count(_ context.Context, _, scope string, q refund.CountQuestion) (contract.Counted, error) {
	a.asked = append(a.asked, scope)
	return contract.Counted{Others: of(a.counters, scope).Others(q)}, a.mute[scope]
}

func (a *tallies) CountRefund(_ context.Context, _, scope string, order refund.CountOrder) (refund.CountAnswer, error) {
	a.claims = append(a.claims, scope)
	if err := a.mute[scope]; err != nil {
		return refund.CountAnswer{}, err
	}
	return of(a.counters, scope).Count(order), nil
}

func (a *tallies) UncountRefund(_ context.Context, _, scope string, one contract.Uncount) error {
	a.released = append(a.released, scope)
	of(a.counters, scope).Uncount(one.Who, one.Refund)
	return a.mute[scope]
}

// counted is in which tallies and counters the refund 42 of jane's counts.
func (a *tallies) counted() []string {
	in := []string{}
	for scope, tally := range a.orders {
		if tally.Ask(refund.TallyQuestion{}).Refunds > tally.Ask(refund.TallyQuestion{Key: "refund:main:42"}).Refunds {
			in = append(in, scope)
		}
	}
	for scope, counter := range a.counters {
		for _, who := range []string{"", customers.Customer(jane.Email)} {
			if counter.Others(refund.CountQuestion{Who: who}) > counter.Others(refund.CountQuestion{Who: who, Refund: 42}) {
				in = append(in, scope)
			}
		}
	}
	slices.Sort(in)
	return in
}

var (
	returnScope   = contract.ReturnTally(42)
	orderScope    = contract.OrderTally("order/demo/1042")
	customerScope = contract.CustomerTally(customers.Customer(jane.Email))
)

// claimed is a claim of jane's, of EUR 120.00 of an order of EUR 180.00.
func claimed(t *testing.T, change ...func(*contract.RefundClaim)) contract.RefundClaim {
	t.Helper()
	c := contract.RefundClaim{
		RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 42}, Account: "main", Key: "refund:main:42", Order: "order/demo/1042", At: noon,
		Amount: amount(t, "120.00", "EUR"), OrderValue: amount(t, "180.00", "EUR"), Customer: customers.Customer(jane.Email),
	}
	for _, do := range change {
		do(&c)
	}
	return c
}

func byRules(c *contract.RefundClaim) { c.ByRules = true }

func forced(c *contract.RefundClaim) { c.Forced = true }

func claim(t *testing.T, all *tallies, c contract.RefundClaim) (refund.ClaimAnswer, error) {
	t.Helper()
	hands := activities.RefundClaims{Tallies: all, Policy: live}
	return perform(t, contract.ClaimRefund, hands.ClaimRefund, c)
}

// hadBefore is a past in which jane had some refunds, and the rules approved some
// of the shop's.
func hadBefore(jane, shop int) *tallies {
	all := newTallies()
	for i := range jane {
		all.count(customerScope, int64(100+i), customers.Customer("jane.doe@example.com"), noon.AddDate(0, 0, -i))
	}
	for i := range shop {
		all.count(contract.ShopTally, int64(200+i), "", noon.Add(-time.Hour))
	}
	return all
}

// A digest key is changed: what counts under the old one is found, and counts once.
func TestRefundsThatCountUnderAnotherKeyAreFound(t *testing.T) {
	former := refund.DigestKeys{[]byte("the key of before, of the same length")}
	under := func(all *tallies, keys refund.DigestKeys, refunds ...int64) {
		who := keys.Customer(jane.Email)
		for _, id := range refunds {
			all.count(contract.CustomerTally(who), id, who, noon.AddDate(0, 0, -1))
		}
	}
	rotated := func(c *contract.RefundClaim) { c.OtherCustomers = former.Customers(jane.Email) }
	for name, c := range map[string]struct {
		before, now []int64
		granted     bool
	}{
		"two before":                    {[]int64{1, 2}, nil, true},
		"one before and one since":      {[]int64{1}, []int64{2}, true},
		"two before and one since":      {[]int64{1, 2}, []int64{3}, false},
		"three before":                  {[]int64{1, 2, 3}, nil, false},
		"two before, and this one, too": {[]int64{1, 2, 42}, nil, true},
	} {
		all := newTallies()
		under(all, former, c.before...)
		under(all, customers, c.now...)
		answer, err := claim(t, all, claimed(t, byRules, rotated))
		require.NoError(t, err, name)
		require.Equal(t, c.granted, answer.Granted, name)
		require.Equal(t, c.granted, slices.Contains(all.counted(), customerScope), name)
	}
}

func TestWhereARefundCounts(t *testing.T) {
	nobody := func(c *contract.RefundClaim) { c.Customer = "" }
	nameless := func(c *contract.RefundClaim) { c.Order = "parcel/7001" }
	for _, c := range []struct {
		name  string
		claim contract.RefundClaim
		want  []string
	}{
		{"a person approved it", claimed(t), []string{returnScope, orderScope, customerScope}},
		{"the rules approved it", claimed(t, byRules), []string{returnScope, orderScope, customerScope, contract.ShopTally}},
		{"nobody knows the customer", claimed(t, byRules, nobody), []string{returnScope, orderScope, contract.ShopTally}},
		{"nobody knows the order's number", claimed(t, nameless), []string{returnScope, contract.OrderTally("parcel/7001"), customerScope}},
		{"it was paid in the panel", claimed(t, forced), []string{returnScope, orderScope, customerScope}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := newTallies()
			answer, err := claim(t, all, c.claim)
			require.NoError(t, err)
			requireSame(t, refund.ClaimAnswer{Granted: true, Value: amount(t, "180.00", "EUR")}, answer)
			require.Equal(t, c.want, all.claims, "the return first")
			require.Len(t, all.counted(), len(c.want))
			require.Empty(t, all.released)
			require.Equal(t, map[string]bool{"main": true}, all.accounts)
			require.Equal(t, "EUR 180.00", all.orders[c.want[1]].Value.String())
			everything, err := json.Marshal([]any{all.orders, all.counters})
			require.NoError(t, err)
			require.NotContains(t, string(everything), "jane", "a tally names nobody")
		})
	}
}

// Only what the rules approved is held to how many there may be.
func TestWhatIsClaimedInVain(t *testing.T) {
	more := func(c *contract.RefundClaim) { c.Amount = amount(t, "180.01", "EUR") }
	for _, c := range []struct {
		name       string
		jane, shop int
		claim      contract.RefundClaim
		why        string
	}{
		{"as many as a customer may have had", 2, 0, claimed(t, byRules), ""},
		{"one more than that", 3, 0, claimed(t, byRules), "too many refunds"},
		{"one more than that, by a person", 3, 0, claimed(t), ""},
		{"as many as a shop may have in a day", 0, 49, claimed(t, byRules), ""},
		{"one more than that in a shop", 0, 50, claimed(t, byRules), "too many refunds"},
		{"one more than that in a shop, by a person", 0, 50, claimed(t), ""},
		{"more than the order cost", 1, 1, claimed(t, more), "EUR 180.01 is more than the EUR 180.00 that is left of the order"},
		{"more than the order cost, by the rules", 1, 1, claimed(t, more, byRules), "EUR 180.01 is more than the EUR 180.00 that is left of the order"},
		{"more than the order cost, and paid in the panel", 3, 50, claimed(t, more, forced), ""},
		{"more than all, and paid in the panel", 3, 50, claimed(t, more, byRules, forced), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := hadBefore(c.jane, c.shop)
			answer, err := claim(t, all, c.claim)
			require.NoError(t, err)
			require.Equal(t, c.why == "", answer.Granted)
			if answer.Granted {
				require.NotEmpty(t, all.counted())
				return
			}
			require.Equal(t, c.why, answer.Why)
			require.Empty(t, all.counted(), "what one refuses, the others have given back")
			require.Equal(t, c.jane, of(all.counters, customerScope).Refunds())
			require.Equal(t, c.shop, of(all.counters, contract.ShopTally).Refunds())
		})
	}
}

// What is left of the order is told whoever refuses: it is a fact from then on.
func TestARefusalTellsWhatWasRefundedOfTheOrder(t *testing.T) {
	all := hadBefore(3, 0)
	all.reserve(refund.Claimed{Key: "refund:main:7", Amount: amount(t, "20.00", "EUR"), At: noon})
	answer, err := claim(t, all, claimed(t, byRules))
	require.NoError(t, err)
	requireSame(t, refund.ClaimAnswer{Value: amount(t, "180.00", "EUR"), Refunded: amount(t, "20.00", "EUR"), Why: "too many refunds"}, answer)
}

// A merchant who stops the rules in an emergency stops what they have just approved.
func TestTheRulesClaimNothingWhereAPersonHasToSeeEach(t *testing.T) {
	all := newTallies()
	hands := activities.RefundClaims{Tallies: all, Policy: func(integration string) refund.Policy {
		p := live(integration)
		p.ShopDaily = 0
		return p
	}}
	answer, err := perform(t, contract.ClaimRefund, hands.ClaimRefund, claimed(t, byRules))
	require.NoError(t, err)
	require.Equal(t, refund.ClaimAnswer{Why: "the policy has a person see each refund"}, answer)
	require.Empty(t, all.counted())
	for _, c := range []contract.RefundClaim{claimed(t), claimed(t, byRules, forced)} {
		answer, err = perform(t, contract.ClaimRefund, hands.ClaimRefund, c)
		require.NoError(t, err)
		require.True(t, answer.Granted)
	}
}

func TestAClaimThatIsTriedAgainCountsOnce(t *testing.T) {
	all := newTallies()
	all.mute[contract.ShopTally] = errors.New("no Temporal")
	_, err := claim(t, all, claimed(t, byRules))
	require.ErrorContains(t, err, "no Temporal")
	require.ElementsMatch(t, []string{returnScope, orderScope, customerScope}, all.counted())
	delete(all.mute, contract.ShopTally)
	for range 2 {
		answer, err := claim(t, all, claimed(t, byRules))
		require.NoError(t, err)
		require.True(t, answer.Granted)
		require.ElementsMatch(t, []string{returnScope, orderScope, customerScope, contract.ShopTally}, all.counted())
		require.Equal(t, []int{1, 1}, []int{of(all.counters, customerScope).Refunds(), of(all.counters, contract.ShopTally).Refunds()})
	}
}

// A refusal that could not give back what the others had granted is no answer yet.
func TestARefusalThatCannotGiveBackIsTriedAgain(t *testing.T) {
	all := hadBefore(3, 0)
	all.mute[contract.ShopTally] = errors.New("no Temporal")
	_, err := claim(t, all, claimed(t, byRules))
	require.ErrorContains(t, err, "give back what was reserved: no Temporal")
	delete(all.mute, contract.ShopTally)
	answer, err := claim(t, all, claimed(t, byRules))
	require.NoError(t, err)
	require.Equal(t, "too many refunds", answer.Why)
	require.Empty(t, all.counted())
}

func TestAReleaseGivesEverythingBackAndNothingElse(t *testing.T) {
	all := hadBefore(1, 1)
	hands := activities.RefundClaims{Tallies: all, Policy: live}
	_, err := claim(t, all, claimed(t, byRules))
	require.NoError(t, err)
	require.Len(t, all.counted(), 4)
	for range 2 { // it may be tried again
		_, err = perform(t, contract.ReleaseRefund, hands.ReleaseRefund, claimed(t, byRules))
		require.NoError(t, err)
		require.Empty(t, all.counted())
		require.Equal(t, 1, of(all.counters, customerScope).Refunds())
		require.Equal(t, 1, of(all.counters, contract.ShopTally).Refunds())
	}
	all.mute[orderScope] = errors.New("no Temporal")
	_, err = perform(t, contract.ReleaseRefund, hands.ReleaseRefund, claimed(t))
	require.ErrorContains(t, err, "give back what was reserved: no Temporal")
}

// What has ended stands in the tallies, whatever may still be given back.
func TestTheEndOfARefundStandsInItsOrdersTally(t *testing.T) {
	for as, left := range map[refund.State]string{
		refund.Paid: "EUR 120.00", refund.PaidElsewhere: "EUR 120.00",
		refund.Rejected: "an unknown amount", refund.Withdrawn: "an unknown amount", refund.Observed: "an unknown amount",
	} {
		all := newTallies()
		hands := activities.RefundClaims{Tallies: all, Policy: live}
		ended := claimed(t, func(c *contract.RefundClaim) { c.As = as })
		for range 2 { // it may be tried again
			_, err := perform(t, contract.RecordRefundEnd, hands.RecordRefundEnd, ended)
			require.NoError(t, err)
		}
		_, err := perform(t, contract.ReleaseRefund, hands.ReleaseRefund, claimed(t))
		require.NoError(t, err)
		known := of(all.orders, orderScope).Ask(refund.TallyQuestion{Key: "another"})
		require.Equal(t, left, known.Refunded.String(), as)
		again, err := claim(t, all, claimed(t))
		require.NoError(t, err)
		require.False(t, again.Granted)
		require.Equal(t, &refund.Ended{As: as, At: noon}, again.Handled)
		require.Equal(t, 0, of(all.counters, customerScope).Refunds(), "what was not granted is not counted")

		all.mute[orderScope] = errors.New("no Temporal")
		_, err = perform(t, contract.RecordRefundEnd, hands.RecordRefundEnd, ended)
		require.ErrorContains(t, err, "no Temporal")
	}
}

// A later run of the same refund takes nothing back from the run that paid.
func TestARefundThatWasHandledStaysCounted(t *testing.T) {
	all := newTallies()
	hands := activities.RefundClaims{Tallies: all, Policy: live}
	granted, err := claim(t, all, claimed(t))
	require.NoError(t, err)
	require.True(t, granted.Granted)
	_, err = perform(t, contract.RecordRefundEnd, hands.RecordRefundEnd, claimed(t, func(c *contract.RefundClaim) { c.As = refund.Paid }))
	require.NoError(t, err)
	again, err := claim(t, all, claimed(t))
	require.NoError(t, err)
	require.Equal(t, &refund.Ended{As: refund.Paid, At: noon}, again.Handled)
	require.Equal(t, 1, of(all.counters, customerScope).Refunds())
}

// A later run may not know the number of the order.
func TestAnEndIsKnownByTheReturnAlone(t *testing.T) {
	all := newTallies()
	hands := activities.RefundClaims{Tallies: all, Policy: live}
	_, err := perform(t, contract.RecordRefundEnd, hands.RecordRefundEnd, claimed(t, func(c *contract.RefundClaim) { c.As = refund.Paid }))
	require.NoError(t, err)
	nameless := claimed(t, func(c *contract.RefundClaim) { c.Order = "return/42" })
	again, err := claim(t, all, nameless)
	require.NoError(t, err)
	require.False(t, again.Granted)
	require.Equal(t, &refund.Ended{As: refund.Paid, At: noon}, again.Handled)
}
