package e2e_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
)

// An operator says how long closed workflows are kept, and setup has Temporal do it.
func TestSetupSetsHowLongClosedWorkflowsAreKept(t *testing.T) {
	t.Parallel()
	s := prepareStack(t, shared.get(t))
	s.setUp()
	require.Equal(t, 30, s.keptDays())
	said := s.setUpWith("WAYBILL_RETENTION=2160h", "--dry-run")
	require.Contains(t, said, "workflows that close from now on would be kept for 90 days, not for 30 days")
	require.Equal(t, 30, s.keptDays(), "a dry run changes nothing")
	s.setUpWith("WAYBILL_RETENTION=2160h")
	require.Equal(t, 90, s.keptDays())
	require.Contains(t, s.setUpWith("WAYBILL_RETENTION="), "exists, closed workflows are kept for 90 days", "nobody has said that they are to go earlier")
	said = s.setUpWith("WAYBILL_RETENTION=168h")
	require.Contains(t, said, "workflows that close from now on are kept for 7 days, not for 90 days")
	require.Contains(t, said, "waybill refunds export")
	require.Equal(t, 7, s.keptDays())
}

// setUpWith runs "waybill setup" with a setting.
func (s *stack) setUpWith(setting string, flags ...string) string {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), waybillProgram, append([]string{"setup"}, flags...)...)
	cmd.Env = append(os.Environ(), append(s.temporalEnv(), setting)...)
	out, err := cmd.CombinedOutput()
	require.NoError(s, err, "%s", out)
	return string(out)
}

// keptDays is for how many days the namespace keeps closed workflows.
func (s *stack) keptDays() int {
	s.Helper()
	told, err := s.client.WorkflowService().DescribeNamespace(s.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: s.namespace})
	require.NoError(s, err)
	return int(told.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() / (24 * time.Hour))
}
