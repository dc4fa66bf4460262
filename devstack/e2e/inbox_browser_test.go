//go:build bench && browser

package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestTheInboxOfManyInTheBrowser looks at the list of many refunds, and at one of them, in languages
// whose words are long.
func TestTheInboxOfManyInTheBrowser(t *testing.T) {
	d := newDesk(t, startChromium(t), "")
	var last sold
	for i := range *inboxRefunds {
		last = d.sell(fmt.Sprintf("%d.%02d", 51+i%190, i%100))
		d.ask(last)
	}
	w := d.signIn(d.window(), "anna")
	d.within(patience+time.Duration(*inboxRefunds)*time.Second, "all refunds to wait for a decision", func() error {
		w.visit("/refunds", http.StatusOK)
		if !strings.Contains(w.text(), fmt.Sprintf("Waiting for you: %d", *inboxRefunds)) {
			return fmt.Errorf("there are not %d yet", *inboxRefunds)
		}
		return nil
	})
	for language, says := range map[string]string{"nl": "acht op jou", "de": "arten auf Sie"} {
		_, err := chromedp.Call(w.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}})
		require.NoError(t, err)
		w.visit("/refunds", http.StatusOK)
		w.reads(says)
		w.look("inbox-of-many-" + language)
		w.visit("/refunds?for=me&page=2", http.StatusOK)
		w.look("inbox-page-" + language)
		w.visit("/refunds?order=deadline", http.StatusOK)
		w.look("inbox-deadline-" + language)
		w.visit(last.path(), http.StatusOK)
		w.look("refund-of-many-" + language)
	}
}
