package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSimulatingAPaymentJudgesTheEndpoint(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"paid": true, "key": "`+r.Header.Get("Idempotency-Key")+`", "reference": "p-1"}`)
	}))
	t.Cleanup(server.Close)
	settings := []string{"WAYBILL_PAY_URL_DEMO=" + server.URL + "/refunds", "WAYBILL_PAY_KEYS_DEMO=a secret of the tests"}
	command := []string{"refunds", "simulate-payment", "demo"}
	require.Contains(t, start(t, command, settings...), "nothing was changed: to go on without being asked, add --yes")
	said, err := run(t, append(command, "--yes"), settings)
	require.ErrorContains(t, err, "4 requests of 5 are not answered as docs/paying.md says")
	require.Contains(t, said, "ok     as Waybill asks: paid as p-1\n")
	require.Contains(t, said, "FAULT  the same once more: paid as p-1\n       it may have paid twice: ")
	require.Equal(t, 4, strings.Count(said, "FAULT"))
	said, err = run(t, append(command, "--yes", "--output", "json"), settings)
	require.Error(t, err)
	require.Contains(t, said, `"asked": "as Waybill asks",`)

	require.Contains(t, start(t, append(command, "--yes", "--currency", "EURO")), "set WAYBILL_PAY_URL_DEMO to the endpoint's address, and WAYBILL_PAY_KEYS_DEMO to the secret")
}
