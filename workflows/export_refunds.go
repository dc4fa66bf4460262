package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// ExportRefunds has a worker with a folder write the decision logs of refunds that have ended. See
// contract.ExportRefunds.
func ExportRefunds(ctx workflow.Context, start contract.ExportStart) (contract.Exported, error) {
	return do(writeExport(ctx, "Write the decision logs of refunds that have ended"), contract.WriteExport, start)
}

// writeExport are the options for that: they end before the next day's run begins.
func writeExport(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, TaskQueue: contract.ExportsQueue,
		StartToCloseTimeout: 2 * time.Hour, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: 12 * time.Hour,
		RetryPolicy: backoff(10*time.Second, time.Hour),
	})
}
