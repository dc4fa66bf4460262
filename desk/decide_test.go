package desk

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/link"
	"waybill/refund"
)

func TestAMailedLinkDecidesOnce(t *testing.T) {
	for _, c := range []struct {
		order  string
		fields url.Values
		want   refund.State
	}{
		{"approve", url.Values{"amount": {"40"}}, refund.Approved},
		{"reject", url.Values{"why": {"It was used."}}, refund.Rejected},
		{"ask-customer", url.Values{"question": {"Which mug is it?"}}, refund.NeedsInfo},
	} {
		t.Run(c.order, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			token := w.decideLink(of, "anna", "n1", w.clock.Add(day))
			b := w.browser()
			page := b.open(decidePath, token)
			require.Equal(t, http.StatusOK, page.code)
			require.Contains(t, page.body, "€79.90")
			fields := url.Values{"order": {c.order}}
			maps.Copy(fields, c.fields)
			r := b.post(linkPath(of), fields)
			require.Equal(t, http.StatusSeeOther, r.code, r.body)
			require.Equal(t, c.want, w.all[of].State)
			receipt := w.all[of].Receipt
			require.Equal(t, "anna (mailed link)", receipt[len(receipt)-1].By.String())
			require.Contains(t, w.all[of].Used, "n1")
			thanks := b.get(r.header.Get("Location"))
			require.Equal(t, http.StatusOK, thanks.code)
			require.Contains(t, thanks.body, "Thank you")

			require.Empty(t, b.Jar.Cookies(mustURL(t, w.server.URL)), "a link signs nobody in")
			at := w.all[of]
			again := b.post(linkPath(of), fields)
			require.Equal(t, http.StatusOK, again.code, "a second press")
			require.Contains(t, again.body, "Thank you")
			require.Contains(t, again.body, "That was on Mon 2 Nov 2026, 09:00 UTC: it counts once.")
			other := b.post(linkPath(of), url.Values{"order": {"reject"}, "why": {"Another reason."}})
			require.Equal(t, http.StatusGone, other.code)
			require.Contains(t, other.body, "This link was used already")
			w.clock = w.clock.Add(11 * time.Minute)
			require.Equal(t, http.StatusGone, b.post(linkPath(of), fields).code)
			require.Equal(t, at, w.all[of])
		})
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

// Every link that leads nowhere has a page of its own, that says what to do, for
// who looks and for who presses; and nothing happens.
func TestALinkThatLeadsNowhereSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name  string
		token func(w *fixture, of contract.RefundRef) string
		code  int
		says  string
	}{
		{"expired", func(w *fixture, of contract.RefundRef) string { return w.decideLink(of, "anna", "1", w.clock) }, http.StatusGone, "This link has expired"},
		{"cut off", func(w *fixture, of contract.RefundRef) string {
			s := w.decideLink(of, "anna", "1", w.clock.Add(day))
			return s[:len(s)-3]
		}, http.StatusBadRequest, "This link is incomplete"},
		{"tampered with", func(w *fixture, of contract.RefundRef) string {
			s := w.decideLink(of, "anna", "1", w.clock.Add(day))
			other := w.decideLink(contract.RefundRef{Integration: "demo", ReturnID: 43}, "anna", "1", w.clock.Add(day))
			payload, _, _ := strings.Cut(other, ".")
			_, signature, _ := strings.Cut(s, ".")
			return payload + "." + signature
		}, http.StatusBadRequest, "This link is incomplete"},
		{"missing", func(*fixture, contract.RefundRef) string { return "" }, http.StatusBadRequest, "This link is incomplete"},
		{"for something else", func(w *fixture, of contract.RefundRef) string {
			return w.links.Sign(link.Link{Purpose: link.SignIn, Subject: of.WorkflowID(), Person: w.links.Person("anna"), Until: w.clock.Add(day).Unix()})
		}, http.StatusBadRequest, "This link is incomplete"},
		{"signed by somebody else", func(w *fixture, of contract.RefundRef) string {
			theirs, err := link.ParseKeys(strings.Repeat("x", 32))
			require.NoError(w.t, err)
			return theirs.Sign(link.Link{Purpose: link.Decide, Subject: of.WorkflowID(), Person: theirs.Person("anna"), Until: w.clock.Add(day).Unix()})
		}, http.StatusBadRequest, "This link is incomplete"},
		{"of somebody who left", func(w *fixture, of contract.RefundRef) string { return w.decideLink(of, "dora", "1", w.clock.Add(day)) }, http.StatusForbidden, "This link does not work any more"},
		{"of another shop's person", func(w *fixture, of contract.RefundRef) string { return w.decideLink(of, "zoe", "1", w.clock.Add(day)) }, http.StatusForbidden, "This link does not work any more"},
		{"to no refund", func(w *fixture, _ contract.RefundRef) string {
			return w.decideLink(contract.RefundRef{Integration: "demo", ReturnID: 99}, "anna", "1", w.clock.Add(day))
		}, http.StatusNotFound, "There is no such refund"},
		{"to something else", func(w *fixture, _ contract.RefundRef) string {
			return w.links.Sign(link.Link{Purpose: link.Decide, Subject: "parcel:demo:1", Person: w.links.Person("anna"), Until: w.clock.Add(day).Unix()})
		}, http.StatusBadRequest, "This link leads to no refund"},
		{"decided by another", func(w *fixture, of contract.RefundRef) string {
			w.inState(42, refund.Rejected)
			return w.decideLink(of, "anna", "1", w.clock.Add(day))
		}, http.StatusConflict, "This refund was decided already"},
		{"being paid", func(w *fixture, of contract.RefundRef) string {
			w.inState(42, refund.Paying)
			return w.decideLink(of, "ben", "1", w.clock.Add(day))
		}, http.StatusConflict, "The shop&#39;s endpoint is asked to pay until it answers."},
		{"while nobody answers", func(w *fixture, of contract.RefundRef) string {
			w.silent = errSilent
			return w.decideLink(of, "anna", "1", w.clock.Add(day))
		}, http.StatusServiceUnavailable, "Temporal did not answer in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := open(t)
			of := w.request("demo", 42)
			token := c.token(w, of)
			at := w.all[of]
			for _, r := range []response{
				w.browser().open(decidePath, token),
				w.browser().decides(token, url.Values{"order": {"approve"}}),
			} {
				require.Equal(t, c.code, r.code)
				require.Contains(t, r.body, c.says)
				requirePage(t, r.body)
				if c.code < http.StatusConflict || c.code == http.StatusGone && c.name == "expired" {
					require.NotContains(t, r.body, "EUR", "nothing of the refund")
				}
			}
			require.Equal(t, at, w.all[of])
			require.Zero(t, w.orders)
			require.NotContains(t, w.log.String(), "anna")
			if token != "" {
				require.NotContains(t, w.log.String(), token)
			}
		})
	}
}

