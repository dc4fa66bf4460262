package desk

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

// hidden are the hidden fields of the form with a button on a page.
func hiddenOf(t *testing.T, body string) url.Values {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form class="card" method="post" action="/refunds/several">(.*?)</form>`).FindStringSubmatch(body)
	require.NotNil(t, form, "there is a form")
	fields := url.Values{}
	for _, field := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(form[1], -1) {
		fields.Add(field[1], field[2])
	}
	return fields
}

func chosen(order string, all ...contract.RefundRef) url.Values {
	fields := url.Values{"order": {order}}
	for _, of := range all {
		fields.Add("refund", of.String())
	}
	return fields
}

// checks is the page that says what would happen, and what its button sends.
func (b browser) checks(order string, all ...contract.RefundRef) (string, url.Values) {
	b.w.t.Helper()
	page := b.get("/refunds/several?" + chosen(order, all...).Encode())
	require.Equal(b.w.t, http.StatusOK, page.code)
	requirePage(b.w.t, page.body)
	return page.body, hiddenOf(b.w.t, page.body)
}

// outcomes are the results of a page by the number of the return.
func outcomes(body string) map[string]string {
	all := map[string]string{}
	for _, row := range regexp.MustCompile(`(?s)<tr role="row"><th scope="row".*?Return (\d+).*?</th><td[^>]*>.*?</td><td role="cell"><span class="tag[^"]*">([^<]+)</span>`).FindAllStringSubmatch(body, -1) {
		all[row[1]] = row[2]
	}
	return all
}

func TestSeveralAreApprovedAfterALook(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2, w.amount("20.10"))
	two := w.request("demo", 3, w.amount("250.01"))
	w.people["demo"][0] = person("anna", refund.Approver, nil)
	unknown := w.request("demo", 4, func(f *refund.Facts) { f.OrderValue = refund.Money{} })
	own := w.request("demo", 5, func(f *refund.Facts) { f.RequestedBy = "anna" })
	paid := w.inState(6, refund.Paid)
	theirs, none := w.request("other", 7), contract.RefundRef{Integration: "demo", ReturnID: 99}
	w.orders = 0
	anna := w.signedInAs("anna")

	inbox := anna.get("/refunds?for=me&chosen=all").body
	requirePage(t, inbox)
	require.Contains(t, inbox, `form="several" name="refund" value="demo/1" checked><span class="hidden">Choose return 1, <bdi>Jane Doe</bdi></span>`)

	body, form := anna.checks("approve", a, b, two, unknown, own, paid, theirs, none, a)
	keepPage(t, "several", body)
	require.Zero(t, w.orders, "it only looks")
	for _, says := range []string{
		"<dd>€100.00</dd>", "Approve 2 refunds", "Two people have to approve it.", "A fact is missing.", "You cannot decide your own refund.",
		"The refund is paid: nothing can be done any more.", "There is no such refund.", "does not name you",
	} {
		require.Contains(t, body, says)
	}
	require.Len(t, form["refund"], 2)

	page := anna.post("/refunds/several", form)
	require.Equal(t, http.StatusOK, page.code)
	requirePage(t, page.body)
	keepPage(t, "several-done", page.body)
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(page.body))
	require.Contains(t, page.body, "2 of 2 done.")
	for _, of := range []contract.RefundRef{a, b} {
		require.Equal(t, refund.Approved, w.all[of].State)
		require.Equal(t, "anna", w.all[of].Approvals[0].By)
		last := w.all[of].Receipt[len(w.all[of].Receipt)-1]
		require.Equal(t, refund.Author{Person: "anna", Via: refund.ViaPage}, last.By, "the order is proven")
	}
	require.Equal(t, refund.AwaitingApproval, w.all[two].State)
	require.NotContains(t, w.log.String(), "Jane")
}

func TestThePageOfSeveralSaysForHowLongApprovalsCanBeUndone(t *testing.T) {
	w := open(t)
	w.people["other"] = append(w.people["other"], person("mia", refund.Manager, nil))
	here, there := w.request("demo", 1), w.request("other", 2)
	undo := map[string]time.Duration{}
	policy := w.policy
	w.policy = func(integration string) refund.Policy {
		p := policy(integration)
		p.Undo = undo[integration]
		return p
	}
	mia := w.signedInAs("mia")
	says := func(order string) string {
		body, _ := mia.checks(order, here, there)
		return body
	}
	require.NotContains(t, says("approve"), "undo an approval")
	undo["demo"], undo["other"] = 10*time.Second, 10*time.Second
	require.Contains(t, says("approve"), "with the amount that is shown. You can undo an approval on the page of the refund for 10 seconds. Nothing has been done yet.")
	require.NotContains(t, says("reject"), "undo an approval")
	undo["other"] = time.Minute
	require.Contains(t, says("approve"), "for as long as the policy says.")
}

