package workflows_test

import (
	"fmt"
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

// order is the tally of an order of EUR 180.00.
type order struct {
	*testing.T
	env   *testsuite.TestWorkflowEnvironment
	began time.Time
	// answers are those to claims, by key.
	answers map[string]refund.ClaimAnswer
}

func newOrder(t *testing.T) *order {
	t.Helper()
	o := &order{T: t, env: skippedTime(t), began: nineOClock, answers: map[string]refund.ClaimAnswer{}}
	o.env.SetStartTime(o.began)
	o.env.SetWorkflowRunTimeout(10 * 365 * day)
	o.env.RegisterWorkflowWithOptions(workflows.TallyRefunds, workflow.RegisterOptions{Name: string(contract.TallyRefunds)})
	return o
}

func (o *order) at(after time.Duration, f func()) { o.env.RegisterDelayedCallback(f, after) }

// ask claims an amount in this moment.
func (o *order) ask(key, amount string) {
	o.env.UpdateWorkflow(string(contract.ClaimTally), "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) { require.NoError(o, err) }, OnAccept: func() {},
		OnComplete: func(out any, err error) {
			require.NoError(o, err)
			o.answers[key], _ = out.(refund.ClaimAnswer)
		},
	}, refund.ClaimOrder{
		Claimed: refund.Claimed{Key: key, Amount: euro(o.T, amount), At: o.env.Now().UTC()}, Value: euro(o.T, "180.00"),
	})
}

// claim claims an amount some time after the start.
func (o *order) claim(after time.Duration, key, amount string) {
	o.at(after, func() { o.ask(key, amount) })
}

func (o *order) release(after time.Duration, key string) {
	o.at(after, func() { o.env.SignalWorkflow(string(contract.ReleaseTally), contract.TallyRelease{Key: key}) })
}

// run plays everything to the end, and says how long that took.
func (o *order) run(carried *refund.Tally) time.Duration {
	o.Helper()
	if carried != nil {
		o.env.SetContinuedExecutionRunID("first")
	}
	o.env.ExecuteWorkflow(string(contract.TallyRefunds), contract.TallyStart{Carried: carried})
	require.True(o, o.env.IsWorkflowCompleted())
	require.NoError(o, o.env.GetWorkflowError())
	return o.env.Now().Sub(o.began)
}

// describe is what the tally answers; Temporal's UI asks without a question.
func (o *order) describe(question ...any) refund.TallyAnswer {
	o.Helper()
	value, err := o.env.QueryWorkflow(string(contract.DescribeTally), question...)
	require.NoError(o, err)
	var answer refund.TallyAnswer
	require.NoError(o, value.Get(&answer))
	return answer
}

// counted are the refunds that count, of those that may.
func (o *order) counted(may ...string) []string {
	keys := []string{}
	for _, key := range may {
		if o.describe(refund.TallyQuestion{Key: key}).Refunds < o.describe().Refunds {
			keys = append(keys, key)
		}
	}
	require.Len(o, keys, o.describe().Refunds)
	return keys
}

func TestATallyGrantsWhatIsLeftAndNoMore(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "120.00")
	o.claim(time.Hour, "b", "60.01")
	o.claim(2*time.Hour, "a", "120.00")
	o.at(3*time.Hour, func() { require.Equal(t, []string{"a"}, o.counted("a", "b"), "the same refund counts once") })
	o.release(4*time.Hour, "a")
	o.release(4*time.Hour, "nobody's")
	o.at(5*time.Hour, func() { require.Empty(t, o.counted("a", "b")) })
	o.claim(6*time.Hour, "c", "180.00")
	o.run(nil)
	require.True(t, o.answers["a"].Granted)
	require.False(t, o.answers["b"].Granted)
	require.Equal(t, "EUR 60.01 is more than the EUR 60.00 that is left of the order", o.answers["b"].Why)
	require.True(t, o.answers["c"].Granted, "what was given back is there again")
}

// Claims come one at a time, however many come in the same moment.
func TestOfManyWhoClaimInTheSameMomentAsManyGetWhatIsThere(t *testing.T) {
	o := newOrder(t)
	o.at(time.Hour, func() {
		for i := range 10 {
			o.ask(fmt.Sprint(i), "50.00")
		}
	})
	o.run(nil)
	granted := 0
	for _, a := range o.answers {
		if a.Granted {
			granted++
		}
	}
	require.Len(t, o.answers, 10)
	require.Equal(t, 3, granted)
}

