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
	for _, says := range []string{"You approved it.", "anna can undo that until ", `href="/countdown.css?seconds=100"`, `<button>Undo the approval</button>`, "€7.99"} {
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
	for _, says := range []string{"Your approval is undone.", "€79.90", "Awaiting approval", "anna undid the approval on Mon 2 Nov 2026, 09:00 UTC, on the page."} {
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
	page := b.get(decide("approve", url.Values{"sure": {"EUR 79.90"}}).header.Get("Location"))
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

// A second press of a button, and a page that is loaded again, show what is true.
func TestAButtonThatIsPressedTwiceIsDoneOnce(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	approve := func() response { return anna.post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}}) }
	require.Equal(t, http.StatusSeeOther, approve().code)
	lines := len(w.all[of].Receipt)
	again := approve()
	require.Equal(t, http.StatusOK, again.code)
	require.Contains(t, again.body, "You approved it. That was on ")
	require.NotContains(t, again.body, "This was not done")
	require.Len(t, w.all[of].Receipt, lines)
	ben := w.signedInAs("ben").post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}})
	require.Equal(t, http.StatusConflict, ben.code, "another person did not")
	require.Contains(t, ben.body, "This was not done")
	w.clock = w.clock.Add(11 * time.Minute)
	require.Equal(t, http.StatusConflict, approve().code, "it was another press")
}

// What looks like a second press, and is not: a refusal must not read as if it had been done.
func TestARefusalIsNotTakenForASecondPress(t *testing.T) {
	t.Run("after an undo", func(t *testing.T) {
		w := openWithUndo(t)
		of := w.request("demo", 42)
		anna := w.signedInAs("anna")
		require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}}).code)
		require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/undo-approval", nil).code)
		r := anna.post(pathOf(of)+"/approve", url.Values{"amount": {"500"}})
		require.Equal(t, http.StatusConflict, r.code)
		require.Contains(t, r.body, "is more than the €79.90 that were requested")
		require.NotContains(t, r.body, "You approved it")
	})
	t.Run("to another person", func(t *testing.T) {
		w := open(t)
		of := w.request("demo", 42)
		anna := w.signedInAs("anna")
		require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/reassign", url.Values{"to": {"ben"}}).code)
		r := anna.post(pathOf(of)+"/reassign", url.Values{"to": {"nobody"}})
		require.NotEqual(t, http.StatusOK, r.code)
		require.NotContains(t, r.body, "Another person is asked now")
	})
	t.Run("another amount", func(t *testing.T) {
		w := open(t)
		of := w.request("demo", 42)
		anna := w.signedInAs("anna")
		require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/approve", url.Values{"amount": {"79.90"}, "sure": {"EUR 79.90"}}).code)
		require.Equal(t, http.StatusOK, anna.post(pathOf(of)+"/approve", url.Values{"amount": {"79,90"}}).code, "the same amount")
		r := anna.post(pathOf(of)+"/approve", url.Values{"amount": {"7.90"}})
		require.Equal(t, http.StatusConflict, r.code)
		require.NotContains(t, r.body, "You approved it")
	})
	t.Run("another question", func(t *testing.T) {
		w := open(t)
		of := w.request("demo", 42)
		anna := w.signedInAs("anna")
		ask := func(question string) response {
			return anna.post(pathOf(of)+"/ask-customer", url.Values{"question": {question}})
		}
		require.Equal(t, http.StatusSeeOther, ask("Which mug is it?").code)
		require.Equal(t, http.StatusOK, ask("Which mug is it?").code)
		require.Equal(t, http.StatusConflict, ask("Was it a gift?").code)
	})
}

func TestARefundLeadsToItsParcelsAndToTemporal(t *testing.T) {
	w := open(t, func(c *Config) { c.Parcels.TemporalUI = "https://temporal.shop.example" })
	of := w.request("demo", 42)
	page := w.signedInAs("anna").get(pathOf(of)).body
	for _, leads := range []string{`href="/parcels/demo/7001"`, `href="/parcels/demo/7002"`, `href="https://temporal.shop.example/namespaces/`} {
		require.Contains(t, page, leads)
	}
	b := w.browser()
	b.open(decidePath, w.decideLink(of, "anna", "n1", w.clock.Add(day)))
	require.NotContains(t, b.get(linkPath(of)).body, "/parcels/", "a mailed link signs nobody in")
}

// What the order cost is a manager's to correct: others would write it in vain.
func TestOnlyAManagerIsAskedForAValueThatIsKnown(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	field := `name="orderValue"`
	require.Contains(t, w.signedInAs("mia").get(pathOf(of)).body, field)
	require.NotContains(t, w.signedInAs("anna").get(pathOf(of)).body, field)
	w.happens(of, func(r *refund.Refund, _ refund.Policy) error { r.Facts.OrderValue = refund.Money{}; return nil })
	require.Contains(t, w.signedInAs("anna").get(pathOf(of)).body, field, "the first approver says what no source knows")
}
