package worker

import (
	"testing"

	"github.com/stretchr/testify/require"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"waybill/version"
)

func TestWorkersHaveNoVersionUnlessTheyBelongToADeployment(t *testing.T) {
	require.Zero(t, Version{Build: "v1.0.0"}.options())
	require.Equal(t, sdkworker.DeploymentOptions{
		UseVersioning: true, Version: sdkworker.WorkerDeploymentVersion{DeploymentName: "waybill", BuildID: "v1.0.0"},
	}, Version{Deployment: "waybill", Build: "v1.0.0"}.options())
}

func TestADeploymentNeedsANameAndABuild(t *testing.T) {
	require.NoError(t, Version{Build: version.Unknown}.Validate())
	require.NoError(t, Version{Deployment: "waybill", Build: "v1.0.0"}.Validate())
	require.ErrorContains(t, Version{Deployment: "way.bill", Build: "v1.0.0"}.Validate(), "leave dots and colons out of it")
	require.ErrorContains(t, Version{Deployment: "waybill", Build: version.Unknown}.Validate(), "does not know its version")
}

func TestClosedGatesKeepTheCodeOfBeforeWhereThereIsStillAny(t *testing.T) {
	require.Nil(t, Version{}.gates())
	preferred := Version{GatesClosed: true}.gates()(sdkworker.PreferredVersionProviderInput{ChangeID: "a-gate", MinSupported: workflow.DefaultVersion, MaxSupported: 1})
	require.Equal(t, &sdkworker.VersionPreference{Version: workflow.DefaultVersion, ClampToSupportedRange: true}, preferred)
}
