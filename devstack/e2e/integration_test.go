package e2e_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"waybill/contract"
)

func TestAnIntegrationThatIsSwitchedOffRaisesAttention(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	listed := func(query string, n int) {
		t.Helper()
		s.eventually(fmt.Sprintf("%d found by %s", n, query), func() error {
			found, err := s.client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
			if err == nil && len(found.Executions) != n {
				err = fmt.Errorf("found %d", len(found.Executions))
			}
			return err
		})
	}
	tell := func(body string) {
		t.Helper()
		code, said := s.knock([]byte(body))
		require.Equal(t, http.StatusOK, code)
		require.JSONEq(t, `{"outcome":"recorded"}`, said)
	}
	tell(`{"action":"integration_connected","timestamp":1793620800000,"integration":{"id":7,"shop_name":"Example Shop","shop_url":"https://shop.example","webhook_active":true,"failing_since":null}}`)
	listed(`WorkflowType = "WatchIntegration" AND Integration = "demo"`, 1)
	listed(`Attention IS NOT NULL`, 0)
	off := `{"action":"integration_updated","timestamp":1793620900000,"integration":{"id":7,"webhook_active":false}}`
	tell(off)
	tell(off)
	listed(`Attention = "webhook switched off"`, 1)

	answer, err := s.client.QueryWorkflow(t.Context(), contract.IntegrationWorkflowID("demo"), "", string(contract.DescribeIntegration))
	require.NoError(t, err)
	var state contract.IntegrationState
	require.NoError(t, answer.Get(&state))
	require.Equal(t, "Example Shop", state.Latest.ShopName)
	require.Len(t, state.Changes, 2)

	tell(`{"action":"integration_deleted","timestamp":1793621000000}`)
	listed(`Attention = "integration deleted"`, 1)
	code, said := s.knock([]byte(`{"action":"integration_credentials","timestamp":1793621100000,"public_key":"public","secret_key":"very secret","integration_id":7}`))
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"outcome":"of no interest"}`, said)
	require.NotContains(t, s.ingress.output(), "very secret")
}