// Mail is scanned by programs that open every link, with every method that
// changes nothing.
func TestToLookChangesNothing(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	at := w.all[of]
	decide := w.decideLink(of, "anna", "1", w.clock.Add(day))
	w.signIns["n"] = signInOf("anna")
	session := w.links.Sign(link.Link{Purpose: link.SignIn, Nonce: "n", Person: w.links.Person("anna"), Until: w.clock.Add(time.Minute).Unix()})
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		for _, path := range []string{
			"/refunds/decide?link=" + decide, "/refunds/decide?link=" + decide + "&order=approve", "/session?link=" + session,
			"/sign-in?address=anna@shop.example", "/sign-out", pathOf(of), pathOf(of) + "/approve", "/api" + pathOf(of) + "/approve",
		} {
			b := w.signedInAs("anna")
			r := b.do(b.request(method, path, ""))
			if said := r.header.Get("Set-Cookie"); said != "" {
				require.True(t, strings.HasPrefix(said, "waybill-link="), "a link is kept for its page, and nothing else: %s", path)
				b.get(r.header.Get("Location"))
			}
		}
	}
	w.desk.mailing.Wait()
	require.Equal(t, at, w.all[of])
	require.Zero(t, w.orders)
	require.Len(t, w.signIns, 1, "none was used, none was begun")
}

func TestALinkCanOnlyDoWhatItIsFor(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	token := w.decideLink(of, "anna", "1", w.clock.Add(day))
	for _, order := range []string{"withdraw", "receive-goods", "reassign", "nonsense", ""} {
		r := w.browser().decides(token, url.Values{"order": {order}, "to": {"ben"}})
		require.Equal(t, http.StatusBadRequest, r.code)
	}
	require.Zero(t, w.orders)
}