func TestASecondPressDoesNothingTwice(t *testing.T) {
	w := open(t)
	w.policy = func(policy func(string) refund.Policy) func(string) refund.Policy {
		return func(name string) refund.Policy { p := policy(name); p.Undo = 2 * 60e9; return p }
	}(w.policy)
	a, b := w.request("demo", 1), w.request("demo", 2)
	anna := w.signedInAs("anna")
	_, form := anna.checks("approve", a, b)
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(anna.post("/refunds/several", form).body))
	length := len(w.all[a].Receipt)
	again := anna.post("/refunds/several", form)
	require.Equal(t, http.StatusOK, again.code)
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(again.body))
	require.Contains(t, again.body, "2 of 2 done.")
	require.Len(t, w.all[a].Receipt, length)

	// Also if it was undone meanwhile: to load a page again approves nothing.
	w.says(a, "anna", "undo-approval", nil)
	anna.post("/refunds/several", form)
	require.Equal(t, refund.AwaitingApproval, w.all[a].State)
}

func TestOneOfSeveralChangesBeforeThePress(t *testing.T) {
	w := open(t)
	a, b, c := w.request("demo", 1), w.request("demo", 2), w.request("demo", 3)
	anna := w.signedInAs("anna")
	_, form := anna.checks("approve", a, b, c)
	r := w.all[a]
	r.Facts.Amount = euro(t, "99.00")
	w.all[a] = r
	w.says(b, "ben", "reject", map[string]string{"why": "It was used."})
	page := anna.post("/refunds/several", form)
	require.Equal(t, map[string]string{"1": "Not done", "2": "Not done", "3": "Done"}, outcomes(page.body))
	require.Contains(t, page.body, "1 of 3 done.")
	require.Equal(t, 2, strings.Count(page.body, "It has changed since the page was shown."))
	require.Equal(t, refund.AwaitingApproval, w.all[a].State)
}

func TestTwoPeoplePressAtTheSameTime(t *testing.T) {
	w := open(t)
	a := w.request("demo", 1)
	anna, ben := w.signedInAs("anna"), w.signedInAs("ben")
	_, hers := anna.checks("approve", a)
	_, his := ben.checks("approve", a)
	require.Equal(t, map[string]string{"1": "Done"}, outcomes(anna.post("/refunds/several", hers).body))
	require.Equal(t, map[string]string{"1": "Not done"}, outcomes(ben.post("/refunds/several", his).body))
	require.Equal(t, map[string]string{"1": "Not done"}, outcomes(ben.post("/refunds/several", hers).body), "her form is not his")
	require.Len(t, w.all[a].Approvals, 1)
}

func TestSeveralAreRejectedForOneReason(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2)
	anna := w.signedInAs("anna")
	body, form := anna.checks("reject", a, b)
	require.Contains(t, body, `<textarea id="reject-why" name="why"`)

	page := anna.post("/refunds/several", form)
	require.Equal(t, http.StatusUnprocessableEntity, page.code)
	requirePage(t, page.body)
	require.Contains(t, page.body, `href="#reject-why"`)
	require.Equal(t, form, hiddenOf(t, page.body), "the same form")

	form.Set("why", "The shoes <were> worn.")
	page = anna.post("/refunds/several", form)
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(page.body))
	require.Equal(t, "The shoes <were> worn.", w.all[b].Rejection)
	form.Set("why", "Another reason.")
	page = anna.post("/refunds/several", form)
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(page.body))
	require.Contains(t, page.body, "You pressed this button before, with another reason or person. The first press counts.")
	require.Equal(t, "The shoes <were> worn.", w.all[b].Rejection)
	require.NotContains(t, w.log.String(), "worn")
}

