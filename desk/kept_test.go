package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/link"
	"waybill/refund"
	"waybill/search"
)

// signsInAgain begins another session of somebody in the same browser, by a mailed link.
func (b browser) signsInAgain(name string) response {
	b.w.t.Helper()
	nonce := "again-" + name
	b.w.signIns[nonce] = signInOf(name)
	token := b.w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "n", Person: b.w.links.Person(name), Nonce: nonce, Until: b.w.clock.Add(time.Hour).Unix()})
	return b.signsIn(token)
}

// What is typed when the session has ended is there again after signing in, and nothing is done before
// the button is pressed again.
func TestWhatIsTypedOutlivesTheSession(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	asked := anna.post(pathOf(of)+"/ask-customer", url.Values{"order": {"ask-customer"}, "question": {"Which <mug> is it?"}})
	require.Equal(t, http.StatusUnauthorized, asked.code)
	requirePage(t, asked.body)
	keepPage(t, "sign-in-session-ended", asked.body)
	require.Contains(t, asked.body, "Your session has ended, so nothing was done.")
	require.Contains(t, asked.body, "Mail me a link")
	for _, cookie := range asked.header.Values("Set-Cookie") {
		require.NotContains(t, cookie, "mug")
		require.Contains(t, cookie, "HttpOnly; SameSite=Lax")
	}
	require.NotContains(t, asked.body, "mug", "who stands before the browser is not known")

	again := anna.signsInAgain("anna")
	page := anna.get(again.header.Get("Location"))
	requirePage(t, page.body)
	keepPage(t, "refund-typed-before", page.body)
	require.Contains(t, page.body, "You are signed in again, and nothing has been done yet.")
	require.Contains(t, page.body, "Which &lt;mug&gt; is it?</textarea>")
	require.Zero(t, w.orders)
	require.NotContains(t, anna.get(pathOf(of)).body, "&lt;mug", "the refund itself does not have it")
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/ask-customer", url.Values{"question": {"Which <mug> is it?"}}).code)
	require.Equal(t, pathOf(of), anna.get(again.header.Get("Location")).header.Get("Location"), "after it was sent, the address leads to the refund")
	require.Equal(t, refund.NeedsInfo, w.all[of].State)
	require.NotContains(t, w.log.String(), "mug")
}

func TestNobodyElseSeesWhatWasTyped(t *testing.T) {
	for name, c := range map[string]struct {
		then string
		wait time.Duration
		see  bool
	}{
		"the same person":             {"anna", 0, true},
		"another person":              {"ben", 0, false},
		"the same person, too late":   {"anna", 61 * time.Minute, false},
		"the same person, in a hurry": {"anna", time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			b := w.signedInAs("anna")
			w.clock = w.clock.Add(13 * time.Hour)
			b.post(pathOf(of)+"/reject", url.Values{"why": {"The customer told me at her door."}})
			w.clock = w.clock.Add(c.wait)
			page := b.get(b.signsInAgain(c.then).header.Get("Location"))
			require.Equal(t, c.see, strings.Contains(page.body, "at her door"))
			if !c.see {
				require.Equal(t, pathOf(of), page.header.Get("Location"))
			}
			require.Equal(t, refund.AwaitingApproval, w.all[of].State)
		})
	}
}

// A person who has signed out everywhere typed what they typed; who was never signed in, or signed out,
// is nobody that it could be kept for.
func TestWhatAStrangerTypesIsNotKept(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	out := w.signedInAs("anna")
	out.post("/sign-out", nil)
	for name, b := range map[string]browser{"nobody": w.browser(), "signed out": out} {
		r := b.post(pathOf(of)+"/reject", url.Values{"why": {"It was worn."}})
		require.Equal(t, http.StatusUnauthorized, r.code, name)
		require.Contains(t, r.body, "what you typed was not kept", name)
		require.NotContains(t, strings.Join(r.header.Values("Set-Cookie"), "\n"), "waybill-form", name)
		page := b.get(b.signsInAgain("anna").header.Get("Location"))
		require.Equal(t, pathOf(of), page.header.Get("Location"), "it leads to the page all the same")
	}
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	long := anna.post(pathOf(of)+"/reject", url.Values{"why": {strings.Repeat("long ", 2000)}})
	require.Equal(t, http.StatusUnauthorized, long.code)
	require.Contains(t, long.body, "what you typed was not kept")
	foreign := w.browser().request(http.MethodPost, pathOf(of)+"/reject", "why=x")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, w.browser().do(foreign).code, "another site fills in nothing")
}

