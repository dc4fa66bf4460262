package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/recorder"
	"waybill/refund"
)

// anotherProcess serves the same people from here on, and has heard of nothing yet.
func (w *fixture) anotherProcess() {
	w.t.Helper()
	kept := w.desk.refunds
	another, err := New(w.desk.config, recorder.Recorder{}, w.logger())
	require.NoError(w.t, err)
	another.refunds, another.now = kept, w.time
	w.desk = another
	w.serve(ingress.Config{}, client.MetricsNopHandler)
}

// session is a browser that has signed in by a mailed link.
func (w *fixture) session(nonce string) browser {
	w.t.Helper()
	w.signIns[nonce] = signInOf("anna")
	b := w.browser()
	require.Equal(w.t, "/refunds", b.signsIn(w.signInToken(nonce)).header.Get("Location"))
	return b
}

func (w *fixture) isIn(b browser) bool {
	w.t.Helper()
	r := b.get("/refunds")
	require.Contains(w.t, []int{http.StatusOK, http.StatusSeeOther}, r.code)
	return r.code == http.StatusOK
}

// copied is a browser of somebody who has a copy of the cookies.
func (b browser) copied() browser {
	thief, at := b.w.browser(), mustURL(b.w.t, b.w.server.URL+"/refunds")
	thief.Jar.SetCookies(at, b.Jar.Cookies(at))
	return thief
}

// A copy of the cookie went on for 12 hours after its owner had signed out.
func TestSigningOutEndsTheSessionWhoeverHasACopy(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna, elsewhere := w.session("n1"), w.session("n2")
	thief := anna.copied()
	require.True(t, w.isIn(thief))
	require.Contains(t, anna.get(anna.post("/sign-out", nil).header.Get("Location")).body, "You are signed out.")
	require.False(t, w.isIn(thief))
	require.Equal(t, http.StatusUnauthorized, thief.post(pathOf(of)+"/approve", nil).code)
	require.True(t, w.isIn(elsewhere), "another session goes on")
	w.anotherProcess()
	require.False(t, w.isIn(thief), "after a restart too")
	require.True(t, w.isIn(elsewhere))
	require.Zero(t, w.orders)
}

// Another process may show pages for half a minute, but follows no order.
func TestAnotherProcessHearsOfASignOut(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.session("n1")
	thief := anna.copied()
	before := w.heardOf
	for range 10 {
		require.True(t, w.isIn(thief))
	}
	require.LessOrEqual(t, w.heardOf, before+1, "a page view costs no question of its own")
	one := w.desk
	w.anotherProcess()
	require.Equal(t, http.StatusSeeOther, anna.post("/sign-out", nil).code)
	w.desk = one
	w.serve(ingress.Config{}, client.MetricsNopHandler)
	require.True(t, w.isIn(thief), "it was asked less than 30 seconds ago")
	require.Equal(t, http.StatusUnauthorized, thief.post(pathOf(of)+"/approve", nil).code, "an order asks each time")
	w.clock = w.clock.Add(30 * time.Second)
	require.False(t, w.isIn(thief))
	require.Zero(t, w.orders)
}

// Behind a load balancer, one process sends a browser to sign in, and the other, which has not heard of the
// sign-out yet, would send it back: again and again.
func TestABrowserIsNotSentBackAndForthBetweenProcessesAfterASignOut(t *testing.T) {
	w := open(t)
	anna, elsewhere := w.session("n1"), w.session("n2")
	require.True(t, w.isIn(elsewhere))
	one := w.desk
	w.anotherProcess()
	require.Equal(t, http.StatusSeeOther, anna.post("/sign-out", url.Values{"everywhere": {"yes"}}).code)
	require.Equal(t, "/sign-in", elsewhere.get("/refunds").header.Get("Location"))
	w.desk = one
	w.serve(ingress.Config{}, client.MetricsNopHandler)
	require.Equal(t, http.StatusOK, elsewhere.get("/sign-in").code, "it asks for an address")
}

func TestSigningOutEverywhereEndsAllThatWasMadeBefore(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	w.signIns["n9"] = signInOf("anna")
	signIn, decide := w.signInToken("n9"), w.decideLink(of, "anna", "1", w.clock.Add(link.Decide.Lasts()))
	anna, elsewhere, ben := w.session("n1"), w.session("n2"), w.signedInAs("ben")
	opened := w.browser()
	require.Equal(t, http.StatusOK, opened.open(decidePath, decide).code)
	w.clock = w.clock.Add(time.Minute)
	require.Contains(t, anna.get("/refunds").body, `name="everywhere" value="yes">Sign out everywhere</button>`)
	said := anna.get(anna.post("/sign-out", url.Values{"everywhere": {"yes"}}).header.Get("Location"))
	require.Contains(t, said.body, "You are signed out everywhere.")
	require.False(t, w.isIn(elsewhere))
	require.True(t, w.isIn(ben))
	for _, r := range []response{
		opened.get(linkPath(of)), opened.post(linkPath(of), url.Values{"order": {"approve"}}),
		w.browser().open(decidePath, decide), w.browser().signsIn(signIn),
	} {
		require.Equal(t, http.StatusGone, r.code)
		require.Contains(t, r.body, "You signed out everywhere after")
		require.NotContains(t, r.body, "79.90")
		requirePage(t, r.body)
	}
	require.Contains(t, w.signIns, "n9", "it was not even used")
	require.Zero(t, w.orders)
	w.clock = w.clock.Add(time.Minute)
	require.True(t, w.isIn(w.session("n3")), "she can sign in again")
	require.Equal(t, http.StatusOK, w.browser().open(decidePath, w.decideLink(of, "anna", "2", w.clock.Add(link.Decide.Lasts()))).code)
}

