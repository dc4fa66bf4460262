package desk

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"waybill/contract"
	"waybill/ingress"
	"waybill/link"
	"waybill/policy"
	"waybill/refund"
)

func signInOf(name string) contract.SignInStart { return contract.SignInStart{Person: name} }

// signInToken is what is mailed to anna, who signs in.
func (w *fixture) signInToken(nonce string) string {
	return w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "name-of-anna", Nonce: nonce, Person: w.links.Person("anna"), Until: w.clock.Add(link.SignIn.Lasts()).Unix()})
}

func TestAPersonSignsInWithAMailedLink(t *testing.T) {
	for address, secure := range map[string]bool{"": false, "http://127.0.0.1:8080": false, "https://hooks.shop.example": true} {
		t.Run(address, func(t *testing.T) {
			w := open(t, func(c *Config) { c.PublicURL = address })
			b := w.browser()
			require.Equal(t, "/sign-in", b.get("/refunds").header.Get("Location"))
			r := b.post("/sign-in", url.Values{"address": {"Anna@Shop.example"}})
			require.Equal(t, http.StatusSeeOther, r.code)
			w.desk.mailing.Wait()
			require.Len(t, w.signIns, 1)
			for nonce, s := range w.signIns {
				require.GreaterOrEqual(t, len(nonce), 26, "128 bits")
				require.Equal(t, signInOf("anna"), s)
				token := w.signInToken(nonce)
				page := b.open(sessionPath, token)
				require.Contains(t, page.body, "<button>Sign in</button>")
				require.NotContains(t, page.body, token)
				r = b.post(sessionPath, nil)
				require.Equal(t, "/refunds", r.header.Get("Location"))
				again := w.browser().signsIn(token)
				require.Equal(t, http.StatusGone, again.code)
				require.Contains(t, again.body, "This link was used already")
				require.Empty(t, again.header.Get("Set-Cookie"))
			}
			cookies := r.header.Values("Set-Cookie")
			require.Contains(t, cookies[0], "Max-Age=0", "the link is forgotten")
			cookie, err := http.ParseSetCookie(cookies[1])
			require.NoError(t, err)
			require.Equal(t, map[bool]string{true: "__Host-waybill", false: "waybill"}[secure], cookie.Name)
			require.Equal(t, secure, cookie.Secure)
			require.True(t, cookie.HttpOnly)
			require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
			require.Equal(t, "/", cookie.Path)
			require.Empty(t, cookie.Domain)
			require.Equal(t, int((36 * time.Hour).Seconds()), cookie.MaxAge, "to know whose session has ended")
			require.NotContains(t, cookie.Value, "anna")

			inside := func() response {
				r := w.browser().request(http.MethodGet, "/refunds", "")
				r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
				return w.browser().do(r)
			}
			require.Equal(t, http.StatusOK, inside().code)
			w.clock = w.clock.Add(12 * time.Hour)
			require.Equal(t, "/sign-in", inside().header.Get("Location"), "a session ends")
			require.NotContains(t, strings.ToLower(w.log.String()), "anna")
		})
	}
}

func TestSigningOutForgetsTheSession(t *testing.T) {
	w := open(t)
	b := w.signedInAs("anna")
	require.Equal(t, http.StatusOK, b.get("/refunds").code)
	require.Equal(t, "/refunds", b.get("/sign-in").header.Get("Location"))
	r := b.post("/sign-out", nil)
	require.Contains(t, r.header.Get("Set-Cookie"), "Max-Age=0")
	said := b.get(r.header.Get("Location"))
	require.Contains(t, said.body, "You are signed out.")
	require.Equal(t, http.StatusSeeOther, b.get("/refunds").code)
	// And the pages that it has kept for its back button.
	require.Contains(t, said.body, `href="`+forgetPath+`"`)
	require.NotContains(t, b.get("/sign-in").body, forgetPath)
	require.Equal(t, `"cache"`, b.get(forgetPath).header.Get("Clear-Site-Data"))
}

// Nobody can find out who decides refunds.
func TestTheAnswerIsTheSameForAStranger(t *testing.T) {
	w := open(t)
	known := w.browser().post("/sign-in", url.Values{"address": {"anna@shop.example"}})
	unknown := w.browser().post("/sign-in", url.Values{"address": {"eve@evil.example"}})
	w.desk.mailing.Wait()
	require.Len(t, w.signIns, 1)
	known.header.Del("Date")
	unknown.header.Del("Date")
	require.Equal(t, known, unknown)
}

// The answer does not wait for Temporal, which is asked only for those who are
// known.
func TestTheAnswerTakesTheSameTime(t *testing.T) {
	w := open(t)
	asked, answered := make(chan struct{}), make(chan struct{})
	w.desk.config.Everybody = func() []policy.Person {
		close(asked)
		<-answered
		return nil
	}
	r := w.browser().post("/sign-in", url.Values{"address": {"anna@shop.example"}})
	require.Equal(t, http.StatusSeeOther, r.code)
	<-asked
	close(answered)
	w.desk.mailing.Wait()
}

