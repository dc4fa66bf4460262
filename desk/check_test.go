package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// An approval of more than the rules approve is asked about once more: nothing is done before.
func TestALargeApprovalIsAskedAboutOnceMore(t *testing.T) {
	w := openWithUndo(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	check := anna.post(pathOf(of)+"/approve", url.Values{"why": {"a <good> customer"}})
	require.Equal(t, http.StatusOK, check.code)
	requirePage(t, check.body)
	keepPage(t, "check", check.body)
	for _, says := range []string{
		"Approve €79.90?", "Nothing has been done yet.", "more than the €50.00 that the rules approve.", "You can undo the approval until ", "Mon 2 Nov 2026, 09:02 UTC",
		"to <bdi>Jane Doe</bdi> (<bdi>jane.doe@example.com</bdi>). It is asked at once", "a &lt;good&gt; customer", `name="sure" value="EUR 79.90"`, "Approve €79.90 now",
	} {
		require.Contains(t, check.body, says)
	}
	require.Equal(t, refund.AwaitingApproval, w.all[of].State)
	require.Zero(t, w.orders, "nothing was even sent")

	sure := url.Values{"why": {"a <good> customer"}, "sure": {"EUR 79.90"}}
	done := anna.post(pathOf(of)+"/approve", sure)
	require.Equal(t, http.StatusSeeOther, done.code, done.body)
	require.Contains(t, anna.get(done.header.Get("Location")).body, "Undo the approval")
	require.Equal(t, refund.Approved, w.all[of].State)
	for name, fields := range map[string]url.Values{"the button of the check": sure, "the button before it": {"why": {"a <good> customer"}}} {
		again := anna.post(pathOf(of)+"/approve", fields)
		require.Equal(t, http.StatusOK, again.code, name)
		require.Contains(t, again.body, "You approved it. That was on ", name)
	}
	require.Equal(t, pathOf(of), anna.get(pathOf(of)+"/approve").header.Get("Location"), "its address shows the refund")
	require.Equal(t, http.StatusNotFound, anna.get(pathOf(of)+"/nonsense").code)
}

func TestASmallApprovalIsNotAskedAbout(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	require.Equal(t, http.StatusSeeOther, w.signedInAs("anna").post(pathOf(of)+"/approve", url.Values{"amount": {"50"}}).code)
	require.Equal(t, "EUR 50.00", w.all[of].Facts.Amount.String())
}

// A confirmation holds for what was shown, and for nothing else.
func TestAConfirmationIsOfOneAmountAndOneOutcome(t *testing.T) {
	w := open(t)
	w.policy = goodsFirst(w.policy)
	of := w.request("demo", 42, func(f *refund.Facts) { f.Amount, f.OrderValue = euro(t, "600"), euro(t, "900") })
	mia := w.signedInAs("mia")
	check := mia.post(pathOf(of)+"/approve", nil)
	require.Contains(t, check.body, "Another person is asked to approve it too")
	require.NotContains(t, check.body, "asked to pay")
	for _, sure := range []string{"", "yes", "€79.90", "€600.00"} {
		require.Contains(t, mia.post(pathOf(of)+"/approve", url.Values{"sure": {sure}}).body, "Nothing has been done yet", sure)
	}
	less := mia.post(pathOf(of)+"/approve", url.Values{"amount": {"200"}, "sure": {"EUR 600.00, with a second person"}})
	require.Contains(t, less.body, "Approve €200.00?")
	require.Contains(t, less.body, "waits for the goods to come back")
	require.Contains(t, less.body, `name="amount" value="200"`)
	require.Zero(t, w.orders)
	require.Equal(t, http.StatusSeeOther, mia.post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 600.00, with a second person"}}).code)
	require.Equal(t, refund.AwaitingSecond, w.all[of].State)
}

// The policy can change while the page is read: then it is paid at once, and not after the goods.
func TestAConfirmationOfAPaymentAfterTheGoodsIsOfNoneAtOnce(t *testing.T) {
	w := openWithUndo(t)
	policy := w.policy
	w.policy = goodsFirst(policy)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	sure := func(body string) url.Values {
		return url.Values{"sure": {regexp.MustCompile(`name="sure" value="([^"]+)"`).FindStringSubmatch(body)[1]}}
	}
	shown := anna.post(pathOf(of)+"/approve", nil).body
	require.Contains(t, shown, "waits for the goods to come back")
	w.policy = policy
	again := anna.post(pathOf(of)+"/approve", sure(shown))
	require.Contains(t, again.body, "Nothing has been done yet")
	require.NotContains(t, again.body, "waits for the goods to come back")
	require.Equal(t, refund.AwaitingApproval, w.all[of].State)
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/approve", sure(again.body)).code)
	require.Equal(t, refund.Approved, w.all[of].State)
}

func goodsFirst(policy func(string) refund.Policy) func(string) refund.Policy {
	return func(name string) refund.Policy { p := policy(name); p.GoodsFirst = true; return p }
}

func TestALargeApprovalByLinkIsAskedAboutOnceMore(t *testing.T) {
	w := openWithUndo(t)
	of := w.request("demo", 42)
	b := w.browser()
	b.open(decidePath, w.decideLink(of, "anna", "n1", w.clock.Add(day)))
	check := b.post(linkPath(of), url.Values{"order": {"approve"}})
	require.Equal(t, http.StatusOK, check.code)
	requirePage(t, check.body)
	for _, says := range []string{"Approve €79.90?", `action="` + linkPath(of) + `"`, `name="order" value="approve"`} {
		require.Contains(t, check.body, says)
	}
	require.NotContains(t, check.body, `"`+pathOf(of)+`"`, "a mailed link leads to no other page")
	require.Equal(t, refund.AwaitingApproval, w.all[of].State)
	done := b.post(linkPath(of), url.Values{"order": {"approve"}, "sure": {"EUR 79.90"}})
	require.Equal(t, http.StatusSeeOther, done.code)
	require.Equal(t, refund.Approved, w.all[of].State)
	w.clock = w.clock.Add(time.Minute)
	require.Equal(t, http.StatusOK, b.get(linkPath(of)).code, "it can still be undone")
}
