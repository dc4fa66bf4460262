package temporal

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// echo answers with what reached it.
func echo(t *testing.T, name string) *url.URL {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s, %q, %q, %q", name, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Origin"))
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	return u
}

func TestTheCodecEndpointStandsBesideTheUI(t *testing.T) {
	front := inFront(8233, echo(t, "ui"), echo(t, "codec"), "secret")
	for address, want := range map[string]string{
		"http://127.0.0.1:8233/codec/decode":       `codec /codec/decode, "Bearer secret", "", "http://evil.example"`,
		"http://localhost:8233/codec/encode":       `codec /codec/encode, "Bearer secret", "", "http://evil.example"`,
		"http://127.0.0.1:8233/namespaces/default": `ui /namespaces/default, "Bearer mine", "a=b", "http://evil.example"`,
		// The name of another site can lead here.
		"http://evil.example:8233/codec/decode": "this is http://127.0.0.1:8233\n",
		"http://evil.example:8233/":             "this is http://127.0.0.1:8233\n",
		"http://127.0.0.1/codec/decode":         "this is http://127.0.0.1:8233\n",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
		r.Header = http.Header{"Authorization": {"Bearer mine"}, "Cookie": {"a=b"}, "Origin": {"http://evil.example"}}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		require.Equal(t, want, w.Body.String(), address)
	}
}
