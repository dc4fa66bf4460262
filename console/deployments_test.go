package console

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
)

// builds is a deployment of five builds, of which the first and the second get work.
func builds(currentBuild, ramping string) client.WorkerDeploymentInfo {
	version := func(build string) *sdkworker.WorkerDeploymentVersion {
		if build == "" {
			return nil
		}
		return &sdkworker.WorkerDeploymentVersion{DeploymentName: "waybill", BuildID: build}
	}
	info := client.WorkerDeploymentInfo{Name: "waybill"}
	began := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	info.RoutingConfig.CurrentVersion, info.RoutingConfig.CurrentVersionChangedTime = version(currentBuild), began.AddDate(0, 0, 3)
	info.RoutingConfig.RampingVersion, info.RoutingConfig.RampingVersionPercentage, info.RoutingConfig.RampingVersionChangedTime = version(ramping), 10, began.AddDate(0, 0, 4)
	for i, build := range []string{"v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0"} {
		info.VersionSummaries = append(info.VersionSummaries, client.WorkerDeploymentVersionSummary{
			Version: *version(build), CreateTime: began.AddDate(0, 0, i),
			DrainageStatus: map[string]client.WorkerDeploymentVersionDrainageStatus{
				"v1.0.0": client.WorkerDeploymentVersionDrainageStatusDrained, "v1.1.0": client.WorkerDeploymentVersionDrainageStatusDraining,
			}[build],
		})
	}
	return info
}

func TestDeploymentsSayWhatBecomesOfEachBuild(t *testing.T) {
	d := workerDeployment{name: "waybill"}
	shown := d.show(builds("v1.2.0", "v1.3.0"))
	statuses := map[string]versionStatus{}
	for _, v := range shown.Versions {
		statuses[v.Build] = v.Status
	}
	require.Equal(t, map[string]versionStatus{
		"v1.0.0": versionDrained, "v1.1.0": versionDraining, "v1.2.0": versionCurrent, "v1.3.0": versionRamping, "v1.4.0": versionInactive,
	}, statuses)
	var out bytes.Buffer
	require.NoError(t, shown.print(&out))
	require.Equal(t, `BUILD   STATUS         SINCE            ITS WORKERS
v1.4.0  inactive       -                have never got work
v1.3.0  ramping, 10 %  Fri 6 Nov 09:00  get a part of the work
v1.2.0  current        Thu 5 Nov 09:00  get all work but for what ramps
v1.1.0  draining       -                are needed: short runs end in them
v1.0.0  drained        -                can be stopped
`, out.String())
}

func TestDeploymentsNameWorkersWithoutAVersionIfTheyGetWork(t *testing.T) {
	d := workerDeployment{name: "waybill"}
	shown := d.show(builds("", ""))
	require.Equal(t, versionCurrent, shown.Versions[0].Status)
	require.Empty(t, shown.Versions[0].Build)
	require.Empty(t, current(builds("", "")))
	require.Equal(t, "v1.2.0", current(builds("v1.2.0", "")))
	var out bytes.Buffer
	require.NoError(t, shown.print(&out))
	require.Contains(t, out.String(), "workers without a version  current")
}

func TestDeploymentsSayWhyTemporalRefuses(t *testing.T) {
	d := workerDeployment{name: "waybill"}
	require.ErrorContains(t, d.refused("v9.9.9", serviceerror.NewNotFound("no")), "no worker of v9.9.9 has asked for work: start one with WAYBILL_DEPLOYMENT=waybill")
	require.ErrorContains(t, d.refused("v1.2.0", serviceerror.NewFailedPrecondition("missing task queues")), "missing task queues")
	require.ErrorContains(t, d.refused("v1.2.0", serviceerror.NewUnavailable("away")), "have Temporal give work to v1.2.0: away")
}

func TestDeploymentsRefuseWhatCannotBeMeant(t *testing.T) {
	for want, args := range map[string][]string{
		"WAYBILL_DEPLOYMENT is not set":           {"deployments", "show"},
		"--percent: 101 is not allowed":           {"deployments", "ramp", "v1.0.0", "--percent", "101"},
		"name a build or --unversioned, not both": {"deployments", "set-current", "v1.0.0", "--unversioned"},
		`required flag(s) "percent" not set`:      {"deployments", "ramp", "v1.0.0"},
		"accepts at most 1 arg(s), received 2":    {"deployments", "set-current", "v1.0.0", "v1.1.0"},
	} {
		require.ErrorContains(t, refuse(t, args), want)
	}
}