// Nobody is told that all has ended if nothing has.
func TestWhoIsNotSignedInCannotSignOutEverywhere(t *testing.T) {
	w := open(t)
	anna := w.session("n1")
	thief := anna.copied()
	anna.post("/sign-out", nil)
	for _, b := range []browser{thief, w.browser()} {
		r := b.post("/sign-out", url.Values{"everywhere": {"yes"}})
		require.Equal(t, http.StatusUnauthorized, r.code)
		require.Contains(t, r.body, "Nothing was done.")
		requirePage(t, r.body)
	}
	for _, outs := range w.signOuts {
		require.Zero(t, outs.Before)
	}
}

// The names of sign-outs are made with the keys: who signed out stays so while they change,
// also for a process that has not read the new one.
func TestSigningOutOutlivesAChangeOfKeys(t *testing.T) {
	w := open(t)
	fresh, err := link.ParseKeys(strings.Repeat("n", 32) + "\n" + strings.Repeat("k", 32))
	require.NoError(t, err)
	before, anna := w.links, w.session("n1")
	thief := anna.copied()
	require.Equal(t, http.StatusSeeOther, anna.post("/sign-out", nil).code)
	for name := range w.signOuts {
		require.Regexp(t, "^[0-9a-f]{24}$", name, "a pseudonym")
	}
	w.links = fresh
	w.anotherProcess()
	require.False(t, w.isIn(thief), "it was signed out before")

	later := w.session("n2")
	thief = later.copied()
	require.True(t, w.isIn(thief))
	require.Equal(t, http.StatusSeeOther, later.post("/sign-out", url.Values{"everywhere": {"yes"}}).code)
	w.links = before
	w.signIns["n3"] = signInOf("anna")
	w.anotherProcess()
	require.Equal(t, http.StatusGone, w.browser().signsIn(w.signInToken("n3")).code, "it was mailed before she signed out everywhere")
}

func TestWhileNobodySaysWhoSignedOutNothingIsShown(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.session("n1")
	linked := w.browser()
	require.Equal(t, http.StatusOK, linked.open(decidePath, w.decideLink(of, "ben", "1", w.clock.Add(day))).code)
	w.clock = w.clock.Add(time.Minute)
	w.unheard = errSilent
	for _, r := range []response{
		anna.get("/refunds"), anna.get(pathOf(of)), anna.post(pathOf(of)+"/approve", nil),
		linked.get(linkPath(of)), linked.post(linkPath(of), url.Values{"order": {"approve"}}),
	} {
		require.Equal(t, http.StatusServiceUnavailable, r.code)
		require.NotContains(t, r.body, "79.90")
		requirePage(t, r.body)
	}
	require.Zero(t, w.orders)
	r := anna.post("/sign-out", nil)
	require.Equal(t, http.StatusServiceUnavailable, r.code)
	require.Contains(t, r.body, "Only this browser is signed out")
	require.Contains(t, r.header.Get("Set-Cookie"), "Max-Age=0")
	require.Equal(t, http.StatusOK, anna.get("/sign-in").code)
}