// asksFrom has somebody ask for a link, through a proxy that is trusted.
func (w *fixture) asksFrom(client, address string) response {
	b := w.browser()
	r := b.request(http.MethodPost, "/sign-in", url.Values{"address": {address}}.Encode())
	r.Header.Set("X-Forwarded-For", client)
	said := b.do(r)
	w.desk.mailing.Wait()
	return said
}

// An attacker asks for anna's link once a minute, all day, from one address or from many.
// She can sign in at any time, and is mailed at most three times in any hour.
func TestNobodyKeepsAPersonFromSigningIn(t *testing.T) {
	for name, attacker := range map[string]func(minute int) string{
		"from one address":    func(int) string { return "203.0.113.1" },
		"from many addresses": func(minute int) string { return fmt.Sprintf("203.0.%d.%d", 100+minute/250, minute%250) },
		"from her own office": func(int) string { return "198.51.100.7" },
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.serve(ingress.Config{TrustedProxies: []string{"127.0.0.0/8"}}, client.MetricsNopHandler)
			signedIn := 0
			for minute := range 24 * 60 {
				w.asksFrom(attacker(minute), "Anna@shop.example")
				if minute%29 == 28 {
					w.clock = w.clock.Add(30 * time.Second)
					if name != "from her own office" { // there, a client is refused who asks too often
						require.Equal(t, http.StatusSeeOther, w.asksFrom("198.51.100.7", "anna@shop.example").code, minute)
					}
					signedIn += w.signsInWithAMail(minute)
					w.clock = w.clock.Add(-30 * time.Second)
				}
				w.clock = w.clock.Add(time.Minute)
			}
			require.Equal(t, 24*60/29, signedIn)
			mails := w.mailed["anna"]
			t.Logf("%d mails; she signed in %d times", len(mails), signedIn)
			for i := 3; i < len(mails); i++ {
				require.GreaterOrEqual(t, mails[i].Sub(mails[i-3]), time.Hour)
			}
			require.LessOrEqual(t, w.asks, 24*60+1, "what is asked again within a minute asks Temporal nothing")
		})
	}
}

// signsInWithAMail has anna use the newest of the links that are in her mailbox.
func (w *fixture) signsInWithAMail(minute int) int {
	w.t.Helper()
	for _, state := range w.states {
		for _, l := range slices.Backward(state.Links) {
			if _, unused := w.signIns[l.Nonce]; !unused || !w.clock.Before(l.Until) {
				continue
			}
			require.NoError(w.t, state.Use(contract.SignInUse{Nonce: l.Nonce}, w.clock))
			token := w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "name", Nonce: l.Nonce, Person: w.links.Person("anna"), Until: l.Until.Unix()})
			require.Equal(w.t, "/refunds", w.browser().signsIn(token).header.Get("Location"), minute)
			return 1
		}
	}
	require.Fail(w.t, "she has no link that works", "minute %d", minute)
	return 0
}

func TestWhoLostAMailIsSentAnother(t *testing.T) {
	w := open(t)
	for _, c := range []struct {
		after time.Duration
		mails int
	}{{0, 1}, {30 * time.Second, 1}, {2 * time.Minute, 2}, {4 * time.Minute, 3}, {6 * time.Minute, 3}, {59 * time.Minute, 3}, {time.Hour, 4}} {
		w.clock = start.Add(c.after)
		require.Equal(t, http.StatusSeeOther, w.asksFrom("198.51.100.7", "anna@shop.example").code)
		require.Len(t, w.mailed["anna"], c.mails, c.after)
	}
}

func TestWhoSignedOutCanSignInAgainAtOnce(t *testing.T) {
	w := open(t)
	w.asksFrom("198.51.100.7", "anna@shop.example")
	require.Equal(t, 1, w.signsInWithAMail(0))
	w.clock = w.clock.Add(20 * time.Second)
	w.asksFrom("198.51.100.7", "anna@shop.example")
	require.Len(t, w.mailed["anna"], 2)
}

func TestARequestThatDidNotReachTemporalIsNotTakenForOneThatDid(t *testing.T) {
	w := open(t)
	w.silent = errSilent
	w.asksFrom("198.51.100.7", "anna@shop.example")
	w.silent = nil
	w.asksFrom("198.51.100.7", "anna@shop.example")
	require.Len(t, w.mailed["anna"], 1)
}

