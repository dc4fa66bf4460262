package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
)

func TestAReturnIsMarkedAsRefundedInThePanel(t *testing.T) {
	account := sendcloud.NewAccount(sendcloud.AccountConfig{PublicKey: "public", SecretKey: "secret"})
	defer account.Close()
	account.AddReturn(sendcloud.Return{ID: 42, RefundType: "money", CreatedAt: time.Now()})
	server := httptest.NewServer(account)
	defer server.Close()
	folder := t.TempDir()
	stack := state{PublicKey: "public", SecretKey: "secret", Ports: ports{Sendcloud: server.Listener.Addr().(*net.TCPAddr).Port}}
	require.NoError(t, stack.write(folder))
	tell := func(args ...string) error {
		cmd := tellCommand()
		cmd.SetArgs(append([]string{"--state", folder}, args...))
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		return cmd.ExecuteContext(t.Context())
	}
	require.NoError(t, tell("refunded", "42"))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v2/returns/42", nil)
	r.SetBasicAuth("public", "secret")
	w := httptest.NewRecorder()
	account.ServeHTTP(w, r)
	require.Regexp(t, `"refunded_at": [0-9]{13},`, w.Body.String())

	require.ErrorContains(t, tell("refunded", "43"), "there is no return 43")
	require.ErrorContains(t, tell("refunded", "all"), "not the number of a return")
	require.ErrorContains(t, tell("refunded"), "accepts 1 arg")
	require.ErrorContains(t, tell("nothing"), "there is no webhook")
}

// Waybill asks Sendcloud for the integration every few seconds: what was told has to be so.
func TestAWebhookThatIsSwitchedOffIsSoInThePanel(t *testing.T) {
	account := sendcloud.NewAccount(sendcloud.AccountConfig{PublicKey: "public", SecretKey: "secret", Integration: integrationNumber})
	defer account.Close()
	server := httptest.NewServer(account)
	defer server.Close()
	door := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer door.Close()
	folder := t.TempDir()
	stack := state{PublicKey: "public", SecretKey: "secret", SendcloudKey: "key", Ports: ports{Sendcloud: portOf(server), Ingress: portOf(door)}}
	require.NoError(t, stack.write(folder))
	for _, c := range []struct{ told, active, failing string }{{"off", "false", "null"}, {"failing", "true", `"2`}, {"mended", "true", "null"}} {
		cmd := tellCommand()
		cmd.SetArgs([]string{"--state", folder, c.told})
		require.NoError(t, cmd.ExecuteContext(t.Context()))
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v3/integrations/7", nil)
		r.SetBasicAuth("public", "secret")
		w := httptest.NewRecorder()
		account.ServeHTTP(w, r)
		require.Contains(t, w.Body.String(), `"webhook_active": `+c.active, c.told)
		require.Contains(t, w.Body.String(), `"started_failing_at": `+c.failing, c.told)
	}
}

func portOf(s *httptest.Server) int { return s.Listener.Addr().(*net.TCPAddr).Port }
