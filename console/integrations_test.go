package console

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckLooksAtTheIntegrationThatIsNamed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	settings := []string{
		"WAYBILL_PAY_URL_DEMO=" + server.URL + "/demo", "WAYBILL_PAY_KEYS_DEMO=a secret of the tests",
		"WAYBILL_PAY_URL_OTHER=" + server.URL + "/other", "WAYBILL_PAY_KEYS_OTHER=another secret of the tests",
	}
	check := []string{"integrations", "check"}
	both := say(t, check, settings...)
	require.Contains(t, both, "demo: ")
	require.Contains(t, both, "other: ")
	one := say(t, append(check, "other"), settings...)
	require.Contains(t, one, "other: ")
	require.NotContains(t, one, "demo: ")
	require.Contains(t, start(t, append(check, "others"), settings...), `there are no settings of the integration "others" here`)
}
