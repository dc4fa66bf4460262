package doctor

import (
	"context"
	"errors"
	"fmt"

	"waybill/settings"
	"waybill/worker"
)

var retentionCheck = Check{Name: "retention", About: "how long the namespace keeps closed workflows", Needs: []Need{needsNamespace}, Look: lookAtRetention}

func lookAtRetention(ctx context.Context, d *Deployment) []Finding {
	temporal, err := d.temporal(ctx)
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	want, err := settings.New(d.Env.Environ()).Retention()
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	_, namespace := d.where()
	keeps, tooLong, err := worker.CheckRetention(ctx, temporal, namespace, want)
	switch {
	case err != nil:
		return lacks(err, "Temporal forgets too soon that a parcel or refund has ended: a later report starts it anew. Workers do not start.")
	case tooLong:
		return []Finding{warning(fmt.Sprintf("closed workflows are kept for %s, and %s says %s", worker.Days(keeps), settings.Retention, worker.Days(want.Keep)),
			"Names and addresses of customers are kept for longer than you want.", "Run\n  waybill setup\nIf Temporal does not let it change the namespace, it says what to do.")}
	}
	return []Finding{ok("closed workflows are kept for %s", worker.Days(keeps))}
}

// lacks are the findings about a namespace that lacks something.
func lacks(err error, why string) (all []Finding) {
	for _, e := range parts(err) {
		var lack worker.Lack
		if errors.As(e, &lack) {
			all = append(all, fault(lack.What, why, lack.Mend))
		} else {
			all = append(all, skipped("%v", e))
		}
	}
	return all
}
