package payment_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/payment"
	"waybill/refund"
)

// wait is longer than any endpoint here takes that does not hang.
const wait = time.Second

// broken closes the connection in the place of an answer, or in the middle of one.
func broken(begin string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, begin)
		_ = conn.Close()
	}
}

func hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// unanswered is why nobody knows, and that nothing else is said.
func unanswered(t *testing.T, paid refund.Payment, err error) string {
	t.Helper()
	var open *payment.Unanswered
	require.ErrorAs(t, err, &open)
	require.Zero(t, paid)
	require.Zero(t, open.Wait)
	return open.Error()
}

func TestSilenceIsNoAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"it hangs up", broken(""), "the shop's endpoint did not answer (connection broke)"},
		{"it speaks no HTTP", broken("gone\n"), "the shop's endpoint did not answer (connection broke)"},
		{"it hangs", hanging, "the shop's endpoint did not answer (time-out)"},
		{"its answer breaks off", broken("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"refer"), "the answer 200 of the shop's endpoint broke off"},
		{"its refusal breaks off", broken("HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 30\r\n\r\n{"), "the answer 422 of the shop's endpoint broke off"},
		{"its answer hangs", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			hanging(w, r)
		}, "the answer 200 of the shop's endpoint broke off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, c.answer)
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			paid, err := e.pay(ctx)
			require.Equal(t, c.want, unanswered(t, paid, err))
			require.Len(t, e.came(), 1)
		})
	}
}

func TestAnEndpointThatCannotBeReached(t *testing.T) {
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	for url, want := range map[string]string{
		"http://" + closed.Addr().String() + "/refunds": "the shop's endpoint did not answer (connection refused)",
		"http://nowhere.invalid/refunds":                "the shop's endpoint did not answer (name not found)",
		secure.URL + "/refunds":                         "the shop's endpoint did not answer (TLS failed)",
	} {
		paid, err := payment.Pay(t.Context(), payment.Endpoint{URL: url, Keys: [][]byte{[]byte(exampleKey)}}, exampleOrder(t), time.Now())
		require.Equal(t, want, unanswered(t, paid, err))
	}
}

func TestAnAddressThatIsNoneIsNotTriedAgain(t *testing.T) {
	paid, err := payment.Pay(t.Context(), payment.Endpoint{URL: "https://shop.example/%zz", Keys: [][]byte{[]byte(exampleKey)}}, exampleOrder(t), time.Now())
	require.NoError(t, err)
	require.Equal(t, refund.Payment{Outcome: refund.Refused, Why: "the address of the shop's endpoint is not valid"}, paid)
}

func TestAWorkerThatStopsIsUnansweredToo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	e := newEndpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	})
	paid, err := payment.Pay(ctx, e.at("/refunds", exampleKey), exampleOrder(t), time.Now())
	require.Equal(t, "the shop's endpoint did not answer (connection broke)", unanswered(t, paid, err))
}

// net/http repeats a post by itself that has an Idempotency-Key and whose kept
// connection broke. Each call has to be one that we know of.
func TestAPostIsNotRepeatedBehindOurBack(t *testing.T) {
	n := 0
	e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			answering(http.StatusOK, "", "{}")(w, r)
			return
		}
		broken("")(w, r)
	})
	reused := false
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	for i := range 2 {
		paid, err := payment.Pay(ctx, e.at("/refunds", exampleKey), exampleOrder(t), time.Now())
		require.Equal(t, i == 1, reused)
		if i == 0 {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, "the shop's endpoint did not answer (connection broke)", unanswered(t, paid, err))
	}
	require.Len(t, e.came(), 2)
}

// The address may hold a secret, and what it says is not ours to interpret.
func TestNoErrorQuotesAddressKeyOrBody(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"silence": broken(""), "half an answer": broken("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{"),
		"nonsense": broken("a-token of " + exampleKey + "\n"), "a hang": hanging,
		"a fault": answering(http.StatusInternalServerError, "", exampleKey), "a refusal": answering(http.StatusBadRequest, "", exampleKey),
		"another place": answering(http.StatusFound, "Location: https://a-token.example/", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, answer)
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			at := e.at("/refused/tls:/a-token", exampleKey)
			paid, err := payment.Pay(ctx, at, exampleOrder(t), time.Now())
			said := paid.Why
			if err != nil {
				said = err.Error()
			}
			require.NotEmpty(t, said)
			for _, secret := range []string{e.server.URL, strings.TrimPrefix(e.server.URL, "http://"), "a-token", exampleKey, "1042", "120.00", "refund:demo"} {
				require.NotContains(t, said, secret)
			}
			for _, guess := range []string{"connection refused", "TLS"} {
				require.NotContains(t, said, guess, "the address is no reason")
			}
		})
	}
}
