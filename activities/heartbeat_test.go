package activities

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
)

// An activity that waits for an answer says that it is alive, and forgets nothing by that:
// neither what the try before it has told, nor what it has told itself.
func TestHeartbeatsRepeatWhatWasToldLast(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetHeartbeatDetails("the try before")
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		told := make(chan any, 1000)
		ctx, stop := beat(ctx, time.Millisecond, func(_ context.Context, details ...any) { told <- details[0] })
		before, ok := (<-told).(converter.RawValue)
		require.True(t, ok)
		var said string
		require.NoError(t, converter.GetDefaultDataConverter().FromPayload(before.Payload(), &said))
		require.Equal(t, "the try before", said)
		soFar(ctx, "three pages")
		for <-told != any("three pages") { // what was told before
		}
		require.Equal(t, "three pages", <-told, "and again")
		stop()
		for len(told) > 0 {
			<-told
		}
		soFar(context.WithoutCancel(ctx), "done")
		require.Equal(t, "done", <-told, "nothing beats any more")
		return nil
	}, activity.RegisterOptions{Name: "Wait"})
	_, err := env.ExecuteActivity("Wait")
	require.NoError(t, err)
}