func TestSeveralAreGivenToAnotherPerson(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2, w.amount("400"), func(f *refund.Facts) { f.RequestedBy = "carla" })
	anna := w.signedInAs("anna")
	body, form := anna.checks("reassign", a, b)
	for _, name := range []string{"ben", "mia"} {
		require.Contains(t, body, "<option>"+name+"</option>")
	}
	form.Set("to", "ben")
	page := anna.post("/refunds/several", form)
	require.Equal(t, map[string]string{"1": "Done", "2": "Not done"}, outcomes(page.body))
	require.Contains(t, page.body, "€400.00 is more than ben may approve (€250.00).")
	require.Equal(t, "ben", w.all[a].Holder)
}

func TestOfOneIsNotKnownWhatCameOfTheOrder(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2)
	anna := w.signedInAs("anna")
	_, form := anna.checks("approve", a, b)
	w.silentRows = map[int64]bool{2: true}
	page := anna.post("/refunds/several", form)
	require.Equal(t, map[string]string{"1": "Done", "2": "Not known"}, outcomes(page.body))
	require.Contains(t, page.body, "Load this page again.")
	w.silentRows = nil
	again := regexp.MustCompile(`<a href="(/refunds/several\?[^"]+)">Look again`).FindStringSubmatch(page.body)
	require.NotNil(t, again)
	rest := hiddenOf(t, anna.get(html.UnescapeString(again[1])).body)
	require.Len(t, rest["refund"], 1)
	require.Equal(t, map[string]string{"2": "Done"}, outcomes(anna.post("/refunds/several", rest).body))

	// The order itself is not answered: it has not reached the refund, or has, as a look says.
	for reaches, result := range map[bool]string{false: "Not done", true: "Done"} {
		c := w.request("demo", 3)
		_, form = anna.checks("approve", c)
		w.desk.refunds = onlyLooks{w.fakeRefunds, reaches}
		page = anna.post("/refunds/several", form)
		require.Equal(t, map[string]string{"3": result}, outcomes(page.body))
		requirePage(t, page.body)
		w.desk.refunds = w.fakeRefunds
		require.Equal(t, map[string]string{"3": "Done"}, outcomes(anna.post("/refunds/several", form).body), "what was lost can be sent again")
	}
}

func TestWhatIsNoOrderToSeveral(t *testing.T) {
	w := open(t)
	of := w.request("demo", 1)
	anna := w.signedInAs("anna")
	var many []contract.RefundRef
	for i := range int64(severalAtOnce + 1) {
		many = append(many, contract.RefundRef{Integration: "demo", ReturnID: 100 + i})
	}
	for says, form := range map[string]url.Values{
		"There is no such order":       chosen("pay-again", of),
		"There is no such order for":   chosen("", of),
		"No refund was chosen":         chosen("approve"),
		"26 refunds were chosen":       chosen("approve", many...),
		"One of the refunds cannot be": {"order": {"approve"}, "refund": {"demo/1' OR ''='"}},
	} {
		page := anna.post("/refunds/several", form)
		require.Equal(t, http.StatusUnprocessableEntity, page.code, says)
		require.Contains(t, page.body, says)
		requirePage(t, page.body)
	}
	require.Equal(t, "/refunds", anna.get("/refunds/several").header.Get("Location"))
	require.Equal(t, http.StatusUnauthorized, w.browser().post("/refunds/several", chosen("approve", of)).code)
	require.NotContains(t, anna.get("/refunds").body, "pay-again")

	// A form that was made up, and has not shown the refund, approves nothing.
	form := chosen("approve", of)
	form.Set("once", strings.Repeat("A", 26))
	require.Equal(t, map[string]string{"1": "Not done"}, outcomes(anna.post("/refunds/several", form).body))
	sam := w.signedInAs("sam").get("/refunds/several?" + chosen("approve", of).Encode())
	require.Contains(t, sam.body, "This is not possible for any of these refunds.")
	require.Zero(t, w.orders)
}

func TestAPageOfRefundsIsApprovedAtOnce(t *testing.T) {
	w := open(t)
	var all []contract.RefundRef
	for i := range int64(severalAtOnce) {
		all = append(all, w.request("demo", 100+i))
	}
	anna := w.signedInAs("anna")
	_, form := anna.checks("approve", all...)
	page := anna.post("/refunds/several", form)
	require.Contains(t, page.body, fmt.Sprintf("%d of %d done.", severalAtOnce, severalAtOnce))
	require.False(t, slices.ContainsFunc(all, func(of contract.RefundRef) bool { return w.all[of].State != refund.Approved }))
}