func TestAClientCannotAskWithoutEnd(t *testing.T) {
	w := open(t)
	ask := func(i int) response { return w.asksFrom("10.9.8.7", fmt.Sprintf("x%d@evil.example", i)) } // whom nobody said to believe
	for i := range 20 {
		require.Equal(t, http.StatusSeeOther, ask(i).code, i)
	}
	r := ask(20)
	require.Equal(t, http.StatusTooManyRequests, r.code)
	require.Regexp(t, `^[1-9][0-9]*$`, r.header.Get("Retry-After"))
	require.Contains(t, r.body, "You can ask for a new link in")
	requirePage(t, r.body)
	require.Equal(t, 1, strings.Count(w.log.String(), "WAYBILL_TRUSTED_PROXIES\"}"), "said once, and what to set")
	w.clock = w.clock.Add(15 * time.Minute)
	require.Equal(t, http.StatusSeeOther, ask(20).code)
}

func TestAProxyIsBelievedIfItIsTrusted(t *testing.T) {
	w := open(t)
	w.serve(ingress.Config{TrustedProxies: []string{"127.0.0.0/8"}}, client.MetricsNopHandler)
	for i := range 60 {
		b := w.browser()
		r := b.request(http.MethodPost, "/sign-in", url.Values{"address": {fmt.Sprintf("x%d@evil.example", i)}}.Encode())
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i%3))
		require.Equal(t, http.StatusSeeOther, b.do(r).code)
	}
	w.desk.mailing.Wait()
}

func TestASignInThatLeadsNowhereSaysWhatToDo(t *testing.T) {
	w := open(t)
	w.signIns["n"] = signInOf("anna")
	good := w.signInToken("n")
	for _, c := range []struct {
		name, token string
		code        int
		says        string
	}{
		{"expired", w.links.Sign(link.Link{Purpose: link.SignIn, Nonce: "n", Person: w.links.Person("anna"), Until: w.clock.Unix()}), http.StatusGone, "This link has expired"},
		{"cut off", good[:len(good)-2], http.StatusBadRequest, "This link is incomplete"},
		{"for a refund", w.decideLink(w.request("demo", 42), "anna", "n", w.clock.Add(day)), http.StatusBadRequest, "This link is incomplete"},
		{"unknown", w.signInToken("other"), http.StatusGone, "This link was used already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.browser().signsIn(c.token)
			require.Equal(t, c.code, r.code)
			require.Contains(t, r.body, c.says)
			require.Empty(t, r.header.Get("Set-Cookie"))
			requirePage(t, r.body)
		})
	}
	require.Len(t, w.signIns, 1)

	w.silent = errSilent
	require.Equal(t, http.StatusServiceUnavailable, w.browser().signsIn(good).code)
	w.silent = nil
	w.people["demo"] = []policy.Person{person("ben", refund.Approver, nil)}
	r := w.browser().signsIn(good)
	require.Equal(t, http.StatusForbidden, r.code)
	require.Empty(t, r.header.Get("Set-Cookie"), "who left the policy does not get in")
}

// A link is one person's: the sign-in that it names is another's.
func TestALinkSignsInNobodyElse(t *testing.T) {
	w := open(t)
	w.signIns["n"] = signInOf("mia")
	r := w.browser().signsIn(w.signInToken("n"))
	require.Equal(t, http.StatusForbidden, r.code)
	require.Empty(t, r.header.Get("Set-Cookie"))
}

func TestWhoSignsInComesToThePageThatTheyWanted(t *testing.T) {
	for name, c := range map[string]struct{ who, wanted, leads string }{
		"a refund":                         {"anna", "/refunds/demo/7001", "/refunds/demo/7001"},
		"a list with a search":             {"anna", "/refunds?state=paid&show=all", "/refunds?state=paid&show=all"},
		"a parcel":                         {"sam", "/parcels/demo/868", "/parcels/demo/868"},
		"nothing":                          {"anna", "", "/refunds"},
		"nothing, and support":             {"sam", "", "/parcels"},
		"an address that nobody remembers": {"anna", "/refunds?x=" + strings.Repeat("x", 2500), "/refunds"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			b := w.browser()
			if c.wanted != "" {
				require.Equal(t, "/sign-in", b.get(c.wanted).header.Get("Location"))
			}
			b.post("/sign-in", url.Values{"address": {c.who + "@shop.example"}})
			w.desk.mailing.Wait()
			require.Len(t, w.signIns, 1)
			for nonce := range maps.Clone(w.signIns) {
				r := b.signsIn(w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "name-of-anna", Nonce: nonce, Person: w.links.Person(c.who), Until: w.clock.Add(link.SignIn.Lasts()).Unix()}))
				require.Equal(t, c.leads, r.header.Get("Location"))
			}
		})
	}
}

func TestAnotherSiteIsNoPageThatSomebodyWanted(t *testing.T) {
	d := open(t).desk
	for _, path := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "/refunds\\evil", "/refundsevil", "/parcels\r\nX: y", "x"} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/session", nil)
		c.Set(personKey, "anna")
		c.Request.AddCookie(d.wantedCookie(encodePath(path), 60))
		require.Equal(t, "/refunds", d.wanted(c), path)
	}
}
