//go:build browser

package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	browserlog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "", "a folder to write pictures of all pages to")

// chromium is the browser of all windows.
type chromium struct {
	ctx context.Context
	// axe is the source of axe-core, which looks for what keeps people out.
	axe string
}

// startChromium starts the browser. Whoever asks for these tests wants them: that
// something is missing is a failure.
func startChromium(t *testing.T) chromium {
	t.Helper()
	axe, err := os.ReadFile(os.Getenv("AXE"))
	require.NoError(t, err, "name axe.min.js of axe-core in AXE, as scripts/browser.sh does")
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)),
		chromedp.NoSandbox, // CI is root
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(patience),
	)...)
	t.Cleanup(cancel)
	// It tells of events that this library does not know yet.
	quiet := func(string, ...any) {}
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(quiet))
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start Chromium")
	return chromium{ctx: ctx, axe: string(axe)}
}

func findChromium(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("CHROMIUM"); named != "" {
		return named
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	require.FailNow(t, "there is no Chromium: install it, or name it in CHROMIUM")
	return ""
}

// window is somebody's browser, with cookies of its own.
type window struct {
	*till
	chromium
	mu sync.Mutex
	// may are the beginnings of what it may ask for, strange is what else it did.
	may, strange []string
}

// window opens one.
func (d *desk) window() *window {
	d.Helper()
	w := &window{till: d.till, chromium: d.chromium, may: []string{d.url("/"), "data:"}}
	var cancel context.CancelFunc
	w.ctx, cancel = chromedp.NewContext(d.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.watch))
	d.Cleanup(func() {
		if d.Failed() {
			address, _ := chromedp.Run(w.ctx, chromedp.Location())
			d.Logf("a window is at %s:\n%s", address, w.text())
		}
		cancel()
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, strange := range w.strange {
			d.Errorf("a page did what none of ours may: %s", strange)
		}
	})
	require.NoError(d, chromedp.Do(w.ctx)) // it lives as long as this context
	w.size(1280)
	return w
}

// watch notes what a page loads from elsewhere, and what it was not let do.
func (w *window) watch(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	strange := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !slices.ContainsFunc(w.may, func(beginning string) bool { return strings.HasPrefix(e.Request.URL, beginning) }) {
			strange = "it asks for " + e.Request.URL
		}
	case *browserlog.EventEntryAdded:
		// Chromium also calls each page that is no 200 an error.
		if e.Entry.Level == browserlog.EntryLevelError && e.Entry.Source != browserlog.EntrySourceNetwork {
			strange = e.Entry.Text
		}
	}
	if strange != "" {
		w.strange = append(w.strange, strange)
	}
}

// mayAsk lets a window ask another site.
func (w *window) mayAsk(site string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.may = append(w.may, site)
}

// run has a window do something.
func run[T any](w *window, what string, action chromedp.Action[T]) T {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	require.NoError(w, err, what)
	return value
}

func (w *window) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	run(w, what, chromedp.Steps(actions...))
}

// goes does what leads to another page, and wants its answer. Whoever is told that
// nobody answered in time tries again.
func (w *window) goes(code int, what string, action chromedp.Action[chromedp.Void]) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, action)
	for err == nil && answer.Status == http.StatusServiceUnavailable && strings.Contains(w.text(), "Temporal did not answer in time") {
		answer, err = chromedp.RunResponse(ctx, chromedp.Reload())
	}
	require.NoError(w, err, what)
	require.EqualValues(w, code, answer.Status, "%s: %s", what, answer.URL)
}

// visit opens an address, whole or from the ingress on.
func (w *window) visit(address string, code int) {
	w.Helper()
	if strings.HasPrefix(address, "/") {
		address = w.url(address)
	}
	w.goes(code, "visit", chromedp.Navigate(address))
}

// press presses a button, follow a link.
func (w *window) press(button string, code int) {
	w.Helper()
	w.goes(code, "press "+button, chromedp.Click(fmt.Sprintf("//button[normalize-space()=%q]", button)))
}

func (w *window) follow(link string, code int) {
	w.Helper()
	w.goes(code, "follow "+link, chromedp.Click(fmt.Sprintf("//a[normalize-space()=%q]", link)))
}

// write types into a field, whatever was there.
func (w *window) write(field, text string) {
	w.Helper()
	w.do("write into "+field,
		chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.getElementById(%q).select()", field)),
		chromedp.SendKeys(chromedp.ID(field), text))
}

// choose types the beginning of what can be chosen, tick ticks a box.
func (w *window) choose(field, beginning string) {
	w.Helper()
	w.do("choose in "+field, chromedp.SendKeys(chromedp.ID(field), beginning))
}

