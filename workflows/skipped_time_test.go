package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// skippedTime is an environment whose clock jumps to what happens next. On a busy
// machine a step may take long: that is no deadlock, and the workflow is not idle.
func skippedTime(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(2 * time.Minute)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		// The try of a worker that has died is missed soon, not when it would have ended.
		if info.StartToCloseTimeout >= time.Minute {
			assert.NotZero(t, info.HeartbeatTimeout, info.ActivityType.Name)
		}
		assert.LessOrEqual(t, info.HeartbeatTimeout, 30*time.Second, info.ActivityType.Name)
	})
	return env
}
