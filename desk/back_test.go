package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
	"waybill/search"
)

// Every page that a form leads to has an address: a browser that goes back to it, or loads it again, sends
// no form, and sees what is true by then.
func TestAFormLeadsToAPageThatCanBeGoneBackTo(t *testing.T) {
	w := open(t)
	w.searchKeys = search.Keys{[]byte("a-key-for-tests")}
	of, other := w.request("demo", 42, w.amount("120.00")), w.request("demo", 43)
	w.ship("demo", 868)
	anna, sam := w.signedInAs("anna"), w.signedInAs("sam")
	_, several := anna.checks("reject", other)
	for name, c := range map[string]struct {
		who   browser
		path  string
		form  url.Values
		shows string
	}{
		"an approval that is asked about once more": {anna, pathOf(of) + "/approve", url.Values{"why": {"She called."}}, "She called."},
		"an amount that cannot be read":             {anna, pathOf(of) + "/approve", url.Values{"amount": {"a lot"}}, `value="a lot"`},
		"what would happen to a parcel":             {sam, "/parcels/demo/868/change-recipient", url.Values{"email": {"new@example.org"}}, "new@example.org"},
		"a search for an address":                   {anna, "/refunds", url.Values{"q": {"jane.doe@example.com"}}, "jane.doe@example.com"},
		"an order that is refused":                  {anna, pathOf(of) + "/approve", url.Values{"amount": {"121"}}, "is more than the €120.00 that were requested"},
		"a search for a name":                       {anna, "/refunds", url.Values{"q": {"Jane Doe"}}, "Jane Doe"},
		"a search for a name among parcels":         {sam, "/parcels", url.Values{"q": {"Doe"}}, `value="Doe"`},
		"several without a reason":                  {anna, "/refunds/several", several, `href="#reject-why"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.who.do(c.who.request(http.MethodPost, c.path, c.form.Encode()))
			require.Equal(t, http.StatusSeeOther, r.code)
			to := r.header.Get("Location")
			require.Equal(t, c.path+"?kept", to, "nothing that was typed is in the address")
			for range 2 {
				page := c.who.get(to)
				requirePage(t, page.body)
				require.Contains(t, page.body, c.shows)
			}
			require.NotContains(t, w.browser().get(to).body, c.shows)
			require.Equal(t, refund.AwaitingApproval, w.all[of].State)
			require.Equal(t, refund.AwaitingApproval, w.all[other].State)
		})
	}
	t.Run("after the order", func(t *testing.T) {
		check := anna.do(anna.request(http.MethodPost, pathOf(of)+"/approve", "why=She+called.")).header.Get("Location")
		require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/approve", url.Values{"why": {"She called."}, "sure": {"EUR 120.00"}}).code)
		back := anna.get(check)
		require.Equal(t, pathOf(of), back.header.Get("Location"), "it is approved, so nothing is asked any more")
		require.Contains(t, anna.get(pathOf(of)).body, "anna approved")
	})
	t.Run("what the browser cannot keep is answered at once", func(t *testing.T) {
		r := anna.do(anna.request(http.MethodPost, pathOf(other)+"/ask-customer", url.Values{"question": {strings.Repeat("why? ", 1500)}}.Encode()))
		require.Equal(t, http.StatusUnprocessableEntity, r.code)
		require.Contains(t, r.body, "why? why?")
	})
}
