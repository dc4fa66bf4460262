package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"waybill/monitoring"
)

var pollersCheck = Check{Name: "pollers", About: "the workers on each task queue, and their versions", Needs: []Need{needsNamespace}, Look: lookAtPollers}

func lookAtPollers(ctx context.Context, d *Deployment) (all []Finding) {
	queues, err := d.describeQueues(ctx)
	if err != nil {
		return []Finding{skipped("%v", err)}
	}
	for _, q := range queues {
		versions := byVersion(q.Pollers)
		switch {
		case len(q.Pollers) == 0:
			all = append(all, fault(fmt.Sprintf("no worker has polled the task queue %s for %s within 2 minutes", q.Name, q.Tasks),
				"Webhooks are recorded, but no mail is sent and no refund is decided.", "Start a worker, and read its log if it does not stay up:\n  waybill worker"))
		case len(versions) > 1:
			all = append(all, warning(fmt.Sprintf("workers of %d versions poll the task queue %s for %s: %s", len(versions), q.Name, q.Tasks, strings.Join(versions, "; ")),
				"This is normal during a roll-out. After a roll-out, it means that an old worker was left running.", "Stop the workers of the old version. With WAYBILL_DEPLOYMENT, wait until waybill deployments show says that it is drained."))
		default:
			all = append(all, ok("%s, %s: version %s", q.Name, q.Tasks, versions[0]))
		}
	}
	return all
}

// byVersion lists the versions, each with its workers.
func byVersion(pollers []monitoring.Poller) (versions []string) {
	workers := map[string][]string{}
	for _, p := range pollers {
		if !slices.Contains(workers[p.Version], p.Identity) {
			workers[p.Version] = append(workers[p.Version], p.Identity)
		}
	}
	for _, version := range names(workers) {
		called := version
		if called == "" {
			called = "not reported"
		}
		versions = append(versions, called+" ("+strings.Join(slices.Sorted(slices.Values(workers[version])), ", ")+")")
	}
	return versions
}
