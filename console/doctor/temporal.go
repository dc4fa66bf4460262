package doctor

import (
	"context"
	"fmt"

	"go.temporal.io/api/workflowservice/v1"
)

var temporalCheck = Check{Name: "temporal", About: "whether Temporal answers", Look: lookAtTemporal}

func lookAtTemporal(ctx context.Context, d *Deployment) []Finding {
	address, _ := d.where()
	temporal, err := d.temporal(ctx)
	if err != nil {
		return []Finding{fault(fmt.Sprintf("Temporal at %s cannot be reached: %v", address, err),
			"Without Temporal nothing is recorded: webhooks are answered 503, and Sendcloud gives up after about seven hours.",
			"Check TEMPORAL_ADDRESS, TEMPORAL_API_KEY and the network, then try:\n  temporal operator cluster health --address "+address)}
	}
	about, err := temporal.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return []Finding{ok("%s answers", address)}
	}
	return []Finding{ok("%s answers, version %s", address, about.GetServerVersion())}
}
