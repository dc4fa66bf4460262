package desk

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/delivery"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
)

var pagesFolder = flag.String("pages", "", "a folder to write all pages to, for looking at them")

// keepPage writes a page to the folder, if there is one.
func keepPage(t *testing.T, name, body string) {
	t.Helper()
	if *pagesFolder == "" {
		return
	}
	body = strings.ReplaceAll(body, stylePath, "style.css")
	require.NoError(t, os.MkdirAll(*pagesFolder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(*pagesFolder, name+".html"), []byte(body), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(*pagesFolder, "style.css"), styleSheet, 0o600))
}

// A refund that is over offers one thing, if its customer could not be told.
func TestARefundThatIsOverCanStillBeTold(t *testing.T) {
	w := open(t)
	of := w.inState(7, refund.Paid)
	anna := w.signedInAs("anna")
	require.NotContains(t, anna.get(pathOf(of)).body, "<button>Mail the customer again")
	p := w.policy("demo")
	untold, err := w.all[of].Step(p, w.clock, func(r *refund.Refund) error {
		r.Mails = append(r.Mails, refund.Mail{Key: "k", About: refund.Deed{Nr: 99, What: refund.TellPaid}, State: delivery.Sending, Decided: w.clock})
		r.SettleMail("k", delivery.Outcome{Verdict: delivery.Refused, Why: "SendGrid answered 403"}, p, w.clock)
		return nil
	})
	require.NoError(t, err)
	untold.TakeTodo()
	w.all[of] = untold
	page := anna.get(pathOf(of))
	keepPage(t, "refund-untold", page.body)
	for _, says := range []string{"Mail the customer again", "The customer could not be notified", "to the customer: it is paid, parked", "SendGrid answered 403"} {
		require.Contains(t, page.body, says)
	}
	require.NotContains(t, page.body, "Withdraw")
	require.NotContains(t, anna.get("/refunds").body, pathOf(of), "it is over, although it waits for somebody")
	require.Contains(t, anna.get("/refunds?show=all").body, pathOf(of))
	done := anna.post(pathOf(of)+"/retry-mail", nil)
	require.Equal(t, http.StatusSeeOther, done.code)
	require.Contains(t, anna.get(done.header.Get("Location")).body, "The customer is mailed again.")
	require.Contains(t, anna.post(pathOf(of)+"/retry-mail", nil).body, "The customer is mailed again. That was on ")
}

// TestPages makes every page in every state. With -pages it writes them to a folder.
func TestPages(t *testing.T) {
	w := open(t)
	look := func(name string, r response, code int) {
		t.Helper()
		require.Equal(t, code, r.code, name)
		requirePage(t, r.body)
		keepPage(t, name, r.body)
	}
	stranger := w.browser()
	look("inbox-empty", w.signedInAs("anna").get("/refunds"), http.StatusOK)
	for i, state := range refund.States() {
		of := w.inState(int64(i+1), state)
		w.clock = w.clock.Add(5 * time.Hour)
		look("refund-"+string(state), w.signedInAs("anna").get(pathOf(of)), http.StatusOK)
		look("refund-as-manager-"+string(state), w.signedInAs("mia").get(pathOf(of)), http.StatusOK)
	}
	late := w.request("demo", 90)
	w.happens(late, func(r *refund.Refund, p refund.Policy) error {
		r.Posted(start, p, w.clock)
		w.clock = w.clock.Add(13*day + time.Hour)
		r.Advance(p, w.clock)
		return nil
	})
	anna := w.signedInAs("anna")
	look("refund-late", anna.get(pathOf(late)), http.StatusOK)
	bare := w.request("demo", 91, func(f *refund.Facts) { *f = refund.Facts{Source: refund.FromRefundRequested} })
	look("refund-bare", anna.get(pathOf(bare)), http.StatusOK)
	look("refund-faults", anna.post(pathOf(bare)+"/approve", url.Values{"amount": {"1.000"}, "orderValue": {"x"}, "currency": {"EUR"}, "customerEmail": {"jane"}}), http.StatusUnprocessableEntity)
	done := anna.post(pathOf(late)+"/ask-customer", url.Values{"question": {"Which mug is it?"}})
	require.Equal(t, http.StatusSeeOther, done.code)
	look("refund-done", anna.get(done.header.Get("Location")), http.StatusOK)
	broken := w.inState(92, refund.Paid)
	w.all[broken].Receipt[1].By.Person = "somebody else"
	look("refund-broken", anna.get(pathOf(broken)), http.StatusOK)
	look("inbox", anna.get("/refunds?show=all"), http.StatusOK)
	look("inbox-filter", anna.get("/refunds?state=nonsense&page=x"), http.StatusUnprocessableEntity)
	look("sign-in", stranger.get("/sign-in"), http.StatusOK)
	look("sign-in-sent", stranger.get("/sign-in?said=sent"), http.StatusOK)
	look("sign-in-fault", stranger.post("/sign-in", url.Values{"address": {"anna"}}), http.StatusUnprocessableEntity)
	decide := w.request("demo", 93)
	token := w.decideLink(decide, "anna", "n1", w.clock.Add(day))
	look("decide", stranger.open(decidePath, token), http.StatusOK)
	look("decide-fault", stranger.post(linkPath(decide), url.Values{"order": {"reject"}}), http.StatusUnprocessableEntity)
	done = stranger.post(linkPath(decide), url.Values{"order": {"approve"}, "sure": {"EUR 79.90"}})
	look("decide-done", stranger.get(done.header.Get("Location")), http.StatusOK)
	look("decide-used", stranger.open(decidePath, token), http.StatusGone)
	session := w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "n", Person: w.links.Person("anna"), Until: w.clock.Add(time.Minute).Unix()})
	look("session", stranger.open(sessionPath, session), http.StatusOK)
	w.silent = errSilent
	look("silent", anna.get("/refunds"), http.StatusServiceUnavailable)
	look("silent-refund", anna.get(pathOf(late)), http.StatusServiceUnavailable)
	w.desk.keys.Store(&link.Keys{})
	look("closed", stranger.get("/refunds"), http.StatusNotFound)
}

