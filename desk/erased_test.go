package desk

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// Support and approvers see why nobody can be mailed, and nothing of who it was.
func TestPagesSayThatAPersonWasErased(t *testing.T) {
	w := open(t)
	anna := w.signedInAs("anna")
	of := w.ship("demo", 7)
	p := w.shipping.all[of]
	require.Contains(t, anna.get("/parcels/demo/7").body, jane)
	require.NoError(t, p.Step(w.shipping.policy, w.clock, func() error { p.Erase("anna", w.clock); return nil }))
	parcels := anna.get("/parcels/demo/7")
	keepPage(t, "parcel-erased", parcels.body)

	asked := w.inState(8, refund.AwaitingApproval)
	w.says(asked, "anna", "note", map[string]string{"text": "jane.doe has called"})
	require.Contains(t, anna.get(pathOf(asked)).body, "jane.doe")
	w.happens(asked, func(r *refund.Refund, p refund.Policy) error {
		r.Erase(refund.Said{By: "anna"}, p, w.clock)
		return nil
	})
	refunds := anna.get(pathOf(asked))
	keepPage(t, "refund-erased", refunds.body)

	for _, page := range []response{parcels, refunds} {
		require.Equal(t, http.StatusOK, page.code)
		requirePage(t, page.body)
		require.NotContains(t, page.body, "jane.doe")
		require.NotContains(t, page.body, "Jane")
	}
	require.Contains(t, parcels.body, "The recipient&#39;s data was erased on ")
	for _, order := range []string{"change-recipient", "send-again"} {
		require.NotContains(t, parcels.body, order)
	}
	require.NotContains(t, refunds.body, "customerEmail", "nobody is asked who the customer was")
	for _, says := range []string{"The customer&#39;s data was erased on ", "anna had the customer&#39;s data erased", "This text was erased."} {
		require.Contains(t, refunds.body, says)
	}
	require.NotContains(t, anna.get("/refunds").body, "Jane")
}

func TestPagesSayThatWhatTheCustomerWroteIsErased(t *testing.T) {
	w := open(t)
	anna := w.signedInAs("anna")
	asked := w.inState(8, refund.NeedsInfo)
	w.says(asked, "anna", "enter-answer", map[string]string{"answer": "the sole came off"})
	w.says(asked, "anna", "withdraw", nil)
	require.Contains(t, anna.get(pathOf(asked)).body, "the sole came off")
	w.clock = w.clock.AddDate(0, 0, 4)
	p := w.policy("demo")
	over := w.all[asked]
	over.Todo = nil // no mail is awaited
	over.Dispatch(p, w.clock)
	w.all[asked] = over
	page := w.signedInAs("anna").get(pathOf(asked)).body
	keepPage(t, "refund-texts-erased", page)
	requirePage(t, page)
	require.NotContains(t, page, "the sole came off")
	for _, says := range []string{"What the customer wrote was erased on ", ", after the request was closed.", "This text was erased."} {
		require.Contains(t, page, says)
	}
}
