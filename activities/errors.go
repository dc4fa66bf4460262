package activities

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/delivery"
	"waybill/recorder"
	"waybill/sendcloud"
)

// faultPause is how long a mail waits after a configuration fault, by default.
const faultPause = time.Minute

// sortOutcome decides what a post's outcome means for Temporal: nil is done, a retryable
// error follows the activity's retry policy, any other goes to the workflow.
func sortOutcome(o delivery.Outcome) error {
	kind, options := contract.MailRefused, temporal.ApplicationErrorOptions{NonRetryable: true}
	switch o.Verdict {
	case delivery.WasAccepted:
		return nil
	case delivery.NotSent:
		// Benign: a busy provider is no fault of a worker's.
		kind, options = contract.MailNotSent, temporal.ApplicationErrorOptions{
			NextRetryDelay: o.Wait, Category: temporal.ApplicationErrorCategoryBenign,
		}
	case delivery.ConfigurationFault:
		kind, options = contract.MailConfiguration, temporal.ApplicationErrorOptions{NextRetryDelay: cmp.Or(o.Wait, faultPause)}
	case delivery.Unanswered:
		kind = contract.MailUnanswered
	case delivery.Refused:
	}
	return temporal.NewApplicationErrorWithOptions(o.Why, kind, options)
}

// sortAPIError does so for failures of Sendcloud's API. Any other error is retryable.
func sortAPIError(err error) error {
	failed, is := errors.AsType[*sendcloud.APIError](err)
	if !is {
		return err
	}
	switch failed.Kind {
	case sendcloud.Setup:
		return temporal.NewNonRetryableApplicationError(failed.Error()+": check the integration's API keys and its number", contract.APISetup, nil)
	case sendcloud.Invalid, sendcloud.NotFound, sendcloud.NotOurs:
		return temporal.NewNonRetryableApplicationError(failed.Error(), contract.APIRefused, nil)
	case sendcloud.Unavailable, sendcloud.Limited:
	}
	return temporal.NewApplicationErrorWithOptions(failed.Error(), contract.APIUnavailable, temporal.ApplicationErrorOptions{
		NextRetryDelay: failed.Wait, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// unknown reports whether Sendcloud does not know what it was asked for.
func unknown(err error) bool { return isKind(err, sendcloud.NotFound) }

// notOurs reports whether what was asked for belongs to another integration of the account.
func notOurs(err error) bool { return isKind(err, sendcloud.NotOurs) }

func isKind(err error, kind sendcloud.ErrorKind) bool {
	failed, is := errors.AsType[*sendcloud.APIError](err)
	return is && failed.Kind == kind
}

// unlessOver is nil if the workflow that was to be told has come to its end.
func unlessOver(err error) error {
	if errors.Is(err, recorder.ErrOver) {
		return nil
	}
	return err
}
