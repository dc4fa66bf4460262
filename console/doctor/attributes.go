package doctor

import (
	"context"

	"waybill/contract"
	"waybill/worker"
)

var attributesCheck = Check{Name: "search-attributes", About: "the search attributes of the namespace, and their types", Needs: []Need{needsNamespace}, Look: lookAtAttributes}

func lookAtAttributes(ctx context.Context, d *Deployment) []Finding {
	temporal, err := d.temporal(ctx)
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	_, namespace := d.where()
	if err := worker.CheckAttributes(ctx, temporal, namespace); err != nil {
		return lacks(err, "Workers do not start. Without the attributes, workflows that write them would hang.")
	}
	return []Finding{ok("all %d are registered", len(contract.SearchAttributes()))}
}
