package desk

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/search"
)

func TestARefundShowsForAndAgainstAtAGlance(t *testing.T) {
	w := open(t)
	none := 0
	of := w.request("demo", 42, func(f *refund.Facts) { f.CustomerRefunds, f.ShopToday = &none, &none })
	page := w.signedInAs("anna").get(pathOf(of))
	requirePage(t, page.body)
	keepPage(t, "refund-grounds", page.body)
	lists := strings.SplitN(page.body, `<h3>Against</h3>`, 2)
	for _, says := range []string{"The order is 9 days old.", "It is the customer&#39;s first refund in 90 days.", "The customer wants money."} {
		require.Contains(t, lists[0], says)
	}
	for _, says := range []string{"€79.90 is more than the €50.00 that the rules approve.", "The policy leaves this reason to people: damaged.", "The goods are not back yet.", "One person has to approve."} {
		require.Contains(t, lists[1], says)
	}
	require.NotContains(t, page.body, "Why a person decides", "that is what speaks against it")
	w.says(of, "anna", "approve", nil)
	decided := w.signedInAs("anna").get(pathOf(of)).body
	require.NotContains(t, decided, "For and against")
	require.Contains(t, decided, "Why a person decides")
}

func TestARefundShowsWhereItsParcelIs(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	require.Contains(t, anna.get(pathOf(of)).body, "Waybill knows no scan of the parcel that comes back.")
	w.ship("demo", 7002)
	link := w.browser().open(decidePath, w.decideLink(of, "anna", "n1", w.clock.Add(day)))
	for name, page := range map[string]string{"page": anna.get(pathOf(of)).body, "link": link.body} {
		require.Contains(t, page, "Parcel en route", name)
		requirePage(t, page)
	}
	w.shipping.silent = errSilent
	silent := anna.get(pathOf(of))
	require.Equal(t, 200, silent.code)
	require.Contains(t, silent.body, "The parcel did not answer in time")
}

func TestARefundShowsOtherRefundsThatThePersonMaySee(t *testing.T) {
	w := open(t)
	w.searchKeys = search.Keys{[]byte(strings.Repeat("s", 32))}
	of := w.request("demo", 42)
	w.inState(43, refund.Paid)
	w.request("demo", 44, func(f *refund.Facts) { f.OrderNumber = "A-2002" })
	w.request("demo", 45, func(f *refund.Facts) { f.Customer.Email = "joe@example.com" })
	w.request("demo", 46, func(f *refund.Facts) { f.Customer.Email, f.OrderNumber = "joe@example.com", "B-7" })
	w.request("other", 47)
	w.clock = w.clock.Add(time.Hour)
	page := w.signedInAs("anna").get(pathOf(of)).body
	requirePage(t, page)
	keepPage(t, "refund-others", page)
	_, others, _ := strings.Cut(page, "Other refunds of the order and the customer")
	others, _, _ = strings.Cut(others, "</section>")
	for _, says := range []string{
		`<a href="/refunds/demo/43">Return 43 of demo</a>: €79.90, paid`, "Return 44 of demo", "Return 45 of demo",
		"of this order and this customer", "of this order<", "of this customer<",
	} {
		require.Contains(t, others, says)
	}
	for _, not := range []string{"Return 42", "Return 46", "other/47"} {
		require.NotContains(t, others, not)
	}
	link := w.browser().open(decidePath, w.decideLink(of, "anna", "n1", w.clock.Add(day))).body
	require.NotContains(t, link, "Return 43", "a mailed link shows one refund")

	w.searchKeys = nil
	page = w.signedInAs("anna").get(pathOf(of)).body
	require.Contains(t, page, "has no WAYBILL_SEARCH_KEYS")
	require.NotContains(t, page, "Return 46")
}
