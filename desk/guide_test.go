package desk

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPersonWhoAsksForNoPageIsLedOn(t *testing.T) {
	w := open(t)
	b := w.browser()
	for _, path := range []string{"/parcels/", "/parcels/demo", "/refund", "/<script>"} {
		r := b.request(http.MethodGet, path, "")
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		page := b.do(r)
		require.Equal(t, http.StatusNotFound, page.code)
		require.Contains(t, page.body, "There is no such page")
		require.Contains(t, page.body, `href="/">Start page`)
		require.NotContains(t, page.body, "<script")
		require.NotEmpty(t, page.header.Get("Content-Security-Policy"))
		require.True(t, strings.HasPrefix(b.do(b.request(http.MethodGet, path, "")).body, "{"), "programs read JSON")
	}
}