// A link or session is for a person as the policy had them when it was made.
func TestAChangeInThePolicyEndsSessionsAndLinks(t *testing.T) {
	const before = `people:
  anna: {email: anna@shop.example, role: approver, token_sha256: ` + oneToken + `}
  ben: {email: ben@shop.example, role: approver}
integrations:
  other: {refunds: {goods_first: on}}
`
	for _, c := range []struct {
		name, from, to string
		ends           bool
	}{
		{"her address", "anna@shop.example", "anna@home.example", true},
		{"her role", "role: approver, token", "role: manager, token", true},
		{"her token", oneToken, strings.Repeat("b", 64), true},
		{"her token is revoked", ", token_sha256: " + oneToken, "", true},
		{"a newer token comes", oneToken, strings.Repeat("b", 64) + " " + oneToken, false},
		{"when her token ends", oneToken, oneToken + ", token_expires: 2027-01-31", true},
		{"her role for another integration", "refunds: {goods_first: on}", "people: {anna: {role: manager}}", true},
		{"she leaves", "  anna: {email: anna@shop.example, role: approver, token_sha256: " + oneToken + "}\n", "", true},
		{"her limit", "role: approver, token", "role: approver, limit: {EUR: 5}, token", false},
		{"how her address is written", "anna@shop.example", "Anna@Shop.example", false},
		{"another person's role", "ben@shop.example, role: approver", "ben@shop.example, role: manager", false},
		{"another integration", "integrations:\n", "integrations:\n  a-new-one: {mode: live}\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			have := func(text string) {
				book, err := policy.Parse("waybill.yaml", []byte(text))
				require.NoError(t, err)
				w.desk.config.Everybody = book.Everybody
				w.desk.config.Refunds = func(integration string) (refund.Policy, []policy.Person) {
					return book.For(integration).Refunds, book.People(integration)
				}
			}
			have(before)
			everybody := w.desk.config.Everybody()
			anna := everybody[slices.IndexFunc(everybody, func(p policy.Person) bool { return p.Name == "anna" })]
			w.signIns["n"], w.signIns["m"] = signInOf("anna"), signInOf("anna")
			forHer := func(l link.Link) string {
				l.Person, l.Until = w.links.Person(anna.Identity()), w.clock.Add(l.Purpose.Lasts()).Unix()
				return w.links.Sign(l)
			}
			decide := forHer(link.Link{Purpose: link.Decide, Subject: of.WorkflowID(), Nonce: "1"})
			in, linked := w.browser(), w.browser()
			require.Equal(t, "/refunds", in.signsIn(forHer(link.Link{Purpose: link.SignIn, Nonce: "n"})).header.Get("Location"))
			require.Equal(t, http.StatusOK, linked.open(decidePath, decide).code)
			require.True(t, w.isIn(in))

			have(strings.ReplaceAll(before, c.from, c.to))
			require.Equal(t, !c.ends, w.isIn(in))
			press := in.post(pathOf(of)+"/note", url.Values{"text": {"x"}})
			require.Equal(t, c.ends, press.code == http.StatusUnauthorized, press.code)
			for _, r := range []response{linked.get(linkPath(of)), w.browser().open(decidePath, decide)} {
				require.Equal(t, map[bool]int{true: http.StatusForbidden, false: http.StatusOK}[c.ends], r.code)
			}
			require.Equal(t, c.ends, w.browser().signsIn(forHer(link.Link{Purpose: link.SignIn, Nonce: "m"})).code == http.StatusForbidden)
		})
	}
}

const oneToken = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// A mailed link is worth a decision: it stays in no history, in no page, and goes out in
// no Referer.
func TestAMailedLinkDoesNotStayInTheAddress(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := open(t, func(c *Config) { c.PublicURL = map[bool]string{true: "https://hooks.shop.example"}[secure] })
		of := w.request("demo", 42)
		w.signIns["n"] = signInOf("anna")
		for path, token := range map[string]string{decidePath: w.decideLink(of, "anna", "1", w.clock.Add(day)), sessionPath: w.signInToken("n")} {
			r := w.browser().get(path + "?link=" + token)
			require.Equal(t, http.StatusSeeOther, r.code)
			require.Equal(t, "no-referrer", r.header.Get("Referrer-Policy"))
			to := r.header.Get("Location")
			require.Equal(t, map[string]string{decidePath: "/refunds/by_link/demo/42", sessionPath: sessionPath}[path], to)
			cookie, err := http.ParseSetCookie(r.header.Get("Set-Cookie"))
			require.NoError(t, err)
			require.Equal(t, map[bool]string{true: "__Secure-waybill-link", false: "waybill-link"}[secure], cookie.Name)
			require.Equal(t, []any{token, to, true, secure, http.SameSiteLaxMode}, []any{cookie.Value, cookie.Path, cookie.HttpOnly, cookie.Secure, cookie.SameSite})
			require.Positive(t, cookie.MaxAge)
			require.LessOrEqual(t, cookie.MaxAge, int((12 * time.Hour).Seconds()))

			page := w.browser().request(http.MethodGet, to, "")
			page.AddCookie(&http.Cookie{Name: cookie.Name, Value: token})
			shown := w.browser().do(page)
			require.Equal(t, http.StatusOK, shown.code)
			require.NotContains(t, shown.body, token)
		}
	}
}

// Two mailed links in one browser do not get in each other's way.
func TestEachMailedLinkHasItsOwnPage(t *testing.T) {
	w := open(t)
	one, two := w.request("demo", 42), w.request("demo", 43)
	b := w.browser()
	for _, of := range []contract.RefundRef{one, two} {
		require.Contains(t, b.open(decidePath, w.decideLink(of, "anna", "n"+of.String(), w.clock.Add(day))).body, "Return")
	}
	require.Contains(t, b.get(linkPath(one)).body, "Return 42 of demo")
	require.Equal(t, http.StatusSeeOther, b.post(linkPath(one), url.Values{"order": {"approve"}, "sure": {"EUR 79.90"}}).code)
	require.Equal(t, refund.Approved, w.all[one].State)
	require.Equal(t, refund.AwaitingApproval, w.all[two].State)
	// A cookie that somebody puts on another page does nothing there.
	r := w.browser().request(http.MethodPost, linkPath(two), "order=approve")
	r.AddCookie(&http.Cookie{Name: "waybill-link", Value: w.decideLink(one, "ben", "x", w.clock.Add(day))})
	require.Equal(t, http.StatusNotFound, w.browser().do(r).code)
	require.Equal(t, http.StatusBadRequest, w.browser().get(linkPath(one)).code, "no cookie, no page")
}
