package doctor

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"waybill/settings"
	"waybill/version"
)

var workerVersionCheck = Check{Name: "worker-version", About: "which build of the workers gets work from Temporal", Needs: []Need{needsNamespace}, Look: lookAtWorkerVersion}

const whyVersion = "Temporal gives work to workers of the current version only: no mail is sent and no refund is decided by others."

func lookAtWorkerVersion(ctx context.Context, d *Deployment) (all []Finding) {
	v := d.worker.Version
	if v.GatesClosed {
		all = append(all, warning(settings.Gates+" is closed: workflows go on by the old code", "This lets the build before take over again.",
			"If the new build has proven itself, remove "+settings.Gates+" and start the workers again."))
	}
	if v.Deployment == "" {
		return append(all, ok("%s is not set: workers of all builds get work", settings.Deployment))
	}
	temporal, err := d.temporal(ctx)
	if err != nil {
		return append(all, skipped("%v", err))
	}
	described, err := temporal.WorkerDeploymentClient().GetHandle(v.Deployment).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	_, missing := errors.AsType[*serviceerror.NotFound](err)
	routing := described.Info.RoutingConfig
	set := "Start a worker of the build that is to work, then run\n  waybill deployments set-current " + v.Build
	if v.Build == version.Unknown {
		set = "Start a worker of the build that is to work, look how Temporal names it, and make it current:\n  waybill deployments show"
	}
	switch {
	case missing:
		return append(all, fault("no worker of the Worker Deployment "+v.Deployment+" has ever asked for work", whyVersion, set))
	case err != nil:
		return append(all, skipped("ask Temporal for the Worker Deployment %s: %v", v.Deployment, err))
	case routing.CurrentVersion == nil:
		return append(all, fault("the Worker Deployment "+v.Deployment+" has no current version", whyVersion, set))
	case routing.RampingVersion != nil:
		return append(all, warning(fmt.Sprintf("%s is the current version of the Worker Deployment %s, and %.0f %% of the work goes to %s", routing.CurrentVersion.BuildID, v.Deployment, routing.RampingVersionPercentage, routing.RampingVersion.BuildID),
			"This is normal during a roll-out.", "If the new build has proven itself, run\n  waybill deployments set-current "+routing.RampingVersion.BuildID))
	case routing.CurrentVersion.BuildID != v.Build:
		return append(all, warning(fmt.Sprintf("%s is the current version of the Worker Deployment %s, and this program is %s", routing.CurrentVersion.BuildID, v.Deployment, v.Build),
			"This is normal during a roll-out. "+whyVersion, "Look at all builds:\n  waybill deployments show"))
	}
	return append(all, ok("%s is the current version of the Worker Deployment %s", v.Build, v.Deployment))
}
