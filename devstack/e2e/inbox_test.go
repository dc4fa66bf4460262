//go:build bench

package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	inboxRefunds = flag.Int("inbox", 30, "with how many open refunds TestHowLongTheInboxTakes measures")
	inboxLooks   = flag.Int("inbox-looks", 20, "how many times TestHowLongTheInboxTakes opens each page")
)

// It prints how long the pages take, and demands nothing of the time: machines differ.
func TestHowLongTheInboxTakes(t *testing.T) {
	s := newTill(t, shared.get(t))
	s.openDoors()
	v := s.visitor()
	code, _ := v.post("/sign-in", url.Values{"address": {"anna@shop.example"}})
	require.Equal(t, http.StatusOK, code)
	_, _ = v.get(s.link("anna@shop.example", "sign_in", ""))
	code, _ = v.post("/session", nil)
	require.Equal(t, http.StatusOK, code)

	began := time.Now()
	for range *inboxRefunds {
		s.ask(s.sell("120.00"))
	}
	open := fmt.Sprintf("<dt>Open</dt><dd>%d</dd>", *inboxRefunds)
	s.within(patience+time.Duration(*inboxRefunds)*time.Second, "all refunds to wait for a decision", func() error {
		if _, page := v.get("/refunds?state=awaiting_approval"); !strings.Contains(page, open) {
			return fmt.Errorf("there are not %d yet", *inboxRefunds)
		}
		return nil
	})
	t.Logf("%d refunds waited for a decision after %v", *inboxRefunds, time.Since(began).Round(time.Second))
	for _, path := range []string{"/refunds", "/refunds?for=me&page=2", "/refunds?order=newest", "/refunds?order=deadline"} {
		var took []time.Duration
		silent := 0
		for range *inboxLooks {
			began := time.Now()
			code, page := v.do(http.MethodGet, path, nil)
			took = append(took, time.Since(began))
			require.Equal(t, http.StatusOK, code, page)
			require.Contains(t, page, open, path)
			silent += strings.Count(page, ">no answer<")
		}
		slices.Sort(took)
		t.Logf("%-24s median %v, p99 %v, longest %v; %d rows without an answer", path, took[len(took)/2].Round(time.Millisecond),
			took[(len(took)*99-1)/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), silent)
	}
}
