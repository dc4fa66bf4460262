package httpclient_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/httpclient"
)

func TestAFaultHasANameThatQuotesNothing(t *testing.T) {
	for want, err := range map[string]error{
		"name not found":     &net.DNSError{Err: "no such host", Name: "a-token.example"},
		"time-out":           context.DeadlineExceeded,
		"TLS failed":         x509.UnknownAuthorityError{},
		"connection refused": errors.New("dial tcp 127.0.0.1:1: connect: connection refused"),
		"connection broke":   io.EOF,
	} {
		asked := &url.Error{Op: "Post", URL: "https://a-token.example/refused/tls:/", Err: fmt.Errorf("send: %w", err)}
		require.Equal(t, want, httpclient.Fault(asked))
	}
}

func TestAnAnswerIsBoundedAndARedirectIsNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("a secret"))
	require.NoError(t, err)
	resp, err := httpclient.New(time.Minute, 100).Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Len(t, body, 100)
	require.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode)
}

func TestHowLongAnAnswerAsksUsToWait(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "86400": time.Hour, "9223372036854775807": time.Hour,
		"Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		require.Equal(t, want, httpclient.RetryAfter(http.Header{"Retry-After": {value}}), value)
	}
}
