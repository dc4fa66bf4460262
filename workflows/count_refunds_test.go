package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/refund"
	"waybill/workflows"
)

// daily is a counter of what the rules approve, two in 24 hours.
type daily struct {
	*testing.T
	env   *testsuite.TestWorkflowEnvironment
	began time.Time
	// answers are those that were asked to be counted, in their order.
	answers []refund.CountAnswer
}

func newDaily(t *testing.T) *daily {
	t.Helper()
	s := &daily{T: t, env: skippedTime(t), began: nineOClock}
	s.env.SetStartTime(s.began)
	s.env.SetWorkflowRunTimeout(10 * 365 * day)
	s.env.RegisterWorkflowWithOptions(workflows.CountRefunds, workflow.RegisterOptions{Name: string(contract.CountRefunds)})
	return s
}

func (s *daily) ask(id int64) {
	at := s.env.Now().UTC()
	s.env.UpdateWorkflow(string(contract.CountRefund), "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { require.NoError(s, err) }, OnAccept: func() {},
		OnComplete: func(out any, err error) {
			require.NoError(s, err)
			answer, _ := out.(refund.CountAnswer)
			s.answers = append(s.answers, answer)
		},
	}, refund.CountOrder{CountQuestion: refund.CountQuestion{Refund: id, Since: at.Add(-day)}, At: at, Most: 1})
}

func (s *daily) at(after time.Duration, f func()) { s.env.RegisterDelayedCallback(f, after) }

func (s *daily) describe(question ...any) contract.Counted {
	s.Helper()
	value, err := s.env.QueryWorkflow(string(contract.DescribeCount), question...)
	require.NoError(s, err)
	var counted contract.Counted
	require.NoError(s, value.Get(&counted))
	return counted
}

// run plays everything to the end, and says how long that took.
func (s *daily) run(carried *refund.Counter) time.Duration {
	s.Helper()
	if carried != nil {
		s.env.SetContinuedExecutionRunID("first")
	}
	s.env.ExecuteWorkflow(string(contract.CountRefunds), contract.CountStart{Carried: carried})
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	return s.env.Now().Sub(s.began)
}

func TestACounterCountsToItsLimitWithinItsSpan(t *testing.T) {
	s := newDaily(t)
	for range 2 { // the same refund counts once
		s.at(0, func() { s.ask(1) })
	}
	s.at(time.Hour, func() {
		for id := range int64(3) {
			s.ask(2 + id)
		}
	})
	s.at(2*time.Hour, func() {
		require.Equal(t, contract.Counted{Others: 2, Refunds: 2, Customers: 1, Until: s.began.Add(25 * time.Hour)}, s.describe())
		require.Equal(t, 1, s.describe(refund.CountQuestion{Refund: 2}).Others)
		// What is taken out in the moment in which another one asks is free.
		s.env.SignalWorkflowSkippingWorkflowTask(string(contract.UncountRefund), contract.Uncount{Refund: 2})
		s.ask(5)
	})
	s.at(day+time.Minute, func() { s.ask(6) })
	require.Equal(t, 2*day+time.Minute, s.run(nil), "it ends when everything is too old")
	granted := []bool{}
	for _, a := range s.answers {
		granted = append(granted, a.Granted)
	}
	require.Equal(t, []bool{true, true, true, false, false, true, true}, granted)
	require.Equal(t, 2, s.describe().Refunds, "5 and 6; 1 is forgotten")
}

func TestACountersNextRunCountsOn(t *testing.T) {
	s := newDaily(t)
	s.at(0, func() { s.ask(1) })
	s.at(time.Hour, func() {
		s.env.SetContinueAsNewSuggested(true)
		s.ask(2)
	})
	s.env.ExecuteWorkflow(string(contract.CountRefunds), contract.CountStart{})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.env.GetWorkflowError(), &again)
	var next contract.CountStart
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))

	second := newDaily(t)
	second.env.SetStartTime(s.began.Add(2 * time.Hour))
	second.at(0, func() { second.ask(3) })
	second.at(23*time.Hour, func() { second.ask(3) })
	second.run(next.Carried)
	require.Equal(t, []refund.CountAnswer{{Others: 2, Why: "too many refunds"}, {Granted: true, Others: 1}}, second.answers)
}

func TestACounterThatNeverCountedEnds(t *testing.T) {
	require.Equal(t, refund.EmptyTally, newDaily(t).run(nil))
}
