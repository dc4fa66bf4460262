package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/workflows"
)

func TestAnExportIsTriedForHalfADay(t *testing.T) {
	for name, tt := range map[string]struct {
		fails int
		fault string
	}{
		"the first try succeeds":  {0, ""},
		"the folder is back soon": {5, ""},
		"the folder stays away":   {1000, "there is no folder"},
	} {
		t.Run(name, func(t *testing.T) {
			env := skippedTime(t)
			env.RegisterWorkflowWithOptions(workflows.ExportRefunds, workflow.RegisterOptions{Name: string(contract.ExportRefunds)})
			tries := 0
			env.RegisterActivityWithOptions(func(ctx context.Context, _ contract.ExportStart) (contract.Exported, error) {
				require.Equal(t, contract.ExportsQueue, activity.GetInfo(ctx).TaskQueue, "only workers with a folder take it")
				if tries++; tries <= tt.fails {
					return contract.Exported{}, errors.New("there is no folder")
				}
				return contract.Exported{File: "refunds.jsonl", Refunds: 3}, nil
			}, activity.RegisterOptions{Name: string(contract.WriteExport)})
			began := env.Now()
			env.ExecuteWorkflow(string(contract.ExportRefunds), contract.ExportStart{})
			require.True(t, env.IsWorkflowCompleted())
			if tt.fault != "" {
				require.ErrorContains(t, env.GetWorkflowError(), tt.fault)
				require.Less(t, env.Now().Sub(began), day, "it is over before the next run")
				return
			}
			var done contract.Exported
			require.NoError(t, env.GetWorkflowResult(&done))
			require.Equal(t, contract.Exported{File: "refunds.jsonl", Refunds: 3}, done)
			require.Equal(t, tt.fails+1, tries)
		})
	}
}