// Meanwhile another person has decided: the words are there to be copied.
func TestWhatWasTypedIsShownAlsoIfItIsTooLate(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	anna.post(pathOf(of)+"/reject", url.Values{"why": {"It was worn."}})
	w.says(of, "ben", "reject", map[string]string{"why": "Too late."})
	page := anna.get(anna.signsInAgain("anna").header.Get("Location"))
	requirePage(t, page.body)
	require.Contains(t, page.body, "is not possible any more. You had typed: Reason: It was worn.")
}

func TestWhereNothingWasTypedNothingIsSaidOfIt(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	anna.post(pathOf(of)+"/approve", url.Values{})
	w.says(of, "ben", "reject", map[string]string{"why": "Too late."})
	page := anna.get(anna.signsInAgain("anna").header.Get("Location"))
	requirePage(t, page.body)
	require.Contains(t, page.body, "is not possible any more.</p>")
	require.NotContains(t, page.body, "You had typed")
}

func TestWhatIsTypedAboutAParcelOutlivesTheSession(t *testing.T) {
	w := open(t)
	w.ship("demo", 868)
	sam := w.signedInAs("sam")
	w.clock = w.clock.Add(13 * time.Hour)
	sam.post("/parcels/demo/868/change-recipient", url.Values{"email": {"new@example.org"}, "once": {strings.Repeat("A", 26)}, "why": {"a typing error"}})
	page := sam.get(sam.signsInAgain("sam").header.Get("Location"))
	requirePage(t, page.body)
	for _, says := range []string{"Change recipient: what will happen", "Nothing has been done yet.", `value="new@example.org"`, `value="a typing error"`} {
		require.Contains(t, page.body, says)
	}
	require.Zero(t, w.shipping.orders)
	require.Contains(t, sam.get("/parcels/demo/868").body, "What you can do")

	w.clock = w.clock.Add(13 * time.Hour)
	sam.post("/parcels", url.Values{"q": {"no such order"}})
	require.Contains(t, sam.get(sam.signsInAgain("sam").header.Get("Location")).body, `value="no such order"`)
	require.NotContains(t, sam.get("/parcels").body, "no such order")
}

// The page that ends a session promises that what was typed comes back: that holds for each form.
func TestAnOrderToSeveralOutlivesTheSession(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2)
	anna := w.signedInAs("anna")
	_, form := anna.checks("reject", a, b)
	form.Set("why", "The shoes <were> worn.")
	w.clock = w.clock.Add(13 * time.Hour)
	require.Contains(t, anna.post("/refunds/several", form).body, "the page shows it again")
	again := anna.signsInAgain("anna").header.Get("Location")
	page := anna.get(again)
	require.Equal(t, http.StatusOK, page.code)
	requirePage(t, page.body)
	require.Contains(t, page.body, "You are signed in again, and nothing has been done yet.")
	require.Contains(t, page.body, "The shoes &lt;were&gt; worn.</textarea>")
	require.Equal(t, refund.AwaitingApproval, w.all[a].State)
	require.Equal(t, form["refund"], hiddenOf(t, page.body)["refund"])
	sent := hiddenOf(t, page.body)
	sent.Set("why", "The shoes <were> worn.")
	require.Equal(t, map[string]string{"1": "Done", "2": "Done"}, outcomes(anna.post("/refunds/several", sent).body))
	require.Contains(t, anna.get(again).body, "This is not possible for any of these refunds.", "it has been done")
}

func TestASearchForARefundOutlivesTheSession(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	w.searchKeys = search.Keys{[]byte("a-key-for-tests")}
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	anna.post("/refunds", url.Values{"q": {"jane.doe@example.com"}})
	again := anna.signsInAgain("anna").header.Get("Location")
	require.Contains(t, anna.get(again).body, `value="jane.doe@example.com"`)
	require.NotContains(t, anna.get("/refunds").body, "jane.doe@example.com")
}

// Whoever has signed out leaves nothing in the browser that a later session could open.
func TestSigningOutForgetsWhatWasTyped(t *testing.T) {
	for name, everywhere := range map[string]url.Values{"here": nil, "everywhere": {"everywhere": {"yes"}}} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			anna := w.signedInAs("anna")
			faulty := anna.do(anna.request(http.MethodPost, pathOf(of)+"/approve", "amount=a+lot&why=She+moved+to+her+mother."))
			require.Contains(t, anna.get(faulty.header.Get("Location")).body, "her mother")
			require.Equal(t, http.StatusSeeOther, anna.post("/sign-out", everywhere).code)
			require.Empty(t, anna.Jar.Cookies(mustURL(t, w.server.URL)))
			w.clock = w.clock.Add(time.Minute)
			anna.signsInAgain("anna")
			require.Equal(t, pathOf(of), anna.get(faulty.header.Get("Location")).header.Get("Location"))
		})
	}
}
