package recorder

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"waybill/contract"
)

func TestASignOutStartsItsWorkflowIfNeedBe(t *testing.T) {
	f := &frontend{}
	require.NoError(t, before(t, f).SignOut(t.Context(), "name-of-anna", contract.SignOut{Everywhere: true, At: noon, Until: noon.Add(time.Hour)}))
	require.Len(t, f.starts, 1)
	require.Equal(t, contract.SignOutsWorkflowID("name-of-anna"), f.starts[0].GetWorkflowId())
	require.Equal(t, "RememberSignOuts", f.starts[0].GetWorkflowType().GetName())
	require.Equal(t, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, f.starts[0].GetWorkflowIdReusePolicy(), "also after the one before has ended")
}

func TestEndedSessionsAreRememberedForAsLongAsTheyMatter(t *testing.T) {
	id := contract.SignOutsWorkflowID("name-of-anna")
	known := contract.SignOuts{Before: noon, Until: noon.Add(time.Hour)}
	for _, c := range []struct {
		name  string
		knows map[string]any
		ended enums.WorkflowExecutionStatus
		want  contract.SignOuts
	}{
		{"nobody signed out", nil, 0, contract.SignOuts{}},
		{"it runs", map[string]any{id: known}, 0, known},
		{"it has come to its end", map[string]any{id: known}, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, contract.SignOuts{}},
		{"somebody ended it", map[string]any{id: known}, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, known},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := before(t, &frontend{states: c.knows, ended: c.ended}).SignOuts(t.Context(), "name-of-anna")
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}
