package activities

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/mail"
)

// setupPause is how long a mail waits for a set-up fault to be mended. An
// operator who has mended it need not wait: "temporal activity reset" sends at
// once.
const setupPause = 5 * time.Minute

// sortOutcome is the one place that decides what a post's outcome means for
// Temporal: nil is done; a retryable error is tried again by the activity's
// retry policy; a non-retryable one goes to the workflow.
func sortOutcome(o mail.Outcome) error {
	switch o.Verdict {
	case mail.Accepted:
		return nil
	case mail.NotSent:
		// Benign: a busy provider is no fault of a worker's.
		return temporal.NewApplicationErrorWithOptions(o.Why, contract.MailNotSent, temporal.ApplicationErrorOptions{
			NextRetryDelay: o.Wait, Category: temporal.ApplicationErrorCategoryBenign,
		})
	case mail.Setup:
		return temporal.NewApplicationErrorWithOptions(o.Why, contract.MailSetup, temporal.ApplicationErrorOptions{
			NextRetryDelay: setupPause,
		})
	case mail.Unanswered:
		return temporal.NewApplicationErrorWithOptions(o.Why, contract.MailUnanswered, temporal.ApplicationErrorOptions{
			NonRetryable: true,
		})
	}
	return temporal.NewApplicationErrorWithOptions(o.Why, contract.MailRefused, temporal.ApplicationErrorOptions{
		NonRetryable: true,
	})
}