// decideLink is what is mailed to somebody who decides.
func (w *fixture) decideLink(of contract.RefundRef, name, nonce string, until time.Time) string {
	return w.links.Sign(link.Link{Purpose: link.Decide, Subject: of.WorkflowID(), Person: w.links.Person(name), Nonce: nonce, Until: until.Unix()})
}

// What each button does, through the browser.
func TestEachButtonDoesWhatItSays(t *testing.T) {
	for _, c := range []struct {
		order  string
		state  refund.State
		as     string
		fields url.Values
		want   refund.State
	}{
		{"approve", refund.AwaitingApproval, "anna", url.Values{"sure": {"EUR 79.90"}}, refund.Approved},
		{"approve", refund.AwaitingSecond, "ben", url.Values{"sure": {"EUR 250.00"}}, refund.Approved},
		{"reject", refund.AwaitingApproval, "anna", url.Values{"why": {"It was used."}}, refund.Rejected},
		{"reject", refund.AwaitingGoods, "mia", url.Values{"why": {"It never came."}}, refund.Rejected},
		{"ask-customer", refund.AwaitingApproval, "anna", url.Values{"question": {"Which one?"}}, refund.NeedsInfo},
		{"enter-answer", refund.NeedsInfo, "anna", url.Values{"answer": {"The blue one."}}, refund.AwaitingApproval},
		{"receive-goods", refund.AwaitingGoods, "anna", nil, refund.Paying},
		{"pay-again", refund.PayFailed, "anna", nil, refund.Paying},
		{"confirm-unpaid", inDoubt, "mia", url.Values{"why": {"The key is not among the payouts."}}, refund.PayFailed},
		{"reassign", refund.AwaitingApproval, "anna", url.Values{"to": {"ben"}}, refund.AwaitingApproval},
		{"withdraw", refund.AwaitingApproval, "anna", nil, refund.Withdrawn},
		{"withdraw", refund.AwaitingGoods, "mia", nil, refund.Withdrawn},
	} {
		t.Run(c.order+" while "+string(c.state), func(t *testing.T) {
			w := open(t)
			of := w.inState(42, c.state)
			b := w.signedInAs(c.as)
			require.Contains(t, b.get(pathOf(of)).body, `action="`+pathOf(of)+"/"+c.order+`"`, "the button is there")
			r := b.post(pathOf(of)+"/"+c.order, c.fields)
			require.Equal(t, http.StatusSeeOther, r.code, r.body)
			require.Equal(t, c.want, w.all[of].State)
			receipt := w.all[of].Receipt
			require.Equal(t, c.as+" (page)", receipt[len(receipt)-1].By.String())
			o, _ := refund.OrderNamed(c.order)
			other := w.signedInAs(map[bool]string{true: "ben", false: "mia"}[c.as == "mia"])
			require.Contains(t, b.get(r.header.Get("Location")).body, strings.ReplaceAll(o.Done().String(), "'", "&#39;"))
			require.NotContains(t, other.get(r.header.Get("Location")).body, strings.ReplaceAll(o.Done().String(), "'", "&#39;"))
		})
	}
}

