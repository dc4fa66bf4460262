package desk

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

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
func (w *world) signInToken(nonce string) string {
	return w.links.Sign(link.Link{Purpose: link.SignIn, Subject: nonce, Person: w.links.Person("anna"), Until: w.clock.Add(link.SignIn.Lasts()).Unix()})
}

func TestAPersonSignsInWithAMailedLink(t *testing.T) {
	for address, secure := range map[string]bool{"": false, "http://127.0.0.1:8080": false, "https://hooks.shop.example": true} {
		t.Run(address, func(t *testing.T) {
			w := open(t, func(c *Config) { c.PublicURL = address })
			b := w.browser()
			require.Equal(t, "/refunds/sign-in", b.get("/refunds").header.Get("Location"))
			r := b.post("/refunds/sign-in", url.Values{"address": {"Anna@Shop.example"}})
			require.Equal(t, http.StatusSeeOther, r.code)
			w.desk.mailing.Wait()
			require.Len(t, w.signIns, 1)
			for nonce, s := range w.signIns {
				require.GreaterOrEqual(t, len(nonce), 26, "128 bits")
				require.Equal(t, contract.SignInStart{Person: "anna", Until: w.clock.Add(15 * time.Minute)}, s)
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
			require.Equal(t, int((12 * time.Hour).Seconds()), cookie.MaxAge)
			require.NotContains(t, cookie.Value, "anna")

			inside := func() response {
				r := w.browser().request(http.MethodGet, "/refunds", "")
				r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
				return w.browser().do(r)
			}
			require.Equal(t, http.StatusOK, inside().code)
			w.clock = w.clock.Add(12 * time.Hour)
			require.Equal(t, "/refunds/sign-in", inside().header.Get("Location"), "a session ends")
			require.NotContains(t, strings.ToLower(w.log.String()), "anna")
		})
	}
}

func TestSigningOutForgetsTheSession(t *testing.T) {
	w := open(t)
	b := w.signedInAs("anna")
	require.Equal(t, http.StatusOK, b.get("/refunds").code)
	require.Equal(t, "/refunds", b.get("/refunds/sign-in").header.Get("Location"))
	r := b.post("/refunds/sign-out", nil)
	require.Contains(t, r.header.Get("Set-Cookie"), "Max-Age=0")
	said := b.get(r.header.Get("Location"))
	require.Contains(t, said.body, "You are signed out.")
	require.Equal(t, http.StatusSeeOther, b.get("/refunds").code)
	// And the pages that it has kept for its back button.
	require.Contains(t, said.body, `href="`+forgetPath+`"`)
	require.NotContains(t, b.get("/refunds/sign-in").body, forgetPath)
	require.Equal(t, `"cache"`, b.get(forgetPath).header.Get("Clear-Site-Data"))
}

// Nobody can find out who decides refunds.
func TestTheAnswerIsTheSameForAStranger(t *testing.T) {
	w := open(t)
	known := w.browser().post("/refunds/sign-in", url.Values{"address": {"anna@shop.example"}})
	unknown := w.browser().post("/refunds/sign-in", url.Values{"address": {"eve@evil.example"}})
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
	r := w.browser().post("/refunds/sign-in", url.Values{"address": {"anna@shop.example"}})
	require.Equal(t, http.StatusSeeOther, r.code)
	<-asked
	close(answered)
	w.desk.mailing.Wait()
}

func TestLinksAreNotMailedWithoutEnd(t *testing.T) {
	for _, c := range []struct {
		name    string
		address func(i int) string
		passes  int
	}{
		{"to one address", func(int) string { return "anna@shop.example" }, 5},
		{"to one address, however it is written", func(i int) string { return []string{"anna@shop.example", "ANNA@shop.example"}[i%2] }, 5},
		{"to a stranger's", func(int) string { return "eve@evil.example" }, 5},
		{"from one client", func(i int) string { return fmt.Sprintf("x%d@evil.example", i) }, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			ask := func(i int, forwarded string) response {
				b := w.browser()
				r := b.request(http.MethodPost, "/refunds/sign-in", url.Values{"address": {c.address(i)}}.Encode())
				r.Header.Set("X-Forwarded-For", forwarded)
				return b.do(r)
			}
			for i := range c.passes {
				require.Equal(t, http.StatusSeeOther, ask(i, "").code, i)
			}
			r := ask(c.passes, "10.9.8.7") // whom nobody said to believe
			require.Equal(t, http.StatusTooManyRequests, r.code)
			require.Regexp(t, `^[1-9][0-9]*$`, r.header.Get("Retry-After"))
			require.Contains(t, r.body, "You can ask for a new link in")
			requirePage(t, r.body)
			w.clock = w.clock.Add(15 * time.Minute)
			require.Equal(t, http.StatusSeeOther, ask(c.passes, "").code)
			w.desk.mailing.Wait()
		})
	}
}

func TestAProxyIsBelievedIfItIsTrusted(t *testing.T) {
	w := open(t)
	w.serve(ingress.Config{TrustedProxies: []string{"127.0.0.0/8"}}, client.MetricsNopHandler)
	for i := range 60 {
		b := w.browser()
		r := b.request(http.MethodPost, "/refunds/sign-in", url.Values{"address": {fmt.Sprintf("x%d@evil.example", i)}}.Encode())
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
		{"expired", w.links.Sign(link.Link{Purpose: link.SignIn, Subject: "n", Person: w.links.Person("anna"), Until: w.clock.Unix()}), http.StatusGone, "This link has expired"},
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

func TestMemoryHasAnEnd(t *testing.T) {
	l := newLimits(2, time.Minute)
	for i := range 2 * mostCallers {
		l.take(fmt.Sprint(i), start)
	}
	require.Equal(t, mostCallers, l.of.Len())
	l.take("x", start)
	l.take("x", start)
	require.Positive(t, l.take("x", start))
	require.LessOrEqual(t, l.take("x", start), 30*time.Second)
	require.Zero(t, l.take("x", start.Add(time.Minute)))
}
