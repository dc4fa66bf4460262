package desk

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// openWithUndo is a desk of a shop in which approvals can be undone for two minutes.
func openWithUndo(t *testing.T) *fixture {
	t.Helper()
	w := open(t)
	policy := w.policy
	w.policy = func(integration string) refund.Policy {
		p := policy(integration)
		p.Undo = 2 * time.Minute
		return p
	}
	return w
}

func TestAnApprovalOnThePageIsUndone(t *testing.T) {
	w := openWithUndo(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	approved := anna.post(pathOf(of)+"/approve", url.Values{"amount": {"7.99"}})
	require.Equal(t, http.StatusSeeOther, approved.code, approved.body)
	w.clock = w.clock.Add(20 * time.Second)
	page := anna.get(approved.header.Get("Location"))
	keepPage(t, "refund-undoable", page.body)
	for _, says := range []string{"You approved it.", "anna can undo that until ", `href="/countdown.css?seconds=100"`, `<button>Undo the approval</button>`, "EUR 7.99"} {
		require.Contains(t, page.body, says)
	}
	require.Contains(t, w.signedInAs("mia").get(pathOf(of)).body, "Only anna can undo the approval.")
	style := anna.get("/countdown.css?seconds=100")
	require.Equal(t, http.StatusOK, style.code)
	require.Contains(t, style.body, "--seconds: 100; --time: 100s;")
	for _, wrong := range []string{"", "-1", "1e3", "3601", "1;}"} {
		require.Equal(t, http.StatusNotFound, anna.get("/countdown.css?seconds="+url.QueryEscape(wrong)).code, wrong)
	}

	undone := anna.post(pathOf(of)+"/undo-approval", nil)
	require.Equal(t, http.StatusSeeOther, undone.code, undone.body)
	page = anna.get(undone.header.Get("Location"))
	for _, says := range []string{"Your approval is undone.", "EUR 79.90", "Awaiting approval", "approval undone"} {
		require.Contains(t, page.body, says)
	}
	require.NotContains(t, page.body, "countdown")
	require.Equal(t, refund.AwaitingApproval, w.all[of].State)
}

// A decision by a mailed link is undone by the same link, which then decides again.
func TestAnApprovalByLinkIsUndoneByTheSameLink(t *testing.T) {
	w := openWithUndo(t)
	of := w.request("demo", 42)
	b := w.browser()
	b.open(decidePath, w.decideLink(of, "anna", "n1", w.clock.Add(day)))
	decide := func(order string, fields url.Values) response {
		fields.Set("order", order)
		return b.post(linkPath(of), fields)
	}
	page := b.get(decide("approve", url.Values{}).header.Get("Location"))
	keepPage(t, "refund-undoable-by-link", page.body)
	for _, says := range []string{"You approved it.", "Undo the approval", "countdown.css?seconds=120"} {
		require.Contains(t, page.body, says)
	}
	other := w.browser()
	other.open(decidePath, w.decideLink(of, "anna", "n2", w.clock.Add(day)))
	require.Contains(t, other.get(linkPath(of)).body, "This refund was decided already", "another link")

	page = b.get(decide("undo-approval", url.Values{}).header.Get("Location"))
	require.Contains(t, page.body, "Your approval is undone.")
	require.Equal(t, http.StatusSeeOther, decide("reject", url.Values{"why": {"It was used."}}).code)
	require.Equal(t, refund.Rejected, w.all[of].State)
	require.Equal(t, http.StatusGone, decide("undo-approval", url.Values{}).code, "the link was used")
}
