package desk

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// starts is the start page of a browser.
func (b browser) starts() response {
	r := b.request(http.MethodGet, "/", "")
	r.Header.Set("Accept", "text/html,application/xhtml+xml")
	return b.do(r)
}

func TestTheStartPageSaysWhatWaitsForAPerson(t *testing.T) {
	w := open(t)
	late := w.request("demo", 42)
	w.happens(late, func(r *refund.Refund, p refund.Policy) error { r.Posted(start, p, w.clock); return nil })
	w.request("demo", 43)
	w.inState(44, refund.Paid)
	w.request("other", 45)
	w.bounces(w.ship("demo", 868))
	w.clock = w.clock.Add(15 * day)
	for name, says := range map[string][]string{
		"anna": {`<p class="amount">2</p>`, `<a href="/refunds?overdue=yes">1 past the legal deadline</a>`, "signed in as <bdi>anna</bdi>", "You are an approver", "Refunds of demo", `href="/api/openapi.yaml"`},
		"mia":  {`<p class="amount">2</p>`, "You are a manager"},
		"sam":  {`<p class="amount">1</p>`, "You are in support: you work on parcels.", "Parcels of demo"},
		"zoe":  {`<p class="amount">1</p>`, "None is past its legal deadline.", "Refunds of other"},
	} {
		page := w.signedInAs(name).starts()
		require.Equal(t, http.StatusOK, page.code)
		requirePage(t, page.body)
		keepPage(t, "start-"+name, page.body)
		for _, text := range says {
			require.Contains(t, page.body, text, name)
		}
	}
	require.NotContains(t, w.signedInAs("sam").starts().body, "efunds", "support sees no refunds")
	require.NotContains(t, w.signedInAs("zoe").starts().body, "demo")

	w.happens(w.request("demo", 46), func(r *refund.Refund, _ refund.Policy) error { r.Facts.Amount = euro(t, "400"); return nil })
	require.Contains(t, w.signedInAs("anna").starts().body, `<p class="amount">2</p>`, "the inbox has it in no other group")
	require.Contains(t, w.signedInAs("mia").starts().body, `<p class="amount">3</p>`)

	w.silent = errSilent
	silent := w.signedInAs("anna").starts()
	require.Equal(t, http.StatusOK, silent.code)
	require.Contains(t, silent.body, "Not known")
	require.Contains(t, silent.body, "Temporal did not answer in time")
	requirePage(t, silent.body)
}

func TestTheStartPageOfAStrangerSaysWhatThisIs(t *testing.T) {
	w := open(t)
	w.request("demo", 42)
	anna := w.signedInAs("anna")
	w.clock = w.clock.Add(13 * time.Hour)
	for _, b := range []browser{w.browser(), anna} {
		page := b.starts()
		require.Equal(t, http.StatusOK, page.code)
		requirePage(t, page.body)
		keepPage(t, "start", page.body)
		require.Contains(t, page.body, `href="/sign-in">Sign in</a>`)
		for _, text := range personal {
			require.NotContains(t, page.body, text)
		}
		require.NotContains(t, page.body, "anna")
	}
	require.Zero(t, w.asked)
	require.Equal(t, "/parcels", w.browser().get("/").header.Get("Location"), "programs are led on as before")
}