// The policy may have changed where the workflow looks, and not here.
func TestTheWorkflowHasTheLastWord(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	before := w.policy
	w.policy = func(name string) refund.Policy { p := before(name); p.People = p.People[1:]; return p }
	w.desk.config.Refunds = func(name string) (refund.Policy, []policy.Person) { return before(name), w.people[name] }
	r := w.signedInAs("anna").post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}})
	require.Equal(t, http.StatusConflict, r.code)
	require.Contains(t, r.body, "is not in the policy.")
	require.Equal(t, 1, w.orders)
}

func TestWhatAPersonTellsWithAnApproval(t *testing.T) {
	bare := func(f *refund.Facts) {
		f.Amount, f.OrderValue, f.Customer = refund.Money{}, refund.Money{}, refund.Customer{}
	}
	for _, c := range []struct {
		name   string
		change func(f *refund.Facts)
		fields url.Values
		code   int
		want   string
		fault  string
	}{
		{"nothing where something is needed", bare, nil, http.StatusUnprocessableEntity, "", "Write the amount: it is not known."},
		{"amount and order value", bare, url.Values{"amount": {"79.90"}, "orderValue": {"120"}, "currency": {"eur"}, "sure": {"EUR 79.90"}}, http.StatusSeeOther, "EUR 79.90", ""},
		{"less than was requested", nil, url.Values{"amount": {"40"}}, http.StatusSeeOther, "EUR 40.00", ""},
		{"an amount as the page shows it", nil, url.Values{"amount": {"€40.00"}}, http.StatusSeeOther, "EUR 40.00", ""},
		{"an amount with the currency that is typed, too", bare, url.Values{"amount": {"€40"}, "orderValue": {"120 EUR"}, "currency": {"eur"}}, http.StatusSeeOther, "EUR 40.00", ""},
		{"an amount in another currency", nil, url.Values{"amount": {"$40"}}, http.StatusUnprocessableEntity, "", "is not an amount: write it as in 120.00."},
		{"a sign alone", nil, url.Values{"amount": {"€"}}, http.StatusUnprocessableEntity, "", "is not an amount: write it as in 120.00."},
		{"more than was requested", nil, url.Values{"amount": {"100"}}, http.StatusConflict, "", "is more than the €79.90 that were requested."},
		{"more than the order cost", bare, url.Values{"amount": {"130"}, "orderValue": {"120"}, "currency": {"EUR"}}, http.StatusConflict, "", "is more than the €120.00 that is left of the order."},
		{"more than they may", bare, url.Values{"amount": {"251"}, "orderValue": {"900"}, "currency": {"EUR"}}, http.StatusForbidden, "", "€251.00 is more than you may approve (€250.00)."},
		{"a comma", bare, url.Values{"amount": {"6,95"}, "orderValue": {"120,-"}, "currency": {"EUR"}}, http.StatusUnprocessableEntity, "", "is not an amount: write it as in 120.00."},
		{"as Dutch, German, Spanish and Italian write it", bare, url.Values{"amount": {"6,95"}, "orderValue": {"120,00"}, "currency": {"EUR"}}, http.StatusSeeOther, "EUR 6.95", ""},
		{"what can be two amounts", bare, url.Values{"amount": {"1.000"}, "orderValue": {"120"}, "currency": {"EUR"}}, http.StatusUnprocessableEntity, "", "can be two amounts: write 1000, or 1."},
		{"more decimals than the currency has", bare, url.Values{"amount": {"12.5000"}, "orderValue": {"120"}, "currency": {"EUR"}}, http.StatusUnprocessableEntity, "", "EUR has 2 decimals, and 12.5000 has more."},
		{"a power of ten", bare, url.Values{"amount": {"1e99999999"}, "orderValue": {"120"}, "currency": {"EUR"}}, http.StatusUnprocessableEntity, "", "is not an amount: write it as in 120.00."},
		{"less than nothing", bare, url.Values{"amount": {"-5"}, "orderValue": {"120"}, "currency": {"EUR"}}, http.StatusUnprocessableEntity, "", "is not an amount: write it as in 120.00"},
		{"no such currency", bare, url.Values{"amount": {"5"}, "orderValue": {"120"}, "currency": {"EURO"}}, http.StatusUnprocessableEntity, "", "is not a currency"},
		{"no currency", bare, url.Values{"amount": {"5"}, "orderValue": {"120"}}, http.StatusUnprocessableEntity, "", "Write the currency: it is not known."},
		{"an address that is none", bare, url.Values{"amount": {"5"}, "orderValue": {"120"}, "currency": {"EUR"}, "customerEmail": {"jane\r\nBcc: x@example.com"}}, http.StatusUnprocessableEntity, "", "Write the mail address"},
		{"a name without an address", bare, url.Values{"amount": {"5"}, "orderValue": {"120"}, "currency": {"EUR"}, "customerName": {"Jane"}}, http.StatusConflict, "", "mail address too"},
		{"too long a note", nil, url.Values{"why": {strings.Repeat("ä", 501)}}, http.StatusUnprocessableEntity, "", "longer than 500 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42, func(f *refund.Facts) {
				if c.change != nil {
					c.change(f)
				}
			})
			began := time.Now()
			r := w.signedInAs("anna").post(pathOf(of)+"/approve", c.fields)
			require.Less(t, time.Since(began), 3*time.Second)
			require.Equal(t, c.code, r.code, r.body)
			if c.fault != "" {
				require.Contains(t, r.body, c.fault)
				requirePage(t, r.body)
				require.Empty(t, w.all[of].Approvals)
				if strings.Contains(c.fault, "is more than") {
					require.Contains(t, r.body, `<a href="#approve-amount">`, "the fault leads to its field")
					require.Contains(t, r.body, `id="approve-amount-fault"`)
				}
				for _, written := range c.fields {
					if text := strings.TrimSpace(written[0]); text == written[0] && !strings.ContainsAny(text, "\r\x00") && len(text) < 100 {
						require.Contains(t, r.body, `value="`+written[0]+`"`, "what was written is still there")
					}
				}
				return
			}
			require.Equal(t, c.want, w.all[of].Facts.Amount.String())
			require.Equal(t, "EUR 120.00", w.all[of].Facts.OrderValue.String())
		})
	}
}

