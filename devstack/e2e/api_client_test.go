//go:build apiclient

package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// scripts/api.sh generates the client, and says in API_CLIENT where it is.
func TestAGeneratedClientDecidesARefund(t *testing.T) {
	program := os.Getenv("API_CLIENT")
	require.NotEmpty(t, program, "run scripts/api.sh")
	s := newTillWithToken(t)
	s.openDoors()
	o := s.sell("120.00")
	s.ask(o)
	s.reaches(o, refund.AwaitingApproval)
	s.eventually("the refund in the list of a generated client", func() error {
		if code, said := s.calls(http.MethodGet, "/api/refunds?state=awaiting_approval&order="+o.sent.Order, "", ""); !strings.Contains(said, fmt.Sprintf(`"returnId":%d`, o.back0.ID)) {
			return fmt.Errorf("%d: %s", code, said)
		}
		return nil
	})
	cmd := exec.CommandContext(t.Context(), "node", program)
	cmd.Env = append(os.Environ(), "WAYBILL="+s.url(""), "TOKEN="+tokenOfAnna, "ORDER="+o.sent.Order)
	raw, err := cmd.CombinedOutput()
	require.NoError(t, err, string(raw))
	require.Equal(t, "done approved approved 409 refused\n", string(raw))
	s.reaches(o, refund.Paid)
	require.Equal(t, []string{"EUR 120.00"}, s.paid(o))
}