// What was given back before somebody claims is there for them, also if both are
// there together when the tally looks.
func TestWhatIsGivenBackInTheSameMomentIsThere(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "180.00")
	o.at(time.Hour, func() {
		o.env.SignalWorkflowSkippingWorkflowTask(string(contract.ReleaseTally), contract.TallyRelease{Key: "a"})
		o.ask("b", "180.00")
	})
	o.run(nil)
	require.True(t, o.answers["b"].Granted)
	require.Equal(t, []string{"b"}, o.counted("a", "b"))
}

func TestATallyEndsWhenAllThatItCountsIsTooOld(t *testing.T) {
	o := newOrder(t)
	o.claim(time.Hour, "a", "20.00")
	o.claim(100*day, "b", "20.00")
	require.Equal(t, 500*day, o.run(nil))

	o = newOrder(t)
	o.claim(time.Hour, "a", "20.00")
	o.claim(100*day, "b", "20.00")
	o.release(200*day, "b")
	require.Equal(t, 400*day+time.Hour, o.run(nil), "counted from the newest that is left")
}

func TestATallyThatCountsNothingIsKeptForAWhile(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "180.01")
	require.Equal(t, 30*day, o.run(nil))
	require.False(t, o.answers["a"].Granted)

	o = newOrder(t)
	o.claim(0, "a", "20.00")
	o.release(10*day, "a")
	o.release(20*day, "a")
	require.Equal(t, 40*day, o.run(nil))

	o = newOrder(t)
	o.claim(0, "a", "20.00")
	o.release(10*day, "a")
	o.claim(20*day, "b", "20.00")
	require.Equal(t, 420*day, o.run(nil), "unless somebody claims again")
}

// next plays everything to where the next run begins.
func (o *order) next() contract.TallyStart {
	o.Helper()
	o.env.ExecuteWorkflow(string(contract.TallyRefunds), contract.TallyStart{})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(o, o.env.GetWorkflowError(), &again)
	var next contract.TallyStart
	require.NoError(o, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	return next
}

func TestATallysNextRunCountsOn(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "100.00")
	o.claim(0, "b", "30.00")
	o.at(time.Hour, func() {
		o.env.SetContinueAsNewSuggested(true)
		o.env.SignalWorkflowSkippingWorkflowTask(string(contract.ReleaseTally), contract.TallyRelease{Key: "b"})
		o.ask("c", "30.00")
	})
	next := o.next()
	require.True(t, o.answers["c"].Granted)
	require.Equal(t, []string{"a", "c"}, []string{next.Carried.Claims[0].Key, next.Carried.Claims[1].Key}, "what was given back in that moment is not counted on")

	second := newOrder(t)
	second.env.SetStartTime(o.began.Add(time.Hour))
	second.claim(time.Hour, "d", "50.01")
	second.claim(2*time.Hour, "e", "50.00")
	second.run(next.Carried)
	require.Equal(t, "EUR 50.01 is more than the EUR 50.00 that is left of the order", second.answers["d"].Why)
	require.True(t, second.answers["e"].Granted)
}

// A run that begins when all is too old has nothing to wait for.
func TestATallyWhoseTimeIsOverEndsAtOnce(t *testing.T) {
	old := &refund.Tally{Claims: []refund.Claimed{{Key: "a", Amount: euro(t, "20.00"), At: nineOClock.Add(-400 * day)}}}
	old.Until = nineOClock
	require.Zero(t, newOrder(t).run(old))
	old.Until = old.Until.Add(time.Minute)
	require.Equal(t, time.Minute, newOrder(t).run(old))
}

// It does not begin another run only to end.
func TestATallyThatIsOverBeginsNoOtherRun(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "20.00")
	o.at(400*day-time.Minute, func() { o.env.SetContinueAsNewSuggested(true) })
	require.Equal(t, 400*day, o.run(nil))
}

// Everyone who reaches Temporal can claim at any time. One to come makes no other claim too old.
func TestATimeToComeForgetsNoOtherRefund(t *testing.T) {
	o := newOrder(t)
	o.claim(0, "a", "120.00")
	o.at(time.Hour, func() {
		o.env.UpdateWorkflow(string(contract.ClaimTally), "", &testsuite.TestUpdateCallback{OnReject: func(err error) { require.NoError(o, err) }, OnAccept: func() {}, OnComplete: func(any, error) {}},
			refund.ClaimOrder{Claimed: refund.Claimed{Key: "forged", Amount: euro(t, "1.00"), At: o.env.Now().AddDate(2, 0, 0)}})
		o.env.SignalWorkflow(string(contract.RefundEnded), refund.Claimed{Key: "forged too", As: refund.Rejected, At: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)})
	})
	o.at(2*time.Hour, func() { require.Equal(t, []string{"a", "forged"}, o.counted("a", "forged")) })
	require.Less(t, o.run(nil), 401*day, "and it ends when it would have ended")
}
