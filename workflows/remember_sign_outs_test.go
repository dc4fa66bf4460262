package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/workflows"
)

func rememberingSignOuts(t *testing.T) (env *testsuite.TestWorkflowEnvironment, known func() contract.SignOuts) {
	t.Helper()
	env = skippedTime(t)
	env.SetStartTime(nineOClock)
	env.RegisterWorkflowWithOptions(workflows.RememberSignOuts, workflow.RegisterOptions{Name: string(contract.RememberSignOuts)})
	return env, func() contract.SignOuts {
		value, err := env.QueryWorkflow(string(contract.DescribeSignOuts))
		require.NoError(t, err)
		var outs contract.SignOuts
		require.NoError(t, value.Get(&outs))
		return outs
	}
}

func TestSignOutsAreRememberedUntilAllThatTheyEndHasExpired(t *testing.T) {
	env, known := rememberingSignOuts(t)
	says := func(after time.Duration, out contract.SignOut) {
		env.RegisterDelayedCallback(func() {
			out.At = env.Now()
			env.SignalWorkflow(string(contract.SignedOut), out)
		}, after)
	}
	says(0, contract.SignOut{Session: "one", Until: nineOClock.Add(12 * time.Hour)})
	says(time.Hour, contract.SignOut{Everywhere: true, Until: nineOClock.Add(7*day + time.Hour)})
	says(13*time.Hour, contract.SignOut{Session: "two", Until: nineOClock.Add(25 * time.Hour)})
	early, late := nineOClock.Add(30*time.Minute), nineOClock.Add(2*time.Hour)
	env.RegisterDelayedCallback(func() {
		require.True(t, known().End("one", late))
		require.False(t, known().End("another", early))
	}, 10*time.Minute)
	env.RegisterDelayedCallback(func() {
		outs := known()
		require.True(t, outs.End("another", early), "it was made before")
		require.True(t, outs.End("", nineOClock.Add(time.Hour)))
		require.False(t, outs.End("another", late))
		require.True(t, outs.End("two", late))
		require.Len(t, outs.Sessions, 1, "the first would have expired by now")
	}, 14*time.Hour)
	env.ExecuteWorkflow(string(contract.RememberSignOuts), contract.SignOutsStart{})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 7*day+time.Hour, env.Now().Sub(nineOClock))
}

func TestTheNextRunRemembersSignOutsToo(t *testing.T) {
	env, known := rememberingSignOuts(t)
	carried := contract.SignOuts{Sessions: []contract.EndedSession{{Nonce: "one", Until: nineOClock.Add(time.Hour)}}, Until: nineOClock.Add(time.Hour)}
	env.RegisterDelayedCallback(func() { require.True(t, known().End("one", nineOClock)) }, time.Minute)
	env.SetContinuedExecutionRunID("first")
	env.ExecuteWorkflow(string(contract.RememberSignOuts), contract.SignOutsStart{Carried: &carried})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, time.Hour, env.Now().Sub(nineOClock))
}
