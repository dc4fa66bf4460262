package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
)

// tryOnce are the options for handing one message to the provider.
//
// Only what was certainly not sent is tried again by Temporal. A post whose
// outcome is unknown must come back to the workflow, and that includes the one
// of a worker that died while posting: to Temporal it is a start-to-close
// time-out, which is retried unless it is named among the non-retryable types.
// https://github.com/temporalio/temporal/tree/v1.32.1/common/retrypolicy
//
// A message that is called back first ends the post that it is at.
func tryOnce(ctx workflow.Context, summary string, until time.Time) workflow.Context {
	again := backoff(time.Second, 10*time.Minute)
	again.NonRetryableErrorTypes = []string{"TemporalTimeout:StartToClose"}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, WaitForCancellation: true,
		// Clearly above what the activity takes at most: 6 s to ask around, 1 s
		// for its turn, and the 25 s of the HTTP client.
		StartToCloseTimeout:    40 * time.Second,
		ScheduleToCloseTimeout: max(until.Sub(now(ctx)), time.Minute),
		RetryPolicy:            again,
	})
}

// lostAfter is when a try counts as lost whose worker does not say that it is alive. Activities
// that may take a minute or more do (activities.WithHeartbeats). A shorter time-out would also
// count as lost what a busy machine does not get round to telling.
const lostAfter = 25 * time.Second

// Temporal gives tasks with a lower number to workers first; the default is 3.
// https://docs.temporal.io/develop/task-queue-priority-fairness
const (
	first = 1 // money, and mails that are worthless tomorrow
	last  = 5 // what is done for thousands of parcels, and in time whenever it ends
)

// firstOfAll has an activity go before others that wait.
func firstOfAll(ctx workflow.Context) workflow.Context {
	return workflow.WithPriority(ctx, temporal.Priority{PriorityKey: first})
}

// askSendcloud are the options for going through what Sendcloud's API lists.
func askSendcloud(ctx workflow.Context, summary string) workflow.Context {
	again := backoff(5*time.Second, 5*time.Minute)
	again.MaximumAttempts = 5
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: time.Hour, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: 2 * time.Hour,
		RetryPolicy: again, Priority: temporal.Priority{PriorityKey: last},
	})
}

// lookForReturn are the options for going through Sendcloud's list of returns until the return
// of a report stands there.
func lookForReturn(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: 24 * time.Hour,
		RetryPolicy: backoff(10*time.Second, time.Hour),
	})
}

// tellOperations has one try of a notice made.
func tellOperations(ctx workflow.Context, until time.Time, notice contract.Notice) workflow.Future {
	return workflow.ExecuteActivity(tryOnce(ctx, "Tell operations: "+string(notice.Attention), until), string(contract.TellOperations), notice)
}

// backoff are tries that double their distance, up to most.
func backoff(first, most time.Duration) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: first, BackoffCoefficient: 2, MaximumInterval: most}
}

// askTemporal are the options for telling another workflow.
func askTemporal(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: 10 * time.Minute,
	})
}

// gatherFacts are the options for reading a return. After an hour people decide with what is
// known.
func gatherFacts(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: time.Minute, HeartbeatTimeout: lostAfter, ScheduleToCloseTimeout: time.Hour,
		RetryPolicy: backoff(time.Second, 5*time.Minute),
	})
}

// askTallies are the options for reservations, which are tried for as long as it takes.
func askTallies(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 30 * time.Second,
		RetryPolicy: backoff(time.Second, time.Minute),
	})
}

// payOut are the options for asking the shop's endpoint to pay. Every failure is tried again:
// the endpoint pays once under one key, however often it is asked.
func payOut(ctx workflow.Context, summary string, patience time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		Summary: summary, StartToCloseTimeout: 40 * time.Second, ScheduleToCloseTimeout: patience,
		RetryPolicy: backoff(time.Second, 10*time.Minute), Priority: temporal.Priority{PriorityKey: first},
	})
}
