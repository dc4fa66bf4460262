package payment_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/payment"
	"waybill/refund"
)

// simulated is what is wrong with each answer of an endpoint.
func simulated(t *testing.T, answer http.HandlerFunc) (faults []string) {
	t.Helper()
	amount, err := refund.Smallest("EUR")
	require.NoError(t, err)
	e := newEndpoint(t, answer)
	require.NoError(t, payment.Simulate(t.Context(), e.at("/refunds", exampleKey), "demo", amount, time.Now, func(tried payment.Trial) {
		require.NotEmpty(t, tried.Came)
		faults = append(faults, tried.Fault)
	}))
	posts := e.came()
	require.Len(t, posts, 5)
	for _, p := range posts {
		require.Contains(t, p.body, `"test":true`)
		require.Contains(t, p.body, `"key":"refund:demo:test-`)
	}
	require.Contains(t, posts[4].body, `"amount":"0.02"`)
	return faults
}

func TestASimulationFindsWhatAnEndpointDoesWrong(t *testing.T) {
	faults := simulated(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Welcome</html>") })
	for _, fault := range faults[:4] {
		require.NotEmpty(t, fault, "a web page pays nothing")
	}
	faults = simulated(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	for _, fault := range faults {
		require.Contains(t, fault, "503 Service Unavailable: Waybill would ask again")
	}
	faults = simulated(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"paid": true, "key": "`+r.Header.Get(payment.KeyHeader)+`"}`)
	})
	require.Contains(t, faults[0], "it pays whoever asks")
	require.Contains(t, faults[1], "refuse timestamps that are more than 5 minutes off")
	require.Empty(t, faults[2])
	require.Contains(t, faults[3], "it may have paid twice")
	require.Contains(t, faults[4], "one key is one payment")
}