// On a telephone, the keypad for decimals has the sign that its owner's language writes.
func TestATelephoneOffersAKeypadWithTheDecimalSign(t *testing.T) {
	w := open(t)
	bare := w.request("demo", 42, func(f *refund.Facts) { f.Amount, f.OrderValue = refund.Money{}, refund.Money{} })
	page := w.signedInAs("anna").get(pathOf(bare)).body
	for _, name := range []string{"amount", "orderValue"} {
		require.Regexp(t, `<input id="approve-`+name+`"[^>]* inputmode="decimal"`, page)
	}
	require.NotContains(t, page, `type="number"`, "browsers would drop what they cannot read")
}

// Texts from outside are shown as texts, wherever they stand.
func TestHostileTextsAreShownAsTexts(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>' javascript:alert(1) {{.}} </textarea></title>`
	w := open(t)
	w.people["demo"] = append(w.people["demo"], person(hostile, refund.Manager, nil))
	of := w.request("demo", 42, func(f *refund.Facts) {
		f.Message, f.ReasonText, f.OrderNumber, f.Kind, f.RequestedBy = hostile, hostile, hostile, hostile, hostile
		f.Reason, f.Customer = refund.Reason(hostile), refund.Customer{Name: hostile, Email: hostile, Country: hostile}
	})
	anna := w.signedInAs("anna")
	for _, r := range []response{
		anna.get(pathOf(of)), anna.get("/refunds"), w.signedInAs(hostile).get("/refunds"),
		anna.get("/refunds?integration=" + url.QueryEscape(hostile)), anna.get("/sign-in?said=" + url.QueryEscape(hostile)),
		anna.get(pathOf(of) + "?done=" + url.QueryEscape(hostile)),
		anna.post(pathOf(of)+"/approve", url.Values{"why": {hostile}, "amount": {hostile}, "customerEmail": {hostile}, hostile: {hostile}}),
		anna.post("/sign-in", url.Values{"address": {hostile}}),
		w.browser().open(decidePath, w.decideLink(of, hostile, hostile, w.clock.Add(day))),
		w.browser().get("/refunds/decide?link=" + url.QueryEscape(hostile)),
	} {
		require.Less(t, r.code, http.StatusInternalServerError)
		if r.code != http.StatusSeeOther {
			requirePage(t, r.body)
		}
		require.NotContains(t, r.body, "<script")
		require.NotContains(t, r.body, "<img")
	}
	require.NotContains(t, w.log.String(), "alert")
}

