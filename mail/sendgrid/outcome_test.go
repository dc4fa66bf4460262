package sendgrid_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
)

// The one table of what every answer means.
func TestEveryAnswerHasItsVerdict(t *testing.T) {
	const oneError = `{"errors":[{"message":"%s","field":%s,"help":null}]}`
	for _, c := range []struct {
		name    string
		status  int
		header  http.Header
		body    string
		want    delivery.Verdict
		whyHas  string
		minWait time.Duration
	}{
		{"accepted", 202, http.Header{"X-Message-Id": {"ABCDEFGHIJKLMNOPQRSTUV"}}, "", delivery.WasAccepted, "", 0},
		{"sandbox mode left on", 200, nil, "", delivery.ConfigurationFault, "200", 0},
		{"a redirect is not followed", 307, http.Header{"Location": {"https://elsewhere.example/"}}, "", delivery.ConfigurationFault, "307", 0},
		{"a field is wrong", 400, nil, fmt.Sprintf(oneError, "The subject is required.", `"subject"`), delivery.Refused, "The subject is required. (subject)", 0},
		{"an address stays out of the reason", 400, nil, fmt.Sprintf(oneError, "jane.doe@example.com is not a valid address", "null"), delivery.Refused, "[address] is not a valid address", 0},
		{"the key is dead", 401, nil, fmt.Sprintf(oneError, "The provided authorization grant is invalid, expired, or revoked", "null"), delivery.ConfigurationFault, "authorization grant is invalid", 0},
		{"credits are used up", 401, nil, fmt.Sprintf(oneError, "Maximum credits exceeded", "null"), delivery.ConfigurationFault, "Maximum credits exceeded", 0},
		{"the sender is not verified", 403, nil, fmt.Sprintf(oneError, "The from address does not match a verified Sender Identity.", `"from"`), delivery.ConfigurationFault, "verified Sender", 0},
		{"the path is wrong", 404, nil, "", delivery.ConfigurationFault, "404", 0},
		{"the region is wrong", 451, nil, "", delivery.ConfigurationFault, "451", 0},
		{"the method is wrong", 405, nil, "", delivery.Refused, "405", 0},
		{"no Accept header", 406, nil, "", delivery.Refused, "406", 0},
		{"too large, in a proxy's HTML", 413, nil, "<html><h1>413 Request Entity Too Large</h1></html>", delivery.Refused, "413", 0},
		{"not UTF-8", 415, nil, fmt.Sprintf(oneError, "Invalid UTF8 in request", "null"), delivery.Refused, "Invalid UTF8", 0},
		{"too many requests", 429, nil, fmt.Sprintf(oneError, "too many requests", "null"), delivery.NotSent, "too many requests", 0},
		{"too many requests, with a time to come back", 429, http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)}}, "", delivery.NotSent, "429", 30 * time.Second},
		{"too many requests, with an absurd time", 429, http.Header{"X-Ratelimit-Reset": {"99999999999"}}, "", delivery.NotSent, "429", time.Hour},
		{"the server broke", 500, nil, fmt.Sprintf(oneError, "Internal Server Error", "null"), delivery.Unanswered, "500", 0},
		{"a bad gateway in HTML", 502, nil, "<html>502</html>", delivery.Unanswered, "502", 0},
		{"unavailable", 503, http.Header{"Retry-After": {"7"}}, "", delivery.NotSent, "503", 7 * time.Second},
		{"a gateway's time-out", 504, nil, "", delivery.Unanswered, "504", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := served(t, func(w http.ResponseWriter, r *http.Request) {
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			got := client(url).Post(t.Context(), message())
			require.Equal(t, c.want, got.Verdict)
			require.Contains(t, got.Why, c.whyHas)
			require.Equal(t, got.Verdict == delivery.WasAccepted, got.Reason == "", "what was not accepted is counted by its reason")
			require.NotContains(t, got.Why, "jane")
			require.GreaterOrEqual(t, got.Wait, c.minWait)
			require.LessOrEqual(t, got.Wait, time.Hour)
			if c.want == delivery.WasAccepted {
				require.Equal(t, "ABCDEFGHIJKLMNOPQRSTUV", got.MessageID)
			}
		})
	}
}

func TestTransportFaults(t *testing.T) {
	hangUp := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	t.Run("nobody listens: nothing was sent", func(t *testing.T) {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		url := "http://" + l.Addr().String()
		require.NoError(t, l.Close())
		got := client(url).Post(t.Context(), message())
		require.Equal(t, delivery.Outcome{Verdict: delivery.NotSent, Why: "SendGrid cannot be reached (connection refused)", Reason: delivery.Unreachable}, got)
	})
	t.Run("the connection breaks after the mail was written: nobody knows, and it is posted once", func(t *testing.T) {
		var posts atomic.Int32
		url := served(t, func(w http.ResponseWriter, r *http.Request) { posts.Add(1); hangUp(w, r) })
		got := client(url).Post(t.Context(), message())
		require.Equal(t, delivery.Unanswered, got.Verdict)
		require.Equal(t, int32(1), posts.Load())
	})
	t.Run("no answer comes: nobody knows", func(t *testing.T) {
		arrived := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		url := served(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(arrived)
			<-r.Context().Done()
		})
		go func() { <-arrived; cancel() }()
		require.Equal(t, delivery.Unanswered, client(url).Post(ctx, message()).Verdict)
	})
	t.Run("accepted, and the answer breaks off: it is accepted", func(t *testing.T) {
		url := served(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Message-Id", "id")
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			w.(http.Flusher).Flush()
			hangUp(w, r)
		})
		require.Equal(t, delivery.WasAccepted, client(url).Post(t.Context(), message()).Verdict)
	})
	t.Run("an endless answer is cut", func(t *testing.T) {
		url := served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			for range 100 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		})
		require.Equal(t, delivery.Refused, client(url).Post(t.Context(), message()).Verdict)
	})
}
