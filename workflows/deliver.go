package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"waybill/contract"
	"waybill/delivery"
)

// tried is what a try ended with.
type tried struct {
	key     string
	receipt contract.MailReceipt
	outcome delivery.Outcome
}

// deliver tries what the outbox says is being sent, and calls back what it says is recalled.
// post has one try made; settle takes what it came to.
func deliver[S, About any](ctx workflow.Context, k *keeper[S], box delivery.Outbox[About],
	post func(workflow.Context, *delivery.Message[About]) workflow.Future, settle func(workflow.Context, tried),
) {
	if k.tries == nil {
		k.tries = map[string]workflow.CancelFunc{}
	}
	for i := range box {
		m := &box[i]
		cancel, trying := k.tries[m.Key]
		switch {
		case m.State != delivery.Sending:
		case !trying:
			cancellable, cancel := workflow.WithCancel(ctx)
			k.tries[m.Key] = cancel
			key, patience := m.Key, m.Terms.Patience
			k.under(post(cancellable, m), func(ctx workflow.Context, f workflow.Future) {
				delete(k.tries, key)
				done := tried{key: key}
				err := f.Get(ctx, &done.receipt)
				done.outcome = outcomeOf(done.receipt, err, patience)
				settle(ctx, done)
			})
		case m.Recalled && cancel != nil:
			cancel()
			k.tries[m.Key] = nil // once is enough
		}
	}
}

// again says which try of a mail it is, if not the first.
func again(tries int) string {
	if tries < 2 {
		return ""
	}
	return fmt.Sprintf(" (try %d)", tries)
}

// outcomeOf says what a try came to that Temporal gave back.
func outcomeOf(receipt contract.MailReceipt, err error, patience time.Duration) delivery.Outcome {
	var failure *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	var canceled *temporal.CanceledError
	switch {
	case err == nil && receipt.ToldBy != 0:
		return delivery.Outcome{Verdict: delivery.NotSent, Why: "told in another mail"}
	case err == nil && receipt.NoProof:
		return delivery.Outcome{Verdict: delivery.NotSent, Why: "no proof that it was sent"}
	case err == nil:
		return delivery.Outcome{Verdict: delivery.WasAccepted, MessageID: receipt.MessageID}
	case errors.As(err, &timeout) && timeout.TimeoutType() != enums.TIMEOUT_TYPE_SCHEDULE_TO_START:
		// The worker died while posting, its answer was lost, or the patience ended
		// meanwhile. A mail that no worker ever took times out before it starts.
		return delivery.Outcome{Verdict: delivery.Unanswered}
	case errors.As(err, &failure) && failure.Type() == contract.MailUnanswered:
		return delivery.Outcome{Verdict: delivery.Unanswered}
	case errors.As(err, &failure) && failure.Type() == contract.MailRefused:
		return delivery.Outcome{Verdict: delivery.Refused, Why: failure.Message()}
	case errors.As(err, &failure):
		return delivery.Outcome{Verdict: delivery.NotSent, Why: failure.Message()}
	case errors.As(err, &canceled):
		return delivery.Outcome{Verdict: delivery.NotSent, Why: "called back"}
	}
	return delivery.Outcome{Verdict: delivery.NotSent, Why: fmt.Sprintf("no worker sent it within %v", patience)}
}

// metricTwice counts the mails that went out twice.
const metricTwice = "waybill_mails_sent_twice_total"

func countTwice(ctx workflow.Context, integration string, before, after int) {
	if n := after - before; n > 0 {
		workflow.GetMetricsHandler(ctx).WithTags(map[string]string{"integration": integration}).Counter(metricTwice).Inc(int64(n))
	}
}
