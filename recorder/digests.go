package recorder

import (
	"context"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"waybill/contract"
)

// WriteDigest has a person mailed what waits for their decision, once a day however often it is
// called. The name is their pseudonym.
func (r Recorder) WriteDigest(ctx context.Context, name string, start contract.DigestStart) error {
	return r.startOnce(ctx, client.StartWorkflowOptions{
		ID: contract.DigestWorkflowID(name, start.Day), TaskQueue: contract.RefundsQueue,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "What waits for a person's decision on " + start.Day,
	}, string(contract.WriteDigest), start)
}
