package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/version"
)

// Version is which version of a Worker Deployment workers are, and which code new runs go by. The zero value
// has workers without a version, to which Temporal gives everything.
// https://docs.temporal.io/production-deployment/worker-deployments/worker-versioning
type Version struct {
	// Deployment is the name of the Worker Deployment; empty is none.
	Deployment string
	// Build is the build of these workers within it.
	Build string
	// GatesClosed has runs that come to a gate for the first time go by the old code, so that the build before
	// can take them over again.
	GatesClosed bool
}

// Validate says what is wrong with it.
func (v Version) Validate() error {
	return errors.Join(
		fault(strings.ContainsAny(v.Deployment, ".:"), "WAYBILL_DEPLOYMENT is %q: leave dots and colons out of it", v.Deployment),
		fault(v.Deployment != "" && v.Build == version.Unknown,
			"WAYBILL_DEPLOYMENT is set, and this build does not know its version: build it in a clone with git, an image with --build-arg VERSION=v1.2.3, or take a released one"),
	)
}

func (v Version) options() sdkworker.DeploymentOptions {
	if v.Deployment == "" {
		return sdkworker.DeploymentOptions{}
	}
	return sdkworker.DeploymentOptions{
		UseVersioning: true, Version: sdkworker.WorkerDeploymentVersion{DeploymentName: v.Deployment, BuildID: v.Build},
	}
}

// gates is which code a run goes by that comes to a gate for the first time; nil is the newest.
func (v Version) gates() sdkworker.PreferredVersionProvider {
	if !v.GatesClosed {
		return nil
	}
	return func(sdkworker.PreferredVersionProviderInput) *sdkworker.VersionPreference {
		// A gate whose old code has gone is open for all.
		return &sdkworker.VersionPreference{Version: workflow.DefaultVersion, ClampToSupportedRange: true}
	}
}

// introducedWithin is how long a worker asks at its start whether Temporal has work for it.
const introducedWithin = 10 * time.Second

// introduce logs which version the workers are, and whether Temporal gives it any work.
func (v Version) introduce(ctx context.Context, temporal client.Client, log *slog.Logger) {
	if v.GatesClosed {
		log.Warn("gates are closed: runs go on by the old code", "setting", "WAYBILL_GATES")
	}
	if v.Deployment == "" {
		return
	}
	log = log.With("deployment", v.Deployment, "build", v.Build)
	ctx, cancel := context.WithTimeout(ctx, introducedWithin)
	defer cancel()
	described, err := temporal.WorkerDeploymentClient().GetHandle(v.Deployment).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if _, missing := errors.AsType[*serviceerror.NotFound](err); err != nil && !missing {
		log.Warn("it is not known whether Temporal gives work to this version", "fault", err.Error())
		return
	}
	routing := described.Info.RoutingConfig
	switch {
	case routing.CurrentVersion != nil && routing.CurrentVersion.BuildID == v.Build:
		log.Info("this version is the current one")
	case routing.RampingVersion != nil && routing.RampingVersion.BuildID == v.Build:
		log.Info("this version gets a part of the work", "percent", routing.RampingVersionPercentage)
	default:
		log.Warn("Temporal gives no work to this version yet", "to_change_that", fmt.Sprintf("waybill deployments set-current %s", v.Build))
	}
}
