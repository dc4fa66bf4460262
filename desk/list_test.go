package desk

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

func TestTheListIsChosenAndOrdered(t *testing.T) {
	w := open(t)
	for i := range int64(30) {
		w.request("demo", 100+i)
	}
	w.inState(7, refund.Paid)
	w.inState(8, refund.PayFailed)
	w.silentRows = map[int64]bool{129: true}
	anna := w.signedInAs("anna")
	has := func(path string, want bool, ids ...int64) {
		t.Helper()
		body := anna.get(path).body
		for _, id := range ids {
			require.Equal(t, want, strings.Contains(body, pathOf(contract.RefundRef{Integration: "demo", ReturnID: id})+`"`), "%s and %d", path, id)
		}
	}
	has("/refunds?order=newest", true, 129, 105)
	has("/refunds?order=newest", false, 104, 7, 8)
	has("/refunds?page=2", true, 104, 100, 8)
	has("/refunds?order=oldest", true, 8, 100, 123)
	has("/refunds?order=oldest", false, 129)
	has("/refunds?order=oldest&page=2", true, 129)
	has("/refunds?show=all&page=2", true, 7, 8)
	has("/refunds?state=paid", true, 7)
	has("/refunds?attention=yes", true, 8)
	has("/refunds?attention=yes", false, 129)
	has("/refunds?role=manager", false, 129)
	first := anna.get("/refunds?order=newest").body
	require.Contains(t, first, ">no answer<", "a row that does not answer is there")
	require.Equal(t, 24, strings.Count(first, "€79.90"))
	require.Contains(t, first, `href="/refunds?order=newest&amp;page=2"`)
	anna.get("/refunds?due_within=3&integration=demo&role=approver")
	require.Contains(t, w.filters, recorder.RefundFilter{Integration: "demo", Role: refund.Approver, Open: true, DueBefore: w.clock.Add(3 * day)})
	require.True(t, slices.ContainsFunc(w.filters, func(f recorder.RefundFilter) bool { return slices.Equal(f.Among, []string{"demo"}) }))
}

func TestARowSaysWhoWantsMoneyForWhat(t *testing.T) {
	w := open(t)
	w.request("demo", 42)
	page := w.signedInAs("anna").get("/refunds")
	requirePage(t, page.body)
	for _, says := range []string{"Jane Doe", "order <bdi>A-1001</bdi>", "damaged: Arrived broken"} {
		require.Contains(t, page.body, says)
	}
	keepPage(t, "inbox-rows", page.body)
}

func TestTheMostUrgentComeFirst(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	posted := func(id int64, ago int) {
		of := w.request("demo", id, func(f *refund.Facts) { f.NoticeAt = w.clock.AddDate(0, 0, -ago) })
		w.happens(of, func(r *refund.Refund, p refund.Policy) error {
			r.Posted(w.clock.AddDate(0, 0, -ago), p, w.clock)
			return nil
		})
	}
	posted(2, 0)
	posted(3, 9)
	posted(4, 5)
	body := w.signedInAs("anna").get("/refunds?order=deadline").body
	at := func(id int64) int {
		return strings.Index(body, pathOf(contract.RefundRef{Integration: "demo", ReturnID: id})+`"`)
	}
	order := []int{at(3), at(4), at(2), at(1)}
	require.NotContains(t, order, -1)
	require.True(t, slices.IsSorted(order), "%v", order)
}