func (w *window) tick(box string) {
	w.Helper()
	w.do("tick "+box, chromedp.Click(chromedp.ID(box)))
}

// unfold opens what is folded.
func (w *window) unfold(title string) {
	w.Helper()
	w.do("unfold "+title, chromedp.Click(fmt.Sprintf("//summary[*=%q]", title)))
}

// text is what somebody can read on the page.
func (w *window) text() string {
	text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return text
}

// reads wants texts on the page, lacks wants them not there.
func (w *window) reads(texts ...string) {
	w.Helper()
	page := w.text()
	for _, text := range texts {
		require.Contains(w, page, text)
	}
}

func (w *window) lacks(texts ...string) {
	w.Helper()
	page := w.text()
	for _, text := range texts {
		require.NotContains(w, page, text)
	}
}

// address is where the window is, and at wants it to be at a path.
func (w *window) address() string {
	w.Helper()
	return run(w, "say where it is", chromedp.Location())
}

func (w *window) at(path string) {
	w.Helper()
	require.Equal(w, w.url(path), w.address())
}

// back presses the browser's own button once the page is there with all that it loads: one of them may
// have the browser forget others. It shows a page that the browser has kept, or loads it again.
func (w *window) back(path string) {
	w.Helper()
	w.eventually("the whole page", w.loaded)
	w.do("go back", chromedp.Evaluate[chromedp.Void]("history.back()"))
	w.eventually("the whole page before", func() error {
		if address, err := chromedp.Run(w.ctx, chromedp.Location()); err != nil || address != w.url(path) {
			return fmt.Errorf("it is at %s: %w\n%s", address, err, w.text())
		}
		return w.loaded()
	})
}

// loaded says what is not loaded yet: a page can be read in part.
func (w *window) loaded() error {
	state, err := chromedp.Run(w.ctx, chromedp.Evaluate[string]("document.readyState"))
	if err == nil && state != "complete" {
		err = errors.New(state)
	}
	return err
}

// withoutScript switches scripts off; no page of ours has one.
func (w *window) withoutScript() *window {
	w.Helper()
	_, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(w, err)
	w.do("a page with a script", chromedp.Navigate("data:text/html,<title>off</title><script>document.title='on'</script>"))
	require.Equal(w, "off", run(w, "what the script did", chromedp.Title()))
	return w
}

func (w *window) size(width int64) {
	w.Helper()
	height := map[int64]int64{360: 740}[width]
	if height == 0 {
		height = 900
	}
	w.do("be of another size", chromedp.EmulateViewport(width, height))
}

// violation is what axe-core has found.
type violation struct {
	ID, Impact, Help string
	Nodes            []string
}

// axeRuns looks at the page, also at how large what can be touched is.
const axeRuns = `axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(found => found.violations.map(v => ({
	ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)})))`

// wider names what is wider than the window.
const wider = `document.documentElement.scrollWidth <= innerWidth ? [] :
	[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 200))`

// look looks at a page in each width and colour scheme: nothing serious keeps
// anybody out, and nobody has to scroll sideways.
func (w *window) look(name string) {
	w.Helper()
	w.do("look at "+name, chromedp.Evaluate[chromedp.Void](w.axe))
	for _, width := range []int64{360, 1280} {
		w.size(width)
		for _, scheme := range []string{"light", "dark"} {
			seen := fmt.Sprintf("%s at %d pixels, %s", name, width, scheme)
			_, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			require.NoError(w, err)
			for _, element := range run(w, seen, chromedp.Evaluate[[]string](wider)) {
				w.Errorf("%s: this is wider than the window: %s", seen, element)
			}
			for _, v := range run(w, seen, chromedp.Evaluate[[]violation](axeRuns, chromedp.EvalAwaitPromise)) {
				told := fmt.Sprintf("%s: %s (%s, %s)\n%s", seen, v.Help, v.Impact, v.ID, strings.Join(v.Nodes, "\n"))
				if v.Impact == "serious" || v.Impact == "critical" {
					w.Errorf("%s", told)
				} else {
					w.Log(told)
				}
			}
			w.keep(fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
		}
	}
	w.size(1280)
}

// keep writes a picture to the folder, if there is one.
func (w *window) keep(name string) {
	w.Helper()
	if *screenshots == "" {
		return
	}
	require.NoError(w, os.MkdirAll(*screenshots, 0o755))
	require.NoError(w, os.WriteFile(filepath.Join(*screenshots, name), run(w, name, chromedp.FullScreenshot(100)), 0o600))
}
