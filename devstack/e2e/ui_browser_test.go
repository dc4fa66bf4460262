//go:build browser

package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var workflowPage = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/namespaces/default/workflows/refund:demo:\d+)`)

// readInTemporalsUI is the story of a newcomer who opens Temporal's UI of "make run": it reads through the
// codec endpoint, for as long as the policy has the inspector whose token the stack has.
func readInTemporalsUI(t *testing.T, c chromium) {
	n := newNewcomer(t)
	n.run()
	page := workflowPage.FindStringSubmatch(n.play("refund"))
	require.NotNil(t, page, "where the refund is")
	ui := &desk{till: &till{shop: &shop{stack: &stack{T: t, port: n.ports["ui"]}}}, chromium: c}
	w := ui.window()
	w.do("be high enough for the timeline", chromedp.EmulateViewport(1280, 1000))
	w.opens(page[1], `"returnId": \d+`, "GoodsPosted", "Note that the goods are on their way")
	w.keep("ui-decoded.png")

	policy := filepath.Join(n.folder, "policy.yaml")
	text, err := os.ReadFile(policy)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(policy, regexp.MustCompile(`(?m)^  ida: .*\n`).ReplaceAll(text, nil), 0o600))
	w.opens(page[1], "codec endpoint does not decrypt this", `"[A-Za-z0-9+/]{80,}`, "GoodsPosted")
	w.lacks("returnId", "Note that")
	w.keep("ui-encrypted.png")
}

// opens opens a page of Temporal's UI, again until it shows all of some patterns.
func (w *window) opens(path string, patterns ...string) {
	w.Helper()
	w.eventually("the page to show "+fmt.Sprint(patterns), func() error {
		w.visit(path, http.StatusOK)
		page := ""
		for range 20 {
			page = run(w, "wait for the page", chromedp.Evaluate[string](`new Promise(done => setTimeout(() => done(document.body.innerText), 250))`, chromedp.EvalAwaitPromise))
			if !slices.ContainsFunc(patterns, func(pattern string) bool { return !regexp.MustCompile(pattern).MatchString(page) }) {
				return nil
			}
		}
		return errors.New(page)
	})
}
