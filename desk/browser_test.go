package desk

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"

	"waybill/link"
)

// browser is one that keeps cookies and goes where it is sent only if told.
type browser struct {
	*http.Client
	w *fixture
}

func (w *fixture) browser() browser {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, w}
}

// signedInAs is a browser in which somebody has signed in.
func (w *fixture) signedInAs(name string) browser {
	b := w.browser()
	at, err := url.Parse(w.server.URL)
	require.NoError(w.t, err)
	token := w.links.Sign(link.Link{Purpose: link.Session, Person: w.links.Person(name), Until: w.clock.Add(link.Session.Lasts()).Unix()})
	b.Jar.SetCookies(at, []*http.Cookie{w.desk.cookie(token, 3600)})
	return b
}

type response struct {
	code   int
	body   string
	header http.Header
}

func (b browser) do(r *http.Request) response {
	b.w.t.Helper()
	answer, err := b.Do(r)
	require.NoError(b.w.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(b.w.t, err)
	if strings.HasPrefix(r.URL.Path, "/api/") && r.Method != http.MethodHead {
		b.w.requireDescribed(r, answer, body)
	}
	return response{answer.StatusCode, string(body), answer.Header}
}

func (b browser) request(method, path, body string) *http.Request {
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, strings.NewReader(body))
	require.NoError(b.w.t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (b browser) get(path string) response { return b.do(b.request(http.MethodGet, path, "")) }

// post sends a form. The address that shows why a form was not followed, or what has come of it, is
// opened, as browsers do.
func (b browser) post(path string, fields url.Values) response {
	b.w.t.Helper()
	r := b.do(b.request(http.MethodPost, path, fields.Encode()))
	to, err := url.Parse(r.header.Get("Location"))
	require.NoError(b.w.t, err)
	if q := to.Query(); to.Path == path && (q.Has(keptQuery) || q.Has(onceField)) {
		require.Equal(b.w.t, http.StatusSeeOther, r.code)
		return b.get(to.String())
	}
	return r
}

// api calls the API with a token; empty is none.
func (w *fixture) api(method, path, token, body string, change ...func(*http.Request)) response {
	b := w.browser()
	r := b.request(method, path, body)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, do := range change {
		do(r)
	}
	return b.do(r)
}

// open opens a mailed link, and is the page that it leads to.
func (b browser) open(path, token string) response {
	b.w.t.Helper()
	r := b.get(path + "?link=" + url.QueryEscape(token))
	if r.code == http.StatusSeeOther {
		return b.get(r.header.Get("Location"))
	}
	return r
}

// decides opens a mailed link about a refund and presses a button there.
func (b browser) decides(token string, fields url.Values) response {
	b.w.t.Helper()
	r := b.get(decidePath + "?link=" + url.QueryEscape(token))
	if r.code != http.StatusSeeOther {
		return r
	}
	return b.post(r.header.Get("Location"), fields)
}

// signsIn opens a mailed sign-in link and presses its button.
func (b browser) signsIn(token string) response {
	b.w.t.Helper()
	r := b.get(sessionPath + "?link=" + url.QueryEscape(token))
	if r.code != http.StatusSeeOther {
		return r
	}
	return b.post(r.header.Get("Location"), nil)
}
