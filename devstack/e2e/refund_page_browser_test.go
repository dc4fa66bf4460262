//go:build browser

package e2e_test

import (
	"net/http"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"waybill/link"
	"waybill/refund"
)

// undoable has the desks of the stories below give people a minute to undo an approval.
const undoable = "integrations: {demo: {refunds: {undo: 60s}}}\n"

// approvedAndUndone is the story of a large approval: it is asked about once more, and taken back.
func approvedAndUndone(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window(), "anna")
	w.visit(o.path(), http.StatusOK)
	w.reads("For and against", "€120.00 is more than the €50.00 that the rules approve.", "The goods are not back yet.", "Last scans of the parcel back")
	w.press("Approve", http.StatusOK)
	w.reads("Approve €120.00?", "Nothing has been done yet.", "You can undo the approval until ", "is asked to pay €120.00")
	w.look("refund-check")
	check := o.path() + "/approve?kept"
	w.goes(http.StatusOK, "load it again", chromedp.Reload())
	w.reads("Approve €120.00?")
	w.follow("Cancel", http.StatusOK)
	w.at(o.path())
	w.back(check)
	w.reads("Approve €120.00?")
	w.goes(http.StatusOK, "load it again", chromedp.Reload()) // the one that a browser kept cannot be driven
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)

	w.press("Approve €120.00 now", http.StatusOK)
	w.reads("You approved it.", "anna approved €120.00 on ", "anna can undo that until ")
	d.reaches(o, refund.Approved)
	w.press("Undo the approval", http.StatusOK)
	w.reads("Your approval is undone.", "anna undid the approval on ")
	d.reaches(o, refund.AwaitingApproval)
	w.look("refund-undone")
	require.Empty(d, d.paid(o))
	require.Equal(d, []string{"refund_received"}, d.told(o))
}

// typedAfterTheEnd is the story of a question that is sent when the session has ended.
func typedAfterTheEnd(d *desk) {
	o := d.wanting("120.00")
	w := d.signIn(d.window(), "ben")
	w.visit(o.path(), http.StatusOK)
	w.write("ask-customer-question", "Which colour was it?")
	over := link.Link{Purpose: link.Session, Person: pseudonym("ben"), Nonce: "over", Until: time.Now().Add(-time.Hour).Unix()}
	_, err := chromedp.Call(w.ctx, network.SetCookie, network.SetCookieParams{Name: "waybill", Value: keys.Sign(over), URL: d.url("/")})
	require.NoError(d, err)
	w.press("Ask the customer", http.StatusUnauthorized)
	w.reads("Your session has ended, so nothing was done.", "Mail me a link")
	w.look("session-ended")
	w.withLink(d, "ben", func(mailed string) {
		w.visit(mailed, http.StatusOK)
		w.press("Sign in", http.StatusOK)
	})
	w.at(o.path() + "/ask-customer?kept")
	w.reads("You are signed in again, and nothing has been done yet.")
	require.Equal(d, "Which colour was it?", run(w, "read the question", chromedp.Evaluate[string](`document.getElementById("ask-customer-question").value`)))
	w.look("refund-typed-before")
	known, err := d.refund(o)
	require.NoError(d, err)
	require.Equal(d, refund.AwaitingApproval, known.State)
	w.press("Ask the customer", http.StatusOK)
	w.reads("You asked the customer.")
	d.reaches(o, refund.NeedsInfo)

	w.visit("/", http.StatusOK)
	w.reads("What waits for you", "You are signed in as ben.", "You are an approver")
	w.look("start")
	stranger := d.window()
	stranger.visit("/", http.StatusOK)
	stranger.reads("This page is for the shop’s own people.")
	stranger.look("start-stranger")
}
