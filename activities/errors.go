package activities

import (
	"cmp"
	"errors"

	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/mail"
	"waybill/sendcloud"
)

// setupPause is how long a mail waits for a set-up fault to be mended if the
// post office does not say.
const setupPause = mail.DefaultSetupPause

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
			NextRetryDelay: cmp.Or(o.Wait, setupPause),
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

// sortAPIError says what a failure of Sendcloud's API means for Temporal. Any
// other error is tried again.
func sortAPIError(err error) error {
	var failed *sendcloud.APIError
	if !errors.As(err, &failed) {
		return err
	}
	switch failed.Kind {
	case sendcloud.Setup:
		return temporal.NewNonRetryableApplicationError(failed.Error()+": check the integration's API keys and its number", contract.APISetup, nil)
	case sendcloud.Invalid, sendcloud.NotFound:
		return temporal.NewNonRetryableApplicationError(failed.Error(), contract.APIRefused, nil)
	}
	return temporal.NewApplicationErrorWithOptions(failed.Error(), contract.APIUnavailable, temporal.ApplicationErrorOptions{
		NextRetryDelay: failed.Wait, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
