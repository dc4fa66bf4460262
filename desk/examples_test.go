package desk

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/refund"
)

// commands are the shell commands of a page of the documentation, block by block.
func commands(t *testing.T, page string) (blocks []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../docs", page))
	require.NoError(t, err)
	for _, block := range strings.Split(string(raw), "```sh\n")[1:] {
		code, _, _ := strings.Cut(block, "```")
		blocks = append(blocks, code)
	}
	require.NotEmpty(t, blocks)
	return blocks
}

// plays runs a program against the desk, with the token of a person.
func (w *fixture) plays(as, name string, args ...string) (said string, err error) {
	wait := func() {
		w.requests.Lock()
		defer w.requests.Unlock()
	}
	wait()
	defer wait()
	cmd := exec.CommandContext(w.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "WAYBILL="+w.server.URL, "TOKEN=token-of-"+as)
	raw, err := cmd.CombinedOutput()
	return string(raw), err
}

// Each curl of the page works as it stands there, and each answer is in the OpenAPI file.
func TestTheCommandsOfTheAPIsPageWork(t *testing.T) {
	w := open(t)
	w.inState(42, refund.AwaitingApproval)
	w.inState(43, refund.AwaitingApproval)
	w.stuck()
	orders := 0
	for _, block := range commands(t, "api.md") {
		said, err := w.plays("anna", "sh", "-euc", block)
		require.NoError(t, err, "%s\n%s", block, said)
		require.Contains(t, said, "{", block)
		require.NotContains(t, said, "/api/openapi.yaml#", "%s\nis refused: %s", block, said)
		if strings.Contains(block, "--json") {
			orders++
		}
	}
	require.Greater(t, orders, 2)
	require.Equal(t, refund.Rejected, w.all[contract.RefundRef{Integration: "demo", ReturnID: 43}].State)
}

func TestTheExampleInGoDecidesARefund(t *testing.T) {
	w := open(t)
	of := w.inState(42, refund.AwaitingApproval)
	program := filepath.Join(t.TempDir(), "client")
	raw, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "waybill/docs/client").CombinedOutput()
	require.NoError(t, err, string(raw))
	said, err := w.plays("anna", program, "demo", "42")
	require.NoError(t, err, said)
	require.Equal(t, "/api/refunds/demo/42 is approved\n", said)
	require.Equal(t, refund.Approved, w.all[of].State)
	said, err = w.plays("anna", program, "demo", "42")
	require.Error(t, err)
	require.Equal(t, "refused: The refund is approved: there is nothing to approve.\n", said)
	said, err = w.plays("nobody", program, "demo", "42")
	require.Error(t, err)
	require.Contains(t, said, "unknown token: No person in the policy has this token")
	require.Equal(t, http.StatusOK, w.api(http.MethodGet, "/api/refunds/demo/42", "token-of-anna", "").code)
}
