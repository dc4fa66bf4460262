package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/monitoring"
)

func TestHealthAsksTheProcessOnThisMachine(t *testing.T) {
	var process monitoring.Health
	mux := http.NewServeMux()
	process.Open(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	here := strings.TrimPrefix(server.URL, "http://")
	_, port, _ := strings.Cut(here, ":")
	for name, environ := range map[string][]string{
		"a worker":                 {"WAYBILL_METRICS_LISTEN=" + here},
		"one on all addresses":     {"WAYBILL_METRICS_LISTEN=0.0.0.0:" + port},
		"one on every address too": {"WAYBILL_METRICS_LISTEN=:" + port},
		"an ingress":               {"WAYBILL_LISTEN=" + here},
		"an ingress with metrics":  {"WAYBILL_LISTEN=127.0.0.1:1", "WAYBILL_METRICS_LISTEN=" + here},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "healthy\n", say(t, []string{"health"}, environ...))
			require.Contains(t, start(t, []string{"health", "--ready"}, environ...), "/readyz answers 503 Service Unavailable: the process takes no work")
		})
	}
	server.Close()
	require.Contains(t, start(t, []string{"health"}, "WAYBILL_METRICS_LISTEN="+here), "no process answers at "+here+" (connection refused)")
	require.Contains(t, start(t, []string{"health"}, "WAYBILL_METRICS_LISTEN=9090"), "not of the form host:port")
}
