//go:build browser

package e2e_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// box is the box that chooses a refund in the inbox.
func (o sold) box() string { return fmt.Sprintf("pick-demo-%d", o.back0.ID) }

// severalAtOnce plays what is chosen, what would happen, and what came of it.
func severalAtOnce(d *desk) {
	first, second, worn := d.wanting("70.00"), d.wanting("80.00"), d.wanting("90.00")
	w := d.signIn(d.window(), "ben")
	w.visit("/refunds?for=me", http.StatusOK)
	w.reads("Waiting for you", first.name(), second.name(), worn.name(), "Decide several at once")
	w.look("inbox-for-me")
	w.tick(first.box())
	w.tick(second.box())
	w.press("Approve", http.StatusOK)
	w.reads("what will happen", "€150.00", first.name(), second.name())
	w.lacks(worn.name())
	w.look("several")
	trial := strings.TrimPrefix(w.address(), w.url(""))
	w.press("Approve 2 refunds", http.StatusOK)
	w.reads("2 of 2 done.")
	w.look("several-done")
	w.goes(http.StatusOK, "load it again", chromedp.Reload())
	w.reads("2 of 2 done.")
	w.back(trial)
	w.reads("This is not possible for any of these refunds.")
	for _, o := range []sold{first, second} {
		d.reaches(o, refund.Paid)
		require.Len(d, d.paid(o), 1)
	}

	w.withoutScript()
	w.visit("/refunds?for=me", http.StatusOK)
	w.tick(worn.box())
	w.press("Reject", http.StatusOK)
	w.write("reject-why", "It was worn.")
	w.press("Reject 1 refund", http.StatusOK)
	w.reads("1 of 1 done.")
	d.reaches(worn, refund.Rejected)
}