func TestAnotherSiteCannotPressAButton(t *testing.T) {
	w := open(t, func(c *Config) { c.PublicURL = "https://hooks.shop.example" })
	of := w.request("demo", 42)
	for name, c := range map[string]struct {
		header, value string
		code          int
	}{
		"another site":             {"Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		"a neighbour":              {"Sec-Fetch-Site", "same-site", http.StatusForbidden},
		"an old browser":           {"Origin", "https://evil.example", http.StatusForbidden},
		"a sandbox":                {"Origin", "null", http.StatusForbidden},
		"this site":                {"Sec-Fetch-Site", "same-origin", http.StatusSeeOther},
		"this site behind a proxy": {"Origin", "https://hooks.shop.example", http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			w.request("demo", 42)
			r := w.browser().request(http.MethodPost, pathOf(of)+"/approve", "amount=7.99")
			r.Header.Set(c.header, c.value)
			token := w.links.Sign(link.Link{Purpose: link.Session, Person: w.links.Person("anna"), Until: w.clock.Add(time.Hour).Unix()})
			r.AddCookie(&http.Cookie{Name: "__Host-waybill", Value: token})
			got := w.browser().do(r)
			require.Equal(t, c.code, got.code)
			require.Equal(t, c.code == http.StatusSeeOther, len(w.all[of].Approvals) == 1)
		})
	}
}

func TestAPageKeepsToItself(t *testing.T) {
	w := open(t, func(c *Config) { c.PublicURL = "https://hooks.shop.example" })
	plain := open(t)
	for _, path := range []string{"/sign-in", "/refunds", "/refunds/decide?link=x", "/session?link=x"} {
		h := w.browser().get(path).header
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
		require.Equal(t, "no-store", h.Get("Cache-Control"))
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, map[bool]string{true: "no-referrer", false: "same-origin"}[strings.Contains(path, "link=")], h.Get("Referrer-Policy"))
		require.NotEmpty(t, h.Get("Strict-Transport-Security"))
		require.Empty(t, plain.browser().get(path).header.Get("Strict-Transport-Security"))
	}
	style := w.browser().get(stylePath)
	require.Equal(t, "text/css; charset=utf-8", style.header.Get("Content-Type"))
	require.Contains(t, style.header.Get("Cache-Control"), "immutable")
	require.NotContains(t, style.body, "url(", "the style loads nothing")
	require.Equal(t, http.StatusNotFound, w.browser().get("/style-0.css").code)
}

func TestAFormHasAnEnd(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	r := w.signedInAs("anna").post(pathOf(of)+"/reject", url.Values{"why": {strings.Repeat("x", 17<<10)}})
	require.Equal(t, http.StatusRequestEntityTooLarge, r.code)
	requirePage(t, r.body)
	require.Zero(t, w.orders)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("it was read")
	return 0, io.EOF
}

func TestAFormThatSaysItIsTooLargeIsNotRead(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	for _, path := range []string{"/sign-in", "/sign-out", "/api/refunds/" + of.String() + "/reject"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, unread{t})
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "Bearer token-of-anna")
		r.ContentLength = formLimit + 1
		answer := httptest.NewRecorder()
		w.server.Config.Handler.ServeHTTP(answer, r)
		require.Equal(t, http.StatusRequestEntityTooLarge, answer.Code, path)
	}
}

func TestWhileNobodyAnswersNothingIsClaimedToBeDone(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	at := w.all[of]
	w.desk.refunds = onlyLooks{fakeRefunds: w.fakeRefunds}
	r := w.signedInAs("anna").post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}})
	require.Equal(t, http.StatusServiceUnavailable, r.code)
	require.Contains(t, r.body, "check what has come of it")
	require.NotEmpty(t, r.header.Get("Retry-After"))
	require.Equal(t, at, w.all[of])
}

func TestAnIntegrationMayBeCalledLikeAPage(t *testing.T) {
	w := open(t, func(c *Config) { c.Integrations = append(c.Integrations, "decide", "by-link", "sign-in") })
	w.people["decide"] = w.people["demo"]
	of := w.request("decide", 42)
	anna := w.signedInAs("anna")
	require.Contains(t, anna.get(pathOf(of)).body, "Return 42 of decide")
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/approve", url.Values{"sure": {"EUR 79.90"}}).code)
	require.Equal(t, refund.Approved, w.all[of].State)
}
