package preview_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/mail/preview"
	"waybill/parcel"
)

func serve(t *testing.T, s preview.Server) func(path string) (int, string) {
	t.Helper()
	if s.Open == nil {
		s.Open = func() (*mail.Renderer, error) { return mail.NewRenderer(nil) }
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return func(path string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Contains(t, resp.Header.Get("Content-Security-Policy")+http.StatusText(resp.StatusCode), map[bool]string{true: "default-src 'none'", false: "Not Found"}[resp.StatusCode != http.StatusNotFound])
		return resp.StatusCode, string(body)
	}
}

func TestEveryMailIsOneLinkAway(t *testing.T) {
	get := serve(t, preview.Server{})
	code, page := get("/")
	require.Equal(t, http.StatusOK, code)
	for _, kind := range mail.Kinds() {
		require.Contains(t, page, "kind="+string(kind))
	}
	for _, language := range parcel.Languages() {
		require.Contains(t, page, "language="+string(language))
	}
	links := regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	require.Greater(t, len(links), 35)
	for _, link := range links {
		code, _ := get(strings.ReplaceAll(link[1], "&amp;", "&"))
		require.Equal(t, http.StatusOK, code, link[1])
	}
}

func TestTheMailIsShownAsItIsSent(t *testing.T) {
	get := serve(t, preview.Server{Shop: mail.Shop{Called: "Bakkerij Jansen", Colour: "#ffcc00"}})
	_, dark := get("/mail?kind=delivered&language=nl&scheme=dark")
	require.Contains(t, dark, "Je pakket van Bakkerij Jansen is bezorgd")
	require.Contains(t, dark, "background:#ffcc00")
	require.Contains(t, dark, "@media all {")
	_, light := get("/mail?kind=delivered&language=nl")
	require.Contains(t, light, "@media not all {")
	_, text := get("/text?kind=delivered&language=nl")
	require.Contains(t, text, "Veel plezier ermee!")
	_, bare := get("/text?kind=shipped&data=bare")
	require.NotContains(t, bare, "PostNL")
	_, several := get("/?kind=shipped&data=several")
	require.Contains(t, several, "(2 of 3 parcels)")
	_, hostile := get("/?kind=shipped&data=hostile")
	require.NotContains(t, hostile, "<script")
	_, hostile = get("/mail?kind=shipped&data=hostile")
	require.NotContains(t, hostile, "<script")
}

func TestWhatCannotBeChosenIsTheFirst(t *testing.T) {
	get := serve(t, preview.Server{})
	code, page := get("/?kind=nonsense&language=xx&data=%00&width=9999&scheme=pink")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, "announced in en")
	code, _ = get("/other")
	require.Equal(t, http.StatusNotFound, code)
}

func TestAFaultIsShownWhereTheMailWouldBe(t *testing.T) {
	get := serve(t, preview.Server{Open: func() (*mail.Renderer, error) { return nil, errors.New("words/nl.yaml:3: there is no text") }})
	code, page := get("/")
	require.Equal(t, http.StatusInternalServerError, code)
	require.Contains(t, page, "words/nl.yaml:3")
}
